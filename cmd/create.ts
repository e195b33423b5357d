import { CliError } from "../src/errors.ts";
import { parseRepositoryScope } from "../src/registry/repository.ts";
import { checkSecretName, defaultSecretName } from "../src/secret/names.ts";
import { createAcrToken } from "./create/acr-token.ts";
import { createGiven } from "./create/given.ts";
import { createFlags } from "./create/request.ts";
import { verb } from "./verb.ts";

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
