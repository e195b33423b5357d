import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, inject, test } from "vitest";
import { readWaiting } from "../../src/kubelet/message.ts";
import type { Pod } from "../../src/objects.ts";
import { create, getJson, kubectl } from "../support/kubectl.ts";
import { reachWorld } from "../support/node-world.ts";
import { blockedLayers, type FailingPull, failingPulls } from "../support/situations/failing-pulls.ts";

const namespace = "failures";
const server = "myregistry.azurecr.io";
const cases = [...failingPulls, ...blockedLayers];
type Event = { readonly reason: string; readonly message: string; readonly involvedObject: { readonly uid: string } };
let pods: readonly Pod[] = [];
let events: readonly Event[] = [];

beforeAll(async () => {
  const world = reachWorld(inject("world"));
  const password = await world.addToken("failing", ["app"]);
  for (const registry of ["deniedlayers", "lostlayers"]) await world.push(`${registry}.azurecr.io/app:1`, "waits");
  await create([{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }]);
  await create(
    cases.flatMap(({ secrets = () => [] }, index) =>
      secrets(password).map((made, at) => ({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { namespace, name: `${nameOf(index)}-${at}` },
        ...made,
      })),
    ),
  );
  await create(cases.map((one, index) => podOf(one, index)));
  await look();
  // A kubelet may see a pod before the API server lets it read the pod's Secrets. It then pulls without them. Such a pod is recreated.
  for (let round = 0; round < 5; round++) {
    const early = cases.flatMap((one, index) => (!one.nosuch && missingOf(index).length > 0 ? [{ one, index }] : []));
    if (early.length === 0) break;
    await kubectl(["delete", "pod", "-n", namespace, "--now", ...early.map(({ index }) => nameOf(index))]);
    await create(early.map(({ one, index }) => podOf(one, index)));
    await look();
  }
}, 120_000);

/** Waits until every pod has a waiting reason, and reads the pods and their events. */
async function look(): Promise<void> {
  do {
    await sleep(500);
    pods = (await getJson<{ items: Pod[] }>("pods", "-n", namespace)).items;
  } while (!pods.every((pod) => readWaiting(waitingOf(pod)).length > 0));
  await sleep(1000); // events appear shortly after the status to which they belong
  events = (await getJson<{ items: Event[] }>("events", "-n", namespace)).items;
}

/** Returns the missing Secrets in the events of a case's pod. Ignores events of an earlier pod with the same name. */
function missingOf(index: number) {
  const uid = pods.find(({ metadata }) => metadata.name === nameOf(index))?.metadata.uid;
  const missing = events.filter(({ reason, involvedObject }) => reason === "FailedToRetrieveImagePullSecret" && involvedObject.uid === uid);
  return missing.map(({ message }) => /^Unable to retrieve some image pull secrets \(([^)]*)\)/.exec(message)?.[1]);
}

test.for(cases.map((one, index) => ({ ...one, index })))("parses the kubelet's message when $when", (one) => {
  const name = nameOf(one.index);
  const pod = pods.find(({ metadata }) => metadata.name === name);
  const waiting = pod ? waitingOf(pod) : {};
  const plain = (waiting.message ?? "")
    .replace(/^Back-off pulling image "[^"]*": ErrImagePull: /, "")
    .replaceAll(imageOf(one), "IMAGE")
    .replaceAll(/ from \w+ request to \S+(?=: )/g, "")
    .replaceAll(/sha256:[0-9a-f]{64}(?:\?sig=[^"]*)?/g, "DIGEST");

  expect(plain).toBe(one.message);
  expect(readWaiting(waiting).map(({ cause }) => cause)).toEqual(one.causes);

  expect(missingOf(one.index)).toEqual(one.nosuch ? ["nosuch"] : []);
});

function waitingOf({ status }: Pod): { reason?: string; message?: string } {
  return status?.containerStatuses?.[0]?.state?.waiting ?? {};
}

const nameOf = (index: number) => `case-${index}`;
const imageOf = ({ image = `${server}/app` }: FailingPull) => `${image}:1`;

function podOf(one: FailingPull, index: number): object {
  const name = nameOf(index);
  const names = (one.secrets?.("") ?? []).map((_, at) => `${name}-${at}`);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name },
    spec: {
      imagePullSecrets: [...names, ...(one.nosuch ? ["nosuch"] : [])].map((secretName) => ({ name: secretName })),
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "app", image: imageOf(one), ...(one.policy && { imagePullPolicy: one.policy }) }],
    },
  };
}
