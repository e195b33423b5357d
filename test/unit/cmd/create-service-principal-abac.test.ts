import { expect } from "vitest";
import { conditionOf } from "../../../src/credential/service-principal/roles.ts";
import { refused } from "../../support/demo.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { any, failed, type Row, refuse, testRows, typed, unchanged } from "../../support/rows.ts";
import { acrPull, byName, ofOthers, reader, withOthers } from "../../support/service-principal.ts";

/** Creates a registry with ABAC repository permissions, and an application, if given with a role of this condition. */
const abac = (more?: { readonly condition: string | undefined; readonly ours: boolean }) => () => {
  const { world, appId } = withOthers({ role: false });
  world.azure.facts.mode = "abac";
  for (const image of ["app/api:1", "team/a:1", "team-b/a:1"]) world.azure.images.add(image);
  if (more) world.azure.directory.assign(appId, reader, more);
  return world;
};
const has =
  (...conditions: (string | undefined)[]) =>
  ({ azure }: FakeWorld) =>
    expect(azure.directory.assignments.map(({ condition }) => condition)).toEqual(conditions);
/** Another user changes the condition before a call fails. */
const changing =
  (call: string, ...repositories: string[]) =>
  (world: FakeWorld) =>
    refuse(call, () => {
      Object.assign(world.azure.directory.assignments[0] ?? {}, { condition: conditionOf(repositories) });
      return refused();
    })(world);
const role = "roleassignment.management.azure.com/ci";
const api = { condition: conditionOf(["app/api"]), ours: true };

testRows(
  [
    {
      does: "assigns a role for the repositories that pods use only",
      command: ofOthers,
      stdout: new RegExp(`${role} created \\(\\+app/web\\)\n`),
      check: ({ azure }) => expect(azure.directory.assignments).toMatchObject([{ role: reader, condition: conditionOf(["app/web"]) }]),
    },
    {
      does: "adds a named repository to the granted ones, and changes nothing in a second run",
      given: typed(ofOthers),
      command: `${ofOthers} --repository team/*`,
      stdout: new RegExp(`${role} configured \\(\\+team/\\*\\)\nsecret/acr-myregistry configured\n`),
      stderr: any,
      check: has(conditionOf(["app/web", "team/*"])),
      after: [unchanged(`${byName} --repository team/a`)],
    },
    {
      does: "refuses to grant more to another user's application that is found by its name",
      world: abac(api),
      command: `${byName} --repository app/web`,
      code: 1,
      writes: any,
      stderr: /^error: application "ci" \((\S+)\) already exists, and this plugin did not create it\n.*--service-principal=\1\n$/,
      check: has(conditionOf(["app/api"])),
    },
    {
      does: "assigns a role without a condition when the repository is *",
      command: `${ofOthers} --repository *`,
      stdout: /created \(\+\*\)\n/,
      stderr: /^Warning: --repository '\*' .*\n$/,
      check: has(undefined),
    },
    ...[undefined, conditionOf(["app/*"])].map(
      (condition): Row => ({
        does: `keeps another user's role ${condition === undefined ? "without a condition" : "with a condition that covers the repositories"}`,
        world: abac({ condition, ours: false }),
        command: byName,
        stdout: new RegExp(`${role} unchanged\n`),
        stderr: any,
        check: has(condition),
      }),
    ),
    ...[
      { why: "in a form of its own", condition: "(@Request[x] StringEquals 'app/api')", ours: true },
      { why: "of another user", condition: conditionOf(["app/api"]), ours: false },
    ].map(
      ({ why, ...of }): Row => ({
        does: `refuses to rewrite a condition ${why}`,
        world: abac(of),
        command: `${byName} --repository app/web`,
        code: 1,
        writes: any,
        stderr: /^error: the role of "ci" on the registry has a condition/,
        check: has(of.condition),
      }),
    ),
    {
      does: "removes its own addition to a condition when it fails, and keeps what another user added",
      world: abac(api),
      given: changing("addKey", "app/api", "app/web", "team/a"),
      command: `${ofOthers} --repository app/web`,
      ...failed,
      check: has(conditionOf(["app/api", "team/a"])),
    },
    {
      does: "keeps another user's change of a condition that it could not write",
      world: abac({ ...api, condition: conditionOf(["app/api", "team/a"]) }),
      given: changing("assignRole", "app/api"),
      command: `${ofOthers} --repository app/web`,
      ...failed,
      stderr: [refused().message],
      writes: /^(?!(.*assignRole){2}).*assignRole/s,
      check: has(conditionOf(["app/api"])),
    },
    {
      does: "refuses --repository when the registry's roles have no repositories, except for *",
      world: () => withOthers().world,
      command: `${byName} --repository app/web`,
      code: 1,
      stderr: /--repository .* --service-principal\nhint: .*:\n {2}az acr update --name myregistry --role-assignment-mode rbac-abac\n$/,
      after: [{ command: `${byName} --repository *`, stderr: any }],
    },
    {
      does: "assigns a role although the application has AcrPull",
      given: ({ azure: { directory } }) => directory.assign(directory.applications[0]?.appId ?? "", acrPull),
      command: ofOthers,
      stdout: /created \(\+app\/web\)\n/,
      leaves: { roles: 2, secret: "alive" },
    },
    {
      does: "prints the command that grants the repositories that pods use",
      given: typed(`${ofOthers} --repository app/api`),
      command: byName,
      stderr:
        /Warning: pods use app\/web, .*:\n {2}kubectl acr-secret create -n demo --registry myregistry --service-principal ci --serviceaccount default --repository app\/web\n/,
    },
  ],
  abac(),
);
