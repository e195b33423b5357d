import rbac from "../docs/rbac.json" with { type: "json" };
import { cloudOf } from "../src/azure/cloud.ts";
import { readRegistryId } from "../src/azure/registry-name.ts";
import type { Finding } from "../src/doctor/finding.ts";
import type { VerbRights } from "../src/doctor/rights.ts";
import { findingItem, findingLines, findingsSummary, wayItem, wayLines } from "../src/output/doctor.ts";
import { printList } from "../src/output/object.ts";
import { styleFor } from "../src/output/style.ts";
import { doctor as examine } from "../src/workflows/doctor.ts";
import { createFlags, registryHost } from "./create/options.ts";
import { dataOutput, type Flags, identityFlags, identityOf, under } from "./line/flags.ts";
import { readScope, scopeOf } from "./line/scope-flags.ts";
import { failureCode, verb } from "./verb.ts";

const { namespace, "all-namespaces": allNamespaces } = readScope;

export const doctor = verb({
  usage: "doctor",
  description: [
    "Checks the cluster, your identity in Azure, the registry, the nodes and the pull secrets. Prints a line for each check, and a command " +
      "for each problem. Then lists the ways to pull images, from the best to the worst. Changes nothing.",
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
  flags: {
    ...under("What it checks", { registry: createFlags.registry }),
    ...under("Where", { namespace, "all-namespaces": allNamespaces }),
    ...identityFlags,
    ...dataOutput,
  } as const satisfies Flags,
  most: 0,
  async run({ flags }, session) {
    const { registry: named, output } = flags;
    const registry = named && registryHost(named);
    const { authority, resourceManager, registrySuffix } = cloudOf(session.env, flags.cloud);
    const name = readRegistryId(registry ?? "")?.name ?? registry;
    const login = name && (name.includes(".") ? name : `${name}${registrySuffix}`);
    const hosts = [new URL(authority).host, new URL(resourceManager).host, ...(login ? [login] : [])];
    const options = { scope: scopeOf(flags), registry: registry || undefined, identity: identityOf(flags), verbs, hosts };
    const { uninterrupted } = session.interruption;
    const { findings, ways } = examine(options, { ...session, uninterrupted, registry: session.registry() });
    const style = { style: styleFor(session.stdout, session.env), formatCommand: session.formatCommand };
    const found: Finding[] = [];
    for await (const finding of findings) {
      if (output === undefined) session.print(findingLines(finding, found, style));
      found.push(finding);
    }
    const rungs = await ways();
    if (output === undefined) {
      session.print(wayLines(rungs, style));
      session.stderr.write(`${findingsSummary(found)}\n`);
    } else {
      const items = [
        ...found.map((finding) => findingItem(finding, session.formatCommand)),
        ...rungs.map((rung) => wayItem(rung, session.formatCommand)),
      ];
      session.print(await printList(items, output));
    }
    if (found.some(({ status }) => status === "unknown")) return failureCode(true);
    return Number(found.some(({ status }) => status === "failed"));
  },
});

/** The rights of the first command line of each verb in docs/rbac.json, which the tests record. */
const verbs: readonly VerbRights[] = [...Map.groupBy(rbac, ({ line }) => line.split(" ")[0] ?? "")].flatMap(([name, [first]]) =>
  first && first.rights.length > 0 && name !== "doctor" ? [{ verb: name, rights: first.rights }] : [],
);
