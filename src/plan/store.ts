import { CliError } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import { type Entry, entryFor } from "../secret/entry.ts";
import { dockerConfigJson } from "../secret/pull-secret.ts";
import { shapeNamed } from "../secret/shapes.ts";
import type { Change, Keep, Store } from "./change.ts";
import { type ExistingSecret, holds, isOf, keysOf, type StoreOptions, widened } from "./existing-secret.ts";

/**
 * Plans the write of the Secret. Keeps the regional hosts that already have the login among its keys.
 * @throws CliError conflict if the write would lose data of another tool or user
 */
export function planStore(to: Ref<"secret">, asked: StoreOptions, existing: ExistingSecret | undefined): Store | Keep {
  const { host, fresh, shape } = asked;
  const same = existing?.type === shapeNamed(shape).type;
  const entry = existing && same ? { ...asked.entry, hosts: widened(asked.entry.hosts, host, existing) } : asked.entry;
  const options = { ...asked, entry };
  const store = { act: "store", to, entry, shape } as const;
  if (!existing) return { ...store, precondition: undefined, replaces: false, because: "there is none" };
  refuseDeleted(to, existing);
  refuseLoss(to, options, existing);
  if (same && !fresh && holds(entry, host, existing)) return { act: "keep", to, because: "holds this credential" };
  if (options.merge) refuseUnmergeable(to, existing);
  const { uid, version, claim } = existing;
  const how = howToStore(options, existing);
  if (how.replaces) refuseFinalizers(to, existing);
  return { ...store, precondition: { uid, version, claim }, ...how };
}

/** Rejects a Secret that is being deleted, because a write to it would be lost. @throws CliError conflict */
function refuseDeleted({ name, namespace }: Ref<"secret">, { deleting, finalizers = [] }: ExistingSecret): void {
  if (!deleting) return;
  const hint = `wait until it is deleted, or remove its finalizers: ${finalizers.join(", ")}`;
  throw new CliError("conflict", `secret "${name}" in namespace "${namespace}" is being deleted`, { hint });
}

/**
 * Rejects replacing a Secret with finalizers: it would stay until they are removed, and its name could not be used.
 * @throws CliError conflict
 */
function refuseFinalizers({ name, namespace }: Ref<"secret">, { finalizers = [] }: ExistingSecret): void {
  if (finalizers.length === 0) return;
  const message = `secret "${name}" in namespace "${namespace}" cannot be changed in place, and has finalizers, so it cannot be replaced`;
  throw new CliError("conflict", message, { hint: `name another Secret, or remove its finalizers: ${finalizers.join(", ")}` });
}

/** @throws CliError conflict if other managers have written to the Secret, without --force */
function howToStore(options: StoreOptions, { type, immutable, others }: ExistingSecret): Pick<Store, "replaces" | "merges" | "because"> {
  const { fresh, force, merge, shape } = options;
  if (type !== shapeNamed(shape).type) return { replaces: true, because: `its type is ${type}` };
  if (merge) return { replaces: false, merges: true, because: fresh ? "gets one more login" : says };
  if (!force && others.length > 0)
    throw new CliError("conflict", conflictWith(others), { hint: "add --force to take these fields over from their manager" });
  return { replaces: immutable, because: fresh ? "holds another credential" : says };
}

const says = "says something else of itself";

/** Warns about other logins that an overwritten Secret loses, or about other managers that write to it. */
export function warnLoss(change: Store | Keep, existing: ExistingSecret | undefined): Change[] {
  if (change.act !== "store" || !existing) return [];
  const secret = `secret/${change.to.name}`;
  const warn = (says: string): Change[] => [{ act: "warn", to: change.to, says: `${secret} ${says}` }];
  if (change.merges) {
    const writers = existing.others.filter((writer) => !writer.startsWith('"kubectl'));
    return writers.length === 0 ? [] : warn(`has another writer, who may take this login out again: ${writers.join("; ")}`);
  }
  const lost = existing.hosts.filter((server) => !change.entry.hosts.some((key) => isOf(key, server)));
  return lost.length === 0 ? [] : warn(`also held a login for ${lost.join(", ")}, which is gone`);
}

/** Returns the API server's message for an apply with conflicts. */
function conflictWith(others: readonly string[]): string {
  const [only] = others;
  if (others.length === 1) return `Apply failed with 1 conflict: conflict with ${only}`;
  return `Apply failed with ${others.length} conflicts: conflicts with ${others.join("; ")}`;
}

/**
 * Rejects overwriting another tool's Secret, or a login for another registry, without --force or --merge. These losses are known before a
 * credential is chosen for the Secret.
 * @throws CliError conflict
 */
export function refuseForeign(to: Ref<"secret">, options: Pick<StoreOptions, "host" | "shape">, existing: ExistingSecret): void {
  refuse(to, foreignLoss(options, existing));
}

/** Rejects any loss: those of {@link refuseForeign}, and the loss of a credential that may still work. @throws CliError conflict */
function refuseLoss(to: Ref<"secret">, options: StoreOptions, existing: ExistingSecret): void {
  if (!options.force) refuse(to, identityLoss(existing) ?? (options.merge ? mergeLoss(options, existing) : lossOf(options, existing)));
}

/** Rejects Secrets to which no login can be added, with or without force. @throws CliError conflict */
function refuseUnmergeable(to: Ref<"secret">, { type, immutable }: ExistingSecret): void {
  if (type !== dockerConfigJson) refuse(to, [`SECRET is of type ${type}, to which no login can be added`, "name another Secret"]);
  if (immutable) refuse(to, ["SECRET is immutable, so no login can be added", "name another Secret"]);
}

function refuse({ namespace, name }: Ref<"secret">, loss: Loss | undefined): void {
  if (loss === undefined) return;
  const [message, hint] = loss;
  throw new CliError("conflict", message.replace("SECRET", `secret "${name}" in namespace "${namespace}"`), { hint });
}

const again = "name another Secret, or add --force to take this one over";
const beside = "name another Secret, or add --merge to keep what it holds, or --force to lose it";

type Loss = readonly [message: string, hint: string];

/** Returns the first loss, and the hint for it. */
function lossOf(options: StoreOptions, existing: ExistingSecret): Loss | undefined {
  const { entry: wanted, host } = options;
  const lost = foreignLoss(options, existing) ?? shapeLoss(options, existing);
  const noted = entryFor(existing.entries, host);
  return lost || !noted ? lost : anotherLoss(noted, wanted, existing.pulls);
}

/** Returns the loss of a format that another reader needs. */
function shapeLoss({ shape = "pull-secret" }: StoreOptions, { shape: held = shape }: ExistingSecret): Loss | undefined {
  return held === shape ? undefined : [`SECRET is ${shapeNamed(held).words}, and would be none any more`, again];
}

/** Returns the loss of another credential of this plugin that may still work. */
function anotherLoss(noted: Entry, wanted: Entry, pulls: ExistingSecret["pulls"]): Loss | undefined {
  const same = noted.kind === wanted.kind && noted.identity === wanted.identity;
  return same || pulls === "no"
    ? undefined
    : [`SECRET holds the credential of "${noted.identity}" (${noted.kind})`, "name another Secret, or add --force to lose that credential"];
}

/** Returns the loss of a token that still works for another identity. */
const identityLoss = ({ ofAnother, pulls }: ExistingSecret): Loss | undefined =>
  ofAnother === undefined || pulls === "no"
    ? undefined
    : [`SECRET holds a working token of ${ofAnother}`, "name another Secret, or add --force to replace that token"];

/** Returns the first loss when logins are merged: checks each key of the new login. */
function mergeLoss({ entry, host, fresh }: StoreOptions, { entries, hosts, alike, pulls }: ExistingSecret): Loss | undefined {
  const losses = entry.hosts.map((key): Loss | undefined => {
    const noted = entryFor(entries, key);
    if (noted) return anotherLoss(noted, entry, noted === entryFor(entries, host) ? pulls : "unknown");
    const same = key === host ? !fresh : alike.includes(key);
    if (same || !hosts.includes(key)) return undefined;
    return [`SECRET holds somebody else's login for ${key}`, "name another Secret, or add --force to replace that login"];
  });
  return losses.find((loss) => loss !== undefined);
}

/** Returns the loss of logins that this plugin did not create, or that are for another registry. */
function foreignLoss({ host, shape }: Pick<StoreOptions, "host" | "shape">, existing: ExistingSecret): Loss | undefined {
  const { entries, hosts, type } = existing;
  const ways = type === dockerConfigJson && type === shapeNamed(shape).type ? beside : again;
  if (!entries) return [`SECRET (type ${type}) was not made by kubectl acr-secret`, ways];
  const ours = keysOf(host, existing);
  const strange = hosts.filter((server) => !ours.some((key) => isOf(key, server)));
  const named = entryFor(entries, host) ? strange : [...new Set([...entries.flatMap((entry) => entry.hosts), ...strange])];
  return named.length === 0 ? undefined : [`SECRET holds a credential for ${named.join(", ")}`, ways];
}
