import { expect, test } from "vitest";
import { execute, executeAll } from "../../../src/actions/execute.ts";
import type { DryRun } from "../../../src/actions/outcome.ts";
import { rollback } from "../../../src/actions/rollback.ts";
import { CliError } from "../../../src/errors.ts";
import type { Change, ChangeOf, Plan } from "../../../src/plan/change.ts";
import { objectsByKey } from "../../../src/usage/namespace-state.ts";
import { envOf } from "../../support/fakes/env.ts";
import { addNamespaces, fakeWorld } from "../../support/fakes/world.ts";
import { account, env, keepOf, login, makeMap, makeToken, mint, secret, short, store, token } from "./apply-setting.ts";

test("applies changes in order and passes the new login on", async () => {
  const at = env();

  const { outcomes, issued } = await executeAll([makeMap, makeToken, mint], at);

  expect(outcomes.map(short)).toEqual(["create m", "create t", "mint t"]);
  expect(at.applied).toEqual(["create m", "create t", "mint t"]);
  expect(issued.login).toBe(login);
});

test("throws a defect as it is", async () => {
  const at = env({
    apply: async () => {
      throw new TypeError("a defect");
    },
  });

  await expect(executeAll([makeMap], at)).rejects.toThrow(TypeError);
});

test("throws when no action can apply a change", async () => {
  const withoutKind = env({ apply: () => Promise.reject(new CliError("internal", "no kind applies this")) });
  const elsewhere: Change = { act: "create", to: account("default"), because: "" };

  expect((await Array.fromAsync(execute([mint], withoutKind))).map(short)).toEqual(["mint t failed"]);
  const [outcome] = await Array.fromAsync(execute([elsewhere], env()));
  expect(outcome?.error).toMatchObject({ kind: "internal", message: "no action creates a serviceaccount" });
});

test.for<{ change: Change }>([
  { change: { act: "prove", to: { kind: "registry", name: "r" }, repositories: ["a"], fresh: true } },
  { change: store },
])("throws when $change.act has no login, except in a dry run", async ({ change }) => {
  const [outcome] = await Array.fromAsync(execute([change], env()));

  expect(outcome?.error).toMatchObject({ kind: "internal", message: "a plan needs a login, but none was issued" });
});

const failing = (name: string): Change => ({ act: "create", to: account(name), because: "" });

test("leaves every change that depends on one that failed", async () => {
  const plan: Plan = [failing("a"), keepOf("b", "a"), keepOf("c", "b"), keepOf("d"), keepOf("e", "d"), keepOf("f", "unheard of")];

  expect((await Array.fromAsync(execute(plan, env()))).map(short)).toEqual([
    "create a failed",
    "keep b left failed",
    "keep c left failed",
    "keep d",
    "keep e",
    "keep f",
  ]);
});

test("applies a change when only a warning about its object failed", async () => {
  const warn: Change = { act: "warn", to: account("a"), message: "look" };

  expect((await Array.fromAsync(execute([failing("a"), warn, keepOf("b", "a")], env()))).map(short)).toEqual([
    "create a failed",
    "warn a",
    "keep b left failed",
  ]);
});

test("leaves changes and prints warnings when the run is interrupted", async () => {
  const warn: Change = { act: "warn", to: account("a"), message: "look" };

  const outcomes = await Array.fromAsync(execute([keepOf("a"), warn], env({ interrupted: () => true })));

  expect(outcomes.map(short)).toEqual(["keep a left interrupted", "warn a"]);
  expect(outcomes[1]?.messages).toEqual(["look"]);
});

test("leaves every change that depends on one that an interruption left", async () => {
  expect((await Array.fromAsync(execute([keepOf("a"), keepOf("b", "a")], env({ interrupted: () => true })))).map(short)).toEqual([
    "keep a left interrupted",
    "keep b left interrupted",
  ]);
});

test.for([
  { at: 0, became: ["keep a left interrupted", "warn b left interrupted"] },
  { at: 1, became: ["keep a", "warn b"] },
])("leaves a warning with the change that it needs when the run is interrupted at look $at", async ({ at, became }) => {
  const warning: Change = { act: "warn", to: account("b"), message: "look", needs: account("a") };
  let looks = 0;

  expect((await Array.fromAsync(execute([keepOf("a"), warning], env({ interrupted: () => looks++ >= at })))).map(short)).toEqual(became);
});

test("previews each change in a client dry run, and sends nothing", async () => {
  const plan: Plan = [makeMap, makeToken, mint, { act: "warn", to: token, message: "look" }, store];

  const { outcomes } = await executeAll(plan, env({ dryRun: "client", apply: () => Promise.reject(new Error("asked")) }));

  expect(outcomes.map(({ change }) => change)).toEqual(plan);
  expect(outcomes[3]?.messages).toEqual(["look"]);
  expect(outcomes[4]?.object).toMatchObject({ kind: "Secret", metadata: { name: "acr", namespace: "demo" } });
});

test("previews a Secret with the password that exists already", async () => {
  const {
    outcomes: [outcome],
  } = await executeAll([store], env({ dryRun: "client", issued: { login } }));
  const { data = {} } = (outcome?.object ?? {}) as { data?: Record<string, string> };

  expect(Buffer.from(data[".dockerconfigjson"] ?? "", "base64").toString()).toContain("hunter2");
});

test("returns the object that was read when it is kept", async () => {
  const object = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "a", namespace: "demo" } } as const;
  const [outcome] = await Array.fromAsync(execute([keepOf("a")], { ...env(), objects: objectsByKey([object]) }));

  expect(outcome?.object).toBe(object);
});

const proof = (repositories: string[]): Change => ({
  act: "prove",
  to: { kind: "registry", name: "myregistry.azurecr.io" },
  repositories,
  fresh: false,
});

test("reports the proven image and the repositories that remain unknown", async () => {
  const world = fakeWorld();
  world.azure.users.set("t", "hunter2");
  const at = envOf(world, { issued: { login } });

  const {
    outcomes: [outcome],
    issued,
  } = await executeAll([proof(["app/web", "app/next", "app/last"])], at);

  expect(outcome?.messages).toEqual(
    ["app/next", "app/last"].map((name) => `myregistry.azurecr.io/${name} could not be verified: no image found`),
  );
  expect(issued.proven).toMatchObject({ repository: "app/web", reference: "1" });
  expect(at.shown).toEqual(["Asking myregistry.azurecr.io for a manifest as t"]);
});

test.for(["app/web", "app/*"])("reports only the missing images of pods for %s", async (repository) => {
  const world = fakeWorld();
  world.azure.users.set("t", "hunter2");
  const gone = { host: "myregistry.azurecr.io", repository: "app/web", reference: "gone" };

  const [outcome] = await Array.fromAsync(execute([proof([repository])], envOf(world, { issued: { login, images: [gone] } })));

  expect(outcome?.messages).toEqual(["image myregistry.azurecr.io/app/web:gone not found, but a pod uses it"]);
});

test.for<{ passing: ChangeOf<"prove">["passing"]; fresh: boolean; shown: string }>([
  {
    passing: { milliseconds: 180_000, verdicts: ["refused"] },
    fresh: true,
    shown: "Waiting at most 180s until myregistry.azurecr.io accepts the password of t",
  },
  {
    passing: { milliseconds: 600_000, verdicts: ["refused", "out-of-scope"] },
    fresh: true,
    shown: "Waiting at most 600s until myregistry.azurecr.io accepts the role of t",
  },
  { passing: undefined, fresh: true, shown: "Asking myregistry.azurecr.io for a manifest as t: a new password can take 2 minutes" },
  { passing: undefined, fresh: false, shown: "Asking myregistry.azurecr.io for a manifest as t" },
])("shows what a proof waits for: $shown", async ({ passing, fresh, shown }) => {
  const world = fakeWorld();
  world.azure.users.set("t", "hunter2");
  const at = envOf(world, { issued: { login } });

  await Array.fromAsync(execute([{ ...(proof(["app/web"]) as ChangeOf<"prove">), fresh, ...(passing && { passing }) }], at));

  expect(at.shown).toEqual([shown]);
});

test("proves nothing when a dry run has no login", async () => {
  const at = envOf(fakeWorld(), { dryRun: "server" });

  expect(await Array.fromAsync(execute([proof(["app/web"])], at))).toEqual([{ change: proof(["app/web"]) }]);
  expect(at.shown).toEqual([]);
});

test.for<{ dryRun: DryRun; applied: string[] }>([
  { dryRun: "none", applied: ["prove r"] },
  { dryRun: "server", applied: [] },
])("asks whether a password is still in its slot when it is no dry run ($dryRun)", async ({ dryRun, applied }) => {
  const at = env({ dryRun });
  const confirm = { act: "prove", to: { kind: "registry", name: "r" }, repositories: [], fresh: true, isSkipped: true } as const;
  const change: Change = { ...confirm, password: { to: token, slot: "password1" } };

  expect(await Array.fromAsync(execute([change], at))).toEqual([{ change }]);
  expect(at.applied).toEqual(applied);
});

test("creates a Secret for a claim, and deletes it when the claim ends", async () => {
  const world = fakeWorld();
  addNamespaces(world.cluster, "demo");
  const at = envOf(world);

  const {
    outcomes: [claimed],
  } = await executeAll([{ act: "claim", to: secret, precondition: undefined }], at);
  expect(claimed?.object).toEqual(world.cluster.get("secret", "demo", "acr"));
  await at.claims.release();

  expect(world.asking.writes).toEqual(["create secret demo/acr", "delete secret demo/acr"]);
  expect(world.cluster.get("secret", "demo", "acr")).toBeUndefined();
});

test("rehearses on the server and leaves nothing there", async () => {
  const world = fakeWorld();
  addNamespaces(world.cluster, "demo");
  const rehearsal: Change = { act: "rehearse", to: secret, precondition: undefined };

  expect(await Array.fromAsync(execute([rehearsal], envOf(world)))).toEqual([{ change: rehearsal }]);
  expect(world.asking.all).toEqual(["create secret demo/acr (dry run)"]);
});

test("shows the change that is being applied", async () => {
  const world = fakeWorld();
  const at = envOf(world, { apply: async () => ({ login }) });

  const done = await executeAll([makeMap, makeToken, mint], at);
  await rollback(done.outcomes, at);

  expect(at.shown).toEqual(["Writing scopemap m", "Writing token t", "Generating a password of token t", "Rolling back changes in Azure"]);
});

test("throws Interrupted when the run is interrupted", async () => {
  await expect(executeAll([makeMap], env({ interrupted: () => true }))).rejects.toMatchObject({
    kind: "cancelled",
    message: "interrupted",
  });
});
