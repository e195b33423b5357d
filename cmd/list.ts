import { CliError } from "../src/errors.ts";
import { inPlace } from "../src/fix.ts";
import { type Ground, groundsOf } from "../src/fleet/places.ts";
import { type Carried, type CarriedWish, carriedOn, type Unread } from "../src/observe/carriers.ts";
import { endsBy, holdingsOf } from "../src/observe/holdings.ts";
import { printError } from "../src/output/error.ts";
import { say } from "../src/output/fitted.ts";
import { printObjects } from "../src/output/object.ts";
import { printable } from "../src/output/printable.ts";
import { placePrefix, type Where } from "../src/output/words.ts";
import { whereOf } from "./conclude.ts";
import { expiryAfter } from "./line/durations.ts";
import { type Flags, formats } from "./line/flags.ts";
import { readScope, scopeOf } from "./line/scope-flags.ts";
import { type Columns, type Listed, listedLine, rows } from "./list/rows.ts";
import type { Session } from "./session.ts";
import { verb } from "./verb.ts";

export const list = verb({
  usage: "list [-A]",
  description:
    "Shows every kubernetes.io/dockerconfigjson Secret. What this plugin made is known by its note; of others the kind of credential is guessed, and marked so (acr-token?).",
  examples: [
    "# In this namespace",
    "kubectl acr-secret list",
    "# In all, with the ACR token behind each",
    "kubectl acr-secret list -A -o wide",
    "# In a pipeline: fail where a credential ends within two weeks",
    "kubectl acr-secret list -A --expiring-within 14d",
  ],
  flags: {
    ...readScope,
    selector: { type: "string", short: "l", describe: "Secrets with these labels (-l key1=value1,key2=value2)" },
    "expiring-within": {
      type: "string",
      describe: "Only those whose credential ends within a time, such as 14d; then exit 1 if there are any",
    },
    "no-headers": { type: "boolean", describe: "When using the default output format, don't print headers." },
    output: formats(["json", "yaml", "name", "wide", "jsonl"]),
    "show-managed-fields": { type: "boolean", describe: "If true, keep the managedFields when printing objects in JSON or YAML format." },
  } as const satisfies Flags,
  most: 0,
  async run({ flags }, session) {
    const scope = scopeOf({ ...flags, "include-system": false });
    const ends = endsOf(flags["expiring-within"], session.context.now());
    const grounds = await groundsOf(scope, { ...session, writes: false });
    const where = whereOf(scope, grounds);
    const form = flags.output ?? "table";
    const { found, failed } = await collect(grounds, { ...wishes[form], selector: flags.selector, ends }, where, session);
    const printing = { where, headers: !flags["no-headers"], managedFields: flags["show-managed-fields"], now: session.context.now() };
    if (found.length > 0 || !wishes[form].says) session[wishes[form].print](await forms[form](found, printing));
    else if (!failed) say(session.context.stderr, nothing(where, grounds));
    return failed || (ends && found.length > 0) ? 1 : 0;
  },
});

/** The moment by which a credential ends that `--expiring-within` asks for. @throws CliError usage */
const endsOf = (within: string | undefined, now: Date) =>
  within === undefined ? undefined : new Date(expiryAfter(within, now, "--expiring-within"));

/** What each form has to know: whole Secrets, and who carries them; whether it says in words that there are none; for whom it is printed. */
const wishes = {
  table: { whole: false, carriers: true, says: true, print: "say" },
  wide: { whole: false, carriers: true, says: true, print: "say" },
  jsonl: { whole: false, carriers: true, says: false, print: "print" },
  name: { whole: false, carriers: false, says: false, print: "print" },
  json: { whole: true, carriers: false, says: false, print: "print" },
  yaml: { whole: true, carriers: false, says: false, print: "print" },
} as const;

type Form = keyof typeof wishes;
type Printing = Omit<Columns, "wide"> & { readonly managedFields: boolean };

const forms: Readonly<Record<Form, (found: readonly Listed[], printing: Printing) => string | Promise<string>>> = {
  table: (found, printing) => rows(found, { ...printing, wide: false }),
  wide: (found, printing) => rows(found, { ...printing, wide: true }),
  jsonl: (found) => found.map(listedLine).join(""),
  name: (found) => found.map(({ secret: { metadata } }) => `secret/${printable(metadata.name)}\n`).join(""),
  json: (found, { managedFields }) => printObjects(secretsOf(found), "json", { managedFields, list: true }),
  yaml: (found, { managedFields }) => printObjects(secretsOf(found), "yaml", { managedFields, list: true }),
};

const secretsOf = (found: readonly Listed[]) => found.map(({ secret }) => secret);

type Wish = CarriedWish & { readonly whole: boolean; readonly ends: Date | undefined };

/** The Secrets of all clusters; a cluster or a namespace that cannot be asked is told, and does not stop the others. */
async function collect(grounds: readonly Ground[], wish: Wish, where: Where, { context, spell }: Session) {
  const found: Listed[] = [];
  let failed = false;
  for (const ground of grounds) {
    for (const { namespace, error } of await collectOn(ground, wish, found)) {
      if (where === "one" || (namespace === "" && where === "namespaces")) throw error;
      const at = {
        kind: "namespace",
        name: namespace,
        namespace,
        ...(ground.context !== undefined && { context: ground.context }),
      } as const;
      printError({ ...context, spell: (fix) => spell(inPlace(fix, at)) }, error, placePrefix(at, where));
      failed = true;
    }
  }
  return { found, failed };
}

/** @returns which namespaces could not be asked, and at the end, with no name, the cluster */
async function collectOn(ground: Ground, wish: Wish, found: Listed[]): Promise<Unread[]> {
  const { context } = ground;
  const unread: Unread[] = [];
  try {
    if (ground.error) throw ground.error;
    for await (const one of carriedOn(ground, wish)) {
      if ("error" in one) unread.push(one);
      else found.push(...listed(one, wish));
    }
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    unread.push({ context, namespace: "", error });
  }
  return unread;
}

/** A Secret as far as it is shown: of thousands the text is not held. */
function listed(one: Carried, { whole, ends }: Wish): Listed[] {
  const { apiVersion, kind, metadata } = one.secret;
  const holdings = holdingsOf(one.secret);
  if (ends && !endsBy(holdings, ends)) return [];
  return [{ ...one, holdings, secret: whole ? one.secret : { apiVersion, kind, metadata } }];
}

const nothing = (where: Where, [ground]: readonly Ground[]) =>
  where === "one" ? `No resources found in ${printable(ground?.namespaces[0] ?? "")} namespace.\n` : "No resources found\n";
