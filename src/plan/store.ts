import { CliError } from "../errors.ts";
import type { Create, Fix } from "../fix.ts";
import type { Ref } from "../kinds.ts";
import { type Entry, entryFor } from "../secret/entry.ts";
import { dockerConfigJson } from "../secret/pull-secret.ts";
import { shapeNamed } from "../secret/shapes.ts";
import type { Change, Keep, Store } from "./change.ts";
import { type ExistingSecret, holds, isKeyOf, type StoreOptions } from "./existing-secret.ts";

/**
 * Plans the write of the Secret.
 * @throws CliError conflict if the write would lose data of another tool or user
 */
export function planStore(to: Ref<"secret">, options: StoreOptions, existing: ExistingSecret | undefined): Store | Keep {
  const { entry, host, fresh, shape } = options;
  if (!existing) return { act: "store", to, entry, shape, precondition: undefined, because: "it does not exist" };
  const { uid, version, claim } = existing;
  refuse(to, deletedLoss(existing) ?? lossOf(options, existing));
  if (!fresh && shapeNamed(shape).type === existing.type && holds(entry, host, existing))
    return { act: "keep", to, because: "holds this credential" };
  if (options.merge) refuse(to, unmergeableLoss(existing));
  refuse(to, fixedLoss(to, options, existing));
  return { act: "store", to, entry, shape, precondition: { uid, version, claim }, ...howToStore(options, existing) };
}

/** @throws CliError conflict if other managers have written to the Secret, without --force */
function howToStore(options: StoreOptions, { others }: ExistingSecret): Pick<Store, "merges" | "because"> {
  const { fresh, force, merge, renews } = options;
  // A user applied this login with kubectl. A controller would write it again
  const conflicts = renews ? others.filter((writer) => !isKubectl(writer)) : others;
  const overwrite = "add --force to overwrite these fields";
  const hint = renews
    ? `${overwrite}; if a controller writes them from a file, export a new password with create --export instead`
    : overwrite;
  const differs = "annotations differ";
  if (merge) return { merges: true, because: fresh ? "adds a login" : differs };
  if (!force && conflicts.length > 0) throw new CliError("conflict", conflictWith(conflicts), { hint });
  return { because: fresh ? "holds another credential" : differs };
}

const isKubectl = (writer: string) => writer.startsWith('"kubectl');

/** Warns about other logins that an overwritten Secret loses, or about other managers that write to it. */
export function warnLoss(change: Store | Keep, existing: ExistingSecret | undefined): Change[] {
  if (change.act !== "store" || !existing) return [];
  const secret = `secret/${change.to.name}`;
  const warn = (message: string): Change[] => [{ act: "warn", to: change.to, message: `${secret} ${message}` }];
  if (change.merges) {
    const writers = existing.others.filter((writer) => !isKubectl(writer));
    return writers.length === 0 ? [] : warn(`has another field manager that may remove this login: ${writers.join("; ")}`);
  }
  const lost = existing.hosts.filter((server) => !change.entry.hosts.some((key) => isKeyOf(key, server)));
  return lost.length === 0 ? [] : warn(`also held a login for ${lost.join(", ")}, which is overwritten`);
}

/** Returns the API server's message for an apply with conflicts. */
function conflictWith(others: readonly string[]): string {
  const [only] = others;
  if (others.length === 1) return `Apply failed with 1 conflict: conflict with ${only}`;
  return `Apply failed with ${others.length} conflicts: conflicts with ${others.join("; ")}`;
}

type PlannedForm = Pick<StoreOptions, "host" | "shape">;

/**
 * Rejects overwriting another tool's Secret, a login for another registry or another shape, without --force or --merge. These losses are
 * known before a credential is chosen for the Secret.
 * @param again the current command, as the base of a command that writes another Secret
 * @throws CliError conflict
 */
export function refuseForeign(to: Ref<"secret">, options: PlannedForm, existing: ExistingSecret, again?: Create): void {
  const other = again && { ...again, secret: `${to.name}-${again.reader ?? "pods"}` };
  refuse(to, foreignLoss(options, existing) ?? shapeLoss(options, existing, other));
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

/** Returns why no login can be added to a Secret, with or without force. */
function unmergeableLoss({ type, immutable }: ExistingSecret): Loss | undefined {
  if (type !== dockerConfigJson) return [`SECRET has type ${type}, so no login can be added`, "use another name"];
  return immutable ? ["SECRET is immutable, so no login can be added", "use another name"] : undefined;
}

const overwriteHint = "use another name, or add --force to overwrite this Secret";
const mergeHint = "use another name, or add --merge to keep its other logins, or --force to overwrite them";

/** Returns the first loss that --force allows. */
function lossOf(options: StoreOptions, existing: ExistingSecret): Loss | undefined {
  if (options.force) return undefined;
  const lost = identityLoss(existing);
  if (lost || options.merge) return lost ?? mergeLoss(options, existing);
  const recorded = entryFor(existing.entries, options.host);
  return (
    foreignLoss(options, existing) ?? shapeLoss(options, existing) ?? (recorded && anotherLoss(recorded, options.entry, existing.pulls))
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

/** Returns the loss of a login for the registry when logins are merged. */
function mergeLoss({ entry, host, fresh }: StoreOptions, { entries, hosts, pulls }: ExistingSecret): Loss | undefined {
  const recorded = entryFor(entries, host);
  if (recorded) return anotherLoss(recorded, entry, pulls);
  if (!fresh || !hosts.includes(host)) return undefined;
  return [`SECRET holds a login for ${host} that this plugin did not add`, "use another name, or add --force to overwrite that login"];
}

/** Returns the loss of logins that this plugin did not create, or that are for another registry. */
function foreignLoss({ host, shape }: PlannedForm, existing: ExistingSecret): Loss | undefined {
  const { entries, hosts, type } = existing;
  const sameType = type === dockerConfigJson ? mergeHint : overwriteHint;
  const ways = type === shapeNamed(shape).type ? sameType : "use another name";
  if (!entries) return [`SECRET (type ${type}) was not created by kubectl acr-secret`, ways];
  const strange = hosts.filter((server) => !isKeyOf(host, server));
  const named = entryFor(entries, host) ? strange : [...new Set([...entries.flatMap((entry) => entry.hosts), ...strange])];
  return named.length === 0 ? undefined : [`SECRET holds a credential for ${named.join(", ")}`, ways];
}
