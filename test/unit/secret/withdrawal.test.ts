import { expect, test } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { encodeDockerConfig } from "../../../src/secret/docker-config.ts";
import { entryMetadata } from "../../../src/secret/entry.ts";
import { patched } from "../../../src/secret/pull-secret.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { isWithdrawn, withdrawalPatch } from "../../../src/secret/withdrawal.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const login = { username: "u", password: new Sensitive("p") };

const entry = { hosts: ["r.azurecr.io", "r.eastus.geo.azurecr.io"], kind: "acr-token", identity: "t" };
const { labels, annotations } = entryMetadata([entry]);
const secretOf = (metadata: Partial<Secret["metadata"]>, type: string, data: Secret["data"]): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "acr", namespace: "demo", resourceVersion: "7", ...metadata },
  type,
  ...(data && { data }),
});
const withdrawnSecret = (secret: Secret) => patched(secret, withdrawalPatch(secret));
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
])("removes logins from a Secret: $what", ({ secret, data, left, aside }) => {
  expect(isWithdrawn(secret)).toBe(false);
  expect(withdrawalPatch(secret)).toEqual({ metadata: { resourceVersion: "7" }, data: { ...data, ...aside } });
  const after = withdrawnSecret(secret);
  expect(after).toEqual({ ...secret, data: { ...left, ...aside } });
  expect(isWithdrawn(after)).toBe(true);
  expect(withdrawnSecret(after)).toEqual(after);
});

test("treats an empty Secret as without a login", () => {
  expect(isWithdrawn(secretOf({ labels }, type, { ".dockerconfigjson": base64('{"auths":{}}') }))).toBe(true);
});
