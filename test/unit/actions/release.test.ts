import { expect, test } from "vitest";
import { CliError, Conflict } from "../../../src/errors.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { envOf } from "../../support/fakes/env.ts";
import { addNamespaces } from "../../support/fakes/world.ts";
import { env as noWorld } from "./apply-setting.ts";
import { claimed, claimIn, no, put, secretIn, to, world } from "./claim-setting.ts";

test("sends nothing when nothing is claimed", async () => {
  const env = noWorld();

  expect(await env.claims.release()).toEqual([]);
  expect(env.shown).toEqual([]);
});

test("sends nothing when the claim has ended already", async () => {
  const in_ = world();
  const env = await claimed(in_, put(in_));
  await env.claims.release();
  in_.asking.forget();

  await env.claims.release();

  expect(env.claims.on(to)).toBeUndefined();
  expect(in_.asking.all).toEqual([]);
});

test("reads the Secret again when another writes to it during the release", async () => {
  const in_ = world();
  const env = await claimed(in_, put(in_));
  in_.asking.around(refusing(is("patch secret"), () => new Conflict("modified"), 2));

  expect(await env.claims.release()).toEqual([]);
  expect(claimIn(in_)).toBeNull();
  expect(env.slept).toEqual([5, 5]);
});

test("reports the empty Secret after ten conflicts", async () => {
  const in_ = world();
  const env = await claimed(in_, undefined);
  in_.asking.around(refusing(is("delete secret"), () => new Conflict("modified")));

  expect(await env.claims.release()).toMatchObject([{ error: { message: "modified" } }]);
  expect(in_.asking.all.filter((text) => text.startsWith("delete"))).toHaveLength(10);
});

test("keeps the Secret when another user has removed the claim", async () => {
  const in_ = world();
  const env = await claimed(in_, undefined);
  put(in_);
  in_.asking.forget();

  expect(await env.claims.release()).toEqual([]);
  expect(in_.asking.writes).toEqual([]);
  expect(secretIn(in_)).toBeDefined();
});

test.for<{ why: string; error: () => CliError; writes: string[]; told: (string | undefined)[] }>([
  { why: "another user has deleted it", error: () => new CliError("notFound", "gone"), writes: ["delete"], told: [] },
  { why: "the deletion is forbidden", error: no, writes: ["delete", "patch"], told: ["no"] },
  { why: "the API server does not respond", error: () => new CliError("unreachable", "lost"), writes: ["delete"], told: ["lost"] },
])("handles an empty Secret that cannot be deleted because $why", async ({ error, writes, told }) => {
  const in_ = world();
  const env = await claimed(in_, undefined);
  in_.asking.around(refusing(is("delete secret"), error));
  in_.asking.forget();

  expect((await env.claims.release()).map((outcome) => outcome.error?.message)).toEqual(told);
  expect(in_.asking.writes.map((text) => text.split(" ")[0])).toEqual(writes);
});

test("throws a defect as it is", async () => {
  const in_ = world();
  const env = await claimed(in_, undefined);
  in_.asking.around(refusing(is("delete secret"), () => new TypeError("a defect")));

  await expect(env.claims.release()).rejects.toThrow("a defect");
});

test("ends the other claims when one cannot be ended", async () => {
  const in_ = world();
  addNamespaces(in_.cluster, "elsewhere");
  const { claims } = envOf(in_);
  const elsewhere = { ...to, namespace: "elsewhere" };
  await claims.acquire({ act: "claim", to: elsewhere, precondition: undefined });
  await claims.acquire({ act: "claim", to, precondition: undefined });
  in_.asking.around(refusing(is("get secret elsewhere"), no));

  const kept = await claims.release();

  expect(kept.map(({ change }) => change.to)).toEqual([elsewhere]);
  expect(secretIn(in_)).toBeUndefined();
});
