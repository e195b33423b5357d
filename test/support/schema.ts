import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { load } from "js-yaml";
import { root } from "../../scripts/run.ts";

const schema = JSON.parse(readFileSync(join(root, "docs/schema/acr-secret-v1.json"), "utf8"));

/** Rejects members that the schema does not describe. The published schema allows them, because later versions may add some. */
const closed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(closed);
  if (value === null || typeof value !== "object") return value;
  const members = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, closed(member)]));
  return "properties" in members && "type" in members ? { additionalProperties: false, ...members } : members;
};

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
addFormats.default(ajv);
ajv.addSchema(closed(schema) as object, "v1");
const validators: ReadonlyMap<unknown, ValidateFunction | undefined> = new Map(
  ["ImageCheck", "PullSecret", "Finding", "Way", "Error", "List"].map((kind) => [kind, ajv.getSchema(`v1#/$defs/${kind}`)]),
);

const format = /(?:^| )(?:-o[= ]?|--output[= ])(json|jsonl|yaml)(?: |$)/;

/**
 * Validates the output of `check`, `list` and `doctor` for programs with the published schema, and that it is complete.
 * @param argv the words after `kubectl acr-secret`
 * @throws Error with the first violation
 */
export function requireSchema(argv: readonly string[], stdout: string): void {
  const line = argv.join(" ");
  const [, form] = isReport(argv) ? (format.exec(line) ?? []) : [];
  if (form === undefined || stdout === "" || argv.includes("--help")) return;
  for (const object of objectsIn(stdout, form)) {
    const [problem] = [object, ...itemsOf(object)].flatMap(problemsOf);
    if (problem !== undefined) throw new Error(`${line}: ${problem}\n${JSON.stringify(object, null, 2)}`);
    if (form !== "jsonl" && object.kind !== "List") throw new Error(`${line}: printed a ${object.kind}, not a List`);
  }
}

/** Whether the verb is `check`, `list` or `doctor`: `schedule check` prints objects of the API. */
const isReport = (argv: readonly string[]) => argv.some((word) => ["check", "list", "doctor"].includes(word)) && !argv.includes("schedule");

type Kind = { readonly kind?: unknown; readonly items?: unknown };

function objectsIn(stdout: string, form: string): Kind[] {
  if (form === "jsonl")
    return stdout
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text));
  return [form === "json" ? JSON.parse(stdout) : load(stdout)];
}

const itemsOf = ({ items }: Kind): Kind[] => (Array.isArray(items) ? items : []);

function problemsOf(object: Kind): string[] {
  const validate = validators.get(object.kind);
  if (!validate) return [`the schema has no kind ${JSON.stringify(object.kind)}`];
  if (validate(object)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
}
