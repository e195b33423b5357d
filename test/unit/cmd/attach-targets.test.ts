import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { account, stuckPod } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { type TargetName, targetObject } from "../../support/situations/target-objects.ts";

const put = ({ cluster }: FakeWorld, kind: TargetName, name: string, names?: readonly string[], namespace = "demo") =>
  cluster.put(targetObject(kind, { namespace, name }, names) as never);

const notThere = /^Error from server \(NotFound\): serviceaccounts "default" not found\n/;

test("a ServiceAccount that every namespace gets is waited for, in a namespace that is there", async () => {
  const world = await stored("demo");
  const default_ = world.cluster.get("serviceaccount", "demo", "default");
  world.cluster.remove("serviceaccount", "demo", "default");
  let slept = 0;
  const sleep = async (milliseconds: number) => {
    slept += milliseconds;
    if (slept >= 1000 && default_) world.cluster.put(default_);
  };

  expect(await type("attach -n demo --serviceaccount", { ...world.ports, sleep })).toMatchObject({
    stdout: "serviceaccount/default patched\n",
    code: 0,
  });
  expect(slept).toBe(1000);
});

test.for<{ why: string; line: string; slept: number; says: RegExp }>([
  { why: "no longer than was said", line: "attach acr-myregistry -n demo --serviceaccount --wait 2s", slept: 2000, says: notThere },
  { why: "half a minute where nothing was said", line: "attach acr-myregistry -n demo --serviceaccount", slept: 30_000, says: notThere },
  { why: "not at all with none", line: "attach acr-myregistry -n demo --serviceaccount --wait 0s", slept: 0, says: notThere },
  {
    why: "no other ServiceAccount comes by itself",
    line: "attach acr-myregistry -n demo --serviceaccount web",
    slept: 0,
    says: /serviceaccounts "web" not found/,
  },
  {
    why: "nor in a namespace that is not there",
    line: "attach acr-myregistry -n nope --serviceaccount",
    slept: 0,
    says: /namespaces "nope" not found/,
  },
])("a ServiceAccount that does not come is waited for: $why", async ({ line, slept: wanted, says }) => {
  const world = await stored("demo");
  world.cluster.remove("serviceaccount", "demo", "default");
  let slept = 0;
  const sleep = async (milliseconds: number) => {
    slept += milliseconds;
  };

  expect(await type(line, { ...world.ports, sleep })).toMatchObject({ stdout: "", stderr: expect.stringMatching(says), code: 1 });
  expect(slept).toBe(wanted);
});

test("what uses the registry is found, and nothing else is touched", async () => {
  const world = await stored("demo");
  for (const [kind, name, names] of [
    ["deployment", "web", undefined],
    ["deployment", "api", ["theirs"]],
    ["cronjob", "report", ["theirs"]],
    ["job", "migrate", ["theirs"]],
  ] as const)
    put(world, kind, name, names);
  world.cluster.put(account("demo", "app"));
  world.cluster.put(account("demo", "idle"));
  world.asking.forget();

  expect(await type("attach -n demo --where-used", world.ports)).toMatchObject({
    stdout: "serviceaccount/app patched\ndeployment.apps/api patched\ncronjob.batch/report patched\n",
    code: 0,
  });
  expect(world.asking.writes).toEqual([
    "patch serviceaccount demo/app",
    "patch deployment.apps demo/api",
    "patch cronjob.batch demo/report",
  ]);
  expect(await type("attach -n demo --where-used", world.ports)).toMatchObject({
    stdout: "serviceaccount/app unchanged\ndeployment.apps/api unchanged\ncronjob.batch/report unchanged\n",
    code: 0,
  });
  expect(await type("detach -n demo --where-used", world.ports)).toMatchObject({
    stdout: "serviceaccount/app patched\ndeployment.apps/api patched\ncronjob.batch/report patched\n",
    code: 0,
  });
  expect(world.cluster.get("deployment.apps", "demo", "api")?.spec.template.spec.imagePullSecrets).toEqual([{ name: "theirs" }]);
});

test("create finds them too, also over many namespaces, and takes the repositories from templates without pods", async () => {
  const world = await stored("demo");
  const namespaces = Array.from({ length: 20 }, (_, index) => `team-${index}`);
  addNamespaces(world.cluster, ...namespaces);
  for (const namespace of namespaces) {
    world.cluster.put(account(namespace, "app"));
    put(world, "deployment", "web", undefined, namespace);
  }

  const one = await type("create acr --registry myregistry --where-used -n team-0", world.ports);
  expect(one).toMatchObject({ stdout: expect.stringMatching(/secret\/acr created\nserviceaccount\/app patched\n$/), code: 0 });
  expect(one.stdout).toContain("(+app/web)");
  const all = await type("create all --registry myregistry --where-used -A --exclude-namespaces demo --credential-per scope", world.ports);
  expect(all.code).toBe(0);
  expect(all.stdout.match(/^serviceaccount\/app patched in namespace team-\d+$/gm)).toHaveLength(20);
});

test("a workload that may not be written does not keep the others from theirs", async () => {
  const world = await stored("demo");
  put(world, "deployment", "web");
  put(world, "daemonset", "agent");
  world.asking.around(refusing(is("patch deployment.apps"), () => new CliError("forbidden", "Error from server (Forbidden): no")));

  expect(await type("attach -n demo deploy/web ds/agent", world.ports)).toEqual({
    stdout: "daemonset.apps/agent patched\n",
    stderr: "Error from server (Forbidden): no\n",
    code: 1,
  });
});

test("one that is not there is taken for a slip of the keys: nothing is written", async () => {
  const world = await stored("demo");
  put(world, "deployment", "web");
  world.asking.forget();

  expect(await type("attach -n demo deploy/web deploy/wbe", world.ports)).toEqual({
    stdout: "",
    stderr: 'Error from server (NotFound): deployments.apps "wbe" not found\nhint: kubectl get -n demo deployments\n',
    code: 1,
  });
  expect(await type("attach -n demo deploy/x-*", world.ports)).toMatchObject({
    stderr: 'error: no deployment in namespace "demo" matches x-*\nhint: kubectl get -n demo deployments\n',
    code: 1,
  });
  expect(world.asking.writes).toEqual([]);
});

test("over many namespaces a kind may have nothing in one of them", async () => {
  const world = await stored("demo", "prod");
  put(world, "deployment", "web");

  expect(await type("attach acr-myregistry deployments --all --namespaces demo,prod", world.ports)).toMatchObject({
    stdout: "deployment.apps/web patched in namespace demo\n",
    code: 0,
  });
});

test("all pods that lack the Secret are rolled out on demand, and a second run finds nothing to do", async () => {
  const world = await stored("demo");
  put(world, "deployment", "web");
  const running = { ...stuckPod("demo", "web-5d-x", "myregistry.azurecr.io/app/web:1"), status: { phase: "Running" } };
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d", uid: "u", controller: true };
  const { metadata } = running;
  const pod = { ...running, metadata: { ...metadata, labels: { "pod-template-hash": "5d" }, ownerReferences: [owner] } };
  world.cluster.put(pod);

  expect(await type("attach -n demo --serviceaccount --restart all", world.ports)).toMatchObject({
    stdout: "serviceaccount/default patched\ndeployment.apps/web restarted\n",
    code: 0,
  });
  const annotations = world.cluster.get("deployment.apps", "demo", "web")?.spec.template.metadata?.annotations;
  expect(annotations).toEqual({ "kubectl.kubernetes.io/restartedAt": expect.stringMatching(/^\d{4}-\d\d-\d\dT/) });
  world.cluster.put({ ...pod, spec: { ...pod.spec, imagePullSecrets: [{ name: "acr-myregistry" }] } });
  expect(await type("attach -n demo --serviceaccount --restart all", world.ports)).toMatchObject({
    stdout: "serviceaccount/default unchanged\n",
    code: 0,
  });
});

test("at a terminal it is said what ends pods before anything is written, and where; in a pipe nobody could stop it", async () => {
  const world = await stored("demo");
  put(world, "deployment", "web");
  world.cluster.put(stuckPod("demo", "x-1", "myregistry.azurecr.io/app/web:1"));
  const line = "attach acr-myregistry sa/default deploy/web -n demo";
  const lookedAt = await type(`${line} --dry-run=client`, { ...world.ports, terminal: true });
  expect(lookedAt.stderr).not.toContain("about to");
  world.asking.around(refusing(is("patch"), () => new CliError("forbidden", "no")));

  const { stderr } = await type(line, { ...world.ports, terminal: true });
  expect(stderr).toMatch(/about to roll out deployment\.apps\/web, and to make anew pod\/x-1\n/);
  expect(stderr.indexOf("about to")).toBeLessThan(stderr.indexOf("error"));
  expect((await type(line, world.ports)).stderr).not.toContain("about to");
});

test("where nothing uses the registry, or names the Secret, that is told, unless there are other places", async () => {
  const world = await stored("demo", "prod");

  expect(await type("attach acr-myregistry -n demo --where-used", world.ports)).toEqual({
    stdout: "",
    stderr: "Warning: nothing that could be changed uses myregistry.azurecr.io\n",
    code: 0,
  });
  expect(await type("detach acr-myregistry -n demo --where-used", world.ports)).toEqual({
    stdout: "",
    stderr: "Warning: nothing names secret/acr-myregistry\n",
    code: 0,
  });
  expect(await type("attach acr-myregistry --where-used --namespaces demo,prod", world.ports)).toMatchObject({ stdout: "", code: 0 });
});
