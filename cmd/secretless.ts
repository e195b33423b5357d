import { cloudOf } from "../src/azure/cloud.ts";
import { readRegistryId, registryHost } from "../src/azure/registry-name.ts";
import { usage } from "../src/errors.ts";
import { plugin } from "../src/hint.ts";
import { isObjectName } from "../src/kinds.ts";
import { printData } from "../src/output/object.ts";
import { parseImage } from "../src/registry/image-reference.ts";
import { isLoginServer } from "../src/registry/login-server.ts";
import { clusterScopeOf } from "../src/scope/cluster-scopes.ts";
import { isGuid } from "../src/secret/azure-words.ts";
import { azureJson, nodePaths, providerConfig } from "../src/secretless/node-files.ts";
import { type Confirmed, confirmedBy, createSecretless, deleteSecretless } from "../src/verbs/secretless.ts";
import { checkSecretless } from "../src/verbs/secretless-check.ts";
import { either } from "../src/wording.ts";
import { conclude, printsHints } from "./conclude.ts";
import { confirmDeletion, mustAsk } from "./confirm.ts";
import { printFindings } from "./findings.ts";
import {
  type Flags,
  firstIgnored,
  identityFlags,
  identityOf,
  mustBe,
  nodePulls,
  registryFlag,
  under,
  type Values,
  writeOutput,
} from "./line/flags.ts";
import { serviceAccounts } from "./line/known.ts";
import { objectName } from "./line/names.ts";
import { scopeOf } from "./line/scope-flags.ts";
import { type Session, toolsOf } from "./session.ts";
import { verb } from "./verb.ts";

const flags = {
  ...under("Pulls", {
    registry: { ...registryFlag, describe: "Registry to pull from: its name, login server or Azure resource ID" },
    identity: {
      type: "string",
      refuse: mustBe(
        "the name or the resource ID of a managed identity",
        (value) => identityForm.test(value) && !isGuid(value),
        "identity",
      ),
      value: "IDENTITY",
      describe: "Managed identity of the pods, created if missing: a name in the registry's resource group, or a resource ID",
      fallback: "acr-secretless-REGISTRY",
    },
    image: { type: "string", value: "IMAGE", describe: "Image to check, such as myregistry.azurecr.io/app/web:1" },
    ...nodePulls,
    yes: { type: "boolean", short: "y", describe: "Delete without a confirmation. Required without a terminal" },
  }),
  ...identityFlags,
  ...writeOutput,
} as const satisfies Flags;

/** A name or a resource id. */
const identityForm =
  /^(?:[a-z0-9][a-z0-9_-]{2,127}|\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[-\w.()]{1,90}\/providers\/Microsoft\.ManagedIdentity\/userAssignedIdentities\/[-\w]{3,128})$/i;

type SecretlessFlags = Values<typeof flags>;

type Command = {
  /** The flags that not every sub-command accepts. */
  readonly accepts: readonly string[];
  /** @param names the arguments after the sub-command @returns the exit code */
  run(flags: SecretlessFlags, session: Session, names: readonly string[]): Promise<number>;
};

const commands: Readonly<Record<string, Command>> = {
  create: { accepts: ["registry", "identity"], run: (...call) => change("create", ...call) },
  delete: { accepts: ["registry", "identity", "yes"], run: (...call) => change("delete", ...call) },
  check: { accepts: ["image", ...Object.keys(nodePulls)], run: check },
  "node-files": { accepts: [], run: printNodeFiles },
};

const common = Object.keys({ ...identityFlags, ...writeOutput });

const listed = either(Object.keys(commands));

export const secretless = verb({
  usage:
    "secretless create SERVICEACCOUNT --registry REGISTRY | delete SERVICEACCOUNT --registry REGISTRY | check SERVICEACCOUNT --image IMAGE | " +
    "node-files",
  description: [
    "The kubelet exchanges the token of the pod's ServiceAccount for a login of the registry. It needs kubelets from v1.34 on with the " +
      "acr-credential-provider, and a public issuer of ServiceAccount tokens.",
    '"secretless create" sets up the managed identity, its role, the federated credentials, the right of the kubelets and the annotations. ' +
      '"secretless delete" deletes them. "secretless check" tries each part of a pull, and names the part that fails. With --from-cluster, it ' +
      "also lets a node pull the image.",
    '"secretless node-files" prints the files that a node needs, and the flags of the kubelet.',
    '"secretless check" exits with 2 if a part could not be checked, or else with 1 if a part fails.',
  ],
  examples: [
    "# Let the pods of the ServiceAccount web pull without a pull secret",
    "kubectl acr-secret secretless create web --registry myregistry",
    "# Show the changes without making them",
    "kubectl acr-secret secretless create web --registry myregistry --dry-run=client",
    "# Check that they can pull an image",
    "kubectl acr-secret secretless check web --image myregistry.azurecr.io/app/web:1",
    "# Also prove it by a pod without a pull secret",
    "kubectl acr-secret secretless check web --image myregistry.azurecr.io/app/web:1 --from-cluster",
    "# Print the files of a node, and the flags of its kubelet",
    "kubectl acr-secret secretless node-files",
    "# Delete what was created for the ServiceAccount",
    "kubectl acr-secret secretless delete web --registry myregistry",
  ],
  flags,
  most: Number.POSITIVE_INFINITY,
  complete: async (known, [word]) => (word === undefined ? Object.keys(commands) : serviceAccounts(known)),
  async run({ flags: given, args: [word = "", ...names] }, session) {
    const command = Object.hasOwn(commands, word) ? commands[word] : undefined;
    if (!command) throw usage(word === "" ? `argument required: ${listed}` : `invalid argument ${JSON.stringify(word)}: must be ${listed}`);
    const ignored = firstIgnored(flags, given, [...common, ...command.accepts]);
    if (ignored !== undefined) throw usage(`--${ignored} cannot be used with secretless ${word}`);
    return command.run(given, session, names);
  },
});

/** @throws CliError usage for a name that no ServiceAccount has */
function accountNames(words: readonly string[]): readonly string[] {
  const names = words.map((word) => objectName("ServiceAccount", word));
  const invalid = names.find((name) => !isObjectName(name));
  if (invalid !== undefined) throw usage(`invalid ServiceAccount name ${JSON.stringify(invalid)}`);
  return [...new Set(names)];
}

/** Checks the command line of a sub-command that writes. @throws CliError usage */
function readOrder({ registry, identity }: SecretlessFlags, words: readonly string[]) {
  const serviceAccounts = accountNames(words);
  if (serviceAccounts.length === 0) throw usage("argument required: the name of a ServiceAccount");
  if (registry === undefined) throw usage('required flag(s) "registry" not set');
  return { serviceAccounts, registry: registryHost(registry), identity };
}

async function change(does: "create" | "delete", given: SecretlessFlags, session: Session, names: readonly string[]): Promise<number> {
  const order = readOrder(given, names);
  const asks = does === "delete" && mustAsk(given);
  const clusterScope = await clusterScopeOf(scopeOf({}), { ...session, writes: true });
  const [namespace = ""] = clusterScope.namespaces;
  const azure = await session.azure(identityOf(given));
  const verbOf = { create: createSecretless, delete: deleteSecretless }[does];
  const run = (dry: SecretlessFlags["dry-run"], confirmed?: Confirmed) =>
    verbOf({ ...order, namespace, confirmed }, azure, toolsOf(session, { ...given, "dry-run": dry }));
  const asking = { home: namespace, output: given.output };
  const confirmed = asks ? confirmedBy(await confirmDeletion(session, run("client"), asking)) : undefined;
  const code = await conclude(run(given["dry-run"], confirmed), session, given, clusterScope);
  if (does === "create" && printsHints(code, given)) printChecks(order, given, session);
  return code;
}

function printChecks({ serviceAccounts, registry }: ReturnType<typeof readOrder>, { cloud }: SecretlessFlags, session: Session): void {
  const name = readRegistryId(registry)?.name ?? registry;
  const host = name.includes(".") ? name : `${name}${cloudOf(session.env, cloud).registrySuffix}`;
  session.hint("Azure may need some minutes. Then check that the pods can pull:");
  for (const account of serviceAccounts) session.hint(plugin("secretless check", account, "--image", `${host}/IMAGE`));
}

/** Checks the command line of `secretless check`. @throws CliError usage */
function readCheck({ image: named, output, node, "from-cluster": fromCluster }: SecretlessFlags, words: readonly string[]) {
  const [name, ...others] = accountNames(words);
  if (name === undefined || others.length > 0) throw usage("secretless check requires the name of one ServiceAccount");
  if (named === undefined) throw usage('required flag(s) "image" not set');
  const image = parseImage(named);
  // The token of the identity is sent to this host
  if (!isLoginServer(image.host)) throw usage(`invalid --image ${JSON.stringify(named)}: must be in an Azure container registry`);
  if (node !== undefined && !fromCluster) throw usage("--node requires --from-cluster");
  if (output === "name" || output === "jsonl") throw usage(`-o ${output} cannot be used with secretless check`);
  return { name, image, output, pod: fromCluster ? { image: named, node } : undefined };
}

async function check(given: SecretlessFlags, session: Session, names: readonly string[]): Promise<number> {
  const { name, image, output, pod } = readCheck(given, names);
  const cluster = session.cluster();
  const account = { kind: "serviceaccount", name, namespace: await cluster.namespace() } as const;
  const azure = await session.azure(identityOf(given));
  const tools = { ...session, uninterrupted: session.interruption.uninterrupted };
  const findings = checkSecretless({ account, image, cluster, azure, registry: session.registry(), pod }, tools);
  return printFindings(findings, session, output);
}

/** Prints the files with which kubelets pull without pull secrets, and the kubelet's flags. Never changes a node. @returns the exit code */
async function printNodeFiles({ cloud = "AzureCloud" }: SecretlessFlags, session: Session, names: readonly string[]): Promise<number> {
  if (names.length > 0) throw usage("secretless node-files accepts no arguments");
  const { binaries, config, azure } = nodePaths;
  session.print(`# Flags of the kubelet:
#   --image-credential-provider-bin-dir=${binaries}
#   --image-credential-provider-config=${config}
---
# ${config}
${await printData(providerConfig, "yaml")}---
# ${azure}
${JSON.stringify(azureJson(cloud))}
`);
  return 0;
}
