import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, expect, test } from "vitest";
import { askingKubeconfig, question, rightAnswer } from "../../support/credential-plugin.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";
import { typeInTerminal } from "../../support/pty.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const create = "kubectl acr-secret create --registry myregistry --repository app/web --serviceaccount app";

const frames = (screen: string) => screen.match(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/gu) ?? [];

const lines = (screen: string) => stripVTControlCharacters(screen).replaceAll("\r", "").split("\n");

async function asking(columns: number, answer = rightAnswer) {
  const { file, runs } = await askingKubeconfig(await mkdtemp(join(shell.folder, "asking-")));
  const env = { ...shell.env, KUBECONFIG: file };
  return { runs, type: (command: string) => typeInTerminal(command, { env, columns, question, answer }) };
}

test.for([0, 80])("asks once with a credential plugin for a whole create on a terminal of %d columns", async (columns) => {
  const namespace = await newNamespace();
  const { type, runs } = await asking(columns);

  const { screen, code } = await type(`${create} -n ${namespace}`);

  expect({ code, runs: await runs() }).toEqual({ code: 0, runs: 1 });
  expect(screen.split(question)).toHaveLength(2);
  expect(lines(screen).filter((line) => /^(secret|serviceaccount)\//.test(line))).toEqual([
    "secret/acr-myregistry created",
    "serviceaccount/app patched",
  ]);
  // With an unknown width the spinner would draw without limit. With a known width it draws about 12 frames a second.
  if (columns === 0) expect(frames(screen)).toEqual([]);
  else expect(frames(screen).length).toBeGreaterThan(0);
  expect(frames(screen).length).toBeLessThan(200);
});

test.for(["check", "attach acr-myregistry --serviceaccount app"])(
  "asks once with a credential plugin for %s, and reads its answer nowhere else",
  async (verb) => {
    const namespace = await newNamespace();
    await shell.type(`${create} -n ${namespace}`);
    const { type, runs } = await asking(80);

    const { code } = await type(`kubectl acr-secret ${verb} -n ${namespace}`);

    expect({ code, runs: await runs() }).toEqual({ code: 0, runs: 1 });
  },
);

test("prints one error and creates nothing after a wrong answer", async () => {
  const namespace = await newNamespace();
  const { type } = await asking(80, "000000");
  shell.azure.calls.reset();

  const { screen, code } = await type(`${create} -n ${namespace}`);

  expect(code).toBe(1);
  expect(screen).toContain("that is not the code");
  // A word that does not fit into a row continues in the next row.
  expect(screen.replaceAll(/ +/g, " ")).toMatch(/getting credentials: exec: executable \S+ failed with exit code 1/);
  expect(shell.azure.calls.count("PUT", /./)).toBe(0);
});
