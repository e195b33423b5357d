import { isDeepStrictEqual } from "node:util";
import { CliError } from "../errors.ts";
import { attachTo, detachFrom } from "./lists.ts";
import { findList, listedNames, type ManifestObject, objectsIn, valueAt } from "./objects.ts";
import { type Nodes, readDocuments, type Yaml } from "./read.ts";
import { applyEdits, type ManifestText, manifestError } from "./text.ts";

/** The change of the lists, and the objects to change. */
type Edit = { readonly do: "attach" | "detach"; readonly secret: string; chooses(object: ManifestObject): boolean };

/** A manifest after an edit, and for each chosen object whether it was changed. */
type Edited = { readonly text: string; readonly objects: readonly { readonly object: ManifestObject; readonly changed: boolean }[] };

/** A manifest that was read: the nodes and the data of its documents, and their objects. */
type Manifest = Nodes & { readonly data: readonly unknown[]; readonly objects: readonly ManifestObject[] };

/** @throws CliError invalid, with line and column */
export function readManifest(yaml: Yaml, source: ManifestText): Manifest {
  const { nodes, documents } = readDocuments(yaml, source);
  const objects = documents.flatMap(({ contents, data }, index) => objectsIn(nodes, contents, data, [index]));
  return { ...nodes, data: documents.map(({ data }) => data), objects };
}

/**
 * Adds a pull secret's name to the lists of a manifest's objects, or removes it. Leaves every other character unchanged. Parses the result
 * and compares it with the expected data, because anchors, merge keys and unusual YAML could change the edit.
 * @throws CliError invalid, with line and column
 */
export function editManifest(manifest: Manifest, edit: Edit): Edited {
  const chosen = manifest.objects.filter((object) => edit.chooses(object));
  const changes = chosen.filter((object) => !isDone(object, edit));
  const objects = chosen.map((object) => ({ object, changed: changes.includes(object) }));
  const [first] = changes;
  if (!first) return { text: manifest.source.text, objects };
  // Rejects an object that can't contain a list with its own position
  for (const object of changes) findList(manifest, object);
  const edited = editRepeatedly(manifest, edit, changes);
  const expected = changes.reduce<unknown>((data, object) => withChange(data, object, edit), manifest.data);
  if (edited && isDeepStrictEqual(edited.data, expected)) return { text: edited.source.text, objects };
  const why =
    manifest.aliases.size > 0
      ? "shares an anchor with data that must not change: replace the alias with a copy"
      : "has an unsupported YAML style";
  throw manifestError(manifest.source, first.map.range[0], `${first.kind.name}/${first.name} ${why}`);
}

const isDone = (object: ManifestObject, { do: act, secret }: Edit) => listedNames(object).includes(secret) === (act === "attach");

/** The maximum number of edits of a manifest. Each one removes one of several equal names of a list. */
const mostRounds = 100;

/** Edits until every object is correct. @returns undefined if that is impossible, or if the result is not valid YAML */
function editRepeatedly(manifest: Manifest, edit: Edit, changes: readonly ManifestObject[]): Manifest | undefined {
  const places = changes.map((object) => manifest.objects.indexOf(object));
  let now = manifest;
  for (let round = 0; round <= mostRounds; round++) {
    const todo = places.flatMap((place) => now.objects[place] ?? []).filter((object) => !isDone(object, edit));
    if (todo.length === 0) return now;
    const perObject = todo.map((object) => [(edit.do === "attach" ? attachTo : detachFrom)(now, object, edit.secret)].flat());
    // Objects that share a list by an alias have the same edits
    const distinct = new Map(perObject.map((edits) => [edits[0]?.from, edits]));
    const text = applyEdits(now.source.text, [...distinct.values()].flat());
    // A list that comes from a merged map is not edited
    if (text === now.source.text) return undefined;
    try {
      now = readManifest(now.yaml, { ...now.source, text });
    } catch (error) {
      if (error instanceof CliError) return undefined;
      throw error;
    }
  }
  return undefined;
}

/** Returns the data with the name added to an object's list, or removed from it. */
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
