import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { stored } from "../../support/fakes/fleet.ts";
import { objectOf } from "../../support/in-cluster-page.ts";
import { type } from "../../support/in-process.ts";
import { type Right, rulesOf } from "../../support/rights.ts";
import { noteIn } from "../../support/rotating.ts";

const inOrder = (rules: ReturnType<typeof rulesOf>) =>
  rules.map((rule) => ({ ...rule, verbs: rule.verbs.toSorted() })).toSorted((a, b) => (String(a.resources) < String(b.resources) ? -1 : 1));

test("grants exactly the recorded rights of rotate in the ClusterRole of docs/in-cluster.md", () => {
  const seen: { line: string; rights: Right[] }[] = JSON.parse(readFileSync("docs/rbac.json", "utf8"));
  const { rights = [] } = seen.find(({ line }) => line === "rotate --namespaces 'NS*'") ?? {};

  expect(inOrder(objectOf("ClusterRole").rules)).toEqual(inOrder(rulesOf(rights)));
});

test("rotates a credential that never expires in the CronJob of docs/in-cluster.md", async () => {
  const world = await stored("a");
  const [container] = objectOf("CronJob").spec.jobTemplate.spec.template.spec.containers;

  const { code } = await type(container.args.join(" "), world.ports, { now: () => new Date("2026-04-01T00:00:00Z") });

  expect({ code, slot: noteIn(world, "a").slot }).toEqual({ code: 0, slot: "password2" });
});

test("connects the objects of docs/in-cluster.md", () => {
  const [account, role, binding, job] = ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "CronJob"].map(objectOf);
  const namespace = objectOf("Namespace").metadata.name;

  expect([account.metadata.namespace, job.metadata.namespace, binding.subjects[0].namespace]).toEqual([namespace, namespace, namespace]);
  expect([binding.subjects[0].name, job.spec.jobTemplate.spec.template.spec.serviceAccountName]).toEqual([
    account.metadata.name,
    account.metadata.name,
  ]);
  expect(binding.roleRef.name).toBe(role.metadata.name);
});

const roleIn = (page: string) =>
  /^az role definition create [\s\S]*?"Name": "ACR pull tokens"[\s\S]*?^```$/m.exec(readFileSync(page, "utf8"))?.[0];

test("has the same role for ACR tokens in docs/platform-teams.md as in docs/rbac.md", () => {
  expect(roleIn("docs/rbac.md")).toContain("tokens/write");
  expect(roleIn("docs/platform-teams.md")).toBe(roleIn("docs/rbac.md"));
});
