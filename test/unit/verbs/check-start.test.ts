import { describe, expect, test } from "vitest";
import type { KubeObjects, Pod } from "../../../src/objects.ts";
import { attached, judged, pod, r, type Situation, theirs, web } from "../../support/check-world.ts";

// test/node/start.test.ts compares the predictions with a kubelet. These rows check how the API shows the inputs.

const node = (name: string, version = "v1.37.2", images: readonly string[] = []): KubeObjects["node"] => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name },
  status: { nodeInfo: { kubeletVersion: version }, images: images.map((image) => ({ names: [image] })) },
});
const byDefault = { kubeletconfig: {} };
const policy = (name: string) => ({ kubeletconfig: { imagePullCredentialsVerificationPolicy: name } });
const visible = { nodes: [node("n1", "v1.37.2", [web])], configz: byDefault };

const startedAt = "2026-01-01T00:10:00Z";

/** Returns a pod that runs on the node with the image. */
function running(name = "web-1", options: Parameters<typeof pod>[1] = {}): Pod {
  const status = { image: web, imageID: "x", state: { running: { startedAt } } };
  const made = pod(name, { phase: "Running", imagePullPolicy: "IfNotPresent", status, ...options });
  return { ...made, metadata: { ...made.metadata, uid: `uid-${name}` }, spec: { ...made.spec, nodeName: "n1" } };
}

/** Returns the Event of a pull, or of the access to an image of the node. */
const event = (by: "pull" | "access", name = "web-1", image = web) => ({
  involvedObject: { uid: `uid-${name}` },
  message:
    by === "pull"
      ? `Successfully pulled image "${image}" in 1s`
      : `Container image "${image}" already present on machine and can be accessed by the pod`,
  lastTimestamp: startedAt,
});

const made = (password: string, creationTimestamp: string, data?: string) => {
  const secret = theirs("acr", { [r]: `all:${password}` });
  const managedFields = data === undefined ? [] : [{ time: data, fieldsV1: { "f:data": {} } }];
  return { ...secret, metadata: { ...secret.metadata, uid: "1", creationTimestamp, managedFields } };
};
const [before, later] = ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"];
const holding = (password: string, at = before, data?: string): Situation => ({
  ...attached(made(password, at, data)),
  ...visible,
  pods: [running("web-1", { names: ["acr"] })],
});

/** Returns the only verdict and its message. */
async function said(given: Situation): Promise<string> {
  const { rows } = await judged(given);
  return rows.map(({ cause, start, message }) => `${cause} ${start}: ${message}`).join("\n");
}

const at = "node n1 (kubelet v1.37.2)";
const unseen = (version: string, ...conditions: readonly string[]) =>
  `not-visible unknown: it is not visible whether node n1 (kubelet ${version}) starts the image. It does only if ${conditions.join(" or ")}`;
const open = "the image was once pulled there without a pull secret";

describe("predicts the start of a pod without a login", () => {
  test.for<{ when: string; given: Situation; says: string }>([
    {
      when: "the kubelet is old",
      given: { nodes: [node("n1", "v1.32.4")] },
      says: "by-node starts: node n1 (kubelet v1.32.4) starts the image: it starts every image that it has",
    },
    { when: "no Event shows how it got the image", given: visible, says: unseen("v1.37.2", "the image was preloaded", open) },
    {
      when: "an Event shows that it got access",
      given: { ...visible, events: [event("access")] },
      says: `by-node starts: ${at} starts the image: the image was preloaded or ${open}`,
    },
    {
      when: "an Event shows that it pulled",
      given: { ...visible, events: [event("pull")] },
      says: `by-node starts: ${at} starts the image: ${open}`,
    },
    {
      when: "an Event is about another pod",
      given: { ...visible, events: [event("pull", "web-2")] },
      says: unseen("v1.37.2", "the image was preloaded", open),
    },
    {
      when: "an Event is about another image",
      given: { ...visible, events: [event("pull", "web-1", `${r}/app/api:1`)] },
      says: unseen("v1.37.2", "the image was preloaded", open),
    },
    {
      when: "the kubelet verifies nothing",
      given: { ...visible, configz: policy("NeverVerify") },
      says: `by-node starts: ${at} starts the image: it starts every image that it has`,
    },
    {
      when: "the configuration is not visible",
      given: { nodes: visible.nodes, events: [event("access")] },
      says: unseen("v1.37.2", `the image was preloaded, ${open}`, "it starts every image that it has"),
    },
    {
      when: "nodes are not visible",
      given: {},
      says: "not-visible unknown: it is not visible on which node the pod starts, or you may not list nodes",
    },
    {
      when: "it pulled before its start, and it is checked for a new node",
      given: { ...visible, newNode: true, pods: [running("web-1", { imagePullPolicy: "Always" })] },
      says: "no-login undefined: the pod has no pull secret for this registry",
    },
    {
      when: "the kubelet has a provider",
      given: { ...visible, provider: true, events: [event("pull")] },
      says: `by-node starts: ${at} starts the image: ${open} or the ServiceAccount of the pod has pulled the image there`,
    },
  ])("when $when", async ({ given, says }) => {
    expect(await said({ pods: [running()], ...given })).toBe(says);
  });

  test.for<{ when: string; given: Situation; says: string }>([
    {
      when: "an Event shows that it pulled",
      given: { ...visible, events: [event("pull")] },
      says: `next-start fails: ${at} does not start the image: no login of the pod has pulled the image there`,
    },
    {
      when: "the kubelet has a provider",
      given: { ...visible, events: [event("pull")], provider: true },
      says: unseen("v1.37.2", open, "it can pull the image with its own identity"),
    },
    { when: "no Event is left", given: visible, says: unseen("v1.37.2", "the image was preloaded", open) },
  ])("whose Secret was deleted when $when", async ({ given, says }) => {
    expect(await said({ pods: [running("web-1", { names: ["gone"] })], ...given })).toMatch(
      says.startsWith("next") ? new RegExp(`^${says.replace(/[()]/g, "\\$&")}`) : says,
    );
  });
});

describe("predicts the start of a pod whose login the registry rejects", () => {
  test.for<{ when: string; given: Situation; start: string | undefined }>([
    { when: "its Secret is older than its start", given: holding("ended"), start: "starts" },
    { when: "its Secret was changed since", given: holding("ended", before, later), start: "starts" },
    { when: "its Secret was created again since", given: holding("ended", later), start: "unknown" },
    {
      when: "the kubelet verifies also preloaded images",
      given: { ...holding("ended"), configz: policy("AlwaysVerify") },
      start: "unknown",
    },
    {
      when: "the kubelet verifies also preloaded images, and the pod pulled it",
      given: { ...holding("ended"), configz: policy("AlwaysVerify"), events: [event("pull")] },
      start: "starts",
    },
    {
      when: "it pulls before each start",
      given: { ...holding("ended"), pods: [running("web-1", { names: ["acr"], imagePullPolicy: "Always" })] },
      start: "fails",
    },
    { when: "it is checked for a new node", given: { ...holding("ended"), newNode: true }, start: undefined },
  ])("when $when", async ({ given, start }) => {
    const { rows } = await judged(given);

    expect(rows).toMatchObject([{ cause: "refused", start }]);
  });
});

describe("predicts the start of a pod with the pull policy Never", () => {
  const never = { imagePullPolicy: "Never", names: ["acr"] };
  const [waiting, other] = [pod("new", never), running("web-1", { names: ["acr"] })];
  const images = Array.from({ length: 50 }, (_, index) => `${r}/large:${index}`);
  const withNames = (count: number) => ({ ...node("n1"), status: { ...node("n1").status, images: [{ names: images.slice(0, count) }] } });

  test.for<{ when: string; given: Situation; row: object }>([
    {
      when: "a node has it for the same Secret",
      given: { ...holding("right"), pods: [waiting, other] },
      row: { cause: "pulls", start: "starts" },
    },
    {
      when: "the node does not have it",
      given: { ...holding("right"), nodes: [node("n1")] },
      row: { cause: "never-pulled", start: "fails" },
    },
    {
      when: "the node lists only its largest images",
      given: { ...holding("right"), nodes: [node("n1", "v1.37.2", images)] },
      row: { cause: "not-visible", start: "unknown" },
    },
    {
      when: "the node lists only five names of an image",
      given: { ...holding("right"), nodes: [withNames(5)] },
      row: { cause: "not-visible", start: "unknown" },
    },
    {
      when: "the node lists all names of an image, and not this one",
      given: { ...holding("right"), nodes: [withNames(4)] },
      row: { cause: "never-pulled", start: "fails" },
    },
    {
      when: "one of the nodes does not have it",
      given: { ...holding("right"), nodes: [...visible.nodes, node("n2")] },
      row: { cause: "never-pulled", start: "fails" },
    },
    {
      when: "it is checked for a new node",
      given: { ...holding("right"), newNode: true },
      row: { cause: "never-pulled", start: "fails", message: "a new node does not have the image" },
    },
    {
      when: "there are more than 20 nodes",
      given: { ...holding("right"), nodes: Array.from({ length: 21 }, (_, index) => node(`n${index}`)) },
      row: { cause: "not-visible", start: "unknown" },
    },
  ])("when $when", async ({ given, row }) => {
    const { rows } = await judged({ ...given, pods: given.pods?.includes(waiting) ? given.pods : [waiting] });

    expect(rows).toMatchObject([row]);
  });
});

test("reads no node when a pull decides", async () => {
  const cluster = { ...holding("right"), nodes: undefined as never };

  expect(await said({ ...cluster, pods: [running("web-1", { names: ["acr"] })] })).toMatch(/^pulls starts: $/);
});
