import type { ExistingSecret } from "../../../src/plan/existing-secret.ts";
import type { Entry } from "../../../src/secret/entry.ts";

export const host = "r.azurecr.io";
export const to = { kind: "secret", namespace: "demo", name: "acr" } as const;
export const entry: Entry = { hosts: [host], kind: "given", identity: "ci" };

/** A Secret with only that login. Whether the login pulls is unknown. */
export const existing: ExistingSecret = {
  uid: "u1",
  version: "7",
  type: "kubernetes.io/dockerconfigjson",
  immutable: false,
  entries: [entry],
  hosts: [host],
  others: [],
  pulls: "unknown",
};
