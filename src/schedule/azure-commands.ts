import { type Command, kubectl } from "../hint.ts";
import { passwordEnd, type Schedule } from "./objects.ts";

/** The role definition in docs/rbac.md, for ACR tokens. */
const role = {
  Name: "ACR pull tokens",
  Description: "Make tokens that may pull from a registry",
  Actions: [
    ...["read", "operationStatuses/read", "generateCredentials/action"],
    ...["tokens", "scopeMaps"].flatMap((of) => ["read", "write", "delete", "operationStatuses/read"].map((does) => `${of}/${does}`)),
  ].map((action) => `Microsoft.ContainerRegistry/registries/${action}`),
};

/** A command whose output is a word of another one. */
const outputOf = (command: string) => `"$(${command})"`;

const subscription = outputOf("az account show --query id --output tsv");

/** Returns the command for a POSIX shell that creates the role in the subscriptions of registries. A name is in the current subscription. */
function createRole(registries: readonly string[]): string {
  const own = (registry: string) => /\/subscriptions\/[0-9a-f-]+/i.exec(registry)?.[0].toLowerCase() ?? "/subscriptions/SUBSCRIPTION";
  const definition = JSON.stringify({ ...role, AssignableScopes: [...new Set(registries.map(own))] });
  return `az role definition create --role-definition '${definition.replace("SUBSCRIPTION", `'${subscription}'`)}'`;
}

/**
 * Returns the commands for a POSIX shell that create the schedule's identity in Azure, with the role for ACR tokens. A word in capitals
 * stands for a value that only the user knows.
 * @param format formats a command for the cluster of the schedule
 */
export function azureCommands(schedule: Schedule, format: (command: Command) => string): readonly string[] {
  const { name, namespace, clientId, secret, registries } = schedule;
  const scopes = registries.map((one) => (one.includes("/") ? one : outputOf(`az acr show --name ${one} --query id --output tsv`)));
  if (clientId !== undefined) {
    const configuration = format({ ...kubectl("get", "--raw", "/.well-known/openid-configuration"), namespace: "" });
    const issuer = outputOf(`${configuration} | sed 's/.*"issuer":"\\([^"]*\\).*/\\1/'`);
    // A schedule has the same name in several clusters, and az replaces the issuer of a credential that exists
    const uid = outputOf(format({ ...kubectl("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"), namespace: "" }));
    return [
      createRole(registries),
      ...scopes.map((scope) => `az role assignment create --role "${role.Name}" --scope ${scope} --assignee ${clientId}`),
      `az identity federated-credential create --name ${name}-${uid} --identity-name IDENTITY --resource-group GROUP --issuer ${issuer} ` +
        `--subject system:serviceaccount:${namespace}:${name} --audiences api://AzureADTokenExchange`,
    ];
  }
  if (secret === undefined) return [];
  const id = outputOf(
    `${format({ ...kubectl("get", "secret", secret, "-o", "jsonpath={.data.AZURE_CLIENT_ID}"), namespace })} | base64 --decode`,
  );
  const end = outputOf(`az ad app credential list --id ${id} --query 'max([].endDateTime)' --output tsv`);
  const noteEnd = `${format({ ...kubectl("annotate", "--overwrite", "cronjob", name), namespace })} ${passwordEnd}=${end}`;
  // az gives the role to an application of the same name, which another cluster may use, or any user of the tenant has registered
  const random = outputOf("od -A n -t x1 -N 8 /dev/urandom | tr -d ' \\n'");
  const variables =
    "join('=', ['AZURE_TENANT_ID', tenant]), join('=', ['AZURE_CLIENT_ID', appId]), join('=', ['AZURE_CLIENT_SECRET', password])";
  return [
    createRole(registries),
    `az ad sp create-for-rbac --name ${name}-${random} --years 1 --role "${role.Name}" --scopes ${scopes.join(" ")} --query "[${variables}]" --output tsv | ` +
      format({ ...kubectl("create", "secret", "generic", secret, "--from-env-file=/dev/stdin"), namespace }),
    noteEnd,
  ];
}
