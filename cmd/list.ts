import { isRefusal } from "../src/errors.ts";
import { type Listed, pullSecret } from "../src/output/items.ts";
import { printable } from "../src/output/printable.ts";
import { styleFor } from "../src/output/style.ts";
import type { PlaceDetail } from "../src/output/words.ts";
import { type ClusterScope, clusterScopesOf } from "../src/scope/cluster-scopes.ts";
import {
  expiryBy,
  holdingsOf,
  type ListedSecret,
  type ListOptions,
  listPullSecrets,
  type UnreadableNamespace,
} from "../src/state/listed-secrets.ts";
import { whereOf } from "./conclude.ts";
import { isItemFormat, printItems, printUnreadable, reading } from "./findings.ts";
import { expiryAfter } from "./line/durations.ts";
import { type Flags, formats, noHeaders, under } from "./line/flags.ts";
import { readScope, scopeOf } from "./line/scope-flags.ts";
import { rows } from "./list/rows.ts";
import { failureCode, verb } from "./verb.ts";

export const list = verb({
  usage: "list",
  description: [
    "Lists every Secret of type kubernetes.io/dockerconfigjson, and the Secrets that this plugin wrote for Argo CD. If another tool wrote a " +
      "login, the kind of credential is a guess, with a question mark (acr-token?).",
  ],
  findings: "--expiring-within found a credential",
  examples: [
    "# List the pull secrets of the current namespace",
    "kubectl acr-secret list",
    "# List those of all namespaces, with the ACR token of each",
    "kubectl acr-secret list -A -o wide",
    "# In a pipeline: fail if a credential expires within two weeks",
    "kubectl acr-secret list -A --expiring-within 14d",
  ],
  flags: {
    ...under("Which Secrets", {
      selector: { type: "string", short: "l", value: "LABELS", describe: "Secrets with these labels, such as team=web" },
      "expiring-within": {
        type: "string",
        value: "DURATION",
        describe:
          "Secrets with a credential that expires within this time, such as 14d. Exits with 1 if there are any. Counts Secrets that never expire or whose expiry is unknown on standard error",
      },
    }),
    ...readScope,
    output: formats(["json", "yaml", "name", "wide", "jsonl"]),
    ...noHeaders,
  } as const satisfies Flags,
  most: 0,
  async run({ flags }, session) {
    const within = flags["expiring-within"];
    const ends = within === undefined ? undefined : new Date(expiryAfter(within, session.now(), "--expiring-within"));
    const { output } = flags;
    const options = { carriers: output !== "name", selector: flags.selector, ends };
    const { clusterScopes, found, skipped, unreadable } = await reading(session, output, async () => {
      const clusterScopes = await clusterScopesOf(scopeOf(flags), { ...session, writes: false });
      return { clusterScopes, ...(await collect(clusterScopes, options)) };
    });
    const where = whereOf(clusterScopes);
    const { stdout, stderr, env, now } = session;
    const printing = { where, headers: !flags["no-headers"], now: now(), style: styleFor(stdout, env) };
    if (isItemFormat(output)) await printItems(session, output, found.map(pullSecret), unreadable);
    else if (output === "name") session.print(found.map(nameLine).join(""));
    else if (found.length > 0) session.print(rows(found, printing, output === "wide"));
    else if (unreadable.length === 0) stderr.write(nothing(where, clusterScopes));
    stderr.write(skippedLine(skipped));
    printUnreadable(session, unreadable, where);
    if (unreadable.length > 0) return failureCode(true);
    return ends && found.length > 0 ? 1 : 0;
  },
});

const nameLine = ({ secret: { metadata } }: Listed) => `secret/${printable(metadata.name)}\n`;

type Options = ListOptions & { readonly ends: Date | undefined };

type Skipped = { never: number; unknown: number };

/** Returns the counts of Secrets that `--expiring-within` omits although they may need attention. */
function skippedLine({ never, unknown }: Skipped): string {
  const parts = [
    never > 0 ? `${never} never ${never === 1 ? "expires" : "expire"}` : "",
    unknown > 0 ? `${unknown} with unknown expiry` : "",
  ];
  const counts = parts.filter(Boolean).join(", ");
  return counts && `secrets not shown: ${counts}\n`;
}

/** Collects the Secrets of all clusters. An unreadable cluster or namespace doesn't stop the others. */
async function collect(clusterScopes: readonly ClusterScope[], options: Options) {
  const found: Listed[] = [];
  const skipped: Skipped = { never: 0, unknown: 0 };
  const unreadable: UnreadableNamespace[] = [];
  for await (const one of carriedIn(clusterScopes, options)) {
    if ("error" in one) {
      unreadable.push(one);
      continue;
    }
    const holdings = holdingsOf(one.secret);
    const expiry = options.ends ? expiryBy(holdings, options.ends) : "due";
    // Only the metadata is kept: the data of thousands of Secrets would use too much memory
    if (expiry === "due") found.push({ ...one, holdings, secret: { metadata: one.secret.metadata } });
    else if (expiry !== "later") skipped[expiry]++;
  }
  return { found, skipped, unreadable };
}

/** Yields the Secrets of all clusters, and the namespaces that could not be read. An unreadable cluster is one without a namespace. */
async function* carriedIn(clusterScopes: readonly ClusterScope[], options: Options): AsyncGenerator<ListedSecret | UnreadableNamespace> {
  for (const clusterScope of clusterScopes) {
    try {
      if (clusterScope.error) throw clusterScope.error;
      yield* listPullSecrets(clusterScope, options);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      yield { context: clusterScope.context, namespace: "", error };
    }
  }
}

const nothing = (where: PlaceDetail, [clusterScope]: readonly ClusterScope[]) =>
  where === "one" ? `No resources found in ${printable(clusterScope?.namespaces[0] ?? "")} namespace.\n` : "No resources found\n";
