import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { formatCommand } from "../../../src/hint.ts";
import type { Ref } from "../../../src/kinds.ts";
import { printError } from "../../../src/output/error.ts";
import { noTarget } from "../../../src/targets/no-target.ts";
import { deceives, texts } from "../../support/hostile/texts.ts";
import { open } from "../../support/in-process.ts";

const account = (name: string): Ref => ({ kind: "serviceaccount", name, namespace: "demo" });
const tools = { during: <T>(_: string, work: () => Promise<T>) => work() };

/** Returns the kind of the error, and its printed text. */
async function failing(names: readonly string[], verb: "attach" | "detach" = "attach") {
  const error = await noTarget(verb, "acr", async () => names.map(account), tools);
  const { context, printed } = open({ env: { NO_COLOR: "1" } });
  printError({ ...context, formatCommand }, error);
  return { kind: error.kind, message: printed().stderr };
}

test.for([
  { verb: "attach", some: "these targets use its registry and lack" },
  { verb: "detach", some: "these targets list" },
] as const)("names the candidates and the command for one to $verb", async ({ verb, some }) => {
  expect(await failing(["default", "web"], verb)).toEqual({
    kind: "usage",
    message:
      `error: no target specified; ${some} secret/acr: serviceaccount/default, serviceaccount/web\n` +
      `hint: kubectl acr-secret ${verb} acr serviceaccount/default\nhint: or --where-used for all of them\n`,
  });
});

test("names at most five candidates", async () => {
  const names = Array.from({ length: 7 }, (_, index) => `web-${index}`);

  const { message } = await failing(names);

  expect(message).toMatch(/: serviceaccount\/web-0, .*serviceaccount\/web-4 and 2 more\n/);
});

test.for([
  { verb: "attach", message: "error: no target specified, and no target found that needs secret/acr\n" },
  { verb: "detach", message: "error: no target specified, and no target lists secret/acr\n" },
] as const)("says that no candidate exists to $verb", async ({ verb, message }) => {
  const failure = await failing([], verb);

  expect(failure.kind).toBe("usage");
  expect(failure.message.split("hint: ")[0]).toBe(message);
});

test("fails with the error of the read when it is not a missing permission", async () => {
  const error = new CliError("unreachable", "no response");

  await expect(noTarget("attach", "acr", () => Promise.reject(error), tools)).rejects.toBe(error);
});

test.for(texts)("escapes a hostile name: $tries", async ({ text }) => {
  const { message } = await failing([text]);

  expect(message).toContain("live");
  expect(deceives(message, { terminal: true, tabs: true })).toEqual([]);
});
