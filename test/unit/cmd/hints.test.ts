import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";
import { after, making, running } from "../../support/situations/deleting.ts";
import { podOf } from "../../support/situations/pods.ts";
import { again } from "../../support/situations/recreating.ts";

const hints = async (...typed: Parameters<typeof type>) =>
  (await type(...typed)).stderr.split("\n").filter((one) => /^(hint: (?!or )| {2}kubectl )/.test(one));

test("names the context in each command of a hint", async () => {
  const world = await after(worldOf(["demo"], { contexts: ["prod", "dev"] }), `${making} --serviceaccount default -n demo --context dev`);
  world.clusters.get("dev")?.put(running("web-1"));
  const { stderr } = await type("delete acr-myregistry -y -n demo --context dev", world.ports);
  expect(stderr).toContain("\nhint: kubectl acr-secret detach -n demo --context=dev acr-myregistry --where-used\n");
});

test("names the namespace of a copy in a hint about it", async () => {
  const world = worldOf(["demo", "team-a"]);
  const line = "create --registry myregistry --repository app/web -n demo --copy-to team-a";
  await type(line, world.ports);
  const copy = world.cluster.get("secret", "team-a", "acr-myregistry");
  if (copy) world.cluster.put({ ...copy, data: {}, immutable: true });
  expect(await hints(line, world.ports)).toEqual([
    "hint: use another name, or delete the Secret and create it again:",
    "  kubectl delete secret -n team-a acr-myregistry",
  ]);
});

test.for([
  { line: "check -n onee --image myregistry.azurecr.io/app/web:1", hint: "did you mean -n one?" },
  { line: "rotate -n onee", hint: "did you mean -n one?" },
  { line: "detach --dangling -n onee", hint: "did you mean -n one?" },
  { line: "create --registry myregistry --repository app/web -n onee", hint: "did you mean -n one?" },
  { line: "check -n elsewhere --image myregistry.azurecr.io/app/web:1", hint: "kubectl get namespaces" },
])("offers a similar namespace and never to create it: $line", async ({ line, hint }) => {
  const world = worldOf(["one", "payments"]);

  expect(await hints(line, world.ports)).toEqual([`hint: ${hint}`]);
});

test.for(["check --namespaces zzz*", "list --namespaces zzz*", "rotate --namespaces zzz*", "rotate acr --namespaces zzz*"])(
  "says that no namespace matches: %s",
  async (line) => {
    const { stderr } = await type(line, worldOf(["one"]).ports);

    expect(stderr).toMatch(/^(?:error: )?no namespace matches\n(?:hint: kubectl get namespaces\n)?$/);
  },
);

test.for([
  "attach acr -n one --serviceaccount default",
  "check -n one",
  "check --namespaces one,two",
  "create --registry myregistry --repository app/web -n one",
  "create --registry myregistry --repository app/web -n one --copy-to two",
  "delete acr -n one --yes",
  "detach acr -n one --serviceaccount default",
  "list --namespaces one,two",
  "rotate acr -n one",
])("explains once that permissions of the cluster are missing: %s", async (line) => {
  const world = worldOf(["one", "two"]);
  const message = 'Error from server (Forbidden): secrets is forbidden: User "jane" cannot list resource "secrets" in API group ""';
  world.asking.around(
    refusing(
      ({ port, at }) => port === "cluster" && !at.startsWith("namespace"),
      () => new CliError("forbidden", message),
    ),
  );

  expect(await hints(line, world.ports)).toEqual(["hint: kubectl acr-secret explain forbidden"]);
});

test("prints no explanation of permissions when a quota forbids an object", async () => {
  const world = worldOf(["one"]);
  const message = 'Error from server (Forbidden): secrets "acr" is forbidden: exceeded quota: none, requested: secrets=1';
  world.asking.around(refusing(is("create secret"), () => new CliError("forbidden", message)));

  expect(await hints("create --registry myregistry --repository app/web -n one", world.ports)).toEqual([]);
});

test.for(["prune", "create -n demo"])("prints a placeholder if %s has no registry", async (line) => {
  const [hint = ""] = await hints(line, worldOf(["demo"]).ports);

  expect(hint).toMatch(/ --registry REGISTRY\b/);
});

test("names the cluster in the command that creates a pod again which its node does not release", async () => {
  const world = await after(worldOf(["demo"], { contexts: ["dev", "prod"] }), `${making} -n demo --context prod`);
  const pod = podOf({ status: { phase: "Pending" } });
  world.clusters.get("prod")?.put(pod);
  // The API server accepts the deletion, and the node never confirms it.
  world.asking.around(async (asked, next) => (is("delete pod")(asked) ? pod : next()));
  expect(await hints(`${again} --context prod`, world.ports)).toEqual([
    "hint: if the node is lost, delete the pod with --force; pod/p was deleted but not recreated. When it no longer exists, run:",
    "  kubectl create -n demo --context=prod -f pod-demo-p.json",
  ]);
});
