import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { refusing } from "../../support/fakes/asked.ts";
import { stored } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";
import { noteIn } from "../../support/rotating.ts";

const denial = 'Error from server (Forbidden): events is forbidden: User "rotator" cannot create resource "events" in the namespace "a"';
const denied = new CliError("forbidden", denial);
const rotate = "rotate acr-myregistry -n a";

/** Runs a command line in a world with a Secret in two namespaces, in which these calls fail. */
async function run(line: string, errors: Readonly<Record<string, CliError>>) {
  const world = await stored("a", "b");
  for (const [call, error] of Object.entries(errors))
    world.asking.around(
      refusing(
        (asked) => `${asked.call} ${asked.at}`.startsWith(call),
        () => error,
      ),
    );
  return { ...(await type(line, world.ports)), slot: noteIn(world, "a").slot };
}

test.for([
  { line: rotate, call: "create event a/", code: 0, stderr: /2 Secrets configured\n$/ },
  {
    line: `${rotate} --strict`,
    call: "create event a/",
    code: 1,
    stderr: /^Error from server .* cannot create resource "events" .*\nhint: kubectl acr-secret explain forbidden\n$/m,
  },
  { line: `${rotate} --strict`, call: "list pod a", code: 1, stderr: /cannot create/ },
  { line: `${rotate} --strict`, call: "get secret c/nothing", code: 0, stderr: /^2 Secrets configured\n$/ },
])("exits with $code when $call is denied in $line", async ({ line, call, code, stderr }) => {
  expect(await run(line, { [call]: denied })).toMatchObject({ code, slot: "password2", stderr: expect.stringMatching(stderr) });
});

test("reports a denial as a warning when the run fails for another reason", async () => {
  const lost = new CliError("unreachable", "the connection was lost");
  const { code, stderr } = await run(`${rotate} --strict`, { "create event a/": denied, "patch secret b/": lost });

  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/connection was lost[\s\S]*^Warning: Error from server .*events/m),
  });
});
