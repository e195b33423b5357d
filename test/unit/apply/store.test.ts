import { expect, test } from "vitest";
import { store } from "../../../src/apply/store.ts";
import { newRun, type Run } from "../../../src/apply/tools.ts";
import type { Login } from "../../../src/context.ts";
import { CliError, Conflict } from "../../../src/errors.ts";
import type { Secret } from "../../../src/objects.ts";
import type { Store } from "../../../src/plan/change.ts";
import { encodeDockerConfig } from "../../../src/secret/docker-config.ts";
import { type Entry, readEntries } from "../../../src/secret/entry.ts";
import { pullSecret } from "../../../src/secret/pull-secret.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { type Asked, is, losing, refusing } from "../../support/fakes/asked.ts";
import { benchOf } from "../../support/fakes/bench.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";

const host = "myregistry.azurecr.io";
const to = { kind: "secret", namespace: "demo", name: "acr-myregistry" } as const;
const image = { host, repository: "app/web", reference: "1" };
const ours: Login = { username: "ci", password: new Sensitive("ours") };
const entry: Entry = { hosts: [host], kind: "given", identity: "ci" };
const change = (more: Partial<Store> = {}): Store => ({
  act: "store",
  to,
  entry,
  stands: undefined,
  replaces: false,
  because: "there is none",
  ...more,
});

const refused = () => new CliError("forbidden", "no");
const really = (text: string) => (asked: Asked) => is(text)(asked) && !asked.dryRun;

/** A world with a namespace, where `ci` may pull with the password `ours`. */
function world(): FakeWorld {
  const made = fakeWorld();
  addNamespaces(made.cluster, "demo");
  made.azure.users.set("ci", "ours");
  return made;
}

/** A Secret of this plugin with another login, as the server has it. */
function put(
  { cluster }: FakeWorld,
  { username = "ci", password = "theirs", of = entry }: { username?: string; password?: string; of?: Entry } = {},
): Secret {
  const login = { username, password: new Sensitive(password) };
  return cluster.put(pullSecret(to, of, encodeDockerConfig(host, login)), "kubectl-acr-secret");
}

const standing = ({ metadata: { uid = "", resourceVersion: version = "" } }: Secret) => ({ uid, version });
const secretIn = ({ cluster }: FakeWorld) => cluster.get("secret", "demo", "acr-myregistry");
const entryIn = (in_: FakeWorld) => readEntries(secretIn(in_) ?? { metadata: { name: "" } })?.[0];
const run = (more: Partial<Run> = {}): Run => ({ ...newRun(ours, [image]), ...more });

/** Does something before a call, the first time. */
function before(in_: FakeWorld, call: string, act: () => void): void {
  const undo = in_.asking.around(async (asked, next) => {
    if (really(call)(asked)) {
      undo();
      act();
    }
    return next();
  });
}

test("a Secret is made where there was none, with the login and what is noted of it", async () => {
  const in_ = world();

  const outcome = await store(change(), benchOf(in_, { run: run() }));

  expect(in_.loginIn("demo")).toMatchObject({ username: "ci", password: "ours" });
  expect(entryIn(in_)).toEqual(entry);
  expect(outcome).toMatchObject({ change: { act: "store", because: "there is none" }, object: secretIn(in_) });
});

test.for<{ why: string; of: Partial<Entry>; made: Run["made"]; noted: Partial<Entry> }>([
  { why: "nothing is known of it", of: {}, made: undefined, noted: {} },
  { why: "when Azure made it, and until when", of: {}, made: { madeAt: "M", expiresAt: "E" }, noted: { madeAt: "M", expiresAt: "E" } },
  {
    why: "Azure's end counts more than the one that was wished",
    of: { expiresAt: "wished" },
    made: { expiresAt: "E" },
    noted: { expiresAt: "E" },
  },
  {
    why: "the wished end, where Azure tells none",
    of: { expiresAt: "wished" },
    made: { madeAt: "M" },
    noted: { madeAt: "M", expiresAt: "wished" },
  },
  {
    why: "the noted moment, of a login that is held already",
    of: { madeAt: "old", expiresAt: "end" },
    made: undefined,
    noted: { madeAt: "old", expiresAt: "end" },
  },
])("the moments of a password are noted: $why", async ({ of, made, noted }) => {
  const in_ = world();

  await store(change({ entry: { ...entry, ...of } }), benchOf(in_, { run: run(made && { made }) }));

  expect(JSON.stringify(entryIn(in_))).toBe(JSON.stringify({ ...entry, ...noted }));
});

test("a Secret that stands is written on the version that was seen, and keeps what else is on it", async () => {
  const in_ = world();
  const old = in_.cluster.put(
    { ...put(in_), metadata: { ...put(in_).metadata, labels: { ...put(in_).metadata.labels, team: "web" } } },
    "kubectl-acr-secret",
  );

  await store(change({ stands: standing(old) }), benchOf(in_, { run: run() }));

  expect(in_.loginIn("demo")?.password).toBe("ours");
  expect(secretIn(in_)?.metadata).toMatchObject({ uid: old.metadata.uid, labels: { team: "web" } });
});

test.for<{ why: string; beside: (in_: FakeWorld) => void; gives: object; password: string }>([
  {
    why: "it pulls, so it stays",
    beside: (in_) => {
      in_.azure.users.set("other", "theirs");
      put(in_, { username: "other", of: { ...entry, identity: "other" } });
    },
    gives: { change: { act: "keep", to, because: "another run wrote a credential that pulls" } },
    password: "theirs",
  },
  { why: "the registry refuses it, so it goes", beside: (in_) => void put(in_), gives: { change: { act: "store" } }, password: "ours" },
  {
    why: "another's that the registry refuses goes as well",
    beside: (in_) => void put(in_, { username: "other", of: { ...entry, identity: "other" } }),
    gives: { change: { act: "store" } },
    password: "ours",
  },
  {
    why: "it is ours already",
    beside: (in_) => void put(in_, { password: "ours" }),
    gives: { change: { act: "store" } },
    password: "ours",
  },
])("another run writes a Secret first: $why", async ({ beside, gives, password }) => {
  const in_ = world();
  before(in_, "create secret", () => beside(in_));

  const outcome = await store(change(), benchOf(in_, { run: run() }));

  expect(outcome).toMatchObject({ ...gives, object: secretIn(in_) });
  expect(in_.loginIn("demo")?.password).toBe(password);
});

test("what another wrote and that nobody can tell of is not lost unasked, and is by force", async () => {
  const in_ = world();
  in_.asking.around(async (asked, next) => (is("prove other")(asked) ? { verdict: "blocked", message: "" } : next()));
  const beside = () => void put(in_, { username: "other", of: { ...entry, identity: "other" } });

  before(in_, "create secret", beside);
  await expect(store(change(), benchOf(in_, { run: run() }))).rejects.toMatchObject({
    kind: "conflict",
    message: expect.stringContaining('holds the credential of "other"'),
  });
  expect(in_.loginIn("demo")?.password).toBe("theirs");

  in_.cluster.remove("secret", "demo", "acr-myregistry");
  before(in_, "create secret", beside);
  await store(change(), benchOf(in_, { run: run(), force: true }));
  expect(in_.loginIn("demo")?.password).toBe("ours");
});

test("where no image is known, nobody is asked, and what another wrote is not lost unasked", async () => {
  const in_ = world();
  before(in_, "create secret", () => void put(in_, { username: "other", of: { ...entry, identity: "other" } }));

  await expect(store(change(), benchOf(in_, { run: run({ images: [] }) }))).rejects.toMatchObject({ kind: "conflict" });
  expect(in_.asking.all.filter((text) => text.startsWith("prove"))).toEqual([]);
});

test("another's login is tried with the image that ours was proven with, else with one that pods name", async () => {
  const in_ = world();
  const proven = { ...image, reference: "proven" };
  before(in_, "create secret", () => void put(in_));
  await store(change(), benchOf(in_, { run: run({ proven }) }));
  in_.cluster.remove("secret", "demo", "acr-myregistry");
  before(in_, "create secret", () => void put(in_));
  await store(change(), benchOf(in_, { run: run() }));

  expect(in_.asking.all.filter((text) => text.startsWith("prove"))).toEqual(["prove ci app/web:proven", "prove ci app/web:1"]);
});

test("a note without a login is nobody's credential", async () => {
  const in_ = world();
  before(in_, "create secret", () => void in_.cluster.put(pullSecret(to, entry, "{}"), "kubectl-acr-secret"));

  await store(change(), benchOf(in_, { run: run() }));

  expect(in_.loginIn("demo")?.password).toBe("ours");
});

test("a Secret that went in the meantime is made", async () => {
  const in_ = world();
  const old = put(in_);
  before(in_, "patch secret", () => {
    in_.cluster.remove("secret", "demo", "acr-myregistry");
    throw new Conflict("it is gone");
  });

  await store(change({ stands: standing(old) }), benchOf(in_, { run: run() }));

  expect(in_.loginIn("demo")?.password).toBe("ours");
  expect(secretIn(in_)?.metadata.uid).not.toBe(old.metadata.uid);
});

test.for(["unreachable", "timeout"] as const)("an answer that was lost (%s) is looked for", async (kind) => {
  const in_ = world();
  in_.asking.around(losing(really("create secret"), () => new CliError(kind, "lost")));

  expect(await store(change(), benchOf(in_, { run: run() }))).toMatchObject({ change: { act: "store" }, object: secretIn(in_) });
});

test("a write that did not happen is an error, whatever stands there", async () => {
  const in_ = world();
  const old = put(in_);
  in_.asking.around(refusing(really("patch secret"), () => new CliError("timeout", "too slow"), 1));

  await expect(store(change({ stands: standing(old) }), benchOf(in_, { run: run() }))).rejects.toThrow("too slow");
  expect(in_.loginIn("demo")?.password).toBe("theirs");
});

test("any other error is not looked into", async () => {
  const in_ = world();
  in_.asking.around(refusing(really("create secret"), refused));
  await expect(store(change(), benchOf(in_, { run: run() }))).rejects.toThrow("no");
  expect(in_.asking.all).toEqual(["create secret demo/acr-myregistry"]);

  const defect = world();
  defect.asking.around(refusing(really("create secret"), () => new TypeError("a defect")));
  await expect(store(change(), benchOf(defect, { run: run() }))).rejects.toThrow(TypeError);
});

test("after ten rounds against others it is given up", async () => {
  const in_ = world();
  const old = put(in_);
  in_.asking.around(async (asked, next) => {
    if (is("patch secret")(asked))
      in_.cluster.put(
        { ...old, metadata: { ...old.metadata, labels: { ...old.metadata.labels, at: String(in_.asking.all.length) } } },
        "other",
      );
    return next();
  });

  await expect(store(change({ stands: standing(old) }), benchOf(in_, { run: run() }))).rejects.toBeInstanceOf(Conflict);
  expect(in_.asking.all.filter((text) => text.startsWith("patch"))).toHaveLength(10);
});

test("one that has to be replaced is tried beside, deleted as it was seen, and made", async () => {
  const in_ = world();
  const old = in_.cluster.put({ ...put(in_), type: "Opaque" });

  await store(change({ stands: standing(old), replaces: true }), benchOf(in_, { run: run() }));

  expect(in_.asking.all).toEqual([
    "create secret demo/acr-myregistry-rehearsal (dry run)",
    "get secret demo/acr-myregistry",
    "delete secret demo/acr-myregistry",
    "create secret demo/acr-myregistry",
  ]);
  expect(in_.loginIn("demo")?.password).toBe("ours");
  expect(secretIn(in_)?.type).toBe("kubernetes.io/dockerconfigjson");
});

test("in a dry run it is tried and nothing goes", async () => {
  const in_ = world();
  const old = in_.cluster.put({ ...put(in_), type: "Opaque" });

  const outcome = await store(change({ stands: standing(old), replaces: true }), benchOf(in_, { run: run(), dryRun: true }));

  expect(outcome.object).toMatchObject({ kind: "Secret", type: "kubernetes.io/dockerconfigjson" });
  expect(in_.asking.all).toEqual(["create secret demo/acr-myregistry-rehearsal (dry run)"]);
  expect(secretIn(in_)).toEqual(old);
});

test("where the new one is refused after all, the old one is put back, also after an interruption", async () => {
  const in_ = world();
  const old = in_.cluster.put({ ...put(in_), type: "Opaque", immutable: true });
  const bench = benchOf(in_, { run: run() });
  const undo = in_.asking.around(async (asked, next) => {
    if (!really("create secret")(asked)) return next();
    undo();
    bench.interrupt();
    throw refused();
  });

  await expect(store(change({ stands: standing(old), replaces: true }), bench)).rejects.toThrow("no");

  const { uid, resourceVersion, creationTimestamp, managedFields, ...metadata } = old.metadata;
  expect(secretIn(in_)).toMatchObject({ type: "Opaque", immutable: true, data: old.data, metadata });
});

test("where the old one cannot be put back either, the first error is told", async () => {
  const in_ = world();
  const old = in_.cluster.put({ ...put(in_), type: "Opaque" });
  let times = 0;
  in_.asking.around(refusing(really("create secret"), () => new CliError("forbidden", `refused ${++times}`)));

  await expect(store(change({ stands: standing(old), replaces: true }), benchOf(in_, { run: run() }))).rejects.toThrow("refused 1");
});

test("where there is nothing any more to put back, nothing is", async () => {
  const in_ = world();
  const old = put(in_);
  in_.asking.around(async (asked, next) => (is("get secret")(asked) ? undefined : next()));
  in_.asking.around(refusing(really("create secret"), refused));

  await expect(store(change({ stands: standing(old), replaces: true }), benchOf(in_, { run: run() }))).rejects.toThrow("no");
  expect(in_.asking.writes).toEqual(["delete secret demo/acr-myregistry", "create secret demo/acr-myregistry"]);
});

test("a dry run without a login has the server check an empty config", async () => {
  const in_ = world();

  const { object } = await store(change(), benchOf(in_, { dryRun: true }));

  expect(Buffer.from((object as Secret).data?.[".dockerconfigjson"] ?? "", "base64").toString()).toBe('{"auths":{}}');
});
