import { expect, test } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { emptyConfig, encodeDockerConfig } from "../../../src/secret/docker-config.ts";
import { asPullSecret, shapeNamed, shapeOf } from "../../../src/secret/shapes.ts";
import { Sensitive } from "../../../src/sensitive.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const encoded = (texts: Record<string, string>) => Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, base64(text)]));
const config = encodeDockerConfig("r.azurecr.io", { username: "ci", password: new Sensitive('p"<é') });
const charts = { type: "helm", enableOCI: "true", url: "r.azurecr.io", username: "ci", password: 'p"<é' };
const label = { "argocd.argoproj.io/secret-type": "repository" };
const secret = (more: Partial<Secret>, labels = {}): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "acr", labels },
  ...more,
});

test("writes an Argo CD repository with the registry's address and the login", () => {
  expect(shapeNamed("argocd-repository").fill(config)).toEqual(encoded(charts));
  expect(Object.keys(encoded(charts))).toEqual(shapeNamed("argocd-repository").keys);
  expect(shapeNamed("argocd-repository").fill(emptyConfig)).toEqual({});
});

test("uses the shape of a pull secret by default", () => {
  expect(shapeNamed()).toBe(shapeNamed("pull-secret"));
  expect(shapeNamed().fill(config)).toEqual({ ".dockerconfigjson": base64(config) });
});

test.for<{ what: string; secret: Secret; shape: string | undefined }>([
  { what: "a pull secret", secret: secret({ type: "kubernetes.io/dockerconfigjson" }), shape: "pull-secret" },
  { what: "a pull secret with Argo CD's label", secret: secret({ type: "kubernetes.io/dockerconfigjson" }, label), shape: "pull-secret" },
  { what: "an Opaque Secret with Argo CD's label", secret: secret({ type: "Opaque" }, label), shape: "argocd-repository" },
  { what: "an Opaque Secret without the label", secret: secret({ type: "Opaque" }), shape: undefined },
  {
    what: "a credential template of Argo CD",
    secret: secret({ type: "Opaque" }, { "argocd.argoproj.io/secret-type": "repo-creds" }),
    shape: undefined,
  },
  { what: "a Secret without a type", secret: secret({}, label), shape: undefined },
  { what: "a Secret without labels", secret: { ...secret({ type: "Opaque" }), metadata: { name: "acr" } }, shape: undefined },
])("detects the shape of $what: $shape", ({ secret, shape }) => {
  expect(shapeOf(secret)).toBe(shape);
});

test("reads the login of an Argo CD repository like that of a pull secret", () => {
  expect(asPullSecret(secret({ type: "Opaque", data: encoded(charts) }, label))).toEqual(
    secret({ type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": base64(config) } }, label),
  );
});

test.for<{ what: string; data: Record<string, string> | undefined }>([
  { what: "no data", data: undefined },
  { what: "a repository of git", data: encoded({ ...charts, type: "git" }) },
  { what: "charts outside a registry", data: encoded({ ...charts, enableOCI: "false" }) },
  { what: "no address", data: encoded({ ...charts, url: "" }) },
  { what: "a login alone", data: encoded({ username: "ci", password: "p" }) },
])("finds no login in $what", ({ data }) => {
  const of = secret({ type: "Opaque", ...(data && { data }) }, label);

  expect(asPullSecret(of)).toBe(of);
});

test("returns any other Secret unchanged", () => {
  const of = secret({ type: "kubernetes.io/dockerconfigjson", data: encoded(charts) });

  expect(asPullSecret(of)).toBe(of);
});
