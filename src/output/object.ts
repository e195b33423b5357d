import { isPrintable, printableJson } from "./printable.ts";

/** An object of the API, or a v1 List of several. */
type Manifest = { readonly metadata?: object };

/**
 * Prints objects like `kubectl -o json|yaml`: keys in alphabetical order, without managedFields unless they are requested. Several objects
 * are one List.
 */
export async function printObjects(objects: readonly Manifest[], format: "json" | "yaml", { managedFields = false } = {}): Promise<string> {
  const items = objects.map((object) => (managedFields ? object : withoutManagedFields(object)));
  const [first] = items;
  return items.length === 1 && first ? printData(first, format) : printList(items, format);
}

/** Prints objects as one List of the API. */
export const printList = (items: readonly object[], format: "json" | "yaml"): Promise<string> =>
  printData({ apiVersion: "v1", items, kind: "List", metadata: { resourceVersion: "" } }, format);

/** Formats plain data in the same way. The YAML library is only loaded for YAML. */
export async function printData(data: unknown, format: "json" | "yaml"): Promise<string> {
  if (format === "json") return `${printableJson(JSON.stringify(sorted(data), null, 4))}\n`;
  const { dump } = await import("js-yaml");
  const placeholders = placeholdersFor(JSON.stringify(data));
  return placeholders.fill(dump(sorted(data, placeholders.keep), { seqNoIndent: true, lineWidth: -1, noRefs: true, quoteStyle: "double" }));
}

/** Formats data as one line of JSON. */
export const jsonLine = (data: object): string => `${printableJson(JSON.stringify(data))}\n`;

/**
 * YAML may contain directional marks unescaped, and only a text in double quotes can escape them. The library doesn't quote all that Go
 * reads as a number. So `keep` replaces each such text by a unique word. `fill` inserts the text again, escaped as in JSON. That is also
 * valid YAML (YAML 1.2, 7.3.1).
 */
function placeholdersFor(all: string): { keep(text: string): string; fill(yaml: string): string } {
  let word = "text";
  while (all.includes(word)) word += "x";
  const texts: string[] = [];
  return {
    keep: (text) =>
      isPrintable(text.replace(/[\n\t]/g, "")) && !goNumber.test(text.replaceAll("_", "")) ? text : `${word}${texts.push(text)}z`,
    fill: (yaml) => yaml.replace(new RegExp(`${word}(\\d+)z`, "g"), (_, at) => printableJson(JSON.stringify(texts[Number(at) - 1]))),
  };
}

/** A number in Go (sigs.k8s.io/yaml, resolve.go), such as `0B11` and, with an underscore anywhere, `08_15`. */
const goNumber = /^[-+]?(?:0x[\da-f]+|0[bo][-+]?[0-7]+|(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)$/i;

function withoutManagedFields(object: Manifest): Manifest {
  const { managedFields: _, ...metadata } = (object.metadata ?? {}) as Record<string, unknown>;
  return { ...object, metadata };
}

/** Sorts the keys, omits undefined members, and replaces each text, including keys. */
function sorted(value: unknown, replace: (text: string) => string = String): unknown {
  if (typeof value === "string") return replace(value);
  if (Array.isArray(value)) return value.map((member) => sorted(member, replace));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [replace(key), sorted(member, replace)]),
  );
}
