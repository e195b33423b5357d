import { expect, test } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { configData, encodeDockerConfig } from "../../../src/secret/docker-config.ts";
import { pullSecret } from "../../../src/secret/pull-secret.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { readExisting } from "../../../src/usage/existing-secret.ts";

const type = "kubernetes.io/dockerconfigjson";

/** Returns a Secret with a login for one registry, as the API returns it. */
const secret = (host: string, password: string, of = type): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "acr", namespace: "demo", uid: "u", resourceVersion: "1" },
  type: of,
  data: { ".dockerconfigjson": configData(encodeDockerConfig(host, { username: "ci", password: new Sensitive(password) })) },
});

/** Returns the state that is read from a Secret for a registry, with the password as plain text. */
function read(of: Secret, host = "r.azurecr.io") {
  const { existing, login } = readExisting(of, host, "kubectl-acr-secret");
  return { hosts: existing.hosts, password: login?.password.reveal() };
}

test("reads several Secrets and one Secret twice", () => {
  const first = secret("r.azurecr.io", "p1");

  expect(read(first)).toEqual({ hosts: ["r.azurecr.io"], password: "p1" });
  expect(read(first)).toEqual({ hosts: ["r.azurecr.io"], password: "p1" });
  expect(read(first, "other.azurecr.io")).toEqual({ hosts: ["r.azurecr.io"], password: undefined });
  expect(read(secret("r.azurecr.io", "p2"))).toEqual({ hosts: ["r.azurecr.io"], password: "p2" });
  expect(read(secret("r.azurecr.io", "p2", "Opaque"))).toEqual({ hosts: [], password: undefined });
  expect(read(secret("other.azurecr.io", "p2"))).toEqual({ hosts: ["other.azurecr.io"], password: undefined });
  expect(read({ ...first, data: { ".dockerconfigjson": "" } })).toEqual({ hosts: [], password: undefined });
});

test("reads the login and the other managers of an Argo CD repository", () => {
  const login = { username: "ci", password: new Sensitive("p1") };
  const entry = { hosts: ["r.azurecr.io"], kind: "given", identity: "ci" };
  const made = pullSecret({ kind: "secret", name: "acr" }, entry, encodeDockerConfig("r.azurecr.io", login), "argocd-repository");
  const { metadata } = made;
  const managedFields = [
    { manager: "argocd-server", apiVersion: "v1", fieldsV1: { "f:data": { "f:password": {}, "f:.dockerconfigjson": {} } } },
  ];

  expect(read(made)).toEqual({ hosts: ["r.azurecr.io"], password: "p1" });
  expect(readExisting({ ...made, metadata: { ...metadata, managedFields } }, "r.azurecr.io", "us").existing).toMatchObject({
    type: "Opaque",
    shape: "argocd-repository",
    entries: [entry],
    others: ['"argocd-server" using v1: .data.password'],
  });
  expect(read({ ...made, metadata: { ...metadata, labels: {} } })).toEqual({ hosts: [], password: undefined });
});
