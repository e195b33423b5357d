import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { plugin } from "../../../src/hint.ts";
import type { Secret } from "../../../src/objects.ts";
import type { DryRun, Outcome } from "../../../src/outcome.ts";
import { type Form, openPrinter } from "../../../src/output/printer.ts";
import type { PlaceDetail } from "../../../src/output/words.ts";

const secret = { kind: "secret", name: "acr", namespace: "demo" } as const;
const account = { kind: "serviceaccount", name: "default", namespace: "demo" } as const;
const token = { kind: "token.azurecr.io", name: "t" } as const;
const object = (name: string): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace: "demo", managedFields: [{ manager: "me" }] },
});

const created: Outcome = { to: token, result: "created", because: "it does not exist" };
const stored: Outcome = { to: secret, result: "created", because: "it does not exist", object: object("acr") };
const attached: Outcome = {
  to: account,
  result: "patched",
  list: { does: "attach", before: [], after: ["acr"] },
  object: object("sa"),
};
const warned: Outcome = { to: account, messages: ["look"] };
const refused: Outcome = {
  to: account,
  error: new CliError("forbidden", "no", { hint: plugin("attach", "acr", "--serviceaccount", "default") }),
};
const left: Outcome = { to: account, because: "", left: "failed" };
const all = [created, stored, attached, warned, refused, left];

/** Returns what a printer prints for outcomes: during the run, and at its end. */
async function printed(
  form: Form,
  outcomes: readonly Outcome[],
  { dryRun = "none", where = "one", managedFields = false }: { dryRun?: DryRun; where?: PlaceDetail; managedFields?: boolean } = {},
) {
  const out: string[] = [];
  const err: string[] = [];
  const sink = (to: string[]) => ({ write: (text: string) => void to.push(text), isTTY: false, columns: 0 });
  const formatCommand = (fix: object) => `spelled ${JSON.stringify(fix)}`;
  const printer = openPrinter(form, { stdout: sink(out), stderr: sink(err), env: {}, dryRun, where, managedFields, formatCommand });
  for (const outcome of outcomes) await printer.print(outcome);
  const early = out.join("");
  await printer.end();
  return { early, stdout: out.join(""), stderr: err.join("") };
}

const hint = 'hint: spelled {"namespace":"demo","program":"kubectl acr-secret attach","words":["acr","--serviceaccount","default"]}\n';

test("prints a line for each changed object at once, and errors and warnings on stderr", async () => {
  expect(await printed(undefined, all)).toEqual({
    early: "token.azurecr.io/t created\nsecret/acr created\nserviceaccount/default patched\n",
    stdout: "token.azurecr.io/t created\nsecret/acr created\nserviceaccount/default patched\n",
    stderr: `Warning: look\nerror: no\n${hint}`,
  });
});

test("prints the namespace in each line when there are several", async () => {
  expect(await printed(undefined, all, { where: "namespaces", dryRun: "server" })).toMatchObject({
    stdout:
      "token.azurecr.io/t created (server dry run)\n" +
      "secret/acr created in namespace demo (server dry run)\n" +
      "serviceaccount/default patched in namespace demo (server dry run)\n",
    stderr: `Warning: demo: look\ndemo: error: no\n${hint}`,
  });
});

test("prints names that kubectl accepts for -o name", async () => {
  expect(await printed("name", all)).toMatchObject({ early: "secret/acr\nserviceaccount/default\n" });
});

test("prints a List of the successful objects at the end for -o json", async () => {
  const { early, stdout, stderr } = await printed("json", all);
  const list = JSON.parse(stdout) as { kind: string; items: { metadata: object }[] };

  expect(early).toBe("");
  expect(list.kind).toBe("List");
  expect(list.items.map(({ metadata }) => metadata)).toEqual([
    { name: "acr", namespace: "demo" },
    { name: "sa", namespace: "demo" },
  ]);
  expect(stderr).toBe(`Warning: look\nerror: no\n${hint}`);
});

test("prints a single object without a List, with managed fields on request", async () => {
  const { stdout } = await printed("yaml", [stored], { managedFields: true });

  expect(stdout).toBe("apiVersion: v1\nkind: Secret\nmetadata:\n  managedFields:\n  - manager: me\n  name: acr\n  namespace: demo\n");
});

test("prints nothing when there are no objects", async () => {
  expect(await printed("json", [created, warned])).toMatchObject({ stdout: "" });
});

test("warns when a Secret is printed without its password", async () => {
  const says = "Warning: a dry run generates no password, so the Secret is printed without it\n";

  expect((await printed("json", [{ ...stored, unmade: true }], { dryRun: "client" })).stderr).toBe(says);
  expect((await printed("json", [stored])).stderr).toBe("");
});

test("prints a JSON line for each outcome at once for -o jsonl", async () => {
  const { early, stderr } = await printed("jsonl", all);
  const common = { apiVersion: "acr-secret/v1", kind: "Outcome" };

  expect(stderr).toBe("");
  expect(
    early
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as object),
  ).toEqual([
    { ...common, object: "token.azurecr.io/t", result: "created", because: "it does not exist" },
    { ...common, namespace: "demo", object: "secret/acr", result: "created", because: "it does not exist" },
    { ...common, namespace: "demo", object: "serviceaccount/default", result: "patched" },
    { ...common, namespace: "demo", object: "serviceaccount/default", result: "info", warnings: ["look"] },
    {
      ...common,
      namespace: "demo",
      object: "serviceaccount/default",
      result: "failed",
      error: { kind: "forbidden", message: "no", hint: hint.slice("hint: ".length, -1) },
    },
    { ...common, namespace: "demo", object: "serviceaccount/default", result: "skipped", because: "" },
  ]);
});

test("prints the id of a warning", async () => {
  const dangling: Outcome = { to: account, ids: ["dangling-name"], messages: ["look"] };

  expect(JSON.parse((await printed("jsonl", [dangling])).stdout)).toMatchObject({
    result: "info",
    warnings: ["look"],
    ids: ["dangling-name"],
  });
});

test("prints the namespace and the dry run in a JSON line", async () => {
  const there: Outcome = { to: secret, result: "unchanged", because: "right" };

  expect(JSON.parse((await printed("jsonl", [there], { dryRun: "client", where: "namespaces" })).stdout)).toEqual({
    apiVersion: "acr-secret/v1",
    kind: "Outcome",
    namespace: "demo",
    object: "secret/acr",
    result: "unchanged",
    dryRun: "client",
    because: "right",
  });
});
