import { grantCommand } from "../azure/arm-error.ts";
import type { Azure, AzureIdentity, AzureRegistry, Permission, RegistryFacts, RoleAssignment } from "../azure/port.ts";
import { tokensIn } from "../credential/acr-token/acr-token.ts";
import { builtInRole, type Mode, pullRole } from "../credential/granted-rights.ts";
import { credentialKinds } from "../credential/kinds.ts";
import { type MayMint, mayMint, permits } from "../credential/mint-rights.ts";
import { granted } from "../credential/service-principal/roles.ts";
import { asRefusal, type CliError, unlessRefused } from "../errors.ts";
import type { Fix } from "../fix.ts";
import { type CheckId, type Finding, findingOf } from "./finding.ts";
import type { AzureFacts, IdentityRole, LadderFacts } from "./ladder.ts";

type Checked = { readonly findings: readonly Finding[]; readonly facts: LadderFacts["azure"] };

const subject = "azure";

/**
 * Checks the current identity in Azure and, if a registry is named, its settings and the identity's rights on it. Changes nothing.
 * @param named the registry's name, login server or id
 */
export async function checkAzure(azure: Azure, named: string | undefined): Promise<Checked> {
  const identity = await azure.identity().catch(asRefusal);
  if (identity instanceof Error) return { findings: [findingOf(identity, { id: "azure-identity", subject })], facts: unreadable(identity) };
  const { name, objectId, tenant } = identity;
  const signedIn: Finding = {
    id: "azure-identity",
    status: "ok",
    subject,
    message: `you are ${name} (object ${objectId}) in tenant ${tenant}`,
  };
  if (named === undefined) {
    return { findings: [signedIn], facts: { unknown: "no registry is named", next: { verb: "doctor", registry: "REGISTRY" } } };
  }
  const found = await azure.findRegistry(named).catch(asRefusal);
  if (found instanceof Error) return { findings: [signedIn, ...notReadable(found, named, identity)], facts: unreadable(found) };
  const checked = await registryOf(azure, found, identity);
  return { ...checked, findings: [signedIn, ...checked.findings] };
}

const unreadable = ({ message, hint: next }: CliError) => ({ unknown: message, next });

/** The first permission for a token that a role for reading does not have. */
const createToken = "Microsoft.ContainerRegistry/registries/tokens/write";

/** Returns the command that gives an identity a role with an action. Only an administrator can run it. */
const grant = (action: string, scope: string, { objectId: principal }: AzureIdentity): Fix => ({
  do: "shell",
  argv: grantCommand({ action, scope, principal }),
  when: "ask an Owner or User Access Administrator to run",
});

function notReadable(error: CliError, named: string, identity: AzureIdentity): Finding[] {
  const registry = `registry/${named}`;
  const message = "what you may create is unknown; a role that can create ACR tokens can also read the registry";
  return [
    findingOf(error, { id: "azure-registry", subject: registry }),
    { id: "azure-rights", status: "unknown", subject: registry, message, next: grant(createToken, named, identity) },
  ];
}

async function registryOf(azure: Azure, registry: AzureRegistry, identity: AzureIdentity): Promise<Checked> {
  const unlessUnreadable = unlessRefused(undefined);
  const [settings, permissions, tokens, roles] = await Promise.all([
    azure.registryFacts(registry).catch(asRefusal),
    azure.permissions(registry).catch(unlessUnreadable),
    azure.tokenCount(registry).catch(unlessUnreadable),
    roleNames(azure, registry, identity.objectId).catch(unlessUnreadable),
  ]);
  if (settings instanceof Error) return { findings: notReadable(settings, registry.name, identity), facts: unreadable(settings) };
  // The default comes first
  const may = credentialKinds.toReversed().flatMap((kind) => mayMint(kind, permissions, settings));
  const limit = tokensIn[registry.sku];
  const tokensLeft = limit === undefined || tokens === undefined ? undefined : limit - tokens;
  const of = (id: CheckId, [status, message, next]: Verdict): Finding => ({
    id,
    status,
    subject: `registry/${registry.name}`,
    message,
    next,
  });
  const findings = [
    of("azure-registry", ["ok", `${registry.loginServer} (${registry.sku})`]),
    of(
      "azure-rights",
      rights(permissions && may, roles, (action) => grant(action, registry.id, identity)),
    ),
    of("registry-mode", ["ok", modes[settings.mode]]),
    of("registry-network", network(settings.network)),
    of("registry-admin-user", adminUser(settings.adminUser, registry.name)),
    of("registry-tokens", tokenCount(tokens, limit, registry.name)),
  ];
  return { findings, facts: { registry, settings, may, tokensLeft } };
}

type Verdict = readonly [status: Finding["status"], message: string, next?: Finding["next"]];

const modes: Readonly<Record<Mode, string>> = {
  legacy: `roles apply to the whole registry, and ${pullRole.legacy.name} allows pulling`,
  abac: `roles can be limited to repositories (ABAC), and ${pullRole.abac.name} allows pulling; ${pullRole.legacy.name} has no effect`,
};

async function roleNames(azure: Azure, registry: AzureRegistry, principalId: string): Promise<string[]> {
  const guids = new Set((await azure.roleAssignments(registry, principalId)).map(({ role }) => role));
  const nameOf = async (guid: string) =>
    builtInRole(guid)?.name ?? (await azure.roleDefinition(registry, guid).catch(unlessRefused(undefined)))?.name ?? guid;
  return (await Promise.all([...guids].map(nameOf))).sort();
}

/** @param may undefined if the identity can't read its permissions */
function rights(may: readonly MayMint[] | undefined, roles: readonly string[] = [], grantTo: (action: string) => Fix): Verdict {
  const byRoles = roles.length > 0 ? `; your roles: ${roles.join(", ")}` : "";
  if (may === undefined) return ["unknown", `your permissions cannot be read${byRoles}`, grantTo("*/read")];
  const possible = may.filter(({ missing }) => missing === undefined).map(({ credential }) => credential);
  const message = `you may create: ${possible.join(", ") || "no credential"}${byRoles}`;
  // The default kind is the one to ask for
  const missing = may[0]?.missing;
  return missing === undefined ? ["ok", message] : ["warning", `${message}; missing: ${missing}`, grantTo(missing)];
}

function network(access: RegistryFacts["network"]): Verdict {
  if (access === "all") return ["ok", "open to all networks"];
  const from = access === "private" ? "private endpoints" : "the networks in its firewall rules";
  return ["warning", `open only to ${from}, so check from the cluster that the nodes can reach it`, { verb: "check", fromCluster: true }];
}

function adminUser(isOn: boolean, name: string): Verdict {
  if (!isOn) return ["ok", "the admin user is disabled"];
  const argv = ["az", "acr", "update", "--name", name, "--admin-enabled", "false"];
  const when = "if no Secret holds its password, disable it";
  return ["warning", "the admin user is enabled: its password can push and delete every image", { do: "shell", argv, when }];
}

/** The part of the limit from which on leftovers are worth a search. */
const nearLimit = 0.9;

function tokenCount(tokens: number | undefined, limit: number | undefined, name: string): Verdict {
  if (tokens === undefined) return ["unknown", "the ACR tokens cannot be listed"];
  const message = `${tokens}${limit === undefined ? "" : ` of ${limit}`} ACR tokens`;
  return tokens < nearLimit * (limit ?? Infinity) ? ["ok", message] : ["warning", message, { verb: "prune", registry: name }];
}

/** Values, or their reads that have started. */
type Reading<T> = { readonly [K in keyof T]: T[K] | Promise<T[K]> };

/**
 * Checks whether the managed identities of AKS kubelets may pull from the registry.
 * @param clientIds the client ids on the labels of the nodes
 */
export async function checkKubeletIdentities(
  azure: Pick<Azure, "servicePrincipal" | "roleAssignments" | "roleDefinition">,
  { registry: finding, settings }: Reading<Pick<AzureFacts, "registry" | "settings">>,
  clientIds: readonly string[],
): Promise<{ readonly findings: readonly Finding[]; readonly role: IdentityRole | undefined }> {
  const roles = await Promise.all(clientIds.map((clientId) => roleOf(clientId)));
  const registry = await finding;
  const worst = roles.find(({ may }) => may === "no") ?? roles.find(({ may }) => may === "unknown") ?? roles[0];
  const about = { id: "kubelet-identity", subject: `registry/${registry.name}` } as const;
  const findings = roles.map(({ may, why }): Finding => ({ ...about, status: statuses[may], message: why }));
  return { findings, role: worst };

  async function roleOf(clientId: string): Promise<IdentityRole> {
    const of = `the kubelet identity ${clientId}`;
    try {
      const [principal, registry] = await Promise.all([azure.servicePrincipal(clientId), finding]);
      if (!principal) return { may: "unknown", clientId, why: `${of} is not in your tenant` };
      const [assignments, { mode }] = await Promise.all([azure.roleAssignments(registry, principal.id), settings]);
      const repositories = granted(mode, assignments);
      const pulls = repositories?.includes("*") || (await anyPulls(assignments, { registry, mode }));
      if (pulls) return { may: "yes", clientId, why: `${of} may pull from ${registry.name}` };
      if (repositories)
        return { may: "unknown", clientId, why: `${of} may pull only ${repositories.join(", ") || "what a condition allows"}` };
      return { may: "no", clientId, why: `${of} lacks the role ${pullRole[mode].name} on ${registry.name}` };
    } catch (error) {
      return { may: "unknown", clientId, why: `${of} cannot be checked: ${asRefusal(error).message}` };
    }
  }

  /** Whether another role without a condition allows pulling, such as Contributor or a custom role. */
  async function anyPulls(
    assignments: readonly RoleAssignment[],
    { registry, mode }: { readonly registry: AzureRegistry; readonly mode: Mode },
  ): Promise<boolean> {
    const others = assignments.filter(({ condition, role }) => condition === undefined && !builtInRole(role)?.pulls);
    const definitions = await Promise.all(others.map(({ role }) => azure.roleDefinition(registry, role)));
    return definitions.some((definition) => allowsPull(mode, definition?.permissions ?? []));
  }
}

const statuses = { yes: "ok", no: "warning", unknown: "unknown" } as const;

const allowsPull = (mode: Mode, permissions: readonly Permission[]): boolean =>
  mode === "legacy"
    ? permits(permissions, "Microsoft.ContainerRegistry/registries/pull/read")
    : permits(
        permissions.map(({ dataActions = [], notDataActions = [] }) => ({ actions: dataActions, notActions: notDataActions })),
        "Microsoft.ContainerRegistry/registries/repositories/content/read",
      );
