import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { assignRole, createIdentity } from "../../../sandbox/azure/identities.ts";
import { binaries } from "../../../sandbox/binaries.ts";
import { type ControlPlane, startControlPlane } from "../../../sandbox/control-plane.ts";
import { createAuthority } from "../../../sandbox/pki.ts";
import { controlPlanePrograms } from "../../../sandbox/tools.ts";
import { openAzure } from "../../../src/azure/azure.ts";
import type { Pod, Secret, ServiceAccount } from "../../../src/objects.ts";
import { pullPodSelector } from "../../../src/plan/pull-pod.ts";
import { namesIn } from "../../../src/plan/references.ts";
import { parseImage } from "../../../src/registry/image-reference.ts";
import { openRegistry } from "../../../src/registry/registry.ts";
import { tokenUser } from "../../../src/secret/guess.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { annotationKeys, tokenAudience, tokenSubject } from "../../../src/secretless/objects.ts";
import { consume } from "../../support/consumer.ts";
import { create, kubectl } from "../../support/kubectl.ts";
import { type Login, loginOf } from "../../support/logins.ts";
import { ended, openShell } from "../../support/plugin.ts";
import { sampled, takesAll } from "../../support/sampled.ts";

// A cluster whose issuer has a public address. A stand-in for its kubelet answers for pods what a pull as their ServiceAccount gives.

const issuer = "https://oidc.blob.core.windows.net/cluster";
const image = "myregistry.azurecr.io/app/web:1";
const secret = "acr-myregistry";
const names = Array.from({ length: takesAll ? 20 : 4 }, (_, index) => `m-${index + 10}`);
const scope = `--namespaces ${names.join(",")}`;
const migrating = `acr-secret secretless migrate ${secret} ${scope}`;
const undoing = `acr-secret secretless migrate --undo --registry myregistry ${scope} --credential-per namespace --repository app/web`;

const shell = await openShell();
const { azure } = shell;
const [registry = expect.unreachable("the shell's Azure has a registry")] = azure.world.registries;
Object.assign(azure.world.longRunning, { retryAfter: 0, milliseconds: 100 });

const { signal } = new AbortController();
const now = () => new Date();
const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
const tools = { env: azure.env, trace: () => {}, signal: () => signal, sleep, now };
const entra = openAzure({ ...tools, identity: { source: "auto" } });
const dataPlane = openRegistry(tools);

/** The API server connects to no loopback address of a node. */
const [host = "127.0.0.1"] = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .flatMap(({ family, internal, address: own }) => (family === "IPv4" && !internal ? [own] : []));

let cluster: ControlPlane;
let kubelet: Server;
let proxy: ChildProcess;
let address = "";
let isWatching = true;
let watching: Promise<void>;

beforeAll(async () => {
  const authority = await createAuthority("acr-secret tests");
  const programs = await binaries({ need: controlPlanePrograms });
  cluster = await startControlPlane({ folder: join(shell.folder, "cluster"), binaries: programs, authority, issuer });
  const { certificate: cert, key } = await authority.issue({ commonName: "system:node:worker-1", addresses: [host] });
  kubelet = createServer({ cert, key }, (_, answer) => answer.end('kubelet_credential_provider_config_info{hash="sha256:1"} 1\n'));
  await once(kubelet.listen(0, host), "listening");
  proxy = spawn("kubectl", ["proxy", "--port=0", `--kubeconfig=${cluster.kubeconfig}`], { stdio: ["ignore", "pipe", "inherit"] });
  const [printed] = await once(proxy.stdout ?? expect.unreachable("a pipe"), "data");
  address = `http://127.0.0.1:${/:(\d+)/.exec(String(printed))?.[1]}`;
  azure.world.issuers.set(issuer, (await get("/openid/v1/jwks")) as never);
  await setUp();
  watching = standIn();
  watchSecrets().catch(() => {});
}, 120_000);

afterAll(async () => {
  isWatching = false;
  await watching;
  proxy.kill();
  kubelet.close();
  await cluster.stop();
  await shell.stop();
}, 60_000);

/** Sends a request of an administrator. @returns undefined for an object that doesn't exist */
async function get<T>(path: string, body?: object, method = body ? "POST" : "GET"): Promise<T | undefined> {
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  const answer = await fetch(`${address}${path}`, { method, headers: { "content-type": type }, body: body ? JSON.stringify(body) : null });
  if (answer.status === 404) return undefined;
  if (answer.status >= 400) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** Creates namespaces whose ServiceAccount `app` lists a Secret, and everything for pulls without it. */
async function setUp(): Promise<void> {
  const identityId = "/subscriptions/x/resourceGroups/demo/providers/Microsoft.ManagedIdentity/userAssignedIdentities/acr-secretless";
  const identity = createIdentity(azure.world, identityId, { location: "eastus", tags: {} });
  assignRole(azure.world, identity.objectId, { role: "AcrPull", registry: "myregistry" });
  const annotations = { [annotationKeys.clientId]: identity.clientId, [annotationKeys.tenant]: identity.tenantId };
  const containers = [{ name: "app", image }];
  const template = { metadata: { labels: { app: "web" } }, spec: { serviceAccountName: "app", containers } };
  const { port } = kubelet.address() as AddressInfo;
  const verbs = ["request-serviceaccounts-token-audience"];
  const apiGroup = "rbac.authorization.k8s.io";
  await create(
    [
      {
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: "worker-1" },
        status: { addresses: [{ type: "InternalIP", address: host }], daemonEndpoints: { kubeletEndpoint: { Port: port } } },
      },
      {
        apiVersion: `${apiGroup}/v1`,
        kind: "ClusterRole",
        metadata: { name: "acr" },
        rules: [{ apiGroups: [""], resources: [tokenAudience], verbs }],
      },
      {
        apiVersion: `${apiGroup}/v1`,
        kind: "ClusterRoleBinding",
        metadata: { name: "acr" },
        roleRef: { apiGroup, kind: "ClusterRole", name: "acr" },
        subjects: [{ apiGroup, kind: "Group", name: "system:nodes" }],
      },
      ...names.flatMap((namespace) => [
        { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
        { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "app", namespace, annotations } },
        {
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { name: "web", namespace },
          spec: { replicas: 0, selector: { matchLabels: { app: "web" } }, template },
        },
      ]),
    ],
    cluster.kubeconfig,
  );
  for (const namespace of names) {
    const subject = tokenSubject({ kind: "serviceaccount", namespace, name: "app" });
    identity.federated.push({ id: namespace, name: namespace, issuer, subject, audience: tokenAudience });
  }
  await succeed(undoing);
}

const env = () => ({ KUBECONFIG: cluster.kubeconfig });

async function succeed(line: string): Promise<void> {
  const { code, stderr } = await shell.type(`kubectl ${line}`, { env: env() });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringMatching(/(error|Warning): /) });
}

const accountIn = (namespace: string) => get<ServiceAccount>(`/api/v1/namespaces/${namespace}/serviceaccounts/app`);
const secretIn = (namespace: string) => get<Secret>(`/api/v1/namespaces/${namespace}/secrets/${secret}`);

/** Returns the login of a pull as the ServiceAccount, as its credential provider gets it. @throws Error if it is refused */
async function exchanged(namespace: string, { metadata }: ServiceAccount): Promise<Login> {
  const { [annotationKeys.clientId]: clientId = "", [annotationKeys.tenant]: tenant = "" } = metadata.annotations ?? {};
  const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { audiences: [tokenAudience] } };
  const issued = await get<{ status: { token: string } }>(`/api/v1/namespaces/${namespace}/serviceaccounts/app/token`, request);
  const assertion = new Sensitive(issued?.status.token ?? "");
  const token = await entra.exchangeAssertion({ clientId, tenant, assertion });
  if (!("token" in token)) throw new Error(token.message);
  const answer = await dataPlane.exchange(parseImage(image).host, { text: token.token, of: { name: clientId, tenant } });
  if (!("token" in answer)) throw new Error(answer.message);
  return { username: tokenUser, password: answer.token.reveal() };
}

/** The login with which a new pod of a namespace would pull now. */
async function loginFor(namespace: string): Promise<Login> {
  const account = (await accountIn(namespace)) ?? expect.unreachable("the ServiceAccount exists");
  const listed = namesIn(account.imagePullSecrets).includes(secret) ? loginOf(await secretIn(namespace)) : undefined;
  return listed ?? exchanged(namespace, account);
}

/** The lists of the pods that pulled. */
const lists: unknown[] = [];

/** Gives the plugin's pods the status of a pull without their list. */
async function standIn(): Promise<void> {
  const query = `labelSelector=${encodeURIComponent(pullPodSelector)}`;
  for (; isWatching; await sleep(100)) {
    const all = await get<{ items: Pod[] }>(`/api/v1/pods?${query}`);
    for (const pod of (all?.items ?? []).filter(({ status }) => !status?.containerStatuses)) await answer(pod);
  }
}

async function answer({ metadata: { namespace = "", name }, spec }: Pod): Promise<void> {
  lists.push(spec.imagePullSecrets);
  await exchanged(namespace, (await accountIn(namespace)) ?? expect.unreachable("the ServiceAccount exists"));
  const waiting = { reason: "RunContainerError" };
  const container = { name: "pull", image, imageID: "", ready: false, restartCount: 0, state: { waiting } };
  await get(`/api/v1/namespaces/${namespace}/pods/${name}/status`, { status: { containerStatuses: [container] } }, "PATCH");
}

/** Whether a Secret was deleted since a run began. */
let isDeleted = false;

/** A run ends a few milliseconds after its first deleted Secret, so a watch must see it. */
async function watchSecrets(): Promise<void> {
  const { body } = await fetch(`${address}/api/v1/secrets?watch=1&fieldSelector=metadata.name%3D${secret}`);
  for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) isDeleted ||= text.includes('"type":"DELETED"');
}

/** What a kill waits for. */
type Moment = { readonly at: string; isReached(): boolean | Promise<boolean> };

const isAsked = (path: RegExp) => () => azure.calls.list().some((call) => path.test(`${call.method} ${call.path.split("?")[0]}`));
/** Reads the objects of a name in all namespaces. */
const allNamed = async <T>(plural: string, name: string) =>
  (await get<{ items: T[] }>(`/api/v1/${plural}?fieldSelector=metadata.name%3D${name}`))?.items ?? [];
const secrets = () => allNamed<Secret>("secrets", secret);
const countListed = async () =>
  (await allNamed<ServiceAccount>("serviceaccounts", "app")).filter((account) => namesIn(account.imagePullSecrets).includes(secret)).length;
const countFilled = async () => (await secrets()).filter((one) => loginOf(one) !== undefined).length;
const middle = names.length / 2;

const rows: readonly { readonly line: string; readonly moments: readonly Moment[] }[] = [
  {
    line: migrating,
    moments: [
      { at: "the first exchange", isReached: isAsked(/POST .*\/oauth2\/exchange/) },
      { at: "the first pod", isReached: () => lists.length > 0 },
      { at: "the first list without the Secret", isReached: async () => (await countListed()) < names.length },
      { at: "half of the lists without it", isReached: async () => (await countListed()) <= middle },
      { at: "the first Secret without a login", isReached: async () => (await countFilled()) < names.length },
      { at: "the first deleted token", isReached: isAsked(/DELETE .*\/tokens\//) },
      { at: "the first deleted Secret", isReached: () => isDeleted },
    ],
  },
  {
    line: undoing,
    moments: [
      { at: "the first token", isReached: isAsked(/PUT .*\/tokens\//) },
      { at: "the first password", isReached: isAsked(/POST .*generateCredentials/) },
      { at: "the first Secret", isReached: async () => (await countFilled()) > 0 },
      { at: "half of the lists", isReached: async () => (await countListed()) >= middle },
    ],
  },
];

/** Kills a run at a moment. @returns whether it was killed before its end */
async function kill(line: string, { isReached }: Moment): Promise<boolean> {
  azure.calls.reset();
  lists.length = 0;
  isDeleted = false;
  const child = shell.start("kubectl", line.split(" "), { env: env() });
  const run = ended(child);
  await vi.waitUntil(async () => child.exitCode !== null || (await isReached()), { interval: 5, timeout: 60_000 });
  child.kill("SIGKILL");
  return (await run).code === null;
}

/** Moves the expiry of the claims of killed runs into the past. */
async function passTime(): Promise<void> {
  const claim = JSON.stringify({ by: "a run that was killed", until: "2026-01-01T00:00:00Z" });
  for (const namespace of names)
    if ((await secretIn(namespace))?.metadata.annotations?.["acr-secret/claim"])
      await kubectl(["annotate", "--overwrite", "-n", namespace, `secret/${secret}`, `acr-secret/claim=${claim}`], "", cluster.kubeconfig);
}

test("migrates and goes back without a refused pull, also after kills at each step", { timeout: 600_000 }, async () => {
  let next = 0;
  const client = await consume(azure, () => loginFor(names[next++ % names.length] ?? ""));
  const killed: string[] = [];

  for (const { line, moments } of rows) {
    for (const moment of sampled(moments, 2)) {
      if (await kill(line, moment)) killed.push(moment.at);
      await passTime();
    }
    await succeed(line);
    const isMigrated = line === migrating;
    expect([await countListed(), await countFilled(), registry.tokens.length]).toEqual(Array(3).fill(isMigrated ? 0 : names.length));
    expect(await secrets()).toHaveLength(isMigrated ? 0 : names.length);
  }

  const { refused, pulls } = await client.stop();
  expect(refused).toEqual([]);
  expect(pulls).toBeGreaterThan(50);
  expect(killed).toEqual(rows.flatMap(({ moments }) => sampled(moments, 2).map(({ at }) => at)));
});

/** The rights that docs/rbac.md names. */
const rights: readonly (readonly [group: string, resources: string, verbs: string])[] = [
  ["", "pods", "create delete get list"],
  ["", "secrets", "delete get list patch"],
  ["", "serviceaccounts", "get list patch"],
  ["", "serviceaccounts/token", "create"],
  ["", "namespaces nodes/proxy", "get"],
  ["", "nodes replicationcontrollers", "list"],
  ["apps", "daemonsets deployments replicasets statefulsets", "list"],
  ["batch", "cronjobs jobs", "list"],
  ["authorization.k8s.io", "subjectaccessreviews", "create"],
];

test("needs only the rights that the page names, and lets each pod pull without a list", { timeout: 120_000 }, async () => {
  lists.length = 0;
  const [apiVersion, apiGroup] = ["rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io"];
  const metadata = { name: "jane" };
  const rules = rights.map(([group, resources, verbs]) => {
    return { apiGroups: [group], resources: resources.split(" "), verbs: verbs.split(" ") };
  });
  const subjects = [{ kind: "User", name: "jane", apiGroup }];
  const roleRef = { apiGroup, kind: "ClusterRole", name: "jane" };
  await create(
    [
      { apiVersion, kind: "ClusterRole", metadata, rules },
      { apiVersion, kind: "ClusterRoleBinding", metadata, subjects, roleRef },
    ],
    cluster.kubeconfig,
  );

  await succeed(`${migrating} --as jane`);

  expect(await secrets()).toEqual([]);
  // Admission copies the list of the ServiceAccount only to a pod without a list
  expect(lists).toEqual(names.map(() => [{ name: "acr-secret-none" }]));
});
