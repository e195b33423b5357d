import { CliError } from "../../../src/errors.ts";
import type { Secret } from "../../../src/objects.ts";
import { encodeDockerConfig } from "../../../src/secret/docker-config.ts";
import { pullSecret } from "../../../src/secret/pull-secret.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { envOf } from "../../support/fakes/env.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { preconditionOf } from "./store-setting.ts";

export const to = { kind: "secret", namespace: "demo", name: "acr" } as const;
export const note = "acr-secret/claim";
export const began = new Date("2026-01-01T00:00:00Z");
export const end = "2026-01-01T00:00:30.000Z";
export const theirs = { by: "another-run", until: end };
export const no = () => new CliError("forbidden", "no");

export function world(): FakeWorld {
  const made = fakeWorld();
  addNamespaces(made.cluster, "demo");
  return made;
}

/** Creates a Secret of this plugin with a login and, if given, a claim. */
export function put({ cluster }: FakeWorld, claimed?: object): Secret {
  const entry = { hosts: ["r.azurecr.io"], kind: "acr-token", identity: "t" };
  const secret = pullSecret(to, entry, encodeDockerConfig("r.azurecr.io", { username: "t", password: new Sensitive("p") }));
  const annotations = { ...secret.metadata.annotations, ...(claimed && { [note]: JSON.stringify(claimed) }) };
  return cluster.put({ ...secret, metadata: { ...secret.metadata, annotations } }, "kubectl-acr-secret");
}

export const secretIn = ({ cluster }: FakeWorld) => cluster.get("secret", "demo", "acr");
export const claimIn = (in_: FakeWorld) => JSON.parse(secretIn(in_)?.metadata.annotations?.[note] ?? "null");

/** Returns a clock that advances with each wait. */
export function clock() {
  let at = began.getTime();
  const waits: number[] = [];
  const sleep = async (milliseconds: number) => {
    at += milliseconds;
    waits.push(milliseconds);
  };
  return { now: () => new Date(at), sleep, waits };
}

export async function claimed(in_: FakeWorld, precondition: Secret | undefined) {
  const env = envOf(in_);
  await env.claims.acquire({ act: "claim", to, precondition: precondition && preconditionOf(precondition) });
  return env;
}
