import { expect, test } from "vitest";
import type { Secret, ServiceAccount } from "../../../src/objects.ts";
import type { Plan } from "../../../src/plan/change.ts";
import type { NamespaceState } from "../../../src/state/namespace-state.ts";
import { otherName, warnOtherNames } from "../../../src/state/warnings.ts";

const secret = (more: Partial<Secret>): Secret => ({ apiVersion: "v1", kind: "Secret", metadata: { name: "x" }, ...more });
const config = (text: string) => ({ ".dockerconfigjson": Buffer.from(text).toString("base64") });
const type = "kubernetes.io/dockerconfigjson";

test.for<{ why: string; secret: Secret | undefined; others: object[] }>([
  { why: "a pull secret", secret: secret({ type, data: config('{"auths":{}}') }), others: [] },
  { why: "none", secret: undefined, others: [{ name: "x", id: "dangling-name", why: "is not there" }] },
  {
    why: "of another type",
    secret: secret({ data: {} }),
    others: [{ name: "x", id: "secret-type", why: `is of type Opaque, not ${type}` }],
  },
  {
    why: "without its key",
    secret: secret({ type, data: {} }),
    others: [{ name: "x", id: "secret-type", why: "has nothing under .dockerconfigjson" }],
  },
  {
    why: "that the kubelet cannot read",
    secret: secret({ type, data: config('{"auths":[]}') }),
    others: [{ id: "malformed-secret", why: expect.stringMatching(/^spoils all pull secrets of a pod: json: cannot unmarshal array/) }],
  },
])("another name leads to $why", ({ secret: found, others }) => {
  expect(otherName({ name: "x", secret: found })).toMatchObject(others);
});

const account = (name: string): ServiceAccount => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name, namespace: "demo" },
  imagePullSecrets: [{ name: "gone" }],
});
const to = (name: string) => ({ kind: "serviceaccount", name, namespace: "demo" }) as const;
const before = ["gone"];
const attach = (name: string) =>
  ({ act: "attach", to: to(name), secret: "acr", before, after: ["gone", "acr"], version: "7" }) as unknown as Plan[number];
const keep = (name: string) => ({ act: "keep", to: to(name) }) as unknown as Plan[number];

test.for<{ why: string; plan: Plan; otherNames?: NamespaceState["otherNames"]; told: string[] }>([
  { why: "of a list that is written", plan: [attach("app")], told: ["serviceaccount/app also lists secret/gone, which is not there"] },
  { why: "of none that has the Secret already", plan: [keep("app")], told: [] },
  {
    why: "of all that are written at once",
    plan: [attach("app"), attach("web")],
    told: ["serviceaccount/app and serviceaccount/web also list secret/gone, which is not there"],
  },
  { why: "of none where nobody was asked", plan: [attach("app")], otherNames: undefined, told: [] },
])("another name is told $why", async ({ plan, told, ...more }) => {
  const otherNames = Promise.resolve([{ name: "gone", secret: undefined }]);
  const state = {
    scope: {},
    secret: undefined,
    targets: [account("app"), account("web")],
    pods: [],
    otherNames,
    ...more,
  } as unknown as NamespaceState;

  const warnings = (await warnOtherNames(state, plan)) ?? [];

  expect(warnings.map(({ says }) => says)).toEqual(told);
  expect(warnings).toEqual(warnings.map((warning) => ({ ...warning, needs: warning.to })));
});
