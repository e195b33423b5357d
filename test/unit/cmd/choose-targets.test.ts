import { expect, test } from "vitest";
import { selectTargets } from "../../../cmd/choose-targets.ts";
import { openSession } from "../../../cmd/session.ts";
import type { CliError } from "../../../src/errors.ts";
import type { Ref } from "../../../src/kinds.ts";
import { printError } from "../../../src/output/error.ts";
import type { Answer } from "../../support/fakes/terminal.ts";
import { deceives, texts } from "../../support/hostile/texts.ts";
import { open, type World } from "../../support/in-process.ts";

type Choosing = Parameters<typeof selectTargets>[2];

const account = (name: string): Ref => ({ kind: "serviceaccount", name, namespace: "demo" });
const some = [account("default"), account("web"), account("worker")];

/** Returns the chosen names or the printed error, and the earlier output. */
async function choosing(candidates: readonly Ref[], world: World, more: Partial<Choosing> = {}) {
  const { context, printed } = open({
    ...world,
    terminal: world.answers !== undefined,
    columns: 400,
    env: { CI: undefined, NO_COLOR: "1", ...world.env },
  });
  const session = { ...openSession(context, {}), during: <T>(_: string, work: () => Promise<T>) => work() };
  const how = { verb: "attach", secret: "acr", output: undefined, ...more } as const;
  const selected = await selectTargets(session, async () => candidates, how).catch((error: unknown) => error as CliError);
  const shown = printed().stderr;
  if (typeof selected === "function") return { chosen: candidates.filter(selected).map(({ name }) => name), shown };
  printError({ ...context, formatCommand: session.formatCommand }, selected);
  const { kind } = selected;
  return { kind, message: printed().stderr.slice(shown.length), shown, interrupted: context.interruption.interrupted };
}

test.for<{ answer: Answer; chosen: string[] }>([
  { answer: ["web"], chosen: ["web"] },
  { answer: ["worker", "default"], chosen: ["default", "worker"] },
  { answer: "all", chosen: ["default", "web", "worker"] },
])("returns the selected targets in their order: $answer", async ({ answer, chosen }) => {
  expect(await choosing(some, { answers: [answer] })).toMatchObject({ chosen });
});

test("asks about a single candidate too", async () => {
  expect(await choosing([account("default")], { answers: [["default"]] })).toMatchObject({ chosen: ["default"] });
});

test.for([
  { verb: "attach", asks: "Attach secret/acr to:" },
  { verb: "detach", asks: "Detach secret/acr from:" },
] as const)("asks which targets to $verb", async ({ verb, asks }) => {
  const { shown } = await choosing([account("web")], { answers: ["escape"] }, { verb });
  expect(shown).toBe(`${asks}\n[ ] serviceaccount/web\n`);
});

test.for<{ what: string; world: World; more?: Partial<Choosing> }>([
  { what: "there is no terminal", world: {} },
  { what: "CI is set", world: { answers: [], env: { CI: "" } } },
  { what: "the terminal is dumb", world: { answers: [], env: { TERM: "dumb" } } },
  { what: "an output format is selected", world: { answers: [] }, more: { output: "json" } },
])("asks no question when $what", async ({ world, more }) => {
  expect(await choosing(some, world, more)).toEqual({
    kind: "usage",
    message:
      "error: no target specified; these targets use its registry and lack secret/acr: " +
      "serviceaccount/default, serviceaccount/web, serviceaccount/worker\n" +
      "hint: kubectl acr-secret attach acr serviceaccount/default\nhint: or --where-used for all of them\n",
    shown: "",
    interrupted: false,
  });
});

test("names at most five candidates", async () => {
  const many = Array.from({ length: 7 }, (_, index) => account(`web-${index}`));

  expect(await choosing(many, {}, { verb: "detach" })).toMatchObject({
    message: expect.stringMatching(
      /^error: no target specified; these targets list secret\/acr: serviceaccount\/web-0, .*web-4 and 2 more\nhint: kubectl acr-secret detach acr serviceaccount\/web-0\nhint: or /,
    ),
  });
});

test.for([
  { verb: "attach", message: "error: no target specified, and no target found that needs secret/acr\n" },
  { verb: "detach", message: "error: no target specified, and no target lists secret/acr\n" },
] as const)("fails without a question when there is no target to $verb", async ({ verb, message }) => {
  const run = await choosing([], { answers: [] }, { verb });
  expect(run).toMatchObject({ kind: "usage", shown: "" });
  expect(run.message?.split("hint: ")[0]).toBe(message);
});

test.for(texts)("escapes a hostile name in the question and the error: $tries", async ({ text }) => {
  const asked = await choosing([account(text)], { answers: ["escape"] });
  const { message = "" } = await choosing([account(text)], {});

  expect(asked.shown).toContain("live");
  expect(deceives(asked.shown, { terminal: true, tabs: false })).toEqual([]);
  expect(message).toContain("live");
  expect(deceives(message, { terminal: true, tabs: true })).toEqual([]);
});
