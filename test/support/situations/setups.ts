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
  /** `id status: next` of every finding that is not ok. */
  readonly finds: readonly string[];
  /** The ways to pull, from the best to the worst: `id applies`. */
  readonly ways: readonly string[];
  /** The next step of the best way. */
  readonly best?: string;
  readonly code: number;
};

const error = (kind: CliError["kind"], hint?: string) => () => new CliError(kind, `it is ${kind}`, { hint });

const from =
  (port: Asked["port"], ...calls: readonly string[]) =>
  (asked: Asked) =>
    asked.port === port && (calls.length === 0 || calls.includes(asked.call));

/** Returns a node with this kubelet. */
export const node = (name: string, kubeletVersion = "v1.33.1", labels: Record<string, string> = {}): KubeObjects["node"] => ({
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
  return () => void (cluster.about.denies = denies);
};

const grant = "az role assignment create --assignee o-1 --role";
const create = "kubectl acr-secret create -n demo --registry myregistry";
const noRights: Given = ({ azure }) => void azure.permissions.splice(0, 1, { actions: ["*/read"], notActions: [] });

export const setups: readonly Setup[] = [
  { when: "nothing is wrong", finds: [], ways: [], code: 0 },
  { when: "no registry is named", words: "-n demo", finds: [], ways: [], code: 0 },
  { when: "you have no rights in the cluster", given: all(forbids, refuse(from("cluster", "list", "get", "metrics", "issuer"))), finds: [], ways: [], code: 2 },
  {
    when: "you have only the rights of one namespace",
    given: ({ cluster }) => {
      cluster.about.denies = ({ namespace }) => namespace === undefined;
    },
    finds: [],
    ways: [],
    code: 0,
  },
  { when: "the nodes are AKS nodes with the role", given: nodes(node("a", "v1.33.1", aks)), finds: [], ways: [], code: 0 },
  { when: "the nodes are AKS nodes without the role", given: nodes(node("a", "v1.33.1", aks)), finds: [], ways: [], code: 0 },
  {
    when: "the nodes are new, and the issuer is public",
    given: all(nodes(node("a", "v1.36.0")), ({ cluster }) => void (cluster.kubelets.issuer = "https://oidc.example.com/cluster")),
    finds: [],
    ways: [],
    code: 0,
  },
  { when: "the registry is private", given: settings({ network: "private" }), finds: [], ways: [], code: 0 },
  { when: "the registry has repository permissions (ABAC)", given: settings({ mode: "abac" }), finds: [], ways: [], code: 0 },
  { when: "the admin user is on", given: settings({ adminUser: true }), finds: [], ways: [], code: 0 },
  { when: "the Azure sign-in has expired", given: refuse(from("azure"), error("unauthenticated", "run az login")), finds: [], ways: [], code: 1 },
  { when: "you cannot read the registry", given: refuse("findRegistry", error("notFound")), finds: [], ways: [], code: 1 },
  { when: "you may only read the registry", given: noRights, finds: [], ways: [], code: 0 },
  {
    when: "the registry is full",
    sku: "Basic",
    given: ({ azure }) => {
      for (let at = 0; at < 100; at++) azure.putToken(`token-${at}`, []);
    },
    finds: [],
    ways: [],
    code: 0,
  },
  {
    when: "kubectl is old",
    options: { kubectl: async () => ({ version: "v1.34.2", context: "demo" }) },
    finds: [],
    ways: [],
    code: 0,
  },
  { when: "kubectl is missing, in a pod", options: { kubectl: () => Promise.reject(error("config")()) }, finds: [], ways: [], code: 0 },
  { when: "the cluster is unreachable", given: refuse(from("cluster"), error("unreachable")), finds: [], ways: [], code: 2 },
  { when: "the proxy is invalid", options: { env: { HTTPS_PROXY: "socks5://jane:hunter2@proxy:1080" } }, finds: [], ways: [], code: 1 },
  { when: "only HTTP_PROXY is set", options: { env: { HTTP_PROXY: "http://proxy:8080" } }, finds: [], ways: [], code: 0 },
  { when: "a file with certificates is missing", options: { env: { SSL_CERT_FILE: "/nowhere/ca.crt" } }, finds: [], ways: [], code: 1 },
  { when: "a password expires within two weeks", options: { now: () => new Date("2026-03-25T00:00:00Z") }, finds: [], ways: [], code: 0 },
  { when: "a password has expired", options: { now: () => new Date("2026-04-25T00:00:00Z") }, finds: [], ways: [], code: 1 },
  { when: "an image does not exist", given: ({ azure }) => void azure.images.clear(), finds: [], ways: [], code: 1 },
  {
    when: "a Secret was deleted, and its token is left over",
    given: ({ cluster }) => cluster.remove("secret", "demo", "acr-myregistry"),
    options: { now: () => new Date("2026-03-01T00:00:00Z") },
    finds: [],
    ways: [],
    code: 1,
  },
  { when: "all namespaces are selected", words: "--registry myregistry -A", finds: [], ways: [], code: 0 },
];
