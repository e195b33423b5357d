import { expect, test } from "vitest";
import { store } from "../../../src/actions/store.ts";
import { Conflict } from "../../../src/errors.ts";
import { is } from "../../support/fakes/asked.ts";
import { envOf } from "../../support/fakes/env.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { before, change, entry, entryIn, image, issued, preconditionOf, put, secretIn, to, world } from "./store-setting.ts";

test.for<{ why: string; beside: (in_: FakeWorld) => void; gives: object; password: string }>([
  {
    why: "keeps a login that pulls",
    beside: (in_) => {
      in_.azure.users.set("other", "theirs");
      put(in_, { username: "other", of: { ...entry, identity: "other" } });
    },
    gives: { change: { act: "keep", to, because: "another run wrote a credential that pulls" } },
    password: "theirs",
  },
  {
    why: "replaces a login that the registry rejects",
    beside: (in_) => void put(in_),
    gives: { change: { act: "store" } },
    password: "ours",
  },
  {
    why: "replaces another credential that the registry rejects",
    beside: (in_) => void put(in_, { username: "other", of: { ...entry, identity: "other" } }),
    gives: { change: { act: "store" } },
    password: "ours",
  },
  {
    why: "keeps its own login",
    beside: (in_) => void put(in_, { password: "ours" }),
    gives: { change: { act: "store" } },
    password: "ours",
  },
])("handles a Secret that another run has written first: $why", async ({ beside, gives, password }) => {
  const in_ = world();
  before(in_, "create secret", () => beside(in_));

  const outcome = await store.apply(change(), envOf(in_, { issued: issued() }));

  expect(outcome).toMatchObject({ ...gives, object: secretIn(in_) });
  expect(in_.loginIn("demo")?.password).toBe(password);
});

test("overwrites another run's unproven login only with force", async () => {
  const in_ = world();
  in_.asking.around(async (asked, next) => (is("prove other")(asked) ? { verdict: "blocked", message: "" } : next()));
  const beside = () => void put(in_, { username: "other", of: { ...entry, identity: "other" } });

  before(in_, "create secret", beside);
  await expect(store.apply(change(), envOf(in_, { issued: issued() }))).rejects.toMatchObject({
    kind: "conflict",
    message: expect.stringContaining('holds the credential of "other"'),
  });
  expect(in_.loginIn("demo")?.password).toBe("theirs");

  in_.cluster.remove("secret", "demo", "acr-myregistry");
  before(in_, "create secret", beside);
  await store.apply(change(), envOf(in_, { issued: issued(), force: true }));
  expect(in_.loginIn("demo")?.password).toBe("ours");
});

test("refuses to overwrite another run's login when no image is known", async () => {
  const in_ = world();
  before(in_, "create secret", () => void put(in_, { username: "other", of: { ...entry, identity: "other" } }));

  await expect(store.apply(change(), envOf(in_, { issued: issued({ images: [] }) }))).rejects.toMatchObject({ kind: "conflict" });
  expect(in_.asking.all.filter((text) => text.startsWith("prove"))).toEqual([]);
});

test("tries another run's login with the proven image, or else with one of the pods", async () => {
  const in_ = world();
  const proven = { ...image, reference: "proven" };
  before(in_, "create secret", () => void put(in_));
  await store.apply(change(), envOf(in_, { issued: issued({ proven }) }));
  in_.cluster.remove("secret", "demo", "acr-myregistry");
  before(in_, "create secret", () => void put(in_));
  await store.apply(change(), envOf(in_, { issued: issued() }));

  expect(in_.asking.all.filter((text) => text.startsWith("prove"))).toEqual(["prove ci app/web:proven", "prove ci app/web:1"]);
});

test("creates the Secret when it was deleted before the write", async () => {
  const in_ = world();
  const old = put(in_);
  before(in_, "patch secret", () => {
    in_.cluster.remove("secret", "demo", "acr-myregistry");
    throw new Conflict("it is gone");
  });

  await store.apply(change({ precondition: preconditionOf(old) }), envOf(in_, { issued: issued() }));

  expect(in_.loginIn("demo")?.password).toBe("ours");
  expect(secretIn(in_)?.metadata.uid).not.toBe(old.metadata.uid);
});

test("writes the note when another has written to the Secret", async () => {
  const in_ = world();
  const old = put(in_, { password: "ours" });
  const noted = { ...entry, expiresAt: "2027-01-01T00:00:00Z" };
  before(in_, "patch secret", () => {
    in_.cluster.put({ ...old, metadata: { ...old.metadata, labels: { ...old.metadata.labels, team: "web" } } }, "other");
  });

  const outcome = await store.apply(change({ precondition: preconditionOf(old), entry: noted }), envOf(in_, { issued: issued() }));

  expect(entryIn(in_)).toEqual(noted);
  expect(outcome).toMatchObject({ change: { act: "store", because: "annotations differ" }, object: secretIn(in_) });
  expect(secretIn(in_)?.metadata.labels).toMatchObject({ team: "web" });
});

test("throws the conflict after ten attempts", async () => {
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

  await expect(store.apply(change({ precondition: preconditionOf(old) }), envOf(in_, { issued: issued() }))).rejects.toBeInstanceOf(
    Conflict,
  );
  expect(in_.asking.all.filter((text) => text.startsWith("patch"))).toHaveLength(10);
});
