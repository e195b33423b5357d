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
    what: "several Secrets that are not attached, one of which pulls",
    given: {
      ...noLogin,
      unattached: [tried("x", "refused"), tried("y", "pulls")],
      secrets: [secret("x", { note: note("made") }), secret("y")],
    },
    fix: "kubectl acr-secret attach -n demo y --serviceaccount sa",
  },
  {
    what: "an unattached Secret with a supplied login out of scope",
    given: {
      ...noLogin,
      unattached: [tried("x", "out-of-scope")],
      secrets: [secret("y", { note: note("made") }), secret("x", { note: note("given") })],
    },
    fix: `${create} --serviceaccount sa`,
  },
  {
    what: "an unknown unattached Secret",
    given: { ...noLogin, unattached: [tried("x", "out-of-scope")], secrets: [] },
    fix: `${create} --serviceaccount sa`,
  },
  {
    what: "an empty Secret of the plugin",
    given: { ...noLogin, names: ["e"], secrets: [secret("e", { servers: [], note: note("made", { again: { flags: {} } }) })] },
    fix: `kubectl acr-secret create -n demo e --registry ${r}`,
  },
  {
    what: "an empty Secret that the pod does not name",
    given: { ...noLogin, names: [], secrets: [secret("e", { servers: [] })] },
    fix: `${create} --serviceaccount sa`,
  },
  {
    what: "an invalid name before a missing Secret",
    given: { ...noLogin, names: ["a/b", "gone"] },
    message: 'secrets "a/b" and gone not found',
    fix: `kubectl acr-secret create -n demo gone --registry ${r}`,
  },
  {
    what: "several unsuitable Secrets",
    given: { ...noLogin, names: ["a", "b"], secrets: [secret("a", { servers: ["ghcr.io"] }), secret("b", { skipped: ["is odd"] })] },
    message: "secret a has a login for ghcr.io only; secret b is odd",
    fix: `${create} --serviceaccount sa`,
  },
  {
    what: "a Secret without the login when only this Secret is tested",
    given: { ...noLogin, only: true, names: ["a"], unattached: [tried("y", "pulls")], secrets: [secret("a", { servers: ["ghcr.io"] })] },
    message: "secret a has a login for ghcr.io only",
    fix: undefined,
  },
  {
    what: "a port in the image of a pod without a controller and of an init container",
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
    what: "capitals in an image by digest that only the command line names",
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
    what: "capitals in the image of a Job's pod",
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
    what: `${kind} in the image, and a missing Secret`,
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
  // Malformed Secrets.
  {
    what: "a malformed Secret of the plugin",
    given: {
      malformed: { secret: "x", message: "bad" },
      secrets: [secret("y"), secret("x", { note: note("made", { again: { flags: {} } }) })],
    },
    fix: `kubectl acr-secret create -n demo x --registry ${r}`,
  },
  {
    what: "a malformed Secret without logins",
    given: { malformed: { secret: "x", message: "bad" }, secrets: [secret("x", { servers: [] })], pods: [] },
    fix: `kubectl acr-secret detach -n demo x --serviceaccount sa && ${create} --repository app/web --serviceaccount sa`,
  },
  {
    what: "a malformed Secret with other logins, for pods of every controller",
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
    what: "a malformed Secret with other logins when only this Secret is tested",
    given: { only: true, malformed: { secret: "x", message: "bad" }, secrets: [secret("x", { servers: [r, "ghcr.io"] })] },
    message:
      "secret x is malformed, so the kubelet ignores all pull secrets of the pod: bad; the Secret may hold other logins, so no command replaces it",
    fix: undefined,
  },
  {
    what: "a malformed Secret for the host with its port",
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
    what: "an expired supplied login of another registry",
    given: {
      azure: undefined,
      ref: { ...facts.ref, host: "ghcr.io" },
      tried: [tried("a", "refused")],
      secrets: [secret("a", { note: note("given", { expiresAt: "2026-01-01T00:00:00Z" }) })],
    },
    fix: `printf %s "$PASSWORD" | kubectl acr-secret create -n demo a --registry ghcr.io --username ci-pull --password-stdin`,
  },
  {
    what: "a supplied login of another registry out of scope",
    given: { azure: undefined, tried: [tried("a", "out-of-scope")], secrets: [secret("a", { note: note("given") })] },
    fix: undefined,
  },
  {
    what: "an unknown login of another registry",
    given: { azure: undefined, tried: [tried("a", "refused")], secrets: [] },
    fix: undefined,
  },
  {
    what: "another registry's login next to a supplied one",
    given: { azure: undefined, tried: [tried("a", "refused")], secrets: [secret("b", { note: note("given") }), secret("a")] },
    fix: undefined,
  },
])("prints the fix for $what", ({ given, message, fix }) => {
  const row = judged(given);

  expect(row.fix).toBe(fix);
  if (message !== undefined) expect(row.message).toBe(message);
});
