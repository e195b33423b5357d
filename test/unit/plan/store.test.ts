import { expect, test } from "vitest";
import type { ExistingSecret, StoreOptions } from "../../../src/plan/existing-secret.ts";
import { planStore, warnLoss } from "../../../src/plan/store.ts";
import { entry, existing, host, to } from "../../support/situations/existing-secret.ts";

const foreign: ExistingSecret = { ...existing, entries: undefined };
const options = (more: Partial<StoreOptions> = {}): StoreOptions => ({ entry, host, fresh: false, force: false, merge: false, ...more });
const precondition = { uid: "u1", version: "7" };
const finalizers = ["example.com/x"];
const claim = { by: "another-run", until: "2026-01-01T00:00:30Z" };
const _beside = "use another name, or add --merge to keep its other logins, or --force to overwrite them";
const argocd: ExistingSecret = { ...existing, type: "Opaque", shape: "argocd-repository" };
const forArgo = options({ fresh: true, shape: "argocd-repository" });
const merge = options({ fresh: true, merge: true });

test.for<{ why: string; existing: ExistingSecret | undefined; options: StoreOptions; gives: object }>([
  {
    why: "no Secret exists",
    existing: undefined,
    options: options({ fresh: true }),
    gives: { act: "store", precondition: undefined, replaces: false, because: "it does not exist" },
  },
  { why: "the same", existing, options: options(), gives: { act: "keep", because: "holds this credential" } },
  {
    why: "another password: updated in place at the version that was read",
    existing,
    options: options({ fresh: true }),
    gives: { act: "store", precondition, replaces: false, because: "holds another credential" },
  },
  {
    why: "the same password, recorded differently",
    existing: { ...existing, entries: [{ ...entry, expiresAt: "2027-01-01T00:00:00Z" }] },
    options: options(),
    gives: { act: "store", precondition, replaces: false, because: "annotations differ" },
  },
  {
    why: "this plugin's label, and an invalid annotation",
    existing: { ...existing, entries: [] },
    options: options(),
    gives: { act: "store", precondition, replaces: false },
  },
  {
    why: "the same, under paths of the registry",
    existing: { ...existing, hosts: [`${host}/team`, `https://${host}/v2/`] },
    options: options(),
    gives: { act: "keep", because: "holds this credential" },
  },
  { why: "immutable and the same", existing: { ...existing, immutable: true }, options: options(), gives: { act: "keep" } },
  {
    why: "immutable and another",
    existing: { ...existing, immutable: true },
    options: options({ fresh: true }),
    gives: { act: "store", precondition, replaces: true },
  },
  {
    why: "another tool's Secret, with --force",
    existing: foreign,
    options: options({ force: true }),
    gives: { act: "store", precondition, replaces: false },
  },
  {
    why: "of a type that the kubelet ignores",
    existing: { ...foreign, type: "Opaque" },
    options: options({ fresh: true, force: true }),
    gives: { act: "store", precondition, replaces: true, because: "its type is Opaque" },
  },
  {
    why: "the same, of a type that the kubelet ignores",
    existing: { ...existing, type: "Opaque" },
    options: options(),
    gives: { act: "store", precondition, replaces: true, because: "its type is Opaque" },
  },
  {
    why: "claimed by another run, which the write must know",
    existing: { ...existing, claim },
    options: options({ fresh: true }),
    gives: { act: "store", precondition: { ...precondition, claim } },
  },
  {
    why: "another user's credential, which is invalid",
    existing: { ...existing, entries: [{ ...entry, identity: "old" }], pulls: "no" },
    options: options({ fresh: true }),
    gives: { act: "store", precondition },
  },
  {
    why: "another manager's fields, with --force",
    existing: { ...existing, others: ['"kubectl-patch" using v1: .data..dockerconfigjson'] },
    options: options({ fresh: true, force: true }),
    gives: { act: "store", precondition },
  },
  {
    why: "another manager's fields, and nothing to write",
    existing: { ...existing, others: ['"kubectl-patch" using v1: .data..dockerconfigjson'] },
    options: options(),
    gives: { act: "keep" },
  },
  {
    why: "another tool's Secret gets a login",
    existing: { ...foreign, hosts: ["ghcr.io", `https://${host}/`], others: ['"helm" using v1: .data..dockerconfigjson'] },
    options: merge,
    gives: { act: "store", precondition, replaces: false, merges: true, because: "adds a login" },
  },
  {
    why: "another tool's Secret has this login and gets the annotation",
    existing: { ...foreign, hosts: ["ghcr.io", host] },
    options: options({ merge: true }),
    gives: { act: "store", precondition, merges: true, because: "annotations differ" },
  },
  {
    why: "another tool's login for this registry is overwritten with --force",
    existing: { ...foreign, hosts: ["ghcr.io", host] },
    options: { ...merge, force: true },
    gives: { act: "store", precondition, replaces: false, merges: true },
  },
  {
    why: "an added login is correct",
    existing: { ...existing, hosts: ["ghcr.io", host], immutable: true },
    options: options({ merge: true }),
    gives: { act: "keep", because: "holds this credential" },
  },
  {
    why: "an added login has another password",
    existing: { ...existing, hosts: ["ghcr.io", host] },
    options: merge,
    gives: { act: "store", precondition, merges: true, because: "adds a login" },
  },
  {
    why: "no Secret exists, for another reader",
    existing: undefined,
    options: forArgo,
    gives: { act: "store", shape: "argocd-repository", precondition: undefined, replaces: false },
  },
  { why: "the same, for another reader", existing: argocd, options: { ...forArgo, fresh: false }, gives: { act: "keep" } },
  {
    why: "another password, for another reader: updated in place",
    existing: argocd,
    options: forArgo,
    gives: { act: "store", shape: "argocd-repository", precondition, replaces: false, because: "holds another credential" },
  },
  {
    why: "of the right type without a login: updated in place",
    existing: { ...existing, type: "Opaque", hosts: [] },
    options: forArgo,
    gives: { act: "store", shape: "argocd-repository", precondition, replaces: false },
  },
  {
    why: "a pull secret becomes another reader's Secret with --force",
    existing: { ...existing, shape: "pull-secret" },
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
    why: "another reader's Secret becomes a pull secret with --force",
    existing: argocd,
    options: options({ force: true }),
    gives: { act: "store", precondition, replaces: true, because: "its type is Opaque" },
  },
])("plans the write of a Secret: $why", ({ existing, options, gives }) => {
  expect(planStore(to, options, existing)).toMatchObject({ to, ...gives });
});

test("returns no claim for a Secret without one", () => {
  expect(planStore(to, options({ fresh: true }), existing)).toHaveProperty("precondition", precondition);
});

test("reports no loss for another key of the same registry", () => {
  const twice = { ...existing, hosts: [host, `https://${host}`, `${host}/team`] };

  expect(warnLoss(planStore(to, options({ fresh: true }), twice), twice)).toEqual([]);
});

test("warns about an overwritten login for another registry", () => {
  const several = { ...existing, hosts: [host, "b.azurecr.io", "docker.io"] };
  const store = planStore(to, options({ fresh: true, force: true }), several);

  expect(warnLoss(store, several)).toEqual([
    { act: "warn", to, message: "secret/acr also held a login for b.azurecr.io, docker.io, which is overwritten" },
  ]);
  expect(warnLoss(store, existing)).toEqual([]);
  expect(warnLoss(store, undefined)).toEqual([]);
  expect(warnLoss({ act: "keep", to, because: "" }, several)).toEqual([]);
});

test("warns about other field managers of a merged Secret, except kubectl", () => {
  const shared = {
    ...foreign,
    hosts: ["docker.io"],
    others: ['"kubectl-create" using v1: .data..dockerconfigjson', '"helm" using v1: .data..dockerconfigjson'],
  };
  const store = planStore(to, merge, shared);
  const message = 'secret/acr has another field manager that may remove this login: "helm" using v1: .data..dockerconfigjson';

  expect(warnLoss(store, shared)).toEqual([{ act: "warn", to, message }]);
  expect(warnLoss(store, { ...shared, others: shared.others.slice(0, 1) })).toEqual([]);
  expect(warnLoss(store, { ...shared, others: ['"helm" using v1: .x', '"flux" using v1: .y'] })).toMatchObject([
    { message: expect.stringMatching(/login: "helm" using v1: \.x; "flux" using v1: \.y$/) },
  ]);
});

test.for<{ why: string; existing: ExistingSecret; options: StoreOptions; message: RegExp }>([
  {
    why: "is immutable",
    existing: { ...existing, immutable: true, finalizers },
    options: options({ fresh: true }),
    message: /must be recreated, but it has finalizers$/,
  },
  {
    why: "has another type",
    existing: { ...foreign, type: "Opaque", finalizers },
    options: options({ fresh: true, force: true }),
    message: /must be recreated, but it has finalizers$/,
  },
  {
    why: "is being deleted",
    existing: { ...existing, finalizers, deleting: true },
    options: options({ force: true }),
    message: /is being deleted$/,
  },
])("refuses to write a Secret that has finalizers and $why, and names them", ({ existing: there, options: asked, message }) => {
  expect(() => planStore(to, asked, there)).toThrow(
    expect.objectContaining({ kind: "conflict", message: expect.stringMatching(message), hint: expect.stringContaining("example.com/x") }),
  );
});

test("writes in place a Secret that has finalizers when its type stays", () => {
  expect(planStore(to, options({ fresh: true }), { ...existing, finalizers })).toMatchObject({ act: "store", replaces: false });
});
