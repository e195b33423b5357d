import { expect, test } from "vitest";
import { type ChangeOutcome, isDone } from "../../../src/actions/outcome.ts";
import { CliError } from "../../../src/errors.ts";
import type { Secret } from "../../../src/objects.ts";
import type { Change, Refer } from "../../../src/plan/change.ts";
import { entryMetadata, fingerprint } from "../../../src/secret/entry.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { cleanUp, type OwnedObject, ownedObjectKey, ownedObjectOf } from "../../../src/workflows/clean-up.ts";
import { is } from "../../support/fakes/asked.ts";
import { account } from "../../support/fakes/cluster.ts";
import { envOf } from "../../support/fakes/env.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { targetObject } from "../../support/situations/target-objects.ts";

const to = { kind: "secret", name: "acr", namespace: "demo" } as const;
const host = "r.azurecr.io";
const attach: Refer = {
  act: "attach",
  to: { kind: "serviceaccount", name: "default", namespace: "demo" },
  secret: "acr",
  before: [],
  after: ["acr"],
};

const entry = { hosts: [host], kind: "entra", identity: "u", slot: "jti-1" };
const login = fingerprint({ username: "u", password: new Sensitive("p") });

const secretWith = (auths: object): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "acr", namespace: "demo", ...entryMetadata([entry]) },
  type: "kubernetes.io/dockerconfigjson",
  data: { ".dockerconfigjson": Buffer.from(JSON.stringify({ auths })).toString("base64") },
});

const ours = { [host]: { username: "u", password: "p" } };

/** Creates a namespace with an attached Secret, and the run's records of both. */
function made(): { readonly world: FakeWorld; readonly objects: readonly OwnedObject[] } {
  const world = fakeWorld();
  addNamespaces(world.cluster, "demo");
  world.cluster.put(account("demo", "default", ["acr"]));
  const { metadata } = world.cluster.put(secretWith(ours));
  return { world, objects: [{ act: "store", to, uid: metadata.uid ?? "", entry, login, created: true }, attach] };
}

const lines = (outcomes: readonly ChangeOutcome[]) =>
  outcomes.map(({ change, left, messages = [] }) => [change.act, change.to.name, left ?? "done", ...messages]);

test("removes in reverse order, also after an interruption", async () => {
  const { world, objects } = made();
  const { tools, interrupt } = envOf(world);
  interrupt();

  expect(lines(await cleanUp(objects, tools))).toEqual([
    ["detach", "default", "done"],
    ["delete", "acr", "done"],
  ]);
  expect(world.asking.writes).toEqual(["patch serviceaccount demo/default", "delete secret demo/acr"]);
  expect(world.cluster.get("serviceaccount", "demo", "default")).not.toHaveProperty("imagePullSecrets");
});

test("reads again when another has written since", async () => {
  const { world, objects } = made();
  const { tools, slept } = envOf(world);
  let rounds = 0;
  world.asking.around(async (asked, next) => {
    if (is("delete secret")(asked) && ++rounds <= 9) world.cluster.put({ ...secretWith(ours), immutable: rounds % 2 === 0 });
    return next();
  });

  expect(lines(await cleanUp(objects.slice(0, 1), tools))).toEqual([["delete", "acr", "done"]]);
  expect(slept).toEqual(Array(9).fill(5));
});

test("keeps a login that another has added in between", async () => {
  const { world, objects } = made();
  world.asking.around(async (asked, next) => {
    if (is("delete secret")(asked)) world.cluster.put(secretWith({ ...ours, "ghcr.io": { username: "a", password: "b" } }));
    return next();
  });

  expect(lines(await cleanUp(objects.slice(0, 1), envOf(world).tools))).toEqual([
    ["keep", "acr", "failed", "secret/acr is kept: it holds other logins"],
  ]);
  expect(world.cluster.get("secret", "demo", "acr")).toBeDefined();
});

test("keeps a Secret that another user has created in its place", async () => {
  const { world, objects } = made();
  world.cluster.remove("secret", "demo", "acr");
  world.cluster.put(secretWith(ours));

  expect(lines(await cleanUp(objects.slice(0, 1), envOf(world).tools))).toEqual([
    ["keep", "acr", "failed", "secret/acr is kept: it was recreated"],
  ]);
  expect(world.cluster.get("secret", "demo", "acr")).toBeDefined();
});

test.for<{ why: string; secret: Secret; because: string }>([
  {
    why: "another login, and its own annotation",
    secret: { ...secretWith({ [host]: { username: "token", password: "lasting" } }) },
    because: "another user replaced its login",
  },
  {
    why: "the annotation of another credential",
    secret: {
      ...secretWith(ours),
      metadata: {
        ...secretWith(ours).metadata,
        ...entryMetadata([{ hosts: [host], kind: "acr-token", identity: "u", slot: "password1" }]),
      },
    },
    because: "another user replaced its login",
  },
  {
    why: "the token of another run",
    secret: { ...secretWith(ours), metadata: { ...secretWith(ours).metadata, ...entryMetadata([{ ...entry, slot: "jti-2" }]) } },
    because: "another user replaced its login",
  },
  {
    why: "a login of another registry in addition",
    secret: secretWith({ ...ours, "ghcr.io": { username: "a", password: "b" } }),
    because: "it holds other logins",
  },
])("keeps a Secret and the entries that name it when it holds $why", async ({ secret, because }) => {
  const { world, objects } = made();
  world.cluster.put(secret);

  expect(lines(await cleanUp(objects, envOf(world).tools))).toEqual([
    ["keep", "default", "failed", `serviceaccount/default keeps secret/acr: ${because}`],
    ["keep", "acr", "failed", `secret/acr is kept: ${because}`],
  ]);
  expect(world.asking.writes).toEqual([]);
});

test("removes an entry that names a Secret which the run has not created", async () => {
  const { world, objects } = made();
  const [stored] = objects;

  expect(lines(await cleanUp([{ ...stored, created: false } as OwnedObject, attach], envOf(world).tools))).toEqual([
    ["detach", "default", "done"],
  ]);
});

test("prints the command when a Secret may not be deleted", async () => {
  const { world, objects } = made();
  const error = new CliError("forbidden", "no");
  world.asking.around((asked, next) => (is("delete secret")(asked) ? Promise.reject(error) : next()));

  expect(await cleanUp(objects.slice(0, 1), envOf(world).tools)).toMatchObject([
    { change: { act: "delete" }, error, messages: ["secret/acr was not deleted"], fix: { kubectl: "delete secret", args: ["acr"] } },
  ]);
});

test("reports nothing when the Secret was deleted", async () => {
  const { world, objects } = made();
  world.cluster.remove("secret", "demo", "acr");
  world.cluster.remove("serviceaccount", "demo", "default");

  expect(lines(await cleanUp(objects, envOf(world).tools))).toEqual([
    ["keep", "default", "failed"],
    ["keep", "acr", "failed"],
  ]);
});

test("removes the others when one fails, and throws a defect", async () => {
  const { world, objects } = made();
  let error: Error = new CliError("forbidden", "no");
  world.asking.around((asked, next) => (is("patch serviceaccount")(asked) ? Promise.reject(error) : next()));

  const [first, second] = await cleanUp(objects, envOf(world).tools);
  expect(first).toMatchObject({
    change: { act: "delete", because: "the run has ended" },
    error,
    messages: ["secret/acr is still attached"],
    fix: { verb: "detach", secret: "acr", serviceaccounts: ["default"] },
  });
  expect(second).toMatchObject({ change: { act: "delete", because: "the run has ended" } });
  error = new Error("a defect");
  await expect(cleanUp(objects, envOf(world).tools)).rejects.toBe(error);
});

const store: Change = {
  act: "store",
  to,
  entry,
  precondition: undefined,
  because: "it does not exist",
};
const object = { ...secretWith(ours), metadata: { name: "acr", uid: "u-1" } };

const written = { act: "store", to, uid: "u-1", entry, login, created: true } as const;
const rewrite: ChangeOutcome = { change: { ...store, precondition: { uid: "u-1", version: "1" } }, object };

test.for<{ why: string; outcome: ChangeOutcome; before?: OwnedObject; owned: OwnedObject | undefined }>([
  { why: "a new Secret", outcome: { change: store, object }, owned: written },
  { why: "a new entry of a list", outcome: { change: attach }, owned: attach },
  { why: "a Secret that it did not create", outcome: rewrite, owned: { ...written, created: false } },
  {
    why: "a Secret that it created and has written again",
    outcome: rewrite,
    before: { ...written, entry: { ...entry, slot: "jti-0" }, login: "before" },
    owned: written,
  },
  {
    why: "a Secret that another user created after the one of the run",
    outcome: rewrite,
    before: { ...written, uid: "u-0" },
    owned: { ...written, created: false },
  },
  { why: "no entry that existed before", outcome: { change: { act: "keep", to: attach.to, because: "" } }, owned: undefined },
  { why: "nothing for a change that failed", outcome: { change: attach, error: new CliError("forbidden", "no") }, owned: undefined },
  { why: "nothing for a change that was not tried", outcome: { change: attach, left: "interrupted" }, owned: undefined },
])("records the objects of a run: $why", ({ outcome, before, owned }) => {
  expect(isDone(outcome) ? ownedObjectOf(outcome, before) : undefined).toEqual(owned);
});

test("distinguishes a Secret from a list of the same name", () => {
  const named = { kind: "secret", name: "default", namespace: "demo" } as const;

  expect(new Set([attach, { ...written, to: named }, { ...attach, after: [] }].map(ownedObjectKey)).size).toBe(2);
});

test("reports a workload that keeps the name by its own name", async () => {
  const { world } = made();
  const to = { kind: "deployment.apps", namespace: "demo", name: "web" } as const;
  world.cluster.put(targetObject("deployment", { namespace: "demo" }, ["acr"]) as never);
  world.asking.around((asked, next) => (is("patch")(asked) ? Promise.reject(new CliError("forbidden", "no")) : next()));

  const [outcome] = await cleanUp([{ act: "attach", to, secret: "acr", before: [], after: ["acr"] }], envOf(world).tools);

  expect(outcome).toMatchObject({
    messages: ["secret/acr is still attached"],
    fix: { verb: "detach", secret: "acr", targets: ["deployment/web"] },
  });
});
