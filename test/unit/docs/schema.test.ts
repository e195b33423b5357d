import { expect, test } from "vitest";
import { requireSchema } from "../../support/schema.ts";

const apiVersion = "acr-secret/v1";
const outcome = { apiVersion, kind: "Outcome", object: "secret/acr", result: "created" };
const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "acr" } };

test.for([
  { line: "create -o jsonl", printed: [outcome, { ...outcome, result: "info", warnings: ["look"] }] },
  { line: "create -o json", printed: [secret] },
  { line: "attach -o json", printed: [{ apiVersion: "v1", kind: "List", items: [secret, secret] }] },
  { line: "prune --output=json", printed: [{ apiVersion, kind: "OutcomeList", items: [outcome] }] },
  { line: "version -o json", printed: [{ clientVersion: { gitVersion: "v1.0.0" } }] },
])("accepts the output of $line", ({ line, printed }) => {
  expect(() => requireSchema(line.split(" "), textOf(printed))).not.toThrow();
});

test.for([
  { why: "an unknown kind", line: "create -o jsonl", printed: [{ ...outcome, kind: "Result" }], says: "no kind" },
  { why: "an unknown member", line: "create -o jsonl", printed: [{ ...outcome, told: true }], says: "additional properties" },
  { why: "an unknown result", line: "create -o jsonl", printed: [{ ...outcome, result: "told" }], says: "allowed values" },
  {
    why: "an item of a list",
    line: "prune -o json",
    printed: [{ apiVersion, kind: "OutcomeList", items: [{ kind: "Outcome" }] }],
    says: "required",
  },
  {
    why: "an item of another kind",
    line: "attach -o json",
    printed: [{ apiVersion: "v1", kind: "List", items: [secret, { a: 1 }] }],
    says: "required",
  },
  { why: "an object of Kubernetes from list", line: "list -o jsonl", printed: [secret], says: "no kind" },
  {
    why: "an object without metadata",
    line: "create -o json",
    printed: [{ apiVersion: "v1", kind: "Secret" }],
    says: "no object of Kubernetes",
  },
  {
    why: "an unknown member of a version",
    line: "version -o json",
    printed: [{ clientVersion: { gitVersion: "v1", major: 1 } }],
    says: "additional",
  },
])("rejects $why in the output of $line", ({ line, printed, says }) => {
  expect(() => requireSchema(line.split(" "), textOf(printed))).toThrow(says);
});

const textOf = (objects: readonly object[]): string => objects.map((object) => `${JSON.stringify(object)}\n`).join("");
