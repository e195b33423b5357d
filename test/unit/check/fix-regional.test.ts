import { expect, test } from "vitest";
import type { ImageFacts } from "../../../src/check/facts.ts";
import { create, facts, judged, noLogin, note, otherwise, r, secret, tried } from "../../support/situations/verdicts.ts";

const east = "r1234.eu.geo.azurecr.io";
const renamed = `kubectl set image -n demo deployment/web app=${r}/app/web:1`;
const inEast = { ...otherwise("region"), image: `${east}/app/web:1`, ref: { ...facts.ref, host: east } };

/** Images with a regional host, and logins for that host and for the login server. */
test.for<{ what: string; given: Partial<ImageFacts>; message?: string; fix: string | undefined }>([
  {
    what: "an image without a login",
    given: { ...noLogin, names: ["gone"] },
    message: `secret gone not found; a login for ${r} does not match ${east}; use the image name ${r}/app/web:1`,
    fix: `${create} --repository app/web --serviceaccount sa && ${renamed}`,
  },
  {
    what: "an image whose pods have a login for the login server",
    given: { ...noLogin, names: ["a"], secrets: [secret("a", { note: note("made") })], matchesLoginServer: true },
    fix: renamed,
  },
  {
    what: "another tool's login",
    given: { namespace: "a.b", tried: [tried("a", "refused")], secrets: [secret("a", { servers: [east] })] },
    message: `with secret a: says refused; the registry does not say whether the password is wrong, expired or deleted, or the token is disabled; a login for ${r} does not match ${east}; use the image name ${r}/app/web:1`,
    fix: `${create} --repository app/web --serviceaccount sa && ${renamed}`.replaceAll("-n demo", "-n a.b"),
  },
  {
    what: "another tool's login out of scope",
    given: { tried: [tried("a", "out-of-scope")], secrets: [secret("a", { servers: [east] })] },
    fix: `${create} --repository app/web --serviceaccount sa && ${renamed}`,
  },
  {
    what: "another tool's login next to the plugin's for the login server",
    given: {
      tried: [tried("a", "out-of-scope")],
      secrets: [secret("a", { servers: [r, east], note: note("made") })],
      matchesLoginServer: true,
    },
    fix: renamed,
  },
  {
    what: "a login that a user supplied",
    given: { tried: [tried("a", "refused")], secrets: [secret("a", { servers: [east], note: note("given", { host: east }) })] },
    fix: `printf %s "$PASSWORD" | kubectl acr-secret create -n demo a --registry ${east} --username ci-pull --password-stdin`,
  },
])("prints the fix for a regional host, with $what", ({ given, message, fix }) => {
  const row = judged({ ...inEast, ...given });

  expect(row.fix).toBe(fix);
  if (message !== undefined) expect(row.message).toBe(message);
});

test("creates another credential when another tool's login for a regional host is in the Secret", () => {
  const row = judged({ tried: [tried("a", "refused")], secrets: [secret("a", { servers: [r, east], note: note("made") })] });

  expect(row.fix).toBe(`${create} --serviceaccount sa`);
});
