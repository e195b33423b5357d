import type { ChangeOutcome } from "../actions/outcome.ts";
import type { Tools } from "../actions/tools.ts";
import { type Credential, lifecycleOf } from "../credential/kind.ts";
import { CliError } from "../errors.ts";
import { joinNames, keyOf } from "../kinds.ts";
import { type HolderProof, proofOf, type Tried, type UnprovenHolder } from "../plan/proof.ts";
import { grouped } from "../plan/rotation.ts";
import { runConcurrently } from "../scope/concurrency.ts";
import { fingerprint } from "../secret/entry.ts";
import type { RecordedLogin, UnrecordedLogin } from "../usage/secret-logins.ts";
import { maxNames, nameInPlace } from "../wording.ts";
import { ownedBy } from "./owner.ts";

export type Proving = { readonly credential: Credential; readonly identity: string; readonly verify: boolean; readonly tools: Tools };

/**
 * Determines which of the Secrets that record a credential really hold it. Tests the login inside at the registry, and compares the record
 * with the passwords that Azure shows.
 * @throws CliError conflict if two Secrets contradict each other
 */
export async function provenOf(all: readonly RecordedLogin[], proving: Proving): Promise<HolderProof<RecordedLogin>> {
  const { credential, identity } = proving;
  const tried = await triedOf(all, proving);
  const proof = proofOf(tried, await lifecycleOf(credential).shown(identity));
  if (proof.disputed.length > 0) throw disputed(proof.disputed, proving);
  return proof;
}

async function triedOf(all: readonly RecordedLogin[], proving: Proving): Promise<Tried<RecordedLogin>[]> {
  const { identity, tools } = proving;
  const insides = all.map((member) => ({
    member,
    inside: member.login?.username === identity ? fingerprint(member.login) : undefined,
  }));
  const texts = grouped(insides, ({ inside = "" }) => inside);
  const shared = texts.filter(([first]) => first?.inside !== undefined).length === 1;
  const tried: Tried<RecordedLogin>[] = [];
  for await (const group of runConcurrently(texts, tools, (some) => tryText(some, { ...proving, shared }))) tried.push(...group);
  return tried;
}

type Inside = Pick<Tried<RecordedLogin>, "member" | "inside">;

async function* tryText(group: readonly Inside[], proving: Proving & { readonly shared: boolean }): AsyncGenerator<Tried<RecordedLogin>[]> {
  const [first] = group;
  const accepted = first?.inside === undefined ? "no" : await takenOf(first.member, proving);
  const tried: Tried<RecordedLogin>[] = [];
  for (const one of group) tried.push({ ...one, accepted, own: accepted !== "yes" && (await isOwn(one, { ...proving, accepted })) });
  yield tried;
}

async function takenOf({ login }: Pick<RecordedLogin, "login">, { credential, tools, verify }: Proving): Promise<Tried["accepted"]> {
  if (!login || !verify) return "unknown";
  const { verdict } = await tools.registry().admits(credential.host, login);
  if (verdict === "pulls") return "yes";
  return verdict === "refused" ? "no" : "unknown";
}

/**
 * Returns the logins that the registry doesn't reject. Returns none if Azure doesn't show the passwords, because then no password is
 * deleted.
 */
export async function stillTaken<T extends RecordedLogin | UnrecordedLogin>(logins: readonly T[], proving: Proving): Promise<readonly T[]> {
  if (logins.length === 0 || (await lifecycleOf(proving.credential).shown(proving.identity)) === undefined) return [];
  const texts = grouped(logins, ({ login }) => (login ? fingerprint(login) : ""));
  const taken = await Promise.all(texts.map(([first]) => (first ? takenOf(first, proving) : "no")));
  return texts.flatMap((same, at) => (taken[at] === "no" ? [] : same));
}

/**
 * Whether the credential's name is derived from a Secret. A shared name counts only if the registry could not be asked and all Secrets hold
 * the same login.
 */
async function isOwn(
  { member, inside }: Inside,
  { identity, accepted, shared }: Proving & Pick<Tried, "accepted"> & { readonly shared: boolean },
): Promise<boolean> {
  if (inside === undefined) return false;
  const owned = await ownedBy(identity, [member], member.clusterScope).catch(() => "none");
  return owned === "one" || (owned === "many" && accepted === "unknown" && shared);
}

function disputed(members: readonly RecordedLogin[], { identity }: Proving): CliError {
  const all = joinNames(
    members.map(({ to }) => nameInPlace(to)),
    maxNames,
  );
  return new CliError("conflict", `${all} record different passwords of ${identity} for one login, or one password for different logins`, {
    hint: "one of the annotations is wrong: delete that Secret and create it again",
  });
}

/** Reports Secrets that record a credential and don't hold it. A selected Secret is an error of its own. */
export function doubtsOf(
  unproven: readonly UnprovenHolder<RecordedLogin>[],
  selected: ReadonlySet<string>,
  { identity, credential }: Proving,
): ChangeOutcome[] {
  return unproven.map(({ member, why }) => {
    const message = `${nameInPlace(member.to)} records ${identity}, but ${words[why](credential.host)}`;
    if (!selected.has(keyOf(member.to))) return { change: { act: "warn", to: member.to, message }, messages: [message] };
    const { name, namespace = "" } = member.to;
    const hint = { verb: "create", secret: name, registry: credential.host, namespace } as const;
    return { change: { act: "keep", to: member.to, because: message }, error: new CliError("conflict", message, { hint }) };
  });
}

const words: Readonly<Record<UnprovenHolder["why"], (host: string) => string>> = {
  none: () => "holds no login of it",
  refused: (host) => `its login is not proven: ${host} rejects it`,
  unknown: (host) => `its login is not proven: it could not be tested at ${host}`,
};
