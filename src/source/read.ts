import { skewOfAzure } from "../clock.ts";
import type { Holders } from "../credential/holders.ts";
import { type Issuer, isIssuer, type Shown, type Taker, type Unrevocable } from "../credential/issuer.ts";
import { requireRepositories } from "../credential/missing-repositories.ts";
import { ownerOf, Unconfirmed } from "../credential/owner.ts";
import { proveOnce, stillPulls } from "../credential/prove.ts";
import { asRefusal, CliError, isNotFound, unlessForbidden, withLines } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import { edit } from "../kube/edit.ts";
import type { Secret } from "../objects.ts";
import type { Outcome } from "../outcome.ts";
import { uidOfEach, uidsOfAll } from "../scope/namespaces.ts";
import { type Credential, samePassword } from "../secret/record.ts";
import type { Tools } from "../tools.ts";
import { imagesFrom } from "../usage/images.ts";
import { readersOf } from "../usage/namespace-reader.ts";
import { nameInPlace } from "../wording.ts";
import type { Creating, Desired } from "./desired.ts";
import type { Fact, Facts, Knowledge, KnownCopies, Observed } from "./observe.ts";
import type { Places } from "./places.ts";
import { candidate } from "./rows-login.ts";
import { countsAsHolder } from "./rows-password.ts";
import { countsForRevocation } from "./rows-remove.ts";
import { fileInAzure, isIssued, issuerOf, renewable, scopeFor } from "./wanted.ts";

/** What a run on one source uses. */
export type World = {
  readonly tools: Tools;
  /** Opens the kind of a recorded credential, once for each registry. */
  open(credential: Credential, to: Ref<"secret">): Promise<Issuer | Taker | Unrevocable>;
  /** Finds who holds a credential of a registry. */
  holders(host: string): Holders;
  /** How long the run has waited for claims so far, in milliseconds, by namespace. Runs on several sources share it. */
  readonly waited: Map<string, number>;
  /** What only a run that creates uses. */
  readonly creating?: {
    /** Opens the kind that is wanted. Called only if the source lacks what was asked for. */
    open(): Promise<Issuer | Taker>;
    places(): Promise<Places>;
    /** Prints the Secret. Absent: it is written. @throws CliError if standard output can't be written */
    print?(secret: Secret): Promise<void>;
  };
  /** Takes references to a source and its copy in one namespace away. */
  takeAway?(namespace: string, record: Credential): AsyncGenerator<Outcome>;
};

type Reader<F extends Fact> = (d: Desired, o: Observed, world: World, of: string) => Promise<Facts[F]>;

/** How each fact is read. A reader asks for the facts that it needs. */
const readers: { readonly [F in Fact]: Reader<F> } = {
  source: async ({ source }, _, { tools }) => (await tools.cluster().get(source)) ?? null,
  kind: async ({ source }, { record }, { open, creating }) => {
    if (creating) return creating.open();
    if (!record) throw new TypeError("a source without a record has no kind");
    return open(record, source).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
      throw new Unconfirmed(withLines(`${nameInPlace(source)} records a registry that was not found`, error.message), error.hint);
    });
  },
  owner: async ({ source, creates }, { by }, { tools }) =>
    ownerOf(source, tools.cluster(), { exported: by.isPrinted, file: creates && fileInAzure(creates) }),
  account: async (_, o) => {
    const issuer = issuerOf(o);
    // A record of another kind says nothing about the account
    const credential = o.record?.kind === issuer.kind ? o.record : undefined;
    const account = await issuer.look(o.ask("owner"), { credential, claim: o.claim });
    const isEnded = (password: Shown) => o.memory.ended.some((one) => samePassword(one, password));
    return { ...account, passwords: account.passwords.filter((password) => !isEnded(password)) };
  },
  copies: async ({ source: { name } }, { copies }, { tools }) => readCopies(name, copies, tools),
  places: async (_, __, { creating }) => {
    if (!creating) throw new TypeError("only a run that creates has places");
    return creating.places();
  },
  images: async ({ source: { namespace = "" }, creates }, { ask }, { tools }, host) => {
    if (creates) return ask("places").images(host);
    const pages = tools.cluster().pages("pod", { namespace })[Symbol.asyncIterator]();
    // Without permission to list pods, a proof shows that the registry accepts the login
    const first = await pages.next().catch(unlessForbidden(undefined));
    return imagesFrom([host], first?.value ?? []);
  },
  repositories: async ({ creates, verify }, o, { tools }) => {
    if (creates) await checkRepositories(issuerOf(o), { ...creates, verify }, tools);
    return true;
  },
  test: async ({ creates }, { ask, record, login }, { tools }) => {
    if (!record || !login) throw new TypeError("a source without a login was tested");
    const { host, repositories = [] } = record;
    const images = creates ? ask("images", host) : [];
    const asking = () => stillPulls({ host, repositories, images }, login, tools.registry());
    return tools.during(`Asking ${host} whether the credential still pulls`, asking);
  },
  taken: async (d, o) => {
    const kind = renewable(o.ask("kind"));
    if (isIssuer(kind)) throw new TypeError("a login that Azure generates was taken");
    return kind.take({ to: d.source, credential: o.record, login: o.login }, scopeFor(d, o));
  },
  proof: async (d, o, { tools }) => {
    const kind = renewable(o.ask("kind"));
    const { login, isNewPassword = false, hasNewRight } = candidate(d, o) ?? {};
    if (!login) throw new TypeError("there is no login to prove");
    const issuer = isIssuer(kind) ? kind : undefined;
    return proveOnce({ tools, issuer, hasNewRight, isNewPassword }, login, scopeFor(d, o));
  },
  holder: async (d, o, { holders }, slot) => {
    if (!d.exists && o.record) return holders(o.record.host).find(o.record.identity, countsForRevocation(d, o, slot));
    const { identity, passwords } = o.ask("account");
    const ending = passwords.find((password) => password.slot === slot);
    if (!ending) return {};
    const replacedBy = passwords.find((password) => samePassword(password, o.record));
    const at = samePassword(o.record?.previous, ending) ? Date.parse(replacedBy?.madeAt ?? "") + skewOfAzure : undefined;
    return holders(issuerOf(o).registry.loginServer).find(identity ?? "", countsAsHolder(o, d.source, ending), at);
  },
  // A copy in a namespace that is being deleted still holds the login
  namespaces: async (_, { copies }, { tools }) => namespacesOf(copies, tools),
  rehearsal: async (d, o, { tools }) => {
    if (d.revoke && isIssued(o)) await issuerOf(o).requireRemoval?.();
    const decide = (old: Secret | undefined) =>
      old ? ({ act: "delete", because: "it is checked" } as const) : ({ act: "keep", because: "it was deleted" } as const);
    if (tools.dryRun !== "client") await edit(d.source, decide, { ...tools, dryRun: "server" }, { object: o.secret ?? undefined });
    return true;
  },
};

/**
 * Checks the repositories that are named with --exact, because a misspelled one would replace the right one. A file may name one that does
 * not exist yet, of which the proof warns.
 * @throws CliError notFound; invalid if a file names repositories for a credential that pulls the whole registry
 */
async function checkRepositories(issuer: Issuer, order: Creating & Pick<Desired, "verify">, tools: Tools): Promise<void> {
  if (!order.file) return requireRepositories(issuer, order, tools);
  const { name: registry } = issuer.registry;
  if (!issuer.isScoped && order.repositories.some((one) => one !== "*"))
    throw new CliError("invalid", `registry ${registry} has no roles for single repositories, so a service principal pulls all of them`, {
      hint: "write repositories: ['*'], or credential: acr-token",
    });
}

async function namespacesOf(copies: Observed["copies"], { cluster }: Tools): Promise<readonly string[]> {
  const uids = await uidsOfAll(Object.keys(copies), cluster());
  return Object.keys(copies).filter((name) => uids.get(name) === copies[name]);
}

/** A namespace that can't be read keeps no other from its login. */
async function readCopies(secret: string, copies: Observed["copies"], tools: Tools): Promise<KnownCopies> {
  const cluster = tools.cluster();
  const uids = await uidOfEach(Object.keys(copies), cluster);
  const known = new Map<string, Secret | CliError | undefined>();
  for (const [name, uid] of uids) if (uid instanceof CliError) known.set(name, uid);
  const namespaces = Object.keys(copies).filter((name) => uids.get(name) === copies[name]);
  const reads = { secret, targets: { picks: [], whereUsed: false }, pods: "none", lenient: true } as const;
  for await (const { scope, read } of readersOf({ cluster, namespaces, open: true, trace: tools.trace }, reads))
    known.set(scope.namespace, await read().then((state) => state.secret, asRefusal));
  return known;
}

/** Reads one fact. @throws CliError; NotRead of a fact that this one needs */
export async function readFact<F extends Fact>(
  known: Knowledge,
  d: Desired,
  o: Observed,
  world: World,
  { fact, of }: { fact: F; of: string },
): Promise<Knowledge> {
  const value = await readers[fact](d, o, world, of);
  const one = { [fact]: { of, value } };
  if (fact !== "source" && fact !== "places") return { ...known, facts: { ...known.facts, ...one }, last: fact };
  // Another run may have come since, so a source that is read again is not about the other facts
  const source = fact === "places" ? { source: { of: "", value: (value as Places).secret ?? null } } : {};
  return { ...known, facts: { ...source, ...one }, last: fact };
}
