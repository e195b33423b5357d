import { listAll } from "../cluster/port.ts";
import { keyOf, kinds, type Ref } from "../kinds.ts";
import type { KubeObject, Pod, Secret } from "../objects.ts";
import type { Place } from "../scope/cluster-scopes.ts";
import { together } from "../scope/concurrency.ts";
import { type Beside, besideOf } from "./beside.ts";
import { type NamedSecret, secretsBeside } from "./other-names.ts";
import { type ChoiceOptions, chosenTargets, type TargetObject } from "./targets.ts";

/** What a command reads of a namespace. */
export type ReadOptions = ChoiceOptions & {
  readonly pods: "none" | "waiting" | "all";
  /** What warnings need is read too. */
  readonly warns?: boolean;
  /** Which Secrets there are, instead of one of them. */
  readonly existing?: boolean;
};

/** What was read of one namespace for a command on one Secret. */
export type NamespaceState = {
  readonly place: Place;
  readonly secret: Secret | undefined;
  readonly targets: readonly TargetObject[];
  readonly pods: readonly Pod[];
  /** Everything that was read where the targets are a part of it. */
  readonly also?: readonly TargetObject[];
  /** What was read for warnings. */
  readonly beside?: Beside;
  /** What other names in the targets' lists lead to, for warnings too: it is still being asked. */
  readonly named?: Promise<readonly NamedSecret[]>;
  /** The names of all Secrets. */
  readonly existing?: ReadonlySet<string>;
};

/** Pods that have not started. */
export const waiting = "status.phase=Pending";

/** Reads the Secret, the targets and the pods of one place at once. None of the targets that are named is missing. */
export async function readNamespace(place: Place, options: ReadOptions): Promise<NamespaceState> {
  const { cluster, namespace } = place;
  const { secret, pods } = options;
  const own = options.existing ? undefined : cluster.get({ kind: "secret", name: secret, namespace });
  const reading = chosenTargets(place, options);
  // As soon as the lists are known, and while all else is read; who waits for it is told what was wrong with it
  const named = options.warns ? reading.then((objects) => secretsBeside(place, secret, objects)) : undefined;
  named?.catch(() => undefined);
  const [found, targets, all, existing] = await together([
    own,
    reading,
    pods === "none" ? [] : listAll(cluster, "pod", { namespace, fields: pods === "waiting" ? waiting : undefined }),
    options.existing ? listAll(cluster, "secret", { namespace, metadataOnly: true }) : undefined,
  ]);
  const beside = options.warns ? await besideOf(place, secret, { targets, pods: all }) : undefined;
  return {
    place,
    secret: found,
    targets,
    pods: all,
    ...(beside && { beside }),
    ...(named && { named }),
    ...(existing && { existing: namesOf(existing) }),
  };
}

/** What objects are called. */
export const namesOf = (objects: readonly KubeObject[]): ReadonlySet<string> => new Set(objects.map(({ metadata }) => metadata.name));

/** Objects as they were looked at, by what names them. */
export type Seen = ReadonlyMap<string, KubeObject>;

/** The objects of one place, to look up by what a change names. */
export function remember(objects: readonly (KubeObject | undefined)[], context: string | undefined): Seen {
  return new Map(objects.flatMap((object) => (object ? [[keyOf(refOf(object, context)), object] as const] : [])));
}

/** What names an object of the API. */
function refOf({ kind: name, metadata }: KubeObject, context: string | undefined): Ref {
  const kind = (Object.keys(kinds) as Ref["kind"][]).find((each) => "kind" in kinds[each] && kinds[each].kind === name) ?? "secret";
  return {
    kind,
    name: metadata.name,
    ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
    ...(context !== undefined && { context }),
  };
}
