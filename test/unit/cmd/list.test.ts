import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { type Asked, refusing } from "../../support/fakes/asked.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

/** A world with a Secret in `team` and in each of `team-a` to `team-c`; what `refused` says is forbidden. */
async function stored(refused: (asked: Asked) => boolean): Promise<FakeWorld> {
  const world = fakeWorld();
  const names = ["team", "team-a", "team-b", "team-c"];
  addNamespaces(world.cluster, "kube-system", ...names);
  const line = `create --registry myregistry --repository app/web --namespaces ${names} --credential-per scope --serviceaccount default`;
  expect(await type(line, world.ports)).toMatchObject({ code: 0 });
  world.asking.around(
    refusing(
      (asked) => asked.call === "list" && refused(asked),
      () => new CliError("forbidden", "Error from server (Forbidden): no"),
    ),
  );
  return world;
}

const wide = (kind: string) => (asked: Asked) => asked.at === kind;
const within = (name: string) => (asked: Asked) => asked.namespace === name;
const cells = (text: string) =>
  text
    .split("\n")
    .filter(Boolean)
    .map((row) => row.split(/\s{2,}/))
    .map(([namespace, , , , , carriers]) => `${namespace} ${carriers}`);

test.for<{ scope: string; kind: string; rows: string[] }>([
  { scope: "-A", kind: "secret", rows: ["team-a default", "team-b default", "team-c default", "team default"] },
  { scope: "-A", kind: "serviceaccount", rows: ["team-a default", "team-b default", "team-c default", "team default"] },
  { scope: "--namespaces team-*", kind: "secret", rows: ["team-a default", "team-b default", "team-c default"] },
])("who may not list every $kind is served namespace by namespace, in the same order: list $scope", async ({ scope, kind, rows }) => {
  const world = await stored(wide(kind));

  const { stdout, stderr, code } = await type(`list ${scope} --no-headers`, world.ports);

  expect({ rows: cells(stdout), stderr, code }).toEqual({ rows, stderr: "", code: 0 });
});

test.for(["-A", "--namespaces team-*", "--namespaces team-a,team-b,team-c"])(
  "a namespace that is forbidden is told, the others are listed, and the exit code is 1: list %s",
  async (scope) => {
    const world = await stored((asked) => wide("secret")(asked) || within("team-b")(asked));

    const { stdout, stderr, code } = await type(`list ${scope} --no-headers`, world.ports);

    expect(cells(stdout).filter((row) => row !== "team default")).toEqual(["team-a default", "team-c default"]);
    expect({ stderr, code }).toEqual({ stderr: "team-b: Error from server (Forbidden): no\n", code: 1 });
  },
);

test("where all are forbidden, nobody is told that there is nothing", async () => {
  const world = await stored(() => true);

  expect(await type("list --namespaces team-a,team-b", world.ports)).toEqual({
    stdout: "",
    stderr: "team-a: Error from server (Forbidden): no\nteam-b: Error from server (Forbidden): no\n",
    code: 1,
  });
});

test("the only namespace's refusal is the run's", async () => {
  const world = await stored(() => true);

  expect(await type("list -n team-a", world.ports)).toEqual({ stdout: "", stderr: "Error from server (Forbidden): no\n", code: 1 });
});
