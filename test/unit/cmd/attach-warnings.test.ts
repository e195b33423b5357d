import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import type { Pod } from "../../../src/objects.ts";
import { warnings } from "../../../src/plan/warnings.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { account, pullSecret, stuckPod } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { app, attach, image, put, situations, strict } from "../../support/situations/warnings.ts";

async function newWorld(fill: (world: FakeWorld) => void = () => {}): Promise<FakeWorld> {
  const world = await stored("demo");
  world.cluster.put(account("demo", "app"));
  fill(world);
  return world;
}

test.for(situations)("$id: $what", async ({ id, typed, fill, warning, again }) => {
  const world = await newWorld(fill);

  const first = await type(typed, world.ports);
  expect(first).toMatchObject({ code: 0, stderr: `Warning: ${warning}\n` });

  const dry = await type(`${typed} -o jsonl`, (await newWorld(fill)).ports);
  const lines = dry.stdout.trimEnd().split("\n");
  const outcomes = lines.map((line) => JSON.parse(line) as { result: string; ids?: string[]; warnings?: string[] });
  expect(outcomes.filter(({ ids }) => ids)).toMatchObject([{ result: "told", ids: [id], warnings: [warning.replace(":\n  ", ": ")] }]);

  expect(await type(typed, world.ports)).toMatchObject({ code: 0, stderr: again === "same" ? first.stderr : "" });

  const [, fix] = /^ {2}kubectl acr-secret (detach .*)$/m.exec(warning) ?? [];
  if (!fix) return;
  expect(await type(fix, world.ports)).toMatchObject({ code: 0, stdout: "serviceaccount/app patched\n" });
  expect(world.cluster.get("serviceaccount", "demo", "app")?.imagePullSecrets).toEqual([{ name: "acr-myregistry" }]);
});

test("tests a situation for each warning id", () => {
  const others = ["drift", "secret-missing"];

  expect([...new Set([...situations.map(({ id }) => id), ...others])].sort()).toEqual(Object.keys(warnings).sort());
});

test("does not mistake a copy of the ServiceAccount's earlier list for the template's own list", async () => {
  const world = await newWorld((each) => {
    each.cluster.put(account("demo", "app", ["other"]));
    each.cluster.put(pullSecret("demo", "other"));
    put(each, "statefulset", "web");
    each.cluster.put(stuckPod("demo", "web-0", image, { owner: "StatefulSet", serviceAccount: "app", names: ["old"] }));
  });

  const { stderr } = await type(app, world.ports);

  expect(world.asking.all).toContain("get statefulset.apps demo/web");
  expect(stderr).toMatch(/^Warning: pod\/web-0 has other imagePullSecrets than serviceaccount\/app, so it was not restarted; .*\n$/);
});

test("warns before the first write in a dry run", async () => {
  const world = await newWorld((each) => {
    each.cluster.put(account("demo", "app", ["theirs"]));
    put(each, "deployment", "web");
  });

  for (const run of ["client", "server"])
    expect((await type(`${attach} deployment/web --dry-run=${run}`, world.ports)).stderr).toMatch(
      /^Warning: deployment.apps\/web had no imagePullSecrets/,
    );
});

test("warns about images for which the new Secret of create has no key", async () => {
  const world = await newWorld((each) => {
    each.cluster.put(account("demo", "app", ["gone"]));
    const pod: Pod = stuckPod("demo", "web-1", "MyRegistry.azurecr.io/app/web:1", { serviceAccount: "app", names: ["gone"] });
    each.cluster.put({ ...pod, status: { phase: "Running" } });
  });

  const { stderr, code } = await type("create other --registry myregistry --repository app/web -n demo --serviceaccount app", world.ports);

  expect(code).toBe(0);
  expect(stderr).toBe(
    "Warning: serviceaccount/app pulls MyRegistry.azurecr.io/app/web:1, but secret other has a login for myregistry.azurecr.io only " +
      "(case matters: the image has MyRegistry.azurecr.io):\n  " +
      "kubectl acr-secret check -n demo other --image MyRegistry.azurecr.io/app/web:1\n" +
      "Warning: serviceaccount/app also lists secret/gone, which does not exist:\n  kubectl acr-secret detach -n demo gone --serviceaccount app\n",
  );
});

test("prints no warning about a target that could not be written", async () => {
  const world = await newWorld(({ cluster }) => void cluster.put(pullSecret("demo", "theirs")));
  put(world, "deployment", "web");
  world.asking.around(refusing(is("patch deployment.apps"), () => new CliError("forbidden", "Error from server (Forbidden): no")));

  expect(await type("attach theirs -n demo deployment/web", world.ports)).toMatchObject({
    stderr: "Error from server (Forbidden): no\n",
    code: 1,
  });
});

test.for(["forbidden", "invalid", "unreachable"] as const)("attaches without a warning when a read for a warning is %s", async (kind) => {
  const world = await newWorld((each) => {
    each.cluster.put(strict("demo", "app", ["theirs"]));
    put(each, "deployment", "web", ["gone"]);
  });
  const denied = (text: string) => text === "get serviceaccount demo/app" || text === "get secret demo/gone";
  world.asking.around(
    refusing(
      ({ call, at }) => denied(`${call} ${at}`),
      () => new CliError(kind, "no"),
    ),
  );

  expect(await type(`${attach} deployment/web`, world.ports)).toEqual({ stdout: "deployment.apps/web patched\n", stderr: "", code: 0 });
});
