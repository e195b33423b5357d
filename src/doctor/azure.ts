import { grantCommand } from "../azure/arm-error.ts";
import type { Azure, AzureIdentity, AzureRegistry, RegistryFacts, RoleAssignment, ServicePrincipal, TokenSource } from "../azure/port.ts";
import { mostTokens } from "../azure/tokens.ts";
import { builtInRole, type Mode, pullRole } from "../credential/granted-rights.ts";
import { kindsOfCredential } from "../credential/kinds.ts";
import { mayMint, onData, permits } from "../credential/mint-rights.ts";
import { granted } from "../credential/service-principal/roles.ts";
import { asRefusal, CliError, unlessRefused, usage } from "../errors.ts";
import { type Command, plugin, shell } from "../hint.ts";
import { type Checked, type CheckResult, type Finding, findingOf } from "./finding.ts";

/** The first permission for a token that a role for reading does not have. */
const writeTokens = "Microsoft.ContainerRegistry/registries/tokens/write";

/** Reads a registry, and what the current identity may create for it. @throws CliError if the settings can't be read */
async function readRegistry(azure: Azure, registry: AzureRegistry) {
  const [settings, permissions, tokens] = await Promise.all([
    azure.registryFacts(registry),
    // Permissions and tokens that can't be read are unknown, which is not an error
    azure.permissions(registry).catch(unlessRefused(undefined)),
    azure.tokenCount(registry).catch(unlessRefused(undefined)),
  ]);
  // For each kind of credential, whether the identity may create it. The default comes first
  const may = kindsOfCredential.toReversed().flatMap((kind) => mayMint(kind, permissions, settings));
  return { registry, settings, permissions, tokens, limit: mostTokens[registry.sku], may };
}

/** A registry, and the rights of the current identity on it. */
export type AzureFacts = Awaited<ReturnType<typeof readRegistry>>;

const modes: Readonly<Record<Mode, string>> = {
  legacy: `roles apply to the whole registry, and ${pullRole.legacy.name} allows pulling`,
  abac: `roles can be limited to repositories (ABAC), and ${pullRole.abac.name} allows pulling; ${pullRole.legacy.name} has no effect`,
};

const networks: Readonly<Record<RegistryFacts["network"], string>> = {
  all: "open to all networks",
  selected: "open only to the networks in its firewall rules",
  private: "open only to private endpoints",
};

const types: Readonly<Record<AzureIdentity["type"], string>> = {
  user: "user",
  servicePrincipal: "service principal",
  managedIdentity: "managed identity",
};

/** The sources of tokens in words, with the value of --auth. */
const sources: Readonly<Record<TokenSource, string>> = {
  az: "the Azure CLI (az)",
  env: "the AZURE_* variables (env)",
  workload: "a workload identity's token file (workload)",
  managed: "this machine's managed identity (managed)",
};

type Tokens = Pick<AzureFacts, "tokens" | "limit">;

/** `90 of 100` */
const tokensOf = ({ tokens, limit }: Tokens): string => (limit === undefined ? `${tokens}` : `${tokens} of ${limit}`);

const isNearlyFull = ({ tokens = 0, limit = Infinity }: Tokens): boolean => tokens >= 0.8 * limit;

/**
 * Checks the current identity in Azure and, if a registry is named, its settings and the identity's rights on it. Changes nothing.
 * @param named the registry's name, login server or id
 */
export async function checkAzure(opening: Promise<Azure>, named: string | undefined): Promise<Checked<AzureFacts>> {
  const of = { id: "azure-identity", subject: "azure" } as const;
  const identity = await opening.then((azure) => azure.identity()).catch(asRefusal);
  if (identity instanceof CliError) return { findings: [findingOf(identity, of)], facts: identity };
  const azure = await opening;
  const { name, type, objectId, tenant } = identity;
  const person = `${name} (${types[type]}, object ${objectId})`;
  const signedIn: Finding = {
    ...of,
    status: "ok",
    message: `you are ${person} in tenant ${tenant}, signed in with ${sources[azure.source]}`,
  };
  if (named === undefined)
    return { findings: [signedIn], facts: usage("no registry is named", plugin("doctor", "--registry", "REGISTRY")) };
  const finding = azure.findRegistry(named, writeTokens);
  const [facts, roles] = await Promise.all([
    finding.then((registry) => readRegistry(azure, registry)).catch(asRefusal),
    finding.then((registry) => roleNames(azure, registry, objectId)).catch(unlessRefused([])),
  ]);
  if (facts instanceof CliError) {
    const subject = `registry/${named}`;
    const message = "what you may create is unknown; a role that can create ACR tokens can also read the registry";
    const grant = grantCommand({ action: writeTokens, scope: named, principal: objectId });
    const next = facts.kind === "usage" ? undefined : grant;
    const rights: Finding = { id: "azure-rights", subject, status: "unknown", message, next };
    return { findings: [signedIn, findingOf(facts, { id: "azure-registry", subject }), rights], facts };
  }
  const { registry, settings } = facts;
  const subject = `registry/${registry.name}`;
  const findings: readonly Finding[] = [
    { id: "azure-rights", subject, ...rights(facts, roles, objectId) },
    { id: "azure-registry", subject, status: "ok", message: `${registry.loginServer} (${registry.sku})${placeOf(registry)}` },
    { id: "registry-mode", subject, status: "ok", message: modes[settings.mode] },
    { id: "registry-network", subject, ...network(settings.network) },
    { id: "registry-admin-user", subject, ...adminUser(settings.adminUser, registry.name) },
    { id: "registry-tokens", subject, ...tokenCount(facts) },
  ];
  return { findings: [signedIn, ...findings], facts };
}

function placeOf({ id }: AzureRegistry): string {
  const [, subscription] = /^\/subscriptions\/([^/]+)/i.exec(id) ?? [];
  return subscription === undefined ? "" : ` in subscription ${subscription}`;
}

async function roleNames(azure: Azure, registry: AzureRegistry, principalId: string): Promise<string[]> {
  const guids = new Set((await azure.roleAssignments(registry, principalId)).map(({ role }) => role));
  const nameOf = async (guid: string) =>
    builtInRole(guid)?.name ?? (await azure.roleDefinition(registry, guid).catch(unlessRefused(undefined)))?.name ?? guid;
  return (await Promise.all([...guids].map(nameOf))).sort();
}

function rights({ registry, permissions, may }: AzureFacts, roles: readonly string[], principal: string): CheckResult {
  const grant = (action: string) => grantCommand({ action, scope: registry.id, principal });
  const byRoles = roles.length > 0 ? `; your roles: ${roles.join(", ")}` : "";
  if (!permissions) return { status: "unknown", message: `your permissions cannot be read${byRoles}`, next: grant("*/read") };
  const possible = may
    .filter(({ missing }) => missing === undefined)
    .map(({ credential, unchecked }) => (unchecked === undefined ? credential : `${credential} (not checked: ${unchecked})`));
  const lacking = may.flatMap(({ credential, missing }) => (missing === undefined ? [] : `${credential} (${missing})`));
  const not = lacking.length > 0 ? `; not: ${lacking.join(", ")}` : "";
  const message = `you may create: ${possible.join(", ") || "no credential"}${not}${byRoles}`;
  // The default kind is the one to ask for
  const missing = may[0]?.missing;
  return missing === undefined ? { status: "ok", message } : { status: "warning", message, next: grant(missing) };
}

function network(access: RegistryFacts["network"]): CheckResult {
  if (access === "all") return { status: "ok", message: networks.all };
  const message = `${networks[access]}, so check from the cluster that the nodes can reach it`;
  return { status: "warning", message, next: plugin("check", "--from-cluster") };
}

function adminUser(isOn: boolean, name: string): CheckResult {
  if (!isOn) return { status: "ok", message: "the admin user is disabled" };
  const message = "the admin user is enabled: its password can push and delete every image";
  return { status: "warning", message, next: disableAdmin(name) };
}

export const disableAdmin = (name: string): Command => ({
  ...shell("az acr update", "--name", name, "--admin-enabled", "false"),
  when: "if no Secret holds its password, disable it",
});

function tokenCount(facts: AzureFacts): CheckResult {
  if (facts.tokens === undefined) return { status: "unknown", message: "the ACR tokens cannot be listed" };
  const message = `${tokensOf(facts)} ACR tokens`;
  if (!isNearlyFull(facts)) return { status: "ok", message };
  return { status: "warning", message, next: plugin("prune", "--registry", facts.registry.name) };
}

/**
 * Checks whether the managed identities of AKS kubelets may pull from the registry.
 * @param clientIds the client ids on the labels of the nodes
 * @returns the worst result, and the number of identities with the same one; undefined without identities
 */
export async function checkKubeletIdentities(azure: Azure, named: string, clientIds: readonly string[]): Promise<CheckResult | undefined> {
  const finding = azure.findRegistry(named);
  const [{ name }, roles] = await Promise.all([finding, Promise.all(clientIds.map(check))]);
  const groups = Object.groupBy(roles, ({ status }) => status);
  const [worst, ...others] = groups.warning ?? groups.unknown ?? roles;
  const same = others.length > 0 ? ` (the same for ${others.length} more)` : "";
  return worst && { ...worst, subject: `registry/${name}`, message: `${worst.message}${same}` };

  async function check(clientId: string): Promise<CheckResult> {
    const result = (status: CheckResult["status"], words: string, next?: Command): CheckResult => {
      return { status, message: `the kubelet identity ${clientId} ${words}`, next };
    };
    try {
      const [principal, registry] = await Promise.all([azure.servicePrincipal(clientId), finding]);
      if (!principal) return result("unknown", "is not in your tenant");
      const [assignments, { mode }] = await Promise.all([azure.roleAssignments(registry, principal.id), azure.registryFacts(registry)]);
      const repositories = granted(mode, assignments);
      if (repositories?.includes("*") || (await anyPulls(assignments, registry, mode)))
        return result("ok", `may pull from ${registry.name}`);
      if (repositories) return result("unknown", `may pull only ${repositories.join(", ") || "what a condition allows"}`);
      return result("warning", ...lacking(principal, registry, pullRole[mode].name));
    } catch (error) {
      return result("unknown", `cannot be checked: ${asRefusal(error).message}`);
    }
  }

  /** A node can change its label, and any user of the tenant may own an application. So only a managed identity gets a command. */
  function lacking({ appId, identityId }: ServicePrincipal, { id, name }: AzureRegistry, role: string): [words: string, next?: Command] {
    const lacks = `lacks the role ${role} on ${name}`;
    if (!identityId) return [`${lacks}, and is not a managed identity`];
    return [lacks, shell("az role assignment create", "--assignee", appId, "--role", role, "--scope", id)];
  }

  /** Whether another role without a condition allows pulling, such as Contributor or a custom role. */
  async function anyPulls(assignments: readonly RoleAssignment[], registry: AzureRegistry, mode: Mode): Promise<boolean> {
    const others = assignments.filter(({ condition, role }) => condition === undefined && !builtInRole(role)?.pulls);
    const definitions = await Promise.all(others.map(({ role }) => azure.roleDefinition(registry, role)));
    const permissions = definitions.flatMap((definition) => definition?.permissions ?? []);
    return mode === "legacy"
      ? permits(permissions, "Microsoft.ContainerRegistry/registries/pull/read")
      : permits(permissions.map(onData), "Microsoft.ContainerRegistry/registries/repositories/content/read");
  }
}
