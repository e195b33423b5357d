import type { ImageFacts, PodFacts } from "../check/facts.ts";
import { type Placement, pullPod } from "../check/pull-pod.ts";
import { absent } from "../errors.ts";
import { kubectl } from "../hint.ts";
import { nameOf, type Workload } from "../kinds.ts";
import type { Cluster } from "../kube/port.ts";
import type { PodSpec } from "../objects.ts";
import { formatImage } from "../registry/image-reference.ts";
import type { ImageRef } from "../registry/port.ts";
import type { NewPod } from "./admission.ts";
import { namedImagesOf, readImage } from "./images.ts";
import { requireNamespace } from "./namespace.ts";
import { podFacts, pullSecretNames } from "./pods.ts";
import { chainOf, type PullingObjects } from "./pulling-objects.ts";
import { accountOf, namesIn } from "./references.ts";

/** One image that pods pull, or would pull, with one list of pull secrets. */
export type Pull = ReturnType<typeof readImage> & {
  readonly account: string;
  /** The pods' own imagePullSecrets, or those that a new pod would have. */
  readonly names: readonly string[];
  /** The current list of the ServiceAccount. */
  readonly accountNames: readonly string[];
  readonly pods: readonly PodFacts[];
  readonly templates: ImageFacts["templates"];
  /** The objects that the user changes: `deployment/web`, `pod/debug`. Empty if only the command line names the image. */
  readonly owners: readonly Workload[];
  /** Where the pods may run; absent if only the command line names the image. */
  readonly placement?: Placement;
  readonly sources: readonly PullSource[];
};

/** One of the pods and templates of a pull. */
export type PullSource = {
  readonly owner: Workload | undefined;
  readonly template: ImageFacts["templates"][number] | undefined;
  readonly container: string | undefined;
  /** The pod, or the pod of the template. */
  readonly pod: NewPod;
  /** No pod of this template has been through admission with this list of pull secrets. */
  readonly isNew: boolean;
};

/** Returns the pulls of some pods and templates, each image with each list of pull secrets once. */
export function pullsOf({ pods, templates, accounts, controllers }: PullingObjects): Pull[] {
  const byName = new Map(accounts.map((account) => [account.metadata.name, account]));
  function accountFacts(spec: PodSpec) {
    const account = accountOf(spec);
    return { account, accountNames: namesIn(byName.get(account)?.imagePullSecrets) };
  }
  const ofPods = pods.flatMap((pod) => {
    const owners = chainOf(pod, controllers).slice(-1);
    const [owner] = owners as [Workload];
    const pull = { ...accountFacts(pod.spec), names: pullSecretNames(pod), placement: pod.spec, templates: [], owners };
    const account = byName.get(pull.account);
    return namedImagesOf(pod).map((image) => {
      const sources = [{ owner, template: undefined, container: image.container, pod, isNew: false }];
      return { ...pull, ...readImage(image.text), pods: [podFacts(pod, image, account)], sources };
    });
  });
  const ofTemplates = templates.flatMap(({ workload, spec, pod }) => {
    const account = accountFacts(spec);
    const own = (spec.imagePullSecrets ?? []).length > 0;
    const pull = { ...account, names: own ? pullSecretNames({ spec }) : account.accountNames, placement: spec, pods: [] };
    const owner = controllers.get(nameOf(workload)) ?? workload;
    return namedImagesOf({ spec }).map(({ text, container, pullPolicy }) => {
      const template = { ...workload, container, pullPolicy, own };
      return {
        ...pull,
        ...readImage(text),
        templates: [template],
        owners: [owner],
        sources: [{ owner, template, container, pod, isNew: true }],
      };
    });
  });
  const groups = Map.groupBy([...ofPods, ...ofTemplates], ({ text, account, names }) => JSON.stringify([text, account, names]));
  return [...groups.values()].map(merged).sort((a, b) => (a.text < b.text ? -1 : 1));
}

/** Combines pulls of the same image with the same pull secrets. */
function merged(pulls: readonly Pull[]): Pull {
  const distinct = <T extends { readonly kind?: string; readonly name: string }>(of: (pull: Pull) => readonly T[]): T[] =>
    [...Map.groupBy(pulls.flatMap(of), ({ kind = "pod", name }) => nameOf({ kind, name })).values()].flatMap(([first]) => first ?? []);
  const [first] = pulls as [Pull];
  const sources = pulls.flatMap((pull) => pull.sources);
  const nameOfOwner = ({ owner }: PullSource) => owner && nameOf(owner);
  const existing = new Set(sources.flatMap((source) => (source.template ? [] : nameOfOwner(source))));
  return {
    ...first,
    pods: distinct(({ pods }) => pods),
    templates: distinct((pull) => pull.templates),
    owners: distinct((pull) => pull.owners),
    sources: sources.map((source) => ({ ...source, isNew: source.isNew && !existing.has(nameOfOwner(source)) })),
  };
}

/** Returns pulls of these images as a new pod of a ServiceAccount would do them. */
export async function pullsByAccount(cluster: Cluster, namespace: string, account: string, images: readonly ImageRef[]): Promise<Pull[]> {
  const found = await cluster.get({ kind: "serviceaccount", namespace, name: account });
  if (!found) {
    await requireNamespace(cluster, namespace);
    throw absent("serviceaccounts", account, { ...kubectl("get", "serviceaccounts"), namespace });
  }
  const names = namesIn(found.imagePullSecrets);
  const ofNothing = { pods: [], templates: [], owners: [] };
  return images.map((image) => {
    const text = formatImage(image);
    const { metadata, spec } = pullPod({ namespace, image: text, account, names: [], near: undefined }, "", new Date(0));
    const sources = [{ owner: undefined, template: undefined, container: spec.containers[0].name, pod: { metadata, spec }, isNew: true }];
    return { image, text, account, names, accountNames: names, sources, ...ofNothing };
  });
}
