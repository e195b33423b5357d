import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { line, linesOf, sharedByTeams, teams, watch, worldOf } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";

const cancel = "The same command goes on from here.";

test("an interruption ends what was begun, tells what was done and what is left, and a rerun does the rest", async () => {
  const world = worldOf(teams(1000));
  const { live, started } = watch();
  let begun = 0;
  world.asking.around((asked, next) => {
    if (asked.call === "create" && !asked.dryRun && ++begun === 200) live().interrupt();
    return next();
  });

  const { stdout, stderr, code } = await type(`${line} -A --credential-per scope`, world.ports, { started });

  expect(code).toBe(130);
  const written = world.cluster.all("secret").length;
  const told = /^interrupted: (\d+) Secrets? created; (\d+) namespaces are left\. (.*)\n$/.exec(stderr);
  expect(told?.[3]).toBe(cancel);
  const [created, leftOver] = [told?.[1], told?.[2]].map(Number);
  expect((created ?? 0) + (leftOver ?? 0)).toBe(1000);
  // Every write is reported, and after the interruption only writes in progress completed.
  expect(linesOf(stdout).filter((one) => one.startsWith("secret/"))).toHaveLength(written);
  expect(written).toBeLessThan(200 + 16);
  expect(world.azure.knows(world.loginIn("team-0") ?? { username: "", password: "" })).toBe(true);

  world.asking.forget();
  expect(await type(`${line} -A`, world.ports)).toMatchObject({ code: 0 });
  expect(world.cluster.all("secret")).toHaveLength(1000);
  expect(world.cluster.all("serviceaccount").filter(({ imagePullSecrets = [] }) => imagePullSecrets.length === 1)).toHaveLength(1000);
  expect(world.asking.writes.filter((text) => text.startsWith("create secret"))).toHaveLength(1000 - written);
});

test("an interruption before any Secret holds the credential takes it back", async () => {
  const world = worldOf(teams(50));
  const { live, started } = watch();
  world.asking.around(async (asked, next) => {
    const answer = await next();
    if (asked.call === "generatePassword") live().interrupt();
    return answer;
  });

  const { stdout, code } = await type(`${line} -A --credential-per scope`, world.ports, { started });

  expect({ stdout, code }).toEqual({ stdout: "", code: 130 });
  expect([world.azure.tokens.size, world.azure.scopeMaps.size, world.cluster.all("secret").length]).toEqual([0, 0, 0]);
});

test("what an interruption could not have taken back is named", async () => {
  const world = worldOf(teams(50));
  const { live, started } = watch();
  world.asking.around(async (asked, next) => {
    if (asked.call === "deleteToken") throw new CliError("unreachable", "cannot reach Azure");
    const answer = await next();
    if (asked.call === "generatePassword") live().interrupt();
    return answer;
  });

  const { stderr, code } = await type(`${line} -A --credential-per scope`, world.ports, { started });

  expect(code).toBe(130);
  expect(stderr).toContain(`az acr token delete --registry myregistry --name ${sharedByTeams}`);
});
