import { endsKnown } from "../src/credential/kinds.ts";
import { CliError } from "../src/errors.ts";
import { type Ground, groundsOf } from "../src/fleet/places.ts";
import { type Carried, type CarriedWish, carriedOn, type Unread } from "../src/observe/carriers.ts";
import { age, until } from "../src/output/age.ts";
import { printError } from "../src/output/error.ts";
import { printObjects } from "../src/output/object.ts";
import { printable } from "../src/output/printable.ts";
import { table } from "../src/output/table.ts";
import { placePrefix, type Where } from "../src/output/words.ts";
import { type Entry, readEntries } from "../src/secret/entry.ts";
import { whereOf } from "./conclude.ts";
import { type Flags, formats } from "./line/flags.ts";
import { readScope, scopeOf } from "./line/scope-flags.ts";
import type { Session } from "./session.ts";
import { verb } from "./verb.ts";

export const list = verb({
  name: "list",
  usage: "list [-A]",
  summary: "List the pull secrets that this plugin made",
  description: "Shows what each Secret holds, when its credential dies, and which ServiceAccounts carry it.",
  examples: [
    "# In this namespace",
    "kubectl acr-secret list",
    "# In all, with the ACR token behind each",
    "kubectl acr-secret list -A -o wide",
  ],
  flags: {
    ...readScope,
    selector: { type: "string", short: "l", describe: "Secrets with these labels (-l key1=value1,key2=value2)" },
    "no-headers": { type: "boolean", describe: "When using the default output format, don't print headers." },
    output: formats(["json", "yaml", "name", "wide"]),
    "show-managed-fields": { type: "boolean", describe: "If true, keep the managedFields when printing objects in JSON or YAML format." },
  } as const satisfies Flags,
  most: 0,
  async run({ flags }, session) {
    const scope = scopeOf({ ...flags, "include-system": false });
    const grounds = await groundsOf(scope, { ...session, writes: false });
    const { output, selector } = flags;
    const wish = { selector, whole: output === "json" || output === "yaml", carriers: output === undefined || output === "wide" };
    const where = whereOf(scope, grounds);
    const { found, failed } = await collect(grounds, wish, where, session);
    const managedFields = flags["show-managed-fields"];
    const columns = { wide: output === "wide", where, headers: !flags["no-headers"] };
    const secrets = found.map(({ secret }) => secret);
    const forms = {
      json: () => printObjects(secrets, "json", { managedFields, list: true }),
      yaml: () => printObjects(secrets, "yaml", { managedFields, list: true }),
      name: () => secrets.map(({ metadata }) => `secret/${printable(metadata.name)}\n`).join(""),
      wide: () => rows(found, columns, session),
      table: () => rows(found, columns, session),
    };
    if (found.length === 0 && wish.carriers) session.context.stderr.write(failed ? "" : nothing(where, grounds));
    else session.print(await forms[output ?? "table"]());
    return failed ? 1 : 0;
  },
});

/** The Secrets of all clusters; a cluster or a namespace that cannot be asked is told, and does not stop the others. */
async function collect(grounds: readonly Ground[], wish: CarriedWish, where: Where, { context, spell }: Session) {
  const found: Carried[] = [];
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
      printError({ ...context, spell }, error, placePrefix(at, where));
      failed = true;
    }
  }
  return { found, failed };
}

/** @returns which namespaces could not be asked, and at the end, with no name, the cluster */
async function collectOn(ground: Ground, wish: CarriedWish, found: Carried[]): Promise<Unread[]> {
  const { context } = ground;
  const unread: Unread[] = [];
  try {
    if (ground.error) throw ground.error;
    for await (const one of carriedOn(ground, wish)) {
      if ("error" in one) unread.push(one);
      else found.push(one);
    }
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    unread.push({ context, namespace: "", error });
  }
  return unread;
}

const nothing = (where: Where, [ground]: readonly Ground[]) =>
  where === "one" ? `No resources found in ${printable(ground?.namespaces[0] ?? "")} namespace.\n` : "No resources found\n";

type Columns = { readonly wide: boolean; readonly where: Where; readonly headers: boolean };

function rows(found: readonly Carried[], { wide, where, headers }: Columns, { context: { now } }: Session): string {
  const places = { one: [], namespaces: ["NAMESPACE"], clusters: ["CONTEXT", "NAMESPACE"] }[where];
  const header = [...places, "NAME", "REGISTRY", "CREDENTIAL", "EXPIRES", "SERVICEACCOUNTS", "AGE", ...(wide ? ["IDENTITY", "SLOT"] : [])];
  const cells = found.map((carried) => [...placeCells(carried, where), ...cellsOf(carried, now(), wide)].slice(0, header.length));
  return table(header, cells, { headers });
}

const placeCells = ({ context = "", secret: { metadata } }: Carried, where: Where) =>
  ({ one: [], namespaces: [metadata.namespace ?? ""], clusters: [context, metadata.namespace ?? ""] })[where];

const expiryOf = (kind: string, expiresAt: string | undefined, now: Date) =>
  expiresAt === undefined && !endsKnown(kind) ? "<unknown>" : until(expiresAt, now);

/** The cells of one Secret, those of `-o wide` last. */
function cellsOf({ secret, carriers }: Carried, now: Date, wide: boolean): string[] {
  const { name, creationTimestamp } = secret.metadata;
  const { hosts, kind, identity, slot = "", expiresAt }: Entry = readEntries(secret)?.[0] ?? { hosts: [], kind: "", identity: "" };
  const registries = hosts.map((host) => (wide ? host : host.replace(/\.azurecr\.io$/, ""))).join(",");
  const accounts =
    wide || carriers.length <= few ? carriers.join(",") : `${carriers.slice(0, few - 1)} + ${carriers.length - few + 1} more...`;
  return [name, registries, kind, expiryOf(kind, expiresAt, now), accounts, age(creationTimestamp, now), identity, slot];
}

/** As many ServiceAccounts as a cell shows; of more it tells their number, as kubectl does of a Service's endpoints. */
const few = 3;
