import { expect, test } from "vitest";
import type { ImageFacts, SecretFacts } from "../../../src/check/facts.ts";
import { create, daemonset, facts, judged, note, pod, r, secret, tried } from "../../support/situations/verdicts.ts";

const fresh = `${create} --where-used`;
const renew = `kubectl acr-secret create -n demo a --registry ${r}`;
const give = (host: string) =>
  `printf %s "$PASSWORD" | kubectl acr-secret create -n demo a --registry ${host} --username ci-pull --password-stdin`;
const refused =
  "with secret a: says refused; the registry does not say whether the password is wrong, expired or deleted, or the token is disabled";
const sameFlags = "if you created secret a, run create again with the same flags";
const setPassword = "the plugin did not generate this password: set PASSWORD to a new one";
const grantsAll = "the command grants every repository that pods in the namespace use; use --repository to grant only some";
const copied = "secret a is a copy of secret acr in namespace platform, which gives it its login";
const source = { namespace: "platform", name: "acr" };

type Row = { what: string; held?: Partial<SecretFacts>; given?: Partial<ImageFacts>; message?: string; fix: string | undefined };

const rejected: readonly Row[] = [
  { what: "a credential of the plugin", held: { note: note("made") }, message: refused, fix: renew },
  {
    what: "a credential of the plugin for a named image",
    held: { note: note("made") },
    given: { pods: [] },
    fix: `${renew} --repository app/web`,
  },
  {
    what: "a kind that only a newer version knows",
    held: { note: note("unknown") },
    message: `${refused}; ${sameFlags}`,
    fix: undefined,
  },
  {
    what: "a recorded kind and lifetime",
    held: { note: note("made", { expiresIn: "30d" }) },
    fix: `${renew} --expires-in 30d`,
  },
  {
    what: "a recorded kind that may have wider rights",
    held: { note: note("made", { again: undefined }) },
    message: `${refused}; ${sameFlags}`,
    fix: undefined,
  },
  ...[{ writers: ["helm"] }, { note: note("made", { unlabeled: "k" }) }].map((held) => ({
    what: `a Secret of the plugin that other tools changed: ${Object.keys(held)}`,
    held: { note: note("made"), ...held },
    message: refused,
    fix: fresh,
  })),
  { what: "a supplied login", held: { note: note("given") }, message: `${refused}; ${setPassword}`, fix: give(r) },
  {
    what: "a supplied login that other tools changed",
    held: { note: note("given"), writers: ["helm", "kubectl-edit"] },
    fix: fresh,
  },
  ...["refused", "expired"].map((cause) => ({
    what: `a supplied login of another registry (${cause})`,
    held: { servers: ["ghcr.io"], note: note("given", { expiresAt: cause === "expired" ? "2026-01-01T00:00:00Z" : undefined }) },
    given: { azure: undefined, ref: { ...facts.ref, host: "ghcr.io" } },
    fix: give("ghcr.io"),
  })),
  { what: "another tool's login of another registry", given: { azure: undefined }, fix: undefined },
  { what: "another tool's login", message: refused, fix: fresh },
  {
    what: "another tool's login with a scheme and a path",
    held: { servers: [`http://${r}/v2/`, `https://${r}`, `${r}/app`] },
    fix: fresh,
  },
  ...[[r, "ghcr.io"], [r, `${r}.evil.io`], [`ghcr.io/https://${r}`], [r, "r1234.eu.geo.azurecr.io"], undefined].map((servers) => ({
    what: `a Secret with logins for ${servers?.join(" and ")}`,
    held: { servers, note: note("made") },
    fix: fresh,
  })),
  { what: "a Secret that can't be changed", held: { isFixed: true }, fix: fresh },
  {
    what: "a Secret with other logins when only this Secret is tested",
    held: { servers: [r, "ghcr.io"] },
    given: { only: true },
    fix: undefined,
  },
  {
    what: "a Secret with other logins when all nodes have the image",
    held: { servers: [r, "x.io"] },
    given: { pods: [pod("done", { pulled: true })] },
    fix: fresh,
  },
  { what: "a copy", held: { source }, message: `${refused}; ${copied}`, fix: undefined },
  { what: "an unknown Secret", given: { secrets: [] }, fix: undefined },
];

test.for(rejected)("prints the fix for a rejected login: $what", ({ held, given, message, fix }) => {
  const row = judged({ tried: [tried("a", "refused")], secrets: [secret("a", held)], ...given });

  expect(row.fix).toBe(fix);
  if (message !== undefined) expect(row.message).toBe(message);
});

const narrow: readonly Row[] = [
  {
    what: "a credential of the plugin",
    held: { note: note("made") },
    message: `with secret a: says out-of-scope; ${grantsAll}`,
    fix: `${renew} --repositories-from-pods`,
  },
  {
    what: "a credential of the plugin for a named image",
    held: { note: note("made") },
    given: { pods: [] },
    fix: `${renew} --repository app/web`,
  },
  {
    what: "a source with copies",
    held: { note: note("made", { copies: ["team-a", "team-b"] }) },
    message: `with secret a: says out-of-scope; ${grantsAll}; the copies in team-a, team-b get the same rights`,
    fix: `${renew} --repositories-from-pods`,
  },
  { what: "a Secret with other logins", held: { note: note("made"), servers: [r, "ghcr.io"] }, fix: fresh },
  { what: "a kind that has no scope", held: { note: note("made", { widens: false }) }, fix: fresh },
  { what: "a supplied login", held: { note: note("given") }, fix: fresh },
  { what: "a supplied login of another registry", held: { note: note("given") }, given: { azure: undefined }, fix: undefined },
  { what: "another tool's login", fix: fresh },
  { what: "a copy", held: { source }, message: `with secret a: says out-of-scope; ${copied}`, fix: undefined },
  { what: "an unknown Secret", given: { secrets: [] }, fix: undefined },
];

test.for(narrow)("prints the fix for a login out of scope: $what", ({ held, given, message, fix }) => {
  const row = judged({ tried: [tried("a", "out-of-scope")], secrets: [secret("b", { note: note("made") }), secret("a", held)], ...given });

  expect(row.fix).toBe(fix);
  if (message !== undefined) expect(row.message).toBe(message);
});

const malformed: readonly Row[] = [
  { what: "the plugin's Secret", held: { note: note("made") }, fix: renew },
  ...[[], [r], [r, "ghcr.io"], [`${r}:443`], undefined].map((servers) => ({
    what: `another tool's Secret with logins for ${servers?.join(" and ") || "unknown registries"}`,
    held: { servers },
    given: { pods: [pod("web-1"), pod("d-1", { own: true, owner: daemonset })] },
    message:
      "the command does not change the Secret, because it may hold other logins; then delete the pods that still list the Secret, and run check again",
    fix: "kubectl acr-secret detach -n demo a --where-used",
  })),
  { what: "a copy", held: { source }, message: copied, fix: undefined },
];

test.for(malformed)("prints the fix for a malformed Secret: $what", ({ held, given, message, fix }) => {
  const row = judged({ malformed: { secret: "a", message: "bad" }, secrets: [secret("a", held)], ...given });

  expect(row.fix).toBe(fix);
  if (message !== undefined)
    expect(row.message).toBe(`secret a is malformed, so the kubelet ignores all pull secrets of the pod: bad; ${message}`);
});

test("prints the fix for the last one of other tools' rejected logins", () => {
  const { fix } = judged({ tried: [tried("b", "out-of-scope"), tried("a", "refused")], secrets: [secret("b"), secret("a")] });

  expect(fix).toBe(fresh);
});
