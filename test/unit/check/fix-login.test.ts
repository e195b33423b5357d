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
  // Pods with a copied list, pods with their own list, and pods that no command can recreate.
  {
    what: "pods with copied pull secrets, of every controller",
    given: { ...noLogin, pods: [pod("web-1"), pod("own", { owner: undefined }), pod("j-1", { owner: job })] },
    message: "the pod has no pull secret for this registry; only job/j can recreate pod/j-1, and may count a deletion as a failure",
    fix: `kubectl acr-secret create -n demo pod/own --registry ${r} --serviceaccount sa --recreate`,
  },
  {
    what: "a pod of an unknown controller",
    given: { ...noLogin, pods: [pod("w-1", { owner: { kind: "workflow", name: "w", remakes: false, template: undefined } })] },
    message: "the pod has no pull secret for this registry; only workflow/w can recreate pod/w-1, and may count a deletion as a failure",
    fix: `${create} --serviceaccount sa`,
  },
  {
    what: "a pod with copied pull secrets and no controller",
    given: { ...noLogin, names: ["n"], secrets: [secret("n", { servers: ["ghcr.io"] })], pods: [pod("own", { owner: undefined })] },
    message: "secret n has a login for ghcr.io only",
    fix: `kubectl acr-secret create -n demo pod/own --registry ${r} --serviceaccount sa --recreate`,
  },
  {
    what: "pods with their own pull secrets, of two workloads",
    given: {
      ...noLogin,
      names: ["n"],
      secrets: [secret("n", { servers: ["ghcr.io"] })],
      pods: [
        pod("a-1", { own: true, owner: deployment("a") }),
        pod("a-2", { own: true, owner: deployment("a") }),
        pod("d-1", { own: true, owner: daemonset }),
      ],
    },
    message:
      "secret n has a login for ghcr.io only; deployment/a and daemonset/d have their own pull secrets, so they ignore those of serviceaccount/sa",
    fix: `kubectl acr-secret create -n demo deployment/a daemonset/d --registry ${r}`,
  },
  {
    what: "pods with their own pull secrets and no template",
    given: {
      ...noLogin,
      names: ["n"],
      secrets: [secret("n", { servers: ["ghcr.io"] })],
      pods: [pod("x", { own: true, owner: undefined }), pod("j-1", { own: true, owner: job })],
    },
    message: "secret n has a login for ghcr.io only; only job/j can recreate pod/j-1, and may count a deletion as a failure",
    fix: `kubectl acr-secret create -n demo pod/x --registry ${r} --recreate`,
  },
  {
    what: "pods with copied and pods with their own pull secrets",
    given: {
      ...noLogin,
      names: ["n"],
      secrets: [secret("n", { servers: ["ghcr.io"] })],
      pods: [pod("web-1"), pod("a-1", { own: true, owner: deployment("a") })],
    },
    fix: `kubectl acr-secret create -n demo deployment/a --registry ${r} --serviceaccount sa`,
  },
  {
    what: "a pending pod next to a pod whose node has the image",
    given: {
      ...noLogin,
      names: ["n"],
      secrets: [secret("n", { servers: ["ghcr.io"] })],
      pods: [pod("done", { pulled: true, own: true, owner: deployment("b") }), pod("web-1")],
    },
    fix: `${create} --serviceaccount sa`,
  },
  {
    what: "a rejected login when all nodes have the image",
    given: {
      tried: [tried("n", "refused")],
      names: ["n"],
      secrets: [secret("n", { servers: [r, "ghcr.io"] })],
      pods: [pod("done", { pulled: true })],
    },
    fix: `${create} --serviceaccount sa`,
  },

  // Older pods.
  {
    what: "older pods of every kind",
    given: {
      ...noLogin,
      attachedLater: tried("l", "pulls"),
      pods: [pod("web-1"), pod("web-2"), pod("own", { owner: undefined }), pod("j-1", { owner: job }), pod("done", { pulled: true })],
    },
    message:
      "the pod was created before secret l was attached to serviceaccount/sa; only job/j can recreate pod/j-1, and may count a deletion as a failure",
    fix: "kubectl delete pod -n demo web-1 web-2 && kubectl acr-secret attach -n demo l pod/own --recreate",
  },
  {
    what: "a pod of a Job with copied pull secrets, which the Job's own list would hide",
    given: { ...noLogin, names: ["n"], secrets: [secret("n", { servers: ["ghcr.io"] })], pods: [pod("j-1", { owner: job })] },
    message: "secret n has a login for ghcr.io only; only job/j can recreate pod/j-1, and may count a deletion as a failure",
    fix: `${create} --serviceaccount sa`,
  },
  {
    what: "an older pod of a Job with other copied pull secrets",
    given: { ...noLogin, names: ["n"], attachedLater: tried("l", "pulls"), pods: [pod("j-1", { owner: job })] },
    message:
      "the pod was created before secret l was attached to serviceaccount/sa; only job/j can recreate pod/j-1, and may count a deletion as a failure",
    fix: undefined,
  },
  {
    what: "older pods when the later Secret does not pull either, recreating each pod once",
    given: {
      ...noLogin,
      attachedLater: tried("l", "refused"),
      secrets: [secret("l", { servers: [r, "ghcr.io"] })],
      pods: [pod("web-1"), pod("own", { owner: undefined })],
    },
    message:
      "with secret l: says refused; the registry does not say whether the password is wrong, expired or deleted, or the token is disabled; the pod does not list secret l, because it was created before serviceaccount/sa listed it",
    fix: `kubectl acr-secret create -n demo pod/own --registry ${r} --serviceaccount sa --recreate && kubectl delete pod -n demo web-1`,
  },
  {
    what: "an older pod with other pull secrets and no controller",
    given: { ...noLogin, names: ["n"], attachedLater: tried("l", "pulls"), pods: [pod("own", { owner: undefined })] },
    message: "the pod was created before secret l was attached to serviceaccount/sa",
    fix: "kubectl acr-secret attach -n demo l pod/own --recreate",
  },
  {
    what: "a later Secret that no command can fix",
    given: { ...noLogin, attachedLater: tried("l", "unreachable") },
    message: "with secret l: says unreachable; the pod does not list secret l, because it was created before serviceaccount/sa listed it",
    fix: undefined,
  },
  {
    what: "a later Secret out of scope, and a Job",
    given: {
      ...noLogin,
      attachedLater: tried("l", "out-of-scope"),
      secrets: [secret("l", { note: note("made") })],
      pods: [pod("j-1", { owner: job })],
    },
    message:
      "with secret l: says out-of-scope; the pod does not list secret l, because it was created before serviceaccount/sa listed it; only job/j can recreate pod/j-1, and may count a deletion as a failure",
    fix: `kubectl acr-secret create -n demo l --registry ${r} --repository app/web`,
  },

  // Renewal, and additional repositories.
  {
    what: "a Secret of the plugin that another tool changed",
    given: {
      tried: [tried("n", "refused")],
      names: ["n"],
      secrets: [secret("n", { note: note("made", { again: { flags: {} } }), writers: ["kubectl-edit"] })],
    },
    message:
      'with secret n: says refused; the registry does not say whether the password is wrong, expired or deleted, or the token is disabled; "kubectl-edit" changed this Secret: --force takes over the changed fields',
    fix: `kubectl acr-secret create -n demo n --registry ${r} --force`,
  },
  ...(["refused", "out-of-scope"] as const).map((verdict) => ({
    what: "a Secret of the plugin with a login for another registry",
    given: {
      tried: [tried("n", verdict)],
      names: ["n"],
      secrets: [secret("n", { note: note("made"), servers: [r, "ghcr.io"] })],
    },
    fix: `${create}${verdict === "refused" ? "" : " --repository app/web"} --serviceaccount sa`,
  })),
  {
    what: "a kind that only a newer version knows",
    given: { tried: [tried("a", "refused")], secrets: [secret("a", { note: note("unknown") })] },
    fix: `kubectl acr-secret create -n demo a --registry ${r}`,
  },
  { what: "an unknown Secret", given: { tried: [tried("a", "refused")], secrets: [] }, fix: undefined },
  {
    what: "an unknown Secret out of scope",
    given: { tried: [tried("a", "out-of-scope")], secrets: [secret("other", { note: note("made") })] },
    fix: undefined,
  },
  {
    what: "a supplied login out of scope",
    given: {
      tried: [tried("a", "out-of-scope")],
      secrets: [secret("a", { note: note("given") })],
      fresh: { name: "acr-r1234-pull", isDefault: false },
    },
    fix: `kubectl acr-secret create -n demo acr-r1234-pull --registry ${r} --repository app/web --serviceaccount sa`,
  },
  {
    what: "another tool's login out of scope",
    given: { tried: [tried("a", "out-of-scope")], secrets: [secret("a")] },
    fix: `${create} --repository app/web --serviceaccount sa`,
  },
  {
    what: "a login for the host with its port",
    given: {
      ...otherwise("port"),
      ref: { ...facts.ref, host: `${r}:443` },
      tried: [tried("a", "refused")],
      secrets: [secret("a", { note: note("made") })],
    },
    message:
      "with secret a: says refused; the registry does not say whether the password is wrong, expired or deleted, or the token is disabled; the plugin did not generate this password: set PASSWORD to a new one",
    fix: `printf %s "$PASSWORD" | kubectl acr-secret create -n demo a --registry ${r}:443 --username ci-pull --password-stdin`,
  },
  {
    what: "another tool's login for the host with its port",
    given: {
      ...otherwise("port"),
      image: `${r}:443/app/web:1`,
      ref: { ...facts.ref, host: `${r}:443` },
      tried: [tried("a", "refused")],
      secrets: [secret("a", { servers: [`${r}:443`] })],
      matchesLoginServer: true,
    },
    fix: `kubectl set image -n demo deployment/web app=${r}/app/web:1`,
  },
  {
    what: "another tool's login next to one for a longer host",
    given: { tried: [tried("a", "refused")], secrets: [secret("a", { servers: [r, `${r}.evil.io`] })] },
    fix: `${create} --serviceaccount sa`,
  },
  {
    what: "another tool's logins with paths and schemes",
    given: { tried: [tried("a", "refused")], secrets: [secret("a", { servers: [`http://${r}/v2/`, `https://${r}`, `${r}/app`] })] },
    fix: `kubectl acr-secret create -n demo a --registry ${r} --force`,
  },
  {
    what: "another tool's login with the host in the path",
    given: { tried: [tried("a", "refused")], secrets: [secret("a", { servers: [`ghcr.io/https://${r}`] })] },
    fix: `${create} --serviceaccount sa`,
  },
  {
    what: "another tool's login in an unreadable Secret",
    given: { tried: [tried("a", "refused")], secrets: [secret("a", { servers: undefined })] },
    fix: `${create} --serviceaccount sa`,
  },
  ...(["refused", "out-of-scope"] as const).map((verdict) => ({
    what: `a copy: ${verdict}`,
    given: { tried: [tried("a", verdict)], secrets: [secret("a", { source: { namespace: "platform", name: "acr" } })] },
    message: expect.stringContaining("secret a is a copy of secret acr in namespace platform, which gives it its login"),
    fix: verdict === "refused" ? undefined : `${create} --repository app/web --serviceaccount sa`,
  })),
  {
    what: "a malformed copy",
    given: {
      malformed: { secret: "a", message: "no JSON" },
      secrets: [secret("a", { source: { namespace: "platform", name: "acr" } })],
    },
    message: expect.stringMatching(/no JSON; secret a is a copy of secret acr in namespace platform, /),
    fix: undefined,
  },
  {
    what: "a copy without a login",
    given: {
      ...noLogin,
      names: ["a"],
      secrets: [secret("a", { servers: [], source: { namespace: "platform", name: "acr" } })],
    },
    fix: `${create} --serviceaccount sa`,
  },
  {
    what: "a source whose copies get the repository too",
    given: {
      tried: [tried("a", "out-of-scope")],
      secrets: [secret("a", { note: note("made", { copies: ["team-a", "team-b"] }) })],
    },
    message: "with secret a: says out-of-scope; the copies in team-a, team-b get the repository too",
    fix: `kubectl acr-secret create -n demo a --registry ${r} --repository app/web`,
  },
  {
    what: "a Secret with other logins when only this Secret is tested",
    given: { only: true, tried: [tried("a", "refused")], secrets: [secret("a", { servers: [r, "ghcr.io"] })] },
    fix: undefined,
  },
])("prints the fix for $what", ({ given, message, fix }) => {
  const row = judged(given);

  expect(row.fix).toBe(fix);
  if (message !== undefined) expect(row.message).toEqual(message);
});
