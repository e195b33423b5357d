import { expect, test } from "vitest";
import { account } from "../../support/fakes/cluster.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import type { Answer } from "../../support/fakes/terminal.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { fakeWorld } from "../../support/fakes/world.ts";
import { type, type World } from "../../support/in-process.ts";
import { after, everythingIn, made, making, running } from "../../support/situations/deleting.ts";

/** Runs a command line on a terminal with these answers. */
const at = (line: string, { ports }: FakeWorld, answers: readonly Answer[], more: World = {}) =>
  type(line, ports, { answers, env: { CI: undefined }, ...more });

const question = "Delete secret/acr-myregistry, and take the name out of serviceaccount/default? [y/N] ";

test("deletes when the answer is yes", async () => {
  const world = await made();
  const { stdout, stderr, code } = await at("delete -n demo", world, [true]);
  expect({ stdout, code }).toEqual({ stdout: "serviceaccount/default patched\nsecret/acr-myregistry deleted\n", code: 0 });
  expect(stderr).toMatch(`${question}y\nhint: `);
});

test("deletes nothing when the answer is no", async () => {
  const world = await made();
  const before = everythingIn(world);
  expect(await at("delete acr-myregistry -n demo", world, [false])).toEqual({
    stdout: "",
    stderr: `${question}n\nerror: nothing is deleted\n`,
    code: 1,
  });
  expect(everythingIn(world)).toEqual(before);
  expect(world.asking.writes).toEqual([]);
});

test("Ctrl-C ends it", async () => {
  const world = await made();
  expect(await at("delete -n demo", world, ["ctrl-c"])).toEqual({ stdout: "", stderr: question, code: 130 });
  expect(world.asking.writes).toEqual([]);
});

test.for([
  { why: "there is no terminal", answers: undefined, env: {} },
  { why: "it is CI", answers: [true], env: { CI: "true" } },
  { why: "a form of output is for programs", answers: [true], env: { CI: undefined }, more: "-o name " },
])("where $why, --yes has to be there, and nobody is asked anything", async ({ answers, env, more = "" }) => {
  const world = fakeWorld();
  const line = `delete acr ${more}--revoke --force --ignore-not-found --tenant t.example --namespaces a,team-* --exclude-namespaces team-x`;
  expect(await type(line, world.ports, { answers, env })).toEqual({
    stdout: "",
    stderr:
      "error: nobody can be asked here whether it is to be deleted\n" +
      "hint: kubectl acr-secret delete --namespaces a --namespaces 'team-*' --exclude-namespaces team-x acr " +
      "--revoke --force --ignore-not-found --tenant t.example --yes\n",
    code: 1,
  });
  expect(world.asking.all).toEqual([]);
});

test("what is refused is not asked for, nor what is not there", async () => {
  const world = await made();
  world.cluster.put(running("web-1"));
  expect(await at("delete -n demo", world, [])).toMatchObject({ stderr: expect.stringMatching(/^error: pod web-1 needs secret/), code: 1 });
  expect(await at("delete other -n demo", world, [])).toMatchObject({
    stderr: expect.stringMatching(/^Error from server \(NotFound\)/),
    code: 1,
  });
});

test("the question names what goes in Azure, and in many namespaces how often each", async () => {
  const one = await made();
  const { stderr } = await at("delete --revoke -n demo", one, [false]);
  expect(stderr).toContain(
    "Delete secret/acr-myregistry, token.azurecr.io/demo-acr-myregistry-b3ccbab127 and " +
      "scopemap.azurecr.io/demo-acr-myregistry-b3ccbab127, and take the name out of serviceaccount/default? [y/N] ",
  );
  const many = await after(worldOf(["a", "b", "c"]), `${making} --serviceaccount default --namespaces a,b --credential-per scope`);
  for (let index = 0; index < 6; index++) many.cluster.put(account("a", `w${index}`, ["acr-myregistry"]));
  const asked = await at("delete acr-myregistry -A", many, [false]);
  expect(asked.stderr).toContain(
    "Delete secret/acr-myregistry in 2 namespaces, and take the name out of serviceaccount/default in 2 namespaces, " +
      "serviceaccount/w0 in 1 namespace, serviceaccount/w1 in 1 namespace, serviceaccount/w2 in 1 namespace, " +
      "serviceaccount/w3 in 1 namespace and 2 more? [y/N] ",
  );
});
