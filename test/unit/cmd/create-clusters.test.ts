import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { refusing } from "../../support/fakes/asked.ts";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { line, linesOf, sharedByTeams, teams, worldOf } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";

test("two clusters, one of them out of reach: the other gets its work, and the error names the context", async () => {
  const world = worldOf(teams(3), { contexts: ["prod", "dev"] });
  world.asking.around(
    refusing(
      ({ port, at }) => port === "cluster" && at.includes("prod:"),
      () => new CliError("unreachable", "The connection to the server 10.0.0.1 was refused"),
    ),
  );

  const { stdout, stderr, code } = await type(`${line} -A --contexts prod,dev --credential-per scope`, world.ports);

  expect(code).toBe(1);
  expect(stderr).toBe("prod: The connection to the server 10.0.0.1 was refused\n3 Secrets created, 1 failed\n");
  expect(linesOf(stdout).filter((one) => one.startsWith("secret"))).toEqual(
    teams(3).map((name) => `secret/acr-myregistry created in namespace ${name} of context dev`),
  );
});

test.for(["create --registry myregistry --serviceaccount default", line])(
  "a cluster out of reach is told once, also where its namespaces are named: %s",
  async (typed) => {
    const world = worldOf(teams(3), { contexts: ["dead", "dev"] });
    world.clusters.get("dev")?.put(stuckPod("team-0", "web-1", "myregistry.azurecr.io/app/web:1"));
    world.asking.around(
      refusing(
        ({ port, at }) => port === "cluster" && at.includes("dead"),
        () => new CliError("unreachable", "The connection to the server 10.0.0.1 was refused"),
      ),
    );

    const scope = "--contexts dead,dev --namespaces team-0,team-1 --credential-per scope";
    const { stdout, stderr, code } = await type(`${typed} ${scope}`, world.ports);

    expect({ stderr, code }).toEqual({
      stderr: "dead: The connection to the server 10.0.0.1 was refused\n2 Secrets created, 1 failed\n",
      code: 1,
    });
    expect(linesOf(stdout).filter((one) => one.startsWith("secret"))).toEqual(
      ["team-0", "team-1"].map((name) => `secret/acr-myregistry created in namespace ${name} of context dev`),
    );
  },
);

test("two clusters whose objects have the same names are two", async () => {
  const world = worldOf(teams(2), { contexts: ["prod", "dev"] });

  const { stdout, stderr, code } = await type(`${line} --namespaces team-0 --all-contexts --credential-per scope`, world.ports);

  expect({ stderr, code }).toEqual({ stderr: "2 Secrets created\n", code: 0 });
  expect(linesOf(stdout).filter((one) => !one.includes("azurecr.io"))).toEqual(
    ["prod", "dev"].flatMap((name) => [
      `secret/acr-myregistry created in namespace team-0 of context ${name}`,
      `serviceaccount/default patched in namespace team-0 of context ${name}`,
    ]),
  );
  for (const name of ["prod", "dev"]) {
    expect(world.azure.knows(world.loginIn("team-0", "acr-myregistry", name) ?? { username: "", password: "" })).toBe(true);
    expect(world.clusters.get(name)?.get("serviceaccount", "team-0", "default")?.imagePullSecrets).toEqual([{ name: "acr-myregistry" }]);
  }
});

test("-o jsonl tells each outcome's place, one line each, as soon as it is true", async () => {
  const world = worldOf(teams(2), { contexts: ["prod"] });

  const { stdout } = await type(`${line} -A --contexts prod --credential-per scope -o jsonl`, world.ports);

  const objects = linesOf(stdout).map((text) => JSON.parse(text) as Record<string, unknown>);
  expect(objects.map(({ context, namespace: at, object, result }) => [context, at, object, result])).toEqual([
    [undefined, undefined, `scopemap.azurecr.io/${sharedByTeams}`, "created"],
    [undefined, undefined, `token.azurecr.io/${sharedByTeams}`, "created"],
    ...teams(2).flatMap((name) => [
      ["prod", name, "secret/acr-myregistry", "created"],
      ["prod", name, "serviceaccount/default", "patched"],
    ]),
  ]);
});
