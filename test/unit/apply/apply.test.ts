import { expect, test } from "vitest";
import { apply, applyWhole } from "../../../src/apply/apply.ts";
import type { Outcome } from "../../../src/apply/outcome.ts";
import { sketch } from "../../../src/apply/sketch.ts";
import { takeBack } from "../../../src/apply/take-back.ts";
import { type Bench, newRun, type Run, type Tools } from "../../../src/apply/tools.ts";
import { CliError } from "../../../src/errors.ts";
import { remember } from "../../../src/observe/seen.ts";
import type { Change, Plan } from "../../../src/plan/change.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { collect } from "../../support/collect.ts";
import { benchOf } from "../../support/fakes/bench.ts";
import { addNamespaces, fakeWorld } from "../../support/fakes/world.ts";

const map = { kind: "scopemap.azurecr.io", name: "m" } as const;
const token = { kind: "token.azurecr.io", name: "t" } as const;
const secret = { kind: "secret", namespace: "demo", name: "acr" } as const;
const account = (name: string) => ({ kind: "serviceaccount", namespace: "demo", name }) as const;

const makeMap: Change = { act: "create", to: map, after: ["a"], because: "there is none" };
const makeToken: Change = { act: "create", to: token, after: ["m"], because: "there is none" };
const mint: Change = { act: "mint", to: token, slot: "password1", inNew: true, because: "there is none" };
const entry = { hosts: ["r.azurecr.io"], kind: "acr-token", identity: "t" };
const store: Change = { act: "store", to: secret, entry, stands: undefined, replaces: false, because: "there is none" };
const login = { username: "t", password: new Sensitive("hunter2") };
const no = () => new CliError("forbidden", "no");

type Hand = (change: Change) => Promise<object>;

/** Tools of which a test says what is carried out, and how; what it does not name is no part of the plan. */
function bench({
  carry = async () => ({ login }),
  run = newRun(),
  dryRun = false,
  halted = () => false,
}: {
  carry?: Hand;
  run?: Run;
  dryRun?: boolean;
  halted?: () => boolean;
} = {}): Bench & { readonly carried: string[]; readonly unhalted: () => number } {
  const carried: string[] = [];
  let unhalted = 0;
  const unused = () => expect.unreachable("no part of this plan");
  const tools: Tools = {
    cluster: unused,
    registry: unused,
    carry: async (change) => {
      carried.push(`${change.act} ${change.to.name}`);
      return carry(change);
    },
    removal: ({ to }) => `remove ${to.name}`,
    write: { dryRun, fieldManager: "me" },
    force: false,
    sleep: async () => {},
    now: () => new Date("2026-01-01T00:00:00Z"),
    runId: "this-run",
    during: (_, work) => work(),
    halted,
    unhalted: (work) => {
      unhalted++;
      return work();
    },
    width: () => 8,
  };
  return { tools, run, seen: new Map(), carried, unhalted: () => unhalted };
}

const short = ({ change: { act, to }, error, left }: Outcome) => `${act} ${to.name}${error ? " failed" : ""}${left ? ` left ${left}` : ""}`;

test("changes go one after the other, and the login that is made is in hand for the next", async () => {
  const at = bench();

  expect((await applyWhole([makeMap, makeToken, mint], at)).map(short)).toEqual(["create m", "create t", "mint t"]);
  expect(at.carried).toEqual(["create m", "create t", "mint t"]);
  expect(at.run.login).toBe(login);
});

test("when one fails, it and those before it are taken back, the last first", async () => {
  const at = bench({
    carry: async ({ act }) => {
      if (act === "mint") throw no();
      return {};
    },
  });

  await expect(applyWhole([makeMap, makeToken, mint], at)).rejects.toMatchObject({ kind: "forbidden", message: "no", hint: undefined });
  expect(at.carried).toEqual(["create m", "create t", "mint t", "delete t", "delete m"]);
  expect(at.unhalted()).toBe(1);
});

test("what cannot be taken back is told with the error, and does not keep the rest from it", async () => {
  const at = bench({
    carry: async ({ act, to }) => {
      if (act === "mint" || (act === "delete" && to.name === "t")) throw no();
      return {};
    },
  });

  await expect(applyWhole([makeMap, makeToken, mint], at)).rejects.toMatchObject({
    kind: "forbidden",
    message: "no",
    hint: "what this run made could not be taken back: remove t",
  });
  expect(at.carried.slice(-2)).toEqual(["delete t", "delete m"]);
});

test("after an interruption nothing is begun, and what was done is taken back", async () => {
  let done = 0;
  const at = bench({ carry: async () => ({ done: done++ }), halted: () => done > 0 });

  await expect(applyWhole([makeMap, makeToken, mint], at)).rejects.toMatchObject({ kind: "cancelled" });
  expect(at.carried).toEqual(["create m", "delete m"]);
});

test("a defect is not taken for a refusal", async () => {
  const at = bench({
    carry: async () => {
      throw new TypeError("a defect");
    },
  });

  await expect(applyWhole([makeMap], at)).rejects.toThrow(TypeError);
});

test("in a dry run nothing outside of the cluster is touched, nor taken back", async () => {
  const at = bench({ dryRun: true });

  const done = await applyWhole([makeMap, makeToken, mint], at);

  expect(done.map(short)).toEqual(["create m", "create t", "mint t"]);
  expect(await takeBack(done, at.tools)).toEqual([]);
  expect(at.carried).toEqual([]);
});

test("what nobody can carry out is an error, and is never told as done", async () => {
  const nobody = bench({ carry: () => Promise.reject(new CliError("internal", "nobody makes this")) });
  const elsewhere: Change = { act: "create", to: account("default"), because: "" };

  expect((await collect(apply([mint], nobody))).map(short)).toEqual(["mint t failed"]);
  expect((await collect(apply([elsewhere], bench()))).map(short)).toEqual(["create default failed"]);
});

test.for<{ change: Change }>([
  { change: { act: "prove", to: { kind: "registry", name: "r" }, repositories: ["a"], fresh: true } },
  { change: store },
])("$change.act without a login is an error, outside of a dry run", async ({ change }) => {
  const [outcome] = await collect(apply([change], bench()));

  expect(outcome?.error).toMatchObject({ kind: "internal" });
});

const keepOf = (name: string, needs?: string): Change => ({
  act: "keep",
  to: account(name),
  because: "",
  ...(needs && { needs: account(needs) }),
});
const failing = (name: string): Change => ({ act: "create", to: account(name), because: "" });

test("what needs a change that failed is left, and so is what needs that", async () => {
  const plan: Plan = [failing("a"), keepOf("b", "a"), keepOf("c", "b"), keepOf("d"), keepOf("e", "d"), keepOf("f", "unheard of")];

  expect((await collect(apply(plan, bench()))).map(short)).toEqual([
    "create a failed",
    "keep b left failed",
    "keep c left failed",
    "keep d",
    "keep e",
    "keep f",
  ]);
});

test("what is told does not stand for the object that it is told of", async () => {
  const tell: Change = { act: "tell", to: account("a"), says: "look" };

  expect((await collect(apply([failing("a"), tell, keepOf("b", "a")], bench()))).map(short)).toEqual([
    "create a failed",
    "tell a",
    "keep b left failed",
  ]);
});

test("after an interruption what is to be done is left, and what is to be told is told", async () => {
  const tell: Change = { act: "tell", to: account("a"), says: "look" };

  const outcomes = await collect(apply([keepOf("a"), tell], bench({ halted: () => true })));

  expect(outcomes.map(short)).toEqual(["keep a left interrupted", "tell a"]);
  expect(outcomes[1]?.says).toEqual(["look"]);
});

test("what needs a change that an interruption left is left by it too", async () => {
  expect((await collect(apply([keepOf("a"), keepOf("b", "a")], bench({ halted: () => true })))).map(short)).toEqual([
    "keep a left interrupted",
    "keep b left interrupted",
  ]);
});

test("a sketch of a plan has an outcome for each change, and asks nobody", () => {
  const plan: Plan = [makeMap, makeToken, mint, { act: "tell", to: token, says: "look" }, store];

  const outcomes = sketch(plan, bench({ carry: () => Promise.reject(new Error("asked")) }));

  expect(outcomes.map(({ change }) => change)).toEqual(plan);
  expect(outcomes[3]?.says).toEqual(["look"]);
  expect(outcomes[4]?.object).toMatchObject({ kind: "Secret", metadata: { name: "acr", namespace: "demo" } });
});

test("a sketch of a Secret whose password is there already holds it", () => {
  const [outcome] = sketch([store], bench({ run: newRun(login) }));
  const { data = {} } = (outcome?.object ?? {}) as { data?: Record<string, string> };

  expect(Buffer.from(data[".dockerconfigjson"] ?? "", "base64").toString()).toContain("hunter2");
});

/** A defect in what carries a change out. */
const broken: Hand = async () => {
  throw new TypeError("a defect");
};

test("a defect while a plan is carried out ends it, and one while it is taken back too", async () => {
  await expect(collect(apply([makeMap], bench({ carry: broken })))).rejects.toThrow(TypeError);
  await expect(takeBack([{ change: makeMap }], bench({ carry: broken }).tools)).rejects.toThrow(TypeError);
});

test("where there is nothing to take back nobody is told that something is", async () => {
  const at = bench();

  expect(await takeBack([{ change: keepOf("a") }], at.tools)).toEqual([]);
  expect(at.unhalted()).toBe(0);
});

test("what was done, and what could not be taken back, is told of each", async () => {
  const at = bench({ carry: () => Promise.reject(no()) });

  const kept = await takeBack([{ change: makeMap }, { change: makeToken }], at.tools);

  expect(kept.map(({ change, error, says }) => [change.act, change.to.name, error?.message, says])).toEqual([
    ["delete", "t", "no", ["what this run made could not be taken back: remove t"]],
    ["delete", "m", "no", ["what this run made could not be taken back: remove m"]],
  ]);
});

test("several things that are left behind are one hint", async () => {
  const at = bench({
    carry: async ({ act }) => {
      if (act === "mint" || act === "delete") throw no();
      return {};
    },
  });

  await expect(applyWhole([makeMap, makeToken, mint], at)).rejects.toMatchObject({
    hint: "what this run made could not be taken back: remove t; what this run made could not be taken back: remove m",
  });
});

test("what is kept is shown as it was seen", async () => {
  const object = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "a", namespace: "demo" } } as const;
  const [outcome] = await collect(apply([keepOf("a")], { ...bench(), seen: remember([object], undefined) }));

  expect(outcome?.object).toBe(object);
});

const claim = (repositories: string[]): Change => ({
  act: "prove",
  to: { kind: "registry", name: "myregistry.azurecr.io" },
  repositories,
  fresh: false,
});

test("a proof tells which repositories nothing is known of, and which image it was", async () => {
  const world = fakeWorld();
  world.azure.users.set("t", "hunter2");
  const at = benchOf(world, { run: newRun(login) });

  const [outcome] = await collect(apply([claim(["app/web", "app/next", "app/last"])], at));

  expect(outcome?.says).toEqual(
    ["app/next", "app/last"].map((name) => `no image of myregistry.azurecr.io/${name} is known, so nothing shows that it can be pulled`),
  );
  expect(at.run.proven).toMatchObject({ repository: "app/web", reference: "1" });
  expect(at.shown).toEqual(["Asking myregistry.azurecr.io for a manifest as t"]);
});

test("a rehearsal is one of the server, and nothing is there afterwards", async () => {
  const world = fakeWorld();
  addNamespaces(world.cluster, "demo");
  const rehearsal: Change = { act: "rehearse", to: secret, stands: undefined, replaces: false };

  expect(await collect(apply([rehearsal], benchOf(world)))).toEqual([{ change: rehearsal }]);
  expect(world.asking.all).toEqual(["create secret demo/acr (dry run)"]);
});

test("what is under way is shown", async () => {
  const world = fakeWorld();
  const at = benchOf(world, { carry: async () => ({ login }) });

  const done = await applyWhole([makeMap, makeToken, mint], at);
  await takeBack(done, at.tools);

  expect(at.shown).toEqual(["Writing scopemap m", "Writing token t", "Making a password of token t", "Taking back what was made in Azure"]);
});

test("an interruption is told as one", async () => {
  await expect(applyWhole([makeMap], bench({ halted: () => true }))).rejects.toMatchObject({ kind: "cancelled", message: "interrupted" });
});
