import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultRegistries } from "../../sandbox/azure/create-world.ts";
import { startAzure } from "../../sandbox/azure/emulator.ts";
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
import { type } from "../support/in-process.ts";
import { create, getJson, kubectl } from "../support/kubectl.ts";
import { worldOf } from "../support/node-world.ts";
import { until } from "../support/until.ts";

// A real kubelet runs the real acr-credential-provider, which exchanges the tokens of pods at the emulated Entra ID.

const abac = "abacregistry";
const labeled = "labeled-a1b2c3d4e5f6a7b8.azurecr.io";
const registries = [
  ...defaultRegistries,
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
  startAzure({ folder: join(home.path, "azure"), authority, registryBinary: programs.program("registry"), registries }),
]);
Object.assign(process.env, {
  PATH: [...programs.path, process.env.PATH].join(":"),
  KUBECONFIG: cluster.kubeconfig,
  KUBECACHEDIR: join(home.path, "kubectl-cache"),
});
const world = worldOf(azure, await readFile(programs.program("pause")));
const keys = JSON.parse(await kubectl(["get", "--raw", "/openid/v1/jwks"]));

/** Writes the printed files for kubeadm below a folder of the test, with a proxy and a private CA. @returns the kubelet's flags */
async function writeNodeFiles(): Promise<string[]> {
  const folder = join(home.path, "files");
  const { stdout } = await type("secretless node-files --for kubeadm", {});
  const env = Object.entries({ HTTPS_PROXY: azure.proxy, SSL_CERT_FILE: azure.caFile }).map(([name, value]) => ({ name, value }));
  const edited = stdout.replace("  args:\n  - /", `  env: ${JSON.stringify(env)}\n  args:\n  - ${folder}/`);
  for (const [document, path] of edited.split(/^---\n/m).map((text) => [text, /^# (\/\S+)$/m.exec(text)?.[1]] as const)) {
    if (path === undefined) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), path.endsWith(".json") ? document.replace(/^#.*\n/gm, "") : document);
  }
  const [, config = ""] = /^# +--image-credential-provider-config=(.*)$/m.exec(stdout) ?? [];
  const binaryFolder = dirname(programs.program("acr-credential-provider"));
  return [`--image-credential-provider-config=${folder}${config}`, `--image-credential-provider-bin-dir=${binaryFolder}`];
}

let node: Awaited<ReturnType<typeof startNode>> | undefined;
beforeAll(async () => {
  const kubeletFlags = await writeNodeFiles();
  node = await startNode({ folder: home.path, cluster, binaries: programs, proxy: azure.proxy, caFile: azure.caFile, kubeletFlags });
}, 120_000);
afterAll(async () => {
  await node?.stop();
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
  /** The part that `secretless check` names; absent if the pod runs. */
  readonly fails?: string;
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
  { when: "the pod also has a rejected pull secret", deadSecret: true },
  { when: "the kubelets may not request the audience", mayRequest: false, fails: "token-audience" },
  { when: "the ServiceAccount has no annotations", annotations: { [clientKey]: undefined, [tenantKey]: undefined }, fails: "annotations" },
  { when: "the identity has no role", role: undefined, fails: "registry-access" },
  { when: "the federated credential names another ServiceAccount", subject: "other", fails: "token-exchange" },
  { when: "the annotation names an unknown client", annotations: { [clientKey]: unknownId }, fails: "token-exchange" },
  { when: "the annotation names an unknown tenant", annotations: { [tenantKey]: unknownId }, fails: "token-exchange" },
  { when: "Entra ID can't reach the issuer", issuer: "unreachable", fails: "token-exchange" },
  { when: "the published keys are old", issuer: "rotated", fails: "token-exchange" },
];

test.for(situations)("agrees with secretless check when $when", { timeout: 90_000 }, async (situation, { onTestFinished }) => {
  const namespace = `s-${situations.indexOf(situation)}`;
  const image = await prepare(namespace, situation);
  publish(situation.issuer);
  onTestFinished(() => publish());

  await create([{ apiVersion: "v1", kind: "Pod", metadata: { name: "web", namespace }, spec: podSpec(image, situation) }]);

  const state = async () => stateOf(await getJson<Pod>("pod", "web", "-n", namespace));
  await until(async () => (await state()) !== undefined, 80);
  expect(await state()).toBe(situation.fails === undefined ? "runs" : "fails");
  const { items } = await getJson<{ items: readonly unknown[] }>("secrets", "-n", namespace);
  expect(items).toHaveLength(situation.deadSecret ? 1 : 0);
  expect(await check(namespace, image)).toBe(situation.fails);
});

/** Runs `secretless check` from its sources. @returns the first part that fails */
async function check(namespace: string, image: string): Promise<string | undefined> {
  const words = ["cmd/kubectl-acr_secret.ts", "secretless", "check", "app", "-n", namespace, "--image", image, "-o", "json"];
  const env = { ...process.env, ...azure.env };
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: root, env }).catch((error: { stdout: string }) => error);
  const { items } = JSON.parse(stdout) as { items: readonly { id: string; status: string }[] };
  // The API server of the sandbox can't resolve the name of the node
  const parts = items.filter(({ id }) => id !== "node-provider");
  expect(parts.filter(({ status }) => status === "unknown")).toEqual([]);
  return parts.find(({ status }) => status === "failed")?.id;
}

function publish(change?: Situation["issuer"]): void {
  azure.world.issuers.clear();
  if (change !== "unreachable")
    azure.world.issuers.set(issuer, change === "rotated" ? { keys: keys.keys.map((key: object) => ({ ...key, kid: "old" })) } : keys);
}

/** Creates everything that a pod needs, except for the difference of the situation. @returns the pod's image */
async function prepare(namespace: string, situation: Situation): Promise<string> {
  const {
    server = "myregistry.azurecr.io",
    role = "role" in situation ? undefined : "AcrPull",
    subject = "app",
    annotations = {},
  } = situation;
  const image = `${server}/app:${namespace}`;
  await world.push(image, "waits");
  const identity = createIdentity(
    azure.world,
    `/subscriptions/x/resourceGroups/demo/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${namespace}`,
    {
      location: "eastus",
      tags: {},
    },
  );
  identity.federated.push({
    id: "1",
    name: "cluster",
    issuer,
    subject: `system:serviceaccount:${namespace}:${subject}`,
    audience: tokenAudience,
  });
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
  if (situation.deadSecret)
    await kubectl([
      "create",
      "secret",
      "docker-registry",
      "dead",
      "-n",
      namespace,
      `--docker-server=${server}`,
      "--docker-username=a",
      "--docker-password=b",
    ]);
  return image;
}

const podSpec = (image: string, { deadSecret }: Situation) => ({
  serviceAccountName: "app",
  terminationGracePeriodSeconds: 0,
  imagePullSecrets: deadSecret ? [{ name: "dead" }] : [],
  containers: [{ name: "app", image }],
});

/** Returns undefined while the kubelet has not decided. */
function stateOf({ status }: Pod): "runs" | "fails" | undefined {
  const { state } = status?.containerStatuses?.[0] ?? {};
  if (state && "running" in state) return "runs";
  return ["ErrImagePull", "ImagePullBackOff"].includes(state?.waiting?.reason ?? "") ? "fails" : undefined;
}
