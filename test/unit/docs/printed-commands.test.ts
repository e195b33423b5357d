import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { opened } from "../../../cmd/verb.ts";
import { verbs } from "../../../cmd/verbs.ts";
import { commandsIn, commandsOfPage, commandsOfSource, type Printed } from "../../support/commands.ts";
import { run } from "../../support/in-process.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const filesIn = (folder: string, ending: string) =>
  readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(folder, name.toString()))
    .filter((name) => name.endsWith(ending));

const asked = () => Promise.reject(new Error("a file was asked for"));
const disk = { look: asked, read: asked, list: asked, readIn: asked, create: asked, remove: asked };

/** Runs a printed command line without any answers. It is valid if it succeeds or reaches its first request or prompt. */
async function judged({ text, argv }: Printed): Promise<string> {
  const { code, stderr } = await run(argv, { stdin: "password", disk });
  const isAsked = /^error: (?:internal error \(Error\)|cannot ask for confirmation)/.test(stderr);
  return code === 0 || isAsked ? "" : `${text}: ${stderr}`;
}

const refusedOf = async (printed: readonly Printed[]) => (await Promise.all(printed.map(judged))).filter((refused) => refused !== "");

const everyVerb = await Promise.all(verbs.map(opened));

describe("parses every printed command", () => {
  test("parses the commands in the sources", async () => {
    const printed = ["src", "cmd"].flatMap((folder) => filesIn(folder, ".ts")).flatMap((path) => commandsOfSource(read(path)));

    expect(printed.length).toBeGreaterThan(15);
    expect(await refusedOf(printed)).toEqual([]);
  });

  test.for(everyVerb.map(({ name, usage, examples }) => ({ name, usage, examples })))(
    "parses the commands in the help of $name",
    async ({ name, usage, examples }) => {
      const { stdout } = await run([name, "--help"]);
      const typed = commandsIn(`kubectl acr-secret ${usage.replace(/[[\]]/g, "")}`);

      expect(
        await refusedOf([...typed, ...commandsIn(examples.join("\n")), ...commandsIn(stdout.replace(/^Usage:[\s\S]*?\n\n/m, ""))]),
      ).toEqual([]);
    },
  );

  test.for(["README.md", ...filesIn("docs", ".md")])("parses the commands in %s", async (page) => {
    expect(await refusedOf(commandsOfPage(read(page)))).toEqual([]);
  });
});

test.for([
  { text: 'Use "kubectl acr-secret options" for a list', argv: ["options"] },
  { text: "`kubectl acr-secret create NAME --repository 'base/*' | tee x`", argv: ["create", "name", "--repository", "base/*"] },
  { text: "kubectl acr-secret list -n demo, or name the Secret", argv: ["list", "-n", "demo"] },
  { text: "kubectl acr-secret check --image=r.azurecr.io/app:1; echo $?", argv: ["check", "--image=r.azurecr.io/app:1"] },
])("reads $text", ({ text, argv }) => {
  expect(commandsIn(text).map((printed) => printed.argv)).toEqual([argv]);
});

test.for(["kubectl acr-secret: a sentence", "made by kubectl acr-secret", "a defect of kubectl acr-secret (Error)"])(
  "%s names no command",
  (text) => {
    expect(commandsIn(text)).toEqual([]);
  },
);

test("finds a command that does not parse", async () => {
  expect(await refusedOf(commandsIn("kubectl acr-secret create --registri myregistry"))).toEqual([
    expect.stringContaining("unknown flag: --registri"),
  ]);
});
