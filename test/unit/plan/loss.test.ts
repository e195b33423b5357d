import { expect, test } from "vitest";
import type { Held, StoreOptions } from "../../../src/plan/held.ts";
import { refuseForeign } from "../../../src/plan/loss.ts";
import { planStore } from "../../../src/plan/store.ts";
import { entry, held, host, to } from "../../support/situations/held.ts";

const foreign: Held = { ...held, entries: undefined };
const options = (more: Partial<StoreOptions> = {}): StoreOptions => ({ entry, host, fresh: false, force: false, merge: false, ...more });
const _stands = { uid: "u1", version: "7" };
const _claim = { by: "another-run", until: "2026-01-01T00:00:30Z" };
const beside = "name another Secret, or add --merge to keep what it holds, or --force to lose it";
const argocd: Held = { ...held, type: "Opaque", shape: "argocd-repository" };
const forArgo = options({ fresh: true, shape: "argocd-repository" });
const merge = options({ fresh: true, merge: true });

test.for<{ why: string; held: Held; options?: StoreOptions; says: string; hint: string }>([
  {
    why: "somebody else's Secret",
    held: { ...foreign, type: "Opaque" },
    says: 'secret "acr" in namespace "demo" (type Opaque) was not made by kubectl acr-secret',
    hint: "name another Secret, or add --force to take this one over",
  },
  {
    why: "somebody else's pull secret, where another reader wants one login alone",
    held: { ...foreign, shape: "pull-secret" },
    options: forArgo,
    says: 'secret "acr" in namespace "demo" (type kubernetes.io/dockerconfigjson) was not made by kubectl acr-secret',
    hint: "name another Secret, or add --force to take this one over",
  },
  {
    why: "another registry's credential, as another reader has it",
    held: { ...argocd, entries: [{ ...entry, hosts: ["b.azurecr.io"] }], hosts: ["b.azurecr.io"] },
    options: forArgo,
    says: 'secret "acr" in namespace "demo" holds a credential for b.azurecr.io',
    hint: "name another Secret, or add --force to take this one over",
  },
  {
    why: "a pull secret of ours, where another reader wants one",
    held: { ...held, shape: "pull-secret" },
    options: forArgo,
    says: 'secret "acr" in namespace "demo" is a pull secret, and would be none any more',
    hint: "name another Secret, or add --force to take this one over",
  },
  {
    why: "another reader's of ours, where the kubelet wants one",
    held: argocd,
    says: 'secret "acr" in namespace "demo" is a repository of Argo CD, and would be none any more',
    hint: "name another Secret, or add --force to take this one over",
  },
  {
    why: "another registry's credential",
    held: { ...held, entries: [{ ...entry, hosts: ["b.azurecr.io"] }], hosts: ["b.azurecr.io"] },
    says: 'secret "acr" in namespace "demo" holds a credential for b.azurecr.io',
    hint: beside,
  },
  {
    why: "ours, and somebody added a login for another registry",
    held: { ...held, hosts: [host, "docker.io"] },
    says: 'secret "acr" in namespace "demo" holds a credential for docker.io',
    hint: beside,
  },
  {
    why: "ours, and a login for a registry whose name begins like ours",
    held: { ...held, hosts: [host, `${host}.example/team`] },
    says: `secret "acr" in namespace "demo" holds a credential for ${host}.example/team`,
    hint: beside,
  },
  {
    why: "ours, and somebody added two logins",
    held: { ...held, hosts: ["b.azurecr.io", host, "docker.io"] },
    says: 'secret "acr" in namespace "demo" holds a credential for b.azurecr.io, docker.io',
    hint: beside,
  },
  {
    why: "our label, a note that cannot be read, and a login for another registry",
    held: { ...held, entries: [], hosts: ["docker.io"] },
    says: 'secret "acr" in namespace "demo" holds a credential for docker.io',
    hint: beside,
  },
  {
    why: "another user's credential, which may work",
    held: { ...held, entries: [{ ...entry, identity: "old" }], pulls: "unknown" },
    says: 'secret "acr" in namespace "demo" holds the credential of "old" (given)',
    hint: "name another Secret, or add --force to lose that credential",
  },
  {
    why: "a kind of credential that a newer version made",
    held: { ...held, entries: [{ ...entry, kind: "service-principal" }], pulls: "yes" },
    says: 'secret "acr" in namespace "demo" holds the credential of "ci" (service-principal)',
    hint: "name another Secret, or add --force to lose that credential",
  },
  {
    why: "one other manager's field",
    held: { ...held, others: ['"kubectl-patch" using v1: .data..dockerconfigjson'] },
    options: options({ fresh: true }),
    says: 'Apply failed with 1 conflict: conflict with "kubectl-patch" using v1: .data..dockerconfigjson',
    hint: "add --force to take these fields over from their manager",
  },
  {
    why: "two of them",
    held: { ...held, others: ['"a" using v1: .x', '"b" using v1: .y'] },
    options: options({ fresh: true }),
    says: 'Apply failed with 2 conflicts: conflicts with "a" using v1: .x; "b" using v1: .y',
    hint: "add --force to take these fields over from their manager",
  },
  {
    why: "somebody else's pull secret",
    held: { ...foreign, hosts: ["docker.io"] },
    says: 'secret "acr" in namespace "demo" (type kubernetes.io/dockerconfigjson) was not made by kubectl acr-secret',
    hint: beside,
  },
  {
    why: "somebody else's login for this registry among others",
    held: { ...foreign, hosts: ["docker.io", host] },
    options: merge,
    says: `secret "acr" in namespace "demo" holds somebody else's login for ${host}`,
    hint: "name another Secret, or add --force to replace that login",
  },
  {
    why: "among others, a credential of ours of another kind, which may work",
    held: { ...held, entries: [{ ...entry, kind: "admin" }], hosts: [host, "docker.io"], pulls: "yes" },
    options: merge,
    says: 'secret "acr" in namespace "demo" holds the credential of "ci" (admin)',
    hint: "name another Secret, or add --force to lose that credential",
  },
  {
    why: "a type that holds no such logins, whatever is said",
    held: { ...foreign, type: "Opaque" },
    options: { ...merge, force: true },
    says: 'secret "acr" in namespace "demo" is of type Opaque, to which no login can be added',
    hint: "name another Secret",
  },
  {
    why: "one that nobody can change, whatever is said",
    held: { ...foreign, immutable: true },
    options: { ...merge, force: true },
    says: 'secret "acr" in namespace "demo" is immutable, so no login can be added',
    hint: "name another Secret",
  },
])("is not touched unasked: $why", ({ held, options: wanted = options(), says, hint }) => {
  expect(() => planStore(to, wanted, held)).toThrow(expect.objectContaining({ kind: "conflict", message: says, hint }));
});

test("nothing is lost where the same identity gets another password, whether or not the old one pulls", () => {
  for (const pulls of ["yes", "no", "unknown"] as const)
    expect(() => planStore(to, options({ fresh: true }), { ...held, pulls })).not.toThrow();
});

test.for<{ why: string; held: Held; says: string | undefined }>([
  { why: "ours", held, says: undefined },
  { why: "ours, whoever is in it", held: { ...held, entries: [{ ...entry, identity: "old" }], pulls: "yes" }, says: undefined },
  { why: "ours, with a note that cannot be read", held: { ...held, entries: [] }, says: undefined },
  { why: "its key is the registry's address", held: { ...held, hosts: [`https://${host}`] }, says: undefined },
  { why: "its key is an address of old", held: { ...held, hosts: [`http://${host}/v1/`] }, says: undefined },
  { why: "its key is a path of the registry", held: { ...held, hosts: [`${host}/team`] }, says: undefined },
  {
    why: "its key only begins like the registry",
    held: { ...held, hosts: [`${host}.example`] },
    says: 'secret "acr" in namespace "demo" holds a credential for r.azurecr.io.example',
  },
  {
    why: "its key names the registry behind another",
    held: { ...held, hosts: [`mirror.io/https://${host}`] },
    says: 'secret "acr" in namespace "demo" holds a credential for mirror.io/https://r.azurecr.io',
  },
  { why: "somebody else's", held: foreign, says: expect.stringContaining("was not made by kubectl acr-secret") },
])("before it is known what is wanted: $why", ({ held, says }) => {
  const refuse = () => refuseForeign(to, { host }, held);

  if (says === undefined) expect(refuse).not.toThrow();
  else expect(refuse).toThrow(expect.objectContaining({ kind: "conflict", message: says }));
});
