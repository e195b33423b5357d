import { unlessRefused } from "../errors.ts";
import { type Cluster, listAll } from "../kube/port.ts";
import { readWaiting } from "../kubelet/message.ts";
import type { possibleRecords } from "../kubelet/records.ts";
import { type HeldLogin, readPulled } from "../kubelet/start.ts";
import type { ContainerStatus, KubeObjects, Pod, Secret } from "../objects.ts";
import type { ImageRef } from "../registry/port.ts";
import { mapConcurrently, memoize } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
import { lastWrittenAt } from "../secret/owners.ts";
import { namedImagesOf, readImage } from "./images.ts";
import { pullSecretNames } from "./pods.ts";
import { type Secrets, secretsOf } from "./pull-secrets.ts";
import { statusesOf } from "./recreation.ts";
import { accountOf } from "./references.ts";

type Access = Parameters<typeof possibleRecords>[0][number];

/** An image with its usual text. */
type Image = { readonly image: ImageRef; readonly text: string };

/**
 * Reads how the pods of nodes have got their images: from their status, their Secrets and their Events. What can't be read is unknown.
 * Anyone who may create Events can write a false one, so use this only for a prediction.
 */
export function openAccesses(cluster: Cluster) {
  const pods = new Map<string, Promise<Pod[] | undefined>>();
  const events = new Map<string, Promise<KubeObjects["event"][]>>();
  const secrets = new Map<string, Secrets>();

  const podsOn = (node: string, namespace?: string) =>
    memoize(pods, `${node} ${namespace}`, () =>
      listAll(cluster, "pod", { namespace, fields: `spec.nodeName=${node}` }).catch(unlessRefused(undefined)),
    );
  const eventsOf = (namespace: string) =>
    memoize(events, namespace, () =>
      listAll(cluster, "event", { namespace, fields: "reason=Pulled" }).catch(unlessRefused<KubeObjects["event"][]>([])),
    );

  /** Returns the existing Secrets of a list, and their logins for an image. */
  async function loginsOf(names: readonly string[], namespace: string, image: ImageRef) {
    const { secrets: found, keyring } = await memoize(secrets, namespace, () => secretsOf(cluster, namespace)).list(names);
    const logins = keyring.lookup(image).flatMap(({ secret, login }) => {
      const held = found.find(({ metadata }) => metadata.name === secret);
      return held ? [{ held, secret: `${namespace}/${secret}/${held.metadata.uid}`, hash: login.password.hash(login.username) }] : [];
    });
    return { found, logins };
  }

  /** Returns the pulls and the accesses of an image that the Events of a pod report. */
  async function reported({ metadata: { uid, namespace = "" } }: Pod, text: string) {
    return (await eventsOf(namespace)).flatMap(({ involvedObject, message = "", lastTimestamp: at = "" }) => {
      const pulled = involvedObject.uid === uid && readPulled(message);
      return pulled && readImage(pulled.image).text === text ? [{ by: pulled.by, at }] : [];
    });
  }

  /** Returns what a pod may have used of its Secrets at a time (RFC 3339). */
  async function usedAt(at: string, names: readonly string[], namespace: string, image: ImageRef) {
    const { found, logins } = await loginsOf(names, namespace, image).catch(unlessRefused({ found: [], logins: [] }));
    const existed = ({ metadata }: Secret) => (metadata.creationTimestamp ?? "") <= at;
    const isSame = (secret: Secret) => existed(secret) && (lastWrittenAt(secret.metadata, ["data"]) ?? "") <= at;
    const areSame = found.length === names.length && found.every(isSame);
    const known = logins.filter(({ held }) => existed(held));
    return {
      mayHaveLogin: !areSame || logins.length > 0,
      logins: known.map(({ held, secret, hash }) => ({ secret, hash: isSame(held) ? hash : "" })),
      mayHaveOther: !areSame,
    };
  }

  async function accessOf(pod: Pod, { text, image }: Image): Promise<Access[]> {
    const { namespace = "" } = pod.metadata;
    const container = namedImagesOf(pod).find((one) => one.container !== undefined && readImage(one.text).text === text);
    const { imageID, state = {} } = statusesOf(pod).find(({ name }) => name === container?.container) ?? {};
    if (!container || !imageID || readWaiting(state.waiting ?? {}).length > 0) return [];
    const seen = [...startOf(state, container.pullPolicy), ...(await reported(pod, text))];
    const at = ["", ...seen.map((one) => one.at)].sort().at(-1) || (pod.status?.startTime ?? "");
    const by = (["pull", "access"] as const).find((way) => seen.some((one) => one.by === way)) ?? "unknown";
    const used = await usedAt(at, pullSecretNames(pod), namespace, image);
    return [{ by, ...used, account: `${namespace}/${accountOf(pod.spec)}` }];
  }

  return {
    /** Returns the logins of Secrets for an image. @param known the Secrets of the namespace */
    logins: async (names: readonly string[], namespace: string, image: ImageRef, known: Secrets): Promise<readonly HeldLogin[]> => {
      secrets.set(namespace, known);
      return (await loginsOf(names, namespace, image)).logins;
    },
    /** Returns the accesses on a node, only those of one namespace if you may not list pods in the others. */
    on: async (node: string, image: Image, namespace: string) => {
      const all = await podsOn(node);
      const visible = all ?? (await podsOn(node, namespace)) ?? [];
      const accesses = (await mapConcurrently(visible, limits.nodePulls, (pod) => accessOf(pod, image))).flat();
      return { accesses, isComplete: all !== undefined };
    },
  };
}

/** The kubelet pulls the image of a container with the pull policy `Always` before each start. */
const startOf = ({ running }: NonNullable<ContainerStatus["state"]>, pullPolicy: string | undefined) =>
  running?.startedAt === undefined ? [] : [{ by: pullPolicy === "Always" ? "pull" : "unknown", at: running.startedAt } as const];
