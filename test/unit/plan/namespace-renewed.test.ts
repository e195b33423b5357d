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
  alike: [host],
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
  { why: "it holds the one before", is: "store: rotated" },
  {
    why: "nothing shows that it holds it",
    options: { proven: false },
    is: "keep: it was recreated and is not proven to hold this credential",
  },
  { why: "it notes nothing any more", held: { entries: undefined }, is: "keep: its annotation now records another credential" },
  {
    why: "it notes another identity",
    held: { entries: [{ ...old, identity: "u" }] },
    is: "keep: its annotation now records another credential",
  },
  {
    why: "it notes another kind",
    held: { entries: [{ ...old, kind: "given" }] },
    is: "keep: its annotation now records another credential",
  },
  {
    why: "it notes another registry",
    held: { entries: [{ ...old, hosts: ["other"] }] },
    is: "keep: its annotation now records another credential",
  },
  {
    why: "another run gave it one since",
    held: { entries: [{ ...old, slot: "password2", madeAt: "2026-01-06T00:00:00Z" }] },
    is: "keep: another run wrote a newer password",
  },
  {
    why: "another run gave it one, which ours has killed",
    options: { entry: next, madeAt: made.madeAt },
    held: { entries: [{ ...old, slot: "password2", madeAt: "2026-01-04T00:00:00Z" }] },
    is: "store: rotated",
  },
  {
    why: "another run gave it one of the slot, after ours",
    options: { entry: next, madeAt: made.madeAt },
    held: { entries: [{ ...old, slot: "password2", madeAt: "2026-01-06T00:00:00Z" }] },
    is: "keep: another run wrote a newer password",
  },
  { why: "it holds the newest already", options: { entry: old, fresh: false }, is: "keep: holds this credential" },
  { why: "it notes the newest, and has another inside", options: { entry: old, fresh: true }, is: "store: rotated" },
])("one Secret of a rotation: $why", ({ options: more = {}, held: existing = {}, is }) => {
  const [change] = planRenewed(to, options(more), held(existing));
  expect(change?.act === "store" || change?.act === "keep" ? `${change.act}: ${change.because}` : change).toBe(is);
});

test.for<{ why: string; held: Partial<ExistingSecret>; store: object }>([
  { why: "one of ours", held: {}, store: { replaces: false, renews: old, entry: next, precondition: { uid: "u", version: "1" } } },
  { why: "others inside", held: { hosts: [host, "docker.io"] }, store: { merges: true, replaces: false } },
  { why: "beside", held: { entries: [{ ...old, beside: true }] }, store: { merges: true } },
  { why: "immutable", held: { immutable: true }, store: { replaces: true } },
  {
    why: "regional",
    held: {
      entries: [{ ...old, hosts: [host, "myregistry.westeurope.data.azurecr.io"] }],
      hosts: [host, "myregistry.westeurope.geo.azurecr.io"],
      alike: [host, "myregistry.westeurope.geo.azurecr.io"],
    },
    store: { entry: { hosts: [host, "myregistry.westeurope.geo.azurecr.io"] } },
  },
])("what is written is laid out as it was: $why", ({ held: more, store }) => {
  expect(planRenewed(to, options(), held(more))[0]).toMatchObject({ act: "store", to, ...store });
});

test("a field of another manager is taken over by force alone", () => {
  const others = ['"helm" using v1: .data..dockerconfigjson'];
  expect(() => planRenewed(to, options(), held({ others }))).toThrow('Apply failed with 1 conflict: conflict with "helm"');
  expect(planRenewed(to, options({ force: true }), held({ others }))[0]).toMatchObject({ act: "store" });
});
