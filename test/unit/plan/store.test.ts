import { expect, test } from "vitest";
import type { Held, StoreWish } from "../../../src/plan/held.ts";
import { refuseForeign } from "../../../src/plan/loss.ts";
import { planStore, tellLoss } from "../../../src/plan/store.ts";
import { entry, held, host, to } from "../../support/situations/held.ts";

const foreign: Held = { ...held, entries: undefined };
const wish = (more: Partial<StoreWish> = {}): StoreWish => ({ entry, host, fresh: false, force: false, merge: false, ...more });
const stands = { uid: "u1", version: "7" };
const claim = { by: "another-run", until: "2026-01-01T00:00:30Z" };
const beside = "name another Secret, or add --merge to keep what it holds, or --force to lose it";
const argocd: Held = { ...held, type: "Opaque", shape: "argocd-repository" };
const forArgo = wish({ fresh: true, shape: "argocd-repository" });
const merge = wish({ fresh: true, merge: true });

test.for<{ why: string; held: Held | undefined; wish: StoreWish; gives: object }>([
  {
    why: "there is none",
    held: undefined,
    wish: wish({ fresh: true }),
    gives: { act: "store", stands: undefined, replaces: false, because: "there is none" },
  },
  { why: "the same", held, wish: wish(), gives: { act: "keep", because: "holds this credential" } },
  {
    why: "another password: in place, on the version that was seen, so that the uid stays",
    held,
    wish: wish({ fresh: true }),
    gives: { act: "store", stands, replaces: false, because: "holds another credential" },
  },
  {
    why: "the same password, noted otherwise",
    held: { ...held, entries: [{ ...entry, expiresAt: "2027-01-01T00:00:00Z" }] },
    wish: wish(),
    gives: { act: "store", stands, replaces: false, because: "says something else of itself" },
  },
  {
    why: "our label, and a note that cannot be read",
    held: { ...held, entries: [] },
    wish: wish(),
    gives: { act: "store", stands, replaces: false },
  },
  {
    why: "the same, under paths of the registry",
    held: { ...held, hosts: [`${host}/team`, `https://${host}/v2/`] },
    wish: wish(),
    gives: { act: "keep", because: "holds this credential" },
  },
  { why: "immutable and the same", held: { ...held, immutable: true }, wish: wish(), gives: { act: "keep" } },
  {
    why: "immutable and another",
    held: { ...held, immutable: true },
    wish: wish({ fresh: true }),
    gives: { act: "store", stands, replaces: true },
  },
  { why: "taken over", held: foreign, wish: wish({ force: true }), gives: { act: "store", stands, replaces: false } },
  {
    why: "of a type that the kubelet passes over",
    held: { ...foreign, type: "Opaque" },
    wish: wish({ fresh: true, force: true }),
    gives: { act: "store", stands, replaces: true, because: "its type is Opaque" },
  },
  {
    why: "the same, of a type that the kubelet passes over",
    held: { ...held, type: "Opaque" },
    wish: wish(),
    gives: { act: "store", stands, replaces: true, because: "its type is Opaque" },
  },
  {
    why: "claimed by another run, which the write has to know",
    held: { ...held, claim },
    wish: wish({ fresh: true }),
    gives: { act: "store", stands: { ...stands, claim } },
  },
  {
    why: "another user's credential, which is known to be dead",
    held: { ...held, entries: [{ ...entry, identity: "old" }], pulls: "no" },
    wish: wish({ fresh: true }),
    gives: { act: "store", stands },
  },
  {
    why: "another's fields, taken over by force",
    held: { ...held, others: ['"kubectl-patch" using v1: .data..dockerconfigjson'] },
    wish: wish({ fresh: true, force: true }),
    gives: { act: "store", stands },
  },
  {
    why: "another's fields, and nothing to write",
    held: { ...held, others: ['"kubectl-patch" using v1: .data..dockerconfigjson'] },
    wish: wish(),
    gives: { act: "keep" },
  },
  {
    why: "somebody else's, to which a login is added",
    held: { ...foreign, hosts: ["ghcr.io", `https://${host}/`], others: ['"helm" using v1: .data..dockerconfigjson'] },
    wish: merge,
    gives: { act: "store", stands, replaces: false, merges: true, because: "gets one more login" },
  },
  {
    why: "somebody else's, which has this very login: only the note is added",
    held: { ...foreign, hosts: ["ghcr.io", host] },
    wish: wish({ merge: true }),
    gives: { act: "store", stands, merges: true, because: "says something else of itself" },
  },
  {
    why: "somebody else's login for this registry, replaced among the others by force",
    held: { ...foreign, hosts: ["ghcr.io", host] },
    wish: { ...merge, force: true },
    gives: { act: "store", stands, replaces: false, merges: true },
  },
  {
    why: "a login that was added, and is as it should be",
    held: { ...held, hosts: ["ghcr.io", host], immutable: true },
    wish: wish({ merge: true }),
    gives: { act: "keep", because: "holds this credential" },
  },
  {
    why: "a login that was added, whose password is another now",
    held: { ...held, hosts: ["ghcr.io", host] },
    wish: merge,
    gives: { act: "store", stands, merges: true, because: "gets one more login" },
  },
  {
    why: "there is none, and another reader wants it",
    held: undefined,
    wish: forArgo,
    gives: { act: "store", shape: "argocd-repository", stands: undefined, replaces: false },
  },
  { why: "the same, as another reader wants it", held: argocd, wish: { ...forArgo, fresh: false }, gives: { act: "keep" } },
  {
    why: "another password, as another reader wants it: in place",
    held: argocd,
    wish: forArgo,
    gives: { act: "store", shape: "argocd-repository", stands, replaces: false, because: "holds another credential" },
  },
  {
    why: "of the right type, and nobody finds a login in it: in place",
    held: { ...held, type: "Opaque", hosts: [] },
    wish: forArgo,
    gives: { act: "store", shape: "argocd-repository", stands, replaces: false },
  },
  {
    why: "a pull secret, made one for another reader by force",
    held: { ...held, shape: "pull-secret" },
    wish: { ...forArgo, force: true },
    gives: { act: "store", shape: "argocd-repository", stands, replaces: true, because: "its type is kubernetes.io/dockerconfigjson" },
  },
  {
    why: "another reader's, made a pull secret by force",
    held: argocd,
    wish: wish({ force: true }),
    gives: { act: "store", stands, replaces: true, because: "its type is Opaque" },
  },
])("$why", ({ held, wish, gives }) => {
  expect(planStore(to, wish, held)).toMatchObject({ to, ...gives });
});

test("a Secret that nobody claims stands without a claim", () => {
  expect(planStore(to, wish({ fresh: true }), held)).toHaveProperty("stands", stands);
});

test.for<{ why: string; held: Held; wish?: StoreWish; says: string; hint: string }>([
  {
    why: "somebody else's Secret",
    held: { ...foreign, type: "Opaque" },
    says: 'secret "acr" in namespace "demo" (type Opaque) was not made by kubectl acr-secret',
    hint: "name another Secret, or add --force to take this one over",
  },
  {
    why: "somebody else's pull secret, where another reader wants one login alone",
    held: { ...foreign, shape: "pull-secret" },
    wish: forArgo,
    says: 'secret "acr" in namespace "demo" (type kubernetes.io/dockerconfigjson) was not made by kubectl acr-secret',
    hint: "name another Secret, or add --force to take this one over",
  },
  {
    why: "another registry's credential, as another reader has it",
    held: { ...argocd, entries: [{ ...entry, hosts: ["b.azurecr.io"] }], hosts: ["b.azurecr.io"] },
    wish: forArgo,
    says: 'secret "acr" in namespace "demo" holds a credential for b.azurecr.io',
    hint: "name another Secret, or add --force to take this one over",
  },
  {
    why: "a pull secret of ours, where another reader wants one",
    held: { ...held, shape: "pull-secret" },
    wish: forArgo,
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
    wish: wish({ fresh: true }),
    says: 'Apply failed with 1 conflict: conflict with "kubectl-patch" using v1: .data..dockerconfigjson',
    hint: "add --force to take these fields over from their manager",
  },
  {
    why: "two of them",
    held: { ...held, others: ['"a" using v1: .x', '"b" using v1: .y'] },
    wish: wish({ fresh: true }),
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
    wish: merge,
    says: `secret "acr" in namespace "demo" holds somebody else's login for ${host}`,
    hint: "name another Secret, or add --force to replace that login",
  },
  {
    why: "among others, a credential of ours of another kind, which may work",
    held: { ...held, entries: [{ ...entry, kind: "admin" }], hosts: [host, "docker.io"], pulls: "yes" },
    wish: merge,
    says: 'secret "acr" in namespace "demo" holds the credential of "ci" (admin)',
    hint: "name another Secret, or add --force to lose that credential",
  },
  {
    why: "a type that holds no such logins, whatever is said",
    held: { ...foreign, type: "Opaque" },
    wish: { ...merge, force: true },
    says: 'secret "acr" in namespace "demo" is of type Opaque, to which no login can be added',
    hint: "name another Secret",
  },
  {
    why: "one that nobody can change, whatever is said",
    held: { ...foreign, immutable: true },
    wish: { ...merge, force: true },
    says: 'secret "acr" in namespace "demo" is immutable, so no login can be added',
    hint: "name another Secret",
  },
])("is not touched unasked: $why", ({ held, wish: wanted = wish(), says, hint }) => {
  expect(() => planStore(to, wanted, held)).toThrow(expect.objectContaining({ kind: "conflict", message: says, hint }));
});

test("nothing is lost where the same identity gets another password, whether or not the old one pulls", () => {
  for (const pulls of ["yes", "no", "unknown"] as const)
    expect(() => planStore(to, wish({ fresh: true }), { ...held, pulls })).not.toThrow();
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

test("another key of the same registry is no loss", () => {
  const twice = { ...held, hosts: [host, `https://${host}`, `${host}/team`] };

  expect(tellLoss(planStore(to, wish({ fresh: true }), twice), twice)).toEqual([]);
});

test("a login for another registry that goes by force is told", () => {
  const several = { ...held, hosts: [host, "b.azurecr.io", "docker.io"] };
  const store = planStore(to, wish({ fresh: true, force: true }), several);

  expect(tellLoss(store, several)).toEqual([
    { act: "tell", to, says: "secret/acr also held a login for b.azurecr.io, docker.io, which is gone" },
  ]);
  expect(tellLoss(store, held)).toEqual([]);
  expect(tellLoss(store, undefined)).toEqual([]);
  expect(tellLoss({ act: "keep", to, because: "" }, several)).toEqual([]);
});

test("who else writes to a Secret to which a login is added is told, unless that was a person with kubectl", () => {
  const shared = {
    ...foreign,
    hosts: ["docker.io"],
    others: ['"kubectl-create" using v1: .data..dockerconfigjson', '"helm" using v1: .data..dockerconfigjson'],
  };
  const store = planStore(to, merge, shared);
  const says = 'secret/acr has another writer, who may take this login out again: "helm" using v1: .data..dockerconfigjson';

  expect(tellLoss(store, shared)).toEqual([{ act: "tell", to, says }]);
  expect(tellLoss(store, { ...shared, others: shared.others.slice(0, 1) })).toEqual([]);
  expect(tellLoss(store, { ...shared, others: ['"helm" using v1: .x', '"flux" using v1: .y'] })).toMatchObject([
    { says: expect.stringMatching(/again: "helm" using v1: \.x; "flux" using v1: \.y$/) },
  ]);
});
