import type { Fix } from "../fix.ts";
import { joinNames, kinds, nameOf, type Ref, type TargetKind, targetKindOf } from "../kinds.ts";
import { isKeyOf } from "../registry/server-key.ts";
import type { OwnerRef, Target } from "../usage/references.ts";
import { pluralize, targetArgument, targetArguments } from "../wording.ts";
import type { Change, Plan, Refer } from "./change.ts";
import type { ExistingSecret } from "./existing-secret.ts";
import { planRefer } from "./refer.ts";
import { type Loss, refuse } from "./store.ts";

/** The objects in one namespace that a deletion depends on. */
type DeleteFacts = {
  readonly to: Ref<"secret">;
  readonly existing: ExistingSecret | undefined;
  readonly targets: readonly Target[];
  /** Pods that have not ended, name the Secret, and have an image that it may be for. */
  readonly needingPods: readonly NeedingPod[];
};

type DeleteOptions = {
  /** Deletes the Secret regardless of who created it, what it contains and which pods need it. */
  readonly force: boolean;
  /** Revokes the credentials that were created for the Secret. */
  readonly revoke: boolean;
};

/**
 * Plans one namespace of `delete`. First removes the references. Then deletes the Secret. It stays until its credentials are revoked.
 * @throws CliError conflict if pods need the Secret, or if logins of other tools or users would be lost
 */
export function planDelete(facts: DeleteFacts, options: DeleteOptions): Plan {
  const { to, existing, needingPods } = facts;
  const named = facts.targets.filter(({ names }) => names.includes(to.name));
  const changes = named.map((target) => planRefer("detach", to.name, target));
  const references = changes.filter((change): change is Refer => change.act === "detach");
  if (!existing) return references;
  if (!options.force) refuse(to, neededLoss(to, references, needingPods));
  refuse(to, deletionLoss(existing, options.force));
  const { uid, version, immutable, entries = [] } = existing;
  const secret = { to, entries, precondition: { uid, version }, because: "it is deleted" };
  const rehearsal: Change = { act: "rehearse", to, precondition: secret.precondition, deletes: true };
  const needs = [to, ...references.map((reference) => reference.to)];
  const end: Change =
    options.revoke && existing.entries
      ? { act: "withdraw", ...secret, immutable: immutable || undefined, needs }
      : { act: "remove", ...secret, needs };
  const first = references.map((reference) => ({ ...reference, needs: to }));
  return [rehearsal, ...first, end, ...warnLasting(to, changes), ...warnNeeded(to, needingPods)];
}

/** A pod that names the Secret and may have to pull with it. */
type NeedingPod = {
  readonly name: string;
  /** The object with the template of the pod; the pod itself if it has no controller. */
  readonly from: OwnerRef;
};

const namesOf = (needingPods: readonly NeedingPod[]): string =>
  `${pluralize(needingPods.length, "pod", "pods")} ${joinNames(needingPods.map(({ name }) => name))}`;

/** Returns the loss of pods that need the Secret, with their names and the commands to run first. */
function neededLoss(to: Ref<"secret">, references: readonly Refer[], needingPods: readonly NeedingPod[]): Loss | undefined {
  if (needingPods.length === 0) return undefined;
  const targets = references.map((reference) => reference.to);
  const message = `SECRET is used by ${namesOf(needingPods)}; create another credential first, otherwise new pods cannot pull`;
  return [message, withoutNeed(to, targets, needingPods)];
}

const otherwise = "--force to delete it anyway";

/**
 * Returns the commands after which no pod needs the Secret. The first detaches it from the targets of new pods. The second replaces
 * existing pods.
 */
function withoutNeed({ name, namespace }: Ref, references: readonly Ref<TargetKind>[], needingPods: readonly NeedingPod[]): Fix | string {
  const detached = references.map(targetArgument);
  const rollouts = [...new Set(needingPods.flatMap(rolloutOf))].filter((word) => !detached.includes(word));
  const steps: Fix[] = [
    ...(references.length > 0 ? [{ verb: "detach", secret: name, namespace, ...targetArguments(references) } as const] : []),
    ...(rollouts.length > 0 ? [{ kubectl: "rollout restart", args: rollouts, namespace }] : []),
  ];
  const last = steps.pop();
  if (last === undefined) return `delete it after the pods have ended, or add ${otherwise}`;
  return { do: "steps", steps: [...steps, { ...last, or: otherwise } as Fix], when: "when the other credential is attached" };
}

/** Returns the workload that can replace a pod in a rollout (kubectl rollout restart), if there is one. */
function rolloutOf({ from: { kind: called, name } }: NeedingPod): string[] {
  const kind = targetKindOf(called);
  return kind && kinds[kind].pullSecretList.takesEffect === "rollout" ? [targetArgument({ kind, name })] : [];
}

function warnNeeded(to: Ref<"secret">, needingPods: readonly NeedingPod[]): Change[] {
  if (needingPods.length === 0) return [];
  const message = `${namesOf(needingPods)} ${pluralize(needingPods.length, "lists", "list")} secret/${to.name} and may fail to pull again`;
  return [{ act: "warn", needs: to, to, message }];
}

/**
 * Warns about objects whose list can't be changed, so that they still name the Secret. The name does no more harm than any other name of a
 * missing Secret.
 */
function warnLasting(to: Ref<"secret">, changes: readonly Change[]): Change[] {
  const lasting = changes.filter(({ act }) => act === "refuse" || act === "recreate").map((change) => nameOf(change.to));
  if (lasting.length === 0) return [];
  const message = `${joinNames(lasting)} cannot be changed and still ${pluralize(lasting.length, "lists", "list")} secret/${to.name}`;
  return [{ act: "warn", needs: to, to, message }];
}

/** Returns why a Secret of another tool, or a login that another user added, can't be deleted; undefined if it can be. */
function deletionLoss(existing: ExistingSecret, force: boolean): Loss | undefined {
  if (force) return undefined;
  const { entries, type } = existing;
  if (!entries) return [`SECRET (type ${type}) was not created by kubectl acr-secret`, "use another name, or add --force to delete it"];
  const strange = strangeIn(existing);
  return strange.length > 0 ? [`SECRET also holds a login for ${strange.join(", ")}`, "add --force to delete that login too"] : undefined;
}

function strangeIn({ entries = [], hosts }: ExistingSecret): string[] {
  const recordedHosts = entries.flatMap((entry) => entry.hosts);
  return hosts.filter((server) => !recordedHosts.some((host) => isKeyOf(host, server)));
}
