import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import * as yaml from "js-yaml";
import { expect, test } from "vitest";
import { root } from "../../../scripts/run.ts";
import type { Row, ValueForm } from "../../../src/file/form.ts";
import { fileForm } from "../../../src/file/keys.ts";
import { documentsIn } from "../../../src/file/located.ts";
import { wholeFile } from "../../support/desired.ts";

const schema = JSON.parse(readFileSync(join(root, "docs/schema/acr-secret-file-v1.json"), "utf8"));
const ajv = new Ajv({ allErrors: true, strictTypes: false });
const validate = ajv.compile(schema);

const entry = { name: "acr", namespace: "web", repositories: ["web/*"] };
const file = { name: "teams", namespace: "platform", registry: "myregistry", pullSecrets: [entry] };

test.for([
  { what: "a file with all keys", value: yaml.load(wholeFile) },
  { what: "the shortest file", value: file },
  { what: "an entry in the home", value: { ...file, pullSecrets: [{ name: "acr", repositories: ["a"] }] } },
  { what: "no entries", value: { ...file, pullSecrets: [] } },
  {
    what: "a registry in each entry",
    value: { name: "teams", namespace: "platform", pullSecrets: [{ ...entry, registry: "myregistry.azurecr.io" }] },
  },
])("accepts $what", ({ value }) => {
  expect(validate(value)).toBe(true);
});

const withMember = (member: object) => ({ ...file, pullSecrets: [{ ...entry, ...member }] });

test.for([
  { what: "no name", value: { namespace: "platform", registry: "myregistry", pullSecrets: [entry] } },
  { what: "no namespace", value: { name: "teams", registry: "myregistry", pullSecrets: [entry] } },
  { what: "no registry", value: { name: "teams", namespace: "platform", pullSecrets: [entry] } },
  { what: "neither entries nor a registry", value: { name: "teams", namespace: "platform", pullSecrets: [] } },
  { what: "an unknown key of the file", value: { ...file, secrets: [] } },
  { what: "an unknown key of an entry", value: withMember({ namspace: "web" }) },
  { what: "an invalid name", value: withMember({ name: "ACR" }) },
  { what: "no repositories", value: withMember({ repositories: [] }) },
  { what: "a tag", value: withMember({ repositories: ["web:1"] }) },
  { what: "namespace and eachOf", value: withMember({ eachOf: { all: true } }) },
  { what: "eachOf and copyTo", value: withMember({ namespace: undefined, eachOf: { all: true }, copyTo: { all: true } }) },
  { what: "two kinds of scope", value: withMember({ copyTo: { all: true, selector: "a" } }) },
  { what: "an empty scope", value: withMember({ copyTo: {} }) },
  { what: "an empty selector", value: withMember({ copyTo: { selector: "" } }) },
  { what: "a lifetime without a unit", value: withMember({ expiresIn: "90" }) },
  { what: "an unknown credential", value: withMember({ credential: "admin" }) },
  { what: "an empty rotate", value: withMember({ rotate: {} }) },
])("rejects $what", ({ value }) => {
  // Absent members, as in a file
  expect(validate(JSON.parse(JSON.stringify(value)))).toBe(false);
});

/** All keys with their paths: `pullSecrets.copyTo.names`. */
const rowsOf = ({ rows = {} }: ValueForm<unknown>, path: readonly string[] = []): (readonly [path: string, row: Row])[] =>
  Object.entries(rows).flatMap(([key, row]) => [[[...path, key].join("."), row] as const, ...rowsOf(row.form, [...path, key])]);

test.for(rowsOf(fileForm))("reads the example of %s, and the schema accepts it", ([, { form, example }]) => {
  const problems: string[] = [];
  const [value] = documentsIn(example, yaml);

  expect(value && form.read(value, "key", (_, problem) => problems.push(problem))).toBeDefined();
  expect(problems).toEqual([]);
  expect(ajv.validate(form.schema, yaml.load(example))).toBe(true);
});
