import type { Tools } from "../actions/tools.ts";
import type { Azure } from "../azure/port.ts";
import type { Cluster } from "../cluster/port.ts";
import { retryWhileReplicating } from "../credential/retry.ts";
import { CliError } from "../errors.ts";
import type { Fix } from "../fix.ts";
import { createRole, role } from "../schedule/azure-commands.ts";
import { type Schedule, scheduleName } from "../schedule/objects.ts";
import { credentialFor, managedIdentityId, noIssuer, trusts } from "../secretless/objects.ts";

type IdentityTools = Pick<Tools, "sleep" | "during"> & {
  readonly azure: Azure;
  readonly cluster: Pick<Cluster, "issuer">;
  print(text: string): void;
};

/**
 * Creates what is missing of a schedule's managed identity: the identity, the federated credential that trusts the ServiceAccount, and the
 * role on the registry. Each cluster, namespace and schedule has an identity of its own.
 * @returns its client ID, and the commands that delete it, in their order
 * @throws CliError if the role does not exist or allows more than the pages say, or if the identity also has other uses
 */
export async function ensureIdentity(schedule: Schedule, named: string, tools: IdentityTools) {
  const { azure, cluster } = tools;
  const [registry, issuer] = await tools.during(`Reading ${named}`, () => Promise.all([azure.findRegistry(named), cluster.issuer()]));
  if (issuer === undefined) throw noIssuer();
  const roleId = await findRole(azure, registry);
  const wanted = credentialFor({ kind: "serviceaccount", namespace: schedule.namespace, name: scheduleName(schedule) }, issuer);
  const id = managedIdentityId(registry, wanted.name);
  const existing = await azure.managedIdentity(id);
  const credentials = existing ? await azure.federatedCredentials(id) : [];
  if (existing && (!existing.ours || credentials.some((one) => !trusts(one, wanted))))
    throw new CliError("conflict", `managed identity ${wanted.name} has other uses than this schedule`, {
      hint: { do: "shell", argv: ["az", "identity", "federated-credential", "list", "--ids", id] },
    });

  // A run that was killed may have created the identity just before
  async function ensure<T>(object: string, there: T | undefined, create: () => Promise<T>): Promise<T> {
    const retried = () => retryWhileReplicating(true, { wait: 120_000, sleep: tools.sleep }, create);
    const done = there ?? (await tools.during(`Creating ${object}`, retried));
    tools.print(`${object} ${there === undefined ? "created" : "unchanged"}\n`);
    return done;
  }

  const createIdentity = () => azure.createManagedIdentity(id, registry);
  const { principalId, clientId } = await ensure(`identity.managedidentity.azure.com/${wanted.name}`, existing, createIdentity);
  const trust = () => azure.putFederatedCredential(id, wanted);
  await ensure<unknown>(`federatedcredential.managedidentity.azure.com/${wanted.name}`, credentials[0], trust);
  const assignments = existing ? await azure.roleAssignments(registry, principalId) : [];
  const assignment = assignments.find((one) => one.role === roleId && one.condition === undefined);
  const assign = () => azure.assignRole(registry, { principalId, role: roleId });
  await ensure<unknown>(`roleassignment.management.azure.com/${role.Name.replaceAll(" ", "-")}-on-${registry.name}`, assignment, assign);
  const unassign = ["az", "role", "assignment", "delete", "--assignee", principalId, "--role", role.Name, "--scope", registry.id];
  const remove = ["az", "identity", "delete", "--ids", id];
  return { clientId, removal: [unassign, remove].map((argv): Fix => ({ do: "shell", argv })) };
}

/** Returns the GUID of the custom role in docs/rbac.md. */
async function findRole(azure: Azure, registry: Parameters<Azure["roleNamed"]>[0]): Promise<string> {
  const found = await azure.roleNamed(registry, role.Name);
  if (!found) throw new CliError("notFound", `role "${role.Name}" does not exist in Azure`, { hint: createRole });
  const more = found.permissions
    .flatMap(({ actions, dataActions = [] }) => [...actions, ...dataActions])
    .filter((action) => !role.Actions.includes(action));
  if (more.length === 0) return found.id;
  throw new CliError("conflict", `role "${role.Name}" allows more than this plugin needs: ${more.join(", ")}`, {
    hint: { do: "shell", argv: ["az", "role", "definition", "list", "--name", role.Name] },
  });
}
