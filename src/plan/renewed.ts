import type { Ref } from "../kinds.ts";
import { type Entry, entryFor, type Password, sameLogin } from "../secret/entry.ts";
import type { Change, Plan } from "./change.ts";
import { type ExistingSecret, isOf, keysOf } from "./existing-secret.ts";
import { passwordKey } from "./rotation.ts";
import { planStore, tellLoss } from "./store.ts";

/** What one Secret is to hold from now on. */
export type RenewOptions = {
  readonly host: string;
  readonly kind: string;
  readonly identity: string;
  /** Those that Secrets noted at the look. */
  readonly passwords: readonly Password[];
  /** What is noted of the newest login, as far as it is known before it is made. */
  readonly entry: Entry;
  /** When this run has made it; absent before, and where another did. */
  readonly madeAt?: string | undefined;
  /** The login is made by this run, or is not the one inside. */
  readonly fresh: boolean;
  /** It was found to hold the credential. */
  readonly proven: boolean;
  /** Takes over what others have written. */
  readonly force: boolean;
};

/** Gives one Secret the newest login; its other logins, its shape and its regional hosts stay. @throws CliError conflict */
export function planRenewed(to: Ref<"secret">, options: RenewOptions, existing: ExistingSecret): Plan {
  const { host, kind, identity, entry, fresh, proven, force } = options;
  const noted = entryFor(existing.entries, host);
  if (noted?.kind !== kind || noted.identity !== identity) return [kept(to, "it notes another credential by now")];
  if (!proven) return [kept(to, "it was made anew, and nothing shows that it was given this credential")];
  if (!isOld(noted, options)) return [kept(to, "another run gave it a newer one")];
  // The previous password only counts if every Secret with the newest one names it.
  const lacksPrevious = entry.previous !== undefined && noted.previous === undefined;
  if (!fresh && sameLogin(noted, entry) && !lacksPrevious) return [kept(to, "holds this credential")];
  const others = existing.hosts.some((server) => !keysOf(host, existing).some((key) => isOf(key, server)));
  const merge = others || noted.beside === true;
  const storing = { entry: { ...entry, hosts: noted.hosts }, host, fresh: true, force, merge, shape: existing.shape };
  const store = planStore(to, storing, { ...existing, pulls: "unknown" });
  return [store.act === "store" ? { ...store, renews: noted, because: "rotated" } : store, ...tellLoss(store, existing)];
}

/** Whether a password is one that was there at the look, or has died since in the slot that this run has made anew. */
function isOld(noted: Entry, { passwords, entry, madeAt }: RenewOptions): boolean {
  if (passwords.some((password) => passwordKey(password) === passwordKey(noted))) return true;
  return madeAt !== undefined && noted.slot === entry.slot && Date.parse(noted.madeAt ?? "") < Date.parse(madeAt);
}

const kept = (to: Ref<"secret">, because: string): Change => ({ act: "keep", to, because });
