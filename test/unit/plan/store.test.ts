import { expect, test } from "vitest";
import type { Held, StoreOptions } from "../../../src/plan/held.ts";
import { planStore, tellLoss } from "../../../src/plan/store.ts";
import { entry, held, host, to } from "../../support/situations/held.ts";

const foreign: Held = { ...held, entries: undefined };
const options = (more: Partial<StoreOptions> = {}): StoreOptions => ({ entry, host, fresh: false, force: false, merge: false, ...more });
const precondition = { uid: "u1", version: "7" };
const finalizers = ["example.com/x"];
const claim = { by: "another-run", until: "2026-01-01T00:00:30Z" };
const _beside = "name another Secret, or add --merge to keep what it holds, or --force to lose it";
const argocd: Held = { ...held, type: "Opaque", shape: "argocd-repository" };
const forArgo = options({ fresh: true, shape: "argocd-repository" });
const merge = options({ fresh: true, merge: true });

test.for<{ why: string; held: Held | undefined; options: StoreOptions; gives: object }>([
  {
    why: "there is none",
    held: undefined,
    options: options({ fresh: true }),
    gives: { act: "store", precondition: undefined, replaces: false, because: "there is none" },
  },
  { why: "the same", held, options: options(), gives: { act: "keep", because: "holds this credential" } },
  {
    why: "another password: in place, on the version that was seen, so that the uid stays",
    held,
    options: options({ fresh: true }),
    gives: { act: "store", precondition, replaces: false, because: "holds another credential" },
  },
  {
    why: "the same password, noted otherwise",
    held: { ...held, entries: [{ ...entry, expiresAt: "2027-01-01T00:00:00Z" }] },
    options: options(),
    gives: { act: "store", precondition, replaces: false, because: "says something else of itself" },
  },
  {
    why: "our label, and a note that cannot be read",
    held: { ...held, entries: [] },
    options: options(),
    gives: { act: "store", precondition, replaces: false },
  },
  {
    why: "the same, under paths of the registry",
    held: { ...held, hosts: [`${host}/team`, `https://${host}/v2/`] },
    options: options(),
    gives: { act: "keep", because: "holds this credential" },
  },
  { why: "immutable and the same", held: { ...held, immutable: true }, options: options(), gives: { act: "keep" } },
  {
    why: "immutable and another",
    held: { ...held, immutable: true },
    options: options({ fresh: true }),
    gives: { act: "store", precondition, replaces: true },
  },
  { why: "taken over", held: foreign, options: options({ force: true }), gives: { act: "store", precondition, replaces: false } },
  {
    why: "of a type that the kubelet passes over",
    held: { ...foreign, type: "Opaque" },
    options: options({ fresh: true, force: true }),
    gives: { act: "store", precondition, replaces: true, because: "its type is Opaque" },
  },
  {
    why: "the same, of a type that the kubelet passes over",
    held: { ...held, type: "Opaque" },
    options: options(),
    gives: { act: "store", precondition, replaces: true, because: "its type is Opaque" },
  },
  {
    why: "claimed by another run, which the write has to know",
    held: { ...held, claim },
    options: options({ fresh: true }),
    gives: { act: "store", precondition: { ...precondition, claim } },
  },
  {
    why: "another user's credential, which is known to be dead",
    held: { ...held, entries: [{ ...entry, identity: "old" }], pulls: "no" },
    options: options({ fresh: true }),
    gives: { act: "store", precondition },
  },
  {
    why: "another's fields, taken over by force",
    held: { ...held, others: ['"kubectl-patch" using v1: .data..dockerconfigjson'] },
    options: options({ fresh: true, force: true }),
    gives: { act: "store", precondition },
  },
  {
    why: "another's fields, and nothing to write",
    held: { ...held, others: ['"kubectl-patch" using v1: .data..dockerconfigjson'] },
    options: options(),
    gives: { act: "keep" },
  },
  {
    why: "somebody else's, to which a login is added",
    held: { ...foreign, hosts: ["ghcr.io", `https://${host}/`], others: ['"helm" using v1: .data..dockerconfigjson'] },
    options: merge,
    gives: { act: "store", precondition, replaces: false, merges: true, because: "gets one more login" },
  },
  {
    why: "somebody else's, which has this very login: only the note is added",
    held: { ...foreign, hosts: ["ghcr.io", host] },
    options: options({ merge: true }),
    gives: { act: "store", precondition, merges: true, because: "says something else of itself" },
  },
  {
    why: "somebody else's login for this registry, replaced among the others by force",
    held: { ...foreign, hosts: ["ghcr.io", host] },
    options: { ...merge, force: true },
    gives: { act: "store", precondition, replaces: false, merges: true },
  },
  {
    why: "a login that was added, and is as it should be",
    held: { ...held, hosts: ["ghcr.io", host], immutable: true },
    options: options({ merge: true }),
    gives: { act: "keep", because: "holds this credential" },
  },
  {
    why: "a login that was added, whose password is another now",
    held: { ...held, hosts: ["ghcr.io", host] },
    options: merge,
    gives: { act: "store", precondition, merges: true, because: "gets one more login" },
  },
  {
    why: "there is none, and another reader wants it",
    held: undefined,
    options: forArgo,
    gives: { act: "store", shape: "argocd-repository", precondition: undefined, replaces: false },
  },
  { why: "the same, as another reader wants it", held: argocd, options: { ...forArgo, fresh: false }, gives: { act: "keep" } },
  {
    why: "another password, as another reader wants it: in place",
    held: argocd,
    options: forArgo,
    gives: { act: "store", shape: "argocd-repository", precondition, replaces: false, because: "holds another credential" },
  },
  {
    why: "of the right type, and nobody finds a login in it: in place",
    held: { ...held, type: "Opaque", hosts: [] },
    options: forArgo,
    gives: { act: "store", shape: "argocd-repository", precondition, replaces: false },
  },
  {
    why: "a pull secret, made one for another reader by force",
    held: { ...held, shape: "pull-secret" },
    options: { ...forArgo, force: true },
    gives: {
      act: "store",
      shape: "argocd-repository",
      precondition,
      replaces: true,
      because: "its type is kubernetes.io/dockerconfigjson",
    },
  },
  {
    why: "another reader's, made a pull secret by force",
    held: argocd,
    options: options({ force: true }),
    gives: { act: "store", precondition, replaces: true, because: "its type is Opaque" },
  },
])("$why", ({ held, options, gives }) => {
  expect(planStore(to, options, held)).toMatchObject({ to, ...gives });
});

test("a Secret that nobody claims stands without a claim", () => {
  expect(planStore(to, options({ fresh: true }), held)).toHaveProperty("precondition", precondition);
});

test("another key of the same registry is no loss", () => {
  const twice = { ...held, hosts: [host, `https://${host}`, `${host}/team`] };

  expect(tellLoss(planStore(to, options({ fresh: true }), twice), twice)).toEqual([]);
});

test("a login for another registry that goes by force is told", () => {
  const several = { ...held, hosts: [host, "b.azurecr.io", "docker.io"] };
  const store = planStore(to, options({ fresh: true, force: true }), several);

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

test.for<{ why: string; held: Held; options: StoreOptions; message: RegExp }>([
  {
    why: "is immutable",
    held: { ...held, immutable: true, finalizers },
    options: options({ fresh: true }),
    message: /cannot be replaced$/,
  },
  {
    why: "has another type",
    held: { ...foreign, type: "Opaque", finalizers },
    options: options({ fresh: true, force: true }),
    message: /cannot be replaced$/,
  },
  {
    why: "is being deleted",
    held: { ...held, finalizers, deleting: true },
    options: options({ force: true }),
    message: /is being deleted$/,
  },
])("refuses to write a Secret that has finalizers and $why, and names them", ({ held: there, options: asked, message }) => {
  expect(() => planStore(to, asked, there)).toThrow(
    expect.objectContaining({ kind: "conflict", message: expect.stringMatching(message), hint: expect.stringContaining("example.com/x") }),
  );
});

test("writes in place a Secret that has finalizers when its type stays", () => {
  expect(planStore(to, options({ fresh: true }), { ...held, finalizers })).toMatchObject({ act: "store", replaces: false });
});
