import type { Document, Node, Scalar, Pair as YamlPair } from "yaml";
import { lineStart, type ManifestText, manifestError, nextLine } from "./text.ts";
import { type Item, type Pair, resolveAlias, type Tree } from "./tree.ts";

type Anchors = Map<string, Tree>;
type Reading = { readonly yaml: Yaml; readonly source: ManifestText; readonly anchors: Anchors };
/** A token before a value, such as a colon, a comment or an anchor. */
type Token = { readonly type: string; readonly offset: number; readonly source: string };

/**
 * Returns the documents of a manifest with the position of each part; undefined for an empty document.
 * @throws CliError invalid, with line and column, for a manifest that can't be edited. The message repeats none of the text, because it may
 * be secret
 */
export function readDocuments(yaml: Yaml, source: ManifestText): (Tree | undefined)[] {
  refuseCharacters(source);
  const options = { keepSourceTokens: true, prettyErrors: false, stringKeys: true, merge: true, logLevel: "error" } as const;
  try {
    const documents = yaml.parseAllDocuments(source.text, options);
    return (Array.isArray(documents) ? documents : []).map((document) => readDocument(yaml, source, document as Document));
  } catch (error) {
    // Each nested bracket is a nested call
    throw error instanceof RangeError ? manifestError(source, 0, "it is nested too deep") : error;
  }
}

/**
 * Rejects line ends, byte order marks and control characters that YAML libraries read differently: kubectl would see other lines than this
 * plugin.
 */
function refuseCharacters(source: ManifestText): void {
  const mark = source.text.indexOf("\n\ufeff");
  if (mark >= 0) throw manifestError(source, mark + 1, "a byte order mark, which belongs at a file's beginning");
  const at = source.text.search(/\r(?!\n)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]/);
  if (at >= 0) throw manifestError(source, at, "a control character, or an end of line that not everybody reads as one");
}

function readDocument(yaml: Yaml, source: ManifestText, document: Document): Tree | undefined {
  const [error] = document.errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  if (error) throw unreadable(source, error.pos[0], words[error.code] ?? "this is no valid YAML");
  const { contents } = document;
  if (!contents) return undefined;
  const tree = treeOf({ yaml, source, anchors: new Map() }, contents, contents.range?.[0] ?? 0);
  if (isTooMuch(tree)) throw manifestError(source, tree.from, "its aliases make more of it than there is room for");
  return tree;
}

const words: Readonly<Record<string, string>> = {
  BAD_ALIAS: "this alias has no anchor before it",
  BAD_INDENT: "this is not indented as YAML wants it, or a bracket above is not closed",
  DUPLICATE_KEY: "this key is there twice",
  MISSING_CHAR: "a bracket, a quotation mark or a comma is missing",
  MULTILINE_IMPLICIT_KEY: "a key has to be on one line",
  NON_STRING_KEY: "this key is no text",
  TAB_AS_INDENT: "a tab cannot indent",
};

/** Returns the error for invalid YAML. A Helm template is not valid YAML, but its output is. */
function unreadable(source: ManifestText, at: number, why: string): Error {
  const start = lineStart(source.text, at);
  const column = source.text.slice(start, nextLine(source.text, at)).indexOf("{{");
  if (column < 0) return manifestError(source, at, why);
  const hint = "helm template CHART | kubectl acr-secret attach SECRET -f -";
  return manifestError(source, start + column, "this is a template, which is no YAML yet", hint);
}

/** @param opens the position after the tokens before the node; the default for an empty node */
function treeOf(reading: Reading, node: Node | null | undefined, opens: number): Tree {
  const { anchors } = reading;
  const [from = opens, to = opens] = node?.range ?? [];
  const anchor = node && "anchor" in node ? node.anchor : undefined;
  // Inside a node, its own anchor is not defined yet, and an earlier anchor of the same name is no longer valid
  if (anchor !== undefined) anchors.delete(anchor);
  const made = shapeOf(reading, node, { from, to, opens });
  if (anchor !== undefined) anchors.set(anchor, made);
  return made;
}

type At = { readonly from: number; readonly to: number; readonly opens: number };

function shapeOf(reading: Reading, node: Node | null | undefined, at: At): Tree {
  const { yaml, source, anchors } = reading;
  if (yaml.isAlias(node)) {
    const of = anchors.get(node.source);
    if (!of) throw manifestError(source, at.from, words["BAD_ALIAS"] ?? "");
    return { is: "alias", ...at, of };
  }
  if (yaml.isMap(node)) {
    return { is: "map", ...at, flow: node.flow === true, pairs: node.items.map((pair) => pairOf(reading, pair as YamlPair<Scalar, Node>)) };
  }
  if (yaml.isSeq(node)) {
    const starts = (node.srcToken as { items?: readonly { start: readonly Token[] }[] } | undefined)?.items ?? [];
    return {
      is: "list",
      ...at,
      flow: node.flow === true,
      items: node.items.map((item, index) => itemOf(reading, item, starts[index]?.start ?? [], at)),
    };
  }
  return { is: "scalar", ...at, value: (node as Scalar | undefined)?.value ?? null };
}

function pairOf(reading: Reading, { key, value, srcToken }: YamlPair<Scalar, Node>): Pair {
  const [from = 0, to = 0] = key.range ?? [];
  const opens = behind((srcToken?.sep ?? []) as readonly Token[], to);
  const merges = key.value === "<<" && key.type === "PLAIN";
  const of = treeOf(reading, value, opens);
  if (merges && !isMergeable(of)) throw manifestError(reading.source, from, "only a map can be merged in");
  return { key: { from, to, text: String(key.value) }, merges, opens, value: of };
}

function isMergeable(value: Tree): boolean {
  const of = resolveAlias(value);
  return of?.is === "map" || (of?.is === "list" && of.items.every((item) => resolveAlias(item.value)?.is === "map"));
}

function itemOf(reading: Reading, item: unknown, start: readonly Token[], list: At): Item {
  // A pair in brackets, `[name: a]`, is a map with one pair
  const { range } = item as Node;
  const opens = behind(start, range?.[0] ?? list.from);
  const dash = start.find(({ type }) => type === "seq-item-ind");
  return { at: dash?.offset ?? range?.[0] ?? opens, opens, value: treeOf(reading, item as Node, opens) };
}

/** Returns the position after the last significant token: a colon, a dash, an anchor or a tag. */
function behind(tokens: readonly Token[], otherwise: number): number {
  const last = tokens.findLast(({ type }) => ["map-value-ind", "seq-item-ind", "anchor", "tag"].includes(type));
  return last ? last.offset + last.source.length : otherwise;
}

/** More parts than any real manifest has. Nested aliases can expand a short text beyond the available memory. */
const most = 1_000_000;

/** Whether a document is too large to expand, with each alias replaced by the part that it refers to. */
const isTooMuch = (tree: Tree): boolean => weigh(tree, new Map()) > most;

function weigh(tree: Tree, known: Map<Tree, number>): number {
  if (tree.is === "scalar") return 1;
  if (tree.is === "alias") return weigh(tree.of, known);
  const before = known.get(tree);
  if (before !== undefined) return before;
  const values = tree.is === "map" ? tree.pairs : tree.items;
  const weight = values.reduce((sum, { value }) => sum + weigh(value, known), 1);
  known.set(tree, weight);
  return weight;
}

/**
 * The used functions of the YAML library. It is a parameter, because this folder is pure and commands without manifests don't load the
 * library.
 */
export type Yaml = Pick<typeof import("yaml"), "isAlias" | "isMap" | "isScalar" | "isSeq" | "parseAllDocuments">;
