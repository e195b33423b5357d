import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { check } from "../../../../cmd/check.ts";
import { createFlags } from "../../../../cmd/create/options.ts";
import { targetFlags } from "../../../../cmd/line/flags.ts";
import { formatCommand } from "../../../../cmd/line/format-command.ts";
import { global } from "../../../../cmd/line/kubectl-flags.ts";
import { parse } from "../../../../cmd/line/parse.ts";
import { commandsIn } from "../../../support/commands.ts";
import { run } from "../../../support/in-process.ts";
import { lines } from "../../../support/printed-fixes.ts";

test.for(lines)("formats $line", ({ fix, given, line }) => {
  expect(formatCommand(fix, given)).toBe(line);
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

  expect(formatCommand({ verb: "list" }, { forward, namespace: "demo" })).toBe(
    "kubectl acr-secret list -n demo --context=prod '--as=jane doe' '--kubeconfig=/a b/c'",
  );
});

test("prefers the namespace of the fix", () => {
  const given = { forward: ["--context=prod", "--as=jane"], namespace: "demo" };

  expect(formatCommand({ verb: "list", namespace: "other" }, given)).toBe("kubectl acr-secret list -n other --context=prod --as=jane");
});

test("formats only commands that the plugin can parse", async () => {
  for (const { line } of lines) {
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
      fc.constantFrom("'", '"', "\\", "$(x)", "`x`", "$X", "-", "--", "=", " ", "\n", "*", "~", "!", "#", ";", "&", "é"),
      fc.string(),
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((parts) => parts.join(""))
  // A slash is invalid in a name, or separates the kind from the name.
  .filter((text) => !/[\0/]/.test(text) && text !== "" && text.isWellFormed());

test("formats any name so that a shell and the parser return it unchanged", () => {
  const fixes = fc.sample(
    fc.record({
      verb: fc.constant("create" as const),
      registry: hostile,
      repositories: fc.array(hostile, { maxLength: 2 }),
      serviceaccounts: fc.array(fc.constantFrom("default", "web-1"), { maxLength: 2 }),
      servicePrincipal: fc.option(hostile, { nil: undefined }),
      expiresIn: fc.option(hostile, { nil: undefined }),
      force: fc.boolean(),
      namespace: hostile,
    }),
    { numRuns: 200, seed: 20_260_101 },
  );

  const received = throughShell(fixes.map((fix) => formatCommand(fix)));

  expect(received.length).toBe(fixes.length);
  for (const [index, fix] of fixes.entries()) {
    const { flags, args } = parse(received[index]?.slice(2) ?? [], { ...global, ...createFlags });
    expect({ flags, args }).toMatchObject({
      args: [],
      flags: {
        registry: fix.registry,
        repository: fix.repositories,
        serviceaccount: fix.serviceaccounts,
        "service-principal": fix.servicePrincipal,
        "expires-in": fix.expiresIn,
        force: fix.force,
        namespace: fix.namespace,
      },
    });
  }
});

test("formats the flags of other verbs so that a shell and the parser return them unchanged", () => {
  const images = fc.sample(hostile, { numRuns: 50, seed: 20_260_102 });
  const typed = images.flatMap((image) => [
    formatCommand({ verb: "check", images: [image], serviceaccount: "web" }),
    formatCommand({ verb: "attach", serviceaccounts: ["web"], namespace: image }),
  ]);

  const received = throughShell(typed);

  for (const [index, image] of images.entries()) {
    const [checked, attached] = [received[2 * index]?.slice(2) ?? [], received[2 * index + 1]?.slice(2) ?? []];
    expect(parse(checked, { ...global, ...check.flags }).flags).toMatchObject({ image: [image], serviceaccount: "web" });
    expect(parse(attached, { ...global, ...targetFlags }).flags).toMatchObject({ serviceaccount: ["web"], namespace: image });
  }
});
