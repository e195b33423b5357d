import { expect, test } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { endsBy, holdingsOf } from "../../../src/observe/holdings.ts";
import { type Entry, noteEntries } from "../../../src/secret/entry.ts";

const host = "myregistry.azurecr.io";
const auth = (text: string) => ({ auth: Buffer.from(text).toString("base64") });

function secret(config: unknown, entries?: readonly Entry[]): Secret {
  const data = { ".dockerconfigjson": Buffer.from(typeof config === "string" ? config : JSON.stringify(config)).toString("base64") };
  const metadata = { name: "s", ...(entries && noteEntries(entries)) };
  return { apiVersion: "v1", kind: "Secret", metadata, type: "kubernetes.io/dockerconfigjson", data };
}

const noted: Entry = { hosts: [host], kind: "acr-token", identity: "ci-pull", slot: "password1", expiresAt: "2026-02-01T00:00:00Z" };
const known = {
  hosts: [host],
  kind: "acr-token",
  guessed: false,
  identity: "ci-pull",
  slot: "password1",
  expiresAt: "2026-02-01T00:00:00Z",
};
const unknown = { guessed: true, slot: "", expiresAt: "unknown" };

test.for<{ what: string; of: Secret; holds: object[] }>([
  { what: "what is noted", of: secret({ auths: { [host]: auth("ci-pull:p") } }, [noted]), holds: [known] },
  {
    what: "what is noted, and beside it a login of somebody else's",
    of: secret({ auths: { [host]: auth("ci-pull:p"), "ghcr.io": auth("jane:p") } }, [noted]),
    holds: [known, { ...unknown, hosts: ["ghcr.io"], kind: "", identity: "jane" }],
  },
  {
    what: "a password that was given, whose end nobody knows",
    of: secret({ auths: {} }, [{ hosts: [host], kind: "given", identity: "ci" }]),
    holds: [{ hosts: [host], kind: "given", guessed: false, identity: "ci", slot: "", expiresAt: "unknown" }],
  },
  {
    what: "what was made by hand",
    of: secret({ auths: { [host]: auth("myregistry:p") } }),
    holds: [{ ...unknown, hosts: [host], kind: "admin", identity: "myregistry" }],
  },
  {
    what: "what spoils the pods' lookup",
    of: secret({ auths: { [host]: { auth: "!" } } }),
    holds: [{ ...unknown, hosts: [host], kind: "", identity: "" }],
  },
  { what: "nothing", of: secret({ auths: {} }), holds: [] },
  { what: "nothing that could be read", of: secret("{"), holds: [] },
])("a Secret holds $what", ({ of, holds }) => {
  expect(holdingsOf(of)).toEqual(holds);
});

test.for([
  { expiresAt: "2026-01-31T23:59:59Z", ends: true },
  { expiresAt: "2026-02-01T00:00:00Z", ends: true },
  { expiresAt: "2026-02-01T00:00:01Z", ends: false },
  { expiresAt: "unknown", ends: false },
  { expiresAt: "garbage", ends: false },
  { expiresAt: undefined, ends: false },
])("what ends $expiresAt ends by the first of February: $ends", ({ expiresAt, ends }) => {
  expect(
    endsBy(
      [
        { ...known, expiresAt: undefined },
        { ...known, expiresAt },
      ],
      new Date("2026-02-01T00:00:00Z"),
    ),
  ).toBe(ends);
});
