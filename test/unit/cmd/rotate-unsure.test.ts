import { expect, test } from "vitest";
import { CliError, Interrupted } from "../../../src/errors.ts";
import { is } from "../../support/fakes/asked.ts";
import { stored } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { isAlive, slotsOf } from "../../support/rotating.ts";

const gone = (kind: "unreachable" | "cancelled") =>
  kind === "cancelled" ? new Interrupted("the answer was lost") : new CliError(kind, "the answer was lost");

/**
 * The cluster becomes unreachable while the Secret with the new login is written. @param reaches the write is carried out, only its
 * response is lost
 */
function losingTheCluster(world: FakeWorld, reaches: boolean, kind: Parameters<typeof gone>[0] = "unreachable"): void {
  let away = false;
  let claims = 1;
  world.asking.around(async (asked, next) => {
    if (asked.port !== "cluster") return next();
    const writes = is("patch secret a/acr-myregistry")(asked) && !asked.dryRun && claims-- <= 0;
    if (away) throw gone("unreachable");
    if (!writes) return next();
    away = true;
    if (reaches) await next();
    throw gone(kind);
  });
}

const name = "a-acr-myregistry-b3c592ae26";

test.for([
  { reaches: true, kind: "unreachable" },
  { reaches: false, kind: "unreachable" },
  { reaches: true, kind: "cancelled" },
] as const)(
  "a password that a Secret may hold stays, where the cluster goes away as it is written (gets there: $reaches, $kind)",
  async ({ reaches, kind }) => {
    const world = await stored("a");
    losingTheCluster(world, reaches, kind);
    const { stderr, code } = await type("rotate acr-myregistry -n a --grace 0", world.ports);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `secret/acr-myregistry in namespace a may hold what this run made, so that stays; if not:\n  az acr token credential delete --registry myregistry --name ${name} --password2`,
    );
    expect(isAlive(world, "a")).toBe(true);
    expect(slotsOf(world)).toEqual(["password1", "password2"]);
  },
);

test("of several Secrets each that may hold it is named", async () => {
  const world = await stored("a", "b");
  let claims = 1;
  world.asking.around(async (asked, next) => {
    if (asked.port !== "cluster") return next();
    const writes = ["a", "b"].some((at) => is(`patch secret ${at}/acr-myregistry`)(asked)) && !asked.dryRun && claims-- <= 0;
    if (writes) await next();
    if (claims < 0) throw gone("unreachable");
    return next();
  });
  const { stderr } = await type("rotate acr-myregistry --namespaces a,b --grace 0", world.ports);
  expect(stderr).toContain("secret/acr-myregistry in namespace a and secret/acr-myregistry in namespace b may hold what this run made");
  expect([isAlive(world, "a"), isAlive(world, "b")]).toEqual([true, true]);
});

test("where a look tells that it was not written, the password goes", async () => {
  const world = await stored("a");
  let claims = 1;
  world.asking.around(async (asked, next) => {
    if (is("patch secret a/acr-myregistry")(asked) && !asked.dryRun && claims-- === 0) throw gone("unreachable");
    return next();
  });
  const { stderr, code } = await type("rotate acr-myregistry -n a --grace 0", world.ports);
  expect({ stderr, code }).toEqual({ stderr: expect.stringContaining("error: the answer was lost\n"), code: 1 });
  expect(stderr).not.toContain("may hold");
  expect(isAlive(world, "a")).toBe(true);
  expect(slotsOf(world)).toEqual(["password1"]);
});
