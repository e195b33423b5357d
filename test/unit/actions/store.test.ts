import { expect, test } from "vitest";
import type { IssuedLogin } from "../../../src/actions/outcome.ts";
import { store } from "../../../src/actions/store.ts";
import { CliError } from "../../../src/errors.ts";
import type { Secret } from "../../../src/objects.ts";
import type { Entry } from "../../../src/secret/entry.ts";
import { pullSecret } from "../../../src/secret/pull-secret.ts";
import { losing, refusing } from "../../support/fakes/asked.ts";
import { benchOf } from "../../support/fakes/bench.ts";
import { before, change, entry, entryIn, issued, preconditionOf, put, really, refused, secretIn, to, world } from "./store-setting.ts";

test("a Secret is made where there was none, with the login and what is noted of it", async () => {
  const in_ = world();

  const outcome = await store.apply(change(), benchOf(in_, { issued: issued() }));

  expect(in_.loginIn("demo")).toMatchObject({ username: "ci", password: "ours" });
  expect(entryIn(in_)).toEqual(entry);
  expect(outcome).toMatchObject({ change: { act: "store", because: "there is none" }, object: secretIn(in_) });
});

test.for<{ why: string; of: Partial<Entry>; made: IssuedLogin["made"]; noted: Partial<Entry> }>([
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

  await store.apply(change({ entry: { ...entry, ...of } }), benchOf(in_, { issued: issued(made && { made }) }));

  expect(JSON.stringify(entryIn(in_))).toBe(JSON.stringify({ ...entry, ...noted }));
});

test("a Secret that stands is written on the version that was seen, and keeps what else is on it", async () => {
  const in_ = world();
  const old = in_.cluster.put(
    { ...put(in_), metadata: { ...put(in_).metadata, labels: { ...put(in_).metadata.labels, team: "web" } } },
    "kubectl-acr-secret",
  );

  await store.apply(change({ precondition: preconditionOf(old) }), benchOf(in_, { issued: issued() }));

  expect(in_.loginIn("demo")?.password).toBe("ours");
  expect(secretIn(in_)?.metadata).toMatchObject({ uid: old.metadata.uid, labels: { team: "web" } });
});

test("a note without a login is nobody's credential", async () => {
  const in_ = world();
  before(in_, "create secret", () => void in_.cluster.put(pullSecret(to, entry, "{}"), "kubectl-acr-secret"));

  await store.apply(change(), benchOf(in_, { issued: issued() }));

  expect(in_.loginIn("demo")?.password).toBe("ours");
});

test.for(["unreachable", "timeout"] as const)("an answer that was lost (%s) is looked for", async (kind) => {
  const in_ = world();
  in_.asking.around(losing(really("create secret"), () => new CliError(kind, "lost")));

  expect(await store.apply(change(), benchOf(in_, { issued: issued() }))).toMatchObject({
    change: { act: "store" },
    object: secretIn(in_),
  });
});

test("a write that did not happen is an error, whatever stands there", async () => {
  const in_ = world();
  const old = put(in_);
  in_.asking.around(refusing(really("patch secret"), () => new CliError("timeout", "too slow"), 1));

  await expect(store.apply(change({ precondition: preconditionOf(old) }), benchOf(in_, { issued: issued() }))).rejects.toThrow("too slow");
  expect(in_.loginIn("demo")?.password).toBe("theirs");
});

test("any other error is not looked into", async () => {
  const in_ = world();
  in_.asking.around(refusing(really("create secret"), refused));
  await expect(store.apply(change(), benchOf(in_, { issued: issued() }))).rejects.toThrow("no");
  expect(in_.asking.all).toEqual(["create secret demo/acr-myregistry"]);

  const defect = world();
  defect.asking.around(refusing(really("create secret"), () => new TypeError("a defect")));
  await expect(store.apply(change(), benchOf(defect, { issued: issued() }))).rejects.toThrow(TypeError);
});

test("a dry run without a login has the server check an empty config", async () => {
  const in_ = world();

  const { object } = await store.apply(change(), benchOf(in_, { dryRun: "server" }));

  expect(Buffer.from((object as Secret).data?.[".dockerconfigjson"] ?? "", "base64").toString()).toBe('{"auths":{}}');
});
