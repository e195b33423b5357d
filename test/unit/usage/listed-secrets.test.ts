import { expect, test } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { type Entry, entryMetadata, type Holding } from "../../../src/secret/entry.ts";
import { expiryBy, holdingsOf } from "../../../src/usage/listed-secrets.ts";

const host = "myregistry.azurecr.io";
const auth = (text: string) => ({ auth: Buffer.from(text).toString("base64") });

function secret(config: unknown, entries?: readonly Entry[]): Secret {
  const data = { ".dockerconfigjson": Buffer.from(typeof config === "string" ? config : JSON.stringify(config)).toString("base64") };
  const metadata = { name: "s", ...(entries && entryMetadata(entries)) };
  return { apiVersion: "v1", kind: "Secret", metadata, type: "kubernetes.io/dockerconfigjson", data };
}

function relabeled({ metadata, ...rest }: Secret): Secret {
  return { ...rest, metadata: { ...metadata, labels: { "app.kubernetes.io/managed-by": "Helm" } } };
}

const recordedEntry: Entry = {
  hosts: [host],
  kind: "acr-token",
  identity: "ci-pull",
  slot: "password1",
  expiresAt: "2026-02-01T00:00:00Z",
};
const known: Holding = {
  hosts: [host],
  kind: "acr-token",
  guessed: false,
  identity: "ci-pull",
  slot: "password1",
  expiry: "at",
  expiresAt: "2026-02-01T00:00:00Z",
};
const unknown = { guessed: true, slot: "", expiry: "unknown" };

test.for<{ what: string; of: Secret; holds: object[] }>([
  { what: "the recorded login", of: secret({ auths: { [host]: auth("ci-pull:p") } }, [recordedEntry]), holds: [known] },
  {
    what: "the recorded login and another tool's login",
    of: secret({ auths: { [host]: auth("ci-pull:p"), "ghcr.io": auth("jane:p") } }, [recordedEntry]),
    holds: [{ ...unknown, hosts: ["ghcr.io"], kind: "", identity: "jane" }, known],
  },
  {
    what: "a given password with an unknown expiry",
    of: secret({ auths: {} }, [{ hosts: [host], kind: "given", identity: "ci" }]),
    holds: [{ hosts: [host], kind: "given", guessed: false, identity: "ci", slot: "", expiry: "unknown" }],
  },
  {
    what: "an entry whose expiry is not a time",
    of: secret({ auths: {} }, [{ hosts: [host], kind: "acr-token", identity: "ci", expiresAt: "2026" }]),
    holds: [{ hosts: [host], kind: "acr-token", guessed: false, identity: "ci", slot: "", expiry: "unknown" }],
  },
  {
    what: "a login without an annotation",
    of: secret({ auths: { [host]: auth("myregistry:p") } }),
    holds: [{ ...unknown, hosts: [host], kind: "admin", identity: "myregistry" }],
  },
  {
    what: "a key that contains a password",
    of: secret({ auths: { "https://me:hunter2@ghcr.io": auth("jane:p") } }),
    holds: [{ ...unknown, hosts: ["https://***@ghcr.io"], kind: "", identity: "jane" }],
  },
  {
    what: "a malformed docker config",
    of: secret({ auths: { [host]: { auth: "!" } } }),
    holds: [{ ...unknown, hosts: [host], kind: "", identity: "" }],
  },
  {
    what: "the recorded login, although another tool has overwritten the label",
    of: relabeled(secret({ auths: { [host]: auth("ci-pull:p") } }, [recordedEntry])),
    holds: [known],
  },
  {
    what: "another login than its annotation names, under another tool's label",
    of: relabeled(secret({ auths: { [host]: auth("jane:p") } }, [recordedEntry])),
    holds: [{ ...unknown, hosts: [host], kind: "acr-token", identity: "jane" }],
  },
  { what: "nothing", of: secret({ auths: {} }), holds: [] },
  { what: "nothing that could be read", of: secret("{"), holds: [] },
])("returns the logins of a Secret with $what", ({ of, holds }) => {
  expect(holdingsOf(of)).toEqual(holds);
});

const { expiresAt: _, ...never } = { ...known, expiry: "never" as const };
const ends = (expiresAt: string): Holding => ({ ...known, expiresAt });

test.for<{ what: string; holdings: readonly Holding[]; is: ReturnType<typeof expiryBy> }>([
  { what: "a second before", holdings: [never, ends("2026-01-31T23:59:59Z")], is: "due" },
  { what: "exactly then", holdings: [never, ends("2026-02-01T00:00:00Z")], is: "due" },
  { what: "a second later", holdings: [never, ends("2026-02-01T00:00:01Z")], is: "later" },
  { what: "never", holdings: [never, never], is: "never" },
  { what: "never or at an unknown time", holdings: [never, { ...never, expiry: "unknown" }], is: "unknown" },
  { what: "soon or at an unknown time", holdings: [ends("2026-01-01T00:00:00Z"), { ...never, expiry: "unknown" }], is: "due" },
  { what: "at no time, without a login", holdings: [], is: "unknown" },
])("reports a Secret as $is when its logins expire $what", ({ holdings, is }) => {
  expect(expiryBy(holdings, new Date("2026-02-01T00:00:00Z"))).toBe(is);
});
