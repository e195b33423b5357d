import { setTimeout as sleep } from "node:timers/promises";
import { create, getJson, kubectl } from "./kubectl.ts";

/**
 * Pods that ran, and the kubelet's messages on those that did not start at once. For `unread` pods, the kubelet had not read the Secret
 * before its first pull. It pulled without a login, which says nothing about the content of the Secret, and with the login at the next try.
 */
export type Ran = { readonly pods: number; readonly failed: readonly string[]; readonly unread: number };

type Event = { readonly reason: string; readonly message: string; readonly involvedObject: { readonly name: string } };

/**
 * Runs one pod after the other in a namespace. Its kubelet always pulls the image, and uses the current content of the Secret.
 * `settled` waits for the current pod.
 *
 * @param every the pause between two pods, in milliseconds
 */
export function pullWithPods(
  namespace: string,
  secret: string,
  every = 2000,
): { seen(): Ran; settled(): Promise<void>; stop(): Promise<Ran> } {
  const failed: string[] = [];
  let pods = 0;
  let unread = 0;
  let stopped = false;
  let wake = () => {};
  let last = Promise.resolve();

  async function one(name: string): Promise<void> {
    await create([podOf(name, namespace, secret)]);
    // A pod whose first pull fails runs after a retry.
    await kubectl(["wait", "--for=condition=Ready", `pod/${name}`, "-n", namespace, "--timeout=600s"]);
    const items = await eventsOf(name, namespace);
    if (pulledWithout(items)) unread++;
    else failed.push(...items.filter(tellsOfFailure).map(({ message }) => `${name}: ${message}`));
    if (items.some(tellsOfPull)) pods++;
    else failed.push(`${name}: ${JSON.stringify(items.map(({ message }) => message))}`);
    await kubectl(["delete", "pod", name, "-n", namespace, "--grace-period=0", "--force", "--wait=false"]);
  }

  const all = (async () => {
    for (let index = 0; !stopped; index++) {
      last = one(`pull-${index}`).catch((error: unknown) => void failed.push(String(error)));
      await last;
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, every);
      });
    }
  })();
  const seen = () => ({ pods, failed, unread });
  return {
    seen,
    settled: () => last,
    stop: async () => {
      stopped = true;
      wake();
      await all;
      return seen();
    },
  };
}

const tellsOfPull = ({ reason, message }: Event) => reason === "Pulled" && message.startsWith("Successfully pulled");

const tellsOfFailure = ({ reason }: Event) => reason === "Failed" || reason === "BackOff";

/**
 * A kubelet waits one second for a Secret that it has not read yet, and then pulls without it. On a busy machine one second may be too
 * short (k8s.io/kubernetes/pkg/kubelet, getPullSecretsForPod). Returns true if every failed pull was one without a login.
 */
function pulledWithout(items: readonly Event[]): boolean {
  const refusals = items.filter(({ reason, message }) => reason === "Failed" && message.startsWith("Failed to pull image"));
  return (
    items.some(({ reason }) => reason === "FailedToRetrieveImagePullSecret") &&
    refusals.length > 0 &&
    refusals.every(({ message }) => message.includes("failed to fetch anonymous token"))
  );
}

/** Returns the kubelet's events on a running pod. The kubelet posts them later, so a pod is ready before all of them exist. */
async function eventsOf(pod: string, namespace: string): Promise<Event[]> {
  for (let look = 1; ; look++) {
    const { items } = await getJson<{ items: Event[] }>("events", "-n", namespace, "--field-selector", `involvedObject.name=${pod}`);
    if (items.some(tellsOfPull) || look === 60) return items;
    await sleep(500);
  }
}

const podOf = (name: string, namespace: string, secret: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace },
  spec: {
    terminationGracePeriodSeconds: 0,
    imagePullSecrets: [{ name: secret }],
    containers: [{ name: "web", image: "myregistry.azurecr.io/app/web:1", imagePullPolicy: "Always" }],
  },
});
