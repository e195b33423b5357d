import { expect, test } from "vitest";
import type { ImageFacts } from "../../../src/check/facts.ts";
import { judge } from "../../../src/check/verdict.ts";
import { daemonset, facts, job, judged, noLogin, note, otherwise, pod, r, secret, tried } from "../../support/situations/verdicts.ts";

test("marks a command that only lists", () => {
  expect(judge({ ...facts, tried: [tried("a", "blocked")] }).fix).toMatchObject({ isLook: true });
});

test.for<{ what: string; given: Partial<ImageFacts>; message: string; fix: string }>([
  {
    what: "a firewall",
    given: { tried: [tried("a", "blocked")] },
    message: "says blocked; the nodes may have access: with --from-cluster, a node tests it; the command only lists the firewall rules",
    fix: "az acr network-rule list --name r1234",
  },
  {
    what: "a missing tag",
    given: { tried: [tried("a", "not-found")] },
    message: "says not-found; tags in the repository: 1 and 2; the command only lists the tags",
    fix: "az acr repository show-tags --name r1234 --repository app/web",
  },
  {
    what: "a tag of a repository without tags",
    given: { tried: [tried("a", "not-found")], otherTags: [] },
    message: "says not-found; the command only lists the repositories",
    fix: "az acr repository list --name r1234",
  },
  {
    what: "a missing tag when the login cannot list tags",
    given: { tried: [tried("a", "not-found")], otherTags: "unknown" },
    message: "says not-found; the login cannot list tags, so the repository may not exist either; the command only lists the repositories",
    fix: "az acr repository list --name r1234",
  },
  {
    what: "a missing repository",
    given: { tried: [tried("a", "not-found")], otherTags: [], noRepository: { similar: ["app/we", "app/wen", "app/wet"] } },
    message: `repository "app/web" not found in ${r}; did you mean "app/we", "app/wen" or "app/wet"?; the command only lists the repositories`,
    fix: "az acr repository list --name r1234",
  },
  ...[[], facts.pods].map((pods) => ({
    what: `a new credential of an identity ${pods.length === 0 ? "for a named image" : "of a pod"}`,
    given: {
      pods,
      tried: [{ ...tried("a", "refused"), byRole: true }],
      secrets: [secret("a", { note: note("made", { createdAt: "2026-01-09T23:59:00Z" }) })],
    },
    message: "says refused; Azure can need ten minutes to apply a role: the command waits for it, and changes nothing",
    fix: `kubectl acr-secret check -n demo ${pods.length === 0 ? `--image ${r}/app/web:1 --serviceaccount sa ` : ""}--wait 10m`,
  })),
  {
    what: "a blocked data endpoint",
    given: { tried: [tried("a", "data-blocked")] },
    message: "says data-blocked; the command only lists the hosts to allow",
    fix: "az acr show-endpoints --name r1234",
  },
  {
    what: "a missing digest",
    given: { tried: [tried("a", "not-found")], ref: { ...facts.ref, reference: "sha256:1" } },
    message: "says not-found; the command only lists the manifests",
    fix: "az acr manifest list-metadata --registry r1234 --name app/web",
  },
])("prints the reason and the fix for $what", ({ given, message, fix }) => {
  expect(judged(given)).toMatchObject({ message: `with secret a: ${message}`, fix });
});

const east = "r1234.eu.geo.azurecr.io";
const as = (kind: "port" | "capitals" | "region", host: string): Partial<ImageFacts> => ({
  ...noLogin,
  ...otherwise(kind),
  image: `${host}/app/web:1`,
  ref: { ...facts.ref, host },
});
const set = (container: string) => `kubectl set image -n demo ${container}=${r}/app/web:1`;
const use = `use the image name ${r}/app/web:1`;
const hasLogin = { matchesLoginServer: true };
const cronjob = { kind: "cronjob", name: "c", container: "app", own: false };

test.for<{ what: string; given: Partial<ImageFacts>; message?: string; fix: string | undefined }>([
  {
    what: "the port",
    given: { ...as("port", `${r}:443`), ...hasLogin },
    message: `the pod has no pull secret for this registry; ${use}`,
    fix: set("deployment/web app"),
  },
  {
    what: "the port and no login for the registry",
    given: as("port", `${r}:443`),
    message: `the pod has no pull secret for this registry; a login for ${r} does not match ${r}:443; ${use}, then run check again`,
    fix: set("deployment/web app"),
  },
  {
    what: "capitals and a missing Secret",
    given: { ...as("capitals", "R1234.azurecr.io"), names: ["gone"] },
    fix: set("deployment/web app"),
  },
  {
    what: "capitals in an image that only the command line names",
    given: { ...as("capitals", "R1234.azurecr.io"), pods: [] },
    message: `serviceaccount/sa has no pull secret for this registry; a login for ${r} does not match R1234.azurecr.io; ${use}, then run check again`,
    fix: `kubectl acr-secret check -n demo --image ${r}/app/web:1 --serviceaccount sa`,
  },
  {
    what: "a regional host and another tool's rejected login for it",
    given: { ...as("region", east), tried: [tried("a", "refused")], secrets: [secret("a", { servers: [east] })] },
    fix: set("deployment/web app"),
  },
  {
    what: "a regional host and another tool's login out of scope next to the plugin's",
    given: {
      ...as("region", east),
      ...hasLogin,
      tried: [tried("a", "out-of-scope")],
      secrets: [secret("a", { servers: [r, east], note: note("made") })],
    },
    fix: set("deployment/web app"),
  },
  {
    what: "a regional host and a rejected login that a user supplied for it",
    given: {
      ...as("region", east),
      tried: [tried("a", "refused")],
      secrets: [secret("a", { servers: [east], note: note("given") })],
    },
    fix: `printf %s "$PASSWORD" | kubectl acr-secret create -n demo a --registry ${east} --username ci-pull --password-stdin`,
  },
  {
    what: "the port in two pods of a workload, next to one whose node has the image",
    given: {
      ...as("port", `${r}:443`),
      ...hasLogin,
      pods: [pod("web-1", { container: "init" }), pod("web-2", { container: "init" }), pod("done", { pulled: true })],
    },
    fix: set("deployment/web init"),
  },
  {
    what: "the port in a pod without a controller",
    given: { ...as("port", `${r}:443`), ...hasLogin, pods: [pod("own", { owner: undefined })] },
    fix: set("pod/own app"),
  },
  {
    what: "the port in a Job's pod",
    given: { ...as("port", `${r}:443`), ...hasLogin, pods: [pod("j-1", { owner: job })] },
    fix: set("pod/j-1 app"),
  },
  {
    what: "the port in pods that their controller may not replace",
    given: { ...as("port", `${r}:443`), ...hasLogin, pods: [pod("d-1", { owner: daemonset }), pod("d-2", { owner: daemonset })] },
    message: `the pod has no pull secret for this registry; ${use}; then delete pod/d-1 and pod/d-2, unless already replaced`,
    fix: set("daemonset/d app"),
  },
  {
    what: "the port in a CronJob and a Job without pods",
    given: { ...as("port", `${r}:443`), ...hasLogin, pods: [], templates: [cronjob, { ...cronjob, kind: "job" }], owners: [cronjob] },
    fix: set("cronjob/c app"),
  },
  ...[
    { what: "two workloads", pods: [pod("web-1"), pod("own", { owner: undefined })] },
    { what: "two containers", pods: [pod("web-1"), pod("web-2", { container: "init" })] },
    { what: "an image volume", pods: [pod("web-1", { container: undefined })] },
  ].map(({ what, pods }) => ({
    what: `the port in ${what}`,
    given: { ...as("port", `${r}:443`), ...hasLogin, pods },
    message: `the pod has no pull secret for this registry; ${use}`,
    fix: undefined,
  })),
])("prints the fix for an image name with $what", ({ given, message, fix }) => {
  const row = judged(given);

  expect(row.fix).toBe(fix);
  if (message !== undefined) expect(row.message).toBe(message);
});
