import { inside, isNamed, type Listed } from "./objects.ts";
import { plain, type Tree } from "./tree.ts";

/** What documents are to say once each of these objects has the name in its list, or has it no more, and nothing else is another. */
export function wanted(
  documents: readonly (Tree | undefined)[],
  objects: readonly Listed[],
  { do: act, secret }: { readonly do: "attach" | "detach"; readonly secret: string },
): unknown[] {
  const all = documents.map(plain);
  for (const { kind, steps } of objects) {
    const holder = inside(all, [...steps, ...kind.path.slice(0, -1)]) as Record<string, unknown>;
    const key = kind.path.at(-1) ?? "";
    const list = (holder[key] ?? []) as readonly unknown[];
    const names = act === "attach" ? [...list, { name: secret }] : list.filter((entry) => !isNamed(entry, secret));
    if (names.length > 0) holder[key] = names;
    else delete holder[key];
  }
  return all;
}
