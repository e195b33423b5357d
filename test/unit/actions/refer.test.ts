import { expect, test } from "vitest";
import { refer } from "../../../src/actions/refer.ts";
import type { ServiceAccount } from "../../../src/objects.ts";
import type { Refer } from "../../../src/plan/change.ts";
import { is } from "../../support/fakes/asked.ts";
import { account } from "../../support/fakes/cluster.ts";
import { envOf } from "../../support/fakes/env.ts";
import { fakeWorld } from "../../support/fakes/world.ts";

const to = { kind: "serviceaccount", namespace: "demo", name: "default" } as const;
const attach: Refer = { act: "attach", to, secret: "acr", before: [], after: ["acr"] };
const namesOf = (object: unknown) => (object as ServiceAccount | undefined)?.imagePullSecrets?.map(({ name }) => name) ?? [];

function world(...names: string[]) {
  const made = fakeWorld();
  made.cluster.put(account("demo", "default", names));
  return made;
}

test("writes the object that was read without another read", async () => {
  const in_ = world("theirs");

  const outcome = await refer.apply(attach, envOf(in_).look());

  expect(in_.asking.all).toEqual(["patch serviceaccount demo/default"]);
  expect(namesOf(outcome.object)).toEqual(["theirs", "acr"]);
  expect(outcome.change).toMatchObject({ act: "attach", before: ["theirs"], after: ["theirs", "acr"] });
});

test("reads the object first when it was not read", async () => {
  const in_ = world();

  await refer.apply(attach, envOf(in_));

  expect(in_.asking.all).toEqual(["get serviceaccount demo/default", "patch serviceaccount demo/default"]);
});

test("writes nothing when the object is right already", async () => {
  const in_ = world("acr");

  const outcome = await refer.apply(attach, envOf(in_).look());

  expect(outcome).toEqual({
    change: { act: "keep", to, because: "already attached" },
    object: in_.cluster.get("serviceaccount", "demo", "default"),
  });
  expect(in_.asking.all).toEqual([]);
});

test("removes the name when it is detached", async () => {
  const in_ = world("a", "acr");

  const outcome = await refer.apply({ ...attach, act: "detach" }, envOf(in_).look());

  expect(namesOf(outcome.object)).toEqual(["a"]);
});

test("waits longer after each conflict, at most a tenth of a second", async () => {
  const in_ = world();
  const env = envOf(in_);
  let others = 25;
  in_.asking.around(async (asked, next) => {
    if (is("patch")(asked) && others-- > 0)
      in_.cluster.put(
        account("demo", "default", [...namesOf(in_.cluster.get("serviceaccount", "demo", "default")), `x${others}`].map(String)),
      );
    return next();
  });

  const { object } = await refer.apply(attach, env);

  expect(namesOf(object)).toHaveLength(26);
  expect(env.slept.slice(0, 3)).toEqual([5, 10, 15]);
  expect(env.slept.slice(-6)).toEqual([100, 100, 100, 100, 100, 100]);
});

test("throws the server's error when the ServiceAccount does not exist", async () => {
  const in_ = world();
  in_.cluster.remove("serviceaccount", "demo", "default");

  await expect(refer.apply(attach, envOf(in_))).rejects.toMatchObject({
    kind: "notFound",
    message: 'Error from server (NotFound): serviceaccounts "default" not found',
  });
});
