import { expect } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { token } from "../../support/demo.ts";
import type { Around } from "../../support/fakes/asked.ts";
import { chanceFrom } from "../../support/fakes/chance.ts";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type Live, type } from "../../support/in-process.ts";
import { expectEnds, type Race, seed, testRaces } from "../../support/races.ts";
import { isAlive } from "../../support/rotating.ts";
import { all, type Given, typed } from "../../support/rows.ts";

const create = "create --registry myregistry --repository app/web";
const line = `${create} --serviceaccount default -n demo`;
const rounds = 34;
const chance = chanceFrom(seed);

function namespaces(...names: string[]): FakeWorld {
  const world = fakeWorld();
  addNamespaces(world.cluster, ...names);
  return world;
}

const beginnings: Readonly<Record<string, Given | undefined>> = {
  "nothing exists": undefined,
  "an earlier run left a token": ({ azure }) => azure.putToken(token, ["password1"]),
  "two earlier runs left a token": ({ azure }) => azure.putToken(token, ["password2", "password1"]),
  "the Secret's login is invalid": all(typed(line), ({ azure }) => azure.tokens.get(token)?.passwords.clear()),
  "another user regenerated both passwords": all(typed(line), ({ azure }) => azure.putToken(token, ["password1", "password2"])),
  "everything is up to date": typed(line),
};

/** Fails one in `odds` calls, before or after the server applies the call. */
function failing(chance: ReturnType<typeof chanceFrom>, odds: number): Around {
  return async (_, next) => {
    const fate = chance(2 * odds);
    if (fate === 0) throw new CliError("forbidden", "refused");
    const answer = await next();
    if (fate === 1) throw new CliError("unreachable", "the answer was lost");
    return answer;
  };
}

/** Interrupts a run at one of about its first forty turns, or not at all. */
function interrupting(chance: ReturnType<typeof chanceFrom>): (live: Live) => void {
  const at = chance(400);
  return ({ interrupt }) => {
    const wait = (left: number): unknown => (left === 0 ? interrupt() : setImmediate(() => wait(left - 1)));
    if (at < 200) wait(at);
  };
}

function isRight(world: FakeWorld, why: string): void {
  expect(isAlive(world, "demo"), why).toBe(true);
  expect(world.azure.scopeMaps.get(token)?.actions, why).toContain("repositories/app/web/content/read");
  expect(world.cluster.get("serviceaccount", "demo", "default")?.imagePullSecrets, why).toEqual([{ name: "acr-myregistry" }]);
  expect(world.cluster.get("secret", "demo", "acr-myregistry")?.metadata.annotations, why).not.toHaveProperty("acr-secret/claim");
}

const several = (round: number) => Array(2 + (round % 3)).fill(line);

testRaces(
  [
    ...Object.entries(beginnings).flatMap(([when, begin]): Race[] => [
      {
        does: `ends every concurrent run well when ${when}`,
        open: () => namespaces("demo"),
        begin,
        racers: several,
        check: (raced) => {
          expectEnds(raced);
          isRight(raced.world, raced.why);
        },
      },
      {
        does: `removes nothing that another run uses when runs fail or are interrupted and ${when}`,
        open: () => namespaces("demo"),
        begin,
        racers: several,
        trouble: (chance, round) => ({
          around: failing(chance, [60, 150, 400][round % 3] ?? 60),
          options: () => ({ started: interrupting(chance) }),
        }),
        check: async ({ world, ends, why }) => {
          if (ends.some(({ code }) => code === 0)) isRight(world, why);
          const { code, stderr } = await type(line, world.ports, { now: () => new Date("2026-01-01T01:00:00Z") });
          expect({ code, stderr }, why).toEqual({ code: 0, stderr: "" });
          isRight(world, why);
        },
      },
    ]),
    {
      does: "shares one credential between runs over many namespaces",
      open: () => worldOf(["a", "b", "c"]),
      racers: Array(2).fill(`${create} -A --credential-per scope`),
      check: (raced) => {
        expectEnds(raced);
        expect(
          ["a", "b", "c"].filter((at) => !isAlive(raced.world, at)),
          raced.why,
        ).toEqual([]);
        expect(raced.world.azure.tokens.size, raced.why).toBe(1);
      },
    },
    ...[2, 3].map((runs): Race => {
      const names = Array.from({ length: runs }, (_, at) => `n${at}`);
      return {
        does: `creates one application when ${runs} runs create it in one second${runs > 2 ? ", even if one run is rejected" : ""}`,
        rounds: 30,
        open: () => {
          const world = namespaces(...names);
          for (const at of names) world.cluster.put(stuckPod(at, "web-1", "myregistry.azurecr.io/app/web:1"));
          world.azure.directory.clock.now = () => Date.UTC(2026, 0, 1) + chance(1000);
          return world;
        },
        racers: names.map((at) => `create --registry myregistry --service-principal ci -n ${at}`),
        check: (raced) => {
          const { world, ends, why } = raced;
          expectEnds(raced, runs > 2 ? /applications are named "ci"/ : undefined);
          const won = ends.filter(({ code }) => code === 0).length;
          const { applications, principals, assignments } = world.azure.directory;
          expect([applications.length, principals.length, assignments.length, applications[0]?.keys.length], why).toEqual([1, 1, 1, won]);
          expect(
            names.filter((at) => isAlive(world, at)),
            why,
          ).toHaveLength(won);
        },
      };
    }),
  ],
  rounds,
);
