import { CliError } from "../errors.ts";
import type { Create, Fix } from "../fix.ts";
import type { Ref } from "../kinds.ts";
import { isKeyOf } from "../registry/server-key.ts";
import { type Entry, entryFor } from "../secret/entry.ts";
import { dockerConfigJson } from "../secret/pull-secret.ts";
import { shapeNamed } from "../secret/shapes.ts";
import type { Change, Keep, Store } from "./change.ts";
import { type ExistingSecret, holds, type StoreOptions } from "./existing-secret.ts";

/**
 * Plans the write of the Secret.
 * @throws CliError conflict if the write would lose data of another tool or user
 */
export function planStore(to: Ref<"secret">, options: StoreOptions, existing: ExistingSecret | undefined): Store | Keep {
  const { entry, host, fresh, shape } = options;
  if (!existing) return { act: "store", to, entry, shape, precondition: undefined, because: "it does not exist" };
  const { uid, version, claim } = existing;
  refuse(to, deletedLoss(existing) ?? recordLoss(to, options, existing) ?? lossOf(options, existing));
  if (!fresh && shapeNamed(shape).type === existing.type && holds(entry, host, existing))
    return { act: "keep", to, because: "holds this credential" };
  refuse(to, fixedLoss(to, options, existing));
  return { act: "store", to, entry, shape, precondition: { uid, version, claim }, ...howToStore(options, existing) };
}

/** @throws CliError conflict if other managers have written to the Secret, without --force */
function howToStore({ host, fresh, force, renews }: StoreOptions, existing: ExistingSecret): Pick<Store, "merges" | "because"> {
  const { others, type, hosts } = existing;
  // A user applied this login with kubectl. A controller would write it again
  const conflicts = renews ? others.filter((writer) => !isKubectl(writer)) : others;
  const overwrite = "add --force to overwrite these fields";
  const hint = renews
    ? `${overwrite}; if a controller writes them from a file, export a new password with create --export instead`
    : overwrite;
  if (!force && conflicts.length > 0) throw new CliError("conflict", conflictWith(conflicts), { hint });
  const merges = (type === dockerConfigJson && othersIn(hosts, host).length > 0) || undefined;
  return { merges, because: fresh ? "holds another credential" : "annotations differ" };
}

const isKubectl = (writer: string) => writer.startsWith('"kubectl');

/** Returns the keys of a Secret that are for other registries. */
const othersIn = (hosts: readonly string[], host: string) => hosts.filter((server) => !isKeyOf(host, server));

/** Warns about the login for another registry that an overwritten Secret loses, because its reader finds only one. */
export function warnLoss(change: Store | Keep, existing: ExistingSecret | undefined): Change[] {
  if (change.act !== "store" || !existing || change.merges) return [];
  const lost = othersIn(existing.hosts, change.entry.hosts[0] ?? "");
  const message = `secret/${change.to.name} held a login for ${lost.join(", ")}, which is overwritten`;
  return lost.length === 0 ? [] : [{ act: "warn", to: change.to, message }];
}

/** Returns the API server's message for an apply with conflicts. */
function conflictWith(others: readonly string[]): string {
  const [only] = others;
  if (others.length === 1) return `Apply failed with 1 conflict: conflict with ${only}`;
  return `Apply failed with ${others.length} conflicts: conflicts with ${others.join("; ")}`;
}

type PlannedForm = Pick<StoreOptions, "host" | "shape">;

/**
 * Rejects overwriting another tool's Secret, a login for another registry or another shape, without --force. These losses are known
 * before a credential is chosen for the Secret.
 * @param again the current command, as the base of a command that writes another Secret
 * @throws CliError conflict
 */
export function refuseForeign(to: Ref<"secret">, options: PlannedForm, existing: ExistingSecret, again?: Create): void {
  const other = again && { ...again, secret: `${to.name}-${again.reader ?? "pods"}` };
  refuse(to, recordLoss(to, options, existing) ?? foreignLoss(options, existing) ?? shapeLoss(options, existing, other));
}

/** Why a Secret can't be written or deleted, with SECRET for its name and place. */
export type Loss = readonly [message: string, hint: string | Fix];

/** @throws CliError conflict */
export function refuse({ namespace, name }: Ref<"secret">, loss: Loss | undefined): void {
  if (loss === undefined) return;
  const [message, hint] = loss;
  throw new CliError("conflict", message.replace("SECRET", `secret "${name}" in namespace "${namespace}"`), { hint });
}

const deletedLoss = ({ deleting, finalizers = [] }: ExistingSecret): Loss | undefined =>
  deleting ? ["SECRET is being deleted", `wait until it is deleted, or remove its finalizers: ${finalizers.join(", ")}`] : undefined;

/** Returns why the API server rejects every write of the Secret (core/v1 Secret: `type`, and `data` if it is immutable). */
function fixedLoss(to: Ref<"secret">, { shape }: PlannedForm, { type, immutable }: ExistingSecret): Loss | undefined {
  const wanted = shapeNamed(shape).type;
  if (type !== wanted) return [`SECRET has type ${type} instead of ${wanted}, and a type cannot be changed`, deletion(to)];
  return immutable ? ["SECRET is immutable", deletion(to)] : undefined;
}

const deletion = ({ name, namespace }: Ref): Fix => ({
  do: "hints",
  hints: ["use another name, or delete the Secret and create it again:", { kubectl: "delete secret", args: [name], namespace }],
});

/** Returns the first loss that --force allows. */
function lossOf(options: StoreOptions, existing: ExistingSecret): Loss | undefined {
  if (options.force) return undefined;
  const recorded = entryFor(existing.entries, options.host);
  return (
    identityLoss(existing) ??
    foreignLoss(options, existing) ??
    shapeLoss(options, existing) ??
    (recorded && anotherLoss(recorded, options.entry, existing.pulls))
  );
}

function shapeLoss(
  { shape = "pull-secret" }: PlannedForm,
  { shape: existingShape = shape }: ExistingSecret,
  hint: string | Fix = "use another name",
): Loss | undefined {
  return existingShape === shape ? undefined : [`SECRET is ${shapeNamed(existingShape).words} and overwriting it would break that`, hint];
}

/** Returns the loss of another credential of this plugin that may still work. */
function anotherLoss(recorded: Entry, wanted: Entry, pulls: ExistingSecret["pulls"]): Loss | undefined {
  const same = recorded.kind === wanted.kind && recorded.identity === wanted.identity;
  return same || pulls === "no"
    ? undefined
    : [
        `SECRET holds the credential of "${recorded.identity}" (${recorded.kind})`,
        "use another name, or add --force to overwrite that credential",
      ];
}

/** Returns the loss of a token that still works for another identity. */
const identityLoss = ({ otherIdentity, pulls }: ExistingSecret): Loss | undefined =>
  otherIdentity === undefined || pulls === "no"
    ? undefined
    : [`SECRET holds a working token of ${otherIdentity}`, "use another name, or add --force to overwrite that token"];

/**
 * Returns the loss of the record of another registry's credential, also with --force: without its record, that credential could be neither
 * rotated nor revoked.
 */
function recordLoss({ name, namespace }: Ref, { host }: PlannedForm, { entries }: ExistingSecret): Loss | undefined {
  if (!entries || entries.length === 0 || entryFor(entries, host)) return undefined;
  const remove: Fix = { verb: "delete", secret: name, namespace };
  return [
    `SECRET holds a credential for ${[...new Set(entries.flatMap((entry) => entry.hosts))].join(", ")}`,
    { do: "hints", hints: ["use another name, or delete the Secret first:", remove] },
  ];
}

/** Returns the loss of a login that this plugin did not create. */
function foreignLoss({ host, shape }: PlannedForm, { entries, hosts, type }: ExistingSecret): Loss | undefined {
  const hint = `use another name${type === shapeNamed(shape).type ? `, or add --force to overwrite the login for ${host}` : ""}`;
  if (!entries) return [`SECRET (type ${type}) was not created by kubectl acr-secret`, hint];
  if (entryFor(entries, host)) return undefined;
  const named = othersIn(hosts, host);
  return named.length === 0 ? undefined : [`SECRET holds a credential for ${named.join(", ")}`, hint];
}
