import type { ChangeOutcome } from "../actions/outcome.ts";
import type { Tools } from "../actions/tools.ts";
import { type Credential, lifecycleOf } from "../credential/kind.ts";
import { CliError } from "../errors.ts";
import { keyOf } from "../kinds.ts";
import { type Doubted, type HolderProof, proofOf, type Tried } from "../plan/proof.ts";
import { grouped } from "../plan/rotation.ts";
import { mostNamed, namedThere, several } from "../plan/wording.ts";
import { over } from "../scope/concurrency.ts";
import { fingerprint } from "../secret/entry.ts";
import type { Noted, Unnoted } from "../state/noted.ts";
import { ownedBy } from "./owner.ts";

export type Proving = { readonly credential: Credential; readonly identity: string; readonly verify: boolean; readonly tools: Tools };

/**
 * Determines which of the Secrets that record a credential really hold it. Tests the login inside at the registry, and compares the record
 * with the passwords that Azure shows.
 * @throws CliError conflict if two Secrets contradict each other
 */
export async function provenOf(all: readonly Noted[], proving: Proving): Promise<HolderProof<Noted>> {
  const { credential, identity } = proving;
  const tried = await triedOf(all, proving);
  const proof = proofOf(tried, await lifecycleOf(credential).shown(identity));
  if (proof.disputed.length > 0) throw disputed(proof.disputed, proving);
  return proof;
}

async function triedOf(all: readonly Noted[], proving: Proving): Promise<Tried<Noted>[]> {
  const { identity, tools } = proving;
  const insides = all.map((member) => ({
    member,
    inside: member.login?.username === identity ? fingerprint(member.login) : undefined,
  }));
  const texts = grouped(insides, ({ inside = "" }) => inside);
  const shared = texts.filter(([first]) => first?.inside !== undefined).length === 1;
  const tried: Tried<Noted>[] = [];
  for await (const group of over(texts, tools, (some) => tryText(some, { ...proving, shared }))) tried.push(...group);
  return tried;
}

type Inside = Pick<Tried<Noted>, "member" | "inside">;

async function* tryText(group: readonly Inside[], proving: Proving & { readonly shared: boolean }): AsyncGenerator<Tried<Noted>[]> {
  const [first] = group;
  const taken = first?.inside === undefined ? "no" : await takenOf(first.member, proving);
  const tried: Tried<Noted>[] = [];
  for (const one of group) tried.push({ ...one, taken, own: taken !== "yes" && (await isOwn(one, { ...proving, taken })) });
  yield tried;
}

async function takenOf({ login }: Pick<Noted, "login">, { credential, tools, verify }: Proving): Promise<Tried["taken"]> {
  if (!login || !verify) return "unknown";
  const { verdict } = await tools.registry().admits(credential.host, login);
  if (verdict === "pulls") return "yes";
  return verdict === "refused" ? "no" : "unknown";
}

/**
 * Returns the logins that the registry doesn't reject. Returns none if Azure doesn't show the passwords, because then no password is
 * deleted.
 */
export async function stillTaken<T extends Noted | Unnoted>(logins: readonly T[], proving: Proving): Promise<readonly T[]> {
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
  { identity, taken, shared }: Proving & Pick<Tried, "taken"> & { readonly shared: boolean },
): Promise<boolean> {
  if (inside === undefined) return false;
  const owned = await ownedBy(identity, [member], [member.clusterScope]).catch(() => "none");
  return owned === "one" || (owned === "many" && taken === "unknown" && shared);
}

function disputed(members: readonly Noted[], { identity }: Proving): CliError {
  const all = several(
    members.map(({ to }) => namedThere(to)),
    mostNamed,
  );
  return new CliError("conflict", `${all} record different passwords of ${identity} for one login, or one password for different logins`, {
    hint: "one of the annotations is wrong: delete that Secret and create it again",
  });
}

/** Reports Secrets that record a credential and don't hold it. A selected Secret is an error of its own. */
export function doubtsOf(
  doubted: readonly Doubted<Noted>[],
  meant: ReadonlySet<string>,
  { identity, credential }: Proving,
): ChangeOutcome[] {
  return doubted.map(({ member, why }) => {
    const says = `${namedThere(member.to)} records ${identity}, but ${words[why](credential.host)}`;
    if (!meant.has(keyOf(member.to))) return { change: { act: "warn", to: member.to, says }, says: [says] };
    const { name, namespace = "", context } = member.to;
    const hint = { verb: "create", secret: name, registry: credential.host, namespace, context } as const;
    return { change: { act: "keep", to: member.to, because: says }, error: new CliError("conflict", says, { hint }) };
  });
}

const words: Readonly<Record<Doubted["why"], (host: string) => string>> = {
  none: () => "holds no login of it",
  refused: (host) => `its login is not proven: ${host} rejects it`,
  unknown: (host) => `its login is not proven: it could not be tested at ${host}`,
};
