import { expect, test } from "vitest";
import { is, refusing } from "../../support/fakes/asked.ts";
import { account, pullSecret, stuckPod } from "../../support/fakes/cluster.ts";
import { refused, worldOf } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";
import { after, deployment, everythingIn, image, made, making, running } from "../../support/situations/deleting.ts";

const hint = "hint: what was created for it in Azure still exists\nhint: kubectl acr-secret prune -n demo --registry myregistry\n";

test("references go first, then the Secret, and it is said what still works in Azure", async () => {
  const world = await made();
  world.cluster.put(account("demo", "worker", ["theirs", "acr-myregistry", "mine"]));
  world.cluster.put(account("demo", "other", ["theirs"]));
  world.cluster.put(deployment(["acr-myregistry", "theirs"]));

  expect(await type("delete acr-myregistry --yes -n demo", world.ports)).toEqual({
    stdout: "serviceaccount/default patched\nserviceaccount/worker patched\ndeployment.apps/web patched\nsecret/acr-myregistry deleted\n",
    stderr: hint,
    code: 0,
  });
  expect(world.asking.writes.at(-1)).toBe("delete secret demo/acr-myregistry");
  expect(world.cluster.get("serviceaccount", "demo", "worker")?.imagePullSecrets).toEqual([{ name: "theirs" }, { name: "mine" }]);
  expect(world.cluster.get("serviceaccount", "demo", "default")).not.toHaveProperty("imagePullSecrets");
  expect(world.azure.tokens.size).toBe(1);
});

test("the only pull secret of the namespace need not be named", async () => {
  const world = await made();
  expect(await type("delete -y -n demo -o name", world.ports)).toEqual({
    stdout: "serviceaccount/default\nsecret/acr-myregistry\n",
    stderr: "",
    code: 0,
  });
  expect(await type("delete -y -n demo", world.ports)).toEqual({
    stdout: "",
    stderr: 'error: namespace "demo" has no pull secret of kubectl acr-secret\nhint: kubectl acr-secret list -n demo\n',
    code: 1,
  });
});

test("one that is not there, and that nothing names, is not found", async () => {
  const world = worldOf(["demo", "other"]);
  const stderr = 'Error from server (NotFound): secrets "acr" not found\nhint: kubectl acr-secret list -n demo\n';
  expect(await type("delete acr -y -n demo", world.ports)).toEqual({ stdout: "", stderr, code: 1 });
  expect(await type("delete acr -y -n demo --ignore-not-found", world.ports)).toEqual({ stdout: "", stderr: "", code: 0 });
  expect(await type("delete acr -y --namespaces demo,other", world.ports)).toMatchObject({ stdout: "", code: 1 });
  expect(await type("delete acr -y --namespaces demo,other --ignore-not-found", world.ports)).toEqual({
    stdout: "",
    stderr: "nothing to do\n",
    code: 0,
  });
});

test("names that lead to it go, also where it is gone already", async () => {
  const world = await made();
  world.cluster.remove("secret", "demo", "acr-myregistry");
  expect(await type("delete acr-myregistry -y -n demo", world.ports)).toEqual({
    stdout: "serviceaccount/default patched\n",
    stderr: "",
    code: 0,
  });
});

test.for([
  { line: "--dry-run=client", suffix: "(dry run)" },
  { line: "--dry-run=server", suffix: "(server dry run)" },
])("$line asks nobody, and changes nothing", async ({ line, suffix }) => {
  const world = await made();
  expect(await type(`delete ${line} -n demo`, world.ports)).toEqual({
    stdout: `serviceaccount/default patched ${suffix}\nsecret/acr-myregistry deleted ${suffix}\n`,
    stderr: "",
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
});

test("--diff shows what goes, and no value of it", async () => {
  const world = await made();
  const { stdout, stderr, code } = await type("delete --diff -n demo", world.ports);
  expect({ stderr, code }).toEqual({ stderr: "", code: 1 });
  expect(stdout).toMatch(/^-- name: acr-myregistry\n--- secret\/acr-myregistry\n\+\+\+ secret\/acr-myregistry\n@@ -1,12 \+0,0 @@\n/m);
  expect(stdout).toContain('-  .dockerconfigjson: "***"\n');
  expect(world.asking.writes).toEqual([]);
});

test("while pods need it nothing is done: they are named, with what to do first", async () => {
  const world = await made();
  for (const name of ["web-1", "web-2", "web-3", "web-4"]) world.cluster.put(running(name));
  world.cluster.put(stuckPod("demo", "over", image, { names: ["acr-myregistry"], owner: "" }));
  const before = everythingIn(world);

  expect(await type("delete -y -n demo", world.ports)).toEqual({
    stdout: "",
    stderr:
      'error: pods over, web-1, web-2 and 2 more need secret "acr-myregistry" in namespace "demo": create another credential for it first, otherwise new pods cannot pull\n' +
      "hint: kubectl acr-secret detach -n demo acr-myregistry --serviceaccount default && " +
      "kubectl rollout restart -n demo deployment/web\nhint: or --force to delete it all the same\n",
    code: 1,
  });
  expect(everythingIn(world)).toEqual(before);
  expect(await type("delete --dry-run=client -n demo", world.ports)).toMatchObject({ stdout: "", code: 1 });
});

test.for([
  {
    why: "a workload that is rolled out by the detaching itself",
    given: [deployment(["acr-myregistry"]), running("web-1")],
    hint: "kubectl acr-secret detach -n demo acr-myregistry deployment/web --serviceaccount default",
  },
  {
    why: "one of which nobody makes another",
    given: [account("demo"), stuckPod("demo", "alone", image, { names: ["acr-myregistry"], owner: "" })],
    hint: "once they have ended it can be deleted, or with --force to delete it all the same",
  },
])("what to do first: $why", async ({ given, hint: next }) => {
  const world = await made();
  for (const object of given) world.cluster.put(object);
  expect((await type("delete -y -n demo", world.ports)).stderr.split("\n")[1]).toBe(`hint: ${next}`);
});

test.for([
  { why: "it has ended", pod: { ...running("web-1"), status: { phase: "Succeeded" } } },
  { why: "its images come from elsewhere", pod: running("web-1", { of: "docker.io/library/nginx" }) },
  { why: "it does not name the Secret", pod: running("web-1", { names: ["theirs"] }) },
])("a pod does not need it: $why", async ({ pod }) => {
  const world = await made();
  world.cluster.put(pod);
  expect(await type("delete -y -n demo", world.ports)).toMatchObject({ stderr: hint, code: 0 });
});

test("with --force it goes all the same, and what goes on naming it is told", async () => {
  const world = await made();
  world.cluster.put(running("web-1"));
  world.cluster.put({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "migrate", namespace: "demo" },
    spec: { template: { spec: { containers: [], imagePullSecrets: [{ name: "acr-myregistry" }] } } },
  });
  expect(await type("delete -y --force -n demo", world.ports)).toEqual({
    stdout: "serviceaccount/default patched\nsecret/acr-myregistry deleted\n",
    stderr:
      "Warning: job.batch/migrate cannot be changed, and goes on naming secret/acr-myregistry\n" +
      `Warning: pod web-1 names secret/acr-myregistry, and may not pull an image again\n${hint}`,
    code: 0,
  });
});

test("somebody else's is only deleted with --force", async () => {
  const world = worldOf(["demo"]);
  world.cluster.put(pullSecret("demo", "theirs", { "docker.io": { auth: "YTpi" } }));
  world.cluster.put(account("demo", "default", ["theirs"]));
  const before = everythingIn(world);
  expect(await type("delete theirs -y -n demo", world.ports)).toEqual({
    stdout: "",
    stderr:
      'error: secret "theirs" in namespace "demo" (type kubernetes.io/dockerconfigjson) was not made by kubectl acr-secret\n' +
      "hint: name another Secret, or add --force to delete it\n",
    code: 1,
  });
  expect(everythingIn(world)).toEqual(before);
  expect(await type("delete theirs -y --force -n demo", world.ports)).toEqual({
    stdout: "serviceaccount/default patched\nsecret/theirs deleted\n",
    stderr: "",
    code: 0,
  });
});

test("a login that somebody else put into one of ours is only lost with --force", async () => {
  const world = await made();
  const secret = world.cluster.get("secret", "demo", "acr-myregistry");
  const { auths } = JSON.parse(Buffer.from(secret?.data?.[".dockerconfigjson"] ?? "", "base64").toString());
  const { data = {} } = pullSecret("demo", "x", { ...auths, "docker.io": { auth: "YTpi" } });
  if (secret) world.cluster.put({ ...secret, data });
  expect(await type("delete -y -n demo", world.ports)).toEqual({
    stdout: "",
    stderr:
      'error: secret "acr-myregistry" in namespace "demo" also holds a login for docker.io\nhint: add --force to lose that login too\n',
    code: 1,
  });
  expect(await type("delete -y -n demo --force", world.ports)).toMatchObject({ code: 0 });
});

test("of somebody else's Secret only the login goes that was added to it, byte for byte", async () => {
  const world = worldOf(["demo"]);
  const data = { ".dockerconfigjson": Buffer.from('{ "auths" : {"docker.io":{"auth":"YTpi" }} , "x":1}\n').toString("base64") };
  world.cluster.put({ ...pullSecret("demo", "theirs"), data });
  world.cluster.put(account("demo", "default", ["theirs"]));
  const before = everythingIn(world).objects;
  await after(world, "create theirs --registry myregistry --repository app/web --merge -n demo");
  expect(world.loginIn("demo", "theirs")).toMatchObject({ username: "demo-theirs-87d947d164" });

  expect(await type("delete theirs -y -n demo", world.ports)).toMatchObject({ stdout: "secret/theirs configured\n", code: 0 });
  expect(everythingIn(world).objects).toEqual(
    before.map((object) => (object.kind === "Secret" ? { ...object, metadata: { ...object.metadata, annotations: {} } } : object)),
  );
  expect(await type("delete theirs -y -n demo", world.ports)).toMatchObject({
    stderr: expect.stringContaining("was not made by kubectl acr-secret"),
    code: 1,
  });
});

test("where the Secret may not be deleted, nothing stops naming it", async () => {
  const world = await made();
  const before = everythingIn(world);
  world.asking.around(refusing(is("delete secret"), refused));
  expect(await type("delete -y -n demo", world.ports)).toEqual({
    stdout: "",
    stderr: "Error from server (Forbidden): no\n",
    code: 1,
  });
  expect(everythingIn(world)).toEqual(before);
});

test("where one of the references stays, the Secret does too", async () => {
  const world = await made();
  world.cluster.put(account("demo", "worker", ["acr-myregistry"]));
  world.asking.around(refusing(is("patch serviceaccount demo/worker"), refused));
  expect(await type("delete -y -n demo", world.ports)).toEqual({
    stdout: "serviceaccount/default patched\n",
    stderr: "Error from server (Forbidden): no\n",
    code: 1,
  });
  expect(world.cluster.get("secret", "demo", "acr-myregistry")).toBeDefined();
});

test("over many namespaces one that needs it does not keep it in the others", async () => {
  const world = await after(worldOf(["demo", "team-a", "team-b"]), `${making} --serviceaccount default -A --credential-per namespace`);
  world.cluster.put(running("web-1"));
  expect(await type("delete acr-myregistry -y -A", world.ports)).toEqual({
    stdout:
      "serviceaccount/default patched in namespace team-a\nsecret/acr-myregistry deleted in namespace team-a\n" +
      "serviceaccount/default patched in namespace team-b\nsecret/acr-myregistry deleted in namespace team-b\n",
    stderr: expect.stringMatching(
      /^demo: error: pod web-1 needs secret "acr-myregistry" in namespace "demo": create another credential .*\nhint: .*\nhint: or .*\n2 Secrets deleted, 1 failed\n$/,
    ),
    code: 1,
  });
  expect(await type("delete -y -A", world.ports)).toMatchObject({
    stderr: expect.stringContaining("in several namespaces the Secret has to be named"),
    code: 1,
  });
});
