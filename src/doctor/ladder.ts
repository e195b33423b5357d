import { CliError } from "../errors.ts";
import { type Command, type Hint, plugin, shell } from "../hint.ts";
import { withoutProvider } from "../registry/login-server.ts";
import { type AzureFacts, disableAdmin } from "./azure.ts";
import { type CheckResult, explainCommand } from "./finding.ts";
import type { NodeFacts } from "./nodes.ts";

type LadderFacts = {
  readonly azure: AzureFacts | CliError;
  readonly nodes: NodeFacts | CliError;
  /** Whether the identity of AKS kubelets may pull. */
  readonly kubeletIdentity?: CheckResult | undefined;
  /** Whether you may create CronJobs; absent if unknown. */
  readonly mayCreateCronJobs?: boolean | undefined;
};

/** One way to pull. */
export type Rung = {
  readonly id: "aks-identity" | "federated-provider" | "scheduled-rotation" | "token-without-expiry" | "service-principal" | "admin-user";
  /** Only one rung is the best: the first that is available. */
  readonly applies: "best" | "available" | "unavailable" | "unknown" | "never";
  /** The reason: why it applies, or the missing part. */
  readonly why: string;
  /** One command, or the address of a page. */
  readonly next?: Hint | undefined;
};

/** The page about ServiceAccount tokens for credential providers. */
const providerPage =
  "https://kubernetes.io/docs/tasks/administer-cluster/kubelet-credential-provider/#service-account-token-for-image-pulls";

/** A way without its name. */
type Way = Omit<Rung, "id">;

/** Returns the ways to pull, from the best to the worst, and which of them this cluster and registry can use. */
export function ladder(facts: LadderFacts): readonly Rung[] {
  const { azure } = facts;
  const rungs: readonly Rung[] = [
    { id: "aks-identity", ...aksIdentity(facts) },
    { id: "federated-provider", ...federatedProvider(facts) },
    { id: "scheduled-rotation", ...scheduledRotation(facts) },
    { id: "token-without-expiry", ...token(azure, "it needs no schedule, but its password is valid until you rotate it") },
    { id: "service-principal", ...servicePrincipal(azure) },
    { id: "admin-user", ...adminUser(facts) },
  ];
  const best = rungs.find(({ applies }) => applies === "available");
  return rungs.map((rung) => (rung === best ? { ...rung, applies: "best" } : rung));
}

const unknown = ({ kind, message: why, hint: next = explainCommand(kind) }: CliError): Way => ({ applies: "unknown", why, next });

const unavailable = (why: string, next?: Hint): Way => ({ applies: "unavailable", why, next });

function aksIdentity({ azure, nodes, kubeletIdentity }: LadderFacts): Way {
  if (nodes instanceof CliError) return unknown(nodes);
  if (nodes.managedBy !== "AKS") return unavailable("the nodes are not AKS nodes");
  if (azure instanceof CliError) return unknown(azure);
  const { loginServer } = azure.registry;
  const look = shell("az aks check-acr", "--name", "CLUSTER", "--resource-group", "GROUP", "--acr", loginServer);
  if (!kubeletIdentity) return { applies: "unknown", why: "the nodes have no label with the kubelet identity", next: look };
  const { status, message: why, next } = kubeletIdentity;
  if (status === "unknown") return { applies: "unknown", why, next: look };
  if (status === "ok") return { applies: "available", why: `${why}, so pods need no pull secret`, next: plugin("check") };
  return unavailable(why, next);
}

function federatedProvider({ azure, nodes }: LadderFacts): Way {
  if (nodes instanceof CliError) return unknown(nodes);
  const { count, managedBy, oldest, tooOld, issuer, hasProvider } = nodes;
  if (managedBy) return unavailable(`${managedBy} configures the kubelets, so you cannot add a credential provider`);
  if (count === 0) return { applies: "unknown", why: "the cluster has no nodes" };
  if (tooOld > 0) return unavailable(`${tooOld} of ${count} nodes run a kubelet before v1.34 (the oldest is ${oldest})`, providerPage);
  if (issuer !== undefined && !isPublic(issuer)) {
    const why = `Microsoft Entra ID cannot reach the issuer of ServiceAccount tokens, ${issuer}`;
    return unavailable(why, explainCommand("account-token"));
  }
  const noLogin = azure instanceof CliError ? undefined : withoutProvider(azure.registry.loginServer);
  if (noLogin !== undefined) return unavailable(noLogin);
  const registry = azure instanceof CliError ? "REGISTRY" : azure.registry.name;
  const start = hasProvider
    ? "the kubelets have a credential provider"
    : "no known service configures the kubelets, which are v1.34 or newer";
  const next = plugin("secretless create", "SERVICEACCOUNT", "--registry", registry);
  return { applies: "available", why: `${start}, so pods can pull as their ServiceAccount`, next };
}

/** Whether Microsoft Entra ID may be able to reach an issuer (OpenID Connect Discovery 1.0, section 3: an https URL). */
export function isPublic(issuer: string): boolean {
  if (!URL.canParse(issuer)) return false;
  const { protocol, hostname } = new URL(issuer);
  const isLocal = /^\[|\.(svc|local|internal|localhost|test|lan)$|^(10|127|192\.168|172\.(1[6-9]|2\d|3[01])|169\.254)\./.test(hostname);
  return protocol === "https:" && hostname.includes(".") && !isLocal;
}

function scheduledRotation({ azure, mayCreateCronJobs }: LadderFacts): Way {
  const possible = token(azure, "a CronJob can replace the passwords before they expire");
  if (possible.applies !== "available" || azure instanceof CliError) return possible;
  // Its --namespace is that of the CronJob. The commands that it prints act in its context
  const next = { ...plugin("schedule", "-f", "FILE", "--image", "IMAGE"), namespace: "" };
  return mayCreateCronJobs === false ? unavailable("you may not create CronJobs in this cluster", next) : { ...possible, next };
}

function token(azure: LadderFacts["azure"], reason: string): Way {
  if (azure instanceof CliError) return unknown(azure);
  const { registry, tokens = 0, limit = Infinity } = azure;
  const way = credential(azure, "acr-token", reason, plugin("create", "--registry", registry.name));
  if (way.applies !== "available" || tokens < limit) return way;
  return unavailable(`${registry.name} has the maximum number of tokens`, plugin("prune", "--registry", registry.name));
}

function servicePrincipal(azure: LadderFacts["azure"]): Way {
  if (azure instanceof CliError) return unknown(azure);
  const { name } = azure.registry;
  const create = plugin("create", "--registry", name, "--service-principal", `acr-pull-${name}`);
  return credential(azure, "service-principal", "it needs an application in Microsoft Entra ID", create);
}

/** Whether `create` can create a credential. */
function credential({ registry: { name }, may }: AzureFacts, kind: string, reason: string, create: Command): Way {
  const { missing, unchecked } = may.find((each) => each.credential === kind) ?? {};
  if (missing !== undefined) return unavailable(`you lack ${missing} on ${name}`, explainCommand("azure-rights"));
  return { applies: "available", why: unchecked === undefined ? reason : `${reason} (not checked: ${unchecked})`, next: create };
}

function adminUser({ azure }: LadderFacts): Way {
  const way = { applies: "never", why: "all users share its password, which can push and delete every image" } as const;
  if (azure instanceof CliError || !azure.settings.adminUser) return way;
  return { ...way, next: disableAdmin(azure.registry.name) };
}
