import { isDeepStrictEqual } from "node:util";
import { CliError } from "../errors.ts";
import { addItem, addPair, dropItem, dropPair, fillList } from "./lists.ts";
import { listedNames, type ManifestObject, objectsIn, siteOf, valueAt } from "./objects.ts";
import { listOf, mapsOf, type Nodes, readDocuments, type Yaml } from "./read.ts";
import { type ManifestText, manifestError, type Splice, spliced } from "./text.ts";

/** The change of the lists, and the objects to change. */
export type Edit = { readonly do: "attach" | "detach"; readonly secret: string; chooses(object: ManifestObject): boolean };

/** A manifest after an edit, and for each chosen object whether it was changed. */
export type Edited = { readonly text: string; readonly objects: readonly { readonly object: ManifestObject; readonly changed: boolean }[] };

/** A manifest that was read: the nodes and the data of its documents, and their objects. */
export type Manifest = Nodes & { readonly data: readonly unknown[]; readonly objects: readonly ManifestObject[] };

/** @throws CliError invalid, with line and column */
export function readManifest(yaml: Yaml, source: ManifestText): Manifest {
  const { documents, ...nodes } = readDocuments(yaml, source);
  const objects = documents.flatMap(({ contents, data }, index) => objectsIn(nodes, contents, data, [index]));
  return { ...nodes, data: documents.map(({ data }) => data), objects };
}

/**
 * Adds a pull secret's name to the lists of a manifest's objects, or removes it, and leaves every other character unchanged. The result is
 * read again and compared with the expected data. Therefore anchors, merge keys and unusual YAML can't result in a different edit than the
 * intended one.
 * @throws CliError invalid, with line and column
 */
export function editManifest(manifest: Manifest, edit: Edit): Edited {
  const chosen = manifest.objects.filter((object) => edit.chooses(object));
  const changes = chosen.filter((object) => !isDone(object, edit));
  const objects = chosen.map((object) => ({ object, changed: changes.includes(object) }));
  const [first] = changes;
  if (!first) return { text: manifest.source.text, objects };
  // An object that can't contain a list is rejected with its own position, before another object is edited
  for (const object of changes) siteOf(manifest, object);
  const edited = repeated(manifest, edit, changes);
  const meant = changes.reduce<unknown>((data, object) => withChange(data, object, edit), manifest.data);
  if (edited && isDeepStrictEqual(edited.data, meant)) return { text: edited.source.text, objects };
  const why =
    manifest.aliases.size > 0
      ? "shares a part with something that is not to be changed, by an anchor and its aliases: write that part out"
      : "is written in a way that is not edited here";
  throw manifestError(manifest.source, first.map.range[0], `${first.kind.name}/${first.name} ${why}`);
}

const isDone = (object: ManifestObject, { do: act, secret }: Edit) => listedNames(object).includes(secret) === (act === "attach");

/** The maximum number of times that a manifest is read again. Each time, a list loses one of several equal names. */
const mostRounds = 100;

/** Edits until every object is correct. @returns undefined if that needs too many rounds, or if the result is not valid YAML */
function repeated(manifest: Manifest, edit: Edit, changes: readonly ManifestObject[]): Manifest | undefined {
  const places = changes.map((object) => manifest.objects.indexOf(object));
  let now = manifest;
  for (let round = 0; round <= mostRounds; round++) {
    const todo = places.flatMap((place) => now.objects[place] ?? []).filter((object) => !isDone(object, edit));
    if (todo.length === 0) return now;
    const text = spliced(now.source.text, splicesFor(now, todo, edit));
    try {
      now = readManifest(now.yaml, { ...now.source, text });
    } catch (error) {
      if (error instanceof CliError) return undefined;
      throw error;
    }
  }
  return undefined;
}

/** Returns the edits of objects. Edits each part once, even if several objects contain it through an alias or a merge key. */
function splicesFor(manifest: Manifest, objects: readonly ManifestObject[], { do: act, secret }: Edit): Splice[] {
  const edited = new Set<unknown>();
  return objects.flatMap((object) => {
    const { parts, splices } = act === "attach" ? attachTo(manifest, object, secret) : detachFrom(manifest, object, secret);
    if (parts.some((part) => edited.has(part))) return [];
    edited.add(parts[0]);
    return splices();
  });
}

/** The edit of an object. If one of the `parts` was edited for another object, this object needs no edit. The edit changes the first. */
type Change = { readonly parts: readonly unknown[]; splices(): Splice[] };

/** Returns the edits that add a name to an object's list. @throws CliError invalid if the list can't be edited */
function attachTo(manifest: Manifest, object: ManifestObject, secret: string): Change {
  const { holder, pair, value } = siteOf(manifest, object);
  const list = listOf(manifest, value);
  if (!pair) return { parts: mapsOf(manifest, holder), splices: () => [addPair(manifest, object, holder, secret)] };
  if (list) return { parts: [list], splices: () => addItem(manifest, holder, list, secret) };
  return { parts: [value ?? pair], splices: () => [fillList(manifest, holder, pair, value, secret)] };
}

/** Returns the edits that remove a name from a list. If the name occurs several times, removes the last one. @throws CliError invalid */
function detachFrom(manifest: Manifest, object: ManifestObject, secret: string): Change {
  const { holder, pair, value } = siteOf(manifest, object);
  const list = listOf(manifest, value);
  if (!pair || !list) return { parts: [], splices: () => [] };
  const entries = valueAt(object.data, object.kind.path) as readonly unknown[];
  const isOther = (entry: unknown) => valueAt(entry, ["name"]) !== secret;
  if (!entries.some(isOther)) return { parts: [pair], splices: () => dropPair(manifest, holder, pair) };
  return {
    parts: [list],
    splices: () =>
      dropItem(
        manifest,
        list,
        entries.findLastIndex((entry) => !isOther(entry)),
      ),
  };
}

/** Returns data after an object has the name in its list, or no longer has it, and nothing else has changed. */
function withChange(data: unknown, { kind, steps }: ManifestObject, { do: act, secret }: Edit): unknown {
  const key = kind.path.at(-1) ?? "";
  return updated(data, [...steps, ...kind.path.slice(0, -1)], ({ [key]: list, ...others }) => {
    const before = (list ?? []) as readonly unknown[];
    const names = act === "attach" ? [...before, { name: secret }] : before.filter((entry) => valueAt(entry, ["name"]) !== secret);
    return names.length > 0 ? { ...others, [key]: names } : others;
  });
}

type Data = Record<string | number, unknown>;

/** Copies data along a path only, because aliases share the rest. */
function updated(data: unknown, [step, ...rest]: readonly (string | number)[], change: (map: Data) => Data): unknown {
  if (step === undefined) return change(data as Data);
  const copy = (Array.isArray(data) ? [...data] : { ...(data as Data) }) as Data;
  copy[step] = updated(copy[step], rest, change);
  return copy;
}
