import rbac from "../docs/rbac.json" with { type: "json" };
import { cloudOf } from "../src/azure/cloud.ts";
import { readRegistryId, registryHost } from "../src/azure/registry-name.ts";
import type { VerbRights } from "../src/doctor/cluster.ts";
import type { Finding } from "../src/doctor/finding.ts";
import type { Environment } from "../src/env.ts";
import type { Command } from "../src/hint.ts";
import { type DoctorOptions, examine } from "../src/verbs/doctor.ts";
import { printFindings } from "./findings.ts";
import { dataOutput, type Flags, identityFlags, identityOf, registryFlag, under, type Values, wordsOf } from "./line/flags.ts";
import { readScope, scopeOf } from "./line/scope-flags.ts";
import { verb } from "./verb.ts";

const { namespace, "all-namespaces": allNamespaces } = readScope;

const doctorFlags = {
  ...under("What it checks", {
    registry: registryFlag,
    strict: { type: "boolean", describe: "Exit with 2 if any check could not look. Default: only if a flag asks for it" },
  }),
  ...under("Where", { namespace, "all-namespaces": allNamespaces }),
  ...identityFlags,
  ...dataOutput,
} as const satisfies Flags;

export const doctor = verb({
  usage: "doctor",
  description: [
    "Shows your Azure identity and what you may create, and checks the registry, the cluster, the nodes and the pull secrets. Prints a " +
      "line for each check, and a command for each problem. Then lists the ways to pull images, from the best to the worst. Changes nothing.",
    "Without --registry, checks nothing about a registry in Azure.",
  ],
  findings: "a check failed",
  examples: [
    "# Check the setup for a registry, and show the best way to pull from it",
    "kubectl acr-secret doctor --registry myregistry",
    "# Check the pull secrets and the images of all namespaces too",
    "kubectl acr-secret doctor --registry myregistry -A",
    "# Explain a check",
    "kubectl acr-secret explain cluster-rights",
  ],
  flags: doctorFlags,
  most: 0,
  async run({ flags: { output, ...flags } }, session) {
    // A command about a registry needs the same sign-in
    const identity = wordsOf(identityFlags, flags);
    const formatCommand = ({ words, ...command }: Command) =>
      session.formatCommand({ ...command, words: [...words, ...(words.includes("--registry") && !command.isLocal ? identity : [])] });
    const tools = { ...session, uninterrupted: session.interruption.uninterrupted, registry: session.registry() };
    const { findings, ways } = examine(optionsOf(flags, session.env), tools);
    const asks = {
      registry: flags.registry !== undefined,
      place: flags.namespace !== undefined || flags["all-namespaces"] === true,
      identity: identity.length > 0,
    };
    const counts = ({ id }: Finding<string>) => flags.strict === true || askedBy.some(([flag, ids]) => asks[flag] && ids.test(id));
    return printFindings(findings, { ...session, formatCommand }, output, ways, counts);
  },
});

/** The checks that a flag asks for: what they can't read is an error. */
const askedBy = [
  ["registry", /^(?:registry-.*|azure-(?:identity|registry|rights)|leftovers)$/],
  ["place", /^(?:secret-expiry|image-pulls)$/],
  ["identity", /^azure-identity$/],
] as const;

function optionsOf(flags: Omit<Values<typeof doctorFlags>, "output">, env: Environment): DoctorOptions {
  const { authority, resourceManager, registrySuffix } = cloudOf(env, flags.cloud);
  const registry = flags.registry && registryHost(flags.registry);
  const name = readRegistryId(registry ?? "")?.name ?? registry;
  const hosts = [authority, resourceManager].map((url) => new URL(url).host);
  return {
    scope: scopeOf(flags),
    registry: registry || undefined,
    identity: identityOf(flags),
    verbs,
    hosts: name ? [...hosts, name.includes(".") ? name : `${name}${registrySuffix}`] : hosts,
  };
}

/**
 * The rights of the first command line of each verb in docs/rbac.json, which the tests record. Only cluster administrators have those for
 * secretless.
 */
const verbs: readonly VerbRights[] = [...Map.groupBy(rbac, ({ line }) => /^\w+/.exec(line)?.[0] ?? "")].flatMap(([name, [first]]) =>
  first && first.rights.length > 0 && !["doctor", "secretless"].includes(name) ? [{ verb: name, rights: first.rights }] : [],
);
