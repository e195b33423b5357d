import { describe, expect, test } from "vitest";
import type { Cause } from "../../../src/check/cause.ts";
import type { ImageFacts } from "../../../src/check/facts.ts";
import { judge } from "../../../src/check/verdict.ts";
import type { Proof } from "../../../src/registry/port.ts";
import { facts, judged, noLogin, note, pod, proof, r, secret, tried } from "../../support/situations/verdicts.ts";

const onNodes = { ...noLogin, pods: [pod("a", { pulled: true }), pod("b", { pulled: true })] };

const byRole = (verdict: Proof["verdict"]) => ({ ...tried("a", verdict), byRole: true });

describe("judge", () => {
  test.for<{ what: string; given: Partial<ImageFacts>; expiresAt: string | undefined }>([
    { what: "the login that pulls", given: { tried: [tried("a", "refused"), tried("b", "pulls")] }, expiresAt: "2026-03-02T00:00:00Z" },
    { what: "a rejected login", given: { tried: [tried("a", "refused")] }, expiresAt: "2026-03-01T00:00:00Z" },
    { what: "no login", given: noLogin, expiresAt: undefined },
  ])("returns the recorded expiry of $what", ({ given, expiresAt }) => {
    const secrets = ["a", "b"].map((name, at) => secret(name, { note: note("made", { expiresAt: `2026-03-0${at + 1}T00:00:00Z` }) }));

    expect(judge({ ...facts, secrets, ...given })).toMatchObject({ expiresAt });
  });

  test.for<{ what: string; given: Partial<ImageFacts>; cause: Cause; secret: string; message?: string }>([
    { what: "the first login that pulls", given: { tried: [tried("a", "refused"), tried("b", "pulls")] }, cause: "pulls", secret: "b" },
    {
      what: "a missing image among rejected logins",
      given: { tried: [tried("a", "refused"), tried("b", "not-found"), tried("c", "refused")] },
      cause: "not-found",
      secret: "b",
      message: "with secret b: says not-found; tags in the repository: 1 and 2; the command only lists the tags",
    },
    {
      what: "the last of two rejected logins",
      given: { tried: [tried("a", "refused"), tried("b", "out-of-scope")] },
      cause: "out-of-scope",
      secret: "b",
    },
    {
      what: "the plugin's login among rejected logins",
      given: {
        tried: [tried("a", "out-of-scope"), tried("b", "refused")],
        secrets: [secret("b"), secret("a", { note: note("made", { again: [] }) })],
      },
      cause: "out-of-scope",
      secret: "a",
    },
    {
      what: "a malformed Secret even if a login pulls",
      given: { malformed: { secret: "x", message: "bad" }, tried: [tried("b", "pulls")], secrets: [secret("x")] },
      cause: "malformed-secret",
      secret: "x",
    },
    {
      what: "an anonymous pull that is out of scope",
      given: { anonymous: proof("out-of-scope") },
      cause: "no-login",
      secret: "",
    },
    {
      what: "an anonymous pull of a missing image",
      given: { anonymous: proof("not-found") },
      cause: "not-found",
      secret: "",
      message: "says not-found; the command only lists the tags",
    },
    { what: "an image without any response", given: {}, cause: "unknown", secret: "" },
    {
      what: "an image on the node of every pod",
      given: { ...onNodes, start: { result: "starts", message: "node n starts it" } },
      cause: "by-node",
      secret: "",
      message: "node n starts it",
    },
    {
      what: "an image that a node rejects at the next start",
      given: { ...onNodes, start: { result: "fails", message: "node n rejects it" } },
      cause: "next-start",
      secret: "",
      message: "node n rejects it",
    },
    {
      what: "an image whose next start is unknown",
      given: { ...onNodes, start: { result: "unknown", message: "node n shows nothing" } },
      cause: "not-visible",
      secret: "",
      message: "node n shows nothing",
    },
    { what: "an image on nodes that are not visible", given: onNodes, cause: "not-visible", secret: "" },
    {
      what: "an image that one pod's node lacks",
      given: { ...noLogin, pods: [pod("a", { pulled: true }), pod("b")] },
      cause: "no-login",
      secret: "",
    },
    {
      what: "a pod older than a Secret that pulls",
      given: { tried: [tried("a", "refused")], attachedLater: tried("l", "pulls") },
      cause: "older-pod",
      secret: "a",
    },
    {
      what: "a pod with its own list and a later Secret",
      given: { tried: [tried("a", "refused")], attachedLater: tried("l", "pulls"), pods: [pod("a", { own: true })] },
      cause: "refused",
      secret: "a",
    },
    {
      what: "a rejected password before its expiry",
      given: { tried: [tried("a", "refused")], secrets: [secret("a", { note: note("made", { expiresAt: "2026-01-10T00:00:01Z" }) })] },
      cause: "refused",
      secret: "a",
    },
    {
      what: "a rejected password at its expiry",
      given: {
        tried: [tried("a", "refused")],
        secrets: [secret("a", { note: note("made", { again: [], expiresAt: "2026-01-10T00:00:00Z" }) })],
      },
      cause: "expired",
      secret: "a",
      message: "with secret a: its password expired 0 s ago (2026-01-10T00:00:00Z)",
    },
    {
      what: "a rejected password next to another expired one",
      given: {
        tried: [tried("a", "refused")],
        secrets: [secret("b", { note: note("made", { expiresAt: "2026-01-01T00:00:00Z" }) }), secret("a")],
      },
      cause: "refused",
      secret: "a",
    },
    {
      what: "an expired login out of scope",
      given: {
        tried: [tried("a", "out-of-scope")],
        secrets: [secret("a", { note: note("made", { expiresAt: "2026-01-01T00:00:00Z" }) })],
      },
      cause: "out-of-scope",
      secret: "a",
    },
    {
      what: "a missing repository",
      given: { tried: [tried("a", "not-found")], noRepository: { similar: [] } },
      cause: "no-repository",
      secret: "a",
    },
    ...(["refused", "denied", "out-of-scope"] as const).map((verdict) => ({
      what: `a new login of an identity that the registry answers with ${verdict}`,
      given: { tried: [byRole(verdict)], secrets: [secret("a", { note: note("made", { createdAt: "2026-01-09T23:50:01Z" }) })] },
      cause: "not-yet-effective" as const,
      secret: "a",
    })),
    ...[
      { what: "ten minutes after its creation", by: { createdAt: "2026-01-09T23:50:00Z" } },
      { what: "without a recorded creation", by: {} },
    ].map(({ what, by }) => ({
      what: `a rejected login of an identity ${what}`,
      given: { tried: [byRole("refused")], secrets: [secret("a", { note: note("made", by) })] },
      cause: "refused" as const,
      secret: "a",
    })),
    {
      what: "a new supplied login of an identity",
      given: { tried: [byRole("refused")], secrets: [secret("a", { note: note("given", { createdAt: "2026-01-09T23:59:59Z" }) })] },
      cause: "refused",
      secret: "a",
    },
    {
      what: "a new login of a token",
      given: { tried: [tried("a", "refused")], secrets: [secret("a", { note: note("made", { createdAt: "2026-01-09T23:59:59Z" }) })] },
      cause: "refused",
      secret: "a",
    },
    {
      what: "an identity's login out of scope, with a hint at its role",
      given: { tried: [byRole("out-of-scope")] },
      cause: "out-of-scope",
      secret: "a",
      message:
        "with secret a: says out-of-scope; the identity has no role for the repository, or a condition of its role (ABAC) excludes it",
    },
    {
      what: "a Secret of another namespace",
      given: { ...noLogin, names: ["a"], elsewhere: [{ secret: "a", namespaces: ["shared", "web"] }] },
      cause: "other-namespace",
      secret: "",
      message: "secret a exists in namespaces shared and web, but a pod can use only Secrets of its own namespace",
    },
    ...([noLogin, { anonymous: proof("unreachable") }] as const).map((more) => ({
      what: `a login for another cloud, where the registry is ${more.anonymous.verdict}`,
      given: { ...more, names: ["a"], secrets: [secret("a", { servers: ["r1234.azurecr.cn"] })] },
      cause: "other-cloud" as const,
      secret: "",
    })),
    {
      what: "a login for another registry of another cloud",
      given: { ...noLogin, names: ["a"], secrets: [secret("a", { servers: ["r12345.azurecr.cn"] })] },
      cause: "no-login",
      secret: "",
    },
    {
      what: "an image that is not in the template",
      given: { ...noLogin, rewritten: { owner: { kind: "replicaset", name: "web-1" }, image: "nginx" } },
      cause: "rewritten",
      secret: "",
      message:
        "the pod has no pull secret for this registry; the template of replicaset/web-1 has the image nginx: an admission webhook, a policy or a user changed it in the pod",
    },
  ])("reports $cause for $what", ({ given, cause, secret: from, message }) => {
    const row = judged(given);

    expect({ cause: row.cause, secret: row.secret }).toEqual({ cause, secret: from });
    if (message) expect(row.message).toBe(message);
  });

  test.for([
    ["2026-01-09T23:59:59Z", "1 s"],
    ["2026-01-09T23:58:01Z", "119 s"],
    ["2026-01-09T23:58:00Z", "2 min"],
    ["2026-01-09T22:00:01Z", "119 min"],
    ["2026-01-09T22:00:00Z", "2 h"],
    ["2026-01-08T00:00:01Z", "47 h"],
    ["2026-01-08T00:00:00Z", "2 days"],
    ["2025-12-10T12:00:00Z", "30 days"],
  ] as const)("formats an expiry at %s as %s ago", ([expiresAt, ago]) => {
    const held = secret("a", { note: note("made", { again: [], expiresAt }) });

    expect(judged({ tried: [tried("a", "refused")], secrets: [held] }).message).toBe(
      `with secret a: its password expired ${ago} ago (${expiresAt})`,
    );
  });

  const fails = (cause: string) => {
    const failures = [{ cause: cause as never, text: "why" }];
    return { pods: [pod("ready", { pulled: true }), pod("web-1", { failures, saidAt: "2026-01-09T23:59:40Z" })] };
  };
  const said = "the node of pod/web-1 said 20 s ago: why";
  const retried = ["this machine can pull the image; the node retries within five minutes"];

  test.for<{ cause: Cause; notes?: readonly string[] }>([
    ...(["other-platform", "never-pulled", "private-host", "node-disk-full", "node-content", "unknown"] as const).map((cause) => ({
      cause,
    })),
    ...(["unreachable", "untrusted", "blocked", "data-blocked", "node-interrupted", "node-limit"] as const).map((cause) => ({
      cause,
      notes: retried,
    })),
  ])("prefers a node's message over a successful pull if it lasts: $cause", ({ cause, notes }) => {
    const given = { ...facts, ...fails(cause) };
    const expected = { cause, message: said, notes, fix: undefined };

    expect(judge({ ...given, tried: [tried("a", "pulls")] })).toMatchObject({ ...expected, secret: "a" });
    expect(judge({ ...given, tried: [tried("a", "pulls")], azure: undefined })).toMatchObject(expected);
    expect(judge({ ...given, anonymous: proof("pulls") })).toMatchObject({ ...expected, secret: "" });
  });

  test.for(["refused", "no-login", "out-of-scope", "not-found", "throttled", "cache-rule"])(
    "notes a node's message that a successful pull disproves: %s",
    (cause) => {
      const given = { ...facts, ...fails(cause) };

      expect(judge({ ...given, tried: [tried("a", "pulls")] })).toMatchObject({ cause: "pulls", message: undefined, notes: [said] });
      expect(judge({ ...given, anonymous: proof("pulls") })).toMatchObject({ cause: "anonymous", notes: [said] });
    },
  );

  test("repeats each message of the nodes once, next to another failure of this machine", () => {
    const failures = [{ cause: "refused", text: "401" } as const];
    const pods = [pod("a", { failures }), pod("b", { failures }), pod("c", { failures: [{ cause: "throttled", text: "429" }] })];

    expect(judge({ ...facts, ...noLogin, pods }).notes?.slice(0, 2)).toEqual([
      "the node of pod/a says: 401",
      "the node of pod/c says: 429",
    ]);
  });

  test("ignores a back-off without a cause", () => {
    const pods = [pod("a", { failures: [{ cause: "unknown", text: "" }] })];

    expect(judge({ ...facts, pods, tried: [tried("a", "pulls")] })).toMatchObject({ cause: "pulls", notes: undefined });
  });

  test.for(["unreachable", "untrusted", "refused"] as const)(
    "names the registry's own host for that of a private endpoint: %s",
    (verdict) => {
      const host = "r1234.privatelink.azurecr.io";
      const azure = { registry: "r1234", loginServer: r, otherwise: "private" } as const;

      expect(judged({ azure, image: `${host}/app/web:1`, ref: { ...facts.ref, host }, anonymous: proof(verdict) })).toMatchObject({
        cause: "private-host",
        fix: `kubectl set image -n demo deployment/web app=${r}/app/web:1`,
      });
    },
  );
});

describe("judges the start of a pod", () => {
  const never = (more = {}) => [pod("web-1", { pullPolicy: "Never", ...more })];
  const says = (result: "starts" | "fails" | "unknown") => ({ result, message: `node n ${result}` });
  const pulls = [tried("a", "pulls")];
  const failures = [{ cause: "never-pulled", text: "not present" } as const];

  test.for<{ when: string; given: Partial<ImageFacts>; expected: object }>([
    {
      when: "only the node decides, and rejects it",
      given: { tried: pulls, pods: never(), start: says("fails") },
      expected: { cause: "never-pulled", secret: "a", start: "fails", message: "node n fails", fix: undefined },
    },
    {
      when: "only the node decides, and that is not visible",
      given: { tried: pulls, pods: never(), start: says("unknown") },
      expected: { cause: "not-visible", secret: "a", start: "unknown", message: "node n unknown" },
    },
    {
      when: "only the node decides, and starts it",
      given: { tried: pulls, pods: never(), start: says("starts") },
      expected: { cause: "pulls", start: "starts", message: undefined },
    },
    {
      when: "the pod has no login and waits",
      given: { ...noLogin, pods: never({ failures }), start: says("fails") },
      expected: { cause: "never-pulled", secret: "", message: "the node of pod/web-1 says: not present; node n fails", fix: undefined },
    },
    {
      when: "only the node decides for one of two pods",
      given: { tried: pulls, pods: [...never(), pod("b", { pullPolicy: "Always" })], start: says("fails") },
      expected: { cause: "never-pulled", start: "fails", message: "node n fails" },
    },
    {
      when: "only the node decides for one of two pods, and the registry rejects the login",
      given: { tried: [tried("a", "refused")], pods: [...never(), pod("b", { pullPolicy: "Always" })], start: says("fails") },
      expected: { cause: "refused", start: "fails" },
    },
    {
      when: "the registry rejects the login, and the node starts it",
      given: { tried: [tried("a", "refused")], start: says("starts") },
      expected: { cause: "refused", start: "starts", message: expect.stringContaining("; node n starts") },
    },
    {
      when: "the registry and the node reject it",
      given: { tried: [tried("a", "refused")], start: says("fails") },
      expected: { cause: "refused", start: "fails", message: expect.not.stringContaining("node n") },
    },
    {
      when: "the node rejects it at the next start",
      given: { ...onNodes, start: says("fails") },
      expected: { cause: "next-start", fix: expect.stringMatching(/^kubectl acr-secret create .* --where-used$/) },
    },
  ])("when $when", ({ given, expected }) => {
    expect(judged(given)).toMatchObject(expected);
  });
});

test("names the pods and every tested Secret", () => {
  const row = judge({
    ...facts,
    pods: [pod("a"), pod("b")],
    anonymous: undefined,
    tried: [tried("x", "refused"), tried("y", "refused")],
    attachedLater: tried("l", "pulls"),
  });

  expect(row).toMatchObject({ pods: ["a", "b"], secret: "x,y", namespace: "demo", image: facts.image });
});

test("names the hosts of the login that pulls, and of the registry's other hosts", () => {
  const login = { host: "r1234.azurecr.io", purpose: "token, manifests" } as const;
  const data = { host: "r1234.eastus.data.azurecr.io", purpose: "layers" } as const;
  const region = { host: "r1234.eu.geo.azurecr.io", purpose: "token, manifests" } as const;
  const pulled = { ...tried("b", "pulls"), proof: { ...proof("pulls"), hosts: [login, data] } };
  const otherHosts = [{ verdict: "unreachable", message: "no route\n* twice", hosts: [region, data] } as const];

  const row = judge({ ...facts, tried: [tried("a", "refused"), pulled], otherHosts });

  expect(row).toMatchObject({ cause: "pulls", hosts: [login, data, region], notes: ["no route"] });
  expect(judge({ ...facts, tried: [tried("a", "pulls")] }).hosts).toEqual([login]);
});
