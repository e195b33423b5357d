import { expect, test } from "vitest";
import { type Choosing, chooseTargets } from "../../../cmd/choose-targets.ts";
import { openSession } from "../../../cmd/session.ts";
import type { CliError } from "../../../src/errors.ts";
import type { Ref } from "../../../src/kinds.ts";
import { printError } from "../../../src/output/error.ts";
import type { Doing } from "../../support/fakes/terminal.ts";
import { deceives, texts } from "../../support/hostile/texts.ts";
import { open, type World } from "../../support/in-process.ts";

const account = (name: string, namespace = "demo"): Ref => ({ kind: "serviceaccount", name, namespace });
const some = [account("default"), account("web"), account("worker")];

/** What came of it: the names that were chosen, or the error as it is printed; and what was shown before. */
async function choosing(candidates: readonly Ref[], world: World, more: Partial<Choosing> = {}) {
  const { context, printed } = open({
    ...world,
    terminal: world.doings !== undefined,
    columns: 400,
    env: { CI: undefined, NO_COLOR: "1", ...world.env },
  });
  const session = openSession(context, {});
  const how = { verb: "attach", secret: "acr", where: "one", output: undefined, ...more } as const;
  const chosen = await chooseTargets(session, candidates, how).catch((error: unknown) => error);
  const shown = printed().stderr;
  if (Array.isArray(chosen)) return { chosen: chosen.map(({ name }) => name), shown };
  printError({ ...context, formatCommand: session.formatCommand }, chosen);
  const { kind } = chosen as CliError;
  return { kind, says: printed().stderr.slice(shown.length), shown, halted: context.interruption.halted };
}

test.for<{ doings: Doing[]; chosen: string[] }>([
  { doings: ["we", " ", "<return>"], chosen: ["web"] },
  { doings: ["<down>", "<down>", " ", "<up>", "<up>", " ", "<return>"], chosen: ["default", "worker"] },
  { doings: ["<ctrl-a>", "<return>"], chosen: ["default", "web", "worker"] },
  { doings: ["<return>", "<ctrl-a>", { columns: 20, rows: 5 }, "<return>"], chosen: ["default", "web", "worker"] },
])("$doings: $chosen", async ({ doings, chosen }) => {
  expect(await choosing(some, { doings })).toMatchObject({ chosen });
});

test("a single candidate is asked about too", async () => {
  expect(await choosing([account("default")], { doings: [" ", "<return>"] })).toMatchObject({ chosen: ["default"] });
});

test.for([
  { verb: "attach", says: "error: nothing was chosen, so nothing is attached\n" },
  { verb: "detach", says: "error: nothing was chosen, so nothing is detached\n" },
] as const)("Escape refuses to $verb", async ({ verb, says }) => {
  expect(await choosing(some, { doings: ["<ctrl-a>", "<escape>"] }, { verb })).toMatchObject({ kind: "cancelled", says, halted: false });
});

test("Ctrl-C ends the run", async () => {
  expect(await choosing(some, { doings: ["<ctrl-c>"] })).toMatchObject({ kind: "cancelled", halted: true });
});

test.for([
  { verb: "attach", asks: "Which are to use secret/acr?" },
  { verb: "detach", asks: "Which are to use secret/acr no more?" },
] as const)("what is asked to $verb is drawn in one piece, anew with each key, and gone at the end", async ({ verb, asks }) => {
  const { shown } = await choosing(some, { doings: ["web", "<escape>"] }, { verb, where: "namespaces" });
  const frames = shown.split("\r\u001b[1A\u001b[J");

  expect(frames).toHaveLength(5);
  expect(frames[0]?.split("\r\n")[0]).toBe(`\u001b[?7l${asks}`);
  expect(frames.at(-1)).toBe("");
  expect(frames[3]).toBe(
    [
      `\u001b[?7l${asks}`,
      "search: web",
      "> [ ] serviceaccount/web in namespace demo",
      `1/1, 0 chosen; space: choose, ctrl-a: all, enter: ${verb}, esc: leave\u001b[2A\u001b[12G\u001b[?7h`,
    ].join("\r\n"),
  );
});

test.for<{ what: string; world: World; more?: Partial<Choosing> }>([
  { what: "there is no terminal", world: {} },
  { what: "CI is set, where nobody answers", world: { doings: [], env: { CI: "" } } },
  { what: "the terminal is dumb", world: { doings: [], env: { TERM: "dumb" } } },
  { what: "a form of output is asked for", world: { doings: [] }, more: { output: "json" } },
])("nobody is asked where $what", async ({ world, more }) => {
  expect(await choosing(some, world, more)).toEqual({
    kind: "usage",
    says:
      "error: no target is named; of what uses its registry, these lack secret/acr: " +
      "serviceaccount/default, serviceaccount/web, serviceaccount/worker\n" +
      "hint: kubectl acr-secret attach acr serviceaccount/default\nhint: or --where-used for all of them\n",
    shown: "",
    halted: false,
  });
});

test("at most five candidates are named, with their places", async () => {
  const many = Array.from({ length: 7 }, (_, index) => account("default", `team-${index}`));

  expect(await choosing(many, {}, { verb: "detach", where: "namespaces" })).toMatchObject({
    says: expect.stringMatching(
      /^error: no target is named; secret\/acr is named by serviceaccount\/default in namespace team-0, .*team-4 and 2 more\nhint: kubectl acr-secret detach -n team-0 acr serviceaccount\/default\nhint: or /,
    ),
  });
});

test.for([
  { verb: "attach", says: "error: no target is named, and nothing that uses the registry of secret/acr lacks it\n" },
  { verb: "detach", says: "error: no target is named, and nothing names secret/acr\n" },
] as const)("where there is nothing to $verb, that is said, at a terminal too", async ({ verb, says }) => {
  const run = await choosing([], { doings: [] }, { verb });
  expect(run).toMatchObject({ kind: "usage", shown: "" });
  expect(run.says?.split("hint: ")[0]).toBe(says);
});

test.for(texts)("a hostile name forges nothing in the question or the error: $tries", async ({ text }) => {
  const asked = await choosing([account(text)], { doings: [{ columns: 2000, rows: 24 }, "<escape>"] });
  const drawn = asked.shown.replaceAll(/\r\n|\r\u001b\[1A\u001b\[J|\u001b\[(\?7[lh]|\d+[AG])/g, "\n");
  const { says = "" } = await choosing([account(text)], {});

  expect(drawn).toContain("live");
  expect(deceives(drawn, { terminal: true, tabs: false })).toEqual([]);
  expect(says).toContain("live");
  expect(deceives(says, { terminal: true, tabs: true })).toEqual([]);
});
