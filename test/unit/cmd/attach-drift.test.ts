import { expect, test } from "vitest";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";

const labels = { "app.kubernetes.io/managed-by": "Helm" };
const annotations = { "meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "demo" };

/** Creates a ServiceAccount of Helm, with or without a list. */
async function released(list: boolean) {
  const world = await stored("demo");
  world.cluster.put(pullSecret("demo", "theirs"));
  const metadata = { name: "web", namespace: "demo", labels, annotations };
  const imagePullSecrets = list && { imagePullSecrets: [{ name: "theirs" }] };
  world.cluster.put({ apiVersion: "v1", kind: "ServiceAccount", metadata, ...imagePullSecrets }, "helm");
  return world;
}

const says =
  "serviceaccount/web belongs to Helm release demo/web: the next helm upgrade takes acr-myregistry out again, so commit what this prints";
const instead = "kubectl acr-secret attach -n demo acr-myregistry serviceaccount/web -o helm";

test("attach warns of who will undo it, and names what prints the values to commit; only while it changes something", async () => {
  const world = await released(true);

  expect(await type("attach acr-myregistry serviceaccount/web -n demo", world.ports)).toEqual({
    stdout: "serviceaccount/web patched\n",
    stderr: `Warning: ${says}:\n  ${instead}\n`,
    code: 0,
  });
  expect((await type("attach acr-myregistry serviceaccount/web -n demo", world.ports)).stderr).toBe("");
});

test("nobody is warned where the chart has no list", async () => {
  const world = await released(false);

  expect((await type("attach acr-myregistry serviceaccount/web -n demo", world.ports)).stderr).toBe("");
});

test.for(["", " --diff", " --dry-run=server"])("create warns too%s", async (how) => {
  const world = await released(true);
  const typed = `create --registry myregistry --repository app/web serviceaccount/web -n demo${how}`;

  expect((await type(typed, world.ports)).stderr).toContain(`Warning: ${says}:\n  ${instead}\n`);
});

test("programs are told by an id", async () => {
  const world = await released(true);
  const { stdout } = await type("attach acr-myregistry serviceaccount/web -n demo -o jsonl", world.ports);

  expect(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as object),
  ).toMatchObject([
    { result: "patched" },
    { result: "told", object: "serviceaccount/web", ids: ["drift"], warnings: [`${says}: ${instead}`] },
  ]);
});

test("where it could not be attached there is nothing to undo", async () => {
  const world = await released(true);
  const { stderr } = await type("attach acr-myregistry serviceaccount/web -n demo", world.ports, { aborted: true });

  expect(stderr).not.toContain("Helm");
});
