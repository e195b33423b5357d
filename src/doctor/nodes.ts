import { asRefusal, CliError, unlessRefused } from "../errors.ts";
import { type Cluster, listAll } from "../kube/port.ts";
import { type KubeObjects, minorOf } from "../objects.ts";
import { isGuid } from "../secret/azure-words.ts";
import { hasProvider, readKubelet } from "../usage/kubelets.ts";
import { counted, joinNames } from "../wording.ts";
import { type Checked, type CheckResult, explainCommand, type Finding, findingOf } from "./finding.ts";

type KubeNode = KubeObjects["node"];

/** How the nodes of a cluster can pull. */
export type NodeFacts = {
  readonly count: number;
  /** The service that configures the kubelets; undefined if none is known, so you probably do. */
  readonly managedBy: "AKS" | "EKS" | "GKE" | undefined;
  /** The oldest kubelet: `v1.33.1`. The numbers of nodes whose kubelets are too old for ServiceAccount tokens in credential providers. */
  readonly oldest: string | undefined;
  readonly tooOld: number;
  /** The client ids of the kubelets' managed identities. */
  readonly identities: readonly string[];
  /** Whether a kubelet has a credential provider; undefined if that is not visible. */
  readonly hasProvider: boolean | undefined;
  /** The issuer of ServiceAccount tokens; undefined if unknown. */
  readonly issuer: string | undefined;
};

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

/** Checks how the nodes pull: by an identity, by a credential provider, or only by pull secrets. Changes nothing. */
export async function checkNodes(
  cluster: Pick<Cluster, "pages" | "get" | "nodeMetrics" | "nodeConfig" | "issuer">,
): Promise<Checked<NodeFacts>> {
  const of = { id: "nodes", subject: "nodes" } as const;
  const [nodes, issuer, arc] = await Promise.all([
    listAll(cluster, "node").catch(asRefusal),
    cluster.issuer().catch(unlessRefused(undefined)),
    cluster.get({ kind: "namespace", name: "azure-arc" }).catch(unlessRefused(undefined)),
  ]);
  const message = "connected to Azure Arc, which gives the kubelets no identity that can pull";
  const isInArc: Finding[] = arc ? [{ id: "azure-arc", status: "ok", subject: "cluster", message }] : [];
  if (nodes instanceof CliError) return { findings: [findingOf(nodes, of), ...isInArc], facts: nodes };
  const [provider, onNodes] = await Promise.all([providerOf(cluster, nodes), imagesOnNodes(cluster, nodes)]);
  const facts = { ...factsOf(nodes), hasProvider: provider.hasProvider, issuer };
  return { findings: [{ ...of, ...summary(facts) }, ...isInArc, ...provider.findings, ...onNodes], facts };
}

function factsOf(nodes: readonly KubeNode[]): Omit<NodeFacts, "hasProvider" | "issuer"> {
  const labels = nodes.map(({ metadata }) => metadata.labels ?? {});
  const versions = nodes.flatMap(({ status }) => status?.nodeInfo?.kubeletVersion ?? []).sort((a, b) => minor(a) - minor(b));
  // The label can be empty, and anyone who can change a node can write it
  const identities = labels.map((of) => of[identityLabel] ?? "").filter(isGuid);
  return {
    count: nodes.length,
    managedBy: services.find(([, label]) => labels.some((of) => label in of))?.[0],
    oldest: versions[0],
    tooOld: versions.filter((version) => minor(version) < federatedSince).length,
    identities: [...new Set(identities)],
  };
}

/** A version of another form counts as old. */
const minor = (version = ""): number => minorOf(version) || 0;

function summary({ count, managedBy, oldest }: NodeFacts): CheckResult {
  if (count === 0) return { status: "warning", message: "the cluster has no nodes" };
  const configured = `${managedBy ?? "no known service"} configures the kubelets`;
  return { status: "ok", message: `${counted(count, "node")}, the oldest kubelet is ${oldest ?? "of an unknown version"}; ${configured}` };
}

/** The most kubelets whose configuration is read. */
const mostKubelets = 20;

/** Says whether the kubelets ask for a login for an image that their nodes have. */
async function imagesOnNodes(cluster: Pick<Cluster, "nodeConfig" | "nodeMetrics">, nodes: readonly KubeNode[]): Promise<Finding[]> {
  const kubelets = await Promise.all(nodes.slice(0, mostKubelets).map((node) => readKubelet(cluster, node)));
  if (kubelets.length === 0) return [];
  const asking = kubelets.filter(({ rules: [{ ensures, policy }] }) => ensures && policy !== "NeverVerify");
  const policies = joinNames([...new Set(asking.map(({ rules: [{ policy }] }) => policy))]);
  const isHidden = kubelets.some(({ rules }) => rules.length > 1);
  const count = asking.length === kubelets.length ? "" : `${asking.length} of ${kubelets.length} `;
  const words =
    asking.length === 0
      ? "the kubelets start every image that their nodes have, also for a pod without a login"
      : `${count}kubelets, from v1.35 on, ask for a login also for an image that the node has (${policies}): there, a pod without one can fail at its next start`;
  const hidden = isHidden ? ["their configuration is not visible, so this is the default"] : [];
  const rest = nodes.length > mostKubelets ? [`only the first ${mostKubelets} nodes were checked`] : [];
  return [{ id: "images-on-nodes", status: "ok", subject: "nodes", message: [words, ...hidden, ...rest].join("; ") }];
}

type Provider = Pick<Checked<NodeFacts>, "findings"> & Pick<NodeFacts, "hasProvider">;

/** Looks for a credential provider in the metrics of one kubelet. Its configuration is a file on the node, which no API shows. */
async function providerOf(cluster: Pick<Cluster, "nodeMetrics">, nodes: readonly KubeNode[]): Promise<Provider> {
  const node = nodes.find(({ status }) => minor(status?.nodeInfo?.kubeletVersion) >= federatedSince);
  if (!node) return { findings: [], hasProvider: undefined };
  const of = { id: "credential-provider", subject: `node/${node.metadata.name}` } as const;
  const found = await hasProvider(cluster, node.metadata.name).catch(asRefusal);
  if (found instanceof CliError) {
    // The API server connects to the kubelet, and answers with any error if it can't
    const error = found.kind === "invalid" ? found.withHint(explainCommand(of.id)) : found;
    return { findings: [{ ...findingOf(error, of), status: "unknown" }], hasProvider: undefined };
  }
  const message = `the kubelet has ${found ? "a credential provider" : "no credential provider, so it pulls with pull secrets"}`;
  return { findings: [{ ...of, status: "ok", message }], hasProvider: found };
}
