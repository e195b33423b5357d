import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { loadAll } from "js-yaml";
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
const validatorOf = (name: string): ValidateFunction => ajv.getSchema(`v1#/$defs/${name}`) as ValidateFunction;

const format = /(?:^| )(?:-o[= ]?|--output[= ])(json|jsonl|yaml)(?: |$)/;

/**
 * Validates everything that a command line prints for programs with the published schema, except objects of Kubernetes.
 * @param argv the words after `kubectl acr-secret`
 * @throws Error with the first violation
 */
export function requireSchema(argv: readonly string[], stdout: string): void {
  const line = argv.join(" ");
  const [, form] = format.exec(line) ?? [];
  if (form === undefined || stdout === "" || ["--help", "__complete", "node-files"].some((word) => argv.includes(word))) return;
  const reads = isReport(argv);
  for (const object of objectsIn(stdout, form)) {
    const [problem] = problemsIn(object, reads);
    if (problem !== undefined) throw new Error(`${line}: ${problem}\n${JSON.stringify(object, null, 2)}`);
    if (reads && form !== "jsonl" && object.kind !== "List") throw new Error(`${line}: printed a ${object.kind}, not a List`);
  }
}

/** Whether the verb is `check`, `list` or `doctor`: `schedule check` prints objects of Kubernetes. */
const isReport = (argv: readonly string[]) => argv.some((word) => ["check", "list", "doctor"].includes(word)) && !argv.includes("schedule");

type Printed = { readonly apiVersion?: unknown; readonly kind?: unknown; readonly metadata?: unknown; readonly items?: readonly Printed[] };

function objectsIn(stdout: string, form: string): Printed[] {
  if (form === "yaml") return loadAll(stdout) as Printed[];
  const texts = form === "json" ? [stdout] : stdout.trimEnd().split("\n");
  return texts.map((text) => JSON.parse(text) as Printed);
}

/** @param reads the verb prints no objects of Kubernetes */
function problemsIn(object: Printed, reads: boolean): string[] {
  const { apiVersion, kind, metadata, items = [] } = object;
  const isOurs = apiVersion === "acr-secret/v1";
  if (reads || isOurs || kind === undefined) return violationsOf(object);
  if (kind === "List") return items.flatMap((item) => problemsIn(item, reads));
  return typeof apiVersion === "string" && typeof kind === "string" && metadata !== undefined ? [] : ["it is no object of Kubernetes"];
}

const kinds = [
  "ImageCheck",
  "PullSecret",
  "Finding",
  "Way",
  "Error",
  "List",
  "Outcome",
  "OutcomeList",
  "Leftover",
  "LeftoverList",
  "ExplanationList",
];

function violationsOf({ kind = "Versions", ...members }: Printed): string[] {
  if (typeof kind !== "string" || ![...kinds, "Versions"].includes(kind)) return [`the schema has no kind ${JSON.stringify(kind)}`];
  const validate = validatorOf(kind);
  const isValid = validate(kind === "Versions" ? members : { kind, ...members });
  return isValid
    ? []
    : (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
}
