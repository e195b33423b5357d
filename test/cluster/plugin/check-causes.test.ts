import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { addRegistry } from "../../../sandbox/azure/create-world.ts";
import type { Fault } from "../../../sandbox/azure/faults.ts";
import { createAuthority } from "../../../sandbox/pki.ts";
import type { Cause } from "../../../src/check/cause.ts";
import { credentialKey } from "../../../src/secret/record.ts";
import {
  attachTo,
  barePod,
  forgetTokens,
  having,
  malformed,
  ours,
  type Place,
  placeOf,
  r,
  web,
  workload,
} from "../../support/check-shell.ts";
import { kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";
import { rewriting } from "../../support/rewriting.ts";
import { sampled } from "../../support/sampled.ts";

// One situation for each verdict, on a real API server and a real registry. Nodes are played by their words in the status of a pod:
// test/node/failures.test.ts compares these words with a real kubelet.
const shell = await openShell();
afterAll(() => shell.stop());

const identity = shell.azure.addServicePrincipal("puller", ["AcrPull"]);
addRegistry(shell.azure.world, { name: "publicregistry", anonymousPullEnabled: true });
await shell.azure.push("publicregistry.azurecr.io/app/web:1");

type Situation = {
  readonly prepare: (at: Place) => Promise<unknown>;
  /** More arguments of `check`. */
  readonly check?: string;
  readonly env?: () => Promise<Readonly<Record<string, string>>>;
  readonly says?: RegExp;
};

const mine = ours("mine", "--serviceaccount=default");

/** A pod that pulls with a credential of the plugin, unless a fault occurs. */
const faulty = (fault: Fault) => async (at: Place) => {
  await at.typed(mine);
  await having(at, workload("Deployment"));
  onTestFinished(shell.azure.faults.add(fault));
};

const asIdentity = async (at: Place, name = "mine") => {
  const { clientId, clientSecret } = await identity;
  const login = `--docker-server ${r} --docker-username ${clientId} --docker-password '${clientSecret}'`;
  await at.typed(`kubectl create secret docker-registry ${name} ${login} -n N`);
};

/** Writes the status of a pod as its node does. */
async function reports({ namespace }: Place, status: object): Promise<void> {
  const container = { name: "app", image: web, imageID: "", ready: false, restartCount: 0, ...status };
  const patch = JSON.stringify({ status: { containerStatuses: [container] } });
  await kubectl(["patch", "pod", "own", "-n", namespace, "--subresource=status", "--type=merge", "-p", patch]);
}

const waits = (reason: string, message: string) => async (at: Place) => {
  await at.typed(mine);
  await having(at, barePod());
  await reports(at, { state: { waiting: { reason, message } } });
};

const status = (code: number, more: object = {}) =>
  ({ kind: "status", host: /^myregistry\.azurecr/, path: /manifests/, status: code, ...more }) as const;

const situations: Readonly<Record<Cause, Situation>> = {
  pulls: {
    prepare: async (at) => {
      await at.typed(mine);
      await having(at, workload("Deployment"));
    },
  },
  anonymous: { prepare: (at) => having(at, workload("Deployment", "publicregistry.azurecr.io/app/web:1")) },
  "by-node": {
    prepare: async (at) => {
      await having(at, barePod());
      await reports(at, { imageID: `${r}/app/web@sha256:1`, state: { running: {} } });
    },
  },
  "by-identity": { check: "--nodes-can-pull myregistry", prepare: (at) => having(at, barePod()) },
  "not-checked": {
    prepare: faulty(status(401, { headers: { "WWW-Authenticate": 'Bearer realm="https://otherregistry.azurecr.io/oauth2/token"' } })),
  },
  refused: {
    prepare: async (at) => {
      await at.typed(mine);
      for (const token of shell.azure.world.registries[0]?.tokens ?? []) token.status = "disabled";
      await having(at, workload("Deployment"));
    },
  },
  expired: {
    prepare: async (at) => {
      await at.typed(`${mine} --expires-in 1h`);
      const past = JSON.stringify({ host: r, kind: "acr-token", identity: "x", expiresAt: "2026-01-01T00:00:00Z" });
      await at.typed(`kubectl annotate secret mine -n N --overwrite ${credentialKey}='${past}'`);
      forgetTokens(shell);
      await having(at, workload("Deployment"));
    },
  },
  "not-yet-effective": {
    prepare: async (at) => {
      await at.typed("kubectl acr-secret create mine --registry myregistry --service-principal --serviceaccount=default -n N");
      onTestFinished(shell.azure.faults.add({ kind: "replication", of: "roles", milliseconds: 600_000 }));
      await having(at, workload("Deployment"));
    },
  },
  "out-of-scope": {
    prepare: async (at) => {
      await at.typed(mine);
      await having(at, workload("Deployment", `${r}/app/api:1`));
    },
  },
  "not-found": {
    prepare: async (at) => {
      await at.typed(mine);
      await having(at, workload("Deployment", `${r}/app/web:9`));
    },
  },
  "no-repository": {
    says: /repository "app\/wep" not found in myregistry\.azurecr\.io; did you mean "app\/web"\?/,
    prepare: async (at) => {
      await asIdentity(at);
      await at.typed(attachTo("mine"));
      await having(at, workload("Deployment", `${r}/app/wep:1`));
    },
  },
  "other-platform": {
    prepare: waits("ErrImagePull", `failed to pull and unpack image "${web}": no match for platform in manifest: not found`),
  },
  blocked: {
    prepare: faulty(status(403, { body: { errors: [{ code: "DENIED", message: "client with IP '1.2.3.4' is not allowed access." }] } })),
  },
  "data-blocked": {
    check: "--deep",
    says: /redirects the config to eastusmanaged1\.blob\.core\.windows\.net, which denied it/,
    prepare: faulty({ kind: "status", host: /\.blob\.core\./, path: /^/, status: 403 }),
  },
  denied: { prepare: faulty(status(403, { body: { errors: [{ code: "DENIED", message: "quarantined" }] } })) },
  throttled: { prepare: faulty(status(429, { headers: { "Retry-After": "3600" } })) },
  unreachable: { prepare: (at) => having(at, workload("Deployment", "nosuchregistry.azurecr.io/app/web:1")) },
  untrusted: {
    prepare: async (at) => {
      await at.typed(mine);
      await having(at, workload("Deployment"));
    },
    env: async () => {
      const file = join(shell.folder, "other.crt");
      await writeFile(file, (await createAuthority("another")).certificate);
      return { SSL_CERT_FILE: file, NODE_EXTRA_CA_CERTS: file };
    },
  },
  "private-host": {
    says: /has no pull secret|privatelink/,
    prepare: (at) => having(at, workload("Deployment", "myregistry.privatelink.azurecr.io/app/web:1")),
  },
  "cache-rule": {
    prepare: faulty(
      status(401, {
        body: { errors: [{ code: "UNAUTHORIZED", message: "authentication required with source registry for cache rule 'hub'." }] },
      }),
    ),
  },
  "no-login": { prepare: (at) => having(at, workload("Deployment")) },
  "other-namespace": {
    says: /^secret regcred exists in namespace p-\w+, but a pod can use only Secrets of its own namespace$/,
    prepare: async (at) => {
      await asIdentity({ ...at, typed: (line) => at.typed(line.replace("-n N", `-n ${other}`)) }, "regcred");
      await having(at, workload("Deployment", web, ["regcred"]));
    },
  },
  "other-cloud": {
    says: /^secret mine has a login for myregistry\.azurecr\.io only \(in another cloud than myregistry\.azurecr\.cn\)$/,
    prepare: async (at) => {
      await at.typed(mine);
      await having(at, workload("Deployment", "myregistry.azurecr.cn/app/web:1"));
    },
  },
  rewritten: {
    prepare: async (at) => {
      await rewriting(at.namespace, web);
      await having(at, workload("Deployment", "registry.example.com/app/web:1"));
    },
  },
  "older-pod": {
    prepare: async (at) => {
      await at.typed(ours("mine"));
      await having(at, workload("Deployment"));
      await at.typed(attachTo("mine"));
    },
  },
  "malformed-secret": {
    prepare: async (at) => {
      await at.typed(malformed("bad"), attachTo("bad"));
      await having(at, workload("Deployment"));
    },
  },
  "never-pulled": { prepare: waits("ErrImageNeverPull", `Container image "${web}" is not present with pull policy of Never`) },
  "node-disk-full": {
    prepare: waits(
      "ErrImagePull",
      `failed to pull and unpack image "${web}": failed to copy: write /var/lib/containerd/1: no space left on device`,
    ),
    says: /^the node of pod\/own said \d+ s ago: failed to copy/,
  },
  "node-content": {
    prepare: waits(
      "ImagePullBackOff",
      `Back-off pulling image "${web}": ErrImagePull: unexpected commit digest sha256:2, expected sha256:1`,
    ),
  },
  "node-interrupted": { prepare: waits("ErrImagePull", "failed to copy: read tcp: read: connection reset by peer") },
  "node-limit": { prepare: waits("ErrImagePull", "pull QPS exceeded") },
  "invalid-image": { prepare: (at) => having(at, workload("Deployment", `${r}/App:1`)) },
  unknown: {
    prepare: async (at) => {
      await having(at, barePod("ghcr.io/team/app:1"));
      await reports(at, { state: { waiting: { reason: "ErrImagePull", message: "something new" } } });
    },
  },
};

let other = "";

test.for(sampled(Object.entries(situations), 8))("reports %s in its situation", { timeout: 60_000 }, async ([cause, situation]) => {
  const { prepare, check = "", env, says = /^/ } = situation;
  other = await newNamespace();
  const at = await placeOf(shell);
  await prepare(at);

  const { stdout, stderr } = await at.type(`kubectl acr-secret check ${check} -n N -o json`, { env: (await env?.()) ?? {} });

  const items: readonly { cause: string; message?: string; fix?: string; look?: string; notes: readonly string[] }[] =
    JSON.parse(stdout || "{}").items ?? [];
  expect(new Set(items.map((item) => item.cause)), stdout + stderr).toEqual(new Set([cause]));
  expect(items[0]?.message ?? "").toMatch(says);
  // A command that fixes nothing says so. test/cluster/plugin/check-fixes.test.ts runs the others
  expect(items.filter(({ fix = "" }) => fix.startsWith("az "))).toEqual([]);
  for (const { notes } of items.filter(({ look }) => look)) expect(notes.join("\n")).toMatch(/the command only lists|and changes nothing/);
});
