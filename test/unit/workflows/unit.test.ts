import { expect, test } from "vitest";
import { CliError, Conflict, Interrupted } from "../../../src/errors.ts";
import type { Plan } from "../../../src/plan/change.ts";
import type { NamespaceReader } from "../../../src/usage/namespace-reader.ts";
import type { NamespaceState } from "../../../src/usage/namespace-state.ts";
import { readNamespace } from "../../../src/usage/namespace-state.ts";
import { failure, runUnit } from "../../../src/workflows/unit.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import type { FakeEnv } from "../../support/fakes/env.ts";
import { allOf } from "../../support/target-options.ts";
import { login, makeToken, mint, no, options, really, setting, short, storeIn, token, unit, written } from "./unit-setting.ts";

test("applies the steps once before the first Secret is written", async () => {
  const { env, readersOf, applied } = setting(["a", "b"]);

  const outcomes = await Array.fromAsync(runUnit(unit({ steps: [makeToken, mint], issued: env.issued }), readersOf, env.tools));

  expect(applied).toEqual(["create t", "mint t"]);
  expect(short(outcomes)).toEqual(["create t", "mint t", "store a/acr", "store b/acr"]);
});

test.for([
  { isLazy: true, steps: [] },
  { isLazy: false, steps: ["create t"] },
])("applies $steps when no Secret must be written and the steps are lazy: $isLazy", async ({ isLazy, steps }) => {
  const { env, readersOf, applied } = setting(["a"]);
  const each = (state: NamespaceState): Plan => [{ act: "keep", to: storeIn(state).to, because: "" }];

  const outcomes = await Array.fromAsync(runUnit(unit({ steps: [makeToken], isLazy, each }), readersOf, env.tools));

  expect(short(outcomes)).toEqual([...steps, "keep a/acr"]);
  expect(applied).toEqual(steps);
});

test("claims only the first Secret before a password is made", async () => {
  const { world, env, readersOf } = setting(["a", "b", "c"], async () => {
    world.asking.forget();
    return { login };
  });

  await Array.fromAsync(runUnit(unit({ steps: [mint], issued: env.issued }), readersOf, env.tools));

  expect(world.asking.writes).toEqual(["patch secret a/acr", "create secret b/acr", "create secret c/acr"]);
});

test("claims no Secret when no password is made", async () => {
  const { world, env, readersOf } = setting(["a"], undefined, { login });

  await Array.fromAsync(runUnit(unit({ steps: [{ act: "keep", to: token, because: "" }], issued: env.issued }), readersOf, env.tools));

  expect(world.asking.writes).toEqual(["create secret a/acr"]);
});

test("tries the next Secret when the server would refuse the first", async () => {
  const { world, env, readersOf, applied } = setting(["a", "b", "c"]);
  world.asking.around(refusing(is("create secret a/"), no));

  const outcomes = await Array.fromAsync(runUnit(unit({ steps: [makeToken, mint], issued: env.issued }), readersOf, env.tools));

  expect(short(outcomes)).toEqual(["namespace a/a failed no", "create t", "mint t", "store b/acr", "store c/acr"]);
  expect(applied).toEqual(["create t", "mint t"]);
});

test("makes nothing when the server would refuse every Secret", async () => {
  const { world, env, readersOf, applied } = setting(["a", "b"]);
  world.asking.around(refusing(is("create secret"), no));

  expect(short(await Array.fromAsync(runUnit(unit({ steps: [mint], issued: env.issued }), readersOf, env.tools)))).toEqual([
    "namespace a/a failed no",
    "namespace b/b failed no",
  ]);
  expect(applied).toEqual([]);
});

test("throws once when a step that all Secrets need fails", async () => {
  const { world, env, readersOf, applied } = setting(["a", "b", "c"], async ({ act }) => {
    if (act === "mint") throw no();
    return {};
  });

  await expect(Array.fromAsync(runUnit(unit({ steps: [makeToken, mint], issued: env.issued }), readersOf, env.tools))).rejects.toThrow(
    "no",
  );
  expect(applied).toEqual(["create t", "mint t", "delete t"]);
  expect(written(world)).toEqual([]);
});

test("writes the other Secrets when one namespace cannot be read or planned", async () => {
  const { env, readersOf } = setting(["a", "b", "c"], undefined, { login });
  const [a, ...more] = readersOf;
  const lost: NamespaceReader = { ...(a as NamespaceReader), read: () => Promise.reject(new CliError("unreachable", "lost")) };
  const each = (state: NamespaceState) => {
    if (state.scope.namespace === "b") throw no();
    return [storeIn(state)];
  };

  expect(short(await Array.fromAsync(runUnit(unit({ issued: env.issued, each }), [lost, ...more], env.tools)))).toEqual([
    "namespace a/a failed lost",
    "namespace b/b failed no",
    "store c/acr",
  ]);
});

test("throws a defect while a namespace is read or planned", async () => {
  const { env, readersOf } = setting(["a"]);
  const each = () => {
    throw new TypeError("a defect");
  };

  await expect(Array.fromAsync(runUnit(unit({ each }), readersOf, env.tools))).rejects.toThrow("a defect");
});

test("reads a Secret again when another has written it, five times at most", async () => {
  const { world, env, readersOf, looks } = setting(["a"]);
  world.asking.around(refusing(is("create secret a/acr"), () => new Conflict("modified"), 4));
  expect(short(await Array.fromAsync(runUnit(unit({ steps: [mint], issued: env.issued }), readersOf, env.tools)))).toEqual([
    "mint t",
    "store a/acr",
  ]);
  expect(looks()).toBe(5);

  const never = setting(["a"]);
  never.world.asking.around(refusing(is("create secret"), () => new Conflict("modified")));
  expect(short(await Array.fromAsync(runUnit(unit({ steps: [mint] }), never.readersOf, never.env.tools)))).toEqual([
    "namespace a/a failed modified",
  ]);
  expect(never.looks()).toBe(5);
});

test("reads no further when one read has decided", async () => {
  const { world, env, readersOf, looks } = setting(["a"]);
  world.asking.around(refusing(is("create secret"), () => new Conflict("modified")));

  await expect(Array.fromAsync(runUnit(unit({ steps: [mint], once: true }), readersOf, env.tools))).rejects.toThrow(Conflict);
  expect(looks()).toBe(1);
});

test("passes the objects of a namespace on to its changes", async () => {
  const { world, env, readersOf } = setting(["a"]);
  const [only] = readersOf;
  const to = { kind: "serviceaccount", namespace: "a", name: "default" } as const;
  const seeing: NamespaceReader = {
    ...(only as NamespaceReader),
    read: () => readNamespace((only as NamespaceReader).scope, { ...options, targets: allOf("serviceaccount") }),
  };

  const [outcome] = await Array.fromAsync(runUnit(unit({ each: () => [{ act: "keep", to, because: "" }] }), [seeing], env.tools));

  expect(outcome?.object).toEqual(world.cluster.get("serviceaccount", "a", "default"));
});

test("previews every step with --dry-run=client and rehearses each Secret with --dry-run=server", async () => {
  const of = (env: FakeEnv) => unit({ steps: [makeToken, mint], issued: env.issued });
  const client = setting(["a", "b"]);
  const outcomes = await Array.fromAsync(runUnit(of(client.env), client.readersOf, { ...client.env.tools, dryRun: "client" }));
  expect(short(outcomes)).toEqual(["create t", "mint t", "store a/acr", "store b/acr"]);
  expect(client.world.asking.all.every((text) => text.startsWith("get "))).toBe(true);
  expect(client.applied).toEqual([]);

  const server = setting(["a", "b"]);
  const tools = { ...server.env.tools, dryRun: "server" as const, write: { dryRun: true, fieldManager: "me" } };
  await Array.fromAsync(runUnit(of(server.env), server.readersOf, tools));
  expect(server.world.asking.all.filter((text) => text.startsWith("create"))).toEqual([
    "create secret a/acr (dry run)",
    "create secret b/acr (dry run)",
  ]);
  expect(server.applied).toEqual([]);
});

test("starts no further namespace when the run is interrupted", async () => {
  const names = Array.from({ length: 40 }, (_, index) => `ns-${index}`);
  const { world, env, readersOf } = setting(names, undefined, { login });
  world.asking.around(async (asked, next) => {
    const answer = await next();
    if (really("create secret ns-0/")(asked)) env.interrupt();
    return answer;
  });

  const outcomes = await Array.fromAsync(runUnit(unit({ issued: env.issued }), readersOf, env.tools));

  expect(short(outcomes)[0]).toBe("store ns-0/acr");
  expect(outcomes.length).toBeLessThanOrEqual(16);
});

const place = (): NamespaceReader => ({
  scope: { namespace: "a", cluster: {} as never },
  read: () => Promise.reject(no()),
});

test.for<{ why: string; error: CliError; gives: object }>([
  { why: "an error of the namespace", error: no(), gives: { error: { message: "no" } } },
  { why: "an interruption", error: new Interrupted(), gives: { left: "interrupted" } },
  {
    why: "an interruption that left an object",
    error: new CliError("cancelled", "interrupted", { hint: "remove it" }),
    gives: { error: { hint: "remove it" } },
  },
])("reports what ended a namespace: $why", ({ error, gives }) => {
  const outcome = failure(place().scope, error);

  expect(outcome).toMatchObject({
    ...gives,
    to: { kind: "namespace", name: "a", namespace: "a" },
  });
  expect("error" in outcome && "left" in outcome).toBe(false);
});
