import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultRegistries } from "../../sandbox/azure/create-world.ts";
import { startAzure } from "../../sandbox/azure/emulator.ts";
import { quickDelays } from "../../sandbox/azure/faults.ts";
import { assignRole, createIdentity } from "../../sandbox/azure/identities.ts";
import { binaries } from "../../sandbox/binaries.ts";
import { startControlPlane } from "../../sandbox/control-plane.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { startNode } from "../../sandbox/node/node.ts";
import { createAuthority } from "../../sandbox/pki.ts";
import { controlPlanePrograms, nodePrograms, registryPrograms, secretlessPrograms } from "../../sandbox/tools.ts";
import { root } from "../../scripts/run.ts";
import type { Pod } from "../../src/objects.ts";
import { annotationKeys, tokenAudience } from "../../src/secretless/objects.ts";
import { compare, generate, prepare as prepareGenerated, seed, start } from "../support/generated-workloads.ts";
import { type } from "../support/in-process.ts";
import { create, getJson, kubectl } from "../support/kubectl.ts";
import { worldOf } from "../support/node-world.ts";
import { until } from "../support/until.ts";

// A real kubelet runs the real acr-credential-provider, which exchanges the tokens of pods at the emulated Entra ID.

const abac = "abacregistry";
const labeled = "labeled-a1b2c3d4e5f6a7b8.azurecr.io";
const registries = [
  ...defaultRegistries,
  { name: "openregistry", anonymousPullEnabled: true },
  { name: abac, roleAssignmentMode: "AbacRepositoryPermissions" },
  { name: "labeled", loginServer: labeled },
] as const;

const programs = await binaries({ need: [...controlPlanePrograms, ...registryPrograms, ...nodePrograms, ...secretlessPrograms] });
const home = await guardedFolder("acr-secret-secretless-");
const authority = await createAuthority("acr-secret tests");
// The certificate of the emulated Azure is valid for this host
const issuer = "https://oidc.blob.core.windows.net/cluster";
const [cluster, azure] = await Promise.all([
  startControlPlane({ folder: join(home.path, "cluster"), binaries: programs, authority, issuer }),
  startAzure({
    folder: join(home.path, "azure"),
    authority,
    registryBinary: programs.program("registry"),
    registries,
    delays: quickDelays,
  }),
]);
Object.assign(process.env, {
  PATH: [...programs.path, process.env.PATH].join(":"),
  KUBECONFIG: cluster.kubeconfig,
  KUBECACHEDIR: join(home.path, "kubectl-cache"),
});
const world = worldOf(azure, await readFile(programs.program("pause")));
const keys = JSON.parse(await kubectl(["get", "--raw", "/openid/v1/jwks"]));

/** The folder of the provider, as in the flag of the kubelet. */
const binaryFolder = dirname(programs.program("acr-credential-provider"));

/**
 * Writes the printed files below a folder of the test, with a proxy and a private CA.
 * @param edit changes the text of all files
 * @returns the path of CredentialProviderConfig and of azure.json, and the kubelet's flags
 */
async function writeNodeFiles(name: string, edit = (text: string) => text, proxy = azure.proxy) {
  const folder = join(home.path, name);
  const { stdout } = await type("secretless node-files", {});
  const env = Object.entries({ HTTPS_PROXY: proxy, SSL_CERT_FILE: azure.caFile }).map(([key, value]) => ({ name: key, value }));
  const edited = edit(stdout.replace("  args:\n  - /", `  env: ${JSON.stringify(env)}\n  args:\n  - ${folder}/`));
  for (const [document, path] of edited.split(/^---\n/m).map((text) => [text, /^# (\/\S+)$/m.exec(text)?.[1]] as const)) {
    if (path === undefined) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), path.endsWith(".json") ? document.replace(/^#.*\n/gm, "") : document);
  }
  const [, config = ""] = /^# +--image-credential-provider-config=(.*)$/m.exec(stdout) ?? [];
  const flags = [`--image-credential-provider-config=${folder}${config}`, `--image-credential-provider-bin-dir=${binaryFolder}`];
  return { config: join(folder, config), azureJson: join(folder, "/etc/kubernetes/acr-azure.json"), flags };
}

const files = await writeNodeFiles("files");
let node: Awaited<ReturnType<typeof startNode>>;
beforeAll(async () => {
  node = await startNode({
    folder: home.path,
    cluster,
    binaries: programs,
    proxy: azure.proxy,
    caFile: azure.caFile,
    kubeletFlags: files.flags,
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

type Situation = {
  readonly when: string;
  readonly server?: string;
  /** The role of the identity on the registry. */
  readonly role?: string | undefined;
  /** The ServiceAccount that the federated credential names. */
  readonly subject?: string;
  /** Changes the annotations of the ServiceAccount. */
  readonly annotations?: Readonly<Record<string, string | undefined>>;
  readonly mayRequest?: false;
  readonly issuer?: "unreachable" | "rotated";
  readonly deadSecret?: true;
  /** The part that `secretless check` names, and the number of its AADSTS error; absent if the pod runs. */
  readonly fails?: string;
  readonly aadsts?: number;
};

const { clientId: clientKey, tenant: tenantKey } = annotationKeys;
const unknownId = "00000000-0000-0000-0000-000000000000";

const situations: readonly Situation[] = [
  { when: "everything is set up" },
  { when: "the registry has a domain name label", server: labeled },
  {
    when: "the registry uses ABAC, and the identity has Repository Reader",
    server: `${abac}.azurecr.io`,
    role: "Container Registry Repository Reader",
  },
  { when: "the registry uses ABAC, and the identity has only AcrPull", server: `${abac}.azurecr.io`, fails: "registry-access" },
  { when: "the ServiceAccount also has a rejected pull secret", deadSecret: true },
  { when: "the kubelets may not request the audience", mayRequest: false, fails: "token-audience" },
  { when: "the ServiceAccount has no annotations", annotations: { [clientKey]: undefined, [tenantKey]: undefined }, fails: "annotations" },
  { when: "the identity has no role", role: undefined, fails: "registry-access" },
  { when: "the federated credential names another ServiceAccount", subject: "other", fails: "token-exchange", aadsts: 700213 },
  { when: "the annotation names an unknown client", annotations: { [clientKey]: unknownId }, fails: "token-exchange", aadsts: 700016 },
  { when: "the annotation names an unknown tenant", annotations: { [tenantKey]: unknownId }, fails: "token-exchange", aadsts: 90002 },
  { when: "Entra ID can't reach the issuer", issuer: "unreachable", fails: "token-exchange", aadsts: 50166 },
  { when: "the published keys are old", issuer: "rotated", fails: "token-exchange", aadsts: 7000272 },
];

test.for(situations)("agrees with secretless check when $when", { timeout: 90_000 }, async (situation, { onTestFinished }) => {
  const place = await prepare(`s-${situations.indexOf(situation)}`, situation);
  publish(situation.issuer);
  onTestFinished(() => publish());
  const runs = situation.fails === undefined;

  expect(await startPod(place)).toBe(runs ? "runs" : "fails");

  const { items } = await getJson<{ items: readonly unknown[] }>("secrets", "-n", place.namespace);
  expect(items).toHaveLength(situation.deadSecret ? 1 : 0);
  const { aadsts } = situation;
  expect(await check(place)).toEqual({ fails: situation.fails, ...(aadsts && { aadsts }), "pod-pull": runs ? "ok" : "failed" });
});

test("finds that only a pull secret lets the pods run", { timeout: 90_000 }, async () => {
  const place = await prepare("only-secret", { annotations: { [clientKey]: undefined, [tenantKey]: undefined } });
  await addSecret(place, "reader", await world.addToken("reader", ["app"]));

  expect(await startPod(place)).toBe("runs");
  expect(await check(place)).toEqual({ fails: "annotations", "pod-pull": "failed" });
});

test("migrates a running Deployment from its pull secret with the commands of the page, and goes back", { timeout: 300_000 }, async () => {
  const place = await prepare("migrate", { annotations: { [clientKey]: undefined, [tenantKey]: undefined }, mayRequest: false });
  publish();
  const { namespace, image } = place;
  const labels = { app: "web" };
  const podSpec = { serviceAccountName: "app", terminationGracePeriodSeconds: 0, containers: [{ name: "app", image }] };
  const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec } };
  const listed = async () => {
    const { items } = await getJson<{ items: readonly Pod[] }>("pods", "-l", "app=web", "-n", namespace);
    return items.filter(({ metadata }) => !metadata.deletionTimestamp).map((pod) => pod.spec.imagePullSecrets);
  };
  await run("create", "--registry", "myregistry", "--repository", "app", "--serviceaccount", "app", "-n", namespace);
  await create([{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace }, spec }]);
  await kubectl(["rollout", "status", "deployment/web", "-n", namespace, "--timeout=80s"]);
  expect(await listed()).toEqual([[{ name: "acr-myregistry" }]]);

  const [, setUp = [], migrate = [], goBack = []] = await commandsBelow("## Migrate from a pull secret");
  for (const line of [...setUp, ...migrate]) await runIn(place, line);

  expect(await listed()).toEqual([undefined]);
  expect((await getJson<{ items: readonly unknown[] }>("secrets", "-n", namespace)).items).toEqual([]);
  for (const line of goBack) await runIn(place, line);
  expect(await listed()).toEqual([[{ name: "acr-myregistry" }]]);
  expect(await startPod(place)).toBe("runs");
});

test("pulls from the cache until the kubelet restarts when the federated credential was deleted", { timeout: 120_000 }, async () => {
  const place = await prepare("deleted", {});
  expect(await startPod(place)).toBe("runs");
  place.federated.length = 0;

  expect(await startPod(place)).toBe("runs");
  expect(await check(place)).toEqual({ fails: "token-exchange", aadsts: 700211, "pod-pull": "ok" });

  await node.restartKubelet(files.flags);
  expect(await startPod(place)).toBe("fails");
  expect(await check(place)).toEqual({ fails: "token-exchange", aadsts: 700211, "pod-pull": "failed" });
});

test("applies a new role and a removed right to the next pod", { timeout: 120_000 }, async () => {
  const place = await prepare("no-restart", { role: undefined });
  expect(await startPod(place)).toBe("fails");

  assignRole(azure.world, place.principalId, { role: "AcrPull", registry: "myregistry" });
  expect(await startPod(place)).toBe("runs");

  await kubectl(["delete", "rolebinding", "acr", "-n", place.namespace]);
  expect(await startPod(place)).toBe("fails");
  expect(await check(place)).toEqual({ fails: "token-audience", "pod-pull": "failed" });
});

test("keeps an empty login until the kubelet restarts when azure.json lacks useManagedIdentityExtension", {
  timeout: 120_000,
}, async () => {
  const place = await prepare("azure-json", {});
  const { azureJson } = files;
  const right = await readFile(azureJson, "utf8");
  await writeFile(azureJson, JSON.stringify({ cloud: "AzurePublicCloud" }));

  expect(await startPod(place)).toBe("fails");
  expect(await check(place)).toEqual({ fails: undefined, "pod-pull": "failed" });

  await writeFile(azureJson, right);
  expect(await startPod(place)).toBe("fails");
  expect(await check(place)).toEqual({ fails: undefined, "pod-pull": "failed" });

  await node.restartKubelet(files.flags);
  expect(await startPod(place)).toBe("runs");
  expect(await check(place)).toEqual({ fails: undefined, "pod-pull": "ok" });
});

test("finds a kubelet without the provider", { timeout: 120_000 }, async ({ onTestFinished }) => {
  const place = await prepare("without", {});
  onTestFinished(() => node.restartKubelet(files.flags));
  await node.restartKubelet([]);

  expect(await startPod(place)).toBe("fails");
  expect(await check(place)).toEqual({ fails: "node-provider", "pod-pull": "failed" });
});

test(`agrees with check --nodes-can-pull for 40 workloads when the node has an identity (SEED=${seed})`, {
  timeout: 240_000,
}, async ({ onTestFinished }) => {
  const namespace = "node-identity";
  const identity = await azure.addServicePrincipal("node", [{ role: "AcrPull", registry: "myregistry" }]);
  const login = `"aadClientId":"${identity.clientId}","aadClientSecret":"${identity.clientSecret}"`;
  const { flags } = await writeNodeFiles(namespace, (text) =>
    text.replace(/^ {2}tokenAttributes:\n( {4}.*\n)*/m, "").replace('"useManagedIdentityExtension":true', login),
  );
  onTestFinished(() => node.restartKubelet(files.flags));
  await node.restartKubelet(flags);
  const { images } = await prepareGenerated(world, namespace);
  const checked = async () =>
    (await run("check", "-n", namespace, "-o", "json", "--nodes-can-pull", "myregistry").catch((error: { stdout: string }) => error))
      .stdout;
  const workloads = await generate(namespace, images);
  const before = await checked();
  const done = await start(namespace, workloads);
  const after = await checked();

  for (const { wrong, unknown, pulled } of [before, after].map((output) => compare(workloads, output, done))) {
    expect.soft(wrong).toEqual([]);
    // An identity is a login for each image of its registry, even if that doesn't exist
    expect.soft(unknown.filter((text) => !text.includes("by-identity"))).toEqual([]);
    expect.soft(pulled).toBeGreaterThan(2);
  }
});

test("finds a node that can't reach the sign-in host", { timeout: 240_000 }, async ({ onTestFinished }) => {
  const place = await prepare("no-way", {});
  const silent = createServer().listen(0, "127.0.0.1");
  onTestFinished(async () => {
    silent.close();
    await node.restartKubelet(files.flags);
  });
  await once(silent, "listening");
  const { flags } = await writeNodeFiles("no-way", undefined, `http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
  await node.restartKubelet(flags);

  expect(await check(place)).toEqual({ fails: undefined, "pod-pull": "failed" });
});

test.for([
  { fault: "a key is misspelled", edit: (text: string) => text.replace("cacheType", "cachetype"), more: [] },
  {
    fault: "the feature gate is off",
    edit: undefined,
    more: ["--feature-gates=KubeletServiceAccountTokenForCredentialProviders=false"],
  },
  { fault: "the binary is missing", edit: undefined, more: [`--image-credential-provider-bin-dir=${home.path}`] },
])("stops the kubelet when $fault", { timeout: 120_000 }, async ({ fault, edit, more }, { onTestFinished }) => {
  onTestFinished(() => node.restartKubelet(files.flags));
  const { flags } = await writeNodeFiles(fault.replaceAll(" ", "-"), edit);

  await expect(node.restartKubelet([...flags, ...more])).rejects.toThrow(/kubelet ended.*Failed to register CRI auth plugins/s);
});

type Place = { readonly namespace: string; readonly image: string; readonly federated: unknown[]; readonly principalId: string };

let pods = 0;

/** Starts a new pod of the ServiceAccount. @returns whether it runs, once the kubelet has decided */
async function startPod({ namespace, image }: Place): Promise<"runs" | "fails" | undefined> {
  const name = `web-${pods++}`;
  // The kubelet pulls even if the node has the image
  const containers = [{ name: "app", image, imagePullPolicy: "Always" }];
  const spec = { serviceAccountName: "app", terminationGracePeriodSeconds: 0, containers };
  await create([{ apiVersion: "v1", kind: "Pod", metadata: { name, namespace }, spec }]);
  const state = async () => stateOf(await getJson<Pod>("pod", name, "-n", namespace));
  await until(async () => (await state()) !== undefined, 80);
  return state();
}

/** Runs `secretless check --from-cluster` from its sources. @returns the first part that fails, and the status of `pod-pull` */
async function check({ namespace, image }: Place) {
  const words = ["secretless", "check", "app", "-n", namespace, "--image", image, "--from-cluster", "-o", "json"];
  const { stdout, stderr } = await run(...words).catch((error: { stdout: string; stderr: string }) => error);
  expect(stderr).not.toMatch(/Warning/);
  const { items } = JSON.parse(stdout) as { items: readonly { id: string; status: string; message: string }[] };
  expect(items.filter(({ status }) => status === "unknown")).toEqual([]);
  const failed = items.find(({ id, status }) => status === "failed" && id !== "pod-pull");
  const [, aadsts] = /\(AADSTS(\d+)\)/.exec(failed?.message ?? "") ?? [];
  return {
    fails: failed?.id,
    ...(aadsts && { aadsts: Number(aadsts) }),
    "pod-pull": items.find(({ id }) => id === "pod-pull")?.status,
  };
}

/** Returns the commands of each shell block below a heading of the page. */
async function commandsBelow(heading: string): Promise<string[][]> {
  const [, page = ""] = (await readFile(join(root, "docs/secretless.md"), "utf8")).split(`${heading}\n`);
  const [section = ""] = page.split(/^## /m);
  return [...section.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = ""]) => block.trim().split("\n"));
}

/** Runs a command of the page in a namespace of this test, for its ServiceAccount and its image. */
async function runIn({ namespace, image }: Place, line: string): Promise<void> {
  const words = line
    .replace(/(create|check|delete|--serviceaccount) web\b/, "$1 app")
    .replace("myregistry.azurecr.io/app/web:1", image)
    .replace("--repository app/web", "--repository app")
    .replace(/( delete .*)$/, "$1 --yes")
    .split(" ");
  const place = ["-n", namespace];
  await (words[1] === "acr-secret" ? run(...words.slice(2), ...place) : kubectl([...words.slice(1), ...place]));
}

/** Runs the plugin from its sources. @throws Error with its output if it fails */
const run = (...words: string[]) =>
  promisify(execFile)(process.execPath, ["cmd/kubectl-acr_secret.ts", ...words], { cwd: root, env: { ...process.env, ...azure.env } });

function publish(change?: Situation["issuer"]): void {
  azure.world.issuers.clear();
  if (change !== "unreachable")
    azure.world.issuers.set(issuer, change === "rotated" ? { keys: keys.keys.map((key: object) => ({ ...key, kid: "old" })) } : keys);
}

/** Creates everything that a pod needs, except for the difference of the situation. */
async function prepare(namespace: string, situation: Omit<Situation, "when">): Promise<Place> {
  const {
    server = "myregistry.azurecr.io",
    role = "role" in situation ? undefined : "AcrPull",
    subject = "app",
    annotations = {},
  } = situation;
  const image = `${server}/app:${namespace}`;
  await world.push(image, "waits");
  const id = `/subscriptions/x/resourceGroups/demo/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${namespace}`;
  const identity = createIdentity(azure.world, id, { location: "eastus", tags: {} });
  const trusted = `system:serviceaccount:${namespace}:${subject}`;
  identity.federated.push({ id: "1", name: "cluster", issuer, subject: trusted, audience: tokenAudience });
  const registry = registries.find((one) => server === ("loginServer" in one ? one.loginServer : `${one.name}.azurecr.io`))?.name ?? "";
  if (role) assignRole(azure.world, identity.objectId, { role, registry });
  const account = {
    name: "app",
    namespace,
    annotations: { [clientKey]: identity.clientId, [tenantKey]: identity.tenantId, ...annotations },
  };
  const rbac = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name: "acr", namespace } };
  const apiGroup = "rbac.authorization.k8s.io";
  await create([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: account },
    ...(situation.mayRequest === false
      ? []
      : [
          {
            ...rbac,
            kind: "Role",
            rules: [
              { apiGroups: [""], resources: [tokenAudience], resourceNames: ["app"], verbs: ["request-serviceaccounts-token-audience"] },
            ],
          },
          {
            ...rbac,
            kind: "RoleBinding",
            roleRef: { apiGroup, kind: "Role", name: "acr" },
            subjects: [{ apiGroup, kind: "Group", name: "system:nodes" }],
          },
        ]),
  ]);
  // Without the time of the annotations, the check takes the setup for an old one, and does not wait for Azure
  const forget = JSON.stringify([{ op: "replace", path: "/metadata/managedFields", value: [{}] }]);
  await kubectl(["patch", "serviceaccount", "app", "-n", namespace, "--type=json", "-p", forget]);
  const place = { namespace, image, federated: identity.federated, principalId: identity.objectId };
  if (situation.deadSecret) await addSecret(place, "dead", "rejected");
  return place;
}

/** Adds a pull secret to the list of the ServiceAccount. */
async function addSecret({ namespace, image }: Place, user: string, password: string): Promise<void> {
  const login = [`--docker-server=${image.split("/")[0]}`, `--docker-username=${user}`, `--docker-password=${password}`];
  await kubectl(["create", "secret", "docker-registry", user, "-n", namespace, ...login]);
  const list = JSON.stringify({ imagePullSecrets: [{ name: user }] });
  await kubectl(["patch", "serviceaccount", "app", "-n", namespace, "--type=merge", "-p", list]);
}

/** Returns undefined while the kubelet has not decided. */
function stateOf({ status }: Pod): "runs" | "fails" | undefined {
  const { state } = status?.containerStatuses?.[0] ?? {};
  if (state && "running" in state) return "runs";
  return ["ErrImagePull", "ImagePullBackOff"].includes(state?.waiting?.reason ?? "") ? "fails" : undefined;
}
