import { absent, asCliError } from "../errors.ts";
import { at, keyOf, kinds, type PodKind, type Ref, resourceOf } from "../kinds.ts";
import { type Decide, edit, outcomeOf } from "../kube/edit.ts";
import type { Pod } from "../objects.ts";
import { isFailed, type Outcome } from "../outcome.ts";
import { runConcurrently } from "../scope/concurrency.ts";
import type { Tools } from "../tools.ts";
import { pullingPods, waitOf } from "../usage/pods.ts";
import { accountsIn, type TargetObject, targetOf } from "../usage/targets.ts";
import { announceEnding, editLists, endedBy, listAfter, type RecreateOptions } from "./lists.ts";
import { isFrom, type Restart, type RestartOrder, restartsOf } from "./restart.ts";

type AttachOrder = Omit<RestartOrder, "secret"> & {
  readonly secret: Ref<"secret">;
  /** The objects that get the Secret, as they were listed. */
  readonly targets: readonly TargetObject[];
  readonly pods: readonly Pod[];
  /** The registries of the Secret. Pods with images of other registries are ignored. */
  readonly hosts: readonly string[];
  readonly recreateOptions: RecreateOptions;
  /** Notes on each object that `apply` has added the Secret. */
  readonly noted?: boolean | undefined;
};

/**
 * Milliseconds to wait until the ServiceAccount cache of the admission plugin has the new list. A pod that is created earlier gets the old
 * list.
 */
const cacheDelay = 250;

/**
 * Adds the Secret to the lists of targets in one namespace, then restarts the pods that wait for it. Warns about pods that can't be
 * restarted. A target that fails doesn't stop the others, but its pods are not restarted.
 */
export async function* attachTargets(order: AttachOrder, tools: Tools): AsyncGenerator<Outcome> {
  const { secret, targets } = order;
  const { namespace = "" } = secret;
  const wanted = { does: "attach", secret: secret.name, recreateOptions: order.recreateOptions, noted: order.noted } as const;
  const { restarts, warnings, changed } = decideAll(order, tools.now());
  const ending = endedBy(changed);
  yield* announceEnding(
    namespace,
    {
      rollouts: [...ending.rollouts, ...restarts.filter(({ uid }) => uid === undefined).map(({ to }) => to)],
      pods: [...ending.pods, ...restarts.filter(({ uid }) => uid !== undefined).map(({ to }) => to)],
    },
    tools,
  );
  const attached = new Set<string>();
  for await (const outcome of editLists(targets, wanted, tools)) {
    if (!isFailed(outcome)) attached.add(keyOf(outcome.to));
    yield outcome;
  }
  const isAttached = ({ needs }: { readonly needs?: Ref }) => !needs || attached.has(keyOf(needs));
  // An interruption ends the wait, and then each restart is left
  if (tools.dryRun === "none" && !tools.interrupted() && restarts.some(isAttached)) await tools.sleep(cacheDelay).catch(asCliError);
  yield* runConcurrently(restarts, { interrupted: () => false }, async function* (one) {
    if (tools.interrupted()) yield { to: one.to, left: "interrupted" };
    else if (isAttached(one)) yield await restart(one, tools);
    else yield { to: one.to, left: "failed" };
  });
  for (const { needs, to, message, fix, isInfo } of warnings) if (isAttached({ needs })) yield { to, messages: [message], fix, isInfo };
}

/** Decides by the objects as they were listed: which targets change, which pods to restart, and what to warn about. */
function decideAll({ secret: { name }, targets, pods, hosts, recreateOptions, ...order }: AttachOrder, now: Date) {
  const decided = targets.map((object) => {
    const target = targetOf(object);
    return { target, act: listAfter(target, { does: "attach", secret: name, recreateOptions }).act };
  });
  const those = (act: string) => decided.filter((one) => one.act === act).map(({ target }) => target);
  const attached = decided
    .filter(({ act }) => act !== "refuse")
    .map(({ target: { to, names } }) => ({ to, names: [...new Set([...names, name])] }));
  const recreated = those("change").filter(({ recreation }) => recreation);
  const pulling = pullingPods(hosts, pods, { now, accounts: accountsIn(targets) });
  const left = pulling.filter((pod) => !recreated.some(({ to }) => isFrom(pod, to)));
  const refused = those("refuse").map(({ to }) => to);
  return { ...restartsOf(attached, left, { ...order, secret: name }, refused), changed: those("change").map(({ to }) => to) };
}

async function restart(one: Restart, tools: Tools): Promise<Outcome> {
  const { to, uid } = one;
  try {
    if (uid === undefined) return await rollOut(one, tools);
    // Its kubelet may have written to it since it was listed
    return { ...outcomeOf(to, await edit(to as Ref<"pod">, evictionOf(one), tools)), object: undefined };
  } catch (error) {
    return { to, error: asCliError(error) };
  }
}

/** Evicts only the pod that was listed, and only if it still waits for its image. */
const evictionOf =
  ({ uid, because }: Restart): Decide<"pod"> =>
  (pod) => {
    if (!pod || (pod.metadata.uid === uid && waitOf(pod) !== "image")) return { act: "keep", because: "it changed and no longer waits" };
    if (pod.metadata.uid !== uid) return { act: "keep", because: "it was already replaced" };
    return { act: "evict", because };
  };

const restartedAt = "kubectl.kubernetes.io/restartedAt";

async function rollOut({ to, because }: Restart, tools: Tools): Promise<Outcome> {
  const annotations = { [restartedAt]: tools.now().toISOString() };
  const template = kinds[to.kind].podSpec.slice(0, -1);
  const patch = [...template, "metadata"].reduceRight<Record<string, unknown>>((inside, step) => ({ [step]: inside }), { annotations });
  const decide: Decide<PodKind> = (workload) => {
    if (!workload) return { act: "refuse", error: absent(resourceOf(to.kind), to.name) };
    const isDone = at(workload, [...template, "metadata", "annotations", restartedAt]) === annotations[restartedAt];
    return isDone ? { act: "keep", because } : { act: "patch", patch, because };
  };
  const edited = await edit(to, decide, tools);
  return { ...outcomeOf(to, edited), result: edited.did === "keep" ? "unchanged" : "restarted" };
}
