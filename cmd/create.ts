import { CliError } from "../src/errors.ts";
import { parseRepositoryScope } from "../src/registry/repository.ts";
import { checkSecretName, defaultSecretName } from "../src/secret/names.ts";
import { createAcrToken } from "./create/acr-token.ts";
import { createGiven } from "./create/given.ts";
import { dryRun, fieldManager, output, targets } from "./flags.ts";
import { verb } from "./verb.ts";

export const createFlags = {
  registry: { type: "string", describe: "The registry: its name in Azure, or its login server (myregistry.azurecr.io)" },
  repository: {
    type: "strings",
    describe:
      "A repository that may be pulled, or all below a path (team/*); may be repeated. Default: those that the namespace's pods use.",
  },
  ...targets,
  username: { type: "string", describe: "Take this user name instead of making an ACR token; its password comes by --password-stdin" },
  "password-stdin": { type: "boolean", describe: "Read the password of --username from stdin" },
  "acr-token": { type: "string", describe: "Name of the ACR token in Azure. Default: a name that belongs to this Secret alone." },
  "expires-in": { type: "string", describe: "How long the password is to work, such as 90d or 12h. Default: it does not expire." },
  auth: {
    type: "string",
    choices: ["auto", "az", "env"],
    default: "auto",
    describe: "Where the identity for Azure comes from: the Azure CLI (az), the AZURE_* variables (env), or whichever is there (auto)",
  },
  verify: {
    type: "boolean",
    default: true,
    describe: "Fetch a manifest with the credential before it is written. --verify=false: this machine cannot.",
  },
  force: { type: "boolean", describe: "Take over a Secret of the same name that somebody else made" },
  ...dryRun,
  ...fieldManager,
  ...output,
} as const;

export const create = verb({
  name: "create",
  usage: "create [NAME] --registry=REGISTRY",
  summary: "Create a pull secret for a registry and attach it to ServiceAccounts",
  description:
    "Makes an ACR token that may pull the given repositories, proves that it does, and writes it as a Secret of type " +
    "kubernetes.io/dockerconfigjson. NAME is acr-REGISTRY by default. What is right already is left as it is, so the command can be run again.",
  examples: [
    "# Let the default ServiceAccount pull what the namespace's pods need",
    "kubectl acr-secret create --registry myregistry --serviceaccount default",
    "# Name the repositories, and what to call the Secret",
    "kubectl acr-secret create web --registry myregistry --repository app/web --repository 'base/*'",
    "# Use a credential that you have",
    "kubectl acr-secret create --registry myregistry.azurecr.io --username ci --password-stdin < password.txt",
    "# See what would be done",
    "kubectl acr-secret create --registry myregistry --all-serviceaccounts --dry-run=client",
  ],
  flags: createFlags,
  most: 1,
  async run({ flags, args }, session) {
    const registry = flags.registry;
    if (!registry)
      throw new CliError("usage", 'required flag(s) "registry" not set', { hint: "kubectl acr-secret create --registry myregistry" });
    const name = checkSecretName(args[0] ?? defaultSecretName(registry));
    flags.repository.forEach(parseRepositoryScope);
    const request = { ...flags, registry, name };
    return flags.username === undefined && !flags["password-stdin"] ? createAcrToken(request, session) : createGiven(request, session);
  },
});
