import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Pod } from "../../../src/objects.ts";
import type { Proof } from "../../../src/registry/port.ts";
import { account, pullSecret, stuckPod } from "../../support/fakes/cluster.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const image = "myregistry.azurecr.io/app/web:1";

/** A namespace with a pod that names a Secret with a rejected login, and a node that gives each new pod a status. */
function demo(status: Pod["status"]): FakeWorld {
  const world = fakeWorld();
  addNamespaces(world.cluster, "demo");
  world.cluster.put(pullSecret("demo", "acr", { "myregistry.azurecr.io": { username: "ci", password: "p" } }));
  world.cluster.put(stuckPod("demo", "web-1", image, { names: ["acr"] }));
  world.asking.around(async ({ call, at, dryRun }, next) => {
    const made = await next();
    const pod =
      call === "create" && at.startsWith("pod ") && !dryRun ? world.cluster.get("pod", "demo", at.slice("pod demo/".length)) : undefined;
    if (pod) world.cluster.put({ ...pod, spec: { ...pod.spec, nodeName: "n1" }, status });
    return made;
  });
  return world;
}

const pullStatus = (waiting: { reason: string; message?: string }): Pod["status"] => ({
  containerStatuses: [{ name: "pull", state: { waiting } }],
});

test("reports what the node says, and creates and deletes only its pod", async () => {
  const world = demo(pullStatus({ reason: "CreateContainerError" }));
  const { stdout, code } = await type("check -n demo --from-cluster -o json", world.ports);

  expect({ items: JSON.parse(stdout).items, code }).toMatchObject({
    items: [{ image, cause: "pulls", proof: "cluster", secret: "acr" }],
    code: 0,
  });
  expect(world.asking.writes.map((call) => call.replace(/[0-9a-f]{16}$/, "ID"))).toEqual([
    "create pod demo/acr-secret-check-ID",
    "delete pod demo/acr-secret-check-ID",
  ]);
  expect(world.cluster.all("pod").map(({ metadata }) => metadata.name)).toEqual(["web-1"]);
});

test.for<{ when: string; change: (pod: Pod) => Pod; reason: string }>([
  {
    when: "its image was changed",
    change: (pod) => ({ ...pod, spec: { ...pod.spec, containers: pod.spec.containers.map((one) => ({ ...one, image: "public/web:1" })) } }),
    reason: "the image of pod/acr-secret-check-ID was changed",
  },
  {
    when: "it was replaced",
    change: (pod) => ({ ...pod, metadata: { ...pod.metadata, uid: "other" } }),
    reason: "pod/acr-secret-check-ID was deleted before its node answered",
  },
])("believes no status of its pod when $when", async ({ change, reason }) => {
  const world = demo(pullStatus({ reason: "CreateContainerError" }));
  world.cluster.put(pullSecret("demo", "acr", { "other.azurecr.io": { username: "ci", password: "p" } }));
  world.asking.around(async ({ call, at, dryRun }, next) => {
    const made = await next();
    const pod = call === "create" && !dryRun ? world.cluster.get("pod", "demo", at.slice("pod demo/".length)) : undefined;
    if (pod) {
      world.cluster.remove("pod", "demo", pod.metadata.name);
      world.cluster.put(change(pod));
    }
    return made;
  });
  const { stdout, code } = await type("check -n demo --from-cluster -o json", world.ports);
  const [item] = JSON.parse(stdout).items;

  expect({ ...item, notes: item.notes.join("; ").replace(/[0-9a-f]{16}/, "ID") }).toMatchObject({
    cause: "no-login",
    proof: "registry",
    notes: expect.stringContaining(`not proven in the cluster: ${reason}`),
  });
  expect(code).toBe(1);
});

test("prints the node's words and exits with 1 when it can't pull", async () => {
  const world = demo(pullStatus({ reason: "ErrImagePull", message: "failed to do request: dial tcp: no such host" }));
  const { stdout, code } = await type("check -n demo --from-cluster", world.ports);

  expect(stdout).toContain("cause: with secret acr: node n1 says: failed to do request: dial tcp: no such host\n");
  expect(code).toBe(1);
});

test("waits for a login that only new pods of the ServiceAccount have", async () => {
  const message = "failed to fetch anonymous token: unexpected status: 401 Unauthorized";
  const world = demo(pullStatus({ reason: "ErrImagePull", message }));
  world.cluster.put(account("demo", "default", ["acr"]));
  world.cluster.put(stuckPod("demo", "web-1", image));
  let time = Date.parse("2026-01-01T00:00:00Z");
  await type("check -n demo --from-cluster", world.ports, {
    now: () => new Date(time),
    sleep: async (milliseconds) => {
      time += milliseconds;
    },
  });

  expect(time).toBe(Date.parse("2026-01-01T00:00:25Z"));
});

test("deletes every pod before it ends after Ctrl-C", async () => {
  const world = demo({});
  for (const tag of ["2", "3", "4"]) world.cluster.put(stuckPod("demo", `web-${tag}`, image.replace(/1$/, tag), { names: ["acr"] }));
  let interrupt = () => {};
  let created = 0;
  world.asking.around(async ({ call, dryRun }, next) => {
    // The others wait for their node when the first one is interrupted
    if (call === "create" && !dryRun && ++created === 3) interrupt();
    if (call === "delete" && !dryRun) await setTimeout(20);
    return next();
  });
  const { code } = await type("check -n demo --from-cluster", world.ports, {
    started: (live) => {
      interrupt = live.interrupt;
    },
    sleep: () => setTimeout(1),
  });

  expect({ code, created }).toEqual({ code: 130, created: 3 });
  expect(world.cluster.all("pod").map(({ metadata }) => metadata.name)).toEqual(["web-1", "web-2", "web-3", "web-4"]);
});

test("creates no pod without --from-cluster", async () => {
  const world = demo({});
  await type("check -n demo", world.ports);

  expect(world.asking.writes).toEqual([]);
});

test("skips the pods of other runs", async () => {
  const world = demo({});
  await Promise.race([
    type("check -n demo --from-cluster", { ...world.ports, patient: true }),
    expect.poll(() => world.cluster.all("pod").length).toBe(2),
  ]);
  const { stdout } = await type("check -n demo -o json", world.ports);

  expect(JSON.parse(stdout).items).toMatchObject([{ pods: ["web-1"] }]);
});

test.for([
  { line: "check --node n1", stderr: "error: --node requires --from-cluster\n" },
  {
    line: "check --serviceaccount web",
    stderr: "error: --serviceaccount requires --image. To check its pods, use serviceaccount/web as a target\n",
  },
  { line: "check --fail-fast", stderr: "error: --fail-fast requires --wait\n" },
  { line: "check --from-cluster --node N_1", stderr: 'error: invalid --node "N_1": must be the name of a node\n' },
  { line: "check --wait=soon", stderr: 'error: invalid --wait "soon": must be a duration, such as 30s or 3m\n' },
])("rejects $line", async ({ line, stderr }) => {
  const ended = await type(line, {});

  expect({ ...ended, stderr: ended.stderr.split("hint:")[0] }).toEqual({ code: 1, stdout: "", stderr });
});

test.for<{ line: string; first: Proof["verdict"]; replica?: true; code: number; proofs: number }>([
  { line: "check -n demo --wait --fail-fast", first: "not-found", replica: true, code: 0, proofs: 3 },
  { line: "check -n demo --wait", first: "refused", code: 0, proofs: 3 },
  { line: "check -n demo --wait=4s", first: "refused", code: 1, proofs: 2 },
  { line: "check -n demo", first: "refused", code: 1, proofs: 1 },
  { line: "check -n demo --wait --fail-fast", first: "refused", code: 0, proofs: 3 },
  { line: "check -n demo --wait --fail-fast", first: "not-found", code: 1, proofs: 1 },
  { line: "check -n demo --wait", first: "not-found", code: 0, proofs: 3 },
])(
  "repeats $line from the answer $first until the login is accepted or the time is over",
  async ({ line, first, replica, code, proofs }) => {
    const { ports, cluster } = demo({});
    const login = { username: "ci", password: "p" };
    if (replica) cluster.put(pullSecret("demo", "acr", { "myregistry.azurecr.io": login, "myregistry.eastus.geo.azurecr.io": login }));
    let time = Date.parse("2026-01-01T00:00:00Z");
    let count = 0;
    const ended = await type(line, ports, {
      now: () => new Date(time),
      sleep: async (milliseconds) => {
        time += milliseconds;
      },
      registry: {
        prove: async () => ({ verdict: ++count >= 3 ? "pulls" : first, message: "" }),
        contentOf: async () => ["1"],
      },
    });

    expect({ code: ended.code, count }).toEqual({ code, count: proofs });
  },
);
