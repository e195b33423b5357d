import { CliError } from "../src/errors.ts";
import { printObjects } from "../src/output/object.ts";
import { printable } from "../src/output/printable.ts";
import { styleFor } from "../src/output/style.ts";
import type { PlaceDetail } from "../src/output/words.ts";
import { type ClusterScope, clusterScopesOf } from "../src/scope/cluster-scopes.ts";
import {
  expiryBy,
  type Holding,
  holdingsOf,
  type ListedSecret,
  type ListOptions,
  listPullSecrets,
  type UnreadableNamespace,
} from "../src/state/listed-secrets.ts";
import { printPlaceError, whereOf } from "./conclude.ts";
import { expiryAfter } from "./line/durations.ts";
import { type Flags, formats, noHeaders, under } from "./line/flags.ts";
import { readScope, scopeOf } from "./line/scope-flags.ts";
import { type Listed, listedLine, listedObject, rows } from "./list/rows.ts";
import type { Session } from "./session.ts";
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
    const clusterScopes = await clusterScopesOf(scopeOf(flags), { ...session, writes: false });
    const where = whereOf(clusterScopes);
    const form = forms[flags.output ?? "table"];
    const { stdout, stderr, env, now } = session;
    const { found, skipped, failed } = await collect(clusterScopes, { ...form, selector: flags.selector, ends }, where, session);
    const printing = { where, headers: !flags["no-headers"], now: now(), style: styleFor(stdout, env) };
    if (found.length > 0 || !form.hasMessage) session.print(await form.print(found, printing));
    else if (!failed) stderr.write(nothing(where, clusterScopes));
    stderr.write(skippedLine(skipped));
    if (failed) return failureCode(true);
    return ends && found.length > 0 ? 1 : 0;
  },
});

type Print = (found: readonly Listed[], columns: Parameters<typeof rows>[1]) => string | Promise<string>;

const asObjects =
  (format: "json" | "yaml"): Print =>
  (found) =>
    printObjects(found.map(listedObject), format, { managedFields: true, list: true });

/** Whether each format shows ServiceAccounts, whether it prints a message if there are no Secrets, and how it prints them. */
const forms = {
  table: { carriers: true, hasMessage: true, print: (found, columns) => rows(found, columns, false) },
  wide: { carriers: true, hasMessage: true, print: (found, columns) => rows(found, columns, true) },
  jsonl: { carriers: true, hasMessage: false, print: (found) => found.map(listedLine).join("") },
  name: {
    carriers: false,
    hasMessage: false,
    print: (found) => found.map(({ secret: { metadata } }) => `secret/${printable(metadata.name)}\n`).join(""),
  },
  json: { carriers: true, hasMessage: false, print: asObjects("json") },
  yaml: { carriers: true, hasMessage: false, print: asObjects("yaml") },
} as const satisfies Readonly<Record<string, { carriers: boolean; hasMessage: boolean; print: Print }>>;

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

/** Collects the Secrets of all clusters. An unreadable cluster or namespace is an error of its own and doesn't stop the others. */
async function collect(clusterScopes: readonly ClusterScope[], options: Options, where: PlaceDetail, session: Session) {
  const found: Listed[] = [];
  const skipped: Skipped = { never: 0, unknown: 0 };
  let failed = false;
  const report = ({ context, namespace, error }: UnreadableNamespace) => {
    if (where === "one" || (namespace === "" && where === "namespaces")) throw error;
    printPlaceError(session, error, { kind: "namespace", name: namespace, namespace, context }, where);
    failed = true;
  };
  const add = ({ secret: { apiVersion, kind, metadata }, ...carried }: ListedSecret, holdings: readonly Holding[]) => {
    const expiry = options.ends ? expiryBy(holdings, options.ends) : "due";
    // Only the metadata is kept: the data of thousands of Secrets would use too much memory
    if (expiry === "due") found.push({ ...carried, holdings, secret: { apiVersion, kind, metadata } });
    else if (expiry !== "later") skipped[expiry]++;
  };
  for await (const one of carriedIn(clusterScopes, options)) {
    if ("error" in one) report(one);
    else add(one, holdingsOf(one.secret));
  }
  return { found, skipped, failed };
}

/** Yields the Secrets of all clusters, and the namespaces that could not be read. An unreadable cluster is one without a namespace. */
async function* carriedIn(clusterScopes: readonly ClusterScope[], options: Options): AsyncGenerator<ListedSecret | UnreadableNamespace> {
  for (const clusterScope of clusterScopes) {
    try {
      if (clusterScope.error) throw clusterScope.error;
      yield* listPullSecrets(clusterScope, options);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      yield { context: clusterScope.context, namespace: "", error };
    }
  }
}

const nothing = (where: PlaceDetail, [clusterScope]: readonly ClusterScope[]) =>
  where === "one" ? `No resources found in ${printable(clusterScope?.namespaces[0] ?? "")} namespace.\n` : "No resources found\n";
