import { Chalk } from "chalk";
import { expect, test } from "vitest";
import { type Choice, openChoice, press, shownOf } from "../../../src/output/choice.ts";
import { columnOf, linesOf } from "../../../src/output/choice-lines.ts";
import { keysOf } from "../../support/fakes/terminal.ts";
import { deceives, texts } from "../../support/hostile/texts.ts";

const labels = ["serviceaccount/default", "serviceaccount/web", "deployment.apps/web", "deployment.apps/api", "cronjob.batch/nightly"];

/** What keys make of a choice. */
const after = (doings: readonly string[], of = labels): Choice => doings.flatMap(keysOf).reduce(press, openChoice(of));

/** What is shown, with `>` before what is pointed at and `*` before what is chosen. */
const seen = (choice: Choice) =>
  shownOf(choice).map((index, row) => `${row === choice.at ? ">" : ""}${choice.chosen.has(index) ? "*" : ""}${choice.labels[index]}`);

test.for<{ what: string; doings: string[]; shows: string[] }>([
  { what: "what is typed narrows", doings: ["web"], shows: [">serviceaccount/web", "deployment.apps/web"] },
  { what: "in whatever case", doings: ["DEPLOY"], shows: [">deployment.apps/web", "deployment.apps/api"] },
  { what: "a letter that is also a part of a key's name", doings: ["up"], shows: [] },
  { what: "what is typed may hold anything", doings: ["(["], shows: [] },
  {
    what: "what was pointed at stays so",
    doings: ["<down>", "<down>", "w", "e"],
    shows: ["serviceaccount/web", ">deployment.apps/web"],
  },
  { what: "or else the first is", doings: ["<down>", "api"], shows: [">deployment.apps/api"] },
  { what: "backspace widens", doings: ["apix", "<backspace>"], shows: [">deployment.apps/api"] },
  { what: "by whole letters", doings: ["api👋", "<backspace>"], shows: [">deployment.apps/api"] },
  { what: "ctrl-u begins anew", doings: ["nothing", "<ctrl-u>", "night"], shows: [">cronjob.batch/nightly"] },
  { what: "so does ctrl-w", doings: ["nothing", "<ctrl-w>", "night"], shows: [">cronjob.batch/nightly"] },
  { what: "down goes on", doings: ["web", "<down>"], shows: ["serviceaccount/web", ">deployment.apps/web"] },
  { what: "from the last to the first", doings: ["web", "<down>", "<ctrl-n>"], shows: [">serviceaccount/web", "deployment.apps/web"] },
  {
    what: "up from the first to the last",
    doings: ["e", "<up>"],
    shows: ["serviceaccount/default", "serviceaccount/web", "deployment.apps/web", ">deployment.apps/api"],
  },
  {
    what: "and back",
    doings: ["e", "<down>", "<down>", "<ctrl-p>"],
    shows: ["serviceaccount/default", ">serviceaccount/web", "deployment.apps/web", "deployment.apps/api"],
  },
  { what: "end", doings: ["web", "<end>"], shows: ["serviceaccount/web", ">deployment.apps/web"] },
  { what: "home", doings: ["web", "<end>", "<home>"], shows: [">serviceaccount/web", "deployment.apps/web"] },
  { what: "a page down ends at the last", doings: ["web", "<pagedown>"], shows: ["serviceaccount/web", ">deployment.apps/web"] },
  { what: "a page up at the first", doings: ["web", "<down>", "<pageup>"], shows: [">serviceaccount/web", "deployment.apps/web"] },
  { what: "space chooses", doings: ["web", "<down>", " "], shows: ["serviceaccount/web", ">*deployment.apps/web"] },
  { what: "and takes it back", doings: ["web", " ", " "], shows: [">serviceaccount/web", "deployment.apps/web"] },
  { what: "tab chooses and goes on", doings: ["web", "<tab>", "<tab>"], shows: [">*serviceaccount/web", "*deployment.apps/web"] },
  { what: "ctrl-a chooses all that is shown", doings: ["web", " ", "<ctrl-a>"], shows: [">*serviceaccount/web", "*deployment.apps/web"] },
  { what: "or none, where they all are", doings: ["web", "<ctrl-a>", "<ctrl-a>"], shows: [">serviceaccount/web", "deployment.apps/web"] },
  {
    what: "what is not shown stays chosen",
    doings: ["api", " ", "<ctrl-u>", "web", "<ctrl-a>", "<ctrl-u>", "deploy"],
    shows: [">*deployment.apps/web", "*deployment.apps/api"],
  },
  {
    what: "and is not unchosen with the rest",
    doings: ["api", " ", "<ctrl-u>", "web", "<ctrl-a>", "<ctrl-a>", "<ctrl-u>", "api"],
    shows: [">*deployment.apps/api"],
  },
  {
    what: "a key without a meaning does nothing",
    doings: ["web", "<f5>", "<constructor>"],
    shows: [">serviceaccount/web", "deployment.apps/web"],
  },
])("$what: $doings", ({ doings, shows }) => {
  expect(seen(after(doings))).toEqual(shows);
});

test.for<{ doings: string[]; state: Choice["state"]; chosen?: number[] }>([
  { doings: [], state: "open" },
  { doings: [" ", "<return>"], state: "taken", chosen: [0] },
  { doings: ["api", " ", "<ctrl-u>", "web", " ", "<return>"], state: "taken", chosen: [3, 1] },
  { doings: ["<return>"], state: "empty" },
  { doings: ["<return>", "<down>"], state: "open" },
  { doings: ["<return>", " ", "<return>"], state: "taken", chosen: [0] },
  { doings: ["nothing", "<end>", " ", "<ctrl-a>", "<tab>", "<down>", "<up>", "<return>"], state: "empty" },
  { doings: ["<escape>"], state: "refused" },
  { doings: [" ", "web", "<escape>"], state: "refused", chosen: [0] },
  { doings: ["<ctrl-d>"], state: "refused" },
])("$doings ends $state", ({ doings, state, chosen = [] }) => {
  const choice = after(doings);
  expect({ state: choice.state, chosen: [...choice.chosen] }).toEqual({ state, chosen });
  expect(choice.at).toBeGreaterThanOrEqual(0);
});

const plain = new Chalk({ level: 0 });
const question = { asks: "Which are to use secret/acr?", enter: "attach" };

const many = Array.from({ length: 40 }, (_, index) => `deployment.apps/web-${index + 1}`);
const rowsOf = (choice: Choice, rows: number) => linesOf(question, choice, { columns: 80, rows }, plain).slice(2, -1);

test("a choice as it is shown", () => {
  const choice = after(["web", " ", "<down>"]);

  expect(linesOf(question, choice, { columns: 80, rows: 24 }, plain)).toEqual([
    "Which are to use secret/acr?",
    "search: web",
    "  [x] serviceaccount/web",
    "> [ ] deployment.apps/web",
    "2/2, 1 chosen; space: choose, ctrl-a: all, enter: attach, esc: leave",
  ]);
  expect(columnOf(choice, { columns: 80, rows: 24 })).toBe(12);
});

test.for([
  { doings: ["nothing"], foot: "nothing matches, 0 chosen; space: choose, ctrl-a: all, enter: attach, esc: leave" },
  { doings: ["<return>"], foot: "nothing is chosen yet: space chooses what > points at" },
])("$doings: $foot", ({ doings, foot }) => {
  expect(linesOf(question, after(doings), { columns: 80, rows: 24 }, plain).at(-1)).toBe(foot);
});

test.for<{ what: string; doings: string[]; rows: number; first: string; last: string; count: number }>([
  { what: "ten at a time", doings: [], rows: 24, first: "> [ ] deployment.apps/web-1", last: "  [ ] deployment.apps/web-10", count: 10 },
  {
    what: "the middle",
    doings: ["<pagedown>"],
    rows: 24,
    first: "  [ ] deployment.apps/web-6",
    last: "  [ ] deployment.apps/web-15",
    count: 10,
  },
  { what: "the end", doings: ["<up>"], rows: 24, first: "  [ ] deployment.apps/web-31", last: "> [ ] deployment.apps/web-40", count: 10 },
  {
    what: "a low terminal",
    doings: ["<down>"],
    rows: 6,
    first: "  [ ] deployment.apps/web-1",
    last: "  [ ] deployment.apps/web-3",
    count: 3,
  },
  {
    what: "one with no room at all",
    doings: ["<down>"],
    rows: 2,
    first: "> [ ] deployment.apps/web-2",
    last: "> [ ] deployment.apps/web-2",
    count: 1,
  },
])("of many is shown what is around the pointer: $what", ({ doings, rows, first, last, count }) => {
  const shown = rowsOf(after(doings, many), rows);
  expect({ first: shown[0], last: shown.at(-1), count: shown.length }).toEqual({ first, last, count });
});

test("no line is wider than the terminal, nor is the cursor beyond it", () => {
  const size = { columns: 12, rows: 24 };
  const choice = after(["deployment.apps"]);

  expect(linesOf(question, choice, size, plain)).toEqual(["Which are t…", "search: dep…", "> [ ] deplo…", "  [ ] deplo…", "1/2, 0 chos…"]);
  expect(columnOf(choice, size)).toBe(12);
});

test("the pointer and what is chosen stand out", () => {
  const style = new Chalk({ level: 1 });
  const [asks, , pointed, , foot] = linesOf(question, after(["web", " "]), { columns: 30, rows: 24 }, style);

  expect(asks).toBe(style.bold("Which are to use secret/acr?"));
  expect(pointed).toBe(style.bold(style.green("> [x] serviceaccount/web")));
  expect(foot).toBe(style.dim("1/2, 1 chosen; space: choose,…"));
});

test.for(texts)("nothing that stands in a label or is typed moves the cursor or forges a line: $tries", ({ text }) => {
  const typed = after([text.replaceAll(" ", "")], [text, "web"]);
  const lines = linesOf({ asks: text, enter: "attach" }, typed, { columns: 1000, rows: 24 }, plain);

  expect(lines.flatMap((line) => line.split("\n"))).toHaveLength(lines.length);
  expect(deceives(lines.join("\n"), { terminal: true, tabs: false })).toEqual([]);
  expect(lines.join("\n")).toContain("live");
});
