import { Claims } from "../actions/claims.ts";
import { execute } from "../actions/execute.ts";
import type { Outcome } from "../actions/outcome.ts";
import { type Credential, lifecycleOf } from "../credential/kind.ts";
import { withLines } from "../errors.ts";
import { joinNames, keyOf } from "../kinds.ts";
import type { Plan, Warn } from "../plan/change.ts";
import { isLoginOf, keptBy } from "../plan/ownership.ts";
import type { HolderProof } from "../plan/proof.ts";
import { dueOf, passwordKey, type Rotation } from "../plan/rotation.ts";
import { type Entry, fingerprint, type Password, type Previous } from "../secret/entry.ts";
import type { RecordedLogin, SecretLogins, UnrecordedLogin } from "../usage/secret-logins.ts";
import { inLine, nameInPlace } from "../wording.ts";
import type { RotateOrder } from "./find-holders.ts";
import { clustersUnknown, inClusters, ownedByHolders } from "./owner.ts";
import { type Proving, stillTaken } from "./prove-holders.ts";

/** A rotation whose Secrets were written, except for failures. */
type Retirement = RotateOrder &
  Pick<SecretLogins, "unreadable"> & {
    readonly rotation: Rotation<RecordedLogin>;
    readonly proof: Pick<HolderProof<RecordedLogin>, "unproven">;
    readonly proving: Proving;
    readonly credential: Credential;
    readonly entry: Entry;
    readonly failed: boolean;
    readonly written: ReadonlySet<string>;
  };

/**
 * Deletes replaced passwords that are due and that no Secret holds according to a new read. If a Secret could not be written or not every
 * Secret could be read, the passwords stay, and the reason is reported.
 */
export async function retire(order: Retirement): Promise<readonly Outcome[]> {
  const { rotation, entry, credential } = order;
  const tools = order.tools(credential);
  const due = dueOf(candidates(rotation, entry), tools.now()).filter((password) => passwordKey(password) !== passwordKey(entry));
  if (due.length === 0) return [];
  return Array.fromAsync(execute(await planOf(due, order), { tools, claims: new Claims(tools), objects: new Map() }));
}

/** Does the same for a credential that is not rotated: deletes passwords whose grace period, set by an earlier run, has ended. */
export function retireDue(order: Omit<Retirement, "entry" | "failed" | "written">): Promise<readonly Outcome[]> {
  const { rotation } = order;
  const replaced = rotation.replaced.filter(({ until }) => until !== undefined);
  const { previous, ...entry } = rotation.newest;
  const failed = order.proof.unproven.some(({ why }) => why === "unknown");
  return retire({ ...order, rotation: { ...rotation, replaced }, entry, failed, written: new Set() });
}

const candidates = ({ replaced }: Rotation, { previous }: Entry): Previous[] => [
  ...replaced.filter((password) => !previous || passwordKey(password) !== passwordKey(previous)),
  // Without an end, the password stays until the next rotation
  ...(previous?.until === undefined ? [] : [previous]),
];

async function planOf(due: readonly Previous[], order: Retirement): Promise<Plan> {
  const { rotation, credential, failed, force } = order;
  const { identity } = rotation;
  const lifecycle = lifecycleOf(credential);
  const plan = await lifecycle.retire(identity, due);
  if (plan.length === 0) return [];
  const { holders, unreadable } = await holdersOf(due, order);
  const [unlisted] = [...order.unreadable, ...unreadable];
  const clusters = await clustersUnknown(rotation, { ...order, owned: await ownedByHolders(rotation) });
  if (keptBy({ secrets: 0, clusters, unlisted: unlisted !== undefined, owned: false }, force) !== undefined) {
    const why = unlisted ? withLines("not all Secrets could be listed", unlisted.error.message) : inClusters(clusters);
    return [warn(order, staying(due, identity, why))];
  }
  if (holders.length === 0) return failed ? [] : plan;
  const heldKeys = new Set(holders.map(({ key }) => key));
  const free = due.filter((password) => !heldKeys.has(passwordKey(password)));
  const stays = due.filter((password) => heldKeys.has(passwordKey(password)));
  const warning = warn(order, staying(stays, identity, holding(holders, stays)));
  return [...(free.length > 0 ? await lifecycle.retire(identity, free) : []), warning];
}

type Holder = { readonly to: RecordedLogin["to"]; readonly key: string };

/**
 * Finds the Secrets that still hold one of these passwords. If the login inside is known, it decides, because anyone in the namespace can
 * write the annotation. In a dry run, Secrets that would be written count as written.
 */
async function holdersOf(
  due: readonly Password[],
  order: Retirement,
): Promise<Pick<SecretLogins, "unreadable"> & { holders: readonly Holder[] }> {
  const { rotation, proof, proving, listed, written, dryRun } = order;
  const keys = due.map(passwordKey);
  const insideOf = new Map(
    rotation.all.flatMap(({ entry, login, lapsed }) => (login && !lapsed ? [[passwordKey(entry), fingerprint(login)]] : [])),
  );
  const known = new Set(insideOf.values());
  const rejected = new Set(proof.unproven.flatMap(({ member, why }) => (why === "unknown" ? [] : [inWords(member)])));
  const { recorded, unrecorded, unreadable } = await listed((login) => isLoginOf(rotation, login));
  const holders = recorded.flatMap((one) => {
    if (!one.login || rejected.has(inWords(one)) || (dryRun !== "none" && written.has(keyOf(one.to)))) return [];
    const inside = fingerprint(one.login);
    const holds = (key: string) => (insideOf.has(key) ? insideOf.get(key) === inside : passwordKey(one.entry) === key);
    return keys.flatMap((key) => (holds(key) ? [{ to: one.to, key }] : []));
  });
  const copies = (await stillTaken(unrecorded, proving)).flatMap((one) =>
    keys.flatMap((key) => (mayHold(one, key) ? [{ to: one.to, key }] : [])),
  );
  return { holders: [...holders, ...copies], unreadable };

  /** Whether a login holds a password. A login that no annotation names may be any password whose text is unknown. */
  function mayHold({ login }: UnrecordedLogin, key: string): boolean {
    const inside = fingerprint(login);
    return insideOf.has(key) ? insideOf.get(key) === inside : !known.has(inside);
  }
}

const inWords = ({ to, login }: RecordedLogin) => JSON.stringify([keyOf(to), login && fingerprint(login)]);

const staying = (passwords: readonly Password[], identity: string, why: string) =>
  `${joinNames(passwords.map(({ slot = "a password" }) => (slot.includes("password") ? slot : `password ${slot}`)))} of ${identity} ${passwords.length > 1 ? "are" : "is"} kept because ${why}`;

/** Returns the holders of passwords, for example `secret/acr in namespace a holds it`. */
function holding(holders: readonly Holder[], passwords: readonly Password[]): string {
  const by = [...new Set(holders.map(({ to }) => nameInPlace(to)))];
  return `${inLine(by)} ${by.length > 1 ? "hold" : "holds"} ${passwords.length > 1 ? "them" : "it"}`;
}

const warn = ({ rotation: { host } }: Retirement, message: string): Warn => ({
  act: "warn",
  to: { kind: "registry", name: host },
  message,
});
