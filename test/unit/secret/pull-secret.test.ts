import { expect, test } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { newClaim } from "../../../src/secret/claim.ts";
import type { Entry } from "../../../src/secret/entry.ts";
import { claimedSecret, claimPatch, isEmpty, mergedPatch, patched, pullSecret, unclaimed } from "../../../src/secret/pull-secret.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";

const to = { kind: "secret", namespace: "demo", name: "acr" } as const;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const ours = { "app.kubernetes.io/managed-by": "kubectl-acr-secret" };
const empty = '{"auths":{}}';
const now = new Date("2026-01-01T00:00:00Z");

test("creates a claimed Secret with the label, the claim and no login", () => {
  const secret = claimedSecret(to, newClaim("this-run", now));

  expect(secret).toEqual({
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: "acr",
      namespace: "demo",
      labels: ours,
      annotations: { "acr-secret/logins": "[]", "acr-secret/claim": '{"by":"this-run","until":"2026-01-01T00:00:30.000Z"}' },
    },
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": base64(empty) },
  });
  expect(isEmpty(secret)).toBe(true);
});

test("creates a claimed Secret for another reader without its labels and data", () => {
  const secret = claimedSecret(to, newClaim("this-run", now), "argocd-repository");

  expect(secret).toMatchObject({ type: "Opaque", data: {} });
  expect(secret.metadata.labels).toEqual(ours);
  expect(isEmpty(secret)).toBe(true);
  const { data: _, ...bare } = secret;
  expect(isEmpty(bare)).toBe(true);
});

const entry: Entry = { hosts: ["r.io"], kind: "given", identity: "ci" };

test.for<{ what: string; secret: Secret }>([
  { what: "a login", secret: pullSecret(to, entry, '{"auths":{"r.io":{}}}') },
  { what: "another text", secret: pullSecret(to, entry, "{}") },
  {
    what: "another reader's login",
    secret: pullSecret(to, entry, '{"auths":{"r.io":{"username":"ci","password":"p"}}}', "argocd-repository"),
  },
  { what: "nothing", secret: { apiVersion: "v1", kind: "Secret", metadata: { name: "acr" } } },
  { what: "other keys", secret: { apiVersion: "v1", kind: "Secret", metadata: { name: "acr" }, data: { x: base64(empty) } } },
])("detects that a Secret with $what is not empty", ({ secret }) => {
  expect(isEmpty(secret)).toBe(false);
});

test("writes and ends a claim at a version, without other changes", () => {
  expect(claimPatch("7", { "acr-secret/claim": "{}" })).toEqual({
    metadata: { resourceVersion: "7", annotations: { "acr-secret/claim": "{}" } },
  });
  expect(claimPatch("7", unclaimed)).toEqual({ metadata: { resourceVersion: "7", annotations: { "acr-secret/claim": null } } });
});

const login = { username: "ci", password: new Sensitive("p") };
const mine = `{"username":"ci","password":"p","auth":"${base64("ci:p")}"}`;
const mergedSecret = (...of: Parameters<typeof mergedPatch>) => patched(of[0], mergedPatch(...of));
const other: Entry = { hosts: ["other.io"], kind: "admin", identity: "other" };
const theirs = (notes: object, labels = {}): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "acr", namespace: "demo", resourceVersion: "7", labels, annotations: { note: "theirs", ...notes } },
  type: "kubernetes.io/dockerconfigjson",
  data: { ".dockerconfigjson": base64('{"auths":{"ghcr.io":{}}}'), else: "eA==" },
});
const recorded = (...entries: Entry[]) => ({ "acr-secret/logins": JSON.stringify(entries) });
test.for<{ what: string; secret: Secret; before: object }>([
  { what: "another tool's Secret", secret: theirs({}), before: {} },
  { what: "a Secret of this plugin", secret: theirs(recorded(entry), ours), before: ours },
  { what: "a Secret of this plugin for another registry", secret: theirs(recorded(other), ours), before: ours },
])("writes a login to a Secret and keeps everything else: $what", ({ secret, before }) => {
  const notes = recorded(entry);
  const data = { ".dockerconfigjson": base64(`{"auths":{"ghcr.io":{},"r.io":${mine}}}`) };
  const labels = { "app.kubernetes.io/managed-by": "kubectl-acr-secret" };

  expect(mergedPatch(secret, entry, login)).toEqual({ metadata: { resourceVersion: "7", labels, annotations: notes }, data });
  expect(mergedPatch(secret, entry, login, unclaimed)).toEqual({
    metadata: { resourceVersion: "7", labels, annotations: { ...notes, "acr-secret/claim": null } },
    data,
  });
  expect(mergedSecret(secret, entry, login)).toEqual({
    ...secret,
    metadata: { ...secret.metadata, labels: { ...before, ...labels }, annotations: { note: "theirs", ...notes } },
    data: { ...data, else: "eA==" },
  });
});

test("writes only the annotation in a dry run", () => {
  const data = (secret: Secret) => Buffer.from(secret.data?.[".dockerconfigjson"] ?? "", "base64").toString();

  expect(data(mergedSecret(theirs({}), entry, undefined))).toBe('{"auths":{"ghcr.io":{}}}');
  const { data: _, ...without } = theirs({});
  expect(data(mergedSecret(without, entry, login))).toBe(`{"auths":{"r.io":${mine}}}`);
});
