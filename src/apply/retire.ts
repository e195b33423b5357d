import type { Credential } from "../credential/kind.ts";
import { lifeOf } from "../credential/life.ts";
import { keyOf } from "../kinds.ts";
import { type Noted, type NotedIn, notedIn } from "../observe/noted.ts";
import type { Plan, Tell } from "../plan/change.ts";
import { inLine } from "../plan/named.ts";
import { dueOf, passwordKey, type Rotation } from "../plan/rotation.ts";
import type { Entry, Password, Previous } from "../secret/entry.ts";
import { apply } from "./apply.ts";
import type { Outcome } from "./outcome.ts";
import type { RotateOrder } from "./rotate-order.ts";
import { sketch } from "./sketch.ts";
import { newRun } from "./tools.ts";

/** A rotation whose Secrets have been written, as far as they could be. */
export type Retirement = RotateOrder &
  Pick<NotedIn, "unasked"> & {
    readonly rotation: Rotation<Noted>;
    readonly credential: Credential;
    /** What its Secrets note by now. */
    readonly entry: Entry;
    /** Some Secret could not be written. */
    readonly failed: boolean;
    /** The Secrets that were written, by what names them. */
    readonly written: ReadonlySet<string>;
  };

/**
 * Takes the passwords away that others have taken the place of, as far as they are due and no Secret holds them, by a look of now. Where
 * a Secret could not be written, or where nobody could look, they stay, and it is told what keeps them.
 */
export async function* retire(order: Retirement): AsyncGenerator<Outcome> {
  const { rotation, entry, credential, dryRun } = order;
  const tools = order.tools(credential);
  const due = dueOf(candidates(rotation, entry), tools.now()).filter((password) => passwordKey(password) !== passwordKey(entry));
  if (due.length === 0) return;
  const bench = { tools, run: newRun(), seen: new Map() };
  const plan = await planOf(due, order);
  yield* dryRun === "client" ? sketch(plan, bench) : apply(plan, bench);
}

/** The same for a credential that is not rotated: what an earlier run promised to keep until now. */
export async function* retireDue(rotation: Rotation<Noted>, seen: Pick<NotedIn, "unasked">, order: RotateOrder): AsyncGenerator<Outcome> {
  const ended = rotation.replaced.filter(({ until }) => until !== undefined);
  if (dueOf(ended, order.now()).length === 0) return;
  const credential = await order.open(rotation);
  const at = { ...rotation, replaced: ended };
  yield* retire({ ...order, ...seen, rotation: at, credential, entry: rotation.newest, failed: false, written: new Set() });
}

/** What was replaced before, and what this run has replaced. */
const candidates = ({ replaced }: Rotation, { previous }: Entry): Previous[] => [
  ...replaced.filter((password) => !previous || passwordKey(password) !== passwordKey(previous)),
  // Without an end it waits for the next rotation
  ...(previous?.until === undefined ? [] : [previous]),
];

async function planOf(due: readonly Previous[], order: Retirement): Promise<Plan> {
  const { rotation, credential, unasked, failed } = order;
  const { identity } = rotation;
  const [unknown] = unasked;
  if (unknown)
    return [tell(order, `${nameOf(due)} of ${identity} stays, since not every Secret could be looked at: ${unknown.error.message}`)];
  const holders = await holdersOf(due, order);
  const isHeld = (password: Password) => holders.some(({ entry }) => passwordKey(entry) === passwordKey(password));
  const free = due.filter((password) => !isHeld(password));
  const kept = holders.map(({ to }) => `secret/${to.name}${placeSuffix(to)}`);
  const told = kept.length > 0 ? [tell(order, staying(due.filter(isHeld), identity, kept))] : [];
  if (failed && kept.length === 0) return [];
  return [...(free.length > 0 ? await lifeOf(credential).retire(identity, free) : []), ...told];
}

/** The Secrets that still hold one of these passwords. What a dry run would write counts as written. */
async function holdersOf(due: readonly Password[], { rotation, grounds, written, dryRun }: Retirement): Promise<readonly Noted[]> {
  const { kind, identity } = rotation;
  const keys = new Set(due.map(passwordKey));
  const { noted } = await notedIn(grounds, (entry) => entry.kind === kind && entry.identity === identity && keys.has(passwordKey(entry)));
  return dryRun === "none" ? noted : noted.filter(({ to }) => !written.has(keyOf(to)));
}

const staying = (held: readonly Password[], identity: string, by: readonly string[]) =>
  `${nameOf(held)} of ${identity} stays, since ${inLine(by)} ${by.length > 1 ? "hold" : "holds"} it`;

const placeSuffix = ({ namespace, context }: Noted["to"]) =>
  ` in namespace ${namespace}${context === undefined ? "" : ` of context ${context}`}`;

const nameOf = (passwords: readonly Password[]): string => passwords.map(({ slot = "a password" }) => slot).join(", ");

const tell = ({ rotation: { host } }: Retirement, says: string): Tell => ({ act: "tell", to: { kind: "registry", name: host }, says });
