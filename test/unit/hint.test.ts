import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createFlags } from "../../cmd/create/options.ts";
import { wordsOf } from "../../cmd/line/flags.ts";
import { global } from "../../cmd/line/kubectl-flags.ts";
import { parse } from "../../cmd/line/parse.ts";
import { flag, formatCommand, hintText, inPlace, plugin } from "../../src/hint.ts";
import { commandsIn } from "../support/commands.ts";
import { run } from "../support/in-process.ts";
import { printedCommands } from "../support/printed-commands.ts";

test.for(printedCommands)("formats $line", ({ command, given, line }) => {
  expect(formatCommand(command, given)).toBe(line);
});

test("repeats the cluster of the current command line, without its token", () => {
  const forward = [
    "--as=jane doe",
    "--token=hunter2",
    "--kubeconfig=/a b/c",
    "--context=prod",
    "--cache-dir=/tmp/x",
    "--disable-compression=true",
  ];

  expect(formatCommand(plugin("list"), { forward, namespace: "demo" })).toBe(
    "kubectl acr-secret list -n demo --context=prod '--as=jane doe' '--kubeconfig=/a b/c'",
  );
});

test.for([
  ["--proxy-url=http://jane:hunter2@proxy:3128", "--proxy-url=http://LOGIN@proxy:3128"],
  ["--proxy-url=//jane:hunter2@a@proxy", "--proxy-url=//LOGIN@proxy"],
  ["--server=https://jane:hunter2@api", "--server=https://LOGIN@api"],
  ["--server=https://api/user@here", "--server=https://api/user@here"],
  ["--as=jane@example.com", "--as=jane@example.com"],
] as const)("prints no login of %s", ([given, printed]) => {
  expect(formatCommand(plugin("list"), { forward: [given] })).toBe(`kubectl acr-secret list ${printed}`);
});

test("prefers the namespace of the command to the current one, and that to the one of an object", () => {
  const own = { ...plugin("list"), namespace: "own" };

  expect(formatCommand(inPlace(own, { namespace: "object" }), { forward: [], namespace: "current" })).toContain("-n own");
  expect(formatCommand(inPlace(plugin("list"), { namespace: "object" }), { forward: [], namespace: "current" })).toContain("-n object");
  expect(formatCommand(inPlace(plugin("list"), {}), { forward: [], namespace: "current" })).toContain("-n current");
});

test("writes a hint in one line for JSON", () => {
  const hint = { ...plugin("list"), when: "to see the others" };

  expect([hint, "wait"].map((one) => hintText(one, formatCommand))).toEqual(["to see the others: kubectl acr-secret list", "wait"]);
});

test("formats only commands that the plugin can parse", async () => {
  for (const { line } of printedCommands) {
    for (const { argv } of commandsIn(line)) {
      const { code, stderr } = await run(argv, { stdin: "password" });
      expect(code === 0 || stderr.includes("internal error (Error)") || stderr).toBe(true);
    }
  }
});

/** Returns the words that a shell passes to kubectl for each line. */
function throughShell(typed: readonly string[]): string[][] {
  const script = `kubectl() { printf '%s\\0' "$@"; printf '\\0'; }; PASSWORD=; \n${typed.join("\n")}`;
  const printed = execFileSync("sh", ["-s"], { input: script, encoding: "utf8", maxBuffer: 1 << 26 });
  return printed
    .split("\0\0")
    .slice(0, -1)
    .map((call) => call.split("\0"));
}

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom("'", '"', "\\", "$(x)", "`x`", "$X", "-", "--", "=", " ", "\n", ",", "*", "~", "!", "#", ";", "&", "é"),
      fc.string(),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.join(""))
  // A slash is invalid in a name, or separates the kind from the name.
  .filter((text) => !/[\0/]/.test(text) && text !== "" && text.isWellFormed());

test("formats any value so that a shell and the parser return it unchanged", () => {
  const values = fc.sample(
    fc.record({
      registry: hostile,
      repository: fc.array(hostile, { maxLength: 2 }),
      serviceaccount: fc.array(fc.constantFrom("default", "web-1"), { maxLength: 2 }),
      "service-principal": fc.option(hostile, { nil: undefined }),
      "expires-in": fc.option(hostile, { nil: undefined }),
      verify: fc.boolean(),
      force: fc.boolean(),
      namespace: hostile,
    }),
    { numRuns: 200, seed: 20_260_101 },
  );
  const typed = values.map(({ namespace, ...flags }) => formatCommand({ ...plugin("create", wordsOf(createFlags, flags)), namespace }));

  const received = throughShell(typed);

  expect(received.length).toBe(values.length);
  for (const [index, flags] of values.entries())
    expect(parse(received[index]?.slice(2) ?? [], { ...global, ...createFlags })).toMatchObject({ args: [], flags });
});

test("leaves out a flag that is off, and writes a value that could be read as a flag in one word with it", () => {
  expect([flag("force", false), flag("wait", undefined), flag("selector", "-a", "l"), flag("wait", "")]).toEqual([
    [],
    [],
    ["-l=-a"],
    ["--wait="],
  ]);
});
