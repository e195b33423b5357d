import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { Comparison } from "./compare.ts";
import { run } from "./run.ts";

/**
 * The commands of Microsoft's article on pull secrets, with the real Azure CLI. `$1` is the name of every object, `$2` is the
 * ServiceAccount.
 */
const byHand = `
set -e
id=$(az acr show --name myregistry --query id --output tsv)
password=$(az ad sp create-for-rbac --name "$1" --scopes "$id" --role acrpull --query password --output tsv)
user=$(az ad sp list --display-name "$1" --query '[].appId' --output tsv)
kubectl create secret docker-registry "$1" --docker-server=myregistry.azurecr.io --docker-username="$user" --docker-password="$password"
kubectl patch serviceaccount "$2" -p "{\\"imagePullSecrets\\":[{\\"name\\":\\"$1\\"}]}"
`;

/** The sources of the Azure identity. */
const ways = [
  { auth: "az", name: "the article, signed in with az", budget: 0.33 },
  { auth: "env", name: "the article, identity in the environment", budget: 0.33 },
] as const;

/**
 * Compares the creation of a service principal with its role, its password in a Secret, and that Secret in a ServiceAccount's list. The az
 * commands run as the signed-in user. The plugin runs once as that user, through az, and once with an identity in the environment.
 */
export async function article(
  { sandbox, kubectl, env }: { sandbox: Sandbox; kubectl: string; env: NodeJS.ProcessEnv },
  az: string,
): Promise<Comparison[]> {
  const config = join(sandbox.folder, "az");
  await mkdir(config, { mode: 0o700 });
  const { clientId, clientSecret, tenantId } = await sandbox.azure.addServicePrincipal("writer", ["Owner"], ["Application.ReadWrite.All"]);
  const { AZURE_CLIENT_ID: _, AZURE_CLIENT_SECRET: __, ...rest } = env;
  const person = { ...rest, PATH: `${az}:${env["PATH"]}`, AZURE_CONFIG_DIR: config, AZURE_CORE_COLLECT_TELEMETRY: "false" };
  const login = ["login", "--service-principal", "--username", clientId, `--password=${clientSecret}`, "--tenant", tenantId];
  await run(join(az, "az"), login, person);
  await sandbox.azure.push("myregistry.azurecr.io/app/web:1");
  return ways.map(({ auth, name, budget }, row): Comparison => {
    const named = (number: number, way: string) => [`article-${row}-${way}-${number}`, `article-account-${row}-${way}-${number}`] as const;
    return {
      name,
      beside: "az and kubectl",
      budget,
      runs: 7,
      warmUp: 1,
      async prepare(number, way) {
        await run(kubectl, ["create", "serviceaccount", named(number, way)[1]], env);
      },
      async ours(number) {
        const [name, account] = named(number, "ours");
        const flags = ["--registry", "myregistry", `--service-principal=${name}`, "--serviceaccount", account, "--auth", auth];
        await run(kubectl, ["acr-secret", "create", name, ...flags], auth === "az" ? person : env);
      },
      async theirs(number) {
        await run("sh", ["-c", byHand, "by-hand", ...named(number, "theirs")], person);
      },
    };
  });
}
