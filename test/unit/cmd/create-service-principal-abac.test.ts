import { expect, test } from "vitest";
import { conditionOf } from "../../../src/credential/service-principal/roles.ts";
import { refused } from "../../support/demo.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { acrPull, byId, byName, reader, standing, withOthers } from "../../support/service-principal.ts";

/** Creates a registry with ABAC repository permissions. */
function abac(more: { readonly condition?: string | undefined; readonly ours?: boolean } = {}): { world: FakeWorld; appId: string } {
  const { world, appId } = withOthers({ role: false });
  world.azure.facts.mode = "abac";
  for (const image of ["app/api:1", "team/a:1", "team-b/a:1"]) world.azure.images.add(image);
  if ("ours" in more) world.azure.directory.assign(appId, reader, more);
  return { world, appId };
}

const conditions = ({ azure }: FakeWorld) => azure.directory.assignments.map(({ condition }) => condition);

test("the role is for the repositories that pods use, or that are named, and for no other", async () => {
  const { world, appId } = abac();

  expect(await type(byId(appId), world.ports)).toMatchObject({
    stdout: expect.stringContaining("roleassignment.management.azure.com/ci created (+app/web)\n"),
    stderr: "",
    code: 0,
  });
  expect(world.azure.directory.assignments).toMatchObject([{ role: reader, condition: conditionOf(["app/web"]) }]);
});

test("what is named comes to what was granted before, and a rerun changes nothing", async () => {
  const { world, appId } = abac();
  await type(byId(appId), world.ports);

  expect(await type(`${byId(appId)} --repository team/*`, world.ports)).toMatchObject({
    stdout: expect.stringContaining(
      "roleassignment.management.azure.com/ci configured (+team/*)\napplication.graph.microsoft.com/ci unchanged\n",
    ),
    code: 0,
  });
  expect(conditions(world)).toEqual([conditionOf(["app/web", "team/*"])]);
  world.asking.forget();
  expect(await type(`${byName} --repository team/a`, world.ports)).toMatchObject({ code: 0 });
  expect(world.asking.writes).toEqual([]);
});

test("refuses to grant more to another user's application that is found by its name", async () => {
  const { world, appId } = abac({ condition: conditionOf(["app/api"]), ours: true });

  const refusal = await type(`${byName} --repository app/web`, world.ports);

  expect(refusal.code).toBe(1);
  expect(refusal.stderr).toContain(`application "ci" (${appId}) already exists, and this plugin did not create it\n`);
  expect(refusal.stderr).toContain(`--service-principal ${appId}`);
  expect(conditions(world)).toEqual([conditionOf(["app/api"])]);
});

test("* is all of the registry, without a condition", async () => {
  const { world, appId } = abac();

  expect(await type(`${byId(appId)} --repository *`, world.ports)).toMatchObject({
    stdout: expect.stringContaining("created (+*)\n"),
    code: 0,
  });
  expect(conditions(world)).toEqual([undefined]);
});

test.for([
  { why: "for all of the registry", condition: undefined, ours: false },
  { why: "for these repositories, whoever wrote it", condition: conditionOf(["app/*"]), ours: false },
])("a role $why is left as it is", async ({ condition, ours }) => {
  const { world } = abac({ condition, ours });

  expect(await type(byName, world.ports)).toMatchObject({
    stdout: expect.stringContaining("roleassignment.management.azure.com/ci unchanged\n"),
    code: 0,
  });
  expect(conditions(world)).toEqual([condition]);
});

test.for([
  { why: "in a form of somebody's own", condition: "(@Request[x] StringEquals 'app/api')", ours: true },
  { why: "that somebody else made", condition: conditionOf(["app/api"]), ours: false },
])("a condition $why is not rewritten", async ({ condition, ours }) => {
  const { world } = abac({ condition, ours });

  expect(await type(`${byName} --repository app/web`, world.ports)).toMatchObject({
    stderr: expect.stringMatching(
      /^error: the role of "ci" on the registry has a condition that somebody else wrote\nhint: name another service principal, or let /,
    ),
    code: 1,
  });
  expect(world.asking.writes).toEqual([]);
});

test("what a run that fails has added to a condition is taken out again, and what others added meanwhile stays", async () => {
  const { world, appId } = abac({ condition: conditionOf(["app/api"]), ours: true });
  world.asking.around(
    refusing(is("addKey"), () => {
      const [one] = world.azure.directory.assignments;
      Object.assign(one ?? {}, { condition: conditionOf(["app/api", "app/web", "team/a"]) });
      return refused();
    }),
  );

  expect(await type(`${byId(appId)} --repository app/web`, world.ports)).toMatchObject({ code: 1 });
  expect(conditions(world)).toEqual([conditionOf(["app/api", "team/a"])]);
});

test("repositories of a registry whose roles have none are refused, with what to do instead", async () => {
  const { world } = withOthers();

  expect(await type(`${byName} --repository app/web`, world.ports)).toEqual({
    stdout: "",
    stderr:
      'error: the roles of registry "myregistry" are for all of its repositories, so --repository cannot be combined with --service-principal\n' +
      "hint: leave out --repository, or --service-principal for an ACR token that pulls these repositories alone\n" +
      "hint: to let roles have repositories:\n  az acr update --name myregistry --role-assignment-mode rbac-abac\n",
    code: 1,
  });
  expect(await type(`${byName} --repository *`, world.ports)).toMatchObject({ code: 0 });
});

test("AcrPull counts for nothing where roles have repositories", async () => {
  const { world, appId } = abac();
  world.azure.directory.assign(appId, acrPull);

  expect(await type(byId(appId), world.ports)).toMatchObject({ stdout: expect.stringContaining("created (+app/web)\n"), code: 0 });
  expect(standing(world)).toMatchObject({ roles: 2, secret: "alive" });
});

test("what pods come to use is told, with the command that grants it", async () => {
  const { world, appId } = abac();
  await type(`${byId(appId)} --repository app/api`, world.ports);

  expect(await type(byName, world.ports)).toMatchObject({
    stderr: expect.stringContaining(
      "Warning: pods use app/web, which secret/acr-myregistry may not pull:\n  kubectl acr-secret create -n demo acr-myregistry --registry myregistry " +
        `--repository app/web --serviceaccount default --service-principal ${appId}\n`,
    ),
  });
});

test("a condition that could not be written is left as others have made it meanwhile", async () => {
  const { world, appId } = abac({ condition: conditionOf(["app/api", "team/a"]), ours: true });
  world.asking.around(
    refusing(is("assignRole"), () => {
      Object.assign(world.azure.directory.assignments[0] ?? {}, { condition: conditionOf(["app/api"]) });
      return refused();
    }),
  );

  expect(await type(`${byId(appId)} --repository app/web`, world.ports)).toMatchObject({
    stderr: "Error from server (Forbidden): no\n",
    code: 1,
  });
  expect(conditions(world)).toEqual([conditionOf(["app/api"])]);
  expect(world.asking.writes.filter((call) => call.startsWith("assignRole"))).toHaveLength(1);
});
