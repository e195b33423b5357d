import { mkdtemp, readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test, vi } from "vitest";
import type { Secret, ServiceAccount } from "../../../src/objects.ts";
import { claimKey, claimOf } from "../../../src/secret/record.ts";
import { consume } from "../../support/consumer.ts";
import { chanceFrom } from "../../support/fakes/chance.ts";
import { getJson, kubectl } from "../../support/kubectl.ts";
import { loginOf, unnoted } from "../../support/logins.ts";
import { type Ended, ended, newNamespace, openShell } from "../../support/plugin.ts";
import { processes } from "../../support/processes.ts";
import { nodesHint, unendingHint } from "../../support/rows.ts";
import { sampled } from "../../support/sampled.ts";

// Kills real processes. test/unit/walk kills every verb at every request, in one process.
const shell = await openShell();
afterAll(() => shell.stop());

const { world } = shell.azure;
const registry = world.registries[0] ?? expect.unreachable("the shell's Azure has a registry");
// Azure asks for waits of ten seconds. Otherwise nearly every random moment would be within one of them.
Object.assign(world.longRunning, { retryAfter: 0, milliseconds: 100 });

const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));
const chance = chanceFrom(seed);

/** When to send the signal: as soon as Azure and the registry have received so many requests, or one of this form. */
type Moment = number | RegExp;

const generates = /POST .*generateCredentials/;
const create = "create --registry myregistry --repository app/web --serviceaccount app -n NS";
const rotate = "rotate acr-myregistry -n NS";
const revoke = "delete acr-myregistry --revoke --yes --ignore-not-found -n NS";

type Row = { readonly before?: string; readonly line: string; readonly moment: Moment };

const rows: readonly Row[] = [
  { line: create, moment: generates },
  { line: create, moment: 1 + Math.floor(chance(12)) },
  { before: create, line: rotate, moment: generates },
  { before: create, line: revoke, moment: /DELETE .*tokens/ },
];

/** Moves the end of the killed run's claim into the past. */
async function passTime(namespace: string): Promise<void> {
  const { items } = await getJson<{ items: Secret[] }>("secrets", "-n", namespace);
  const claim = items.map(claimOf).find((one) => one !== undefined);
  if (!claim) return;
  const past = JSON.stringify({ ...claim, until: "2026-01-01T00:00:00Z" });
  await kubectl(["annotate", "--overwrite", "-n", namespace, "secret/acr-myregistry", `${claimKey}=${past}`]);
}

const processesWith = async (text: string) =>
  (await processes()).flatMap(({ line, environment }) => (line.includes(text) || environment.includes(text) ? [line] : []));

const namesOf = (all: readonly { readonly name: string }[], namespace: string) =>
  all.flatMap(({ name }) => (name.startsWith(`${namespace}-`) ? [name] : []));

/** Sends a signal to a run of kubectl at a moment. @returns the output and the exit code of the run */
async function signalAt(moment: Moment, line: string, signal: NodeJS.Signals, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  shell.azure.calls.reset();
  // The delay between two requests is long enough for the signal to arrive in between.
  const hasten = shell.azure.faults.add({ kind: "slow", path: /./, milliseconds: 60 });
  const child = shell.start("kubectl", line.split(" "), { env });
  const run = ended(child);
  const isReached = () => {
    const calls = shell.azure.calls.list();
    if (typeof moment === "number") return calls.length >= moment || child.exitCode !== null;
    return calls.some(({ method, path }) => moment.test(`${method} ${path.split("?")[0]}`));
  };
  await vi.waitUntil(isReached, { interval: 2, timeout: 20_000 });
  child.kill(signal);
  await run;
  hasten();
  return run;
}

async function expectPulls(secret: Secret): Promise<void> {
  const consumer = await consume(shell.azure, loginOf(secret) ?? expect.unreachable("the Secret holds a login"));
  await sleep(300);
  const { pulls, refused } = await consumer.stop();
  expect(refused).toEqual([]);
  expect(pulls).toBeGreaterThan(0);
}

test.for(rows)(
  `leaves no process and no file, and completes when run again: $line killed at $moment (SEED=${seed})`,
  { timeout: 90_000 },
  async ({ before, line, moment }) => {
    const namespace = await newNamespace(["theirs"]);
    const at = (text: string) => `acr-secret ${text.replaceAll("NS", namespace)}`;
    if (before) expect(await shell.type(`kubectl ${at(before)}`)).toMatchObject({ code: 0 });
    const env = { TMPDIR: await mkdtemp(`${shell.folder}/tmp/`) };
    const expectNothingRuns = async () => expect([await processesWith(env.TMPDIR), await readdir(env.TMPDIR)]).toEqual([[], []]);
    await signalAt(moment, at(line), "SIGKILL", env);
    await vi.waitFor(expectNothingRuns, { timeout: 5000, interval: 50 });
    await passTime(namespace);

    const again = await shell.type(`kubectl ${at(line)}`, { env });

    const isDeleted = line === revoke;
    const stderr = isDeleted ? again.stderr.replace(nodesHint, "") : again.stderr.replace(unendingHint, "");
    expect({ ...again, stderr }).toMatchObject({ code: 0, stderr: "" });
    const { items: secrets } = await getJson<{ items: Secret[] }>("secrets", "-n", namespace);
    expect(secrets.map((secret) => [secret.metadata.name, claimOf(secret)])).toEqual(isDeleted ? [] : [["acr-myregistry", undefined]]);
    expect(namesOf(registry.tokens, namespace)).toHaveLength(isDeleted ? 0 : 1);
    expect(namesOf(registry.scopeMaps, namespace)).toEqual(namesOf(registry.tokens, namespace));
    expect(unnoted(world, secrets, `${namespace}-`)).toEqual([]);
    for (const secret of secrets) await expectPulls(secret);
    const { imagePullSecrets = [] } = await getJson<ServiceAccount>("serviceaccount", "app", "-n", namespace);
    expect(imagePullSecrets.map(({ name }) => name)).toEqual(isDeleted ? ["theirs"] : ["theirs", "acr-myregistry"]);
    await expectNothingRuns();
  },
);

const interruptions = [
  { signal: "SIGINT", code: 130 },
  { signal: "SIGTERM", code: 143 },
  { signal: "SIGHUP", code: 129 },
] as const;

test.for(sampled(interruptions, 1))(
  "rolls back a create and succeeds when run again after $signal during the generation of its password",
  { timeout: 60_000 },
  async ({ signal, code }) => {
    const namespace = await newNamespace();
    const line = `acr-secret ${create.replace("NS", namespace)}`;

    const run = await signalAt(generates, line, signal);

    expect(run).toMatchObject({ code, stdout: "" });
    expect(run.stderr).not.toContain("az acr");
    expect([...namesOf(registry.tokens, namespace), ...namesOf(registry.scopeMaps, namespace)]).toEqual([]);
    expect(await kubectl(["get", "secrets", "-n", namespace, "-o", "name"])).toBe("");

    expect(await shell.type(`kubectl ${line}`)).toMatchObject({ code: 0, stderr: expect.stringMatching(unendingHint) });
    expect(claimOf(await getJson<Secret>("secret", "acr-myregistry", "-n", namespace))).toBeUndefined();
    expect(namesOf(registry.tokens, namespace)).toHaveLength(1);
  },
);
