import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultRegistries } from "../../sandbox/azure/create-world.ts";
import { startAzure } from "../../sandbox/azure/emulator.ts";
import { quickDelays } from "../../sandbox/azure/faults.ts";
import { binaries } from "../../sandbox/binaries.ts";
import { startControlPlane } from "../../sandbox/control-plane.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { imageArchive } from "../../sandbox/node/image.ts";
import { startNode } from "../../sandbox/node/node.ts";
import { createAuthority } from "../../sandbox/pki.ts";
import { programLayer } from "../../sandbox/tar.ts";
import { controlPlanePrograms, nodePrograms, registryPrograms } from "../../sandbox/tools.ts";
import { root } from "../../scripts/run.ts";
import type { KubeObjects, Pod } from "../../src/objects.ts";
import { mapConcurrently } from "../../src/scope/concurrency.ts";
import { create, getJson, kubectl } from "../support/kubectl.ts";
import { worldOf } from "../support/node-world.ts";
import { sampled } from "../support/sampled.ts";
import { until } from "../support/until.ts";

// Compares what `check` says of a pod before it starts, or starts again, with what a real kubelet then does.

/** Parts of the kubelet's configuration, by their names. */
const policies = {
  NeverVerifyPreloadedImages: {},
  NeverVerify: {},
  AlwaysVerify: {},
  NeverVerifyAllowlistedImages: { preloadedImagesVerificationAllowlist: ["myregistry.azurecr.io/*"] },
  // The kubelet adds the default policy before it reads this part, and rejects any with the gate off
  "the gate off": { featureGates: { KubeletEnsureSecretPulledImages: false }, imagePullCredentialsVerificationPolicy: "" },
};
type Policy = keyof typeof policies;
const byDefault: Policy = "NeverVerifyPreloadedImages";
/** Whether a kubelet decides by its records, which the API does not show. */
const verifies = (policy: Policy) => policy === byDefault || policy === "AlwaysVerify";

const pullPolicies = ["IfNotPresent", "Never", "Always"] as const;

type History = {
  readonly how: string;
  readonly server?: string;
  /** The node gets the image by an import. */
  readonly imported?: true;
  /** A pod that has pulled the image, in the namespace of the pod or in another one, and its login. */
  readonly puller?: { readonly namespace: "same" | "other"; readonly login: "none" | "mine" | "other" } | undefined;
  /** The pod has a Secret with its own login. */
  readonly login?: true;
  /** The pod has already started with the image, and its container starts again. */
  readonly runs?: true;
  /** A change after the pulls. */
  readonly change?: "ends" | "deletes" | "recreates";
  /** The kubelet has a credential provider with a login of the node. */
  readonly identity?: true;
  /** Whether the API does not show the result. */
  readonly hides?: (policy: Policy, pullPolicy: (typeof pullPolicies)[number]) => boolean;
};

const ended = "the password of the pod has ended";
const deleted = "the Secret of the pod was deleted";

const histories: readonly History[] = [
  { how: "it was imported", imported: true, hides: (policy, pulls) => verifies(policy) && pulls !== "Always" },
  { how: "it was imported, and the pod runs", imported: true, runs: true, hides: (policy) => policy === "AlwaysVerify" },
  { how: "another pod pulled it anonymously", server: "openregistry.azurecr.io", puller: { namespace: "other", login: "none" } },
  { how: "the pod pulled it anonymously", server: "openregistry.azurecr.io", runs: true },
  {
    how: "another pod pulled it with the identity of the node",
    identity: true,
    puller: { namespace: "other", login: "none" },
    // The provider may need the token of the ServiceAccount
    hides: (policy, pulls) => verifies(policy) || pulls === "Always",
  },
  { how: "the pod pulled it with the identity of the node", identity: true, runs: true },
  { how: "another pod pulled it with the same Secret", puller: { namespace: "same", login: "mine" }, login: true },
  { how: "the pod pulled it with its Secret", login: true, runs: true },
  { how: "another namespace pulled it with the same login", puller: { namespace: "other", login: "mine" }, login: true },
  { how: "another namespace pulled it with its own login", puller: { namespace: "other", login: "other" }, login: true },
  { how: "another namespace pulled it, and the pod has no login", puller: { namespace: "other", login: "other" } },
  { how: ended, login: true, runs: true, change: "ends" },
  {
    how: "another namespace pulled it with the same login, which has ended",
    puller: { namespace: "other", login: "mine" },
    login: true,
    change: "ends",
  },
  {
    how: "another namespace pulled it with its own login, and the login of the pod has ended",
    puller: { namespace: "other", login: "other" },
    login: true,
    change: "ends",
  },
  {
    how: "the Secret of the pod was created again with another login",
    login: true,
    runs: true,
    change: "recreates",
    hides: (policy, pulls) => verifies(policy) && pulls === "Never",
  },
  { how: deleted, login: true, runs: true, change: "deletes" },
  { how: "the node does not have it" },
  { how: "the node does not have it, and the pod has a login", login: true },
];

const rows = (Object.keys(policies) as Policy[]).flatMap((policy) =>
  [undefined, true as const].flatMap((identity) =>
    histories
      .filter((history) => history.identity === identity)
      .flatMap((history) => pullPolicies.map((pullPolicy) => ({ ...history, policy, pullPolicy })))
      // With the other policies, few rules decide
      .filter(({ pullPolicy }) => pullPolicy === "Never" || verifies(policy) || policy === "NeverVerify")
      // An imported image is in no registry
      .filter(({ imported, runs, pullPolicy }) => !(imported && runs && pullPolicy === "Always")),
  ),
);

type Row = (typeof rows)[number] & { readonly namespace: string; readonly image: string };

const taken = sampled(rows, ({ policy, pullPolicy, identity }) => policy === byDefault && pullPolicy === "IfNotPresent" && !identity).map(
  (row, index): Row => {
    const { server = "myregistry.azurecr.io", identity } = row;
    return { ...row, namespace: `s-${index}`, image: `${server}/${identity ? "identity/" : ""}h${index}:1` };
  },
);

const programs = await binaries({ need: [...controlPlanePrograms, ...registryPrograms, ...nodePrograms] });
const home = await guardedFolder("acr-secret-start-");
const authority = await createAuthority("acr-secret tests");
const [cluster, azure] = await Promise.all([
  startControlPlane({ folder: join(home.path, "cluster"), binaries: programs, authority }),
  startAzure({
    folder: join(home.path, "azure"),
    authority,
    registryBinary: programs.program("registry"),
    registries: [...defaultRegistries, { name: "openregistry", anonymousPullEnabled: true }],
    delays: quickDelays,
  }),
]);
Object.assign(process.env, {
  PATH: [...programs.path, process.env.PATH].join(":"),
  KUBECONFIG: cluster.kubeconfig,
  KUBECACHEDIR: join(home.path, "kubectl-cache"),
});
const pause = await readFile(programs.program("pause"));
const world = worldOf(azure, pause);

/** Writes a part of the kubelet's configuration, and a credential provider that has a login of the node. @returns the kubelet's flags */
async function flagsFor(policy: Policy, identity: true | undefined): Promise<string[]> {
  const at = (...names: string[]) => join(home.path, `kubelet-${policy.replaceAll(" ", "-")}-${identity}`, ...names);
  await mkdir(at("config"), { recursive: true });
  await mkdir(at("bin"), { recursive: true });
  const of = { apiVersion: "kubelet.config.k8s.io/v1beta1" };
  const named = { imagePullCredentialsVerificationPolicy: policy, ...policies[policy] };
  const configuration = { ...of, kind: "KubeletConfiguration", nodeStatusMaxImages: -1, ...named };
  await writeFile(at("config", "50-start.conf"), JSON.stringify(configuration));
  if (!identity) return [`--config-dir=${at("config")}`];
  const api = "credentialprovider.kubelet.k8s.io/v1";
  const password = await world.addToken(
    `node-${policy}`,
    taken.map(({ image }) => repositoryOf(image)),
  );
  const auth = { "myregistry.azurecr.io": { username: `node-${policy}`, password } };
  const answer = { apiVersion: api, kind: "CredentialProviderResponse", cacheKeyType: "Image", cacheDuration: "0s", auth };
  await writeFile(at("bin", "identity"), `#!/bin/sh\ncat > /dev/null\necho '${JSON.stringify(answer)}'\n`, { mode: 0o755 });
  const matchImages = ["myregistry.azurecr.io/identity"];
  const provider = { name: "identity", matchImages, defaultCacheDuration: "0s", apiVersion: api };
  const config = { apiVersion: "kubelet.config.k8s.io/v1", kind: "CredentialProviderConfig", providers: [provider] };
  await writeFile(at("provider.json"), JSON.stringify(config));
  const binaryFolder = `--image-credential-provider-bin-dir=${at("bin")}`;
  return [`--config-dir=${at("config")}`, `--image-credential-provider-config=${at("provider.json")}`, binaryFolder];
}

let node: Awaited<ReturnType<typeof startNode>>;
beforeAll(async () => {
  node = await startNode({
    folder: home.path,
    cluster,
    binaries: programs,
    proxy: azure.proxy,
    caFile: azure.caFile,
    kubeletFlags: await flagsFor(byDefault, undefined),
    // The API server connects to no loopback address
    address: Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .find(({ family, internal }) => family === "IPv4" && !internal)?.address,
  });
}, 120_000);
afterAll(async () => {
  await node.stop();
  await Promise.all([cluster.stop(), azure.stop()]);
  await home.remove();
}, 60_000);

type Login = { readonly username: string; readonly password: string };
type Logins = Readonly<Record<"mine" | "other", Login>>;

const secretOf = (namespace: string, login: Login) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "acr", namespace },
  type: "kubernetes.io/dockerconfigjson",
  stringData: { ".dockerconfigjson": JSON.stringify({ auths: { "myregistry.azurecr.io": login } }) },
});

const podOf = (name: string, { image, namespace }: Pick<Row, "image" | "namespace">, pullPolicy: string, more: object) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace },
  spec: {
    terminationGracePeriodSeconds: 0,
    automountServiceAccountToken: false,
    containers: [{ name: "app", image, imagePullPolicy: pullPolicy }],
    ...more,
  },
});

const listing = { imagePullSecrets: [{ name: "acr" }] };

/** Creates the objects of a row, and lets its node get the image. The pod runs afterwards, or waits for {@link start}. */
async function prepare(row: Row): Promise<void> {
  const { namespace, image, imported, login, runs, pullPolicy, change } = row;
  const other = `${namespace}-other`;
  const repository = repositoryOf(image);
  await (imported ? importImage(image, namespace) : world.push(image, "waits"));
  const logins = {
    mine: { username: namespace, password: await world.addToken(namespace, [repository]) },
    other: { username: other, password: await world.addToken(other, [repository]) },
  };
  await create([namespace, other].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })));
  if (login) await create([secretOf(namespace, logins.mine)]);
  await startPuller(row, logins);
  const gated = runs ? {} : { schedulingGates: [{ name: "test/starts-later" }] };
  await create([podOf("web", row, pullPolicy, { ...(login ? listing : {}), ...gated })]);
  if (runs) await hasStarted("web", namespace);
  await { none: async () => {}, ends, deletes, recreates }[change ?? "none"](namespace, logins.other);
}

const repositoryOf = (image: string) => image.replace(/^[^/]*\/(.*):1$/, "$1");

/** Starts the pod that pulls the image, if there is one. */
async function startPuller(row: Row, logins: Logins): Promise<void> {
  const { namespace, image, puller = firstPuller(row) } = row;
  if (!puller) return;
  const place = puller.namespace === "same" ? namespace : `${namespace}-other`;
  const held = puller.login === "none" ? undefined : logins[puller.login];
  if (held && place !== namespace) await create([secretOf(place, held)]);
  await create([podOf("puller", { image, namespace: place }, "IfNotPresent", held ? listing : {})]);
  await hasStarted("puller", place);
}

/** With `Never`, a pod can run only if another one has pulled. */
const firstPuller = ({ runs, imported, pullPolicy, login }: Row): History["puller"] =>
  runs && !imported && pullPolicy === "Never" ? { namespace: "same", login: login ? "mine" : "none" } : undefined;

async function ends(namespace: string): Promise<void> {
  for (const token of azure.world.registries[0]?.tokens ?? []) if (token.name === namespace) token.status = "disabled";
}

const deletes = (namespace: string) => kubectl(["delete", "secret", "acr", "-n", namespace]);

async function recreates(namespace: string, login: Login): Promise<void> {
  // The API has times in seconds
  await sleep(1100);
  await deletes(namespace);
  await create([secretOf(namespace, login)]);
}

async function importImage(image: string, name: string): Promise<void> {
  const file = join(home.path, `${name}.tar`);
  const layer = programLayer("program", Buffer.concat([pause, Buffer.from(image)]));
  await writeFile(file, imageArchive(image, { layer, entrypoint: ["/program"] }));
  await promisify(execFile)("ctr", ["--address", join(node.folder, "containerd.sock"), "-n", "k8s.io", "images", "import", file]);
}

const read = (name: string, namespace: string) => getJson<Pod>("pod", name, "-n", namespace);

async function hasStarted(name: string, namespace: string): Promise<void> {
  await until(async () => (await read(name, namespace)).status?.containerStatuses?.[0]?.state?.running !== undefined, 90);
}

/** Waits until the status of the node has the images of these rows. */
async function isListed(some: readonly Row[]): Promise<void> {
  const present = some.filter(({ imported, puller, runs }) => imported || puller || runs).map(({ image }) => image);
  await until(async () => {
    const { status } = await getJson<KubeObjects["node"]>("node", node.name);
    const names = new Set((status?.images ?? []).flatMap((one) => one.names ?? []));
    return present.every((image) => names.has(image));
  }, 60);
}

type Item = {
  readonly namespace: string;
  readonly start: string;
  readonly cause: string;
  readonly ok: boolean;
  readonly message?: string;
  readonly fix?: string;
};

const plugin = (words: readonly string[]) =>
  promisify(execFile)(process.execPath, ["cmd/kubectl-acr_secret.ts", ...words], {
    cwd: root,
    env: { ...process.env, ...azure.env },
    maxBuffer: 1e8,
  });

/** Returns what `check` says of each pod, by namespace. */
async function check(): Promise<ReadonlyMap<string, Item>> {
  const words = ["check", "pod/web", "--namespaces", "s-*", "--exclude-namespaces", "*-other", "-o", "json"];
  const { stdout } = await plugin(words).catch((error: { stdout: string }) => error);
  return new Map((JSON.parse(stdout).items as Item[]).map((item) => [item.namespace, item]));
}

/**
 * Starts the pod of a row, or ends its program, so that its container starts again.
 * @param expected what `check` said. A kubelet waits one second for a Secret that is new to it, then asks without: its next attempt counts.
 * @returns what the kubelet did
 */
async function start({ namespace, runs }: Row, expected: string | undefined): Promise<"starts" | "fails"> {
  const failsAfter = Date.now() + (expected === "starts" ? 45_000 : 0);
  if (runs) await endProgram((await read("web", namespace)).metadata.uid ?? "");
  else await kubectl(["patch", "pod", "web", "-n", namespace, "--type=json", "-p", '[{"op":"remove","path":"/spec/schedulingGates"}]']);
  let result: "starts" | "fails" | undefined;
  await until(async () => {
    const [{ state = {}, restartCount = 0 } = {}] = (await read("web", namespace)).status?.containerStatuses ?? [];
    if (/^(ErrImage|ImagePull)/.test(`${state.waiting?.reason}`) && Date.now() >= failsAfter) result = "fails";
    else if (state.running && restartCount >= (runs ? 1 : 0)) result = "starts";
    return result !== undefined;
  }, 90);
  return result as "starts" | "fails";
}

/** Kills the program of a pod's only container. */
async function endProgram(uid: string): Promise<void> {
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const [cgroup, line] = await Promise.all(["cgroup", "cmdline"].map((of) => readFile(`/proc/${pid}/${of}`, "utf8").catch(() => "")));
    if (cgroup?.includes(`/pod${uid}/`) && line?.startsWith("/program")) process.kill(Number(pid), "SIGKILL");
  }
}

const groups = [...Map.groupBy(taken, ({ policy, identity }) => `${policy}${identity ? " and an identity of the node" : ""}`)];

describe.for(groups)("with %s", ([, some]) => {
  let said: ReadonlyMap<string, Item> = new Map();
  const done = new Map<string, string>();
  beforeAll(async () => {
    const [{ policy, identity } = { policy: byDefault, identity: undefined }] = some;
    await node.restartKubelet(await flagsFor(byDefault, identity));
    await mapConcurrently(some, 6, prepare);
    await node.restartKubelet(await flagsFor(policy, identity));
    await isListed(some);
    said = await check();
    await mapConcurrently(some, 6, async (row) => done.set(row.namespace, await start(row, said.get(row.namespace)?.start)));
  }, 900_000);
  afterAll(async () => {
    await kubectl(["delete", "namespace", ...some.flatMap(({ namespace }) => [namespace, `${namespace}-other`]), "--wait=false"]);
  });

  for (const { namespace, policy, pullPolicy, how, hides = () => false } of some)
    test(`predicts the start with ${pullPolicy} when ${how}`, () => {
      const item = said.get(namespace);

      expect(item?.start, item?.message).toBe(hides(policy, pullPolicy) ? "unknown" : done.get(namespace));
      expect(["starts", "fails"]).toContain(done.get(namespace));
      if (item?.start === "fails") expect(item.ok).toBe(false);
    });

  const rowOf = (name: string) =>
    some.find(({ how, policy, pullPolicy }) => how === name && policy === byDefault && pullPolicy === "IfNotPresent");

  const cached = rowOf(ended);
  if (cached)
    test("starts an image that the node has with an ended password", () => {
      expect(said.get(cached.namespace)).toMatchObject({ cause: "refused", start: "starts" });
      expect(done.get(cached.namespace)).toBe("starts");
    });

  const failing = rowOf(deleted);
  if (failing)
    test("starts a restarted container after the printed command when its Secret was deleted", async () => {
      const { namespace } = failing;
      const found = (await check()).get(namespace);
      // Other namespaces have Secrets of this name
      expect(found).toMatchObject({ cause: "other-namespace", start: "fails", ok: false });

      // Without `kubectl acr-secret`
      await plugin(found?.fix?.split(" ").slice(2) ?? []);
      await hasStarted("web", namespace);

      expect((await check()).get(namespace)).toMatchObject({ cause: "pulls", start: "starts", ok: true });
    }, 180_000);
});
