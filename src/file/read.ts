import { registryNameIn } from "../azure/registry-name.ts";
import { formatLifetime } from "../duration.ts";
import { CliError, withLines } from "../errors.ts";
import { parseRepositoryScope } from "../registry/repository.ts";
import { includes, type Scope, scopeOfNamespaces } from "../scope/scope.ts";
import type { DesiredFile, Entry } from "./entry.ts";
import type { Placed, ReportProblem } from "./form.ts";
import { defaultGrace, defaultLifetime, fileForm } from "./keys.ts";
import { documentsIn, InvalidYaml, type Located, type Yaml } from "./located.ts";

/** A file of YAML or JSON. @param path as messages name it */
export type FileText = { readonly path: string; readonly text: string };

/** The most that a ConfigMap holds, in bytes. */
const maxBytes = 1024 * 1024;

/** The largest number of problems that an error names. */
const maxProblems = 20;

/**
 * Reads files of desired state. A file may have several documents.
 * @throws CliError invalid with all problems of all files, each with its place
 */
export function readFiles(texts: readonly FileText[], yaml: Yaml): readonly DesiredFile[] {
  const problems = new Set<string>();
  const drafts = texts.flatMap((text) => draftsIn(text, yaml, problems));
  for (const problem of [...sharedNames(drafts), ...sharedSecrets(drafts.flatMap(({ entries }) => entries))]) problems.add(problem);
  if (problems.size > 0) throw new CliError("invalid", inOneMessage([...problems]));
  return drafts.map(({ home = "", name = "", registry, entries }) => ({
    home,
    name,
    registry,
    entries: entries.flatMap(({ entry }) => entry ?? []),
  }));
}

function inOneMessage(problems: readonly string[]): string {
  const [first = "", ...others] = problems;
  if (others.length === 0) return first;
  const more = problems.length - maxProblems;
  const rest = more > 0 ? `and ${more} more` : undefined;
  return withLines(`${problems.length} problems in the desired state`, ...problems.slice(0, maxProblems), rest);
}

/** The values of a document. A value is undefined if it is absent or invalid. */
type Draft = Pick<DesiredFile, "registry"> & {
  readonly place: string;
  readonly home: string | undefined;
  readonly name: string | undefined;
  readonly entries: readonly EntryDraft[];
};

type EntryDraft = Partial<Pick<Entry, "name" | "sources" | "copyTo">> & { readonly place: string; readonly entry: Entry | undefined };

/** Returns the place of an offset: `teams.yaml:7:3`. */
type PlaceOf = (at: number) => string;

function draftsIn({ path, text }: FileText, yaml: Yaml, problems: Set<string>): readonly Draft[] {
  if (Buffer.byteLength(text) > maxBytes) {
    problems.add(`${path}: the file is larger than 1 MiB, the most that a ConfigMap holds`);
    return [];
  }
  const placeOf = placesIn({ path, text });
  const found: { readonly at: number; readonly problem: string }[] = [];
  const drafts = read((at, problem) => found.push({ at, problem }));
  for (const { at, problem } of found.toSorted((a, b) => a.at - b.at)) problems.add(`${placeOf(at)}: ${problem}`);
  return drafts;

  function read(report: ReportProblem): readonly Draft[] {
    try {
      const documents = documentsIn(text, yaml);
      if (documents.length === 0) report(0, "the file is empty");
      return documents.map((document) => draftOf(document, placeOf, report));
    } catch (error) {
      if (!(error instanceof InvalidYaml)) throw error;
      report(error.at, error.message);
      return [];
    }
  }
}

function draftOf(document: Located, placeOf: PlaceOf, report: ReportProblem): Draft {
  // A file that is one text is another file, perhaps with a password: a folder may have a link to it
  const shown = document.type === "text" ? ({ at: document.at, type: "empty" } as const) : document;
  const top = fileForm.read(shown, "file", report) ?? {};
  const { name, namespace, registry, pullSecrets } = top;
  const entries = (pullSecrets?.value ?? []).map((one) => entryOf(one, top, placeOf(one.at), report));
  if (pullSecrets?.value?.length === 0 && !registry) report(pullSecrets.at, 'required key "registry" not set: pullSecrets is empty');
  return { place: placeOf(name?.at ?? document.at), home: namespace?.value, name: name?.value, registry: registry?.value, entries };
}

type Top = NonNullable<ReturnType<typeof fileForm.read>>;
type PlacedEntry = NonNullable<NonNullable<Top["pullSecrets"]>["value"]>[number];
type Own = PlacedEntry["value"];

/** Reports what the table of keys can't say: it needs several values. */
function entryOf({ at, value: own }: PlacedEntry, top: Top, place: string, report: ReportProblem): EntryDraft {
  const draft = { name: own.name?.value, sources: sourcesOf(own, top), copyTo: scopeIn(own.copyTo) };
  const registry = registryOf(own, top, at, report);
  const repositories = own.repositories?.value?.flatMap((one) => repositoryIn(one, registry, report));
  const lifetimes = lifetimesOf(own, top, report);
  const { name, sources } = draft;
  if (!(name && sources && registry && repositories)) return { ...draft, place, entry: undefined };
  const rest = {
    repositories: [...new Set(repositories)],
    serviceAccounts: [...new Set(own.serviceAccounts?.value?.map(({ value }) => value))],
    credential: (own.credential ?? top.credential)?.value ?? "acr-token",
    restart: (own.restart ?? top.restart)?.value ?? "stuck",
  } as const;
  const line = place.replace(/:\d+$/, "");
  return { ...draft, place, entry: { ...draft, at: line, name, sources, registry, ...rest, ...lifetimes } };
}

function sourcesOf(own: Own, top: Top): Entry["sources"] | undefined {
  if (own.eachOf) {
    const eachOf = scopeIn(own.eachOf);
    return eachOf && { eachOf };
  }
  const namespace = (own.namespace ?? top.namespace)?.value;
  return namespace === undefined ? undefined : { namespace };
}

function scopeIn(placed: Own["copyTo"]): Scope | undefined {
  const { selector, names, all } = placed?.value ?? {};
  if (!(selector?.value ?? names?.value ?? all?.value)) return undefined;
  return scopeOfNamespaces(names?.value?.map(({ value }) => value) ?? [], selector?.value);
}

function registryOf(own: Own, top: Top, at: number, report: ReportProblem): string | undefined {
  const registry = own.registry ?? top.registry;
  if (!registry) report(at, 'required key "registry" not set, neither here nor at the top of the file');
  return registry?.value;
}

function repositoryIn({ at, value }: Placed<string>, registry: string | undefined, report: ReportProblem): string[] {
  if (registry === undefined) return [];
  try {
    return [parseRepositoryScope(value, registryNameIn(registry))];
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    report(at, [error.message, error.hint].filter((part) => typeof part === "string").join("; "));
    return [];
  }
}

function lifetimesOf(own: Own, top: Top, report: ReportProblem): Pick<Entry, "expiresIn" | "olderThan" | "grace"> {
  const written = own.expiresIn ?? top.expiresIn;
  const expiresIn = written ? written.value : defaultLifetime;
  const { olderThan, grace } = { ...top.rotate?.value, ...own.rotate?.value };
  if (expiresIn !== undefined) reportLongerThan(expiresIn, { olderThan, grace }, report);
  if (written && expiresIn === Infinity && (own.credential ?? top.credential)?.value === "service-principal")
    report(written.at, "expiresIn must not be never for a service principal, because Azure ends each of its passwords");
  const lifetime = expiresIn === Infinity ? undefined : expiresIn;
  return { expiresIn: lifetime, olderThan: olderThan?.value, grace: grace?.value ?? defaultGrace(lifetime) };
}

type Rotate = NonNullable<Top["rotate"]>["value"];

/** A rotation in the last third of a life waits for the grace period of the one before. */
function reportLongerThan(expiresIn: number, { olderThan, grace }: NonNullable<Rotate>, report: ReportProblem): void {
  const life = `expiresIn (${formatLifetime(expiresIn)}), so that the password is replaced before it expires`;
  if (olderThan && (olderThan.value ?? 0) >= expiresIn) report(olderThan.at, `olderThan must be shorter than ${life}`);
  if (grace && (grace.value ?? 0) > expiresIn / 3) report(grace.at, `grace must be at most a third of ${life}`);
}

/** Returns a function that finds the line and the column of an offset, both from 1. */
function placesIn({ path, text }: FileText): PlaceOf {
  const starts = [0, ...[...text.matchAll(/\r\n?|\n/g)].map(({ index, 0: end }) => index + end.length)];
  return (at) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= at) low = middle;
      else high = middle;
    }
    return `${path}:${low + 1}:${at - (starts[low] ?? 0) + 1}`;
  };
}

function* sharedNames(drafts: readonly Draft[]): Generator<string> {
  const known = new Map<string, string>();
  for (const { home, name, place } of drafts) {
    if (home === undefined || name === undefined) continue;
    const other = known.get(`${home}/${name}`);
    if (other !== undefined) yield `${place}: the name ${JSON.stringify(name)} is already used at ${other} with the same namespace`;
    else known.set(`${home}/${name}`, place);
  }
}

/** Reports each entry that certainly writes a Secret of an earlier one. Which namespaces a selector selects is not known here. */
function* sharedSecrets(drafts: readonly EntryDraft[]): Generator<string> {
  for (const [name, same] of Map.groupBy(drafts, (draft) => draft.name)) {
    if (name === undefined) continue;
    for (const [index, draft] of same.entries()) {
      const other = same.slice(0, index).find((earlier) => sharedNamespace(draft, earlier) !== undefined);
      const namespace = other && sharedNamespace(draft, other);
      if (other)
        yield `${draft.place}: secret ${JSON.stringify(name)} in namespace "${namespace}" is already in the entry at ${other.place}`;
    }
  }
}

const sharedNamespace = (a: EntryDraft, b: EntryDraft): string | undefined =>
  namesIn(a).find((name) => writesTo(b, name)) ?? namesIn(b).find((name) => writesTo(a, name));

/** The namespaces that an entry names. */
const namesIn = ({ sources, copyTo }: EntryDraft): readonly string[] => [
  ...(sources && "namespace" in sources ? [sources.namespace] : []),
  ...scopesIn({ sources, copyTo }).flatMap(({ namespaces }) => (typeof namespaces === "object" ? namespaces.names : [])),
];

const writesTo = ({ sources, copyTo }: EntryDraft, name: string): boolean =>
  (sources && "namespace" in sources && sources.namespace === name) ||
  scopesIn({ sources, copyTo }).some((scope) => scope.selector === undefined && includes(scope, name, true));

const scopesIn = ({ sources, copyTo }: Pick<EntryDraft, "sources" | "copyTo">): readonly Scope[] =>
  [copyTo, sources && "eachOf" in sources ? sources.eachOf : undefined].filter((scope) => scope !== undefined);
