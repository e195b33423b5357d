import { expect, test } from "vitest";
import type { ExistingSecret, StoreOptions } from "../../../src/plan/existing-secret.ts";
import { planStore, warnLoss } from "../../../src/plan/store.ts";
import { entry, existing, host, to } from "../../support/situations/existing-secret.ts";

const foreign: ExistingSecret = { ...existing, entries: undefined };
const options = (more: Partial<StoreOptions> = {}): StoreOptions => ({ entry, host, fresh: false, force: false, ...more });
const precondition = { uid: "u1", version: "7" };
const finalizers = ["example.com/x"];
const claim = { by: "another-run", until: "2026-01-01T00:00:30Z" };
const argocd: ExistingSecret = { ...existing, type: "Opaque", shape: "argocd-repository" };
const forArgo = options({ fresh: true, shape: "argocd-repository" });

test.for<{ why: string; existing: ExistingSecret | undefined; options: StoreOptions; gives: object }>([
  {
    why: "no Secret exists",
    existing: undefined,
    options: options({ fresh: true }),
    gives: { act: "store", precondition: undefined, because: "it does not exist" },
  },
  { why: "the same", existing, options: options(), gives: { act: "keep", because: "holds this credential" } },
  {
    why: "another password: updated in place at the version that was read",
    existing,
    options: options({ fresh: true }),
    gives: { act: "store", precondition, because: "holds another credential" },
  },
  {
    why: "the same password, recorded differently",
    existing: { ...existing, entries: [{ ...entry, expiresAt: "2027-01-01T00:00:00Z" }] },
    options: options(),
    gives: { act: "store", precondition, because: "annotations differ" },
  },
  {
    why: "this plugin's label, and an invalid annotation",
    existing: { ...existing, entries: [] },
    options: options(),
    gives: { act: "store", precondition },
  },
  {
    why: "the same, under paths of the registry",
    existing: { ...existing, hosts: [`${host}/team`, `https://${host}/v2/`] },
    options: options(),
    gives: { act: "keep", because: "holds this credential" },
  },
  { why: "immutable and the same", existing: { ...existing, immutable: true }, options: options(), gives: { act: "keep" } },
  {
    why: "another tool's Secret, with --force",
    existing: foreign,
    options: options({ force: true }),
    gives: { act: "store", precondition },
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
    why: "another tool's login for this registry is overwritten with --force, and its other logins stay",
    existing: { ...foreign, hosts: ["ghcr.io", host], others: ['"helm" using v1: .data..dockerconfigjson'] },
    options: options({ fresh: true, force: true }),
    gives: { act: "store", precondition, merges: true, because: "holds another credential" },
  },
  {
    why: "another user has added a login, and this one is correct",
    existing: { ...existing, hosts: ["ghcr.io", host], immutable: true },
    options: options(),
    gives: { act: "keep", because: "holds this credential" },
  },
  {
    why: "another user has added a login, and this one has another password",
    existing: { ...existing, hosts: ["ghcr.io", host, `${host}.example/team`] },
    options: options({ fresh: true }),
    gives: { act: "store", precondition, merges: true, because: "holds another credential" },
  },
  {
    why: "no Secret exists, for another reader",
    existing: undefined,
    options: forArgo,
    gives: { act: "store", shape: "argocd-repository", precondition: undefined },
  },
  { why: "the same, for another reader", existing: argocd, options: { ...forArgo, fresh: false }, gives: { act: "keep" } },
  {
    why: "another password, for another reader: updated in place",
    existing: argocd,
    options: forArgo,
    gives: { act: "store", shape: "argocd-repository", precondition, because: "holds another credential" },
  },
  {
    why: "of the right type without a login: updated in place",
    existing: { ...existing, type: "Opaque", hosts: [] },
    options: forArgo,
    gives: { act: "store", shape: "argocd-repository", precondition },
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

test("warns about an overwritten login for another registry if the reader finds only one", () => {
  const elsewhere = { ...argocd, entries: [], hosts: ["b.azurecr.io"] };
  const store = planStore(to, { ...forArgo, force: true }, elsewhere);

  expect(warnLoss(store, elsewhere)).toEqual([
    { act: "warn", to, message: "secret/acr held a login for b.azurecr.io, which is overwritten" },
  ]);
  expect(warnLoss(store, argocd)).toEqual([]);
  expect(warnLoss(store, undefined)).toEqual([]);
  expect(warnLoss({ act: "keep", to, because: "" }, elsewhere)).toEqual([]);
});

test("refuses to write a Secret that is being deleted, and names its finalizers", () => {
  expect(() => planStore(to, options({ force: true }), { ...existing, finalizers, deleting: true })).toThrow(
    expect.objectContaining({
      kind: "conflict",
      message: expect.stringMatching(/is being deleted$/),
      hint: expect.stringContaining("example.com/x"),
    }),
  );
});

test("writes a Secret that has finalizers", () => {
  expect(planStore(to, options({ fresh: true }), { ...existing, finalizers })).toMatchObject({ act: "store" });
});

test.for<{ why: string; existing: ExistingSecret; options: StoreOptions; problem: string }>([
  {
    why: "it is immutable",
    existing: { ...existing, immutable: true },
    options: options({ fresh: true }),
    problem: "is immutable",
  },
  {
    why: "it is immutable, even with --force",
    existing: { ...foreign, immutable: true },
    options: options({ fresh: true, force: true }),
    problem: "is immutable",
  },
  {
    why: "the kubelet ignores its type",
    existing: { ...foreign, type: "Opaque" },
    options: options({ fresh: true, force: true }),
    problem: "has type Opaque instead of kubernetes.io/dockerconfigjson, and a type cannot be changed",
  },
  {
    why: "it has the type of another reader",
    existing: { ...existing, shape: "pull-secret" },
    options: { ...forArgo, force: true },
    problem: "has type kubernetes.io/dockerconfigjson instead of Opaque, and a type cannot be changed",
  },
])("prints the command that deletes a Secret that cannot be changed: $why", ({ existing: there, options: asked, problem }) => {
  const hints = [expect.stringContaining("delete the Secret"), { kubectl: "delete secret", args: ["acr"], namespace: "demo" }];

  expect(() => planStore(to, asked, there)).toThrow(
    expect.objectContaining({
      kind: "conflict",
      message: `secret "acr" in namespace "demo" ${problem}`,
      hint: expect.objectContaining({ hints }),
    }),
  );
});
