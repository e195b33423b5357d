import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { demo, everything, exactly, left, line, lost, nothing, refused, token, upTo } from "../../support/demo.ts";
import { is, losing, refusing } from "../../support/fakes/asked.ts";
import { type } from "../../support/in-process.ts";

test.for<{ call: string; out?: string; leaves: Partial<ReturnType<typeof left>> }>([
  { call: "findRegistry", leaves: nothing },
  { call: "get secret", leaves: nothing },
  { call: "get serviceaccount", leaves: nothing },
  { call: "list pod", leaves: nothing },
  { call: "token", leaves: nothing },
  { call: "create secret demo/acr-myregistry", leaves: nothing },
  { call: "putScopeMap", leaves: nothing },
  { call: "putToken", leaves: nothing },
  { call: "generatePassword", leaves: nothing },
  { call: "prove", leaves: nothing },
  { call: "patch secret demo/acr-myregistry", leaves: nothing },
  { call: "patch serviceaccount", out: upTo("serviceaccount"), leaves: { ...everything, attached: "", pod: "waits" } },
  { call: "get pod", out: upTo("pod"), leaves: { ...everything, pod: "waits" } },
  { call: "evict pod", out: upTo("pod"), leaves: { ...everything, pod: "waits" } },
])("where `$call` is refused, what was made is taken back, and what a Secret holds stays", async ({ call, out = "", leaves }) => {
  const world = demo();
  const permit = world.asking.around(refusing(exactly(call), refused));

  expect(await type(line, world.ports)).toEqual({ stdout: out, stderr: "Error from server (Forbidden): no\n", code: 1 });
  expect(left(world)).toEqual(leaves);

  permit();
  expect(await type(line, world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(left(world)).toEqual(everything);
});

test.for<{ call: string; code: number; stderr: string; leaves: Partial<ReturnType<typeof left>> }>([
  { call: "putScopeMap", code: 1, stderr: "error: the answer was lost\n", leaves: nothing },
  { call: "putToken", code: 1, stderr: "error: the answer was lost\n", leaves: nothing },
  {
    call: "generatePassword",
    code: 1,
    // This password looks the same as one that another run created.
    stderr:
      `error: the answer was lost\nhint: what this run made could not be taken back:\n  az acr token delete --registry myregistry --name ${token}\n` +
      `hint: what this run made could not be taken back:\n  az acr scope-map delete --registry myregistry --name ${token}\n`,
    leaves: { ...nothing, scopeMap: true, slots: "password1" },
  },
  { call: "create secret demo/acr-myregistry", code: 0, stderr: "", leaves: everything },
  { call: "patch secret demo/acr-myregistry", code: 0, stderr: "", leaves: everything },
  { call: "patch serviceaccount", code: 1, stderr: "error: the answer was lost\n", leaves: { ...everything, pod: "waits" } },
  { call: "evict pod", code: 1, stderr: "error: the answer was lost\n", leaves: everything },
])("where the answer to `$call` is lost, nothing is left that nobody knows of", async ({ call, code, stderr, leaves }) => {
  const world = demo();
  world.asking.around(losing(exactly(call), lost));

  expect(await type(line, world.ports)).toMatchObject({ stderr, code });
  expect(left(world)).toEqual(leaves);

  expect(await type(line, world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(left(world)).toMatchObject({ secret: "alive", attached: "acr-myregistry" });
});

test("what cannot be taken back is named with the command that removes it, and the rest is taken back", async () => {
  const world = demo();
  world.asking.around(refusing(exactly("patch secret demo/acr-myregistry"), refused));
  world.asking.around(refusing(is("deleteToken"), () => new CliError("unreachable", "cannot reach Azure")));

  const { stderr, code } = await type(line, world.ports);

  expect(code).toBe(1);
  expect(stderr).toContain(`az acr token delete --registry myregistry --name ${token}`);
  expect(left(world)).toEqual({ ...nothing, scopeMap: true, slots: "password1" });
});
