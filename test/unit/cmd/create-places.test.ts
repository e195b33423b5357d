import { expect, test } from "vitest";
import { is, refusing } from "../../support/fakes/asked.ts";
import { account, namespace, stuckPod } from "../../support/fakes/cluster.ts";
import { line, linesOf, refused, teams, worldOf } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";

test.for<{ scope: string; meant: string[] }>([
  { scope: "--namespaces team-0,team-2", meant: ["team-0", "team-2"] },
  { scope: "--namespaces team-0 --namespaces team-1", meant: ["team-0", "team-1"] },
  { scope: "--namespaces team-*", meant: ["team-0", "team-1", "team-2"] },
  { scope: "--namespaces team-?,web", meant: ["team-0", "team-1", "team-2", "web"] },
  { scope: "-A", meant: ["team-0", "team-1", "team-2", "web"] },
  { scope: "-A --exclude-namespaces team-*", meant: ["web"] },
  { scope: "-A --include-system", meant: ["kube-system", "team-0", "team-1", "team-2", "web"] },
  { scope: "--namespaces kube-system,web", meant: ["kube-system", "web"] },
  { scope: "--namespace-selector tier=front", meant: ["web"] },
])("$scope means $meant", async ({ scope, meant }) => {
  const world = worldOf(teams(3));
  world.cluster.put(namespace("web", { labels: { tier: "front" } }));
  world.cluster.put(account("web"));

  const { code } = await type(`${line} ${scope} --credential-per scope`, world.ports);

  expect(code).toBe(0);
  expect(
    world.cluster
      .all("secret")
      .map(({ metadata }) => metadata.namespace)
      .sort(),
  ).toEqual(meant);
});

test("a namespace that is not there does not stop the others", async () => {
  const world = worldOf(teams(2));

  const { stdout, stderr, code } = await type(`${line} --namespaces team-0,nope,team-1 --credential-per scope`, world.ports);

  expect(linesOf(stdout).filter((one) => one.startsWith("secret"))).toEqual([
    "secret/acr-myregistry created in namespace team-0",
    "secret/acr-myregistry created in namespace team-1",
  ]);
  expect(stderr).toBe(
    'nope: Error from server (NotFound): namespaces "nope" not found\nhint: kubectl create namespace nope\n2 Secrets created, 1 failed\n',
  );
  expect(code).toBe(1);
});

test("a namespace on its way out is left out", async () => {
  const world = worldOf(teams(2));
  world.cluster.put(namespace("gone", { deletionTimestamp: "2026-01-01T00:00:00Z" }));

  expect(await type(`${line} -A --credential-per scope`, world.ports)).toMatchObject({ stderr: "2 Secrets created\n", code: 0 });
});

test("where nobody may list the ServiceAccounts of the whole cluster, each namespace is asked", async () => {
  const world = worldOf(teams(20));
  world.asking.around(refusing((asked) => asked.call === "list" && asked.at === "serviceaccount", refused));

  expect(await type(`${line} -A --credential-per scope`, world.ports)).toMatchObject({ stderr: "20 Secrets created\n", code: 0 });
});

test("each pod is made anew in its namespace, once its ServiceAccount carries the Secret", async () => {
  const world = worldOf(teams(20));
  for (const name of teams(20)) world.cluster.put(stuckPod(name, "web-1", "myregistry.azurecr.io/app/web:1"));
  world.asking.around(refusing(is("patch serviceaccount team-5/"), refused));

  const { stdout, stderr, code } = await type(`${line} -A --credential-per scope`, world.ports);

  expect(stderr).toBe("team-5: Error from server (Forbidden): no\n19 Secrets created, 1 failed\n");
  expect(code).toBe(1);
  expect(world.cluster.all("pod").map(({ metadata }) => metadata.namespace)).toEqual(["team-5"]);
  expect(linesOf(stdout).filter((one) => one.startsWith("pod/"))).toHaveLength(19);
});

test("writes nothing and prints each namespace when --dry-run=client has many namespaces", async () => {
  const world = worldOf(teams(20));

  const { stdout, code } = await type(`${line} -A --credential-per scope --dry-run=client -o jsonl`, world.ports);

  const outcomes = linesOf(stdout).map((one) => JSON.parse(one) as { object: string; namespace?: string });
  expect(code).toBe(0);
  expect(outcomes.filter(({ object }) => object.startsWith("token.azurecr.io/"))).toHaveLength(1);
  expect(
    outcomes
      .filter(({ object }) => object.startsWith("secret/"))
      .map(({ namespace }) => namespace)
      .sort(),
  ).toEqual(teams(20).sort());
  expect(world.asking.writes).toEqual([]);
});

test("--dry-run=server over many namespaces asks the server about each, and tells which would be refused", async () => {
  const world = worldOf(teams(20));
  world.asking.around(refusing(is("create secret team-7/"), refused));

  const { stderr, code } = await type(`${line} -A --credential-per scope --dry-run=server`, world.ports);

  expect({ stderr, code }).toEqual({ stderr: "team-7: Error from server (Forbidden): no\n19 Secrets created, 1 failed\n", code: 1 });
  expect(world.asking.writes).toEqual([]);
});

test("where no namespace is meant, nothing is made and that is said", async () => {
  const world = worldOf(teams(2));

  expect(await type(`${line} --namespaces web-* --credential-per scope`, world.ports)).toEqual({
    stdout: "",
    stderr: "nothing to do\n",
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
});
