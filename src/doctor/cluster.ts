import { unlessRefused } from "../errors.ts";
import type { Cluster, KubectlFacts, Right } from "../kube/port.ts";
import { minorOf } from "../objects.ts";
import type { CheckResult } from "./finding.ts";

/** Where kubectl's versions are documented. */
const skewPage = "https://kubernetes.io/releases/version-skew-policy/#kubectl";

/** Checks that kubectl is at most one minor version away from the API server. */
export async function checkKubectl(kubectl: Promise<KubectlFacts>, cluster: Pick<Cluster, "serverVersion">): Promise<CheckResult[]> {
  const [{ version }, server] = await Promise.all([kubectl, cluster.serverVersion().catch(unlessRefused(undefined))]);
  if (!server) return [{ status: "ok", message: `kubectl is ${version}` }];
  const skew = Math.abs(minorOf(version) - minorOf(server.gitVersion));
  if (!(skew > 1)) return [{ status: "ok", message: `kubectl ${version} supports the API server ${server.gitVersion}` }];
  const message = `kubectl ${version} is ${skew} minor versions from the API server ${server.gitVersion}, and only one is supported`;
  return [{ status: "warning", message, next: skewPage }];
}

/** Checks that the API server responds. */
export const checkServer = async (cluster: Pick<Cluster, "serverVersion">): Promise<CheckResult[]> => [
  { status: "ok", message: `the API server is ${(await cluster.serverVersion()).gitVersion}` },
];

/** Checks as which user, in which context and in which namespace the commands run. */
export async function checkUser(kubectl: Promise<KubectlFacts>, cluster: Pick<Cluster, "user" | "namespace">): Promise<CheckResult[]> {
  const [client, user, namespace] = await Promise.all([kubectl.catch(unlessRefused(undefined)), cluster.user(), cluster.namespace()]);
  const context = client?.context ? ` in context ${client.context}` : "";
  return [{ status: "ok", message: `you are user ${JSON.stringify(user)}${context}, in namespace ${namespace}` }];
}

/** The rights that a verb uses in one namespace and in the whole cluster (docs/rbac.json). */
export type VerbRights = {
  readonly verb: string;
  readonly rights: readonly (Omit<Right, "namespace"> & { readonly where: string })[];
};

/**
 * Checks which verbs you have the rights for, with a review of each right: a SelfSubjectRulesReview omits the rules of webhook authorizers,
 * such as Azure RBAC on AKS.
 * @param namespace absent: in all namespaces
 */
export async function checkRights(
  verbs: readonly VerbRights[],
  cluster: Pick<Cluster, "may">,
  namespace: string | undefined,
): Promise<CheckResult[]> {
  const unique = new Map(verbs.flatMap(({ rights }) => rights.map((right) => [JSON.stringify(right), right] as const)));
  const asked = [...unique].map(async ([key, { where, ...right }]) => {
    return [key, await cluster.may({ ...right, namespace: where === "namespace" ? namespace : undefined })] as const;
  });
  const has = new Map(await Promise.all(asked));
  const lacks = (right: object) => !has.get(JSON.stringify(right));
  const missing = verbs.map(({ verb, rights }) => ({ verb, rights: rights.filter(lacks).map(inWords) }));
  const complete = missing.filter(({ rights }) => rights.length === 0).map(({ verb }) => verb);
  const place = namespace === undefined ? "in all namespaces" : `in namespace ${namespace}`;
  const ok: CheckResult = { status: "ok", subject: complete.join(","), message: `you have the rights for ${complete.join(", ")} ${place}` };
  const warnings = missing.flatMap(({ verb, rights }): CheckResult[] =>
    rights.length === 0 ? [] : [{ status: "warning", subject: verb, message: `${verb} needs more rights ${place}: ${rights.join(", ")}` }],
  );
  return complete.length > 0 ? [ok, ...warnings] : warnings;
}

const inWords = ({ verb, resource, where }: VerbRights["rights"][number]): string =>
  `${verb} ${resource}${where === "cluster" ? " in the whole cluster" : ""}`;
