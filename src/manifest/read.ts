import type { Alias, Document, ParsedNode, Scalar, YAMLMap, YAMLSeq, Pair as YamlPair } from "yaml";
import { type ManifestText, manifestError } from "./text.ts";

/** The functions of the YAML library that this folder uses. Commands without manifests don't load the library. */
export type Yaml = Pick<typeof import("yaml"), "isAlias" | "isMap" | "isSeq" | "parseAllDocuments">;

type Node = ParsedNode | null | undefined;
type MapNode = YAMLMap.Parsed<Scalar.Parsed>;
type ListNode = YAMLSeq.Parsed;
type Pair = YamlPair<Scalar.Parsed, ParsedNode | null>;

/** The nodes of a manifest's documents. */
type Nodes = {
  readonly yaml: Yaml;
  readonly source: ManifestText;
  readonly aliases: Map<Alias, ParsedNode>;
};

/**
 * Returns the content of each document, and its plain data.
 * @throws CliError invalid, with line and column. The message repeats none of the text, because it may be secret
 */
export function readDocuments(yaml: Yaml, source: ManifestText) {
  refuseCharacters(source);
  const nodes: Nodes = { yaml, source, aliases: new Map() };
  const options = { keepSourceTokens: true, prettyErrors: false, stringKeys: true, merge: true, logLevel: "error" } as const;
  try {
    const parsed = yaml.parseAllDocuments(source.text, options);
    const documents = Array.isArray(parsed) ? parsed : [];
    return { nodes, documents: documents.map((document) => ({ contents: document.contents, data: dataOf(nodes, document) })) };
  } catch (error) {
    // Each nested bracket is a nested call
    throw error instanceof RangeError ? manifestError(source, 0, "nested too deeply") : error;
  }
}

/** Rejects characters that kubectl's YAML library reads differently: line ends, byte order marks and control characters. */
function refuseCharacters(source: ManifestText): void {
  const mark = source.text.indexOf("\n\ufeff");
  if (mark >= 0) throw manifestError(source, mark + 1, "a byte order mark is only allowed at the start of a file");
  const at = source.text.search(/\r(?!\n)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]/);
  if (at >= 0) throw manifestError(source, at, "control character or unusual line end");
}

/** More parts than any real manifest has. Nested aliases can expand a short text to more than the available memory. */
const maxParts = 1_000_000;

function dataOf(nodes: Nodes, document: Document.Parsed): unknown {
  const { contents } = document;
  const [error] = document.errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  if (error) throw manifestError(nodes.source, error.pos[0], messages[error.code] ?? "invalid YAML");
  if (countParts(nodes, contents, new Map()) > maxParts)
    throw manifestError(nodes.source, contents?.range[0] ?? 0, "the aliases expand to too much data");
  return document.toJS({ maxAliasCount: -1 });
}

const badAlias = "alias without an anchor before it";

const messages: Readonly<Record<string, string>> = {
  BAD_ALIAS: badAlias,
  BAD_INDENT: "invalid indentation, or a bracket above is not closed",
  DUPLICATE_KEY: "duplicate key",
  MISSING_CHAR: "missing bracket, quotation mark or comma",
  MULTILINE_IMPLICIT_KEY: "a key must be on one line",
  NON_STRING_KEY: "a key must be text",
  TAB_AS_INDENT: "a tab is not allowed as indentation",
};

type Anchors = Map<string, { readonly node: ParsedNode; readonly weight: number }>;

/** Returns the number of parts of a node, with each alias replaced by the part that it refers to. Records the aliases. */
function countParts(nodes: Nodes, node: Node, anchors: Anchors): number {
  const { yaml, source } = nodes;
  if (!node) return 1;
  if (yaml.isAlias(node)) {
    const of = anchors.get(node.source);
    if (!of) throw manifestError(source, node.range[0], badAlias);
    nodes.aliases.set(node, of.node);
    return of.weight;
  }
  // Inside a node, its own anchor is not defined yet, and an earlier anchor of the same name is no longer valid
  if (node.anchor) anchors.delete(node.anchor);
  const pairs = yaml.isMap(node) ? (node as MapNode).items : [];
  const weight = childrenOf(yaml, node).reduce((sum, child) => sum + countParts(nodes, child, anchors), 1);
  if (node.anchor) anchors.set(node.anchor, { node, weight });
  const wrong = pairs.find((pair) => isMerge(pair) && !mergedBy(nodes, pair).every((each) => yaml.isMap(each)));
  if (wrong) throw manifestError(source, wrong.key.range[0], "only a map can be merged");
  return weight;
}

/** Returns the values of a map, or the items of a list. */
const childrenOf = (yaml: Yaml, node: Node): Node[] =>
  yaml.isMap(node) ? (node as MapNode).items.map(({ value }) => value) : yaml.isSeq(node) ? (node as ListNode).items : [];

/** Whether a pair includes other maps in its map: `<<: *base` (yaml.org/type/merge). */
const isMerge = ({ key }: Pair): boolean => key.value === "<<" && key.type === "PLAIN";

function mergedBy(nodes: Nodes, { value }: Pair): Node[] {
  const of = resolveAlias(nodes, value);
  return nodes.yaml.isSeq(of) ? of.items.map((item) => resolveAlias(nodes, item)) : [of];
}

/** Returns a node, or the node that an alias refers to. */
const resolveAlias = ({ yaml, aliases }: Nodes, node: Node): Node => (yaml.isAlias(node) ? aliases.get(node) : node);
