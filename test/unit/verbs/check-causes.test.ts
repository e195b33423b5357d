import { expect, test } from "vitest";
import { attached, create, type Expected, expectRow, judged, ours, pod, r, theirs, web } from "../../support/check-world.ts";

const named = { pods: [pod("web-1", { names: ["regcred"] })] };

test.for<Expected>([
  {
    when: "the pod's Secret exists only in other namespaces",
    given: { ...named, elsewhere: ["demo", "shared", "team"] },
    cause: "other-namespace",
    message: "secret regcred exists in namespaces shared and team, but a pod can use only Secrets of its own namespace",
    fix: "kubectl acr-secret create -n demo regcred --registry myregistry.azurecr.io",
  },
  {
    when: "the pod's Secret exists in no namespace",
    given: named,
    cause: "no-login",
    message: "secret regcred not found",
  },
  {
    when: "the user may not list the Secrets of other namespaces",
    given: { ...named, elsewhere: ["shared"], mayNotList: true },
    cause: "no-login",
    message: "secret regcred not found",
  },
  {
    when: "the pod's template has another registry",
    given: { pods: [pod("web-1")], templateImage: "docker.io/team/web:1" },
    cause: "rewritten",
    message:
      "the pod has no pull secret for this registry; the template of replicaset/web-5f679b78dd has the image docker.io/team/web:1: an admission webhook, a policy or a user changed it in the pod",
    fix: `${create} --where-used`,
  },
  {
    when: "the pod's image has a digest, and its template a tag",
    given: { pods: [pod("web-1", { image: `${r}/app/web@sha256:${"a".repeat(64)}` })], templateImage: web },
    cause: "no-login",
    message: "the pod has no pull secret for this registry",
  },
  {
    when: "a rewritten image is out of scope",
    given: { ...attached(ours("acr", "api:right")), templateImage: "docker.io/team/web:1" },
    cause: "out-of-scope",
  },
  {
    when: "the login is for another cloud",
    given: attached(theirs("cn", { "myregistry.azurecr.cn": "web:right" })),
    cause: "other-cloud",
    message: "secret cn has a login for myregistry.azurecr.cn only (in another cloud than myregistry.azurecr.io)",
    fix: `${create} --where-used`,
  },
  {
    when: "the login is for another cloud, and no registry answers in the image's one",
    given: { ...attached(theirs("cn", { "myregistry.azurecr.cn": "web:right" })), registryVerdict: "unreachable" },
    cause: "other-cloud",
    fix: "kubectl set image -n demo deployment/web app=myregistry.azurecr.cn/app/web:1",
  },
])("reports $cause when $when", async (row) => {
  await expectRow(row);
});

test("lists the namespaces of a missing Secret once for all images", async () => {
  const pods = ["1", "2"].map((tag) => pod(`web-${tag}`, { names: ["regcred"], image: `${r}/app/web:${tag}` }));

  expect((await judged({ pods, elsewhere: ["shared"] })).rows.map(({ cause }) => cause)).toEqual(["other-namespace", "other-namespace"]);
});

const regions = { [r]: "web:right", "myregistry.eastus.geo.azurecr.io": "web:right", "myregistry.westus.geo.azurecr.io": "web:wrong" };
const others = { "other.eastus.geo.azurecr.io": "web:right", "ghcr.io": "web:right", [`${r}/app/api`]: "web:right" };

test("tests the other hosts of the registry with the logins that the Secret has for them", async () => {
  const { rows, asked } = await judged({ ...attached(theirs("acr", { ...regions, ...others })), deep: true });

  expect(rows.map(({ cause, message }) => ({ cause, message }))).toEqual([
    { cause: "pulls", message: '; myregistry.westus.geo.azurecr.io says refused to user "web"' },
  ]);
  expect(asked.filter((request) => request.includes(" pulls "))).toEqual([
    `web pulls ${web}`,
    "web pulls myregistry.eastus.geo.azurecr.io/app/web:1",
    "web pulls myregistry.westus.geo.azurecr.io/app/web:1",
  ]);
});

test("tests only the image's host without deep", async () => {
  const { asked } = await judged(attached(theirs("acr", regions)));

  expect(asked.filter((request) => request.includes(" pulls "))).toEqual([`web pulls ${web}`]);
});
