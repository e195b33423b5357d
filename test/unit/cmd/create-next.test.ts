import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { demo } from "../../support/demo.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { account, stuckPod } from "../../support/fakes/cluster.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const deployment = (name: string) =>
  ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "demo" },
    spec: { template: { spec: { containers: [] } } },
  }) as const;

test.for<{ when: string; fill: (world: FakeWorld) => void; hints: string[] }>([
  {
    when: "nothing lists the Secret",
    fill: () => {},
    hints: ["hint: kubectl acr-secret attach -n demo web --serviceaccount default"],
  },
  {
    when: "the ServiceAccount lists the Secret already",
    fill: ({ cluster }) => cluster.put({ ...account("demo", "default"), imagePullSecrets: [{ name: "web" }] }),
    hints: [],
  },
  {
    when: "a Deployment has the name of the Secret",
    fill: ({ cluster }) => cluster.put(deployment("web")),
    hints: [
      'hint: "web" is the name of the Secret; to let deployment/web use it',
      "hint: kubectl acr-secret attach -n demo web deployment/web",
    ],
  },
  {
    when: "a ServiceAccount has the name of the Secret",
    fill: ({ cluster }) => cluster.put(account("demo", "web")),
    hints: [
      'hint: "web" is the name of the Secret; to let serviceaccount/web use it',
      "hint: kubectl acr-secret attach -n demo web serviceaccount/web",
    ],
  },
])("prints what is left to do when $when", async ({ fill, hints }) => {
  const world = demo();
  fill(world);

  const { stderr, code } = await type("create web --registry myregistry --repository app/web -n demo", world.ports);

  expect({ hints: stderr.split("\n").filter((line) => line.startsWith("hint:")), code }).toEqual({ hints, code: 0 });
});

test("prints the attach command and exits with 0 when a read for it fails after the write of the Secret", async () => {
  const world = demo();
  world.asking.around(refusing(is("get deployment.apps demo/web"), () => new CliError("unreachable", "the connection was reset")));

  const { stderr, code } = await type("create web --registry myregistry --repository app/web -n demo", world.ports);

  expect(stderr).toBe("hint: kubectl acr-secret attach -n demo web --serviceaccount default\n");
  expect(code).toBe(0);
});

test("reports a pod that it refuses once", async () => {
  const world = demo();
  const pod = stuckPod("demo", "bare", "myregistry.azurecr.io/app/web:1");
  world.cluster.put({ ...pod, metadata: { ...pod.metadata, ownerReferences: [] } });

  const { stderr, code } = await type("create --registry myregistry pod/bare -n demo", world.ports);

  expect(code).toBe(1);
  expect(stderr.split("\n").filter((line) => line.includes("pod/bare"))).toHaveLength(2);
  expect(stderr).toMatch(/^error: pod\/bare .*\nhint: .* pod\/bare --recreate\n/m);
});

test("prints that the kubelet pulls again as information", async () => {
  const world = demo();
  const pod = stuckPod("demo", "web-1", "myregistry.azurecr.io/app/web:1");
  world.cluster.put({ ...pod, spec: { ...pod.spec, imagePullSecrets: [{ name: "acr-myregistry" }] } });

  const { stderr } = await type("create --registry myregistry --serviceaccount default -n demo", world.ports);

  expect(stderr).toMatch(/^pod\/web-1 names secret\/acr-myregistry already, /m);
  expect(stderr).not.toContain("Warning");
});
