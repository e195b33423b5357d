import { randomBytes } from "node:crypto";
import { afterAll, beforeEach, expect, onTestFinished, test } from "vitest";
import type { Replicated } from "../../../sandbox/azure/faults.ts";
import { consume } from "../../support/consumer.ts";
import { create, kubectl } from "../../support/kubectl.ts";
import { openSecrets } from "../../support/live-secret.ts";
import { openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());
beforeEach(() => shell.azure.faults.reset());

/** How often each credential is rotated, where somebody wants more than a short look: ROTATIONS=100. */
const asked = process.env["ROTATIONS"];

type Row = { kind: string; flags: string; slow: Replicated; namespaces: number; delay: number; rotations: number };

const kinds = [
  { kind: "an ACR token", flags: "--repository app/web", slow: "tokenPasswords" },
  { kind: "a service principal", flags: "--service-principal=pull", slow: "secrets" },
  { kind: "an Entra token", flags: "--entra", slow: "secrets" },
] as const;

/** How long Azure takes to know a password everywhere, in milliseconds, over how many namespaces; and what a short look has time for. */
const looks = [
  { delay: 0, namespaces: 1, rotations: 4 },
  { delay: 1000, namespaces: 1, rotations: 1 },
  { delay: 30_000, namespaces: 1, rotations: 0 },
  { delay: 0, namespaces: 50, rotations: 2 },
  { delay: 1000, namespaces: 50, rotations: 0 },
  { delay: 30_000, namespaces: 50, rotations: 0 },
];

const table: Row[] = kinds.flatMap((kind) =>
  looks.map(({ rotations, ...look }) => ({ ...kind, ...look, rotations: asked === undefined ? rotations : Number(asked) })),
);

/** Namespaces that go when the test ends. */
async function newNamespaces(count: number): Promise<string[]> {
  const run = randomBytes(4).toString("hex");
  const names = Array.from({ length: count }, (_, index) => `r-${run}-${index}`);
  await create(names.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })));
  onTestFinished(async () => void (await kubectl(["delete", "namespace", ...names, "--wait=false"])));
  return names;
}

test.for(table.filter(({ rotations }) => rotations > 0))(
  "$rotations rotations of $kind over $namespaces namespaces, $delay ms until Azure knows: no pull fails",
  { timeout: 24 * 3_600_000 },
  async ({ flags, slow, namespaces, delay, rotations }) => {
    const names = await newNamespaces(namespaces);
    const scope = `--namespaces ${names.join(",")}`;
    // A name of its own, and with it a token of its own
    const secret = names[0] ?? "";
    shell.azure.faults.add({ kind: "replication", of: slow, milliseconds: delay });
    const made = await shell.type(`kubectl acr-secret create ${secret} --registry myregistry ${flags} ${scope} --credential-per scope`);
    expect(made).toMatchObject({ code: 0 });
    const secretIn = await openSecrets();
    let look = 0;
    const consumer = await consume(shell.azure, () => secretIn(names[look++ % names.length] ?? "", secret), 20);

    const logins = new Set<string>();
    for (let rotation = 0; rotation < rotations; rotation++) {
      const { stderr, code } = await shell.type(`kubectl acr-secret rotate ${secret} ${scope}`);
      expect({ stderr: stderr.replace(/^configured \d+\n$/, ""), code }).toEqual({
        stderr: expect.not.stringMatching(/error|Warning: p/),
        code: 0,
      });
      for (const name of [names[0], names.at(-1)]) logins.add(JSON.stringify(await secretIn(name ?? "", secret)));
    }

    const { pulls, refused } = await consumer.stop();
    expect(refused).toEqual([]);
    expect(pulls).toBeGreaterThan(5 * rotations);
    // Every one of them gave both another login
    expect(logins.size).toBe(rotations);
  },
);
