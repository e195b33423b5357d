import { expect, test } from "vitest";
import type { ExistingSecret, StoreOptions } from "../../../src/plan/existing-secret.ts";
import { planStore, refuseForeign } from "../../../src/plan/store.ts";
import { entry, existing, host, to } from "../../support/situations/existing-secret.ts";

const foreign: ExistingSecret = { ...existing, entries: undefined };
const options = (more: Partial<StoreOptions> = {}): StoreOptions => ({ entry, host, fresh: false, force: false, ...more });
const argocd: ExistingSecret = { ...existing, type: "Opaque", shape: "argocd-repository" };
const forArgo = options({ fresh: true, shape: "argocd-repository" });

test.for<{ why: string; existing: ExistingSecret; options?: StoreOptions; message: string; hint: string }>([
  {
    why: "another tool's Secret",
    existing: { ...foreign, type: "Opaque" },
    message: 'secret "acr" in namespace "demo" (type Opaque) was not created by kubectl acr-secret',
    hint: "use another name",
  },
  {
    why: "another tool's pull secret, for a reader that needs one login",
    existing: { ...foreign, shape: "pull-secret" },
    options: forArgo,
    message: 'secret "acr" in namespace "demo" (type kubernetes.io/dockerconfigjson) was not created by kubectl acr-secret',
    hint: "use another name",
  },
  {
    why: "a pull secret of this plugin, for another reader",
    existing: { ...existing, shape: "pull-secret" },
    options: forArgo,
    message: 'secret "acr" in namespace "demo" is a pull secret and overwriting it would break that',
    hint: "use another name",
  },
  {
    why: "a Secret of this plugin for another reader, for the kubelet",
    existing: argocd,
    message: 'secret "acr" in namespace "demo" is an Argo CD repository and overwriting it would break that',
    hint: "use another name",
  },
  {
    why: "this plugin's label, an invalid annotation, and a login for another registry",
    existing: { ...existing, entries: [], hosts: ["docker.io"] },
    message: 'secret "acr" in namespace "demo" holds a credential for docker.io',
    hint: "use another name, or add --force to overwrite the login for r.azurecr.io",
  },
  {
    why: "another user's credential that may work",
    existing: { ...existing, entries: [{ ...entry, identity: "old" }], pulls: "unknown" },
    message: 'secret "acr" in namespace "demo" holds the credential of "old" (given)',
    hint: "use another name, or add --force to overwrite that credential",
  },
  {
    why: "a credential kind of a newer version",
    existing: { ...existing, entries: [{ ...entry, kind: "service-principal" }], pulls: "yes" },
    message: 'secret "acr" in namespace "demo" holds the credential of "ci" (service-principal)',
    hint: "use another name, or add --force to overwrite that credential",
  },
  {
    why: "one other manager's field",
    existing: { ...existing, others: ['"kubectl-patch" using v1: .data..dockerconfigjson'] },
    options: options({ fresh: true }),
    message: 'Apply failed with 1 conflict: conflict with "kubectl-patch" using v1: .data..dockerconfigjson',
    hint: "add --force to overwrite these fields",
  },
  {
    why: "two fields of other managers",
    existing: { ...existing, others: ['"a" using v1: .x', '"b" using v1: .y'] },
    options: options({ fresh: true }),
    message: 'Apply failed with 2 conflicts: conflicts with "a" using v1: .x; "b" using v1: .y',
    hint: "add --force to overwrite these fields",
  },
  {
    why: "another tool's pull secret",
    existing: { ...foreign, hosts: ["docker.io"] },
    message: 'secret "acr" in namespace "demo" (type kubernetes.io/dockerconfigjson) was not created by kubectl acr-secret',
    hint: "use another name, or add --force to overwrite the login for r.azurecr.io",
  },
])("refuses to overwrite without a flag: $why", ({ existing, options: wanted = options(), message, hint }) => {
  expect(() => planStore(to, wanted, existing)).toThrow(expect.objectContaining({ kind: "conflict", message, hint }));
});

test("reports no loss when the same identity gets another password", () => {
  for (const pulls of ["yes", "no", "unknown"] as const)
    expect(() => planStore(to, options({ fresh: true }), { ...existing, pulls })).not.toThrow();
});

test.for<{ why: string; existing: ExistingSecret; message: string | undefined }>([
  { why: "a Secret of this plugin", existing, message: undefined },
  {
    why: "a Secret of this plugin with any identity",
    existing: { ...existing, entries: [{ ...entry, identity: "old" }], pulls: "yes" },
    message: undefined,
  },
  { why: "a Secret of this plugin with an invalid annotation", existing: { ...existing, entries: [] }, message: undefined },
  { why: "its key is the registry's address", existing: { ...existing, hosts: [`https://${host}`] }, message: undefined },
  { why: "its key is an old URL", existing: { ...existing, hosts: [`http://${host}/v1/`] }, message: undefined },
  { why: "its key is a path of the registry", existing: { ...existing, hosts: [`${host}/team`] }, message: undefined },
  { why: "its key only starts like the registry", existing: { ...existing, hosts: [`${host}.example`] }, message: undefined },
  { why: "its key has the registry in its path", existing: { ...existing, hosts: [`mirror.io/https://${host}`] }, message: undefined },
  { why: "another tool's Secret", existing: foreign, message: expect.stringContaining("was not created by kubectl acr-secret") },
])("checks a Secret before a credential is chosen: $why", ({ existing, message }) => {
  const refuse = () => refuseForeign(to, { host }, existing);

  if (message === undefined) expect(refuse).not.toThrow();
  else expect(refuse).toThrow(expect.objectContaining({ kind: "conflict", message }));
});

test.for([
  { what: "a pull secret", there: existing, wanted: options() },
  { what: "a Secret of another format", there: argocd, wanted: forArgo },
])("refuses to overwrite the record of another registry in $what with --force", ({ there, wanted }) => {
  const elsewhere = { ...there, entries: [{ ...entry, hosts: ["b.azurecr.io"] }], hosts: ["b.azurecr.io"] };

  for (const force of [false, true])
    expect(() => planStore(to, { ...wanted, force }, elsewhere)).toThrow(
      expect.objectContaining({
        kind: "conflict",
        message: 'secret "acr" in namespace "demo" holds a credential for b.azurecr.io',
        hint: {
          do: "hints",
          hints: ["use another name, or delete the Secret first:", { verb: "delete", secret: "acr", namespace: "demo" }],
        },
      }),
    );
});
