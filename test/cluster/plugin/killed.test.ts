import { mkdtemp, readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test, vi } from "vitest";
import type { Secret, ServiceAccount } from "../../../src/objects.ts";
import { consume } from "../../support/consumer.ts";
import { chanceFrom } from "../../support/fakes/chance.ts";
import { getJson, kubectl } from "../../support/kubectl.ts";
import { loginOf, unnoted } from "../../support/logins.ts";
import { type Ended, ended, newNamespace, openShell } from "../../support/plugin.ts";
import { processes } from "../../support/processes.ts";
import { sampled, takesAll } from "../../support/sampled.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const { world } = shell.azure;
const registry = world.registries[0] ?? expect.unreachable("the shell's Azure has a registry");
// Azure asks for waits of ten seconds. Otherwise nearly every random moment would be within one of them.
Object.assign(world.longRunning, { retryAfter: 0, milliseconds: 100 });

const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));
const kills = Number(process.env["KILLS"] ?? (takesAll ? 3 : 0));

/** When to kill: milliseconds after the start, or as soon as Azure or the registry has received this request. */
type Moment = number | RegExp;
type Row = {
  readonly what: string;
  /** Commands that run first. NS is the namespace. */
  readonly before?: readonly string[];
  readonly command: string;
  /** The test gate kills at the first of them. */
  readonly moments: readonly Moment[];
  /** The final numbers of tokens, applications, service principals and role assignments. The Secret exists if any of them is not 0. */
  readonly inAzure: readonly [tokens: number, applications: number, principals: number, roles: number];
};

const create = "create --registry myregistry --repository app/web --serviceaccount app -n NS";
const generates = /POST .*generateCredentials/;
const deletes = /DELETE .*tokens/;

const requests = [generates, /resourcegraph/i, /PUT .*scopeMaps/, /PUT .*tokens/, /v2\/app\/web\/manifests/];

const rows: readonly Row[] = [
  {
    what: "create",
    command: create,
    moments: [...requests, 40, 130, 270, /oauth2\/token/],
    inAzure: [1, 0, 0, 0],
  },
  {
    what: "create --service-principal",
    command: "create --registry myregistry --service-principal=killed-NS --serviceaccount app -n NS",
    moments: [/POST .*addPassword$/, /POST .*\/applications$/, /POST .*\/servicePrincipals$/, /PUT .*roleAssignments/, /oauth2\/token/],
    inAzure: [0, 1, 1, 1],
  },
  { what: "rotate", before: [create], command: "rotate acr-myregistry -n NS", moments: [generates], inAzure: [1, 0, 0, 0] },
  {
    what: "rotate --grace 0",
    before: [create],
    command: "rotate acr-myregistry --grace 0 -n NS",
    moments: [/PATCH .*tokens/, generates],
    inAzure: [1, 0, 0, 0],
  },
  {
    what: "delete --revoke",
    before: [create],
    command: "delete acr-myregistry --revoke --yes --ignore-not-found -n NS",
    moments: [deletes],
    inAzure: [0, 0, 0, 0],
  },
  {
    what: "prune",
    before: [create],
    command: "prune --registry myregistry --older-than 0s --yes",
    moments: [deletes],
    inAzure: [0, 0, 0, 0],
  },
];

const chance = chanceFrom(seed);
const table = rows.flatMap(({ moments, ...row }) => [
  ...sampled(moments, (moment) => moment === moments[0]).map((moment) => ({ ...row, moment })),
  ...Array.from({ length: kills }, () => ({ ...row, moment: chance(1500) })),
]);

/** Moves the expiry of the killed run's claim into the past. */
async function passTime(namespace: string): Promise<void> {
  const claim = JSON.stringify({ by: "the run that was killed", until: "2026-01-01T00:00:00Z" });
  const found = await kubectl(["get", "secret", "-n", namespace, "-o", "name", "--field-selector=metadata.name=acr-myregistry"]);
  if (found !== "") await kubectl(["annotate", "--overwrite", "-n", namespace, "secret/acr-myregistry", `acr-secret/claim=${claim}`]);
}

const processesWith = async (text: string) =>
  (await processes()).flatMap(({ line, environment }) => (line.includes(text) || environment.includes(text) ? [line] : []));

function countInAzure(namespace: string): number[] {
  const tokens = registry.tokens.filter(({ name }) => name.startsWith(`${namespace}-`));
  const scopeMaps = registry.scopeMaps.filter(({ name }) => name.startsWith(`${namespace}-`));
  expect(scopeMaps).toHaveLength(tokens.length);
  const applications = world.applications.filter(({ displayName }) => displayName === `killed-${namespace}`);
  const principals = world.servicePrincipals.filter(({ appId }) => applications.some((one) => one.appId === appId));
  const roles = world.roleAssignments.filter(({ principalId }) => principals.some(({ id }) => id === principalId));
  return [tokens, applications, principals, roles].map(({ length }) => length);
}

async function expectPulls(login: { username: string; password: string }): Promise<void> {
  const consumer = await consume(shell.azure, login);
  await sleep(300);
  const { pulls, refused } = await consumer.stop();
  expect(refused).toEqual([]);
  expect(pulls).toBeGreaterThan(0);
}

/** Sends a signal to a run of kubectl at a moment. @returns the output and the exit code of the run */
async function signalAt(moment: Moment, line: string, signal: NodeJS.Signals, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const isTimed = typeof moment === "number";
  shell.azure.calls.reset();
  // The delay between two requests is long enough for the signal to arrive in between.
  const hasten = shell.azure.faults.add({ kind: "slow", path: /./, milliseconds: isTimed ? 0 : 60 });
  const child = shell.start("kubectl", line.split(" "), { env });
  const run = ended(child);
  const isAsked = (at: RegExp) => shell.azure.calls.list().some(({ method, path }) => at.test(`${method} ${path.split("?")[0]}`));
  await (isTimed ? sleep(moment) : vi.waitUntil(() => isAsked(moment), { interval: 2, timeout: 20_000 }));
  child.kill(signal);
  await run;
  hasten();
  return run;
}

async function expectInAzure(namespace: string, secrets: readonly Secret[], expected: Row["inAzure"]): Promise<void> {
  expect(countInAzure(namespace)).toEqual(expected);
  // An unrecorded password of an application is named after the Secret for which it was created.
  if (expected[1] === 0) expect(unnoted(world, secrets, `${namespace}-`)).toEqual([]);
  const keys = world.applications.filter(({ displayName }) => displayName === `killed-${namespace}`).flatMap((one) => one.secrets);
  expect(keys.every(({ displayName }) => displayName?.includes(`in namespace ${namespace}`))).toBe(true);
  expect(secrets).toHaveLength(expected.includes(1) ? 1 : 0);
  for (const login of secrets.map(loginOf)) await expectPulls(login ?? expect.unreachable("the Secret holds a login"));
}

test.for(table)(
  `leaves no process and no file, and completes when run again: $what killed at $moment (SEED=${seed})`,
  { timeout: 90_000 },
  async ({ what, before = [], command, moment, inAzure }) => {
    const namespace = await newNamespace(["theirs"]);
    await kubectl(["create", "secret", "docker-registry", "theirs", "--docker-username=u", "--docker-password=p", "-n", namespace]);
    const line = (text: string) => `acr-secret ${text.replaceAll("NS", namespace)}`;
    for (const one of before) expect(await shell.type(`kubectl ${line(one)}`)).toMatchObject({ code: 0 });
    if (what === "prune") await kubectl(["delete", "secret", "acr-myregistry", "-n", namespace]);
    const env = { TMPDIR: await mkdtemp(`${shell.folder}/tmp/`) };
    const expectNothingRuns = async () => expect([await processesWith(env.TMPDIR), await readdir(env.TMPDIR)]).toEqual([[], []]);
    const { code } = await signalAt(moment, line(command), "SIGKILL", env);
    if (typeof moment !== "number") expect(code).toBe(null);
    await vi.waitFor(expectNothingRuns, { timeout: 5000, interval: 50 });
    // A run that starts now waits for the claim that remains when the manifest is requested. The other claims have expired.
    if (!String(moment).includes("manifests")) await passTime(namespace);

    const again = await shell.type(`kubectl ${line(command)}`, { env });

    // A prune that was complete before the kill leaves nothing to the next one
    const others = again.stderr.replaceAll(/^((hint|Warning): .*|no leftovers found)\n/gm, "");
    expect({ ...again, stderr: others }).toMatchObject({ code: 0, stderr: "" });
    const { items } = await getJson<{ items: Secret[] }>("secrets", "-n", namespace);
    await expectInAzure(
      namespace,
      items.filter(({ metadata }) => metadata.name === "acr-myregistry"),
      inAzure,
    );
    const account = await getJson<ServiceAccount>("serviceaccount", "app", "-n", namespace);
    const names = (account.imagePullSecrets ?? []).map(({ name }) => name);
    expect(names).toEqual(what.startsWith("delete") ? ["theirs"] : ["theirs", "acr-myregistry"]);
    await expectNothingRuns();
  },
);

const interruptions = ([129, 130, 143] as const).flatMap((code) =>
  requests.map((moment) => ({ signal: ({ 129: "SIGHUP", 130: "SIGINT", 143: "SIGTERM" } as const)[code], moment, code })),
);

test.for(sampled(interruptions, ({ moment }) => moment === generates))(
  "rolls back a create and succeeds when run again after $signal at $moment",
  { timeout: 60_000 },
  async ({ signal, moment, code }) => {
    const namespace = await newNamespace();
    const line = `acr-secret ${create.replace("NS", namespace)}`;

    const run = await signalAt(moment, line, signal);

    expect(run).toMatchObject({ code, stdout: "" });
    expect(run.stderr).not.toContain("az acr");
    expect(countInAzure(namespace)).toEqual([0, 0, 0, 0]);
    expect(await kubectl(["get", "secrets", "-n", namespace, "-o", "name"])).toBe("");

    expect(await shell.type(`kubectl ${line}`)).toMatchObject({ code: 0, stderr: "" });
    expect((await getJson<Secret>("secret", "acr-myregistry", "-n", namespace)).metadata.annotations).not.toHaveProperty(
      "acr-secret/claim",
    );
    expect(countInAzure(namespace)).toEqual([1, 0, 0, 0]);
  },
);
