import { type Ref, targetKindCalled } from "../kinds.ts";
import type { Change, Plan } from "./change.ts";
import { warnDrift } from "./drift.ts";
import type { ExistingSecret, StoreOptions } from "./existing-secret.ts";
import { planAttach, type RecreateOptions, type Target } from "./references.ts";
import { type PullingPod, planRestarts, type RestartOrder } from "./restart.ts";
import { planStore, warnLoss } from "./store.ts";

/** The objects in one namespace that a plan for one Secret depends on. */
export type PlanInput = {
  readonly to: Ref<"secret">;
  readonly existing: ExistingSecret | undefined;
  readonly targets: readonly Target[];
  readonly pods: readonly PullingPod[];
};

/** Which pods are restarted, and whether the Secret's credential can pull from a repository, if known. */
type AttachOptions = Omit<RestartOrder, "secret"> & { readonly recreateOptions?: RecreateOptions };

/** Plans one namespace of `create`: the Secret, the references to it, and the pods that wait for it. */
export function planPlace(facts: PlanInput, options: StoreOptions, attaching: AttachOptions): Plan {
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

/** Plans one namespace of `attach`. */
export function planAttaches({ to, targets, pods }: PlanInput, attaching: AttachOptions): Change[] {
  const attaches = targets.map((target) => planAttach(to.name, target, attaching.recreateOptions));
  const attached = targets
    .filter((_, index) => attaches[index]?.act !== "refuse")
    .map(({ to: target, names }) => ({ to: target, names: [...new Set([...names, to.name])] }));
  const drifting = attaches.flatMap((change, index) => [change, ...warnDrift(change, targets[index]?.drift)]);
  const left = pods.filter((pod) => !attaches.some((change) => change.act === "recreate" && goesWith(pod, change.to)));
  const refused = attaches.flatMap((change) => (change.act === "refuse" ? [change.to] : []));
  const restarts = planRestarts(attached, left, { secret: to.name, ...attaching }, refused);
  return [...drifting, ...restarts];
}

/** Whether a pod is deleted when an object is recreated: it is that object, or was created by it. */
const goesWith = ({ to: { kind, name }, owner }: PullingPod, to: Ref): boolean =>
  (kind === to.kind && name === to.name) || (owner !== undefined && owner.name === to.name && targetKindCalled(owner.kind) === to.kind);
