import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import type { Replicated } from "../../sandbox/azure/faults.ts";
import { consume } from "./consumer.ts";
import { create, kubectl } from "./kubectl.ts";
import { openSecrets } from "./live-secret.ts";
import { ended } from "./plugin.ts";
import { pullWithPods, type Ran } from "./pulling-pods.ts";

/** A rotation test: the kind of credential, the number of rotations and of namespaces, and how long Azure needs to replicate a password. */
export type Row = {
  readonly kind: string;
  readonly namespaces: number;
  /** Milliseconds. */
  readonly delay: number;
  readonly rotations: number;
};

/**
 * The kinds of credential that can be rotated: the flags that create one with the Secret's name in its own name, and what Azure replicates
 * slowly.
 */
export const kinds: Readonly<Record<string, { readonly flags: (secret: string) => string; readonly slow?: Replicated }>> = {
  "an ACR token": { flags: () => "--repository app/web", slow: "tokenPasswords" },
  "a service principal": { flags: (secret) => `--service-principal=${secret}`, slow: "secrets" },
  // A token that Entra ID has signed is valid everywhere at once.
  "an Entra token": { flags: () => "--entra" },
};

/**
 * The environment of a test: how its programs reach Azure, and a function that delays the replication of passwords whose owner's name
 * contains `name`.
 */
export type World = {
  readonly env: Readonly<Record<string, string | undefined>>;
  delay(of: Replicated, milliseconds: number, name: string): Promise<unknown> | unknown;
  /** A real kubelet pulls, too. */
  readonly node?: true;
  /** Registers cleanup for this test, because tests run concurrently. */
  atEnd(work: () => unknown): void;
  /** Called after each rotation, for tests that run for hours. */
  progress?: ((line: string) => void) | undefined;
};

/** The results of a rotation test. */
export type Seen = { readonly pulls: number; readonly slowest: number } & Pick<Ran, "pods" | "unread">;

/**
 * Rotates a credential while a client pulls every 20 ms with the current content of its Secrets, and a kubelet's pods pull from time to
 * time.
 * Fails at the first rejected login, and if a rotation does not give every Secret a new login.
 */
export async function rotatedUnderPulls({ kind, namespaces, delay, rotations }: Row, world: World): Promise<Seen> {
  const { flags, slow } = kinds[kind] ?? expect.unreachable(`nobody rotates ${kind}`);
  const names = await newNamespaces(namespaces, world);
  // A unique name, and therefore a unique token.
  const [secret = "", ...others] = names;
  const copies = others.length > 0 ? `--copy-to ${others.join(",")}` : "";
  if (slow) await world.delay(slow, delay, secret);
  const type = (line: string) =>
    ended(spawn("kubectl", ["acr-secret", ...line.trim().split(" ")], { env: world.env, stdio: ["ignore", "pipe", "pipe"] }));
  const made = await type(`create ${secret} --registry myregistry ${flags(secret)} -n ${secret} ${copies}`);
  expect(made).toMatchObject({ code: 0 });

  const secretIn = await openSecrets(world.atEnd);
  const { HTTPS_PROXY: proxy = "", SSL_CERT_FILE: caFile = "" } = world.env;
  let look = 0;
  const client = await consume({ proxy, caFile }, () => secretIn(names[look++ % names.length] ?? "", secret), 20);
  const pods = world.node && pullWithPods(secret, secret, rotations > 10 ? 10_000 : undefined);
  const logins = new Set<string>();
  for (let rotation = 0; rotation < rotations; rotation++) {
    // A pull fits between two rotations, so a login from before the last rotation is no longer in use.
    await Promise.all([client.settled(), pods?.settled()]);
    const { stderr, code } = await type(`rotate ${secret} -n ${secret}`);
    const last = `in rotation ${rotation} of ${secret}`;
    expect({ stderr, code }, `${last}: ${stderr}`).toEqual({ stderr: expect.not.stringMatching(/error|Warning: p/), code: 0 });
    const refused = [...client.seen().refused, ...(pods?.seen().failed ?? [])];
    expect(refused, `${last}: ${refused.slice(0, 9).join("; ")}`).toEqual([]);
    const [first, ...rest] = await Promise.all(names.map(async (name) => JSON.stringify(await secretIn(name, secret))));
    expect(new Set(rest).isSubsetOf(new Set([first])), last).toBe(true);
    logins.add(first ?? "");
    const { pulls, slowest } = client.seen();
    const line = `${rotation + 1} of ${rotations} rotations of ${kind}, ${namespaces} namespaces, ${delay} ms: ${pulls} pulls, the slowest in ${slowest} ms`;
    world.progress?.(`${new Date().toISOString()} ${line}, ${pods?.seen().pods ?? 0} pods`);
  }

  const { failed, ...ran } = (await pods?.stop()) ?? { pods: 0, failed: [], unread: 0 };
  const { refused, ...seen } = await client.stop();
  expect({ refused, failed }).toEqual({ refused: [], failed: [] });
  expect(seen.pulls).toBeGreaterThan(5 * rotations);
  // Every rotation created a new login.
  expect(logins.size).toBe(rotations);
  return { ...seen, ...ran };
}

/** Creates namespaces that are deleted when the test ends. */
async function newNamespaces(count: number, { atEnd }: World): Promise<string[]> {
  const run = randomBytes(4).toString("hex");
  const names = Array.from({ length: count }, (_, index) => `r-${run}-${index}`);
  await create(names.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })));
  atEnd(() => kubectl(["delete", "namespace", ...names, "--wait=false"]));
  return names;
}
