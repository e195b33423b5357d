import type { Ref } from "../kinds.ts";
import { type Entry, entryFor, type Password, sameLogin } from "../secret/entry.ts";
import type { RecreateOptions } from "../targets/lists.ts";
import { isFrom, type RestartOrder } from "../targets/restart.ts";
import type { PullingPod } from "../usage/pods.ts";
import type { Target } from "../usage/references.ts";
import type { Change, Plan } from "./change.ts";
import type { ExistingSecret, StoreOptions } from "./existing-secret.ts";
import { planRefer } from "./refer.ts";
import { planRestarts } from "./restart.ts";
import { passwordKey } from "./rotation.ts";
import { planStore, warnLoss } from "./store.ts";

/** The objects in one namespace that a plan for one Secret depends on. */
export type PlanInput = {
  readonly to: Ref<"secret">;
  readonly existing: ExistingSecret | undefined;
  readonly targets: readonly Target[];
  readonly pods: readonly PullingPod[];
};

type AttachOptions = Omit<RestartOrder, "secret"> & { readonly recreateOptions?: RecreateOptions };

/** Plans one namespace of `create`: the Secret, the references to it, and the pods that wait for it. */
export function planNamespace(facts: PlanInput, options: StoreOptions, attaching: AttachOptions): Plan {
  const store = planStore(facts.to, options, facts.existing);
  const losses = warnLoss(store, facts.existing);
  const references = planAttaches(facts, { ...attaching, renewed: store.act !== "keep" });
  if (store.act === "keep") return [store, ...losses, ...references];
  return [
    store,
    ...losses,
    ...references.map((change) =>
      change.needs || change.act === "keep" || change.act === "refuse" ? change : { ...change, needs: facts.to },
    ),
  ];
}

export function planAttaches({ to, targets, pods }: PlanInput, attaching: AttachOptions): Change[] {
  const attaches = targets.map((target) => planRefer("attach", to.name, target, attaching.recreateOptions));
  const attached = targets
    .filter((_, index) => attaches[index]?.act !== "refuse")
    .map(({ to: target, names }) => ({ to: target, names: [...new Set([...names, to.name])] }));
  const left = pods.filter((pod) => !attaches.some((change) => change.act === "recreate" && isFrom(pod, change.to)));
  const refused = attaches.flatMap((change) => (change.act === "refuse" ? [change.to] : []));
  const restarts = planRestarts(attached, left, { secret: to.name, ...attaching }, refused);
  return [...attaches, ...restarts];
}

/** The login that one Secret gets in a rotation. */
type RenewOptions = {
  readonly host: string;
  readonly kind: string;
  readonly identity: string;
  /** The passwords that Secrets recorded when they were read. */
  readonly passwords: readonly Password[];
  /** The annotation entry of the newest login, as far as it is known before the login is created. */
  readonly entry: Entry;
  /** When this run created the login (RFC 3339); absent before, or if another run created it. */
  readonly madeAt?: string | undefined;
  /** This run creates the login, or the login inside is a different one. */
  readonly fresh: boolean;
  /** The Secret was found to hold the credential. */
  readonly proven: boolean;
  /** Overwrites fields of other managers. */
  readonly force: boolean;
};

/**
 * Plans writing the newest login to one Secret, and keeps its other logins and its format.
 * @throws CliError conflict
 */
export function planRenewed(to: Ref<"secret">, options: RenewOptions, existing: ExistingSecret): Plan {
  const { host, kind, identity, entry, fresh, proven, force } = options;
  const recorded = entryFor(existing.entries, host);
  if (recorded?.kind !== kind || recorded.identity !== identity) return [kept(to, "its annotation now records another credential")];
  if (!proven) return [kept(to, "it was recreated and is not proven to hold this credential")];
  if (!isOld(recorded, options)) return [kept(to, "another run wrote a newer password")];
  // The previous password counts only if every Secret with the newest one records it
  const lacksPrevious = entry.previous !== undefined && recorded.previous === undefined;
  if (!fresh && sameLogin(recorded, entry) && !lacksPrevious) return [kept(to, "holds this credential")];
  const storing = { entry, host, fresh: true, force, shape: existing.shape, renews: true };
  const store = planStore(to, storing, { ...existing, pulls: "unknown" });
  return [store.act === "store" ? { ...store, renews: recorded, because: "rotated" } : store, ...warnLoss(store, existing)];
}

/** Whether a password existed when the Secrets were read. Also true if this run has overwritten its slot since. */
function isOld(recorded: Entry, { passwords, entry, madeAt }: RenewOptions): boolean {
  if (passwords.some((password) => passwordKey(password) === passwordKey(recorded))) return true;
  return madeAt !== undefined && recorded.slot === entry.slot && Date.parse(recorded.madeAt ?? "") < Date.parse(madeAt);
}

const kept = (to: Ref<"secret">, because: string): Change => ({ act: "keep", to, because });
