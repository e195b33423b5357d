import { expect, test } from "vitest";
import { store } from "../../../src/apply/store.ts";
import { CliError } from "../../../src/errors.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { benchOf } from "../../support/fakes/bench.ts";
import { change, put, really, refused, run, secretIn, standing, world } from "./store-setting.ts";

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
