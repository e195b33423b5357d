import { CliError, isForbidden } from "../errors.ts";
import { keyOf, type Ref } from "../kinds.ts";
import type { Cluster } from "../kube/port.ts";
import type { Login, Registry } from "../registry/port.ts";
import { memoize } from "../scope/concurrency.ts";
import { type Credential, type Password, recordIn, type SourceOfCopy, sourceOf } from "../secret/record.ts";
import { isSameTime } from "../timestamp.ts";
import { type PullLogins, pullLogins } from "../usage/holders.ts";
import { nameInPlace } from "../wording.ts";

/** Who holds another login of a credential. */
export type Held = {
  readonly by?: Ref<"secret"> | undefined;
  /** The user may not list the Secrets of others. */
  readonly unlisted?: CliError | undefined;
  /** Namespaces that refuse their Secrets, while others don't, may hold one. */
  readonly unread?: true | undefined;
};

/** Returns the warning that holders could not be listed. */
export const uncheckedHolders = (unlisted: CliError | undefined): readonly string[] | undefined =>
  unlisted && [`cannot check whether other Secrets hold the password: ${unlisted.message}`];

/** Why a password must stay; undefined if no Secret is known to hold it. */
export const whyHeld = ({ by, unread }: Held): string | undefined =>
  by ? `${nameInPlace(by)} holds it` : unread && "a namespace whose Secrets cannot be listed may hold it";

/** Finds Secrets that hold a login of a credential. */
export type Holders = {
  /**
   * Returns a pull Secret with a login of that user name that the registry accepts: any tenant can write the name with a wrong password.
   * @param counts whether a Secret with a login counts
   * @param replacedAt when the password that is to end was replaced, in milliseconds: a recent list that began after it serves too
   */
  find(username: string, counts: (one: Found) => boolean, replacedAt?: number): Promise<Held>;
  /** Names a user of a later call, so that a list serves that call too. */
  expect(username: string): void;
};

/** How old a list may be that serves again, in milliseconds: an old copy may be restored at any time. */
const mostAge = 60_000;

/** The most passwords to test. A tenant can write thousands. Those beyond count as valid, which delays the end of a password. */
const mostTested = 50;

type Found = {
  readonly to: Ref<"secret">;
  readonly login: Login;
  /** The key of an application that the Secret, or the source whose login it has, records as its own. */
  readonly key: string | undefined;
  /** The source of a copy, and when the password of the copy was created. */
  readonly source: SourceOfCopy | undefined;
  /** The namespaces with a copy of the Secret. */
  readonly copies: readonly string[];
};

/** Whether a Secret records a key of its own. An application has many, while only one source has passwords of a token. */
export const hasOtherKey = ({ key }: Found, { slot, previous }: Pick<Credential, "slot" | "previous">): boolean =>
  key !== undefined && key !== slot && key !== previous?.slot;

/**
 * Whether a Secret is a copy that notes another of these passwords than the one that is to end. A tenant that changes the note loses only
 * the protection of its copy.
 */
export const isNewerCopy = ({ source }: Found, of: Ref<"secret">, passwords: readonly Password[], ending: Password): boolean =>
  source?.namespace === of.namespace &&
  source?.name === of.name &&
  passwords.some(({ slot, madeAt }) => slot !== ending.slot && isSameTime(madeAt, source.madeAt));

/** Whether a Secret holds another password than this. It may be the one that is to end. */
export const isOther =
  (than: Login | undefined, ending?: Pick<Password, "slot">) =>
  (one: Found): boolean =>
    !than?.password.equals(one.login.password) && !(ending && hasOtherKey(one, ending));

type Listed = {
  /** By user name. */
  readonly logins: ReadonlyMap<string, readonly Found[]>;
  /** The namespaces that could not be read, while others could. */
  readonly unread: ReadonlyMap<string, CliError>;
};

type Listing = { readonly wanted: Set<string>; readonly found: Promise<Listed | CliError>; began?: number | undefined };

/**
 * Shares lists of all Secrets between concurrent callers. A call during a list waits for the next one, which serves all callers that wait
 * by then. Therefore a thousand rotations don't each list a thousand Secrets. For a minute, a list also serves calls for passwords that
 * were replaced before it began, unless it shows a holder.
 * @param host the login server of the credentials
 * @param unread gets the namespaces that could not be read, while others could
 */
export function openHolders(
  cluster: Pick<Cluster, "pages" | "now">,
  registry: () => Registry,
  host: string,
  unread = new Map<string, CliError>(),
): Holders {
  const expected = new Set<string>();
  let last: Listing | undefined;
  let next: Listing | undefined;

  /** Returns a list that begins after this call. */
  function list(username: string): Listing {
    next ??= begin(last);
    next.wanted.add(username);
    return next;
  }

  function begin(before: Listing | undefined): Listing {
    const wanted = new Set(expected);
    const found = Promise.resolve(before?.found.catch(() => undefined)).then(() => {
      [last, next] = [listing, undefined];
      listing.began = cluster.now();
      return listFor(cluster, wanted);
    });
    const listing: Listing = { wanted, found };
    found.catch(() => {
      listing.began = undefined;
    });
    return listing;
  }

  async function findIn({ found }: Listing, username: string, counts: (one: Found) => boolean): Promise<Held> {
    const listed = await found;
    if (listed instanceof CliError) return { unlisted: listed };
    for (const [namespace, error] of listed.unread) unread.set(namespace, error);
    const others = listed.logins.get(username)?.filter(counts) ?? [];
    const by = await firstValid(others, (login) => isTaken(registry(), host, login));
    return listed.unread.size > 0 ? { by, unread: true } : { by };
  }

  return {
    async find(username, counts, replacedAt = Number.NaN) {
      const serves = ({ wanted, began = 0 }: Listing) => wanted.has(username) && began >= replacedAt && cluster.now() - began < mostAge;
      const known = last && serves(last) ? await findIn(last, username, counts) : undefined;
      // That Secret may have been written since, and an authorizer that does not answer may refuse one list only
      return known && !known.by && !known.unlisted ? known : findIn(list(username), username, counts);
    },
    expect: (username) => void expected.add(username),
  };
}

async function firstValid(all: readonly Found[], isValid: (login: Login) => Promise<boolean>): Promise<Ref<"secret"> | undefined> {
  const tested = new Map<string, Promise<boolean>>();
  for (const { to, login } of all) {
    const print = login.password.hash();
    if (tested.size >= mostTested && !tested.has(print)) return to;
    if (await memoize(tested, print, () => isValid(login))) return to;
  }
  return undefined;
}

/** Whether the registry accepts a login. If it could not be asked, the login may work. */
const isTaken = async (registry: Registry, host: string, login: Login): Promise<boolean> =>
  (await registry.admits(host, login)).verdict !== "refused";

async function listFor(cluster: Pick<Cluster, "pages">, wanted: ReadonlySet<string>): Promise<Listed | CliError> {
  const found = new Map<string, Map<string, Found>>();
  const reading = { read: new Set<string>(), closed: new Set<string>(), refused: new Map<string, CliError>() };
  const { read, closed, refused } = reading;
  try {
    for await (const page of pullLogins(cluster, reading))
      for (const one of page.flatMap((secret) => heldIn(secret, wanted))) add(found, one);
  } catch (error) {
    if (isForbidden(error)) return error;
    throw error;
  }
  const all = [...found].map(
    ([username, byPassword]) => [username, [...byPassword.values()].map((one) => withKeyOfSource(one, byPassword))] as const,
  );
  const held = all.flatMap(([, some]) => some);
  const own = new Set(held.map(({ to }) => to.namespace ?? ""));
  const [first] = refused.values();
  // A user that can read only the namespaces of these credentials may not list the Secrets of others
  if (first && own.isSupersetOf(read)) return first;
  const copied = held.flatMap(({ copies }) => copies).filter((namespace) => closed.has(namespace));
  const withCopy = copied.map(
    (name) => [name, new CliError("forbidden", `namespace "${name}" refuses its Secrets, and has a copy`)] as const,
  );
  return { logins: new Map(all), unread: new Map([...refused, ...withCopy]) };
}

/** A copy with the login of its source has the key that its source records. */
function withKeyOfSource(one: Found, all: ReadonlyMap<string, Found>): Found {
  const of = one.source && all.get(keyIn({ ...one.to, ...one.source }, one.login));
  return of ? { ...one, key: of.key } : one;
}

/** The most characters of a password in Azure, with a margin. */
const longestPassword = 1_000;

/** The most logins of one Secret that a list keeps: it keeps those of all sources of a run, whose names a tenant can write. */
const mostKept = 1_000;

/** Returns the first logins of a Secret, more than are tested. A tenant that writes thousands loses only its own protection. */
function heldIn({ to, metadata, logins, copies }: PullLogins, wanted: ReadonlySet<string>): readonly Found[] {
  const held = logins.filter(({ login: { username, password } }) => wanted.has(username) && password.length <= longestPassword);
  if (held.length === 0) return [];
  const record = recordIn({ metadata });
  const { namespace = "", name = "", madeAt } = sourceOf({ metadata }) ?? {};
  const source = name === "" ? undefined : { namespace, name, madeAt };
  // A tenant that records a key in a copy of another Secret loses only the protection of that copy
  const keyOfUser = (username: string) => (record?.kind === "service-principal" && record.identity === username ? record.slot : undefined);
  const some = [...Map.groupBy(held, ({ login }) => login.username).values()].flatMap((ofUser) => ofUser.slice(0, mostTested + 1));
  return some.slice(0, mostKept).map(({ login }) => ({ to, login, key: keyOfUser(login.username), source, copies }));
}

const keyIn = (to: Ref, { password }: Login): string => `${keyOf(to)}\n${password.hash()}`;

function add(found: Map<string, Map<string, Found>>, one: Found): void {
  const all = found.get(one.login.username) ?? new Map<string, Found>();
  all.set(keyIn(one.to, one.login), one);
  found.set(one.login.username, all);
}
