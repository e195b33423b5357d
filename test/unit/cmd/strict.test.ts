import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { credentialOf } from "../../../src/secret/record.ts";
import { refusing } from "../../support/fakes/asked.ts";
import { stored } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";

const denial = 'Error from server (Forbidden): events is forbidden: User "rotator" cannot create resource "events" in the namespace "a"';
const denied = new CliError("forbidden", denial);
const rotate = "rotate acr-myregistry -n a";

/** Runs a command line in a world with a source, in which these calls fail. */
async function run(line: string, errors: Readonly<Record<string, CliError>>) {
  const world = await stored("a");
  for (const [call, error] of Object.entries(errors))
    world.asking.around(
      refusing(
        (asked) => `${asked.call} ${asked.at}`.startsWith(call),
        () => error,
      ),
    );
  return { ...(await type(line, world.ports)), slot: credentialOf(world.cluster.get("secret", "a", "acr-myregistry"))?.slot };
}

test.for([
  { line: rotate, call: "create event a/", code: 0, stderr: /^Warning: no Event was created\n.*\n$/ },
  {
    line: `${rotate} --strict`,
    call: "create event a/",
    code: 1,
    stderr: /^Error from server .* cannot create resource "events" .*\nhint: kubectl acr-secret explain forbidden\n$/m,
  },
  { line: `${rotate} --strict`, call: "list pod a", code: 1, stderr: /cannot create/ },
  { line: `${rotate} --strict`, call: "get secret c/nothing", code: 0, stderr: /^$/ },
])("exits with $code when $call is denied in $line", async ({ line, call, code, stderr }) => {
  expect(await run(line, { [call]: denied })).toMatchObject({ code, slot: "password2", stderr: expect.stringMatching(stderr) });
});

test("reports a denial as a warning when the run fails for another reason", async () => {
  const busy = new CliError("conflict", "Azure is busy");
  const { code, stderr } = await run(`${rotate} --strict`, { "list pod a": denied, generatePassword: busy });

  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/Azure is busy[\s\S]*^Warning: Error from server .*events/m),
  });
});
