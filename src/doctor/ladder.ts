import type { AzureRegistry, RegistryFacts } from "../azure/port.ts";
import { pullRole } from "../credential/granted-rights.ts";
import type { MayMint } from "../credential/mint-rights.ts";
import type { Create, Fix } from "../fix.ts";

/** A registry and the rights of the current identity on it. */
export type AzureFacts = {
  readonly registry: AzureRegistry;
  readonly settings: RegistryFacts;
  /** Each kind of credential, and whether the identity may create it. */
  readonly may: readonly MayMint[];
  /** The number of ACR tokens that can still be created; undefined if unknown. */
  readonly tokensLeft: number | undefined;
};

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

/** Whether the kubelets' managed identities may pull from the registry. */
export type IdentityRole = {
  readonly may: "yes" | "no" | "unknown";
  /** The reason, as the end of a sentence about the identity. */
  readonly why: string;
  /** The first identity without the role. */
  readonly clientId?: string | undefined;
};

/** A reason why something is not known, and what to do about it. */
export type Unknown = { readonly unknown: string; readonly next?: string | Fix | undefined };

export type LadderFacts = {
  readonly azure: AzureFacts | Unknown;
  readonly nodes: NodeFacts | Unknown;
  /** Only of AKS nodes. */
  readonly identityRole?: IdentityRole | undefined;
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
  readonly next?: string | Fix | undefined;
};

/** The page about ServiceAccount tokens for credential providers. */
const providerPage =
  "https://kubernetes.io/docs/tasks/administer-cluster/kubelet-credential-provider/#service-account-token-for-image-pulls";

/** Returns the ways to pull, from the best to the worst, and which of them this cluster and registry can use. */
export function ladder(facts: LadderFacts): readonly Rung[] {
  const { azure } = facts;
  const rungs: readonly Rung[] = [
    kubeletIdentity(facts),
    federatedProvider(facts),
    scheduledRotation(facts),
    { id: "token-without-expiry", ...token(azure, "it needs no schedule, but its password is valid until you rotate it") },
    { id: "service-principal", ...credential(azure, "service-principal", "it needs an application in Microsoft Entra ID", named) },
    adminUser(facts),
  ];
  const best = rungs.find(({ applies }) => applies === "available");
  return rungs.map((rung) => (rung === best ? { ...rung, applies: "best" } : rung));
}

const named = (registry: string) => ({ servicePrincipal: `acr-pull-${registry}` });

const isUnknown = (facts: object): facts is Unknown => "unknown" in facts;

const unknown = ({ unknown: why, next }: Unknown) => ({ applies: "unknown", why, next }) as const;

function kubeletIdentity({ azure, nodes, identityRole }: LadderFacts): Rung {
  const id = "aks-identity";
  if (isUnknown(nodes)) return { id, ...unknown(nodes) };
  if (nodes.managedBy !== "AKS") return { id, applies: "unavailable", why: "the nodes are not AKS nodes" };
  if (isUnknown(azure)) return { id, ...unknown(azure) };
  const { may, why, clientId } = identityRole ?? { may: "unknown", why: "the nodes have no label with the kubelet identity" };
  if (may === "yes") return { id, applies: "available", why: `${why}, so pods need no pull secret`, next: { verb: "check" } };
  if (clientId === undefined || may === "unknown") {
    const argv = ["az", "aks", "check-acr", "--name", "CLUSTER", "--resource-group", "GROUP", "--acr", azure.registry.loginServer];
    return { id, applies: "unknown", why, next: { do: "shell", argv } };
  }
  const role = pullRole[azure.settings.mode].name;
  const argv = ["az", "role", "assignment", "create", "--assignee", clientId, "--role", role, "--scope", azure.registry.id];
  return { id, applies: "unavailable", why, next: { do: "shell", argv } };
}

function federatedProvider({ azure, nodes }: LadderFacts): Rung {
  const id = "federated-provider";
  if (isUnknown(nodes)) return { id, ...unknown(nodes) };
  const { count, managedBy, oldest, tooOld, issuer, hasProvider } = nodes;
  if (managedBy)
    return { id, applies: "unavailable", why: `${managedBy} configures the kubelets, so you cannot add a credential provider` };
  if (count === 0) return { id, applies: "unknown", why: "the cluster has no nodes" };
  if (tooOld > 0) {
    const why = `${tooOld} of ${count} nodes run a kubelet before v1.34 (the oldest is ${oldest})`;
    return { id, applies: "unavailable", why, next: providerPage };
  }
  if (issuer !== undefined && !isPublic(issuer)) {
    const why = `Microsoft Entra ID cannot reach the issuer of ServiceAccount tokens, ${issuer}`;
    return { id, applies: "unavailable", why, next: { verb: "secretless", targets: ["issuer"] } };
  }
  const registry = isUnknown(azure) ? "REGISTRY" : azure.registry.name;
  const next: Fix = { verb: "secretless", targets: ["create", "SERVICEACCOUNT"], registry };
  const start = hasProvider
    ? "the kubelets have a credential provider"
    : "no known service configures the kubelets, which are v1.34 or newer";
  return { id, applies: "available", why: `${start}, so pods can pull as their ServiceAccount`, next };
}

/** Whether Microsoft Entra ID may be able to reach an issuer (OpenID Connect Discovery 1.0, section 3: an https URL). */
export function isPublic(issuer: string): boolean {
  if (!URL.canParse(issuer)) return false;
  const { protocol, hostname } = new URL(issuer);
  const isLocal = /^\[|\.(svc|local|internal|localhost|test|lan)$|^(10|127|192\.168|172\.(1[6-9]|2\d|3[01])|169\.254)\./.test(hostname);
  return protocol === "https:" && hostname.includes(".") && !isLocal;
}

function scheduledRotation({ azure, mayCreateCronJobs }: LadderFacts): Rung {
  const id = "scheduled-rotation";
  const possible = token(azure, "a CronJob replaces the passwords before they expire");
  if (possible.applies !== "available" || isUnknown(azure)) return { id, ...possible };
  // It needs no cluster. Its --namespace is that of the CronJob, and it has no flags for the sign-in to Azure
  const next: Fix = { do: "shell", argv: ["kubectl", "acr-secret", "schedule", "rotate", "--registry", azure.registry.name, "-o", "yaml"] };
  if (mayCreateCronJobs === false) return { id, applies: "unavailable", why: "you may not create CronJobs in this cluster", next };
  return { id, ...possible, next };
}

function adminUser({ azure }: LadderFacts): Rung {
  const rung = { id: "admin-user", applies: "never", why: "all users share its password, which can push and delete every image" } as const;
  if (isUnknown(azure) || !azure.settings.adminUser) return rung;
  return { ...rung, next: { do: "shell", argv: ["az", "acr", "update", "--name", azure.registry.name, "--admin-enabled", "false"] } };
}

/** Whether `create` can create a credential, and the command. */
type Creation = Pick<Rung, "applies" | "why" | "next">;

function token(azure: LadderFacts["azure"], why: string): Creation {
  const creation = credential(azure, "acr-token", why);
  if (isUnknown(azure) || creation.applies !== "available" || azure.tokensLeft === undefined || azure.tokensLeft > 0) return creation;
  const { name } = azure.registry;
  return { applies: "unavailable", why: `${name} has the maximum number of tokens`, next: { verb: "prune", registry: name } };
}

function credential(azure: LadderFacts["azure"], kind: string, reason: string, flags?: (registry: string) => Partial<Create>): Creation {
  if (isUnknown(azure)) return unknown(azure);
  const { name } = azure.registry;
  const { missing, unchecked } = azure.may.find((each) => each.credential === kind) ?? {};
  if (missing !== undefined) {
    return { applies: "unavailable", why: `you lack ${missing} on ${name}`, next: { verb: "whoami", registry: name } };
  }
  const why = unchecked === undefined ? reason : `${reason} (not checked: ${unchecked})`;
  return { applies: "available", why, next: { verb: "create", registry: name, ...flags?.(name) } };
}
