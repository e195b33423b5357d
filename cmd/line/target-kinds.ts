import { kinds, type TargetKind, targetKinds } from "../../src/kinds.ts";

/** The kind that kubectl knows by a word: `deploy`, `deployments`, `deployment.apps`, `deployments.v1.apps`. */
export function kindSpelled(word: string): TargetKind | undefined {
  const [name = "", ...suffix] = word.toLowerCase().split(".");
  return targetKinds.find((kind) => {
    const row: { kind: string; api: string; plural: string; short?: readonly string[] } = kinds[kind];
    const isNamed = [row.kind.toLowerCase(), row.plural, ...(row.short ?? [])].includes(name);
    return isNamed && suffixesOf(row.api).includes(suffix.join("."));
  });
}

/** What may stand behind a name: nothing, the group, the version and the group; of the core group the version. */
function suffixesOf(api: string): readonly string[] {
  const [group = "", version] = api.split("/");
  return version === undefined ? ["", api] : ["", group, `${version}.${group}`];
}
