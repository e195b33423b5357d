import { CliError } from "../errors.ts";
import type { Fix, Workload } from "../fix.ts";
import { kinds, nameOf, type Ref, spelled, type TargetKind, targetKindCalled } from "../kinds.ts";
import type { Change, Refer } from "./change.ts";
import type { Maker } from "./refusal.ts";
import { hasPods, saidTargets, several } from "./said.ts";

/** A pod that names the Secret and may have to pull with it. */
export type Needing = {
  readonly name: string;
  /** What has the template that it comes from; the pod itself where nothing made it. */
  readonly from: Maker;
};

const namesOf = (needing: readonly Needing[]): string => several(needing.map(({ name }) => name));

/** @throws CliError conflict where pods need the Secret, which names them and what to do first */
export function refuseNeeded(to: Ref<"secret">, references: readonly Refer[], needing: readonly Needing[]): void {
  if (needing.length === 0) return;
  const pods = namesOf(needing);
  const need = needing.length === 1 ? `pod ${pods} needs` : `pods ${pods} need`;
  const targets = references.map((reference) => reference.to);
  const hint = withoutNeed(to, targets, needing);
  throw new CliError(
    "conflict",
    `${need} secret "${to.name}" in namespace "${to.namespace}": create another credential for it first, otherwise new pods cannot pull`,
    { hint },
  );
}

const otherwise = "--force to delete it all the same";

/** The commands after which no pod needs it: new pods do not get it, and those that have it make room for new ones. */
function withoutNeed({ name, namespace }: Ref, references: readonly Ref<TargetKind>[], needing: readonly Needing[]): Fix | string {
  const rollouts = rolledOut(needing).filter((workload) => !references.some((to) => hasPods(to) && isOf(workload, to)));
  const steps: Fix[] = [
    ...(references.length > 0 ? [{ verb: "detach", secret: name, namespace, ...saidTargets(references) } as const] : []),
    ...(rollouts.length > 0 ? [{ kubectl: "rollout restart", args: rollouts.map(nameOf), namespace }] : []),
  ];
  const last = steps.pop();
  if (last === undefined) return `once they have ended it can be deleted, or with ${otherwise}`;
  return { do: "steps", steps: [...steps, { ...last, or: otherwise } as Fix] };
}

/** What makes its pods anew by a rollout, each once (kubectl rollout restart). */
function rolledOut(needing: readonly Needing[]): Workload[] {
  const workloads = needing.flatMap(({ from }) => {
    const kind = targetKindCalled(from.kind);
    return kind && kinds[kind].carries.takes === "rollout" ? [{ kind: spelled(kind), name: from.name }] : [];
  });
  return [...new Map(workloads.map((workload) => [nameOf(workload), workload])).values()];
}

const isOf = (workload: Workload, to: Ref<TargetKind>): boolean => spelled(to.kind) === workload.kind && to.name === workload.name;

/** Pods that go on naming a Secret which is gone, or has lost its login. */
export function tellNeeded(to: Ref<"secret">, needing: readonly Needing[]): Change[] {
  if (needing.length === 0) return [];
  const pods = namesOf(needing);
  const says = needing.length === 1 ? `pod ${pods} names` : `pods ${pods} name`;
  return [{ act: "tell", needs: to, to, says: `${says} secret/${to.name}, and may not pull an image again` }];
}

/** What keeps the name that it was made with: it does no harm to it any more than a name that leads nowhere. */
export function tellLasting(to: Ref<"secret">, changes: readonly Change[]): Change[] {
  const lasting = changes.filter(({ act }) => act === "refuse" || act === "recreate").map((change) => nameOf(change.to));
  if (lasting.length === 0) return [];
  const says = `${several(lasting)} cannot be changed, and ${lasting.length === 1 ? "goes" : "go"} on naming secret/${to.name}`;
  return [{ act: "tell", needs: to, to, says }];
}
