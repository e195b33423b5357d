import { expect, test } from "vitest";
import { CliError, Conflict, Interrupted } from "../../../src/errors.ts";
import { openInterruption } from "../../../src/interruption.ts";
import { type Decide, type Decision, type Editing, edit, outcomeOf } from "../../../src/kube/edit.ts";
import { merged, type ServiceAccount } from "../../../src/objects.ts";
import { lost } from "../../support/demo.ts";
import { is, losing, refusing } from "../../support/fakes/asked.ts";
import { account } from "../../support/fakes/cluster.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";

const to = { kind: "serviceaccount", namespace: "demo", name: "app" } as const;
/** Creates the namespace `demo`. */
function demo(): FakeWorld {
  const world = fakeWorld();
  addNamespaces(world.cluster, "demo");
  return world;
}
const put = (world: FakeWorld, ...names: string[]) => world.cluster.put(account("demo", "app", names));
const stored = (world: FakeWorld) => world.cluster.get("serviceaccount", "demo", "app");
const listOf = (object: ServiceAccount | undefined) => object?.imagePullSecrets?.map(({ name }) => name);

/** Creates the account with `acr`, or adds `acr` to its list. */
const adds: Decide<"serviceaccount"> = (old) => {
  if (!old) return { act: "create", object: account("demo", "app", ["acr"]) };
  const names = listOf(old) ?? [];
  if (names.includes("acr")) return { act: "keep", because: "listed" };
  return { act: "patch", patch: { imagePullSecrets: [...names, "acr"].map((name) => ({ name })) }, because: "missing" };
};
const removes: Decide<"serviceaccount"> = (old) => (old ? { act: "delete", because: "unused" } : { act: "keep", because: "absent" });
const always =
  (decision: Decision): Decide<"serviceaccount"> =>
  () =>
    decision;

const isWrite = is("patch serviceaccount demo/app");
/** Another client writes these names before the first write, or deletes the object. */
function racing(world: FakeWorld, names: string[] | undefined): void {
  const undo = world.asking.around(async (asked, next) => {
    if (!asked.writes) return next();
    undo();
    if (names) put(world, ...names);
    else world.cluster.remove("serviceaccount", "demo", "app");
    return next();
  });
}

type Case = {
  readonly when: string;
  readonly given?: (world: FakeWorld) => unknown;
  readonly decide?: Decide<"serviceaccount">;
  readonly dryRun?: Editing["dryRun"];
  /** The object is passed as it was listed. Otherwise it is read. */
  readonly isKnown?: true;
  readonly does: string;
  /** The list that the server then has; absent if the object does not exist. */
  readonly leaves?: readonly string[];
  /** The list in the result, if it differs. */
  readonly returns?: readonly string[];
  readonly asks: readonly string[];
};

const get = "get serviceaccount demo/app";
const patch = "patch serviceaccount demo/app";
const post = "create serviceaccount demo/app";
const remove = "delete serviceaccount demo/app";

test.for<Case>([
  { when: "it does not exist", does: "created", leaves: ["acr"], asks: [get, post] },
  { when: "it differs", given: (world) => put(world, "a"), does: "configured", leaves: ["a", "acr"], asks: [get, patch] },
  { when: "it is as wanted", given: (world) => put(world, "acr"), does: "unchanged", leaves: ["acr"], asks: [get] },
  { when: "it is unused", given: (world) => put(world), decide: removes, does: "deleted", asks: [get, remove] },
  { when: "it was listed", given: (world) => put(world, "a"), isKnown: true, does: "configured", leaves: ["a", "acr"], asks: [patch] },
  {
    when: "it has changed since it was listed",
    given: (world) => racing(world, ["b"]) ?? put(world, "a"),
    isKnown: true,
    does: "configured",
    leaves: ["b", "acr"],
    asks: [patch, get, patch],
  },
  {
    when: "another client does the same first",
    given: (world) => racing(world, ["acr"]) ?? put(world),
    does: "unchanged",
    leaves: ["acr"],
    asks: [get, patch, get],
  },
  {
    when: "another client creates it first",
    given: (world) => racing(world, ["b"]),
    does: "configured",
    leaves: ["b", "acr"],
    asks: [get, post, get, patch],
  },
  {
    when: "another client deletes it before the patch",
    given: (world) => racing(world, undefined) ?? put(world, "a"),
    does: "created",
    leaves: ["acr"],
    asks: [get, patch, get, post],
  },
  {
    when: "another client deletes it first",
    given: (world) => racing(world, undefined) ?? put(world, "a"),
    decide: removes,
    does: "unchanged",
    asks: [get, remove, get],
  },
  {
    when: "the response is lost and the patch was applied",
    given: (world) => world.asking.around(losing(isWrite, lost)) && put(world, "a"),
    does: "configured",
    leaves: ["a", "acr"],
    asks: [get, patch, get],
  },
  {
    when: "the response is lost and the patch was not applied",
    given: (world) => world.asking.around(refusing(isWrite, lost, 1)) && put(world, "a"),
    does: "configured",
    leaves: ["a", "acr"],
    asks: [get, patch, get, patch],
  },
  {
    when: "the response to a create is lost and the object exists",
    given: (world) => world.asking.around(losing(is(post), lost)),
    does: "created",
    leaves: ["acr"],
    asks: [get, post, get],
  },
  {
    when: "the response to a delete is lost and the object is gone",
    given: (world) => world.asking.around(losing(is(remove), lost)) && put(world, "a"),
    decide: removes,
    does: "deleted",
    asks: [get, remove, get],
  },
  {
    when: "--dry-run=client",
    given: (world) => put(world, "a"),
    dryRun: "client",
    does: "configured",
    leaves: ["a"],
    returns: ["a", "acr"],
    asks: [get],
  },
  { when: "it does not exist and --dry-run=client", dryRun: "client", does: "created", returns: ["acr"], asks: [get] },
  {
    when: "--dry-run=server",
    given: (world) => put(world, "a"),
    dryRun: "server",
    does: "configured",
    leaves: ["a"],
    returns: ["a", "acr"],
    asks: [get, `${patch} (dry run)`],
  },
])("edits an object when $when: $does", async ({ given, decide = adds, dryRun = "none", isKnown, does, leaves, returns, asks }) => {
  const world = demo();
  given?.(world);
  const object = stored(world);

  const edited = await edit(to, decide, editingOf(world, dryRun), isKnown && { object });

  expect(outcomeOf(to, edited)).toMatchObject({ to, result: does });
  expect(listOf(stored(world))).toEqual(leaves);
  expect(listOf(edited.object)).toEqual(returns ?? leaves);
  expect(world.asking.all).toEqual(asks);
});

test("edit gives no reason of its own for a patch", async () => {
  const decide: Decide<"serviceaccount"> = () => ({ act: "patch", patch: {} });
  const world = demo();
  put(world, "a");

  expect(outcomeOf(to, await edit(to, decide, editingOf(world))).because).toBeUndefined();
});

function editingOf(world: FakeWorld, dryRun: Editing["dryRun"] = "none"): Editing & { readonly slept: number[]; interrupt(): void } {
  const interruption = openInterruption();
  const cluster = world.cluster.open({ kube: { forward: [], requestTimeout: 0 }, interruption });
  const slept: number[] = [];
  return {
    cluster: () => cluster,
    dryRun,
    fieldManager: "kubectl-acr-secret",
    sleep: async (milliseconds) => void slept.push(milliseconds),
    jitter: () => 0.5,
    uninterrupted: interruption.uninterrupted,
    slept,
    interrupt: interruption.interrupt,
  };
}

test("keeps the names that 40 other writes add, and waits longer after each, at most a tenth of a second", async () => {
  const world = demo();
  put(world);
  let names: string[] = [];
  world.asking.around(async (asked, next) => {
    if (!isWrite(asked) || names.length === 40) return next();
    names = [...names, `x-${names.length}`];
    put(world, ...names);
    return next();
  });
  const editing = editingOf(world);

  expect(listOf((await edit(to, adds, editing)).object)).toEqual([...names, "acr"]);
  expect(editing.slept.slice(0, 3)).toEqual([5, 10, 15]);
  expect(editing.slept.slice(-3)).toEqual([100, 100, 100]);
});

test("fails after 60 conflicts", async () => {
  const world = demo();
  put(world);
  world.asking.around(refusing(isWrite, () => new Conflict("modified")));

  await expect(edit(to, adds, editingOf(world))).rejects.toThrow("modified");
  expect(world.asking.writes).toHaveLength(60);
});

test.for([
  {
    when: "the decision refuses",
    decide: always({ act: "refuse", error: new CliError("invalid", "not ours") }),
    message: "not ours",
    writes: [],
  },
  { when: "the server refuses", decide: adds, error: () => new CliError("forbidden", "no"), message: "no", writes: [patch] },
  {
    when: "the response is lost and the object cannot be read",
    decide: adds,
    error: lost,
    message: "the answer was lost",
    writes: [patch],
    unreadable: true,
  },
])("fails when $when, and writes nothing more", async ({ decide, error, message, writes, unreadable }) => {
  const world = demo();
  put(world, "a");
  let isLater = false;
  world.asking.around(async (asked, next) => {
    if (unreadable && isLater && asked.call === "get") throw new CliError("unreachable", "gone");
    if (!asked.writes || !error) return next();
    isLater = true;
    throw error();
  });

  await expect(edit(to, decide, editingOf(world))).rejects.toThrow(message);
  expect(world.asking.writes).toEqual(writes);
  expect(listOf(stored(world))).toEqual(["a"]);
});

test.for([
  { applied: true, ends: "configured" },
  { applied: false, ends: undefined },
])("reports a write during which the run is interrupted only if it was applied: $applied", async ({ applied, ends }) => {
  const world = demo();
  put(world, "a");
  const editing = editingOf(world);
  world.asking.around(async (asked, next) => {
    if (!isWrite(asked)) return next();
    if (applied) await next();
    editing.interrupt();
    throw new Interrupted();
  });

  const end = await edit(to, adds, editing).then(
    (edited) => outcomeOf(to, edited).result,
    (error: unknown) => {
      expect(error).toBeInstanceOf(Interrupted);
    },
  );

  expect(end).toBe(ends);
  expect(world.asking.writes).toHaveLength(1);
});

test("sends a patch with the uid and the version that was read", async () => {
  const world = demo();
  const { uid, resourceVersion } = put(world, "a").metadata;
  const editing = editingOf(world);
  const bodies: object[] = [];
  const cluster = editing.cluster();
  const write: typeof cluster.write = (of, how, options) => {
    bodies.push(how);
    return cluster.write(of, how, options);
  };

  await edit(to, adds, { ...editing, cluster: () => ({ ...cluster, write }) });

  expect(bodies).toEqual([{ patch: { metadata: { uid, resourceVersion }, imagePullSecrets: [{ name: "a" }, { name: "acr" }] } }]);
});

test("adds the note of a decision to its outcome", async () => {
  const note = { messages: ["look"], ids: ["secret-missing"] };

  const edited = await edit(to, always({ act: "keep", because: "absent", note }), editingOf(demo()));

  expect(outcomeOf(to, edited)).toEqual({ to, result: "unchanged", because: "absent", object: undefined, before: undefined, ...note });
});

test.for([
  { why: "null removes a field", object: { a: 1, b: 2 }, patch: { a: null }, after: { b: 2 } },
  { why: "objects are merged", object: { a: { b: 1, c: 2 } }, patch: { a: { b: 3 } }, after: { a: { b: 3, c: 2 } } },
  { why: "lists are replaced", object: { a: [1, 2] }, patch: { a: [3] }, after: { a: [3] } },
  { why: "a new object", object: {}, patch: { a: { b: 1, c: null } }, after: { a: { b: 1 } } },
  { why: "undefined changes nothing", object: { a: 1 }, patch: { a: undefined }, after: { a: 1 } },
])("merges a patch as RFC 7386 says: $why", ({ object, patch: change, after }) => {
  expect(merged<object>(object, change)).toEqual(after);
});
