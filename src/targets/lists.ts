import { absent, asCliError, CliError } from "../errors.ts";
import { flag, kubectl, plugin } from "../hint.ts";
import { at, isRecreatable, kinds, nameOf, type Ref, resourceOf, type TargetKind, targetKindOf } from "../kinds.ts";
import { type Decide, type Decision, edit, outcomeOf } from "../kube/edit.ts";
import type { Pod } from "../objects.ts";
import type { ListChange, Outcome } from "../outcome.ts";
import { runConcurrently } from "../scope/concurrency.ts";
import type { Tools } from "../tools.ts";
import type { Recreation } from "../usage/recreation.ts";
import { addedKey, namesIn, type OwnerRef, readTarget, type Target } from "../usage/references.ts";
import { type TargetObject, targetOf } from "../usage/targets.ts";
import { inLine, targetArgument } from "../wording.ts";
import { type ListDecision, recreatePod } from "./recreate.ts";

/**
 * Whether to recreate pods without a controller. `force` allows ending running containers and losing data that only the pod has.
 */
export type RecreateOptions = { readonly recreate: boolean; readonly force: boolean };

const noRecreation: RecreateOptions = { recreate: false, force: false };

/** A name to add to lists of pull secrets, or to remove from them. */
export type ListEdit = {
  readonly does: ListChange["does"];
  readonly secret: string;
  /** Without these, a target whose list can't be changed is refused. */
  readonly recreateOptions?: RecreateOptions | undefined;
  /** For `apply`: notes that it has added the name, and removes only a name that it has added. */
  readonly noted?: boolean | undefined;
};

/** Adds the name after the others in each list, or removes it. Yields the outcomes in the order of the targets. */
export const editLists = (targets: readonly TargetObject[], wanted: ListEdit, tools: Tools): AsyncGenerator<Outcome> =>
  editEach(targets, tools, (object) => {
    const { to } = targetOf(object);
    const decide = decideList(to, wanted);
    const isRecreated = wanted.recreateOptions?.recreate && isRecreatable(to.kind);
    return isRecreated ? recreatePod(object as Pod, { ...wanted, decide }, tools) : editList(object, { ...wanted, decide }, tools);
  });

/** Edits each target, and yields the outcomes in the order of the targets. A target that fails doesn't stop the others. */
export function editEach(
  targets: readonly TargetObject[],
  tools: Tools,
  editOne: (object: TargetObject) => Promise<Outcome>,
): AsyncGenerator<Outcome> {
  return runConcurrently(targets, { interrupted: () => false }, async function* (object) {
    const { to } = targetOf(object);
    if (tools.interrupted()) yield { to, left: "interrupted" };
    else yield await editOne(object).catch((error: unknown): Outcome => ({ to, error: asCliError(error) }));
  });
}

/** Changes one list. The first decision uses the object as it was listed. */
export async function editList(
  object: TargetObject,
  { does, decide }: Pick<ListDecision, "does" | "decide">,
  tools: Tools,
): Promise<Outcome> {
  const { to } = targetOf(object);
  const edited = await edit(to, decide, tools, { object });
  const outcome = outcomeOf(to, edited);
  if (edited.did === "keep") return outcome;
  const list = { does, before: listIn(to, edited.before), after: listIn(to, edited.object) };
  return { ...outcome, result: "patched", list };
}

const listIn = ({ kind }: Ref<TargetKind>, object: object | undefined): string[] => namesIn(at(object, kinds[kind].pullSecretList.path));

const decideList =
  (to: Ref<TargetKind>, wanted: ListEdit): Decide<TargetKind> =>
  (object) => {
    if (!object) return { act: "refuse", error: absent(resourceOf(to.kind), to.name) };
    const target = readTarget(to.kind, object as never);
    const change = listAfter(target, wanted);
    if (change.act !== "change") return change;
    const { act, patch } = patchOf(to, change.after);
    return { act, patch: { ...patch, ...noteOf(target, wanted) } };
  };

/** The metadata of a patch that notes which names `apply` has added; none if the note stays. A name that a person adds or removes is out. */
function noteOf({ added = [] }: Target, { does, secret, noted }: ListEdit): Note {
  return does === "attach" && noted ? noteWith([...new Set([...added, secret])]) : noteWithout([secret], added);
}

type Note = { readonly metadata?: { readonly annotations: Readonly<Record<string, string | null>> } };

const noteWith = (names: readonly string[]): Note => ({
  metadata: { annotations: { [addedKey]: names.length > 0 ? names.toSorted().join(",") : null } },
});

/** @param added what the note names */
export const noteWithout = (removed: readonly string[], added: readonly string[] = []): Note =>
  added.some((name) => removed.includes(name)) ? noteWith(added.filter((name) => !removed.includes(name))) : {};

/**
 * Returns the merge patch that sets these names. It contains every name, even if the API merges the list by name. Therefore one loop serves
 * all kinds, an entry without a name stays, and the version protects the names of other writers. Without names, the patch removes the field
 * (RFC 7386).
 */
export function patchOf({ kind }: Ref<TargetKind>, names: readonly string[]): Extract<Decision, { readonly act: "patch" }> {
  const list: unknown = names.length === 0 ? null : names.map((name) => ({ name }));
  const patch = kinds[kind].pullSecretList.path.toReversed().reduce((inside, step) => ({ [step]: inside }), list);
  return { act: "patch", patch: patch as Record<string, unknown> };
}

/** The names of a list after an edit, or why it stays. */
type ListAfter =
  | { readonly act: "keep"; readonly because: string }
  | { readonly act: "change"; readonly after: readonly string[] }
  | { readonly act: "refuse"; readonly error: CliError };

/** Decides about the list of one target: adds the name after the others, or removes it. Every other name keeps its position. */
export function listAfter(target: Target, { does, secret, recreateOptions = noRecreation, noted = false }: ListEdit): ListAfter {
  const { to, names, owner, recreation, added = [] } = target;
  if (names.includes(secret) === (does === "attach"))
    return { act: "keep", because: does === "attach" ? "already attached" : "not attached" };
  if (noted && does === "detach" && !added.includes(secret)) return { act: "keep", because: "another client has added it" };
  const error = owner
    ? refuseOwned(to, owner, { does, secret })
    : recreation && refuseRecreate(to, recreation, { does, secret, recreateOptions });
  if (error) return { act: "refuse", error };
  return { act: "change", after: does === "attach" ? [...names, secret] : names.filter((name) => name !== secret) };
}

export function refuseOwned(to: Ref<TargetKind>, owner: OwnerRef, { does, secret }: ListEdit): CliError {
  const kind = targetKindOf(owner.kind);
  const message = `${nameOf(to)} is created from the template of ${owner.kind} ${owner.name}; change that template instead`;
  const hint = kind && plugin(does, secret, targetArgument({ kind, name: owner.name }));
  return new CliError("invalid", message, { hint });
}

/** Returns why an object whose list can't be changed is not recreated; undefined if it is recreated. */
export function refuseRecreate(
  to: Ref<TargetKind>,
  { never, loses }: Recreation,
  { does, secret, recreateOptions: { recreate, force } = noRecreation }: ListEdit,
): CliError | undefined {
  const { kind } = kinds[to.kind];
  const list = `imagePullSecrets of ${nameOf(to)} cannot be changed`;
  if (isRecreatable(to.kind) && recreate && never === undefined && (loses === undefined || force)) return undefined;
  if (!isRecreatable(to.kind)) {
    // kubectl reads the file before it deletes the object
    const hint = { ...kubectl("replace", "--force", "-f", "FILE"), namespace: to.namespace };
    return new CliError("invalid", `${list}: delete the ${kind} and create it with another list`, { hint });
  }
  if (never !== undefined) return new CliError("invalid", `${list}, and the ${kind} cannot be recreated: it ${never}`);
  const message = `${list}, so the ${kind} must be recreated`;
  const hint = plugin(does, secret, targetArgument(to), "--recreate", flag("force", loses !== undefined));
  return new CliError("invalid", loses === undefined ? message : `${message}; it ${loses}`, { hint });
}

/** The objects whose pods a run ends: workloads that it rolls out, and pods that it evicts or recreates. */
type Ending = { readonly rollouts: readonly Ref[]; readonly pods: readonly Ref[] };

/** Returns the objects whose pods end when these lists change. */
export function endedBy(changed: readonly Ref<TargetKind>[]): Ending {
  const takingEffect = (how: string) => changed.filter(({ kind }) => kinds[kind].pullSecretList.takesEffect === how);
  return { rollouts: takingEffect("rollout"), pods: takingEffect("recreate") };
}

/** Announces which pods end, before any of them: `rolling out deployment.apps/web`. A dry run ends none. */
export function* announceEnding(namespace: string, { rollouts, pods }: Ending, { dryRun }: Tools): Generator<Outcome> {
  const part = (verb: string, refs: readonly Ref[]) => (refs.length === 0 ? [] : `${verb} ${inLine(refs.map(nameOf))}`);
  const parts = [part("rolling out", rollouts), part("restarting", pods)].flat();
  if (parts.length > 0 && dryRun === "none") yield { to: { kind: "namespace", name: namespace, namespace }, notice: parts.join("; ") };
}
