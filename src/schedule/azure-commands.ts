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

const subscription = "az account show --query id --output tsv";

/** Runs a command with the outputs of others, by variable, once they succeed: az takes an empty scope for the whole subscription. */
const withOutputs = (outputs: Readonly<Record<string, string>>, command: string): string =>
  [...Object.entries(outputs).map(([variable, of]) => `${variable}=$(${of})`), command].join(" && ");

/** Returns the command for a POSIX shell that creates the role in the subscriptions of registries. A name is in the current subscription. */
function createRole(registries: readonly string[]): string {
  const own = (registry: string) => /\/subscriptions\/[0-9a-f-]+/i.exec(registry)?.[0].toLowerCase() ?? "/subscriptions/SUBSCRIPTION";
  const definition = JSON.stringify({ ...role, AssignableScopes: [...new Set(registries.map(own))] });
  return `az role definition create --role-definition '${definition.replace("SUBSCRIPTION", `'"$(${subscription})"'`)}'`;
}

/**
 * Returns the commands for a POSIX shell that create the schedule's identity in Azure, with the role for ACR tokens. A word in capitals
 * stands for a value that only the user knows.
 * @param format formats a command for the cluster of the schedule
 */
export function azureCommands(schedule: Schedule, format: (command: Command) => string): readonly string[] {
  const { name, namespace, clientId, secret, registries } = schedule;
  const scopes = registries.map((one, index) =>
    one.includes("/") ? { scope: one, outputs: {} } : { scope: `"$id${index}"`, outputs: { [`id${index}`]: idOf(one) } },
  );
  if (clientId !== undefined) {
    const configuration = format({ ...kubectl("get", "--raw", "/.well-known/openid-configuration"), namespace: "" });
    const issuer = `${configuration} | sed 's/.*"issuer":"\\([^"]*\\).*/\\1/'`;
    // A schedule has the same name in several clusters, and az replaces the issuer of a credential that exists
    const uid = format({ ...kubectl("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"), namespace: "" });
    return [
      createRole(registries),
      ...scopes.map(({ scope, outputs }) =>
        withOutputs(outputs, `az role assignment create --role "${role.Name}" --scope ${scope} --assignee ${clientId}`),
      ),
      withOutputs(
        { uid, issuer },
        `az identity federated-credential create --name ${name}-"$uid" --identity-name IDENTITY --resource-group GROUP --issuer "$issuer" ` +
          `--subject system:serviceaccount:${namespace}:${name} --audiences api://AzureADTokenExchange`,
      ),
    ];
  }
  if (secret === undefined) return [];
  const id = `${format({ ...kubectl("get", "secret", secret, "-o", "jsonpath={.data.AZURE_CLIENT_ID}"), namespace })} | base64 --decode`;
  const end = `az ad app credential list --id "$id" --query 'max([].endDateTime)' --output tsv`;
  const noteEnd = `${format({ ...kubectl("annotate", "--overwrite", "cronjob", name), namespace })} ${passwordEnd}="$end"`;
  // az gives the role to an application of the same name, which another cluster may use, or any user of the tenant has registered
  const random = `"$(od -A n -t x1 -N 8 /dev/urandom | tr -d ' \\n')"`;
  const fields =
    "join('=', ['AZURE_TENANT_ID', tenant]), join('=', ['AZURE_CLIENT_ID', appId]), join('=', ['AZURE_CLIENT_SECRET', password])";
  const variables =
    `az ad sp create-for-rbac --name ${name}-${random} --years 1 --role "${role.Name}" ` +
    `--scopes ${scopes.map(({ scope }) => scope).join(" ")} --query "[${fields}]" --output tsv`;
  const create = format({ ...kubectl("create", "secret", "generic", secret, "--from-env-file=/dev/stdin"), namespace });
  return [
    createRole(registries),
    withOutputs(Object.assign({}, ...scopes.map(({ outputs }) => outputs), { variables }), `printf '%s\\n' "$variables" | ${create}`),
    withOutputs({ id, end }, noteEnd),
  ];
}

/** A login server with a hash does not show the name of its registry. Another registry may have the part before the hash as its name. */
const idOf = (registry: string) =>
  /^[a-z0-9.-]+$/.test(registry) && registry.includes(".")
    ? `az acr list --query "[?loginServer=='${registry}'].id" --output tsv | grep .`
    : `az acr show --name ${registry} --query id --output tsv`;
