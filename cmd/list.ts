import { readRegistryId } from "../src/azure/registry-name.ts";
import { usage } from "../src/errors.ts";
import { isForPrograms } from "../src/output/formats.ts";
import { type PullSecretItem, pullSecretItem } from "../src/output/items.ts";
import { printable } from "../src/output/printable.ts";
import { styleFor } from "../src/output/style.ts";
import type { PlaceDetail } from "../src/output/words.ts";
import { hostOf } from "../src/registry/server-key.ts";
import { type ClusterScope, clusterScopeOf } from "../src/scope/cluster-scopes.ts";
import { listSecrets } from "../src/verbs/list.ts";
import { pluralize } from "../src/wording.ts";
import { whereOf } from "./conclude.ts";
import { printReport, printUnreadable, reading } from "./findings.ts";
import { expiryAfter } from "./line/durations.ts";
import { type Flags, formatFlag, identityFlags, identityOf, noHeaders, under } from "./line/flags.ts";
import { registries } from "./line/known.ts";
import { readScope, scopeOf } from "./line/scope-flags.ts";
import { type Orders, sortBy, sortedBy } from "./line/sort-by.ts";
import { rows } from "./list/rows.ts";
import { failureCode, verb } from "./verb.ts";

/** The values of `--sort-by`: the columns, and the fields of a PullSecret. */
const orders: Orders<PullSecretItem> = {
  namespace: ({ namespace }) => namespace,
  name: ({ name }) => name,
  registry: ({ logins }) => logins[0]?.registries[0],
  credential: ({ logins }) => logins[0]?.credential,
  expires: ({ expiresAt }) => expiresAt ?? undefined,
  expiresAt: ({ expiresAt }) => expiresAt ?? undefined,
  age: ({ creationTimestamp }) => creationTimestamp ?? undefined,
  creationTimestamp: ({ creationTimestamp }) => creationTimestamp ?? undefined,
};

export const list = verb({
  usage: "list",
  description: [
    "Lists every Secret of type kubernetes.io/dockerconfigjson, and the Secrets that this plugin wrote for Argo CD. If another tool wrote a " +
      "login, the kind of credential is a guess, with a question mark (acr-token?).",
    "With -o wide, GRANTS shows the repositories that an ACR token may pull. They are read from Azure. If Azure can't be read, the list " +
      "shows what the Secret records, and marks it with (recorded).",
  ],
  findings: "--expiring-within found a credential",
  examples: [
    "# List the pull secrets of the current namespace",
    "kubectl acr-secret list",
    "# List those of all namespaces, with the ACR token, the copies and the repositories of each",
    "kubectl acr-secret list -A -o wide",
    "# List those for one registry, the next expiry first",
    "kubectl acr-secret list -A --registry myregistry --sort-by expires",
    "# In a pipeline: fail if a credential expires within two weeks",
    "kubectl acr-secret list -A --expiring-within 14d",
  ],
  flags: {
    ...under("Which Secrets", {
      registry: {
        type: "string",
        complete: registries,
        read: (value) => readRegistryId(value)?.name.toLowerCase() ?? hostOf(value.toLowerCase()),
        value: "REGISTRY",
        describe: "Secrets with a login for this registry: a name, a host or an Azure resource ID",
      },
      selector: { type: "string", short: "l", value: "LABELS", describe: "Secrets with these labels, such as team=web" },
      "expiring-within": {
        type: "string",
        complete: ["7d", "14d", "30d"],
        value: "DURATION",
        describe:
          "Secrets with a credential that expires within this time, such as 14d. Exits with 1 if there are any. Prints on standard error how many Secrets never expire or have an unknown expiry",
      },
      "include-unknown": {
        type: "boolean",
        describe: "With --expiring-within: also Secrets whose expiry is unknown. Exits with 1 if there are any",
      },
    }),
    ...readScope,
    ...identityFlags,
    output: formatFlag("secrets"),
    ...sortBy(orders),
    ...noHeaders,
  } as const satisfies Flags,
  most: 0,
  async run({ flags }, session) {
    const within = flags["expiring-within"];
    if (flags["include-unknown"] && within === undefined) throw usage("--include-unknown requires --expiring-within");
    const ends = within === undefined ? undefined : new Date(expiryAfter(within, session.now(), "--expiring-within"));
    const { output, registry, selector, "include-unknown": includeUnknown } = flags;
    const openAzure = output === "wide" ? () => session.azure(identityOf(flags)) : undefined;
    const order = { carriers: output !== "name", selector, registry, ends, includeUnknown, openAzure };
    const { clusterScope, listed } = await reading(session, "list", output, async () => {
      const clusterScope = await clusterScopeOf(scopeOf(flags), { ...session, writes: false });
      return { clusterScope, listed: await listSecrets(clusterScope, order) };
    });
    const { skipped, unreadable } = listed;
    const where = whereOf(clusterScope);
    const found = sortedBy(listed.found.map(pullSecretItem), orders, flags["sort-by"]);
    const { stdout, stderr, env, now } = session;
    const printing = { where, headers: !flags["no-headers"], now: now(), style: styleFor(stdout, env) };
    if (isForPrograms(output)) await printReport(session, "list", output, found, unreadable);
    else if (found.length > 0) session.print(rows(found, printing, output === "wide"));
    else if (unreadable.length === 0) stderr.write(nothing(where, clusterScope));
    stderr.write(skippedLine(skipped));
    printUnreadable(session, unreadable, where);
    if (unreadable.length > 0) return failureCode(true);
    return ends && found.length > 0 ? 1 : 0;
  },
});

/** Returns the counts of Secrets that `--expiring-within` omits although they may need attention. */
function skippedLine({ never, unknown }: Awaited<ReturnType<typeof listSecrets>>["skipped"]): string {
  const parts = [
    ...(never > 0 ? [`${never} never ${pluralize(never, "expires", "expire")}`] : []),
    ...(unknown > 0 ? [`${unknown} with unknown expiry`] : []),
  ];
  return parts.length > 0 ? `secrets not shown: ${parts.join(", ")}\n` : "";
}

function nothing(where: PlaceDetail, { namespaces: [first] }: ClusterScope): string {
  if (first === undefined) return "no namespace matches\n";
  return where === "one" ? `No resources found in ${printable(first)} namespace.\n` : "No resources found\n";
}
