import { expect, test } from "vitest";
import type { ExistingSecret, StoreOptions } from "../../../src/plan/existing-secret.ts";
import { planStore, refuseForeign } from "../../../src/plan/store.ts";
import { entry, existing, host, to } from "../../support/situations/existing-secret.ts";

const foreign: ExistingSecret = { ...existing, entries: undefined };
const options = (more: Partial<StoreOptions> = {}): StoreOptions => ({ entry, host, fresh: false, force: false, merge: false, ...more });
const _stands = { uid: "u1", version: "7" };
const _claim = { by: "another-run", until: "2026-01-01T00:00:30Z" };
const beside = "use another name, or add --merge to keep its other logins, or --force to overwrite them";
const argocd: ExistingSecret = { ...existing, type: "Opaque", shape: "argocd-repository" };
const forArgo = options({ fresh: true, shape: "argocd-repository" });
const merge = options({ fresh: true, merge: true });

test.for<{ why: string; existing: ExistingSecret; options?: StoreOptions; says: string; hint: string }>([
  {
    why: "somebody else's Secret",
    existing: { ...foreign, type: "Opaque" },
    says: 'secret "acr" in namespace "demo" (type Opaque) was not created by kubectl acr-secret',
    hint: "use another name, or add --force to overwrite this Secret",
  },
  {
    why: "somebody else's pull secret, where another reader wants one login alone",
    existing: { ...foreign, shape: "pull-secret" },
    options: forArgo,
    says: 'secret "acr" in namespace "demo" (type kubernetes.io/dockerconfigjson) was not created by kubectl acr-secret',
    hint: "use another name, or add --force to overwrite this Secret",
  },
  {
    why: "another registry's credential, as another reader has it",
    existing: { ...argocd, entries: [{ ...entry, hosts: ["b.azurecr.io"] }], hosts: ["b.azurecr.io"] },
    options: forArgo,
    says: 'secret "acr" in namespace "demo" holds a credential for b.azurecr.io',
    hint: "use another name, or add --force to overwrite this Secret",
  },
  {
    why: "a pull secret of ours, where another reader wants one",
    existing: { ...existing, shape: "pull-secret" },
    options: forArgo,
    says: 'secret "acr" in namespace "demo" is a pull secret and would no longer work as one',
    hint: "use another name, or add --force to overwrite this Secret",
  },
  {
    why: "another reader's of ours, where the kubelet wants one",
    existing: argocd,
    says: 'secret "acr" in namespace "demo" is an Argo CD repository and would no longer work as one',
    hint: "use another name, or add --force to overwrite this Secret",
  },
  {
    why: "another registry's credential",
    existing: { ...existing, entries: [{ ...entry, hosts: ["b.azurecr.io"] }], hosts: ["b.azurecr.io"] },
    says: 'secret "acr" in namespace "demo" holds a credential for b.azurecr.io',
    hint: beside,
  },
  {
    why: "ours, and somebody added a login for another registry",
    existing: { ...existing, hosts: [host, "docker.io"] },
    says: 'secret "acr" in namespace "demo" holds a credential for docker.io',
    hint: beside,
  },
  {
    why: "ours, and a login for a registry whose name begins like ours",
    existing: { ...existing, hosts: [host, `${host}.example/team`] },
    says: `secret "acr" in namespace "demo" holds a credential for ${host}.example/team`,
    hint: beside,
  },
  {
    why: "ours, and somebody added two logins",
    existing: { ...existing, hosts: ["b.azurecr.io", host, "docker.io"] },
    says: 'secret "acr" in namespace "demo" holds a credential for b.azurecr.io, docker.io',
    hint: beside,
  },
  {
    why: "our label, a note that cannot be read, and a login for another registry",
    existing: { ...existing, entries: [], hosts: ["docker.io"] },
    says: 'secret "acr" in namespace "demo" holds a credential for docker.io',
    hint: beside,
  },
  {
    why: "another user's credential, which may work",
    existing: { ...existing, entries: [{ ...entry, identity: "old" }], pulls: "unknown" },
    says: 'secret "acr" in namespace "demo" holds the credential of "old" (given)',
    hint: "use another name, or add --force to overwrite that credential",
  },
  {
    why: "a kind of credential that a newer version made",
    existing: { ...existing, entries: [{ ...entry, kind: "service-principal" }], pulls: "yes" },
    says: 'secret "acr" in namespace "demo" holds the credential of "ci" (service-principal)',
    hint: "use another name, or add --force to overwrite that credential",
  },
  {
    why: "one other manager's field",
    existing: { ...existing, others: ['"kubectl-patch" using v1: .data..dockerconfigjson'] },
    options: options({ fresh: true }),
    says: 'Apply failed with 1 conflict: conflict with "kubectl-patch" using v1: .data..dockerconfigjson',
    hint: "add --force to overwrite these fields",
  },
  {
    why: "two of them",
    existing: { ...existing, others: ['"a" using v1: .x', '"b" using v1: .y'] },
    options: options({ fresh: true }),
    says: 'Apply failed with 2 conflicts: conflicts with "a" using v1: .x; "b" using v1: .y',
    hint: "add --force to overwrite these fields",
  },
  {
    why: "somebody else's pull secret",
    existing: { ...foreign, hosts: ["docker.io"] },
    says: 'secret "acr" in namespace "demo" (type kubernetes.io/dockerconfigjson) was not created by kubectl acr-secret',
    hint: beside,
  },
  {
    why: "somebody else's login for this registry among others",
    existing: { ...foreign, hosts: ["docker.io", host] },
    options: merge,
    says: `secret "acr" in namespace "demo" holds a login for ${host} that this plugin did not add`,
    hint: "use another name, or add --force to overwrite that login",
  },
  {
    why: "among others, a credential of ours of another kind, which may work",
    existing: { ...existing, entries: [{ ...entry, kind: "admin" }], hosts: [host, "docker.io"], pulls: "yes" },
    options: merge,
    says: 'secret "acr" in namespace "demo" holds the credential of "ci" (admin)',
    hint: "use another name, or add --force to overwrite that credential",
  },
  {
    why: "a type that holds no such logins, whatever is said",
    existing: { ...foreign, type: "Opaque" },
    options: { ...merge, force: true },
    says: 'secret "acr" in namespace "demo" has type Opaque, so no login can be added',
    hint: "use another name",
  },
  {
    why: "one that nobody can change, whatever is said",
    existing: { ...foreign, immutable: true },
    options: { ...merge, force: true },
    says: 'secret "acr" in namespace "demo" is immutable, so no login can be added',
    hint: "use another name",
  },
])("is not touched unasked: $why", ({ existing, options: wanted = options(), says, hint }) => {
  expect(() => planStore(to, wanted, existing)).toThrow(expect.objectContaining({ kind: "conflict", message: says, hint }));
});

test("nothing is lost where the same identity gets another password, whether or not the old one pulls", () => {
  for (const pulls of ["yes", "no", "unknown"] as const)
    expect(() => planStore(to, options({ fresh: true }), { ...existing, pulls })).not.toThrow();
});

test.for<{ why: string; existing: ExistingSecret; says: string | undefined }>([
  { why: "ours", existing, says: undefined },
  { why: "ours, whoever is in it", existing: { ...existing, entries: [{ ...entry, identity: "old" }], pulls: "yes" }, says: undefined },
  { why: "ours, with a note that cannot be read", existing: { ...existing, entries: [] }, says: undefined },
  { why: "its key is the registry's address", existing: { ...existing, hosts: [`https://${host}`] }, says: undefined },
  { why: "its key is an address of old", existing: { ...existing, hosts: [`http://${host}/v1/`] }, says: undefined },
  { why: "its key is a path of the registry", existing: { ...existing, hosts: [`${host}/team`] }, says: undefined },
  {
    why: "its key only begins like the registry",
    existing: { ...existing, hosts: [`${host}.example`] },
    says: 'secret "acr" in namespace "demo" holds a credential for r.azurecr.io.example',
  },
  {
    why: "its key names the registry behind another",
    existing: { ...existing, hosts: [`mirror.io/https://${host}`] },
    says: 'secret "acr" in namespace "demo" holds a credential for mirror.io/https://r.azurecr.io',
  },
  { why: "somebody else's", existing: foreign, says: expect.stringContaining("was not created by kubectl acr-secret") },
])("before it is known what is wanted: $why", ({ existing, says }) => {
  const refuse = () => refuseForeign(to, { host }, existing);

  if (says === undefined) expect(refuse).not.toThrow();
  else expect(refuse).toThrow(expect.objectContaining({ kind: "conflict", message: says }));
});
