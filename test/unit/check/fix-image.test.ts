import { expect, test } from "vitest";
import type { ImageFacts } from "../../../src/check/facts.ts";
import { create, deployment, facts, judged, noLogin, note, otherwise, pod, r, secret, tried } from "../../support/situations/verdicts.ts";

const unclear = "the registry does not say whether the password is wrong, expired or deleted, or the token is disabled; ";

test.for<{ what: string; given: Partial<ImageFacts>; message: string; fix: string }>([
  {
    what: "a firewall",
    given: { tried: [tried("a", "blocked")] },
    message: "with secret a: says blocked; the command only lists the firewall rules",
    fix: "az acr network-rule list --name r1234",
  },
  {
    what: "a missing tag",
    given: { tried: [tried("a", "not-found")] },
    message: "with secret a: says not-found; tags in the repository: 1 and 2; the command only lists the tags",
    fix: "az acr repository show-tags --name r1234 --repository app/web",
  },
  {
    what: "a tag of a repository without tags",
    given: { tried: [tried("a", "not-found")], otherTags: [] },
    message: "with secret a: says not-found; the command only lists the repositories",
    fix: "az acr repository list --name r1234",
  },
  {
    what: "a missing tag when the login cannot list tags",
    given: { tried: [tried("a", "not-found")], otherTags: "unknown" },
    message:
      "with secret a: says not-found; the login cannot list tags, so the repository may not exist either; the command only lists the repositories",
    fix: "az acr repository list --name r1234",
  },
  {
    what: "a missing repository",
    given: { tried: [tried("a", "not-found")], otherTags: [], noRepository: { similar: ["app/we", "app/wen", "app/wet"] } },
    message: `with secret a: repository "app/web" not found in ${r}; did you mean "app/we", "app/wen" or "app/wet"?; the command only lists the repositories`,
    fix: "az acr repository list --name r1234",
  },
  ...[[], facts.pods].map((pods) => ({
    what: `a new credential of an identity ${pods.length === 0 ? "for a named image" : "of a pod"}`,
    given: {
      pods,
      tried: [{ ...tried("a", "refused"), byRole: true }],
      secrets: [secret("a", { note: note("made", { createdAt: "2026-01-09T23:59:00Z" }) })],
    },
    message: "with secret a: says refused; Azure can need ten minutes to apply a role: the command waits for it, and changes nothing",
    fix: `kubectl acr-secret check -n demo ${pods.length === 0 ? `--image ${r}/app/web:1 --serviceaccount sa ` : ""}--wait 10m`,
  })),
  {
    what: "a blocked data endpoint",
    given: { tried: [tried("a", "data-blocked")] },
    message: "with secret a: says data-blocked; the command only lists the hosts to allow",
    fix: "az acr show-endpoints --name r1234",
  },
  {
    what: "a missing digest",
    given: { tried: [tried("a", "not-found")], ref: { ...facts.ref, reference: "sha256:1" } },
    message: "with secret a: says not-found; the command only lists the manifests",
    fix: "az acr manifest list-metadata --registry r1234 --name app/web",
  },
  ...[r, "ghcr.io"].map((host) => ({
    what: `a rejected supplied password for ${host}`,
    given: {
      ...(host !== r && { azure: undefined }),
      ref: { ...facts.ref, host },
      tried: [tried("a", "refused")],
      secrets: [secret("a", { note: note("given") })],
    },
    message: `with secret a: says refused; ${host === r ? unclear : ""}the plugin did not generate this password: set PASSWORD to a new one`,
    fix: `printf %s "$PASSWORD" | kubectl acr-secret create -n demo a --registry ${host} --username ci-pull --password-stdin`,
  })),
  {
    what: "an unattached Secret that pulls",
    given: { ...noLogin, unattached: [tried("y", "pulls")], secrets: [secret("y")] },
    message: "the pod has no pull secret for this registry; secret y can pull it, but is not attached",
    fix: "kubectl acr-secret attach -n demo y --serviceaccount sa",
  },
  {
    what: "an unattached Secret of the plugin out of scope",
    given: { ...noLogin, unattached: [tried("x", "out-of-scope")], secrets: [secret("other"), secret("x", { note: note("made") })] },
    message: "the pod has no pull secret for this registry",
    fix: `kubectl acr-secret create -n demo x --registry ${r} --repository app/web --serviceaccount sa`,
  },
  {
    what: "an empty Secret of another tool, and an unreadable one",
    given: { ...noLogin, names: ["n", "e"], secrets: [secret("n", { servers: undefined }), secret("e", { servers: [] })] },
    message: "secret e has no login: its auths are empty",
    fix: `kubectl acr-secret create -n demo e --registry ${r} --force`,
  },
  {
    what: "a missing Secret",
    given: { ...noLogin, names: ["gone"], secrets: [secret("other")] },
    message: "secret gone not found",
    fix: `kubectl acr-secret create -n demo gone --registry ${r}`,
  },
  {
    what: "another tool's malformed Secret for this registry alone",
    given: { malformed: { secret: "x", message: "bad" }, secrets: [secret("x")] },
    message: "secret x is malformed, so the kubelet ignores all pull secrets of the pod: bad; the command replaces its contents",
    fix: `kubectl acr-secret create -n demo x --registry ${r} --force`,
  },
  {
    what: "a malformed Secret with other logins, named in a template",
    given: {
      malformed: { secret: "x", message: "bad" },
      names: ["x"],
      secrets: [secret("x", { servers: [r, "ghcr.io"] })],
      pods: [pod("a-1", { own: true, owner: deployment("a") })],
    },
    message:
      "secret x is malformed, so the kubelet ignores all pull secrets of the pod: bad; the command does not change the Secret, because it may hold other logins",
    fix: `${create} && kubectl patch -n demo deployment a -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"$patch":"delete","name":"x"},{"name":"acr-r1234"}]}}}}'`,
  },
  {
    what: "a pod with its own pull secrets",
    given: { ...noLogin, pods: [pod("a-1", { own: true, owner: deployment("a") })] },
    message:
      "the pod has no pull secret for this registry; deployment/a has its own pull secrets, so it ignores those of serviceaccount/sa",
    fix: `kubectl acr-secret create -n demo deployment/a --registry ${r}`,
  },
  {
    what: "a port in the image, and no login for the registry",
    given: { ...noLogin, ...otherwise("port"), image: `${r}:443/app/web:1`, ref: { ...facts.ref, host: `${r}:443` } },
    message: `the pod has no pull secret for this registry; a login for ${r} does not match ${r}:443; use the image name ${r}/app/web:1`,
    fix: `${create} --repository app/web --serviceaccount sa && kubectl set image -n demo deployment/web app=${r}/app/web:1`,
  },
  {
    what: "a Secret that two other tools changed",
    given: {
      tried: [tried("n", "refused")],
      names: ["n"],
      secrets: [secret("n", { note: note("made", { again: { flags: {} } }), writers: ["helm", "kubectl-edit"] })],
    },
    message:
      'with secret n: says refused; the registry does not say whether the password is wrong, expired or deleted, or the token is disabled; "helm" and "kubectl-edit" changed this Secret: --force takes over the changed fields',
    fix: `kubectl acr-secret create -n demo n --registry ${r} --force`,
  },
  {
    what: "pods without a controller, with their own and with copied pull secrets",
    given: {
      ...noLogin,
      names: ["n"],
      secrets: [secret("n", { servers: ["ghcr.io"] })],
      pods: [pod("copied", { owner: undefined }), pod("own", { own: true, owner: undefined })],
    },
    message: "secret n has a login for ghcr.io only",
    fix: `kubectl acr-secret create -n demo pod/own pod/copied --registry ${r} --serviceaccount sa --recreate`,
  },
  {
    what: "two rejected logins of other tools, naming the last one",
    given: { tried: [tried("a", "out-of-scope"), tried("b", "refused")], secrets: [secret("a"), secret("b")] },
    message:
      "with secret b: says refused; the registry does not say whether the password is wrong, expired or deleted, or the token is disabled; the plugin did not create this Secret: --force replaces its login",
    fix: `kubectl acr-secret create -n demo b --registry ${r} --force`,
  },
])("prints the reason and the fix for $what", ({ given, message, fix }) => {
  expect(judged(given)).toMatchObject({ message, fix });
});
