import { isDeepStrictEqual } from "node:util";
import { CliError } from "../errors.ts";
import { attachTo, detachFrom } from "./change.ts";
import { type Listed, namesIn, objectsOf } from "./objects.ts";
import { readDocuments } from "./read.ts";
import { aliasedIn, standsAlone } from "./shared.ts";
import { siteOf } from "./site.ts";
import { refusal, type Source } from "./source.ts";
import { spliced } from "./splice.ts";
import { plain, type Tree } from "./tree.ts";
import { wanted } from "./wanted.ts";
import type { Yaml } from "./yaml.ts";

/** What is to be done to the lists of which objects. */
export type Edit = { readonly do: "attach" | "detach"; readonly secret: string; chooses(object: Listed): boolean };

/** A manifest after an edit, and what became of each object that was chosen. */
export type Edited = { readonly text: string; readonly objects: readonly { readonly object: Listed; readonly changed: boolean }[] };

/** A manifest that was read: the documents of its text, and their objects. */
export type Manifest = { readonly source: Source; readonly documents: readonly (Tree | undefined)[]; readonly objects: readonly Listed[] };

/** @throws CliError invalid, with line and column */
export function readManifest(yaml: Yaml, source: Source): Manifest {
  const documents = readDocuments(yaml, source);
  return { source, documents, objects: documents.flatMap((document, index) => objectsOf(document, [index])) };
}

/**
 * Puts a pull secret's name into the lists of a manifest's objects, or takes it out, and leaves every other character where it is.
 * What comes out is read again and compared: whatever an anchor, a merge key or a form of YAML that nobody thought of would make of the
 * edit, it is the one that was meant, or none.
 *
 * @throws CliError invalid, with line and column
 */
export function editManifest(yaml: Yaml, manifest: Manifest, edit: Edit): Edited {
  const chosen = manifest.objects.filter((object) => edit.chooses(object));
  const changes = chosen.filter((object) => !isDone(object, edit));
  const places = changes.map((object) => manifest.objects.indexOf(object));
  const [first] = changes;
  const objects = chosen.map((object) => ({ object, changed: changes.includes(object) }));
  if (!first) return { text: manifest.source.text, objects };
  // An object that can have no list is refused by its own line, before another is edited
  for (const object of changes) siteOf(manifest.source, object);
  const edited = repeated(yaml, manifest, edit, places);
  if (isDeepStrictEqual(edited?.documents.map(plain), wanted(manifest.documents, changes, edit)))
    return { text: edited?.source.text ?? "", objects };
  throw refusal(manifest.source, first.map.from, `${first.kind.name}/${first.name} ${inTheWay(manifest)}`);
}

const isDone = (object: Listed, { do: act, secret }: Edit) => namesIn(object).includes(secret) === (act === "attach");

const inTheWay = (manifest: Manifest) =>
  aliasedIn(manifest.documents).size > 0
    ? "shares a part with something that is not to be changed, by an anchor and its aliases: write that part out"
    : "is written in a way that is not edited here";

/**
 * Edits until every object is as it is to be. Where an alias stands for a part of another object, one edit may do for both: so these are
 * edited one at a time.
 * @returns undefined where that comes to no end, or to no YAML
 */
function repeated(yaml: Yaml, manifest: Manifest, edit: Edit, places: readonly number[]): Manifest | undefined {
  let now = manifest;
  // Each round does for one object at least; a list in brackets loses one of several same names in each
  for (let rounds = 0; rounds <= places.length + 100; rounds++) {
    const todo = places.flatMap((place) => now.objects[place] ?? []).filter((object) => !isDone(object, edit));
    if (todo.length === 0) return now;
    const aliased = aliasedIn(now.documents);
    const alone = todo.filter((object) => standsAlone(object, aliased));
    const next = editedOnce(yaml, now, edit, alone.length > 0 ? alone : todo.slice(0, 1), now === manifest);
    if (!next) return undefined;
    now = next;
  }
  return undefined;
}

/** @param told whether the text is the one that its person knows, so that a refusal can name a line of it */
function editedOnce(yaml: Yaml, now: Manifest, { do: act, secret }: Edit, todo: readonly Listed[], told: boolean): Manifest | undefined {
  const edits = attempt(() => todo.flatMap((object) => (act === "attach" ? attachTo : detachFrom)(now, object, secret)), told);
  const text = edits && spliced(now.source.text, edits);
  return text === undefined || text === now.source.text ? undefined : attempt(() => readManifest(yaml, { ...now.source, text }), false);
}

function attempt<T>(of: () => T, told: boolean): T | undefined {
  try {
    return of();
  } catch (error) {
    if (told || !(error instanceof CliError)) throw error;
    return undefined;
  }
}
