import { expect, test } from "vitest";
import type { ImageFacts } from "../../../src/check/facts.ts";
import { create, facts, judged, note, otherwise, r, secret, tried } from "../../support/situations/verdicts.ts";

const east = "r1234.eu.geo.azurecr.io";

/** Logins for a registry's regional hosts, and for its login server. */
test.for<{ what: string; given: Partial<ImageFacts>; message?: string; fix: string | undefined }>([
  {
    what: "another tool's login for a regional host",
    given: {
      ...otherwise("region"),
      ref: { ...facts.ref, host: "r1234.eu.geo.azurecr.io" },
      namespace: "a.b",
      tried: [tried("a", "refused")],
      secrets: [secret("a", { servers: ["r1234.eu.geo.azurecr.io"] })],
    },
    message: `with secret a: says refused; the registry does not say whether the password is wrong, expired or deleted, or the token is disabled; a login for ${r} does not match r1234.eu.geo.azurecr.io`,
    fix: "kubectl acr-secret create -n a.b --registry r1234.azurecr.io --serviceaccount sa --include-regional",
  },
  ...[
    {
      what: "created by the plugin",
      note: note("made", { hosts: [r, east] }),
      fix: `kubectl acr-secret create -n demo a --registry ${r} --acr-token ci-pull`,
    },
    {
      what: "supplied by a user",
      note: note("given", { hosts: [r, east] }),
      fix: `printf %s "$PASSWORD" | kubectl acr-secret create -n demo a --registry ${r} --username ci-pull --password-stdin`,
    },
    {
      what: "supplied for this host alone",
      note: note("given", { hosts: [east] }),
      servers: [east],
      fix: `printf %s "$PASSWORD" | kubectl acr-secret create -n demo a --registry ${east} --username ci-pull --password-stdin`,
    },
    {
      what: "created by the plugin, next to another registry's login",
      note: note("made", { hosts: [r, east] }),
      servers: [r, east, "ghcr.io"],
      fix: `${create} --serviceaccount sa --include-regional`,
    },
  ].map(({ what, note, servers = [r, east], fix }) => ({
    what: `a login at a regional host, ${what}`,
    given: {
      ...otherwise("region"),
      ref: { ...facts.ref, host: east },
      tried: [tried("a", "refused")],
      secrets: [secret("a", { servers, note })],
    },
    fix,
  })),
  {
    what: "a login at a regional host out of scope",
    given: {
      ...otherwise("region"),
      ref: { ...facts.ref, host: east },
      tried: [tried("a", "out-of-scope")],
      secrets: [secret("a", { servers: [r, east], note: note("made", { hosts: [r, east] }) })],
    },
    fix: `kubectl acr-secret create -n demo a --registry ${r} --repository app/web --acr-token ci-pull`,
  },
  {
    what: "another tool's login at a regional host out of scope",
    given: {
      ...otherwise("region"),
      ref: { ...facts.ref, host: east },
      tried: [tried("a", "out-of-scope")],
      secrets: [secret("a", { servers: [east] })],
    },
    fix: `${create} --repository app/web --serviceaccount sa --include-regional`,
  },
  {
    what: "the plugin's login at the login server and at a regional host",
    given: {
      tried: [tried("a", "refused")],
      secrets: [secret("a", { servers: [r, east], note: note("made", { hosts: [r, east] }) })],
    },
    fix: `kubectl acr-secret create -n demo a --registry ${r} --acr-token ci-pull`,
  },
  {
    what: "the plugin's login at the login server next to another tool's at a regional host",
    given: { tried: [tried("a", "refused")], secrets: [secret("a", { servers: [r, east], note: note("made") })] },
    fix: `${create} --serviceaccount sa`,
  },
])("prints the fix for $what", ({ given, message, fix }) => {
  const row = judged(given);

  expect(row.fix).toBe(fix);
  if (message !== undefined) expect(row.message).toBe(message);
});
