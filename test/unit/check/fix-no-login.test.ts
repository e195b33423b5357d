import { expect, test } from "vitest";
import type { ImageFacts } from "../../../src/check/facts.ts";
import {
  create,
  daemonset,
  deployment,
  facts,
  job,
  judged,
  noLogin,
  note,
  otherwise,
  pod,
  r,
  secret,
  tried,
} from "../../support/situations/verdicts.ts";

test.for<{ what: string; given: Partial<ImageFacts>; message?: string; fix: string | undefined }>([
  // No login.
  {
    what: "of several Secrets beside, the one that pulls",
    given: {
      ...noLogin,
      unattached: [tried("x", "refused"), tried("y", "pulls")],
      secrets: [secret("x", { note: note("made") }), secret("y")],
    },
    fix: "kubectl acr-secret attach -n demo y --serviceaccount sa",
  },
  {
    what: "beside is a Secret that was given and may not",
    given: {
      ...noLogin,
      unattached: [tried("x", "out-of-scope")],
      secrets: [secret("y", { note: note("made") }), secret("x", { note: note("given") })],
    },
    fix: `${create} --serviceaccount sa`,
  },
  {
    what: "beside is a Secret that nobody knows",
    given: { ...noLogin, unattached: [tried("x", "out-of-scope")], secrets: [] },
    fix: `${create} --serviceaccount sa`,
  },
  {
    what: "an empty Secret of ours",
    given: { ...noLogin, names: ["e"], secrets: [secret("e", { servers: [], note: note("made", { again: { flags: {} } }) })] },
    fix: `kubectl acr-secret create -n demo e --registry ${r}`,
  },
  {
    what: "an empty Secret that the pod does not name",
    given: { ...noLogin, names: [], secrets: [secret("e", { servers: [] })] },
    fix: `${create} --serviceaccount sa`,
  },
  {
    what: "a name that is none before one that is missing",
    given: { ...noLogin, names: ["a/b", "gone"] },
    message: 'secrets "a/b" and gone not found',
    fix: `kubectl acr-secret create -n demo gone --registry ${r}`,
  },
  {
    what: "several Secrets that do not do",
    given: { ...noLogin, names: ["a", "b"], secrets: [secret("a", { servers: ["ghcr.io"] }), secret("b", { skipped: ["is odd"] })] },
    message: "secret a has a login for ghcr.io only; secret b is odd",
    fix: `${create} --serviceaccount sa`,
  },
  {
    what: "only that Secret, which has no login",
    given: { ...noLogin, only: true, names: ["a"], unattached: [tried("y", "pulls")], secrets: [secret("a", { servers: ["ghcr.io"] })] },
    message: "secret a has a login for ghcr.io only",
    fix: undefined,
  },
  {
    what: "the port, of a pod without controller and of an init container",
    given: {
      ...noLogin,
      ...otherwise("port"),
      image: `${r}:443/app/web:1`,
      ref: { ...facts.ref, host: `${r}:443` },
      matchesLoginServer: true,
      pods: [
        pod("own", { owner: undefined }),
        pod("web-1", { container: "init" }),
        pod("web-2", { container: "init" }),
        pod("done", { pulled: true, container: "x" }),
      ],
    },
    message: `the pod has no pull secret for this registry; use the image name ${r}/app/web:1`,
    fix: `kubectl set image -n demo pod/own app=${r}/app/web:1 && kubectl set image -n demo deployment/web init=${r}/app/web:1`,
  },
  {
    what: "capitals, of an image by digest that is only named",
    given: {
      ...noLogin,
      ...otherwise("capitals"),
      image: "R1234.azurecr.io/app/web@sha256:1",
      ref: { ...facts.ref, host: "R1234.azurecr.io" },
      pods: [],
    },
    message: `serviceaccount/sa has no pull secret for this registry; a login for ${r} does not match R1234.azurecr.io; use the image name ${r}/app/web@sha256:1`,
    fix: `kubectl acr-secret check -n demo --image ${r}/app/web@sha256:1 --serviceaccount sa`,
  },

  {
    what: "capitals, of a Job's pod, whose name lasts until its image is set",
    given: {
      ...noLogin,
      ...otherwise("capitals"),
      image: "R1234.azurecr.io/app/web:1",
      ref: { ...facts.ref, host: "R1234.azurecr.io" },
      pods: [pod("j-1", { owner: job })],
    },
    message: `the pod has no pull secret for this registry; a login for ${r} does not match R1234.azurecr.io; use the image name ${r}/app/web:1; only job/j can recreate pod/j-1, and may count a deletion as a failure`,
    fix: `kubectl acr-secret create -n demo --registry ${r} --repository app/web --serviceaccount sa && kubectl set image -n demo pod/j-1 app=${r}/app/web:1`,
  },
  ...(["port", "capitals"] as const).map((kind) => ({
    what: `${kind}, and a Secret that is not there`,
    given: {
      ...noLogin,
      ...otherwise(kind),
      names: ["gone"],
      image: `R:443/app/web:1`,
      ref: { ...facts.ref, host: "R:443" },
      matchesLoginServer: true,
    },
    fix: `kubectl set image -n demo deployment/web app=${r}/app/web:1`,
  })),
  {
    what: "a regional endpoint, and a Secret that is not there",
    given: { ...noLogin, ...otherwise("region"), names: ["gone"] },
    fix: `${create} --serviceaccount sa --include-regional`,
  },
  ...[
    {
      what: "",
      more: {},
      fix: `kubectl acr-secret create -n demo a --registry ${r} --repository app/web --acr-token ci-pull --include-regional`,
    },
    {
      what: ", whose kind reaches all",
      more: { note: note("made", { widens: false, again: { flags: { admin: true } } }) },
      fix: `kubectl acr-secret create -n demo a --registry ${r} --admin --include-regional`,
    },
    { what: " that was given", more: { note: note("given") }, fix: `${create} --serviceaccount sa --include-regional` },
    {
      what: " with another registry's",
      more: { servers: [r, "ghcr.io"] },
      fix: `${create} --serviceaccount sa --include-regional`,
    },
    { what: " that others write to", more: { writers: ["helm"] }, fix: `${create} --serviceaccount sa --include-regional` },
    {
      what: " of another registry",
      more: { servers: ["q.azurecr.io"], note: note("made", { hosts: ["q.azurecr.io"] }) },
      fix: `${create} --serviceaccount sa --include-regional`,
    },
  ].map(({ what, more, fix }) => ({
    what: `a regional endpoint, and a login for the login server${what}`,
    given: {
      ...noLogin,
      ...otherwise("region"),
      ref: { ...facts.ref, host: "r1234.eu.geo.azurecr.io" },
      names: ["a"],
      secrets: [secret("a", { note: note("made"), ...more })],
    },
    fix,
  })),
  {
    what: "a regional endpoint, and a login for the login server that the pods do not name",
    given: {
      ...noLogin,
      ...otherwise("region"),
      ref: { ...facts.ref, host: "r1234.eu.geo.azurecr.io" },
      secrets: [secret("a", { note: note("made") })],
    },
    fix: `${create} --serviceaccount sa --include-regional`,
  },

  // Secrets that cannot be read.
  {
    what: "a malformed one of ours",
    given: {
      malformed: { secret: "x", message: "bad" },
      secrets: [secret("y"), secret("x", { note: note("made", { again: { flags: {} } }) })],
    },
    fix: `kubectl acr-secret create -n demo x --registry ${r}`,
  },
  {
    what: "a malformed one that is empty",
    given: { malformed: { secret: "x", message: "bad" }, secrets: [secret("x", { servers: [] })], pods: [] },
    fix: `kubectl acr-secret detach -n demo x --serviceaccount sa && ${create} --repository app/web --serviceaccount sa`,
  },
  {
    what: "a malformed one with other logins, of every kind of pod",
    given: {
      malformed: { secret: "x", message: "bad" },
      secrets: [secret("x", { servers: [r, "ghcr.io"] })],
      pods: [
        pod("web-1"),
        pod("j-1", { owner: job }),
        pod("own", { owner: undefined }),
        pod("d-1", { own: true, owner: daemonset }),
        pod("a-1", { own: true, owner: deployment("a") }),
        pod("o-1", { own: true, owner: undefined }),
      ],
    },
    message:
      "secret x is malformed, so the kubelet ignores all pull secrets of the pod: bad; the command does not change the Secret, because it may hold other logins; no controller recreates these pods, so create them again: j-1, own, o-1",
    fix: `kubectl acr-secret detach -n demo x --serviceaccount sa && ${create} --serviceaccount sa && kubectl patch -n demo daemonset d -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"$patch":"delete","name":"x"},{"name":"acr-r1234"}]}}}}' && kubectl patch -n demo deployment a -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"$patch":"delete","name":"x"},{"name":"acr-r1234"}]}}}}' && kubectl delete pod -n demo web-1 d-1`,
  },
  {
    what: "a malformed one with other logins, alone",
    given: { only: true, malformed: { secret: "x", message: "bad" }, secrets: [secret("x", { servers: [r, "ghcr.io"] })] },
    message:
      "secret x is malformed, so the kubelet ignores all pull secrets of the pod: bad; the Secret may hold other logins, so no command replaces it",
    fix: undefined,
  },
  {
    what: "a malformed one for the port",
    given: {
      ...otherwise("port"),
      ref: { ...facts.ref, host: `${r}:443` },
      only: true,
      malformed: { secret: "x", message: "bad" },
      secrets: [secret("x", { servers: [`${r}:443`] })],
    },
    fix: undefined,
  },

  // Other registries.
  {
    what: "a given credential of another registry has ended",
    given: {
      azure: undefined,
      ref: { ...facts.ref, host: "ghcr.io" },
      tried: [tried("a", "refused")],
      secrets: [secret("a", { note: note("given", { expiresAt: "2026-01-01T00:00:00Z" }) })],
    },
    fix: `printf %s "$PASSWORD" | kubectl acr-secret create -n demo a --registry ghcr.io --username ci-pull --password-stdin`,
  },
  {
    what: "a given credential of another registry may not pull",
    given: { azure: undefined, tried: [tried("a", "out-of-scope")], secrets: [secret("a", { note: note("given") })] },
    fix: undefined,
  },
  {
    what: "a login of another registry that nobody knows",
    given: { azure: undefined, tried: [tried("a", "refused")], secrets: [] },
    fix: undefined,
  },
  {
    what: "another registry, and another Secret was given",
    given: { azure: undefined, tried: [tried("a", "refused")], secrets: [secret("b", { note: note("given") }), secret("a")] },
    fix: undefined,
  },
])("$what", ({ given, message, fix }) => {
  const row = judged(given);

  expect(row.fix).toBe(fix);
  if (message !== undefined) expect(row.message).toBe(message);
});
