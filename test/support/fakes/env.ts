import type { Env } from "../../../src/actions/action.ts";
import { Claims } from "../../../src/actions/claims.ts";
import type { IssuedLogin } from "../../../src/actions/outcome.ts";
import type { Tools } from "../../../src/actions/tools.ts";
import { openInterruption } from "../../../src/interruption.ts";
import type { Cluster } from "../../../src/kube/port.ts";
import { objectsByKey } from "../../../src/usage/namespace-state.ts";
import type { FakeWorld } from "./world.ts";

export type FakeEnv = Env & {
  readonly cluster: Cluster;
  /** The changes in Azure: `create t`. */
  readonly applied: string[];
  /** The durations of all waits in milliseconds. */
  readonly slept: number[];
  /** The progress messages. */
  readonly shown: string[];
  /** Records the objects in the cluster as the state from which the plan was created. */
  look(): Env;
  interrupt(): void;
};

/** Returns the context in which actions apply plans in a fake world. A test must add Azure if it needs it. */
export function envOf(
  world: FakeWorld,
  {
    issued,
    dryRun = "none",
    apply = () => Promise.reject(new Error("no part of this plan")),
    ...more
  }: Partial<Omit<Tools, "write">> & { readonly issued?: IssuedLogin } = {},
): FakeEnv {
  const interruption = openInterruption();
  const cluster = world.cluster.open({ kube: { forward: [], requestTimeout: 0 }, interruption });
  const applied: string[] = [];
  const slept: number[] = [];
  const shown: string[] = [];
  const tools: Tools = {
    cluster: () => cluster,
    files: world.files,
    inform: (text) => void shown.push(text),
    registry: () => world.azure.registry(interruption),
    apply: async (change) => {
      applied.push(`${change.act} ${change.to.name}`);
      return apply(change);
    },
    removal: ({ to }) => ["remove", to.name],
    dryRun,
    write: { dryRun: dryRun === "server", fieldManager: "kubectl-acr-secret" },
    force: false,
    sleep: async (milliseconds) => void slept.push(milliseconds),
    now: () => new Date("2026-01-01T00:00:00Z"),
    jitter: () => 0.5,
    runId: "this-run",
    waits: { claims: new Set(), milliseconds: 0 },
    during: (what, work) => {
      shown.push(what);
      return work();
    },
    interrupted: () => interruption.interrupted,
    uninterrupted: interruption.uninterrupted,
    ...more,
  };
  const claims = new Claims(tools);
  const look = () => {
    const found = (["secret", "serviceaccount", "pod"] as const).flatMap((kind) => world.cluster.all(kind));
    return { tools, claims, issued, objects: objectsByKey(found) };
  };
  return { tools, claims, issued, objects: new Map(), cluster, applied, slept, shown, look, interrupt: interruption.interrupt };
}
