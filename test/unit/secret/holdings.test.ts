import { expect, test } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { type Holding, holdingsOf } from "../../../src/secret/holdings.ts";
import { type Credential, credentialKey } from "../../../src/secret/record.ts";
import { copySecret, recordOf } from "../../support/records.ts";

const host = "myregistry.azurecr.io";
const auth = (text: string) => ({ auth: Buffer.from(text).toString("base64") });

const labels = { "app.kubernetes.io/managed-by": "kubectl-acr-secret" };

function secret(config: unknown, credential?: Credential): Secret {
  const data = { ".dockerconfigjson": Buffer.from(typeof config === "string" ? config : JSON.stringify(config)).toString("base64") };
  const recorded = credential && { labels, annotations: { [credentialKey]: JSON.stringify(credential) } };
  const metadata = { name: "s", ...recorded };
  return { apiVersion: "v1", kind: "Secret", metadata, type: "kubernetes.io/dockerconfigjson", data };
}

function relabeled({ metadata, ...rest }: Secret): Secret {
  return { ...rest, metadata: { ...metadata, labels: { "app.kubernetes.io/managed-by": "Helm" } } };
}

const credential = recordOf({ madeAt: undefined, expiresAt: "2026-02-01T00:00:00Z" });
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
  { what: "the recorded login", of: secret({ auths: { [host]: auth("ci-pull:p") } }, credential), holds: [known] },
  {
    what: "the recorded login and another tool's login",
    of: secret({ auths: { [host]: auth("ci-pull:p"), "ghcr.io": auth("jane:p") } }, credential),
    holds: [{ ...unknown, hosts: ["ghcr.io"], kind: "", identity: "jane" }, known],
  },
  {
    what: "a given password with an unknown expiry",
    of: secret({ auths: {} }, { kind: "given", host, identity: "ci" }),
    holds: [{ hosts: [host], kind: "given", guessed: false, identity: "ci", slot: "", expiry: "unknown" }],
  },
  {
    what: "an entry whose expiry is not a time",
    of: secret({ auths: {} }, { kind: "acr-token", host, identity: "ci", expiresAt: "2026" }),
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
    of: relabeled(secret({ auths: { [host]: auth("ci-pull:p") } }, credential)),
    holds: [known],
  },
  {
    what: "another login than its annotation names, under another tool's label",
    of: relabeled(secret({ auths: { [host]: auth("jane:p") } }, credential)),
    holds: [{ ...unknown, hosts: [host], kind: "acr-token", identity: "jane" }],
  },
  {
    what: "the repositories and the password that it records",
    of: secret(
      { auths: {} },
      { ...credential, expiresAt: undefined, madeAt: "2026-01-01T00:00:00Z", by: "jane", repositories: ["app/web"] },
    ),
    holds: [
      {
        ...known,
        expiry: "never",
        expiresAt: undefined,
        madeAt: "2026-01-01T00:00:00Z",
        by: "jane",
        grants: { repositories: ["app/web"], from: "record" },
      },
    ],
  },
  {
    what: "the login of its source and a record that a tenant wrote into the copy",
    of: ((copy: Secret) => ({
      ...copy,
      metadata: { ...copy.metadata, annotations: { ...copy.metadata.annotations, [credentialKey]: JSON.stringify(credential) } },
    }))(copySecret("team-a/acr", { of: "platform/acr" })),
    holds: [{ ...unknown, hosts: [host], kind: "acr-token", identity: "ci-pull" }],
  },
  { what: "nothing", of: secret({ auths: {} }), holds: [] },
  { what: "nothing that could be read", of: secret("{"), holds: [] },
])("returns the logins of a Secret with $what", ({ of, holds }) => {
  expect(holdingsOf(of)).toEqual(holds);
});
