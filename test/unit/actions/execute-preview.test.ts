import { expect, test } from "vitest";
import { executeAll } from "../../../src/actions/execute.ts";
import type { IssuedLogin } from "../../../src/actions/outcome.ts";
import type { ServiceAccount } from "../../../src/objects.ts";
import type { Change } from "../../../src/plan/change.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { account, stuckPod } from "../../support/fakes/cluster.ts";
import { envOf } from "../../support/fakes/env.ts";
import { fakeWorld } from "../../support/fakes/world.ts";

const to = { kind: "serviceaccount", namespace: "demo", name: "default" } as const;
const secret = { kind: "secret", namespace: "demo", name: "acr" } as const;

function world() {
  const made = fakeWorld();
  made.cluster.put({ ...account("demo", "default", ["theirs"]), metadata: { name: "default", namespace: "demo", labels: { a: "b" } } });
  made.cluster.put(stuckPod("demo", "web-1", "r/x"));
  return made;
}

const client = (more: { readonly issued?: IssuedLogin } = {}, in_ = world()) => envOf(in_, { dryRun: "client", ...more });

/** Returns the object that results from a change. */
async function preview(change: Change, env = client().look()): Promise<unknown> {
  const {
    outcomes: [outcome, ...more],
  } = await executeAll([change], env);
  expect(more).toEqual([]);
  expect(outcome?.change).toBe(change);
  return outcome?.object;
}

test("previews the object that was read when it is kept", async () => {
  const in_ = world();
  const env = client({}, in_).look();

  expect(await preview({ act: "keep", to, because: "" }, env)).toEqual(in_.cluster.get("serviceaccount", "demo", "default"));
  expect(await preview({ act: "restart", to: { ...to, kind: "pod", name: "web-1" }, uid: "u", because: "" }, env)).toEqual(
    in_.cluster.get("pod", "demo", "web-1"),
  );
});

test.for(["attach", "detach"] as const)("previews the names after %s when there are any", async (act) => {
  const object = (await preview({ act, to, secret: "acr", before: ["theirs"], after: ["x", "y"] })) as ServiceAccount;

  expect(object.imagePullSecrets).toEqual([{ name: "x" }, { name: "y" }]);
  expect(object.metadata).toMatchObject({ name: "default", labels: { a: "b" }, resourceVersion: expect.stringMatching(/^\d+$/) });
});

test("previews nothing when the object was not read", async () => {
  const unseen = { ...to, name: "gone" };

  expect(await preview({ act: "attach", to: unseen, secret: "acr", before: [], after: ["acr"] })).toBeUndefined();
  expect(await preview({ act: "keep", to: unseen, because: "" })).toBeUndefined();
});

test("previews a Secret with its login when there is one", async () => {
  const entry = { hosts: ["r.azurecr.io"], kind: "given", identity: "ci" };
  const change: Change = { act: "store", to: secret, entry, precondition: undefined, because: "" };
  const textOf = (object: unknown) =>
    JSON.parse(Buffer.from((object as { data: Record<string, string> }).data[".dockerconfigjson"] ?? "", "base64").toString()) as object;

  expect(textOf(await preview(change))).toEqual({ auths: {} });
  const issued = { login: { username: "ci", password: new Sensitive("p") } };
  expect(textOf(await preview(change, client({ issued }).look()))).toMatchObject({
    auths: { "r.azurecr.io": { username: "ci", password: "p" } },
  });
});

test.for<{ change: Change }>([
  { change: { act: "create", to: { kind: "token.azurecr.io", name: "t" }, because: "" } },
  { change: { act: "prove", to: { kind: "registry", name: "r" }, repositories: [], fresh: true } },
  { change: { act: "rehearse", to: secret, precondition: undefined } },
])("previews no object for $change.act", async ({ change }) => {
  expect((await executeAll([change], client().look())).outcomes).toEqual([{ change }]);
});

test("previews a warning as it is", async () => {
  expect((await executeAll([{ act: "warn", to, message: "look" }], client())).outcomes).toEqual([
    { change: { act: "warn", to, message: "look" }, messages: ["look"] },
  ]);
});
