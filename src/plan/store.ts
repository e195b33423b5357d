import { CliError } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import { shapeNamed } from "../secret/shapes.ts";
import type { Change, Keep, Store } from "./change.ts";
import type { ExistingSecret, StoreOptions } from "./existing-secret.ts";
import { holds, isOf, widened } from "./keys.ts";
import { refuseLoss, refuseUnmergeable } from "./loss.ts";

/**
 * Plans the write of the Secret. The hosts of its regions that it has the login for stay among its keys.
 * @throws CliError conflict when something would be lost that is not ours to lose
 */
export function planStore(to: Ref<"secret">, asked: StoreOptions, existing: ExistingSecret | undefined): Store | Keep {
  const { host, fresh, shape } = asked;
  const same = existing?.type === shapeNamed(shape).type;
  const entry = existing && same ? { ...asked.entry, hosts: widened(asked.entry.hosts, host, existing) } : asked.entry;
  const options = { ...asked, entry };
  const store = { act: "store", to, entry, ...(shape && { shape }) } as const;
  if (!existing) return { ...store, precondition: undefined, replaces: false, because: "there is none" };
  refuseDeleted(to, existing);
  refuseLoss(to, options, existing);
  if (same && !fresh && holds(entry, host, existing)) return { act: "keep", to, because: "holds this credential" };
  if (options.merge) refuseUnmergeable(to, existing);
  const { uid, version, claim } = existing;
  const how = howToStore(options, existing);
  if (how.replaces) refuseFinalizers(to, existing);
  return { ...store, precondition: { uid, version, ...(claim && { claim }) }, ...how };
}

/** A write to it would be lost. @throws CliError conflict */
function refuseDeleted({ name, namespace }: Ref<"secret">, { deleting, finalizers = [] }: ExistingSecret): void {
  if (!deleting) return;
  const hint = `wait until it is deleted, or remove its finalizers: ${finalizers.join(", ")}`;
  throw new CliError("conflict", `secret "${name}" in namespace "${namespace}" is being deleted`, { hint });
}

/** Once deleted, it would stay until its finalizers are removed, and its name could not be used. @throws CliError conflict */
function refuseFinalizers({ name, namespace }: Ref<"secret">, { finalizers = [] }: ExistingSecret): void {
  if (finalizers.length === 0) return;
  const message = `secret "${name}" in namespace "${namespace}" cannot be changed in place, and has finalizers, so it cannot be replaced`;
  throw new CliError("conflict", message, { hint: `name another Secret, or remove its finalizers: ${finalizers.join(", ")}` });
}

/** @throws CliError conflict where others have written to it, and nobody said that this does not matter */
function howToStore(options: StoreOptions, { type, immutable, others }: ExistingSecret): Pick<Store, "replaces" | "merges" | "because"> {
  const { fresh, force, merge, shape } = options;
  if (type !== shapeNamed(shape).type) return { replaces: true, because: `its type is ${type}` };
  if (merge) return { replaces: false, merges: true, because: fresh ? "gets one more login" : says };
  if (!force && others.length > 0)
    throw new CliError("conflict", conflictWith(others), { hint: "add --force to take these fields over from their manager" });
  return { replaces: immutable, because: fresh ? "holds another credential" : says };
}

const says = "says something else of itself";

/** What is told of a Secret that is overwritten although it holds more than our login, or that others write to as well. */
export function tellLoss(change: Store | Keep, existing: ExistingSecret | undefined): Change[] {
  if (change.act !== "store" || !existing) return [];
  const secret = `secret/${change.to.name}`;
  const tell = (says: string): Change[] => [{ act: "tell", to: change.to, says: `${secret} ${says}` }];
  if (change.merges) {
    const writers = existing.others.filter((writer) => !writer.startsWith('"kubectl'));
    return writers.length === 0 ? [] : tell(`has another writer, who may take this login out again: ${writers.join("; ")}`);
  }
  const gone = existing.hosts.filter((server) => !change.entry.hosts.some((key) => isOf(key, server)));
  return gone.length === 0 ? [] : tell(`also held a login for ${gone.join(", ")}, which is gone`);
}

/** The API server's own sentence for an apply that meets other managers. */
function conflictWith(others: readonly string[]): string {
  const [only] = others;
  if (others.length === 1) return `Apply failed with 1 conflict: conflict with ${only}`;
  return `Apply failed with ${others.length} conflicts: conflicts with ${others.join("; ")}`;
}
