import { skewOfAzure } from "../clock.ts";
import type { Holders } from "../credential/holders.ts";
import { type Issuer, isIssuer, type Taker } from "../credential/issuer.ts";
import { ownerOf, Unconfirmed } from "../credential/owner.ts";
import { proveOnce, stillPulls } from "../credential/prove.ts";
import type { RepositoryScope } from "../credential/repository-scope.ts";
import { asRefusal, CliError, isNotFound, unlessForbidden, withLines } from "../errors.ts";
import { edit } from "../kube/edit.ts";
import type { Secret } from "../objects.ts";
import type { Outcome } from "../outcome.ts";
import type { ImageRef } from "../registry/port.ts";
import { uidsOf } from "../scope/namespaces.ts";
import { type Credential, samePassword } from "../secret/record.ts";
import type { Tools } from "../tools.ts";
import { imagesFrom } from "../usage/images.ts";
import { readersOf } from "../usage/namespace-reader.ts";
import { nameInPlace } from "../wording.ts";
import type { Desired } from "./desired.ts";
import type { Fact, Facts, Known, KnownCopies, Observed } from "./observe.ts";
import { countsAsHolder, isIssued, issuerOf } from "./rows-login.ts";
import { countsForRevocation } from "./rows-remove.ts";

/** What a run on one source uses. */
export type World = {
  readonly tools: Tools;
  /** Opens the kind of a recorded credential, once for each registry. */
  open(credential: Credential): Promise<Issuer | Taker | string>;
  /** Finds who holds a credential of a registry. */
  holders(host: string): Holders;
  /** How long the run has waited for claims so far, in milliseconds, by namespace. Runs on several sources share it. */
  readonly waited: Map<string, number>;
  /** Takes references to a source and its copy in one namespace away. */
  takeAway?(namespace: string, record: Credential): AsyncGenerator<Outcome>;
};

type Reader<F extends Fact> = (d: Desired, o: Observed, world: World, of: string) => Promise<Facts[F]>;

/** How each fact is read. A reader asks for the facts that it needs. */
const readers: { readonly [F in Fact]: Reader<F> } = {
  source: async ({ source }, _, { tools }) => (await tools.cluster().get(source)) ?? null,
  kind: async ({ source }, { record }, { open }) => {
    if (!record) throw new TypeError("a source without a record has no kind");
    return open(record).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
      throw new Unconfirmed(withLines(`${nameInPlace(source)} records a registry that was not found`, error.message), error.hint);
    });
  },
  owner: async ({ source }, _, { tools }) => ownerOf(source, tools.cluster()),
  account: async (_, { ask, record, claim, ...o }) =>
    issuerOf({ ask, record, claim, ...o }).look(ask("owner"), { credential: record, claim }),
  copies: async ({ source: { name } }, { copies }, { tools }) => readCopies(name, copies, tools),
  images: async ({ source: { namespace = "" } }, { ask }, { tools }) => {
    const kind = renewable(ask("kind"));
    const pages = tools.cluster().pages("pod", { namespace })[Symbol.asyncIterator]();
    // Without permission to list pods, a proof shows that the registry accepts the login
    const first = await pages.next().catch(unlessForbidden(undefined));
    return imagesFrom([hostOf(kind)], first?.value ?? []);
  },
  test: async (_, { record, login }, { tools }) => {
    if (!record || !login) throw new TypeError("a source without a login was tested");
    return stillPulls({ host: record.host, repositories: record.repositories ?? [], images: [] }, login, tools.registry());
  },
  taken: async (d, o) => {
    const kind = renewable(o.ask("kind"));
    if (isIssuer(kind)) throw new TypeError("a login that Azure generates was taken");
    return kind.take({ to: d.source, credential: o.record, login: o.login }, scopeOf(o, kind, o.ask("images")));
  },
  proof: async (_, o, { tools }) => {
    const kind = renewable(o.ask("kind"));
    const isIssued = isIssuer(kind);
    const login = isIssued ? o.memory.made?.login : o.ask("taken").login;
    if (!login) throw new TypeError("there is no login to prove");
    return proveOnce({ tools, ...(isIssued && { issuer: kind }), isNewPassword: isIssued }, login, scopeOf(o, kind, o.ask("images")));
  },
  holder: async (d, o, { holders }, slot) => {
    if (!d.exists && o.record) return holders(o.record.host).find(o.record.identity, countsForRevocation(d, o, slot));
    const { identity, passwords } = o.ask("account");
    const ending = passwords.find((password) => password.slot === slot);
    if (!ending || !o.record) return {};
    const replacedBy = passwords.find((password) => samePassword(password, o.record));
    const at = samePassword(o.record.previous, ending) ? Date.parse(replacedBy?.madeAt ?? "") + skewOfAzure : undefined;
    return holders(o.record.host).find(identity ?? "", countsAsHolder(o, d.source, ending), at);
  },
  namespaces: async (_, { copies }, { tools }) => namespacesOf(copies, tools),
  rehearsal: async (d, o, { tools }) => {
    if (d.revoke && isIssued(o)) await issuerOf(o).requireRemoval?.();
    const decide = (old: Secret | undefined) =>
      old ? ({ act: "delete", because: "it is checked" } as const) : ({ act: "keep", because: "it was deleted" } as const);
    if (tools.dryRun !== "client") await edit(d.source, decide, { ...tools, dryRun: "server" }, { object: o.secret ?? undefined });
    return true;
  },
};

function renewable(kind: Facts["kind"]): Issuer | Taker {
  if (typeof kind === "string") throw new CliError("invalid", kind);
  return kind;
}

const hostOf = (kind: Issuer | Taker): string => (isIssuer(kind) ? kind.registry.loginServer : kind.host);

/** What a login is proven with. */
function scopeOf(o: Observed, kind: Issuer | Taker, images: readonly ImageRef[]): RepositoryScope {
  const granted = o.record?.repositories ?? (isIssuer(kind) ? o.ask("account").granted : undefined) ?? [];
  return { host: hostOf(kind), repositories: isIssuer(kind) && !kind.isScoped ? [] : granted, images };
}

async function namespacesOf(copies: Observed["copies"], { cluster }: Tools): Promise<readonly string[]> {
  const uids = await uidsOf(Object.keys(copies), cluster());
  return Object.keys(copies).filter((name) => uids.get(name) === copies[name]);
}

async function readCopies(secret: string, copies: Observed["copies"], tools: Tools): Promise<KnownCopies> {
  const cluster = tools.cluster();
  const namespaces = await namespacesOf(copies, tools);
  const known = new Map<string, Secret | CliError | undefined>();
  const reads = { secret, targets: { picks: [], whereUsed: false }, pods: "none", lenient: true } as const;
  for await (const { scope, read } of readersOf({ cluster, namespaces, open: true, trace: tools.trace }, reads))
    known.set(scope.namespace, await read().then((state) => state.secret, asRefusal));
  return known;
}

/** Reads one fact. @throws CliError; NotRead of a fact that this one needs */
export async function read<F extends Fact>(
  known: Known,
  d: Desired,
  o: Observed,
  world: World,
  { fact, of }: { fact: F; of: string },
): Promise<Known> {
  const value = await readers[fact](d, o, world, of);
  // Another run may have come since, so a source that is read again is not about the other facts
  const facts = fact === "source" ? {} : known.facts;
  return { ...known, facts: { ...facts, [fact]: { of, value } }, last: fact };
}
