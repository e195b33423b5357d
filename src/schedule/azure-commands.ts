import { clusterName, type Schedule, scheduleName } from "./objects.ts";

/** The actions of the role in docs/rbac.md, below `Microsoft.ContainerRegistry/registries`. */
const actions = [
  "read",
  "operationStatuses/read",
  "generateCredentials/action",
  "tokens/read",
  "tokens/write",
  "tokens/delete",
  "tokens/operationStatuses/read",
  "scopeMaps/read",
  "scopeMaps/write",
  "scopeMaps/delete",
  "scopeMaps/operationStatuses/read",
];

/** The role definition that lets a schedule create and rotate ACR tokens. */
export const role = {
  Name: "ACR pull tokens",
  Description: "Make tokens that may pull from a registry",
  Actions: actions.map((action) => `Microsoft.ContainerRegistry/registries/${action}`),
};

/** The variables that the plugin reads, and the field of `az ad sp create-for-rbac` for each. */
const variables = { AZURE_TENANT_ID: "tenant", AZURE_CLIENT_ID: "appId", AZURE_CLIENT_SECRET: "password" };

const az = (words: string) => `az ${words}`;

/** A command whose output is a word of another one. */
const outputOf = (command: string) => `"$(${command})"`;

const subscription = `/subscriptions/'${outputOf(az("account show --query id --output tsv"))}'`;
const definition = JSON.stringify({ ...role, AssignableScopes: ["SUBSCRIPTION"] }).replace("SUBSCRIPTION", subscription);

/** The command for a POSIX shell that creates the role in the current subscription. */
export const createRole = az(`role definition create --role-definition '${definition}'`);

/**
 * Returns the commands for a POSIX shell that create the schedule's identity in Azure with the least permissions. A word in capitals stands
 * for a value that only the user knows. The identity for a client ID has the name of the schedule.
 */
export function azureCommands(schedule: Schedule, registry = "REGISTRY"): readonly string[] {
  const { azure, namespace } = schedule;
  if (!azure) return [];
  const name = scheduleName(schedule);
  const scope = outputOf(az(`acr show --name ${registry} --query id --output tsv`));
  if ("clientId" in azure) {
    const configuration = "kubectl get --raw /.well-known/openid-configuration";
    const issuer = outputOf([configuration, `sed 's/.*"issuer":"\\([^"]*\\).*/\\1/'`].join(" | "));
    const subject = `system:serviceaccount:${namespace}:${name}`;
    return [
      createRole,
      az(`role assignment create --role "${role.Name}" --scope ${scope} --assignee ${azure.clientId}`),
      az(
        `identity federated-credential create --name ${name} --identity-name ${name} --resource-group GROUP --issuer ${issuer} ` +
          `--subject ${subject} --audiences api://AzureADTokenExchange`,
      ),
    ];
  }
  const lines = Object.entries(variables).map(([variable, field]) => `join('=', ['${variable}', ${field}])`);
  // az replaces the passwords of an application with the same name, which another cluster may use
  const cluster = outputOf("kubectl get namespace kube-system -o jsonpath={.metadata.uid}");
  const principal = `ad sp create-for-rbac --name ${clusterName(schedule)}-${cluster} --role "${role.Name}" --scopes ${scope}`;
  const secret = ["kubectl", "create", "secret", "generic", azure.secret, "--namespace", namespace, "--from-env-file=/dev/stdin"];
  return [createRole, `${az(`${principal} --query "[${lines.join(", ")}]" --output tsv`)} | ${secret.join(" ")}`];
}
