import { expect, test } from "vitest";
import { explainCommand } from "../../../src/doctor/finding.ts";
import { checkNodes, type NodeFacts } from "../../../src/doctor/nodes.ts";
import { CliError } from "../../../src/errors.ts";
import { openInterruption } from "../../../src/interruption.ts";
import type { KubeObjects } from "../../../src/objects.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { namespace } from "../../support/fakes/cluster.ts";
import { type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";

const node = (name: string, kubeletVersion: string, labels: Record<string, string> = {}): KubeObjects["node"] => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels },
  status: { nodeInfo: { kubeletVersion } },
});

const forbidden = () => new CliError("forbidden", 'nodes is forbidden: User "jane" cannot list resource "nodes"');

const client = "70992d91-60ff-48ff-ab26-e73633e1ef1b";
const aks = (id: string) => ({ "kubernetes.azure.com/cluster": "MC_a_b_c", "kubernetes.azure.com/kubelet-identity-client-id": id });

const provider = 'kubelet_credential_provider_config_info{hash="sha256:1"} 1\n';

type Row = {
  readonly when: string;
  readonly given: (world: FakeWorld) => unknown;
  /** `id status`, in order. */
  readonly finds: readonly string[];
  readonly facts: Partial<NodeFacts> | Pick<CliError, "message">;
};

const rows: readonly Row[] = [
  {
    when: "you configure the kubelets",
    given: ({ cluster }) => {
      cluster.put(node("a", "v1.36.1"));
      cluster.put(node("b", "v1.35.0+k3s1"));
    },
    finds: ["nodes ok", "credential-provider ok", "images-on-nodes ok"],
    facts: { count: 2, managedBy: undefined, oldest: "v1.35.0+k3s1", tooOld: 0, hasProvider: false },
  },
  {
    when: "a kubelet has a credential provider",
    given: ({ cluster }) => {
      cluster.put(node("a", "v1.36.1"));
      cluster.kubelets.metrics = `# HELP kubelet_credential_provider_config_info Information\n${provider}`;
    },
    finds: ["nodes ok", "credential-provider ok", "images-on-nodes ok"],
    facts: { hasProvider: true },
  },
  {
    when: "no kubelet shows its credential provider, because all are old",
    given: ({ cluster }) => cluster.put(node("a", "v1.9.2")),
    finds: ["nodes ok", "images-on-nodes ok"],
    facts: { oldest: "v1.9.2", tooOld: 1, hasProvider: undefined },
  },
  {
    when: "the metrics of kubelets cannot be read",
    given: ({ cluster, asking }) => {
      cluster.put(node("a", "v1.36.1"));
      asking.around(refusing(is("metrics"), forbidden));
    },
    finds: ["nodes ok", "credential-provider unknown", "images-on-nodes ok"],
    facts: { count: 1, hasProvider: undefined },
  },
  {
    when: "the API server cannot connect to the kubelet",
    given: ({ cluster, asking }) => {
      cluster.put(node("a", "v1.36.1"));
      asking.around(refusing(is("metrics"), () => new CliError("invalid", "Error from server (BadRequest): lookup a: no such host")));
    },
    finds: ["nodes ok", "credential-provider unknown", "images-on-nodes ok"],
    facts: { hasProvider: undefined },
  },
  {
    when: "the issuer cannot be read",
    given: ({ cluster, asking }) => {
      cluster.put(node("a", "v1.36.1"));
      asking.around(refusing(is("issuer"), forbidden));
    },
    finds: ["nodes ok", "credential-provider ok", "images-on-nodes ok"],
    facts: { issuer: undefined },
  },
  {
    when: "AKS configures the kubelets, with one identity",
    given: ({ cluster }) => {
      cluster.put(node("a", "v1.36.1", aks(client)));
      cluster.put(node("b", "v1.36.1", aks(client)));
    },
    finds: ["nodes ok", "credential-provider ok", "images-on-nodes ok"],
    facts: { managedBy: "AKS", identities: [client] },
  },
  {
    when: "the identity on a label is empty or not a client id",
    given: ({ cluster }) => {
      cluster.put(node("a", "v1.36.1", aks("")));
      cluster.put(node("b", "v1.36.1", aks("--role")));
    },
    finds: ["nodes ok", "credential-provider ok", "images-on-nodes ok"],
    facts: { managedBy: "AKS", identities: [] },
  },
  {
    when: "EKS configures the kubelets",
    given: ({ cluster }) => cluster.put(node("a", "v1.36.1-eks-1", { "eks.amazonaws.com/nodegroup": "n" })),
    finds: ["nodes ok", "credential-provider ok", "images-on-nodes ok"],
    facts: { managedBy: "EKS" },
  },
  {
    when: "GKE configures the kubelets",
    given: ({ cluster }) => cluster.put(node("a", "v1.36.1-gke.1", { "cloud.google.com/gke-nodepool": "n" })),
    finds: ["nodes ok", "credential-provider ok", "images-on-nodes ok"],
    facts: { managedBy: "GKE" },
  },
  {
    when: "the cluster is connected to Azure Arc",
    given: ({ cluster }) => {
      cluster.put(node("a", "v1.36.1"));
      cluster.put(namespace("azure-arc"));
    },
    finds: ["nodes ok", "azure-arc ok", "credential-provider ok", "images-on-nodes ok"],
    facts: { managedBy: undefined },
  },
  { when: "the cluster has no nodes", given: () => undefined, finds: ["nodes warning"], facts: { count: 0, oldest: undefined } },
  {
    when: "the nodes cannot be listed",
    given: ({ asking }) => asking.around(refusing(is("list node"), forbidden)),
    finds: ["nodes unknown"],
    facts: { message: forbidden().message },
  },
  {
    when: "the version of a kubelet has another form",
    given: ({ cluster }) => cluster.put(node("a", "devel")),
    finds: ["nodes ok", "images-on-nodes ok"],
    facts: { oldest: "devel", tooOld: 1 },
  },
];

test("explains the check when the API server cannot connect to the kubelet", async () => {
  const world = fakeWorld();
  world.cluster.put(node("a", "v1.36.1"));
  world.asking.around(refusing(is("metrics"), () => new CliError("invalid", "Error from server (BadRequest): lookup a: no such host")));
  const cluster = world.cluster.open({ kube: { forward: [], requestTimeout: 0 }, interruption: openInterruption() });

  const { findings } = await checkNodes(cluster);

  expect(findings.find(({ id }) => id === "credential-provider")?.next).toEqual(explainCommand("credential-provider"));
});

const config = (imagePullCredentialsVerificationPolicy: string) => ({ kubeletconfig: { imagePullCredentialsVerificationPolicy } });
const ask = "ask for a login also for an image that the node has";
const then = "there, a pod without one can fail at its next start";

test.for([
  { versions: ["v1.32.1"], says: "the kubelets start every image that their nodes have, also for a pod without a login" },
  {
    versions: ["v1.37.0"],
    configz: config("NeverVerify"),
    says: "the kubelets start every image that their nodes have, also for a pod without a login",
  },
  {
    versions: ["v1.36.0", "v1.37.0"],
    configz: config("AlwaysVerify"),
    says: `kubelets, from v1.35 on, ${ask} (AlwaysVerify): ${then}`,
  },
  { versions: ["v1.32.1", "v1.37.0"], configz: {}, says: `1 of 2 kubelets, from v1.35 on, ${ask} (NeverVerifyPreloadedImages): ${then}` },
  {
    versions: Array.from({ length: 21 }, () => "v1.32.1"),
    says: "the kubelets start every image that their nodes have, also for a pod without a login; only the first 20 nodes were checked",
  },
  {
    versions: ["v1.36.0"],
    says: `kubelets, from v1.35 on, ${ask} (NeverVerifyPreloadedImages): ${then}; their configuration is not visible, so this is the default`,
  },
])("says that kubelets $versions with $configz treat images of nodes by their rules", async ({ versions, configz, says }) => {
  const world = fakeWorld();
  versions.forEach((version, index) => void world.cluster.put(node(`n${index}`, version)));
  if (configz) world.cluster.kubelets.config = configz;
  else world.asking.around(refusing(is("config"), forbidden));
  const { findings } = await checkNodes(world.cluster.open({ kube: { forward: [], requestTimeout: 0 }, interruption: openInterruption() }));

  expect(findings.find(({ id }) => id === "images-on-nodes")?.message).toBe(says);
});

test.for(rows)("finds how nodes pull when $when", async ({ given, finds, facts }) => {
  const world = fakeWorld();
  given(world);
  const cluster = world.cluster.open({ kube: { forward: [], requestTimeout: 0 }, interruption: openInterruption() });

  const found = await checkNodes(cluster);

  expect(found.findings.map(({ id, status }) => `${id} ${status}`)).toEqual(finds);
  expect(found.facts).toMatchObject(facts);
  expect(world.asking.writes).toEqual([]);
});
