import { CliError } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import { type Entry, entryFor } from "../secret/entry.ts";
import { dockerConfigJson } from "../secret/pull-secret.ts";
import { shapeNamed } from "../secret/shapes.ts";
import type { ExistingSecret, StoreOptions } from "./existing-secret.ts";
import { isOf, keysOf } from "./keys.ts";

/**
 * Another writer's Secret is never taken over unasked, nor a login for another registry; that much is known before anything is decided
 * for the Secret.
 * @throws CliError conflict
 */
export function refuseForeign(to: Ref<"secret">, options: Pick<StoreOptions, "host" | "shape">, existing: ExistingSecret): void {
  refuse(to, foreignLoss(options, existing));
}

/** Neither, nor a credential that may work. @throws CliError conflict */
export function refuseLoss(to: Ref<"secret">, options: StoreOptions, existing: ExistingSecret): void {
  if (!options.force) refuse(to, identityLoss(existing) ?? (options.merge ? mergeLoss(options, existing) : lossOf(options, existing)));
}

/** No login can be added to some Secrets, with or without force. @throws CliError conflict */
export function refuseUnmergeable(to: Ref<"secret">, { type, immutable }: ExistingSecret): void {
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

/** The first loss, and what to do about it. */
function lossOf(options: StoreOptions, existing: ExistingSecret): Loss | undefined {
  const { entry: wanted, host } = options;
  const lost = foreignLoss(options, existing) ?? shapeLoss(options, existing);
  const noted = entryFor(existing.entries, host);
  return lost || !noted ? lost : anotherLoss(noted, wanted, existing.pulls);
}

/** The loss of what another reader reads. */
function shapeLoss({ shape = "pull-secret" }: StoreOptions, { shape: held = shape }: ExistingSecret): Loss | undefined {
  return held === shape ? undefined : [`SECRET is ${shapeNamed(held).words}, and would be none any more`, again];
}

/** The loss of a credential of our making that may work. */
function anotherLoss(noted: Entry, wanted: Entry, pulls: ExistingSecret["pulls"]): Loss | undefined {
  const same = noted.kind === wanted.kind && noted.identity === wanted.identity;
  return same || pulls === "no"
    ? undefined
    : [`SECRET holds the credential of "${noted.identity}" (${noted.kind})`, "name another Secret, or add --force to lose that credential"];
}

/** The loss of a token that still works for another identity. */
const identityLoss = ({ ofAnother, pulls }: ExistingSecret): Loss | undefined =>
  ofAnother === undefined || pulls === "no"
    ? undefined
    : [`SECRET holds a working token of ${ofAnother}`, "name another Secret, or add --force to replace that token"];

/** What would be lost although all other logins stay: of one key after the other. */
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

/** The loss of what is not of our making, or for another registry. */
function foreignLoss({ host, shape }: Pick<StoreOptions, "host" | "shape">, existing: ExistingSecret): Loss | undefined {
  const { entries, hosts, type } = existing;
  const ways = type === dockerConfigJson && type === shapeNamed(shape).type ? beside : again;
  if (!entries) return [`SECRET (type ${type}) was not made by kubectl acr-secret`, ways];
  const ours = keysOf(host, existing);
  const strange = hosts.filter((server) => !ours.some((key) => isOf(key, server)));
  const named = entryFor(entries, host) ? strange : [...new Set([...entries.flatMap((entry) => entry.hosts), ...strange])];
  return named.length === 0 ? undefined : [`SECRET holds a credential for ${named.join(", ")}`, ways];
}
