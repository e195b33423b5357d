import { expect, test } from "vitest";
import type { IssuerDocuments } from "../../../src/cluster/port.ts";
import { type Downloaded, publicationsOf } from "../../../src/secretless/issuer.ts";

const documents = (more: Partial<IssuerDocuments["configuration"]> = {}): IssuerDocuments => ({
  configuration: { issuer: "https://oidc.example.com/cluster", jwks_uri: "https://10.0.0.1:6443/openid/v1/jwks", ...more },
  keys: { keys: [{ kid: "new" }, { kid: "old" }] },
});

test.for([
  {
    when: "the API server names its own address for the keys",
    of: documents(),
    addresses: ["https://oidc.example.com/cluster/.well-known/openid-configuration", "https://oidc.example.com/cluster/openid/v1/jwks"],
  },
  {
    when: "the API server names a public address for the keys",
    of: documents({ jwks_uri: "https://keys.example.com/jwks" }),
    addresses: ["https://oidc.example.com/cluster/.well-known/openid-configuration", "https://keys.example.com/jwks"],
  },
  {
    when: "the issuer ends with a slash",
    of: documents({ issuer: "https://oidc.example.com/" }),
    addresses: ["https://oidc.example.com/.well-known/openid-configuration", "https://oidc.example.com/openid/v1/jwks"],
  },
])("publishes the documents where Entra ID reads them when $when", ({ of, addresses }) => {
  const [configuration, keys] = publicationsOf(of);
  expect([configuration?.address, keys?.address]).toEqual(addresses);
  expect(configuration?.content).toEqual({ ...of.configuration, jwks_uri: addresses[1] });
  expect(keys?.content).toEqual(of.keys);
});

const json = (content: unknown, status = 200): Downloaded => ({ status, text: JSON.stringify(content) });

test.for<{ when: string; document: 0 | 1; answer: Downloaded; problem: string | undefined }>([
  { when: "it is published", document: 0, answer: json({ issuer: "https://oidc.example.com/cluster" }), problem: undefined },
  { when: "it doesn't exist", document: 0, answer: json({}, 404), problem: "can't be read: status 404" },
  { when: "its server doesn't answer", document: 0, answer: { error: "connection refused" }, problem: "can't be read: connection refused" },
  { when: "it is not JSON", document: 0, answer: { status: 200, text: "<html>" }, problem: "is not JSON" },
  {
    when: "it names another issuer",
    document: 0,
    answer: json({ issuer: "https://oidc.example.com/cluster/" }),
    problem: 'names the issuer "https://oidc.example.com/cluster/" instead of https://oidc.example.com/cluster',
  },
  { when: "all keys are published", document: 1, answer: json({ keys: [{ kid: "old" }, { kid: "new" }, {}] }), problem: undefined },
  { when: "the keys were rotated", document: 1, answer: json({ keys: [{ kid: "old" }] }), problem: "lacks 1 of the cluster's 2 keys" },
  { when: "it has no keys", document: 1, answer: json({ keys: null }), problem: "lacks 2 of the cluster's 2 keys" },
])("compares a document with the cluster's when $when", ({ document, answer, problem }) => {
  expect(publicationsOf(documents())[document]?.problemIn(answer)).toBe(problem);
});
