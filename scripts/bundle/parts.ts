/** For each file of a program, the files that it imports statically (`now`) and with `import()` (`late`). */
export type Graph = ReadonlyMap<string, { readonly now: readonly string[]; readonly late: readonly string[] }>;

/** A program in parts: the entry file of each part, and the part of each file. */
export type Parts = {
  readonly entries: ReadonlyMap<string, string | undefined>;
  readonly owners: ReadonlyMap<string, string>;
};

/** The name of the part with files that several parts need. It has no entry file. */
const common = "common";

/**
 * Divides a program: each module that `import()` loads starts a part. A file that several parts need is in the first part of the `spine`
 * that needs it, because that part is loaded before all others. Otherwise it is in the part that all other parts load anyway, or in
 * `common`.
 *
 * @param spine the entry files of the parts that every command loads, in order
 * @throws Error if two parts have the same name
 */
export function divide(graph: Graph, spine: readonly string[]): Parts {
  const begins = [...new Set([...spine, ...[...graph.values()].flatMap(({ late }) => late)])];
  refuseSameNames(begins);
  const reached = new Map(begins.map((begin) => [begin, reach(graph, begin)]));
  const needs = (begin: string, file: string) => reached.get(begin)?.has(file) === true;
  const ownerOf = (file: string) => {
    const needed = begins.filter((begin) => needs(begin, file));
    const owner = spine.find((begin) => needed.includes(begin)) ?? needed.find((begin) => needed.every((other) => needs(other, begin)));
    return owner === undefined ? common : partName(owner);
  };
  const owners = new Map([...graph.keys()].map((file) => [file, ownerOf(file)]));
  const entryOf = (part: string) => begins.find((begin) => partName(begin) === part);
  return { owners, entries: new Map([...new Set(owners.values())].map((part) => [part, entryOf(part)])) };
}

/** Returns the name of the part that starts with a file or a package. */
export const partName = (from: string): string =>
  (from.endsWith(".ts") ? from.replace(/^(cmd|src)\/|\.ts$/g, "") : from.replace(/^.*\//, "")).replaceAll("/", "-");

function refuseSameNames(begins: readonly string[]): void {
  const names = [common, ...begins.map(partName)];
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`two parts of the binary would be called ${twice}`);
}

/** Returns a file with all its direct and indirect imports. */
function reach(graph: Graph, begin: string): ReadonlySet<string> {
  const found = new Set([begin]);
  for (const file of found) for (const next of graph.get(file)?.now ?? []) found.add(next);
  return found;
}
