import { expect, test } from "vitest";
import type { ExistingSecret } from "../../../src/plan/existing-secret.ts";
import { planRenewed } from "../../../src/plan/namespace.ts";
import type { Entry } from "../../../src/secret/entry.ts";

type RenewOptions = Parameters<typeof planRenewed>[1];

const host = "myregistry.azurecr.io";
const to = { kind: "secret", name: "acr", namespace: "n" } as const;
const old: Entry = { hosts: [host], kind: "acr-token", identity: "t", slot: "password1", madeAt: "2026-01-01T00:00:00Z" };
const next: Entry = { hosts: [host], kind: "acr-token", identity: "t", slot: "password2" };
const made = { ...next, madeAt: "2026-01-05T00:00:00Z" };

const held = (more: Partial<ExistingSecret> = {}): ExistingSecret => ({
  uid: "u",
  version: "1",
  claim: undefined,
  type: "kubernetes.io/dockerconfigjson",
  immutable: false,
  entries: [old],
  hosts: [host],
  others: [],
  pulls: "unknown",
  ...more,
});

const options = (more: Partial<RenewOptions> = {}): RenewOptions => ({
  host,
  kind: "acr-token",
  identity: "t",
  passwords: [old],
  entry: next,
  fresh: true,
  proven: true,
  force: false,
  ...more,
});

test.for<{ why: string; options?: Partial<RenewOptions>; held?: Partial<ExistingSecret>; is: string }>([
  { why: "it holds the previous password", is: "store: rotated" },
  {
    why: "it is not proven to hold the credential",
    options: { proven: false },
    is: "keep: it was recreated and is not proven to hold this credential",
  },
  { why: "its annotation is missing", held: { entries: undefined }, is: "keep: its annotation now records another credential" },
  {
    why: "it records another identity",
    held: { entries: [{ ...old, identity: "u" }] },
    is: "keep: its annotation now records another credential",
  },
  {
    why: "it records another kind",
    held: { entries: [{ ...old, kind: "given" }] },
    is: "keep: its annotation now records another credential",
  },
  {
    why: "it records another registry",
    held: { entries: [{ ...old, hosts: ["other"] }] },
    is: "keep: its annotation now records another credential",
  },
  {
    why: "another run wrote a password",
    held: { entries: [{ ...old, slot: "password2", madeAt: "2026-01-06T00:00:00Z" }] },
    is: "keep: another run wrote a newer password",
  },
  {
    why: "another run wrote a password that this run has overwritten",
    options: { entry: next, madeAt: made.madeAt },
    held: { entries: [{ ...old, slot: "password2", madeAt: "2026-01-04T00:00:00Z" }] },
    is: "store: rotated",
  },
  {
    why: "another run wrote a newer password of the same slot",
    options: { entry: next, madeAt: made.madeAt },
    held: { entries: [{ ...old, slot: "password2", madeAt: "2026-01-06T00:00:00Z" }] },
    is: "keep: another run wrote a newer password",
  },
  { why: "it already holds the newest password", options: { entry: old, fresh: false }, is: "keep: holds this credential" },
  { why: "it records the newest password and holds another one", options: { entry: old, fresh: true }, is: "store: rotated" },
])("plans a Secret of a rotation: $why", ({ options: more = {}, held: existing = {}, is }) => {
  const [change] = planRenewed(to, options(more), held(existing));
  expect(change?.act === "store" || change?.act === "keep" ? `${change.act}: ${change.because}` : change).toBe(is);
});

test.for<{ why: string; held: Partial<ExistingSecret>; store: object }>([
  {
    why: "a Secret of this plugin",
    held: {},
    store: { renews: old, entry: next, precondition: { uid: "u", version: "1" } },
  },
  { why: "other logins", held: { hosts: [host, "docker.io"] }, store: { merges: true } },
])("keeps the layout of a Secret: $why", ({ held: more, store }) => {
  expect(planRenewed(to, options(), held(more))[0]).toMatchObject({ act: "store", to, ...store });
});

test("overwrites a field of another manager only with --force", () => {
  const others = ['"helm" using v1: .data..dockerconfigjson'];
  expect(() => planRenewed(to, options(), held({ others }))).toThrow('Apply failed with 1 conflict: conflict with "helm"');
  expect(planRenewed(to, options({ force: true }), held({ others }))[0]).toMatchObject({ act: "store" });
});
