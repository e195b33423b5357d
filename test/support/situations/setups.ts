import { pullRole } from "../../../src/credential/granted-rights.ts";
import { CliError } from "../../../src/errors.ts";
import type { KubeObjects } from "../../../src/objects.ts";
import { line } from "../demo.ts";
import type { Asked } from "../fakes/asked.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../fakes/world.ts";
import { type World as Options, type } from "../in-process.ts";
import { all, answer, type Given, refuse } from "../rows.ts";

/** A setup, and what `doctor` finds in it. */
export type Setup = {
  readonly when: string;
  readonly given?: Given;
  readonly sku?: string;
  /** The words after `doctor`. */
  readonly words?: string;
  readonly options?: Options;
  /** `status id subject: next` of every finding that is not ok. */
  readonly finds: readonly string[];
  /** The ways to pull, from the best to the worst, each with the first letter of `applies`; `?` for unknown, `x` for never. */
  readonly ways: string;
  /** The id of the best way, and its next step. */
  readonly best: string;
  readonly code: number;
};

const error = (kind: CliError["kind"], hint?: string) => () => new CliError(kind, `it is ${kind}`, { hint });

const from =
  (port: Asked["port"], ...calls: readonly string[]) =>
  (asked: Asked) =>
    asked.port === port && (calls.length === 0 || calls.includes(asked.call));

/** Returns a node with this kubelet. */
const node = (name: string, kubeletVersion = "v1.33.1", labels: Record<string, string> = {}): KubeObjects["node"] => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels },
  status: { nodeInfo: { kubeletVersion } },
});

/** Changes the registry's settings as `registryFacts` returns them. */
const settings = (more: object): Given =>
  answer("registryFacts", { mode: "legacy", adminUser: false, armAudience: true, network: "all", ...more });

const client = "70992d91-60ff-48ff-ab26-e73633e1ef1b";
const aks = { "kubernetes.azure.com/cluster": "MC_a_b_c", "kubernetes.azure.com/kubelet-identity-client-id": client };

/** Gives the kubelet's identity a role on the registry, or none. */
const identity =
  (role?: string): Given =>
  ({ azure: { directory, identities } }) => {
    directory.principals.push({ id: "p-1", appId: client, enabled: true, identityId: "/kubelet" });
    identities.all.set("/kubelet", { id: "/kubelet", clientId: client, principalId: "p-1", tenant: "t", ours: false, credentials: [] });
    const assignment = { name: "a-1", here: true, ours: false, condition: undefined, madeAt: undefined };
    if (role !== undefined) directory.assignments.push({ ...assignment, principalId: "p-1", role });
  };

/** Replaces all nodes. */
const nodes =
  (...some: readonly KubeObjects["node"][]): Given =>
  ({ cluster }) => {
    for (const { metadata } of cluster.all("node")) cluster.remove("node", "", metadata.name);
    for (const one of some) cluster.put(one);
  };

/** Creates a world with a node of Kubernetes 1.33, and a pod that pulls with a Secret of this plugin. */
export async function healthy(sku?: string): Promise<FakeWorld> {
  const world = fakeWorld({ sku });
  addNamespaces(world.cluster, "kube-system", "demo");
  world.cluster.put(node("worker"));
  world.cluster.put({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web-1", namespace: "demo" },
    spec: {
      serviceAccountName: "default",
      imagePullSecrets: [{ name: "acr-myregistry" }],
      containers: [{ name: "web", image: "myregistry.azurecr.io/app/web:1" }],
    },
    status: { phase: "Running", containerStatuses: [{ name: "web", imageID: "sha256:1", state: { running: {} } }] },
  });
  const { code, stderr } = await type(`${line} --expires-in 90d --restart=none`, world.ports);
  if (code !== 0) throw new Error(stderr);
  world.asking.forget();
  return world;
}

const forbids: Given = ({ cluster }) => {
  const { denies } = cluster.about;
  cluster.about.denies = () => true;
  return () => {
    cluster.about.denies = denies;
  };
};

const noRights: Given = ({ azure }) => void azure.permissions.splice(0, 1, { actions: ["*/read"], notActions: [] });

/** AKS nodes whose identity may pull. */
export const aksNodes: Given = all(nodes(node("a", "v1.33.1", aks)), identity(pullRole.legacy.id));

/** The ways to pull on nodes that you configure and that are too old for a federated credential provider. */
const usual = {
  ways: "uubaax",
  best: "scheduled-rotation: kubectl acr-secret schedule -f FILE --image IMAGE",
};

export const setups: readonly Setup[] = [
  {
    when: "nothing is wrong",
    finds: [],
    ...usual,
    code: 0,
  },
  { when: "no registry is named", words: "-n demo", finds: [], ways: "uu???x", best: "none", code: 0 },
  {
    when: "you have no rights in the cluster",
    given: all(forbids, refuse(from("cluster", "list", "get", "metrics", "issuer"))),
    finds: [
      "warning cluster-rights create: kubectl acr-secret explain cluster-rights",
      "warning cluster-rights apply: kubectl acr-secret explain cluster-rights",
      "warning cluster-rights attach: kubectl acr-secret explain cluster-rights",
      "warning cluster-rights check: kubectl acr-secret explain cluster-rights",
      "warning cluster-rights list: kubectl acr-secret explain cluster-rights",
      "warning cluster-rights rotate: kubectl acr-secret explain cluster-rights",
      "warning cluster-rights detach: kubectl acr-secret explain cluster-rights",
      "warning cluster-rights delete: kubectl acr-secret explain cluster-rights",
      "warning cluster-rights prune: kubectl acr-secret explain cluster-rights",
      "unknown nodes nodes: kubectl acr-secret explain forbidden",
      "unknown secret-expiry namespace/demo: kubectl acr-secret explain forbidden",
      "unknown image-pulls namespace/demo: kubectl acr-secret explain forbidden",
      "unknown schedules schedules: kubectl acr-secret explain forbidden",
      "unknown leftovers registry/myregistry: kubectl acr-secret explain leftovers",
    ],
    ways: "??ubax",
    best: "token-without-expiry: kubectl acr-secret create -n demo --registry myregistry",
    code: 2,
  },
  {
    when: "you have only the rights of one namespace",
    given: ({ cluster }) => {
      cluster.about.denies = ({ namespace }) => namespace === undefined;
    },
    finds: [
      "warning cluster-rights apply: kubectl acr-secret explain cluster-rights",
      "warning cluster-rights rotate: kubectl acr-secret explain cluster-rights",
      "warning cluster-rights prune: kubectl acr-secret explain cluster-rights",
    ],
    ...usual,
    code: 0,
  },
  {
    when: "the nodes are AKS nodes with the role",
    given: aksNodes,
    finds: [],
    ways: "buaaax",
    best: "aks-identity: kubectl acr-secret check -n demo",
    code: 0,
  },
  {
    when: "the nodes are AKS nodes without the role",
    given: all(nodes(node("a", "v1.33.1", aks)), identity()),
    finds: [
      `warning kubelet-identity registry/myregistry: az role assignment create --assignee ${client} --role AcrPull --scope /registries/myregistry`,
    ],
    ...usual,
    code: 0,
  },
  {
    when: "the nodes are new, and the issuer is public",
    given: all(nodes(node("a", "v1.36.0")), answer("issuer", "https://oidc.example.com/cluster")),
    finds: [],
    ways: "ubaaax",
    best: "federated-provider: kubectl acr-secret secretless create -n demo SERVICEACCOUNT --registry myregistry",
    code: 0,
  },
  {
    when: "the registry is private",
    given: settings({ network: "private" }),
    finds: ["warning registry-network registry/myregistry: kubectl acr-secret check -n demo --from-cluster"],
    ...usual,
    code: 0,
  },
  {
    when: "the registry has repository permissions (ABAC)",
    given: settings({ mode: "abac" }),
    finds: [],
    ...usual,
    code: 0,
  },
  {
    when: "the admin user is on",
    given: settings({ adminUser: true }),
    finds: [
      "warning registry-admin-user registry/myregistry: if no Secret holds its password, disable it: az acr update --name myregistry --admin-enabled false",
    ],
    ...usual,
    code: 0,
  },
  {
    when: "the Azure sign-in has expired",
    given: refuse(from("azure"), error("unauthenticated", "run az login")),
    finds: ["failed azure-identity azure: run az login", "unknown leftovers registry/myregistry: run az login"],
    ways: "uu???x",
    best: "none",
    code: 2,
  },
  {
    when: "you cannot read the registry",
    given: refuse("findRegistry", error("notFound")),
    finds: [
      "failed azure-registry registry/myregistry: kubectl acr-secret explain notFound",
      "unknown azure-rights registry/myregistry: ask an Owner or User Access Administrator to run: az role assignment create --assignee o-1 --role 'Container Registry Contributor and Data Access Configuration Administrator' --scope REGISTRY_ID",
      "unknown leftovers registry/myregistry: kubectl acr-secret explain notFound",
    ],
    ways: "uu???x",
    best: "none",
    code: 2,
  },
  {
    when: "you may only read the registry",
    given: noRights,
    finds: [
      "warning azure-rights registry/myregistry: ask an Owner or User Access Administrator to run: az role assignment create --assignee o-1 --role 'Container Registry Contributor and Data Access Configuration Administrator' --scope REGISTRY_ID",
    ],
    ways: "uuuuux",
    best: "none",
    code: 0,
  },
  {
    when: "the registry is full",
    sku: "Basic",
    given: ({ azure }) => {
      for (let at = 0; at < 100; at++) azure.putToken(`token-${at}`, []);
    },
    finds: ["warning registry-tokens registry/myregistry: kubectl acr-secret prune -n demo --registry myregistry"],
    ways: "uuuubx",
    best: "service-principal: kubectl acr-secret create -n demo --registry myregistry --service-principal acr-pull-myregistry",
    code: 0,
  },
  {
    when: "kubectl is old",
    options: { kubectl: async () => ({ version: "v1.34.2", context: "demo" }) },
    finds: ["warning kubectl-version kubectl: https://kubernetes.io/releases/version-skew-policy/#kubectl"],
    ...usual,
    code: 0,
  },
  {
    when: "kubectl is missing, in a pod",
    options: { kubectl: () => Promise.reject(error("config")()) },
    finds: ["warning kubectl-version kubectl: kubectl acr-secret explain config"],
    ...usual,
    code: 0,
  },
  {
    when: "the server is older than SelfSubjectReview",
    given: refuse("user", error("notFound")),
    finds: ["unknown cluster-identity cluster: kubectl acr-secret explain notFound"],
    ...usual,
    code: 0,
  },
  {
    when: "--strict counts what no flag has asked for",
    given: refuse("user", error("notFound")),
    words: "--registry myregistry -n demo --strict",
    finds: ["unknown cluster-identity cluster: kubectl acr-secret explain notFound"],
    ...usual,
    code: 2,
  },
  ...(
    [
      ["-n demo", 2],
      ["-A", 2],
      ["", 0, "unknown image-pulls namespace/default: kubectl get namespaces"],
    ] as const
  ).map(([words, code, ...more]) => ({
    when: `pull secrets cannot be listed with the flags "${words}"`,
    given: refuse((asked) => asked.call === "list" && asked.at.startsWith("secret"), error("forbidden")),
    words,
    finds: [`unknown secret-expiry namespace/${words === "" ? "default" : "demo"}: kubectl acr-secret explain forbidden`, ...more],
    ways: "uu???x",
    best: "none",
    code,
  })),
  {
    when: "the cluster is unreachable",
    given: refuse(from("cluster"), error("unreachable")),
    finds: [
      "failed cluster-version cluster: kubectl acr-secret explain unreachable",
      "unknown cluster-identity cluster: kubectl acr-secret explain unreachable",
      "unknown cluster-rights cluster: kubectl acr-secret explain unreachable",
      "unknown nodes nodes: kubectl acr-secret explain unreachable",
      "unknown secret-expiry pull secrets: kubectl acr-secret explain unreachable",
      "unknown image-pulls namespace/demo: kubectl acr-secret explain unreachable",
      "unknown schedules schedules: kubectl acr-secret explain unreachable",
      "unknown leftovers registry/myregistry: kubectl acr-secret explain unreachable",
    ],
    ways: "??baax",
    best: "scheduled-rotation: kubectl acr-secret schedule -f FILE --image IMAGE",
    code: 2,
  },
  {
    when: "the proxy is invalid",
    options: { env: { HTTPS_PROXY: "socks5://jane:hunter2@proxy:1080" } },
    finds: ["failed proxy HTTPS_PROXY: set HTTPS_PROXY=http://HOST:PORT, or add the host to NO_PROXY"],
    ...usual,
    code: 1,
  },
  { when: "the proxy has a password", options: { env: { HTTPS_PROXY: "http://jane:hunter2@proxy:8080" } }, finds: [], ...usual, code: 0 },
  {
    when: "only HTTP_PROXY is set",
    options: { env: { HTTP_PROXY: "http://proxy:8080" } },
    finds: ["warning proxy HTTPS_PROXY: kubectl acr-secret explain proxy"],
    ...usual,
    code: 0,
  },
  {
    when: "a file with certificates is missing",
    options: { env: { SSL_CERT_FILE: "/nowhere/ca.crt" } },
    finds: ["failed certificates SSL_CERT_FILE: kubectl acr-secret explain certificates"],
    ...usual,
    code: 1,
  },
  {
    when: "a file with more certificates contains none",
    options: { env: { NODE_EXTRA_CA_CERTS: import.meta.filename } },
    finds: ["warning certificates NODE_EXTRA_CA_CERTS: kubectl acr-secret explain certificates"],
    ...usual,
    code: 0,
  },
  {
    when: "a password expires within two weeks",
    options: { now: () => new Date("2026-03-25T00:00:00Z") },
    finds: ["warning secret-expiry secret/acr-myregistry: kubectl acr-secret rotate -n demo acr-myregistry"],
    ...usual,
    code: 0,
  },
  {
    when: "a password has expired",
    options: { now: () => new Date("2026-04-25T00:00:00Z") },
    finds: ["failed secret-expiry secret/acr-myregistry: kubectl acr-secret rotate -n demo acr-myregistry"],
    ...usual,
    code: 1,
  },
  {
    when: "an image does not exist",
    given: ({ azure }) => void azure.images.clear(),
    finds: ["failed image-pulls myregistry.azurecr.io/app/web:1: az acr repository list --name myregistry"],
    ...usual,
    code: 1,
  },
  {
    when: "a Secret was deleted, and its token is left over",
    given: ({ cluster }) => cluster.remove("secret", "demo", "acr-myregistry"),
    options: { now: () => new Date("2026-03-01T00:00:00Z") },
    finds: [
      "warning image-pulls images: kubectl acr-secret check -n demo",
      "warning leftovers registry/myregistry: kubectl acr-secret prune -n demo --registry myregistry",
    ],
    ...usual,
    code: 0,
  },
  {
    when: "all namespaces are selected",
    words: "--registry myregistry -A",
    finds: [],
    ...usual,
    code: 0,
  },
];
