import { expect, test } from "vitest";
import { account, stuckPod } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { put } from "../../support/situations/warnings.ts";

test.for<{ what: string; typed: string; fill?: (world: FakeWorld) => void; asked: string[] }>([
  {
    what: "reads no other Secret when the ServiceAccount has no list",
    typed: "attach acr-myregistry -n demo --serviceaccount app",
    asked: ["get secret demo/acr-myregistry", "get serviceaccount demo/app", "list pod demo", "patch serviceaccount demo/app"],
  },
  {
    what: "reads no other Secret when the ServiceAccount lists the Secret already",
    typed: "attach acr-myregistry -n demo --serviceaccount app",
    fill: ({ cluster }) => void cluster.put(account("demo", "app", ["theirs", "acr-myregistry"])),
    asked: ["get secret demo/acr-myregistry", "get serviceaccount demo/app", "list pod demo"],
  },
  {
    what: "reads five of the other names, each once",
    typed: "attach acr-myregistry -n demo --serviceaccount app --serviceaccount default",
    fill: ({ cluster }) => {
      cluster.put(account("demo", "app", ["a", "b", "c", "d"]));
      cluster.put(account("demo", "default", ["c", "d", "e", "f"]));
    },
    asked: [
      "get secret demo/acr-myregistry",
      "get serviceaccount demo/app",
      "get serviceaccount demo/default",
      "list pod demo",
      ...["a", "b", "c", "d", "e"].map((name) => `get secret demo/${name}`),
      "patch serviceaccount demo/app",
      "patch serviceaccount demo/default",
    ],
  },
  {
    what: "reads the ServiceAccount of several templates once",
    typed: "attach acr-myregistry -n demo deploy/web deploy/api",
    fill: (world) => {
      put(world, "deployment", "web");
      put(world, "deployment", "api");
    },
    asked: [
      "get secret demo/acr-myregistry",
      "get deployment.apps demo/web",
      "get deployment.apps demo/api",
      "list pod demo",
      "get serviceaccount demo/app",
      "patch deployment.apps demo/web",
      "patch deployment.apps demo/api",
    ],
  },
])("$what", async ({ typed, fill, asked }) => {
  const world = await stored("demo");
  world.cluster.put(account("demo", "app"));
  fill?.(world);

  await type(typed, world.ports);

  expect(world.asking.all).toEqual(asked);
});

test("lists the ServiceAccounts of templates once and reads no single Secret for many namespaces", async () => {
  const names = Array.from({ length: 20 }, (_, index) => `team-${String(index).padStart(2, "0")}`);
  const world = await stored(...names);
  for (const name of names) {
    world.cluster.put(account(name, "app", name === "team-07" ? ["theirs"] : []));
    put(world, "deployment", "web", name === "team-09" ? ["gone"] : undefined, name);
  }

  const { stderr } = await type("attach acr-myregistry -A deployments --all", world.ports);

  expect(world.asking.all.filter((text) => !text.startsWith("patch ")).sort()).toEqual([
    "list deployment.apps",
    "list namespace",
    "list pod",
    "list secret",
    "list serviceaccount",
  ]);
  expect(stderr).toMatch(
    /^Warning: team-07: deployment.apps\/web had no imagePullSecrets, .* theirs from .*:\n .*\n20 Deployments patched\n$/,
  );
});

test.for<{ words: string; lists: number }>([
  { words: "deployments --all", lists: 1 },
  { words: "serviceaccounts,deployments --all", lists: 1 },
  { words: "serviceaccount/app deployment/web", lists: 2 },
  { words: "serviceaccount/app", lists: 1 },
  { words: "--where-used", lists: 1 },
])("lists the ServiceAccounts $lists times for many namespaces: $words", async ({ words, lists }) => {
  const names = Array.from({ length: 20 }, (_, index) => `team-${String(index).padStart(2, "0")}`);
  const world = await stored(...names);
  for (const name of names) {
    world.cluster.put(account(name, "app"));
    put(world, "deployment", "web", undefined, name);
  }

  expect(await type(`attach acr-myregistry -A ${words}`, world.ports)).toMatchObject({ code: 0 });
  expect(world.asking.all.filter((text) => text === "list serviceaccount")).toHaveLength(lists);
});

test("warns about at most five hosts that no key matches", async () => {
  const world = await stored("demo");
  world.cluster.put(account("demo", "app"));
  for (let index = 0; index < 7; index++)
    world.cluster.put(stuckPod("demo", `pod-${index}`, `myregistry.azurecr.io:${index}/app/web:1`, { serviceAccount: "app" }));

  const { stderr } = await type("attach acr-myregistry -n demo --serviceaccount app", world.ports);

  expect(stderr.match(/the port matters/g)).toHaveLength(5);
});
