import { CliError } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import { type Entry, entryFor, sameEntry } from "../secret/entry.ts";
import { dockerConfigJson } from "../secret/pull-secret.ts";
import type { Change, Keep, Standing, Store } from "./change.ts";

/** A Secret that stands in the cluster, as far as a plan looks at it: never its text. */
export type Held = Standing & {
  readonly type: string;
  readonly immutable: boolean;
  /** What it says of its logins; absent when it is not one of ours. */
  readonly entries: readonly Entry[] | undefined;
  /** The keys under its `auths`. */
  readonly hosts: readonly string[];
  /** What others have written of what we would write, as the API server names it: `"kubectl-patch" using v1: .data..dockerconfigjson`. */
  readonly others: readonly string[];
  /** Whether the credential inside still pulls; `unknown` when nobody could tell. */
  readonly pulls: "yes" | "no" | "unknown";
};

export type StoreWish = {
  readonly entry: Entry;
  /** The login server that the credential is for. */
  readonly host: string;
  /** The credential's text is not the one inside. */
  readonly fresh: boolean;
  readonly force: boolean;
};

/**
 * Plans the write of the Secret.
 * @throws CliError conflict when something would be lost that is not ours to lose
 */
export function planStore(to: Ref<"secret">, { entry, host, fresh, force }: StoreWish, held: Held | undefined): Store | Keep {
  if (!held) return { act: "store", to, entry, stands: undefined, replaces: false, because: "there is none" };
  if (!force) refuseLoss(to, entry, host, held);
  const { uid, version, claim } = held;
  const stands: Standing = { uid, version, ...(claim && { claim }) };
  const store = (replaces: boolean, because: string): Store => ({ act: "store", to, entry, stands, replaces, because });
  if (held.type !== dockerConfigJson) return store(true, `its type is ${held.type}`);
  const noted = entryFor(held.entries, host);
  if (!fresh && noted && sameEntry(noted, entry)) return { act: "keep", to, because: "holds this credential" };
  if (!force && held.others.length > 0)
    throw new CliError("conflict", conflictWith(held.others), { hint: "add --force to take these fields over from their manager" });
  return store(held.immutable, fresh ? "holds another credential" : "says something else of itself");
}

/** What is told of a Secret that is overwritten although it holds more than our login. */
export function tellLoss(change: Store | Keep, host: string, held: Held | undefined): Change[] {
  const gone = held?.hosts.filter((server) => !isOf(host, server)) ?? [];
  if (change.act !== "store" || gone.length === 0) return [];
  return [{ act: "tell", to: change.to, says: `secret/${change.to.name} also held a login for ${gone.join(", ")}, which is gone` }];
}

/** Another writer's Secret is never taken over unasked, nor a credential that may work, nor a login for another registry. */
export function refuseLoss(to: Ref<"secret">, wanted: Entry, host: string, held: Held): void {
  refuse(to, lossOf(wanted, host, held));
}

/** The same, before it is known what is wanted: nothing has to be decided for a Secret that is not ours. */
export function refuseForeign(to: Ref<"secret">, host: string, held: Held): void {
  refuse(to, foreignLoss(host, held));
}

function refuse({ namespace, name }: Ref<"secret">, loss: Loss | undefined): void {
  if (loss === undefined) return;
  const [message, hint] = loss;
  throw new CliError("conflict", message.replace("SECRET", `secret "${name}" in namespace "${namespace}"`), { hint });
}

const again = "name another Secret, or add --force to take this one over";

type Loss = readonly [message: string, hint: string];

/** The first loss, and what to do about it. */
function lossOf(wanted: Entry, host: string, held: Held): Loss | undefined {
  const foreign = foreignLoss(host, held);
  const noted = entryFor(held.entries, host);
  if (foreign || !noted) return foreign;
  const { pulls } = held;
  const same = noted.kind === wanted.kind && noted.identity === wanted.identity;
  return same || pulls === "no"
    ? undefined
    : [`SECRET holds the credential of "${noted.identity}" (${noted.kind})`, "name another Secret, or add --force to lose that credential"];
}

/** The loss of what is not of our making, or for another registry. */
function foreignLoss(host: string, { entries, hosts, type }: Held): Loss | undefined {
  if (!entries) return [`SECRET (type ${type}) was not made by kubectl acr-secret`, again];
  const strange = hosts.filter((server) => !isOf(host, server));
  const named = entryFor(entries, host) ? strange : [...new Set([...entries.flatMap((entry) => entry.hosts), ...strange])];
  return named.length === 0 ? undefined : [`SECRET holds a credential for ${named.join(", ")}`, again];
}

/** Whether a key under `auths` is of a registry: by its host alone, by its address, or for a path of it. */
export const isOf = (host: string, server: string): boolean => server.replace(/^https?:\/\//, "").split("/", 1)[0] === host;

/** The API server's own sentence for an apply that meets other managers. */
function conflictWith(others: readonly string[]): string {
  const [only] = others;
  if (others.length === 1) return `Apply failed with 1 conflict: conflict with ${only}`;
  return `Apply failed with ${others.length} conflicts: conflicts with ${others.join("; ")}`;
}
