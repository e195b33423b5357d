import { expect, test } from "vitest";
import { exactly } from "../../support/demo.ts";
import { watch, worldOf } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";

test("prints the singular for one namespace that an interruption leaves", async () => {
  const world = worldOf(["a", "b"]);
  const { live, started } = watch();
  world.asking.around(async (asked, next) => {
    const answer = await next();
    if (exactly("patch secret a/acr-myregistry")(asked)) live().interrupt();
    return answer;
  });
  const line = "create --registry myregistry --repository app/web --namespaces a,b --credential-per scope";

  const { stderr, code } = await type(line, world.ports, { started });

  expect({ stderr, code }).toEqual({
    stderr: "interrupted: 1 Secret created; 1 namespace left. Run the same command again to continue.\n",
    code: 130,
  });
});
