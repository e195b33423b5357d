import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { losing } from "../../support/fakes/asked.ts";
import { killing } from "../../support/fakes/killing.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { here, leftOver, putToken, type } from "../../support/left-over.ts";
import { acrPull } from "../../support/service-principal.ts";

const line = "prune --registry myregistry --yes";

/** A token, a scope map, an application and a password of one of somebody else's are left over, and one of each kind is in use. */
async function world(): Promise<FakeWorld> {
  const made = await leftOver();
  await type("create sp --registry myregistry --service-principal --namespaces a,b --credential-per namespace", made);
  made.azure.directory.assign(made.azure.directory.put("ci"), acrPull);
  for (const name of ["a", "b"]) await type(`create two --registry myregistry --service-principal=ci -n ${name}`, made);
  for (const name of ["sp", "two"]) made.cluster.remove("secret", "b", name);
  putToken(made, "map-alone", `kubectl acr-secret: secret x in namespace b of cluster ${here}`, []);
  made.azure.removeToken("map-alone");
  made.asking.forget();
  return made;
}

const standing = ({ azure, cluster, loginIn }: FakeWorld) => ({
  tokens: [...azure.tokens.keys()].map((name) => name.slice(0, 17)),
  scopeMaps: [...azure.scopeMaps.keys()].map((name) => name.slice(0, 17)),
  applications: azure.directory.applications.map(({ displayName, keys }) => `${displayName.slice(0, 5)} ${keys.length}`),
  roles: azure.directory.assignments.length,
  alive: cluster
    .all("secret")
    .filter(({ metadata: { namespace = "", name } }) => azure.knows(loginIn(namespace, name) ?? { username: "", password: "" })).length,
});

const before = {
  tokens: ["a-acr-myregistry-", "b-acr-myregistry-"],
  scopeMaps: ["a-acr-myregistry-", "b-acr-myregistry-", "map-alone"],
  applications: ["a-sp- 1", "b-sp- 1", "ci 3"],
  roles: 3,
  alive: 3,
};

const after = { tokens: ["a-acr-myregistry-"], scopeMaps: ["a-acr-myregistry-"], applications: ["a-sp- 1", "ci 2"], roles: 2, alive: 3 };

/** How many requests a whole run takes. */
async function length(): Promise<number> {
  const made = await world();
  expect(standing(made)).toEqual(before);
  expect(await type(line, made)).toMatchObject({ stderr: "", code: 0 });
  expect(standing(made)).toEqual(after);
  return made.asking.all.length;
}

test("killed at any request, answered or not, the next run leaves nothing over and nobody without a login", {
  timeout: 120_000,
}, async () => {
  const requests = await length();
  expect(requests).toBeGreaterThan(30);
  for (let at = 1; at <= requests; at++)
    for (const answered of [true, false]) {
      const made = await world();
      const kill = killing(at, answered);
      const free = made.asking.around(kill);
      await Promise.race([type(line, made), kill.killed]);
      free();
      expect(standing(made).alive).toBe(3);

      expect(await type(line, made), `request ${at}, answered: ${answered}`).toMatchObject({ code: 0 });
      expect(standing(made), `request ${at}, answered: ${answered}`).toEqual(after);
    }
});

test("where the answer to any write is lost, the next run leaves nothing over", { timeout: 120_000 }, async () => {
  const made = await world();
  await type(line, made);
  const { writes } = made.asking;
  for (let lost = 0; lost < writes.length; lost++) {
    const again = await world();
    let write = 0;
    const free = again.asking.around(
      losing(
        ({ writes: is }) => is && write++ === lost,
        () => new CliError("unreachable", "the answer was lost"),
      ),
    );
    await type(line, again);
    free();

    expect(await type(line, again), writes[lost]).toMatchObject({ code: 0 });
    expect(standing(again), writes[lost]).toEqual(after);
  }
});

test("an interruption lets nothing more begin, and the same command goes on", async () => {
  const made = await world();
  let interrupt = () => {};
  const free = made.asking.around(async (asked, next) => {
    const answer = await next();
    if (asked.call === "deleteToken") interrupt();
    return answer;
  });
  const { stderr, code } = await type(line, made, { started: (live) => (interrupt = live.interrupt) });
  free();

  expect({ last: stderr.split("\n").at(-2), code }).toEqual({ last: "interrupted. The same command goes on from here.", code: 130 });
  expect(standing(made).scopeMaps).toContain("b-acr-myregistry-");
  expect(await type(line, made)).toMatchObject({ code: 0 });
  expect(standing(made)).toEqual(after);
});

test("two runs at once take away the same, and neither fails on what the other has done", async () => {
  for (let round = 0; round < 20; round++) {
    const made = await world();
    let turn = 0;
    made.asking.around(async (_, next) => {
      for (let wait = (turn++ * 7 + round) % 5; wait > 0; wait--) await new Promise(setImmediate);
      return next();
    });
    const both = await Promise.all([type(line, made), type(line, made)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(standing(made), `round ${round}`).toEqual(after);
  }
});
