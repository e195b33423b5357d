import { expect, test } from "vitest";
import { type Belonging, belongingKey, belongingOf, takeAway } from "../../../src/apply/take-away.ts";
import { CliError, Conflict } from "../../../src/errors.ts";
import type { Secret } from "../../../src/objects.ts";
import type { Change, Refer, Store } from "../../../src/plan/change.ts";
import { encodeDockerConfig } from "../../../src/secret/docker-config.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { benchOf } from "../../support/fakes/bench.ts";
import { account } from "../../support/fakes/cluster.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { change, put, refused, secretIn, to, world } from "./store-setting.ts";

const host = "myregistry.azurecr.io";
const name = to.name;
const sa = { kind: "serviceaccount", namespace: "demo", name: "default" } as const;
const attach: Refer = { act: "attach", to: sa, secret: name, before: ["theirs"], after: ["theirs", name] };

/** A Secret and a name in a list, both of which belong to a run. */
function made(): { in_: FakeWorld; belongings: Belonging[] } {
  const in_ = world();
  const { metadata } = put(in_);
  in_.cluster.put(account("demo", "default", ["theirs", name]));
  return { in_, belongings: [{ act: "store", to, host, uid: metadata.uid ?? "" }, attach] };
}

const listIn = ({ cluster }: FakeWorld) => cluster.get("serviceaccount", "demo", "default")?.imagePullSecrets?.map((one) => one.name);
const told = ({ change: { act }, says = [], error, left }: Awaited<ReturnType<typeof takeAway>>[number]) => [
  act,
  left ?? error?.message,
  ...says,
];

const object = { apiVersion: "v1", kind: "Secret", metadata: { name, uid: "u1" } } as const;
const store = change();
const standing: Store = change({ stands: { uid: "u", version: "1" } });

test.for<{ why: string; outcome: Parameters<typeof belongingOf>[0]; belongs: Belonging | undefined }>([
  { why: "a Secret that was made", outcome: { change: store, object }, belongs: { act: "store", to, host, uid: "u1" } },
  { why: "one of which nothing came back", outcome: { change: store }, belongs: { act: "store", to, host, uid: "" } },
  { why: "a name that was put into a list", outcome: { change: attach }, belongs: attach },
  { why: "not a Secret that stood before", outcome: { change: standing, object }, belongs: undefined },
  { why: "not what failed", outcome: { change: store, object, error: refused() }, belongs: undefined },
  { why: "not what was left", outcome: { change: attach, left: "interrupted" }, belongs: undefined },
  { why: "not what was taken out", outcome: { change: { ...attach, act: "detach" } }, belongs: undefined },
  { why: "not what was kept", outcome: { change: { act: "keep", to, because: "" } satisfies Change, object }, belongs: undefined },
])("to a run belongs $why", ({ outcome, belongs }) => {
  expect(belongingOf(outcome)).toEqual(belongs);
});

test("what is made twice belongs once", () => {
  const { belongings } = made();

  expect(new Set([...belongings, ...made().belongings].map(belongingKey)).size).toBe(2);
});

test("what belongs to a run is taken away, last first, also after an interruption", async () => {
  const { in_, belongings } = made();
  const bench = benchOf(in_);
  bench.interrupt();

  expect((await takeAway(belongings, bench.tools)).map(told)).toEqual([
    ["detach", undefined],
    ["delete", undefined],
  ]);
  expect(in_.asking.writes).toEqual(["patch serviceaccount demo/default", `delete secret demo/${name}`]);
  expect(listIn(in_)).toEqual(["theirs"]);
  expect(secretIn(in_)).toBeUndefined();
});

test.for<{ why: string; meanwhile(in_: FakeWorld): unknown; tells: unknown[]; stays: boolean }>([
  {
    why: "somebody has deleted it",
    meanwhile: ({ cluster }) => cluster.remove("secret", "demo", name),
    tells: ["keep", "failed"],
    stays: false,
  },
  {
    why: "it is another one",
    meanwhile: (in_) => {
      in_.cluster.remove("secret", "demo", name);
      put(in_);
    },
    tells: ["keep", "failed", `secret/${name} stays: it is another one`],
    stays: true,
  },
  {
    why: "it holds other logins",
    meanwhile: (in_) => {
      const config = JSON.parse(encodeDockerConfig(host, { username: "ci", password: new Sensitive("p") }));
      const text = JSON.stringify({ auths: { ...config.auths, "ghcr.io": {} } });
      in_.cluster.put({ ...(secretIn(in_) as Secret), data: { ".dockerconfigjson": Buffer.from(text).toString("base64") } });
    },
    tells: ["keep", "failed", `secret/${name} stays: it holds other logins`],
    stays: true,
  },
  {
    why: "it may not be deleted",
    meanwhile: ({ asking }) => asking.around(refusing(is("delete secret"), refused)),
    tells: ["delete", "no", `secret/${name} is left: kubectl delete secret ${name} --namespace demo`],
    stays: true,
  },
  {
    why: "it goes at this moment",
    meanwhile: ({ asking }) => asking.around(refusing(is("delete secret"), () => new CliError("notFound", "gone"))),
    tells: ["keep", "failed"],
    stays: true,
  },
  {
    why: "another writes to it for a while, and then it goes",
    meanwhile: ({ asking }) => asking.around(refusing(is("delete secret"), () => new Conflict("modified"), 9)),
    tells: ["delete", undefined],
    stays: false,
  },
  {
    why: "another writes to it all the time",
    meanwhile: ({ asking }) => asking.around(refusing(is("delete secret"), () => new Conflict("modified"), 10)),
    tells: ["delete", "modified", `secret/${name} is left: kubectl delete secret ${name} --namespace demo`],
    stays: true,
  },
])("a Secret is only taken away as it was made: $why", async ({ meanwhile, tells, stays }) => {
  const { in_, belongings } = made();
  meanwhile(in_);

  expect((await takeAway(belongings.slice(0, 1), benchOf(in_).tools)).map(told)).toEqual([tells]);
  expect(secretIn(in_) !== undefined).toBe(stays);
});

test("what was put into a list stays there where it may not be taken out, and keeps nothing else from going", async () => {
  const { in_, belongings } = made();
  in_.asking.around(refusing(is("patch serviceaccount"), refused));

  expect((await takeAway(belongings, benchOf(in_).tools)).map(told)).toEqual([
    ["delete", "no", `secret/${name} stays attached: kubectl acr-secret detach ${name} --serviceaccount default --namespace demo`],
    ["delete", undefined],
  ]);
});

test("a list that is gone, or names it no more, is as it should be", async () => {
  const { in_, belongings } = made();
  in_.cluster.put(account("demo", "default", ["theirs"]));
  const detached = () => takeAway(belongings.slice(1), benchOf(in_).tools);
  expect((await detached()).map(told)).toEqual([["keep", undefined]]);

  in_.cluster.remove("serviceaccount", "demo", "default");
  expect((await detached()).map(told)).toEqual([["keep", "failed"]]);
});

test("a defect is not taken for a refusal", async () => {
  const { in_, belongings } = made();
  in_.asking.around(refusing(is("delete secret"), () => new TypeError("a defect")));

  await expect(takeAway(belongings, benchOf(in_).tools)).rejects.toThrow("a defect");
});
