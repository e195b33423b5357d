import type { Cluster } from "../cluster/port.ts";
import { asRefusal, unlessRefused } from "../errors.ts";
import type { KubeObjects } from "../objects.ts";
import { explainCommand, type Finding, findingOf } from "./finding.ts";
import type { LadderFacts, NodeFacts } from "./ladder.ts";

type KubeNode = KubeObjects["node"];

type Checked = { readonly findings: readonly Finding[]; readonly facts: LadderFacts["nodes"] };

/** A label that only nodes of a service have, whose kubelets the service configures. */
const services = [
  ["AKS", "kubernetes.azure.com/cluster"],
  ["EKS", "eks.amazonaws.com/nodegroup"],
  ["EKS", "eks.amazonaws.com/compute-type"],
  ["GKE", "cloud.google.com/gke-nodepool"],
] as const;

/** The client id of the kubelet's managed identity, on AKS nodes. */
const identityLabel = "kubernetes.azure.com/kubelet-identity-client-id";

/** Since this minor version of Kubernetes 1, a kubelet can give a credential provider the ServiceAccount's token by default (KEP-4412). */
const federatedSince = 34;

/** A series that a kubelet from 1.34 on has only with a credential provider. */
const providerMetric = /^kubelet_credential_provider_config_info\b/m;

/** Checks how the nodes pull: by an identity, by a credential provider, or only by pull secrets. Changes nothing. */
export async function checkNodes(cluster: Pick<Cluster, "pages" | "get" | "nodeMetrics" | "issuer">): Promise<Checked> {
  const [nodes, issuer, arc] = await Promise.all([
    Array.fromAsync(cluster.pages("node")).then((pages) => pages.flat(), asRefusal),
    cluster.issuer().catch(unlessRefused(undefined)),
    cluster.get({ kind: "namespace", name: "azure-arc" }).catch(unlessRefused(undefined)),
  ]);
  const isInArc: Finding[] = arc ? [{ id: "azure-arc", status: "ok", subject: "cluster", message: arcMessage }] : [];
  if (nodes instanceof Error) {
    const failed = findingOf(nodes, { id: "nodes", subject: "nodes" });
    return { findings: [failed, ...isInArc], facts: { unknown: nodes.message, next: failed.next } };
  }
  const facts = factsOf(nodes, issuer);
  const { finding, hasProvider } = await providerOf(cluster, nodes);
  return { findings: [summary(facts), ...isInArc, ...finding], facts: { ...facts, hasProvider } };
}

const arcMessage = "connected to Azure Arc, which gives the kubelets no identity that can pull";

function factsOf(nodes: readonly KubeNode[], issuer: string | undefined): NodeFacts {
  const labels = nodes.map(({ metadata }) => metadata.labels ?? {});
  const versions = nodes.flatMap(({ status }) => status?.nodeInfo?.kubeletVersion ?? []).sort((a, b) => minorOf(a) - minorOf(b));
  // The label can be empty, and anyone who can change a node can write it
  const identities = labels.map((of) => of[identityLabel] ?? "").filter((id) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id));
  return {
    count: nodes.length,
    managedBy: services.find(([, label]) => labels.some((of) => label in of))?.[0],
    oldest: versions[0],
    tooOld: versions.filter((version) => minorOf(version) < federatedSince).length,
    identities: [...new Set(identities)],
    hasProvider: undefined,
    issuer,
  };
}

/** The minor version in `v1.34.1+k3s1`; 0 for a version of another form. */
const minorOf = (version: string): number => Number(/^v1\.(\d+)\./.exec(version)?.[1] ?? 0);

function summary({ count, managedBy, oldest }: NodeFacts): Finding {
  const rest = { id: "nodes", subject: "nodes" } as const;
  if (count === 0) return { ...rest, status: "warning", message: "the cluster has no nodes" };
  const number = count === 1 ? "1 node" : `${count} nodes`;
  const configured = `${managedBy ?? "no known service"} configures the kubelets`;
  return { ...rest, status: "ok", message: `${number}, the oldest kubelet is ${oldest ?? "of an unknown version"}; ${configured}` };
}

/** Looks for a credential provider in the metrics of one kubelet. Its configuration is a file on the node, which no API shows. */
async function providerOf(cluster: Pick<Cluster, "nodeMetrics">, nodes: readonly KubeNode[]) {
  const node = nodes.find(({ status }) => minorOf(status?.nodeInfo?.kubeletVersion ?? "") >= federatedSince);
  if (!node) return { finding: [], hasProvider: undefined };
  const of = { id: "credential-provider", subject: `node/${node.metadata.name}` } as const;
  const metrics = await cluster.nodeMetrics(node.metadata.name).catch(asRefusal);
  // The API server connects to the kubelet, and answers with any error if it can't
  if (metrics instanceof Error) {
    const failed = findingOf(metrics, of);
    const next = metrics.kind === "invalid" ? explainCommand(of.id) : failed.next;
    return { finding: [{ ...failed, status: "unknown", next } as const], hasProvider: undefined };
  }
  const hasProvider = providerMetric.test(metrics);
  const message = hasProvider
    ? "the kubelet has a credential provider"
    : "the kubelet has no credential provider, so it pulls with pull secrets";
  return { finding: [{ ...of, status: "ok", message } as const], hasProvider };
}
