import type { ChildProcess } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { scheduleName } from "../../src/schedule/objects.ts";
import { chanceFrom } from "../support/fakes/chance.ts";
import { create } from "../support/kubectl.ts";
import { type Ended, ended } from "../support/plugin.ts";
import { removeOuter, typeSchedule } from "../support/schedule-account.ts";
import { Oracle, type Wanted } from "./oracle.ts";
import { actAsConsumer, actAsKubelet, actAsTenant, actAsTool, fileOf, finals, lines, type Pick } from "./users.ts";
import { startWorld } from "./world.ts";

// Users run random commands, are killed, and get no answers, while a tenant and other tools write. Longer, and with the same choices:
// npm run test:release -- --soak=30m --seed=N

const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));
const [, count = "75", unit = "s"] = /^(\d+)(s|m|h)$/.exec(process.env["SOAK"] ?? "75s") ?? [];
const duration = Number(count) * ({ s: 1000, m: 60_000, h: 3_600_000 }[unit] ?? 0);

const world = await startWorld(seed);
const oracle = new Oracle(world);
const { shell, id, at } = world;
const home = at("home");
afterAll(async () => {
  await removeOuter(scheduleName(home, id));
  await world.stop();
});

const began = Date.now();
const log: string[] = [];
const say = (what: string) => log.push(`${((Date.now() - began) / 1000).toFixed(1)} s, step ${log.length + 1}: ${what}`);

/** Fails with the last steps, and writes all of them to a file, if a guarantee was broken. */
async function holdsSoFar(): Promise<void> {
  const all = join(tmpdir(), `soak-${seed}.log`);
  const story = () => `SEED=${seed}, step ${log.length} of ${all}: ${oracle.breaches.join("\n")}\n${log.slice(-20).join("\n")}`;
  if (oracle.breaches.length > 0) await writeFile(all, log.join("\n"));
  expect(oracle.breaches.length, oracle.breaches.length > 0 ? story() : "").toBe(0);
}

const user = (worker: string) =>
  worker === "cron" ? `system:serviceaccount:${home}:${scheduleName(home, id)}` : (worker.split("-")[0] ?? "");

type Run = { isKilled: boolean };

/** The last run of each worker, and the runs by the ids in their claims. */
const last = new Map<string, Run>();
const runs = new Map<string, Run | undefined>();
const isDead = (id: string) => runs.get(id)?.isKilled === true;
const configs = new Map<string, string>();

async function open(worker: string): Promise<void> {
  const config = await world.kubeconfigFor(worker, user(worker), (write) => {
    const [, run] = /run\\*":\\*"([\w-]+)/.exec(write.body) ?? [];
    if (run !== undefined && !runs.has(run)) runs.set(run, last.get(worker));
    oracle.write(`${worker}: ${write.method} ${write.path}`, write.body);
  });
  configs.set(worker, config);
}

const live = new Set<ChildProcess>();

/** Runs a command, and kills it after a time. */
async function run(worker: string, line: string, wide: boolean, killAfter?: number): Promise<Ended> {
  const current: Run = { isKilled: false };
  last.set(worker, current);
  const stdin = line.startsWith("apply") ? { stdin: JSON.stringify(fileOf(world, wide)) } : {};
  const child = shell.start("kubectl", ["acr-secret", ...line.split(" ")], { ...stdin, env: { KUBECONFIG: configs.get(worker) ?? "" } });
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
  live.add(child);
  const end = await ended(child);
  live.delete(child);
  clearTimeout(timer);
  say(`${worker}: ${line}: ${end.code ?? "killed"} ${end.stderr.trim().replaceAll("\n", " | ").slice(0, 400)}`);
  if (![0, 1, 2, null].includes(end.code)) oracle.breach(`${line} exits with ${end.code}`);
  oracle.read(line, end);
  if (end.code === null) {
    // A request that was sent before the kill may be under way
    await sleep(500);
    current.isKilled = true;
  }
  return end;
}

const isOver = () => Date.now() - began > duration || oracle.breaches.length > 0;

/** Repeats an act until the time is over. Each has choices of its own. */
async function repeat(index: number, act: (pick: Pick, chance: (below: number) => number) => Promise<void>) {
  const chance = chanceFrom(seed * 31 + index);
  const pick = <T>(from: readonly T[]) => from[chance(from.length)] as T;
  while (!isOver()) await act(pick, chance);
}

const workers = Object.keys(lines);

async function work(worker: string, index: number): Promise<void> {
  await repeat(index, async (pick, chance) => {
    if (worker === "admin-0" && chance(4) === 0) return void say(await actAsConsumer(world, oracle));
    const line = lines[worker]?.(world, pick) ?? "";
    const killAfter = chance(3) === 0 ? 300 + chance(6_000) : undefined;
    await run(worker, line, chance(2) === 0, killAfter);
    // Some claims of killed runs end by themselves
    if (chance(5) > 0) await oracle.endClaims(isDead);
  });
}

const wantedAtEnd: readonly Wanted[] = [
  { name: "acr-blue", namespaces: ["home", "a", "b", "c"].map(at), pulls: ["app/web", "app/api"] },
  { name: "acr-force", namespaces: ["home", "a", "b"].map(at), pulls: ["app/web", "app/api"] },
  { name: "acr-shop", namespaces: [at("d")], pulls: ["app/web", "app/api"] },
  { name: "acr-ci", namespaces: [at("d")], pulls: ["app/web", "app/api", "base/os"] },
  { name: "acr-team", namespaces: ["a", "b"].map(at), pulls: ["app/web", "app/api"] },
  { name: "acr-all", namespaces: ["home", "a", "b"].map(at), pulls: ["app/web", "app/api"] },
  ...["c", "d"].map((one) => ({ name: "acr", namespaces: [at(one)], pulls: ["app/web", "app/api"] })),
];

async function succeeds(worker: string, line: string): Promise<void> {
  const { code } = await run(worker, line, true);
  if (code !== 0) oracle.breach(`${worker}: ${line} exits with ${code} without faults`);
}

/** Runs the commands after which everything exists. */
async function runFinals(): Promise<void> {
  await Promise.all(
    Object.entries(finals(world)).map(async ([worker, all]) => {
      for (const line of all) await succeeds(worker, line);
    }),
  );
}

/** Without faults, each user runs its commands again. */
async function expectConverges(): Promise<void> {
  world.calm();
  await world.recreate("c");
  await world.send("DELETE", `/api/v1/namespaces/${at("e")}/secrets`);
  if (oracle.consumer) await actAsConsumer(world, oracle);
  await oracle.check();
  await oracle.clean();
  await oracle.endClaims(isDead);
  await runFinals();
  await oracle.check();
  await succeeds("admin-0", "prune --registry myregistry --older-than 0s --yes");
  await oracle.expectConverged(wantedAtEnd);
  await holdsSoFar();
  for (const { name, namespaces } of wantedAtEnd) await succeeds("admin-0", `delete ${name} -n ${namespaces[0]} --revoke --yes --force`);
  await succeeds("admin-0", "prune --registry myregistry --older-than 0s --yes");
  await oracle.expectNothing();
  await holdsSoFar();
}

test(`keeps the guarantees for ${count} ${unit} of commands, kills and faults, and converges (SEED=${seed})`, {
  timeout: duration + 600_000,
}, async () => {
  console.log(`SEED=${seed}`);
  const spec = { containers: [{ name: "web", image: "myregistry.azurecr.io/app/web:1" }] };
  const template = { metadata: { labels: { app: "web" } }, spec };
  const web = { apiVersion: "apps/v1", kind: "Deployment", spec: { replicas: 2, selector: { matchLabels: { app: "web" } }, template } };
  await create(["home", "a"].map((short) => ({ ...web, metadata: { name: "web", namespace: at(short) } })));
  const registry = shell.azure.world.registries[0] ?? expect.unreachable("a registry");
  const theirs = { name: "theirs", creationDate: new Date(began).toISOString() };
  registry.scopeMaps.push({ ...theirs, description: "", system: false, actions: ["repositories/app/web/content/read"] });
  const password1 = { value: "theirs", creationTime: theirs.creationDate, since: 0 };
  registry.tokens.push({ ...theirs, status: "enabled", scopeMapId: "theirs", passwords: { password1 } });
  expect(await typeSchedule(shell, JSON.stringify(fileOf(world, true)), home, id)).toMatchObject({ code: 0 });

  await Promise.all(workers.map(open));
  await runFinals();
  await holdsSoFar();

  let steps = 0;
  world.disturb();
  const acts: ((pick: Pick) => Promise<unknown>)[] = [
    async (pick) => say(await actAsTenant(world, oracle, pick)),
    async (pick) => say(await actAsTool(world, oracle, pick, ++steps)),
    () => actAsKubelet(world, oracle),
    async () => {
      await oracle.check();
      if (isOver()) for (const child of live) child.kill("SIGKILL");
    },
  ];
  const acting = (act: (typeof acts)[number], index: number) =>
    repeat(workers.length + index, async (pick, chance) => {
      await act(pick);
      await sleep(chance(index < 2 ? 3_000 : 400));
    });
  await Promise.all([...workers.map(work), ...acts.map(acting)]);
  await holdsSoFar();
  const ends = log.filter((line) => /: (create|rotate|delete|apply)/.test(line));
  console.log(`${ends.length} commands, ${ends.filter((line) => line.includes(": killed")).length} of them killed`);
  await expectConverges();
});
