import { kinds, type Ref } from "../kinds.ts";
import { driftOf } from "../plan/drift.ts";
import { keysOf } from "../plan/existing-secret.ts";
import type { Facts } from "../plan/place.ts";
import type { Target } from "../plan/references.ts";
import type { Login } from "../registry/port.ts";
import type { Place } from "../scope/cluster-scopes.ts";
import { aroundOf, comesFrom } from "./around.ts";
import { readExisting } from "./existing-secret.ts";
import type { NamespaceState } from "./namespace-state.ts";
import { pullingPods } from "./pods.ts";
import { kindOf, type TargetObject, targetOf } from "./targets.ts";

/** A Secret, and the registry that it is for; `others` are more hosts whose images its pods may wait for. */
type Asked = {
  readonly name: string;
  readonly host: string;
  readonly others?: readonly string[];
  readonly fieldManager: string;
  readonly now: Date;
};

/** A place as a plan sees it, and the login in its Secret, which no plan sees. */
export function factsOf(
  state: NamespaceState,
  { name, host, others = [], fieldManager, now }: Asked,
): { readonly facts: Facts; readonly login: Login | undefined } {
  const { secret, targets, pods } = state;
  const { context } = state.place;
  const read = secret && readExisting(secret, host, fieldManager);
  const hosts = [...(read ? keysOf(host, read.existing) : [host]), ...others];
  const around = aroundOf(state, hosts);
  const facts: Facts = {
    to: secretIn(state.place, name),
    existing: read?.existing,
    targets: targets.map((target) => ({ ...targetOf(target, context), ...drifting(target, fieldManager) })),
    pods: pullingPods(hosts, pods, { context, now, isAuthored: comesFrom(around.listers) }),
    around,
  };
  return { facts, login: read?.login };
}

/** The Secret of a name in a place. */
export const secretIn = ({ context, namespace }: Place, name: string): Ref<"secret"> => ({
  kind: "secret",
  name,
  namespace,
  ...(context !== undefined && { context }),
});

/** Who is to undo what is written into a target's list. */
function drifting(object: TargetObject, fieldManager: string): Pick<Target, "drift"> {
  const { carries, kind } = kinds[kindOf(object)];
  const drift = driftOf({ kind, metadata: object.metadata }, { carries, fieldManager });
  return drift ? { drift } : {};
}
