import { isDeepStrictEqual } from "node:util";
import { CliError } from "../errors.ts";
import {
  addInBraces,
  addList,
  appendInBrackets,
  appendItem,
  braced,
  dropInBrackets,
  dropItem,
  dropKey,
  dropPair,
  fillEmpty,
  instead,
  settingOf,
} from "./lists.ts";
import { aliasedIn, isNamed, listedNames, type ManifestObject, objectsOf, siteOf, valueAt } from "./objects.ts";
import { readDocuments, type Yaml } from "./read.ts";
import { type ManifestText, manifestError, type Splice, spliced } from "./text.ts";
import { type Tree, toData } from "./tree.ts";

/** The change of the lists, and the objects to change. */
export type Edit = { readonly do: "attach" | "detach"; readonly secret: string; chooses(object: ManifestObject): boolean };

/** A manifest after an edit, and for each chosen object whether it was changed. */
export type Edited = { readonly text: string; readonly objects: readonly { readonly object: ManifestObject; readonly changed: boolean }[] };

/** A manifest that was read: the documents of its text, and their objects. */
export type Manifest = {
  readonly source: ManifestText;
  readonly documents: readonly (Tree | undefined)[];
  readonly objects: readonly ManifestObject[];
};

/** @throws CliError invalid, with line and column */
export function readManifest(yaml: Yaml, source: ManifestText): Manifest {
  const documents = readDocuments(yaml, source);
  return { source, documents, objects: documents.flatMap((document, index) => objectsOf(document, [index])) };
}

/**
 * Adds a pull secret's name to the lists of a manifest's objects, or removes it, and leaves every other character unchanged. The result is
 * read again and compared with the expected data. Therefore anchors, merge keys and unusual YAML can't result in a different edit than the
 * intended one.
 * @throws CliError invalid, with line and column
 */
export function editManifest(yaml: Yaml, manifest: Manifest, edit: Edit): Edited {
  const chosen = manifest.objects.filter((object) => edit.chooses(object));
  const changes = chosen.filter((object) => !isDone(object, edit));
  const places = changes.map((object) => manifest.objects.indexOf(object));
  const [first] = changes;
  const objects = chosen.map((object) => ({ object, changed: changes.includes(object) }));
  if (!first) return { text: manifest.source.text, objects };
  // An object that can't contain a list is rejected with its own position, before another object is edited
  for (const object of changes) siteOf(manifest.source, object);
  const meant = expectedData(manifest.documents, changes, edit);
  for (const growth of [2, 1]) {
    const edited = repeated(yaml, manifest, edit, places, growth);
    if (edited && isDeepStrictEqual(edited.documents.map(toData), meant)) return { text: edited.source.text, objects };
  }
  throw manifestError(manifest.source, first.map.from, `${first.kind.name}/${first.name} ${inTheWay(manifest)}`);
}

const isDone = (object: ManifestObject, { do: act, secret }: Edit) => listedNames(object).includes(secret) === (act === "attach");

const inTheWay = (manifest: Manifest) =>
  aliasedIn(manifest.documents).size > 0
    ? "shares a part with something that is not to be changed, by an anchor and its aliases: write that part out"
    : "is written in a way that is not edited here";

/** The maximum number of times that a manifest is read again. A list in brackets loses one of several equal names in each round. */
const mostRounds = 100;

/**
 * Edits until every object is correct. An alias can stand for a part of several objects, so one edit can change all of them.
 * @param growth the factor by which the number of edited objects grows in each round, if there are aliases
 * @returns undefined if that needs too many rounds, or if the result is not valid YAML
 */
function repeated(yaml: Yaml, manifest: Manifest, edit: Edit, places: readonly number[], growth: number): Manifest | undefined {
  let now: Manifest | undefined = manifest;
  let size = aliasedIn(manifest.documents).size > 0 ? 1 : places.length;
  for (let rounds = 0; now && rounds <= mostRounds; rounds++) {
    const { objects }: Manifest = now;
    const todo = places.flatMap((place) => objects[place] ?? []).filter((object) => !isDone(object, edit));
    if (todo.length === 0) return now;
    now = editedOnce(yaml, now, edit, todo.slice(0, size), now === manifest);
    size *= growth;
  }
  return undefined;
}

/** @param isOriginal whether the text is the user's, so that an error can name one of its lines */
function editedOnce(
  yaml: Yaml,
  now: Manifest,
  { do: act, secret }: Edit,
  todo: readonly ManifestObject[],
  isOriginal: boolean,
): Manifest | undefined {
  const edits = attempt(() => todo.map((object) => (act === "attach" ? attachTo : detachFrom)(now, object, secret)), isOriginal);
  const text = edits && spliced(now.source.text, withoutOverlaps(edits));
  return text === undefined || text === now.source.text ? undefined : attempt(() => readManifest(yaml, { ...now.source, text }), false);
}

/** Skips the edits of an object that shares a part with an earlier object through an alias. */
function withoutOverlaps(edits: readonly (readonly Splice[])[]): Splice[] {
  const taken: Splice[] = [];
  for (const splices of edits) {
    const isFree = splices.every(({ from, to }) => taken.every((one) => to < one.from || from > one.to));
    if (isFree) taken.push(...splices);
  }
  return taken;
}

function attempt<T>(of: () => T, isOriginal: boolean): T | undefined {
  try {
    return of();
  } catch (error) {
    if (isOriginal || !(error instanceof CliError)) throw error;
    return undefined;
  }
}

/** Returns the edits that add a name to an object's list. @throws CliError invalid if the list can't be edited */
function attachTo({ source, documents }: Manifest, object: ManifestObject, secret: string): Splice[] {
  const { holder, precondition } = siteOf(source, object);
  if (!precondition)
    return [holder.flow ? addInBraces(source, object, holder, secret) : addList(source, object, holder, secret, documents)];
  const { pair, list } = precondition;
  if (list.is === "list") return list.flow ? appendInBrackets(source, holder, list, secret) : [appendItem(source, list, secret)];
  const text = `[${braced(settingOf(source.text, holder), secret)}]`;
  if (list.to > list.from) return [instead(list, text)];
  return [
    holder.flow ? instead({ ...list, from: pair.opens, to: pair.opens }, ` ${text}`) : fillEmpty(source, holder, pair, secret, documents),
  ];
}

/**
 * Returns the edits that remove a name from a list. If the name occurs several times, removes the last one, which may be an alias of
 * another.
 * @throws CliError invalid
 */
function detachFrom({ source }: Manifest, object: ManifestObject, secret: string): Splice[] {
  const { holder, precondition } = siteOf(source, object);
  if (precondition?.list.is !== "list") return [];
  const { pair, list } = precondition;
  const items = list.items.filter(({ value }) => isNamed(toData(value), secret));
  const last = items.at(-1);
  if (!last) return [];
  if (items.length < list.items.length) return list.flow ? dropInBrackets(source, list, last) : [dropItem(source, last)];
  if (holder.flow) return dropPair(source, holder, pair);
  return [dropKey(source, pair), ...(list.flow ? [] : items.map((item) => dropItem(source, item)))];
}

/**
 * Returns the data of the documents after each of these objects has the name in its list, or no longer has it, and nothing else has
 * changed.
 */
function expectedData(
  documents: readonly (Tree | undefined)[],
  objects: readonly ManifestObject[],
  { do: act, secret }: { readonly do: "attach" | "detach"; readonly secret: string },
): unknown[] {
  const all = documents.map(toData);
  for (const { kind, steps } of objects) {
    const holder = valueAt(all, [...steps, ...kind.path.slice(0, -1)]) as Record<string, unknown>;
    const key = kind.path.at(-1) ?? "";
    const list = (holder[key] ?? []) as readonly unknown[];
    const names = act === "attach" ? [...list, { name: secret }] : list.filter((entry) => !isNamed(entry, secret));
    if (names.length > 0) holder[key] = names;
    else delete holder[key];
  }
  return all;
}
