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
  pod,
  r,
  secret,
  tried,
} from "../../support/situations/verdicts.ts";

const fresh = `${create} --where-used`;
const cronjob = { kind: "cronjob", name: "c", container: "app", own: false };
const load = { kind: "job", name: "load", container: "app", own: true };
const fixedList = (objects: string, from = "the new Secret") =>
  `attach and create do not change imagePullSecrets of ${objects}: create ${objects.includes(" ") ? "them" : "it"} again with ${from} in the list`;
const unusable = { names: ["n"], secrets: [secret("n", { servers: ["ghcr.io"] })] };
const onlyGhcr = "secret n has a login for ghcr.io only";
const older = "the pod was created before secret l was attached to serviceaccount/sa";
const notListed = "the pod does not list secret l, because it was created before serviceaccount/sa listed it";

test.for<{ what: string; given: Partial<ImageFacts>; message?: string; fix: string | undefined }>([
  // No Secret
  { what: "a pod without pull secrets", given: {}, message: "the pod has no pull secret for this registry", fix: fresh },
  { what: "a template without pods", given: { pods: [], templates: [cronjob], owners: [cronjob] }, fix: fresh },
  {
    what: "an image that only the command line names",
    given: { pods: [] },
    message: "serviceaccount/sa has no pull secret for this registry",
    fix: `${create} --repository app/web --serviceaccount sa`,
  },
  {
    what: "a Secret with another name when the default name is in use",
    given: { fresh: { name: "acr-r1234-pull", isDefault: false } },
    fix: `kubectl acr-secret create -n demo acr-r1234-pull --registry ${r} --where-used`,
  },

  // Unusable Secrets
  {
    what: "a missing Secret",
    given: { names: ["gone"], secrets: [secret("x")] },
    fix: `kubectl acr-secret create -n demo gone --registry ${r}`,
  },
  {
    what: "a missing Secret of a template",
    given: { names: ["gone"], pods: [], templates: [cronjob], owners: [cronjob] },
    fix: `kubectl acr-secret create -n demo gone --registry ${r} --repository app/web`,
  },
  {
    what: "an invalid name before a missing Secret",
    given: { names: ["a/b", "gone"] },
    message: "secrets a/b and gone not found",
    fix: `kubectl acr-secret create -n demo gone --registry ${r}`,
  },
  {
    what: "several unusable Secrets",
    given: { names: ["a", "b"], secrets: [secret("a", { servers: ["ghcr.io"] }), secret("b", { skipped: ["is odd"] })] },
    message: "secret a has a login for ghcr.io only; secret b is odd",
    fix: fresh,
  },
  {
    what: "an empty Secret",
    given: { names: ["e"], secrets: [secret("e", { servers: [] })] },
    message: "secret e has no login: its auths are empty",
    fix: fresh,
  },
  {
    what: "a Secret without the login when only this Secret is tested",
    given: { ...unusable, only: true, unattached: [tried("y", "pulls")] },
    message: onlyGhcr,
    fix: undefined,
  },

  // Secrets that are not attached
  {
    what: "an unattached Secret that pulls, among others",
    given: { unattached: [tried("x", "refused"), tried("y", "pulls")], secrets: [secret("x", { note: note("made") }), secret("y")] },
    message: "the pod has no pull secret for this registry; secret y can pull it, but is not attached",
    fix: "kubectl acr-secret attach -n demo y --where-used",
  },
  {
    what: "an unattached Secret that pulls a named image",
    given: { unattached: [tried("y", "pulls")], pods: [] },
    fix: "kubectl acr-secret attach -n demo y --serviceaccount sa",
  },
  ...([{ pods: facts.pods }, { pods: [] }] as const).map(({ pods }) => ({
    what: `an unattached Secret of the plugin out of scope, for ${pods.length} pods`,
    given: { pods, unattached: [tried("x", "out-of-scope")], secrets: [secret("other"), secret("x", { note: note("made") })] },
    fix: `kubectl acr-secret create -n demo x --registry ${r} ${pods.length > 0 ? "--repositories-from-pods --where-used" : "--repository app/web --serviceaccount sa"}`,
  })),
  {
    what: "an unattached Secret out of scope with a supplied login",
    given: {
      unattached: [tried("x", "out-of-scope")],
      secrets: [secret("y", { note: note("made") }), secret("x", { note: note("given") })],
    },
    fix: fresh,
  },
  { what: "an unknown unattached Secret", given: { unattached: [tried("x", "out-of-scope")] }, fix: fresh },

  // Lists that no command changes
  {
    what: "pods with copied pull secrets, whose restart create reports itself",
    given: { pods: [pod("web-1"), pod("own", { owner: undefined }), pod("j-1", { owner: job })] },
    message: "the pod has no pull secret for this registry",
    fix: fresh,
  },
  {
    what: "pods with pull secrets of their own",
    given: {
      ...unusable,
      pods: [
        pod("a-1", { own: true, owner: deployment("a") }),
        pod("d-1", { own: true, owner: daemonset }),
        pod("x", { own: true, owner: undefined }),
        pod("j-1", { own: true, owner: job }),
        pod("j-2", { own: true, owner: job }),
        pod("done", { pulled: true, own: true, owner: undefined }),
      ],
    },
    message: `${onlyGhcr}; ${fixedList("pod/x and job/j")}`,
    fix: fresh,
  },
  {
    what: "an unattached Secret, for a Job with pull secrets of its own",
    given: { ...unusable, pods: [], templates: [load], owners: [load], unattached: [tried("y", "pulls")] },
    message: `${onlyGhcr}; secret y can pull it, but is not attached; ${fixedList("job/load", "secret y")}`,
    fix: undefined,
  },
  {
    what: "an unattached Secret, for a Job and a PodTemplate with pull secrets of their own and a pod",
    given: { ...unusable, templates: [load, { ...load, kind: "podtemplate" }], unattached: [tried("y", "pulls")] },
    message: `${onlyGhcr}; secret y can pull it, but is not attached; ${fixedList("job/load and podtemplate/load", "secret y")}`,
    fix: "kubectl acr-secret attach -n demo y --where-used",
  },

  // Older pods
  {
    what: "older pods, whose restart attach reports itself",
    given: { attachedLater: tried("l", "pulls"), pods: [pod("web-1"), pod("own", { owner: undefined }), pod("j-1", { owner: job })] },
    message: older,
    fix: "kubectl acr-secret attach -n demo l --where-used",
  },
  {
    what: "older pods of a Job",
    given: { attachedLater: tried("l", "pulls"), pods: [pod("j-1", { owner: job }), pod("j-2", { owner: job })] },
    message: `${older}; a Job counts a deleted pod as failed, so no command restarts pods of job/j: delete it and create it again`,
    fix: undefined,
  },
  {
    what: "an older pod, and a later Secret that the plugin did not create",
    given: { attachedLater: tried("l", "refused"), secrets: [secret("l")] },
    message: `with secret l: says refused; the registry does not say whether the password is wrong, expired or deleted, or the token is disabled; ${notListed}`,
    fix: fresh,
  },
  {
    what: "an older pod, and a later Secret with another rejected login",
    given: { attachedLater: tried("l", "refused"), secrets: [secret("l", { servers: [r, "ghcr.io"] })] },
    fix: fresh,
  },
  {
    what: "an older pod, and a later Secret out of scope",
    given: { attachedLater: tried("l", "out-of-scope"), secrets: [secret("l", { note: note("made") })] },
    fix: `kubectl acr-secret create -n demo l --registry ${r} --repositories-from-pods --where-used`,
  },
  {
    what: "an older pod, and a later Secret that no command fixes",
    given: { attachedLater: tried("l", "unreachable") },
    message: `with secret l: says unreachable; ${notListed}`,
    fix: undefined,
  },
])("prints the fix for $what", ({ given, message, fix }) => {
  const row = judged({ ...noLogin, ...given });

  expect(row.fix).toBe(fix);
  if (message !== undefined) expect(row.message).toBe(message);
});
