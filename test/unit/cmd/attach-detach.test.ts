import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { account, pullSecret, stuckPod } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const refused = () => new CliError("forbidden", "Error from server (Forbidden): no");
const namesOf = ({ cluster }: FakeWorld, at: string, name = "default") =>
  (cluster.get("serviceaccount", at, name)?.imagePullSecrets ?? []).map((one) => one.name);

test("attach adds the only Secret of the namespace behind the other names, and makes waiting pods anew", async () => {
  const world = await stored("demo");
  world.cluster.put(account("demo", "default", ["theirs"]));
  world.cluster.put(pullSecret("demo", "theirs"));
  world.cluster.put(stuckPod("demo", "web-1", "myregistry.azurecr.io/app/web:1", { names: ["theirs"] }));
  world.cluster.put(stuckPod("demo", "other-1", "docker.io/library/nginx:1", { names: ["theirs"] }));

  expect(await type("attach -n demo --serviceaccount", world.ports)).toEqual({
    stdout: "serviceaccount/default patched\npod/web-1 restarted\n",
    stderr: "",
    code: 0,
  });
  expect(namesOf(world, "demo")).toEqual(["theirs", "acr-myregistry"]);
  expect(world.cluster.all("pod").map(({ metadata }) => metadata.name)).toEqual(["other-1"]);

  world.asking.forget();
  expect(await type("attach -n demo --serviceaccount", world.ports)).toEqual({
    stdout: "serviceaccount/default unchanged\n",
    stderr: "",
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
});

test("a pod that was made before its ServiceAccount carried the Secret is found also when that is attached already", async () => {
  const world = await stored("demo");
  await type("attach -n demo --serviceaccount", world.ports);
  world.cluster.put(stuckPod("demo", "web-1", "myregistry.azurecr.io/app/web:1"));

  expect(await type("attach -n demo --serviceaccount", world.ports)).toMatchObject({
    stdout: "serviceaccount/default unchanged\npod/web-1 restarted\n",
    code: 0,
  });
});

test("pods are made anew for the registries that the Secret has a login for, and not for what its note says alone", async () => {
  const world = await stored("demo");
  const secret = world.cluster.get("secret", "demo", "acr-myregistry");
  const entry = (...hosts: string[]) => ({ hosts, kind: "given", identity: "ci" });
  const auth = { auth: Buffer.from("ci:hunter2").toString("base64") };
  const config = JSON.stringify({ auths: { "https://a.io/v2/": auth, "b.io": auth, "unnoted.io": auth } });
  world.cluster.put({
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/dockerconfigjson",
    metadata: {
      name: "acr-myregistry",
      namespace: "demo",
      labels: secret?.metadata.labels ?? {},
      annotations: { "acr-secret/logins": JSON.stringify([entry("docker.io", "a.io"), entry("b.io")]) },
    },
    data: { ".dockerconfigjson": Buffer.from(config).toString("base64") },
  });
  for (const host of ["a.io", "b.io", "docker.io", "unnoted.io"]) world.cluster.put(stuckPod("demo", `of-${host}`, `${host}/app/web:1`));

  expect(await type("attach -n demo --serviceaccount", world.ports)).toEqual({
    stdout: "serviceaccount/default patched\npod/of-a.io restarted\npod/of-b.io restarted\n",
    stderr: "",
    code: 0,
  });
});

test("of a Secret that somebody else made, the keys say which registries it is for", async () => {
  const world = await stored("demo");
  const auth = { auth: Buffer.from("ci:hunter2").toString("base64") };
  world.cluster.put(pullSecret("demo", "theirs", { "https://a.io/v2/": auth, "b.io/team": auth, "*.c.io": auth }));
  for (const host of ["a.io", "b.io", "x.c.io", "d.io"]) world.cluster.put(stuckPod("demo", `of-${host}`, `${host}/app/web:1`));

  expect(await type("attach theirs -n demo --serviceaccount", world.ports)).toEqual({
    stdout: "serviceaccount/default patched\npod/of-a.io restarted\npod/of-b.io restarted\n",
    stderr:
      "Warning: serviceaccount/default pulls b.io/app/web:1, but secret theirs has a login for https://a.io/v2/, b.io/team, *.c.io only " +
      "(its path is not how b.io/app/web begins):\n  kubectl acr-secret check -n demo theirs --image b.io/app/web:1\n",
    code: 0,
  });
});

test("pods stay where their ServiceAccount could not be attached", async () => {
  const world = await stored("demo");
  world.cluster.put(stuckPod("demo", "web-1", "myregistry.azurecr.io/app/web:1"));
  world.asking.around(refusing(is("patch serviceaccount"), refused));

  expect(await type("attach -n demo --serviceaccount", world.ports)).toEqual({
    stdout: "",
    stderr: "Error from server (Forbidden): no\n",
    code: 1,
  });
  expect(world.cluster.all("pod")).toHaveLength(1);
  expect(world.asking.all.filter((text) => text.includes("web-1"))).toEqual([]);
});

test("a name that another writes to the list in the meantime is kept", async () => {
  const world = await stored("demo");
  let others = 3;
  world.asking.around(async (asked, next) => {
    if (is("patch serviceaccount demo/default")(asked) && others-- > 0)
      world.cluster.put(account("demo", "default", [...namesOf(world, "demo"), `theirs-${others}`].map(String)));
    return next();
  });

  expect(await type("attach -n demo --serviceaccount", world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(namesOf(world, "demo")).toEqual(["theirs-2", "theirs-1", "theirs-0", "acr-myregistry"]);
});

test("detach takes one name out and leaves the others, the Secret and running pods", async () => {
  const world = await stored("demo");
  world.cluster.put(account("demo", "default", ["a", "acr-myregistry", "b"]));

  expect(await type("detach -n demo --serviceaccount", world.ports)).toEqual({
    stdout: "serviceaccount/default patched\n",
    stderr: "",
    code: 0,
  });
  expect(namesOf(world, "demo")).toEqual(["a", "b"]);
  expect(world.cluster.get("secret", "demo", "acr-myregistry")).toBeDefined();
  expect(await type("detach -n demo --serviceaccount", world.ports)).toMatchObject({
    stdout: "serviceaccount/default unchanged\n",
    code: 0,
  });
});

test("detach takes the name of a Secret that is no longer there", async () => {
  const world = await stored("demo");
  world.cluster.put(account("demo", "default", ["gone"]));

  expect(await type("detach gone -n demo --all-serviceaccounts", world.ports)).toMatchObject({
    stdout: "serviceaccount/default patched\n",
    code: 0,
  });
  expect(namesOf(world, "demo")).toEqual([]);
});

test.for<{ typed: string; says: RegExp }>([
  {
    typed: "attach -n demo",
    says: /^error: no target is named, and nothing .*\nhint: kubectl acr-secret attach -n demo acr-myregistry --serviceaccount/,
  },
  { typed: "detach -n demo", says: /^error: no target is named, and nothing names / },
  {
    typed: "attach nope -n demo --serviceaccount",
    says: /^Error from server \(NotFound\): secrets "nope" not found\nhint: kubectl acr-secret create -n demo nope /,
  },
  {
    typed: "attach -n demo --serviceaccount nope",
    says: /^Error from server \(NotFound\): serviceaccounts "nope" not found\nhint: kubectl get -n demo serviceaccounts/,
  },
  { typed: "attach -n demo -l team=web", says: /^error: no serviceaccount in namespace "demo" has the labels team=web\n/ },
  { typed: "attach acr-myregistry -n nope --serviceaccount", says: /^Error from server \(NotFound\): namespaces "nope" not found\n/ },
  {
    typed: "attach opaque -n demo --serviceaccount",
    says: /^error: secret "opaque" is of type Opaque, which the kubelet passes over when it pulls\n/,
  },
  { typed: "attach -A --serviceaccount", says: /^error: in several namespaces the Secret has to be named\n/ },
  {
    typed: "attach nope -n demo --serviceaccount web",
    says: /\nhint: kubectl acr-secret create -n demo nope --registry REGISTRY --serviceaccount web\n$/,
  },
  {
    typed: "attach -n demo --serviceaccount default --serviceaccount nope",
    says: /^Error from server \(NotFound\): serviceaccounts "nope" not found\n/,
  },
  {
    typed: "attach -n demo --serviceaccount acr-myregistry",
    says: /"acr-myregistry" not found\nhint: "acr-myregistry" is the Secret's name: a ServiceAccount's follows --serviceaccount, which alone means default\n$/,
  },
  {
    typed: "attach -n empty --all-serviceaccounts",
    says: /^error: namespace "empty" has no .*\nhint: kubectl acr-secret create -n empty --registry REGISTRY --all-serviceaccounts\nhint: or name the Secret\n$/,
  },
  {
    typed: "detach -n empty --serviceaccount web",
    says: /^error: namespace "empty" has no .*\nhint: kubectl acr-secret detach -n empty NAME --serviceaccount web\n$/,
  },
])("$typed is refused, and nothing is written", async ({ typed, says }) => {
  const world = await stored("demo");
  addNamespaces(world.cluster, "empty");
  world.cluster.put(account("demo", "web"));
  world.cluster.put({ apiVersion: "v1", kind: "Secret", metadata: { name: "opaque", namespace: "demo" }, type: "Opaque" });

  const { stdout, stderr, code } = await type(typed, world.ports);

  expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  expect(stderr).toMatch(says);
  expect(world.asking.writes).toEqual([]);
});

test("of several Secrets of the namespace one has to be named", async () => {
  const world = await stored("demo");
  await type("create second --registry myregistry --repository app/web -n demo", world.ports);

  expect(await type("attach -n demo --serviceaccount", world.ports)).toMatchObject({
    stderr: expect.stringMatching(/^error: namespace "demo" has several pull secrets, so one has to be named: acr-myregistry, second\n/),
    code: 1,
  });
});

test("attach and detach over many namespaces tell each line's namespace, and one that fails does not stop the others", async () => {
  const names = ["team-a", "team-b", "team-c"];
  const world = await stored(...names);
  const permit = world.asking.around(refusing(is("patch serviceaccount team-b/"), refused));

  expect(await type("attach acr-myregistry --serviceaccount default -A", world.ports)).toEqual({
    stdout: "serviceaccount/default patched in namespace team-a\nserviceaccount/default patched in namespace team-c\n",
    stderr: "team-b: Error from server (Forbidden): no\n2 ServiceAccounts patched, 1 failed\n",
    code: 1,
  });

  permit();
  world.asking.forget();
  expect(await type("attach acr-myregistry --serviceaccount default -A", world.ports)).toMatchObject({
    stderr: "1 ServiceAccount patched, 2 unchanged\n",
    code: 0,
  });
  expect(world.asking.writes).toEqual(["patch serviceaccount team-b/default"]);

  expect(await type("detach acr-myregistry --serviceaccount default -A", world.ports)).toMatchObject({
    stderr: "3 ServiceAccounts patched\n",
    code: 0,
  });
  expect(names.flatMap((name) => namesOf(world, name))).toEqual([]);
});

test("every ServiceAccount, or those with a label", async () => {
  const world = await stored("demo");
  world.cluster.put(account("demo", "web", [], { team: "web" }));
  world.cluster.put(account("demo", "batch"));

  await type("attach -n demo -l team=web", world.ports);
  expect(["batch", "default", "web"].map((name) => namesOf(world, "demo", name).length)).toEqual([0, 0, 1]);

  await type("attach -n demo --all-serviceaccounts", world.ports);
  expect(["batch", "default", "web"].map((name) => namesOf(world, "demo", name).length)).toEqual([1, 1, 1]);
});

test.for(["client", "server"])("attach --dry-run=%s writes nothing", async (how) => {
  const world = await stored("demo");
  world.cluster.put(stuckPod("demo", "web-1", "myregistry.azurecr.io/app/web:1"));
  const suffix = how === "client" ? " (dry run)" : " (server dry run)";

  expect(await type(`attach -n demo --serviceaccount --dry-run=${how}`, world.ports)).toEqual({
    stdout: `serviceaccount/default patched${suffix}\npod/web-1 restarted${suffix}\n`,
    stderr: "",
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
});

test("detach of a name that is nobody's says so, since it may be mistyped", async () => {
  const world = await stored("demo", "other");
  const typo = "Warning: secret/nosuch is not there, and nothing that was meant names it\n";

  expect(await type("detach nosuch --serviceaccount default -n demo", world.ports)).toEqual({
    stdout: "serviceaccount/default unchanged\n",
    stderr: typo,
    code: 0,
  });
  expect(await type("detach acr-myregistry --serviceaccount default -n demo", world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect((await type("detach nosuch --serviceaccount default -A", world.ports)).stderr).not.toContain("is not there");
});
