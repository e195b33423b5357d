import { expect, test } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import type { Outcome } from "../../../src/outcome.ts";
import { sidesOf } from "../../../src/output/diff.ts";

const secret = { kind: "secret", name: "acr", namespace: "demo" } as const;
const account = { kind: "serviceaccount", name: "default", namespace: "demo" } as const;
const type = "kubernetes.io/dockerconfigjson";
const object = (metadata: Partial<Secret["metadata"]>, data: Record<string, string> = {}, more: Partial<Secret> = {}): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "acr", namespace: "demo", ...metadata },
  type,
  data,
  ...more,
});
const head = { apiVersion: "v1", kind: "Secret", type };
const named = { name: "acr", namespace: "demo" };
const refers = (does: "attach" | "detach", before: string[], after: string[]) =>
  ({ to: account, result: "patched", list: { does, secret: "acr", before, after } }) as const;
const names = (...all: string[]) => all.map((name) => ({ name }));

test.for<{ why: string; outcome: Outcome; before: object | undefined; after: object | undefined }>([
  {
    why: "a list at its position in the object",
    outcome: refers("attach", ["theirs"], ["theirs", "acr"]),
    before: { imagePullSecrets: names("theirs") },
    after: { imagePullSecrets: names("theirs", "acr") },
  },
  {
    why: "an empty list as no list",
    outcome: refers("detach", ["acr"], []),
    before: { imagePullSecrets: names("acr") },
    after: undefined,
  },
  {
    why: "the API server's result",
    outcome: {
      ...refers("attach", [], ["acr"]),
      object: { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" }, imagePullSecrets: names("acr", "injected") },
    },
    before: undefined,
    after: { imagePullSecrets: names("acr", "injected") },
  },
  {
    why: "a new Secret",
    outcome: { to: secret, result: "created", object: object({ labels: { a: "b" } }, { k: "djE=" }) },
    before: undefined,
    after: { ...head, metadata: { ...named, labels: { a: "b" } }, data: { k: "***" } },
  },
  {
    why: "a changed value as another mask, and the fields of other tools",
    outcome: {
      to: secret,
      result: "configured",
      before: object({ labels: { team: "x" }, uid: "u", resourceVersion: "7" }, { k: "djE=", same: "cw==", other: "bw==" }),
      object: object({ labels: { a: "b" }, annotations: { n: "2" } }, { k: "djI=", same: "cw==" }),
    },
    before: { ...head, metadata: { ...named, labels: { team: "x" } }, data: { k: "*** (before)", same: "***", other: "***" } },
    after: {
      ...head,
      metadata: { ...named, labels: { team: "x", a: "b" }, annotations: { n: "2" } },
      data: { k: "*** (after)", same: "***", other: "***" },
    },
  },
  {
    why: "a login that is not generated yet as a change",
    outcome: {
      to: secret,
      result: "configured",
      before: object({}, { ".dockerconfigjson": "e30=", k: "djE=" }),
      object: object({}, { ".dockerconfigjson": "e30=" }),
      unmade: true,
    },
    before: { ...head, metadata: named, data: { ".dockerconfigjson": "*** (before)", k: "***" } },
    after: { ...head, metadata: named, data: { ".dockerconfigjson": "*** (after)", k: "***" } },
  },
  {
    why: "a removed claim",
    outcome: {
      to: secret,
      result: "configured",
      before: object({ annotations: { "acr-secret/claim": "{}" } }),
      object: object({ annotations: { "acr-secret/claim": "{}" } }),
    },
    before: { ...head, metadata: { ...named, annotations: { "acr-secret/claim": "{}" } } },
    after: { ...head, metadata: named },
  },
  {
    why: "the masked values in kubectl's last-applied annotation",
    outcome: {
      to: secret,
      result: "configured",
      before: object({ annotations: { "kubectl.kubernetes.io/last-applied-configuration": '{"data":{"k":"djE="}}', n: "1" } }),
      object: object({ annotations: { n: "2" } }),
    },
    before: { ...head, metadata: { ...named, annotations: { "kubectl.kubernetes.io/last-applied-configuration": "***", n: "1" } } },
    after: { ...head, metadata: { ...named, annotations: { "kubectl.kubernetes.io/last-applied-configuration": "***", n: "2" } } },
  },
  {
    why: "no object that is not printed",
    outcome: { to: secret, result: "configured" },
    before: undefined,
    after: undefined,
  },
])("shows $why", ({ outcome, before, after }) => {
  expect(sidesOf(outcome)).toEqual({ before, after });
});

test.for<Outcome>([
  { to: account, result: "unchanged" },
  { to: { kind: "pod", name: "p", namespace: "demo" }, result: "restarted" },
  { to: { kind: "token.azurecr.io", name: "t" }, result: "created" },
])("returns nothing for $to.kind $result", (outcome) => {
  expect(sidesOf(outcome)).toBeUndefined();
});
