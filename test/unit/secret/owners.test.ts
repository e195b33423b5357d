import { expect, test } from "vitest";
import type { ManagedFields } from "../../../src/objects.ts";
import { othersOf } from "../../../src/secret/owners.ts";

const by = (manager: string | undefined, fieldsV1: object | undefined, apiVersion: string | undefined = "v1"): ManagedFields => ({
  ...(manager !== undefined && { manager }),
  operation: "Update",
  ...(apiVersion !== undefined && { apiVersion }),
  ...(fieldsV1 && { fieldsV1 }),
});
const data = { "f:data": { ".": {}, "f:.dockerconfigjson": {} } };
const note = { "f:metadata": { "f:annotations": { "f:acr-secret/credential": {} } } };
const label = { "f:metadata": { "f:labels": { "f:app.kubernetes.io/managed-by": {} } } };

test.for<{ why: string; fields: ManagedFields[] | undefined; others: string[] }>([
  { why: "managedFields are absent", fields: undefined, others: [] },
  { why: "only this plugin wrote fields", fields: [by("kubectl-acr-secret", { ...data, ...note })], others: [] },
  {
    why: "another manager wrote the password",
    fields: [by("kubectl-acr-secret", note), by("kubectl-patch", data)],
    others: ['"kubectl-patch" using v1: .data..dockerconfigjson'],
  },
  {
    why: "another manager wrote the annotation",
    fields: [by("kubectl-edit", note)],
    others: ['"kubectl-edit" using v1: .metadata.annotations.acr-secret/credential'],
  },
  {
    why: "another manager wrote the label",
    fields: [by("helm", label)],
    others: ['"helm" using v1: .metadata.labels.app.kubernetes.io/managed-by'],
  },
  {
    why: "several fields of several managers, in their order",
    fields: [by("b", { ...data, ...note }), by("a", data)],
    others: [
      '"b" using v1: .data..dockerconfigjson',
      '"b" using v1: .metadata.annotations.acr-secret/credential',
      '"a" using v1: .data..dockerconfigjson',
    ],
  },
  {
    why: "another manager wrote other labels, annotations and keys",
    fields: [
      by("x", {
        "f:metadata": { "f:labels": { "f:team": {} }, "f:annotations": { "f:y": {} } },
        "f:data": { "f:other": {} },
        "f:type": {},
      }),
    ],
    others: [],
  },
  {
    why: "a manager without a name and fields",
    fields: [by(undefined, data), by("y", undefined)],
    others: ['"" using v1: .data..dockerconfigjson'],
  },
  {
    why: "a manager without a version",
    fields: [{ manager: "old", operation: "Update", fieldsV1: data }],
    others: ['"old" using v1: .data..dockerconfigjson'],
  },
  {
    why: "a manager with another version",
    fields: [by("new", data, "v2")],
    others: ['"new" using v2: .data..dockerconfigjson'],
  },
  { why: "a name that would break the line", fields: [by('a"\n', data)], others: ['"a\\"\\n" using v1: .data..dockerconfigjson'] },
])("returns fields of other managers: $why", ({ fields, others }) => {
  const found = othersOf(fields, "kubectl-acr-secret");

  expect(found.map(({ words }) => words)).toEqual(others);
  expect(found.every(({ manager, words }) => words.startsWith(`${JSON.stringify(manager)} using`))).toBe(true);
});

test("reports this plugin's default manager for another --field-manager", () => {
  const words = '"kubectl-acr-secret" using v1: .data..dockerconfigjson';

  expect(othersOf([by("kubectl-acr-secret", data)], "me")).toEqual([{ manager: "kubectl-acr-secret", words }]);
});
