import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { shownBy } from "../../sandbox/screen.ts";
import { oneNamespace } from "../support/one-namespace.ts";
import { openTerminal } from "../support/pty.ts";

const folder = await mkdtemp(join(tmpdir(), "choose-"));
afterAll(() => rm(folder, { recursive: true, force: true }));
const kubectl = join(folder, "kubectl");
await writeFile(kubectl, oneNamespace);
await chmod(kubectl, 0o755);

const entry = join(import.meta.dirname, "../../cmd/kubectl-acr_secret.ts");
const args = ["--disable-warning=ExperimentalWarning", entry, "attach", "acr", "-n", "demo"];
const attach = [process.execPath, ...args].join(" ");

const envOf = (names: readonly string[]) => ({
  PATH: process.env.PATH ?? "",
  HOME: folder,
  TMPDIR: folder,
  KUBECTL_PATH: kubectl,
  NO_COLOR: "1",
  NAMES: JSON.stringify(names),
});

/** Opens a terminal with the prompt, below an earlier line. The first and the last line contain the settings of the terminal. */
async function asked({ columns = 80, rows = 24, of = ["default", "web", "worker", "batch"] } = {}) {
  const terminal = openTerminal(`stty -g; echo before; ${attach}; echo code=$?; stty -g`, { env: envOf(of), columns, rows });
  await terminal.shows("esc: leave");
  return terminal;
}

/** Returns the final state of the terminal: the lines, and whether its settings are restored. */
async function left({ end }: { readonly end: Promise<{ readonly screen: string }> }) {
  const lines = await shownBy((await end).screen);
  return { lines: lines.slice(1, -1), asItWas: lines.at(-1) === lines[0] };
}

const shown = async (terminal: { screen(): string }) => (await shownBy(terminal.screen())).slice(1);

const [up, down] = ["\u001b[A", "\u001bOB"];

/** The line after a run that changed a list. */
const next = "hint: kubectl acr-secret check -n demo";

test("selects with arrows and space, accepts with Enter, and removes the question", async () => {
  const terminal = await asked();
  terminal.press(`${down}${down}`);
  await terminal.shows(">[ ] serviceaccount/worker");
  terminal.press(" ");
  await terminal.shows(">[x] serviceaccount/worker");
  expect(await shown(terminal)).toEqual([
    "before",
    "Attach secret/acr to:",
    " [ ] serviceaccount/default",
    " [ ] serviceaccount/web",
    ">[x] serviceaccount/worker",
    " [ ] serviceaccount/batch",
    "",
    "↑↓: navigate, space: select, a: all, i: invert, ⏎: submit, esc: leave",
  ]);
  expect(await terminal.settings()).toContain("-icanon");
  terminal.press(`${up}${up}`);
  await terminal.shows(">[ ] serviceaccount/default");
  terminal.press(" ");
  await terminal.shows(">[x] serviceaccount/default");
  terminal.press("\r");

  expect(await left(terminal)).toEqual({
    lines: ["before", "serviceaccount/default patched", "serviceaccount/worker patched", next, "code=0"],
    asItWas: true,
  });
});

test("loses no key of several at once, and ignores keys after Enter", async () => {
  const terminal = await asked();
  terminal.press(`${down} ${down} \r${down} \r`);

  expect(await left(terminal)).toEqual({
    lines: ["before", "serviceaccount/web patched", "serviceaccount/worker patched", next, "code=0"],
    asItWas: true,
  });
});

test.for([
  { what: "Escape", keys: "\u001b", lines: ["before", "error: no target selected; nothing was attached", "code=1"] },
  { what: "Ctrl-D", keys: "\u0004", lines: ["before", "error: no target selected; nothing was attached", "code=1"] },
  { what: "Ctrl-C", keys: "\u0003", lines: ["before", "code=130"] },
])("ends the question and restores the terminal after $what", async ({ keys, lines }) => {
  const terminal = await asked();
  terminal.press(keys);

  expect(await left(terminal)).toEqual({ lines, asItWas: true });
});

test("refuses Enter when nothing is selected", async () => {
  const terminal = await asked({ of: ["default"] });
  terminal.press("\r");
  await terminal.shows("At least one choice must be selected");
  terminal.press(" \r");

  expect(await left(terminal)).toMatchObject({ lines: ["before", "serviceaccount/default patched", next, "code=0"] });
});

test.for([
  { signal: "SIGINT", code: 130 },
  { signal: "SIGTERM", code: 143 },
] as const)("ends the run and restores the terminal when it receives $signal", async ({ signal, code }) => {
  const terminal = openTerminal(`stty -g; sh -c 'echo pid=$$; exec ${attach}'; echo code=$?; stty -g`, {
    env: envOf(["web"]),
    columns: 80,
    rows: 24,
  });
  await terminal.shows("esc: leave");
  process.kill(Number(/pid=(\d+)/.exec(terminal.screen())?.[1]), signal);

  expect(await left(terminal)).toEqual({ lines: [expect.stringMatching("pid="), `code=${code}`], asItWas: true });
});

test("shows no more lines than a small terminal has", async () => {
  const terminal = await asked({ columns: 80, rows: 8, of: Array.from({ length: 30 }, (_, index) => `account-${index}`) });
  expect((await shown(terminal)).filter((line) => line.includes("serviceaccount/"))).toHaveLength(3);
  terminal.press(" \r");

  expect(await left(terminal)).toMatchObject({ lines: ["before", "serviceaccount/account-0 patched", next, "code=0"] });
});

test("draws 80 columns when a terminal does not know its size", async () => {
  const terminal = await asked({ columns: 0, rows: 0 });
  terminal.press(" \r");

  expect(await left(terminal)).toMatchObject({ lines: ["before", "serviceaccount/default patched", next, "code=0"] });
});

test("escapes a name that would move the cursor", async () => {
  const terminal = await asked({ of: ["a\u001b[2Jb\u202ec", "web"] });
  terminal.press("\u001b");

  expect((await terminal.end).screen).toContain("[ ] serviceaccount/a\\x1b[2Jb\\u202ec");
});

test.for([
  { what: "stdin is no terminal", command: `: | ${attach}` },
  { what: "stderr is no terminal", command: `${attach} 2>&1 | cat` },
  { what: "CI is set", command: `CI=true ${attach}` },
  { what: "an output format is selected", command: `${attach} -o yaml` },
])("asks no question when $what", async ({ command }) => {
  const { screen } = await openTerminal(command, { env: envOf(["default", "web"]), columns: 200, rows: 24 }).end;

  expect(await shownBy(screen)).toEqual([
    "error: no target specified; these targets use its registry and lack secret/acr: serviceaccount/default, serviceaccount/web",
    "hint: kubectl acr-secret attach -n demo acr serviceaccount/default",
    "hint: or --where-used for all of them",
  ]);
});

test("asks no question without a terminal", async () => {
  const run = promisify(execFile)(process.execPath, args, { env: envOf(["default"]) });
  await expect(run).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("no target specified") });
});
