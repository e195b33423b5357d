import { afterAll, beforeAll, expect, test } from "vitest";
import { convergenceOf, faultsOf, type Outcome } from "../support/fakes/outcomes.ts";
import { type Beginning, beginnings } from "../support/faulty/beginnings.ts";
import { interrupted, mishaps, type Request } from "../support/faulty/mishaps.ts";
import { outcomeOf } from "../support/faulty/outcomes.ts";
import { runPrintedDeletes } from "../support/faulty/printed-deletes.ts";
import { type FaultyServers, type FaultyWorld, type Strike, startFaultyServers } from "../support/faulty/world.ts";
import type { Run } from "../support/in-process.ts";
import { sampled } from "../support/sampled.ts";
import { startTestWorld } from "./world.ts";

const host = "myregistry.azurecr.io";

const world = startTestWorld();
let servers: FaultyServers;
beforeAll(async () => {
  await world.azure.push(`${host}/app/web:1`);
  await world.azure.push(`${host}/app/api:1`);
  // With one poll, operations are polled, so these requests can fail, too.
  Object.assign(world.azure.world.longRunning, { polls: 1 });
  servers = await startFaultyServers(world.azure, world.options);
}, 600_000);
afterAll(() => servers.stop());

const inTestGate = ["a fresh namespace", "attach alone", "a service principal, made"];

// For each initial state, every request of a run meets every fault in turn. Afterwards everything is unchanged, or the Secret pulls, or the
// run has named its leftovers, and another run converges. A run without a fault finds the requests.
test.for(sampled(beginnings, ({ name }) => inTestGate.includes(name)))(
  "leaves nothing unnamed and converges when any request of a run fails: $name",
  { timeout: 900_000 },
  async (beginning) => {
    const requests = await requestsOf(servers, beginning);
    const strikes = requests.flatMap((request) => [...mishaps, interrupted].map((mishap) => ({ request, mishap })));
    const faults: string[] = [];
    for (const strike of strikes) faults.push(...(await befallen(servers, beginning, strike)));
    process.stdout.write(`${beginning.name}: ${requests.length} requests, ${strikes.length} runs\n`);
    expect(requests.length).toBeGreaterThan(3);
    expect(faults.join("\n\n")).toBe("");
  },
);

/** The uid of the cluster is read by the description in Azure, and by the first write if there is no response to that read yet. */
const mayBeAskedTwice = "/api/v1/namespaces/kube-system";

/** Returns the requests of a run without a fault that every run sends. */
async function requestsOf(servers: FaultyServers, { line, later = 0, prepare }: Beginning): Promise<Request[]> {
  const at = servers.fresh();
  await prepare(at);
  expect(await at.type(line, { later })).toMatchObject({ code: 0 });
  return at.requests().filter(({ path, nth }) => path !== mayBeAskedTwice || nth === 0);
}

/** Runs a command line with a fault, and once more without one. @returns the problems after them */
async function befallen(servers: FaultyServers, { line, later = 0, prepare }: Beginning, { request, mishap }: Strike): Promise<string[]> {
  const at = servers.fresh();
  await prepare(at);
  const before = outcomeOf(at, later);
  const run = await at.type(line, { later, strike: { request, mishap } });
  const after = outcomeOf(at, later);
  const met = at.requests().some((one) => nameOf(one) === nameOf(request));
  // If everything is unchanged, the next run would be the same as the run without a fault.
  const unchanged = after.whole === before.whole;
  const again = unchanged ? [] : await rerun(at, before, { line, later, run });
  const faults = [...(met ? [] : ["it was never asked"]), ...faultsOf(before, after, run), ...again];
  return faults.map((fault) => `${nameOf(request)}: ${mishap.name}: ${fault}\n${JSON.stringify(run)}`);
}

/**
 * Runs the command line again. If passwords that may be in use block it, first runs the commands that the first run printed. @returns the
 * problem after that
 */
async function rerun(at: FaultyWorld, before: Outcome, { line, later, run }: { line: string; later: number; run: Run }): Promise<string[]> {
  const again = await at.type(line, { later });
  if (!/both passwords of the ACR token .* may be in use/.test(again.stderr)) return convergenceOf(before, outcomeOf(at, later), again);
  if (runPrintedDeletes(at, run.stderr) === 0) return [`what is in the way was not named: ${again.stderr}`];
  const last = await at.type(line, { later });
  return convergenceOf(before, outcomeOf(at, later), last);
}

const nameOf = ({ method, host: at, path, nth }: Request) => `${method} ${at}${path} (${nth + 1})`;
