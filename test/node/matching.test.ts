import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { buildKeyring } from "../../src/kubelet/keyring.ts";
import type { Pod } from "../../src/objects.ts";
import { parseImage } from "../../src/registry/image-reference.ts";
import { keyMatchingRows, type RowSecret, secretOf } from "../support/key-matching-rows.ts";
import { create, getJson } from "../support/kubectl.ts";
import { reachWorld } from "../support/node-world.ts";
import { sampled } from "../support/sampled.ts";

const namespace = "matching";

const rows = sampled(keyMatchingRows, 30).map((row, index) => ({ ...row, name: `row-${index}` }));
type NamedRow = (typeof rows)[number];

/** The result of a row's pod: the user names that the kubelet sent for its image, in order, and its waiting reason. */
type Seen = { readonly offered: readonly string[]; readonly waits: string };
const seen = new Map<string, Seen>();

beforeAll(async () => {
  await create([{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }]);
  await create(rows.flatMap(secretsOf));
  // With many pods at once, a few may not get a Secret in time. Then the kubelet posts an event, and pulls without the Secret. This test is
  // not about that, so such a pod runs again.
  for (let round = 1, pending: readonly NamedRow[] = rows; pending.length > 0 && round <= 6; round++) {
    const late = await run(pending, round);
    pending = pending.filter(({ name }) => late.has(name));
  }
}, 240_000);

/** Runs these rows' pods, and records their results. @returns the names of the rows whose Secrets were late */
async function run(some: readonly NamedRow[], round: number): Promise<Set<string>> {
  const label = { round: `${round}` };
  await create(some.map((row) => podOf(row, label)));
  const waits = new Map<string, string>();
  while (waits.size < some.length) {
    await sleep(500);
    for (const [pod, reason] of await reasonsOf(round)) waits.set(pod, reason);
  }
  const log = await reachWorld(inject("world")).dataPlane();
  const late = await podsWithoutSecrets();
  for (const row of some) {
    const { repository } = parseImage(imageOf(row, label));
    const users = log.filter((call) => call.step === "token" && call.repository === repository && call.user !== "").map(({ user }) => user);
    const pod = nameOf(row, label);
    // containerd sends each request twice, and the kubelet retries.
    if (!late.has(pod)) seen.set(row.name, { offered: [...new Set(users)], waits: waits.get(pod) ?? "" });
  }
  return new Set(some.filter((row) => late.has(nameOf(row, label))).map(({ name }) => name));
}

/** Returns the pods of a round with a waiting reason other than ContainerCreating, with their reasons. */
async function reasonsOf(round: number): Promise<[pod: string, reason: string][]> {
  const { items } = await getJson<{ items: Pod[] }>("pods", "-n", namespace, "-l", `round=${round}`);
  return items
    .map(({ metadata, status }): [string, string] => [
      metadata.name,
      status?.containerStatuses?.[0]?.state?.waiting?.reason ?? "ContainerCreating",
    ])
    .filter(([, reason]) => reason !== "ContainerCreating");
}

async function podsWithoutSecrets(): Promise<Set<string>> {
  const reason = "reason=FailedToRetrieveImagePullSecret";
  const events = await getJson<{ items: { involvedObject: { name: string } }[] }>("events", "-n", namespace, "--field-selector", reason);
  return new Set(events.items.map(({ involvedObject }) => involvedObject.name));
}

describe("matches keys in the kubelet", () => {
  test.for(rows)("$rule", ({ name, offers, anyOrder, malformed }) => {
    const { offered, waits } = whatCameOf(name);

    expect(inOrder(offered, anyOrder)).toEqual(offers);
    expect(waits.replace("ImagePullBackOff", "ErrImagePull")).toBe(malformed ?? "ErrImagePull");
  });
});

describe("matches keys in the plugin", () => {
  test.for(rows)("$rule", ({ name, image, secrets, anyOrder }) => {
    const { offered, waits } = whatCameOf(name);
    const keyring = buildKeyring(secrets.map((secret, index) => ({ name: `${index}`, ...asStored(secret) })));
    const users = keyring.lookup(parseImage(image)).map(({ login }) => login.username);

    expect(inOrder(users, anyOrder)).toEqual(inOrder(offered, anyOrder));
    expect(keyring.malformed?.message).toBe(waits.includes(" ") ? waits : undefined);
  });
});

function whatCameOf(name: string): Seen {
  const came = seen.get(name);
  if (!came) throw new Error("the kubelet never had this pod's Secrets in time");
  return came;
}

function inOrder(users: readonly string[], anyOrder: true | undefined): string[] {
  return anyOrder ? [...users].sort() : [...users];
}

function secretsOf({ name, secrets }: NamedRow): object[] {
  return secrets.map((secret, index) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace, name: `${name}-${index}` },
    ...secretOf(secret),
  }));
}

type Label = { readonly round: string };

const nameOf = ({ name }: NamedRow, { round }: Label) => `${name}-${round}`;

/** Returns a repository for this pod alone, by which the registry's log identifies the pod. No login is valid, so all of them are tried. */
const imageOf = (row: NamedRow, label: Label) => `${row.image}-${nameOf(row, label)}`;

function podOf(row: NamedRow, label: Label): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name: nameOf(row, label), labels: label },
    spec: {
      imagePullSecrets: row.secrets.map((_, index) => ({ name: `${row.name}-${index}` })),
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      containers: [{ name: "app", image: `${imageOf(row, label)}:1` }],
    },
  };
}

/** Returns the Secret as the API returns it: stringData is now in data. */
function asStored(secret: RowSecret) {
  const { type, stringData } = secretOf(secret);
  return { type, data: Object.fromEntries(Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text).toString("base64")])) };
}
