/** For each file of a program, the files that it imports, and those that it asks for by `import()`. */
export type Graph = ReadonlyMap<string, { readonly now: readonly string[]; readonly late: readonly string[] }>;

/** A program in parts: the file that each begins with, and the one part that each file is in. */
export type Parts = {
  readonly entries: ReadonlyMap<string, string | undefined>;
  readonly owners: ReadonlyMap<string, string>;
};

/** The part of what several parts need; it begins with nothing. */
const common = "common";

/**
 * Divides a program: what stands behind `import()` is a part of its own. A file that several parts need is in the first of the `spine`
 * among them, which is there before all others; else in the one that all the others load anyway; else in `common`.
 *
 * @param spine the files that begin what every command loads, one after the other
 * @throws Error for two parts of one name
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

/** The name of the part that begins with a file, or with a package. */
export const partName = (from: string): string =>
  (from.endsWith(".ts") ? from.replace(/^(cmd|src)\/|\.ts$/g, "") : from.replace(/^.*\//, "")).replaceAll("/", "-");

function refuseSameNames(begins: readonly string[]): void {
  const names = [common, ...begins.map(partName)];
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`two parts of the binary would be called ${twice}`);
}

/** A file, and all that it imports, over files between. */
function reach(graph: Graph, begin: string): ReadonlySet<string> {
  const found = new Set([begin]);
  for (const file of found) for (const next of graph.get(file)?.now ?? []) found.add(next);
  return found;
}
