import { expect, test } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { encodeDockerConfig, withLogin, withoutLogin } from "../../../src/secret/docker-config.ts";
import { entryMetadata } from "../../../src/secret/entry.ts";
import { patched } from "../../../src/secret/pull-secret.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { isWithdrawn, withdrawalPatch } from "../../../src/secret/withdrawal.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const textOf = (data: string) => Buffer.from(data, "base64").toString();
const login = { username: "u", password: new Sensitive("p") };

test.for([
  '{"auths":{"docker.io":{"auth":"YTpi"}}}',
  '{ "auths" : { "docker.io":{"auth":"YTpi"} , "quay.io" : {} }, "x":1 }\n',
  '{"Auths":{"é.io":{}}}',
  '{"auths":{}}',
])("removes a login that was added to %s, byte for byte", (text) => {
  expect(textOf(withoutLogin(withLogin(base64(text), "r.azurecr.io", login), "r.azurecr.io"))).toBe(text);
});

test.for([
  { from: '{"auths":{"r.azurecr.io":{"auth":"YTpi"},"b":{}}}', to: '{"auths":{"b":{}}}' },
  { from: '{"auths":{"r.azurecr.io" : {"auth":"YTpi"} ,\n "b":{}}}', to: '{"auths":{"b":{}}}' },
  { from: '{"auths":{"a":{}, "r.azurecr.io":{"auth":"YTpi"}, "b":{}}}', to: '{"auths":{"a":{}, "b":{}}}' },
  { from: '{"auths":{ "r.azurecr.io":{} }}', to: '{"auths":{  }}' },
  { from: '{"auths":{"b":{}}}', to: '{"auths":{"b":{}}}' },
  { from: '{"auths":null}', to: '{"auths":null}' },
  { from: "[]", to: "[]" },
])("removes the login from $from and leaves $to", ({ from, to }) => {
  expect(textOf(withoutLogin(base64(from), "r.azurecr.io"))).toBe(to);
});

const entry = { hosts: ["r.azurecr.io", "r.eastus.geo.azurecr.io"], kind: "acr-token", identity: "t" };
const { labels, annotations } = entryMetadata([entry]);
const secretOf = (metadata: Partial<Secret["metadata"]>, type: string, data: Secret["data"]): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "acr", namespace: "demo", resourceVersion: "7", ...metadata },
  type,
  ...(data && { data }),
});
const withdrawnSecret = (...of: Parameters<typeof withdrawalPatch>) => patched(of[0], withdrawalPatch(...of));
const config = encodeDockerConfig([...entry.hosts, "docker.io"], login);
const type = "kubernetes.io/dockerconfigjson";

test.for<{ what: string; secret: Secret; data: object; left: object; aside: object }>([
  {
    what: "a Secret of this plugin is emptied",
    secret: secretOf({ labels, annotations }, type, { ".dockerconfigjson": base64(config), more: "eA==" }),
    data: { ".dockerconfigjson": base64('{"auths":{}}'), more: null },
    left: { ".dockerconfigjson": base64('{"auths":{}}') },
    aside: { "acr-secret.withdrawn": base64(config) },
  },
  {
    what: "an Argo CD repository loses every key",
    secret: secretOf({ labels: { ...labels, "argocd.argoproj.io/secret-type": "repository" }, annotations }, "Opaque", { url: "eA==" }),
    data: { url: null },
    left: {},
    aside: {},
  },
  {
    what: "another tool's Secret keeps its other logins",
    secret: secretOf({ annotations: entryMetadata([{ ...entry, beside: true }]).annotations }, type, {
      ".dockerconfigjson": base64(config),
    }),
    data: { ".dockerconfigjson": base64(encodeDockerConfig("docker.io", login)) },
    left: { ".dockerconfigjson": base64(encodeDockerConfig("docker.io", login)) },
    aside: { "acr-secret.withdrawn": base64(config) },
  },
])("removes logins from a Secret: $what", ({ secret, data, left, aside }) => {
  const entries = [entry];
  expect(isWithdrawn(secret, { entries })).toBe(false);
  const noting = withdrawalPatch(secret, { entries, keepsAnnotation: true });
  expect(noting).toEqual({ metadata: { resourceVersion: "7" }, data: { ...data, ...aside } });
  expect(withdrawalPatch(secret, { entries })).toEqual({
    metadata: { resourceVersion: "7", annotations: { "acr-secret/logins": null, "acr-secret/claim": null } },
    data,
  });
  const after = withdrawnSecret(secret, { entries, keepsAnnotation: true });
  expect(after).toEqual({ ...secret, data: { ...left, ...aside } });
  expect(isWithdrawn(after, { entries, keepsAnnotation: true })).toBe(true);
  expect(withdrawnSecret(after, { entries, keepsAnnotation: true })).toEqual(after);
  expect(withdrawnSecret(after, { entries }).data).toEqual(left);
  expect(withdrawnSecret(secret, { entries }).metadata.annotations).toEqual({});
});

test("treats a Secret without data as without a login", () => {
  expect(isWithdrawn(secretOf({}, type, undefined), { entries: [entry] })).toBe(true);
});
