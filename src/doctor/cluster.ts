import type { Cluster, KubectlFacts } from "../cluster/port.ts";
import { asCliError, type CliError } from "../errors.ts";
import { type Finding, findingOf } from "./finding.ts";

/** A value, or the reason why it is unknown. */
type Answer<T> = { readonly value: T; readonly error?: undefined } | { readonly value?: undefined; readonly error: CliError };

const answerOf = <T>(asked: Promise<T>): Promise<Answer<T>> =>
  asked.then(
    (value) => ({ value }),
    (error: unknown) => ({ error: asCliError(error) }),
  );

/** Where kubectl's versions are documented. */
const skewPage = "https://kubernetes.io/releases/version-skew-policy/#kubectl";

/** Checks that kubectl is at most one minor version away from the API server. */
export async function checkKubectl(kubectl: Promise<KubectlFacts>, cluster: Pick<Cluster, "serverVersion">): Promise<Finding[]> {
  const [client, server] = await Promise.all([answerOf(kubectl), answerOf(cluster.serverVersion())]);
  const of = { id: "kubectl-version", subject: "kubectl" } as const;
  if (client.error) return [{ ...findingOf(client.error, of), status: "warning" }];
  const { version } = client.value;
  if (server.error) return [{ ...of, status: "ok", message: `kubectl is ${version}` }];
  const { gitVersion } = server.value;
  const skew = Math.abs(minorOf(version) - minorOf(gitVersion));
  if (skew > 1) {
    const message = `kubectl ${version} is ${skew} minor versions from the API server ${gitVersion}, and only one is supported`;
    return [{ ...of, status: "warning", message, next: skewPage }];
  }
  return [{ ...of, status: "ok", message: `kubectl ${version} supports the API server ${gitVersion}` }];
}

/** `v1.37.2-eks-abc` is 37; NaN if unknown. */
const minorOf = (version: string): number => Number(/^v1\.(\d+)/.exec(version)?.[1]);

/** Checks that the API server responds. */
export async function checkServer(cluster: Pick<Cluster, "serverVersion">): Promise<Finding[]> {
  const of = { id: "cluster-version", subject: "cluster" } as const;
  const { value, error } = await answerOf(cluster.serverVersion());
  if (!error) return [{ ...of, status: "ok", message: `the API server is ${value.gitVersion}` }];
  return [{ ...findingOf(error, of), status: "failed" }];
}

/** Checks as which user, in which context and in which namespace the commands run. */
export async function checkUser(kubectl: Promise<KubectlFacts>, cluster: Pick<Cluster, "user" | "namespace">): Promise<Finding[]> {
  const of = { id: "cluster-identity", subject: "cluster" } as const;
  const [client, user, namespace] = await Promise.all([answerOf(kubectl), answerOf(cluster.user()), answerOf(cluster.namespace())]);
  const context = client.value?.context ? ` in context ${client.value.context}` : "";
  const error = namespace.error ?? user.error;
  // Before Kubernetes 1.28, the server has no SelfSubjectReview
  if (error?.kind === "notFound") return [{ ...findingOf(error, of), status: "unknown" }];
  if (error) return [findingOf(error, of)];
  return [{ ...of, status: "ok", message: `you are user ${JSON.stringify(user.value)}${context}, in namespace ${namespace.value}` }];
}
