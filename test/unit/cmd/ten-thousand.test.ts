import { beforeAll, describe, expect, test } from "vitest";
import { refused } from "../../support/demo.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { line, linesOf, sharedByTeams, teams, watch, worldOf } from "../../support/fakes/fleet.ts";
import { type Run, type } from "../../support/in-process.ts";

describe("creates Secrets in ten thousand namespaces, one of which refuses it", () => {
  const world = worldOf(teams(10_000));
  let permit = () => {};
  let first: Run;
  let writesAtFirstLine = 0;

  beforeAll(async () => {
    permit = world.asking.around(refusing(is("create secret team-77/"), refused));
    const { live, started } = watch();
    world.asking.around((asked, next) => {
      if (asked.writes && writesAtFirstLine === 0 && live().stdout !== "") writesAtFirstLine = world.asking.writes.length;
      return next();
    });
    first = await type(`${line} -A --credential-per scope`, world.ports, { started });
  }, 60_000);

  test("gives the other namespaces one credential, and exits with 1", () => {
    expect(first).toMatchObject({
      stderr: "team-77: Error from server (Forbidden): no\n9999 Secrets created, 1 namespace failed\n",
      code: 1,
    });
    expect([...world.azure.tokens.keys()]).toEqual([sharedByTeams]);
    expect(world.cluster.all("secret")).toHaveLength(9999);
    expect(world.azure.knows(world.loginIn("team-9999") ?? { username: "", password: "" })).toBe(true);
  });

  test("prints the namespace in each line, in the order of the lists", () => {
    const printed = linesOf(first.stdout);

    expect(printed.slice(0, 4)).toEqual([
      `scopemap.azurecr.io/${sharedByTeams} created (+app/web)`,
      `token.azurecr.io/${sharedByTeams} created`,
      "secret/acr-myregistry created in namespace team-0",
      "serviceaccount/default patched in namespace team-0",
    ]);
    expect(printed).toHaveLength(2 + 2 * 9999);
    const order = printed.filter((one) => one.startsWith("secret/")).map((one) => one.split(" ").at(-1));
    expect(order).toEqual([...order].sort());
  });

  test("writes nothing to kube-* by default", () => {
    expect(world.cluster.get("secret", "kube-system", "acr-myregistry")).toBeUndefined();
    expect(first.stdout).not.toContain("kube-system");
  });

  test("prints the first line before a tenth of the writes", () => {
    expect(writesAtFirstLine).toBeGreaterThan(0);
    expect(writesAtFirstLine).toBeLessThan(1000);
  });

  test("does not attach a Secret that was not created", () => {
    expect(world.cluster.get("serviceaccount", "team-77", "default")?.imagePullSecrets).toBeUndefined();
  });

  test("reuses the credential in a rerun, writes only the missing Secret, and reads only lists", {
    timeout: 60_000,
  }, async () => {
    world.asking.forget();

    const again = await type(`${line} -A`, world.ports);

    expect(again).toMatchObject({
      stderr: "team-77: Error from server (Forbidden): no\n9999 namespaces unchanged, 1 namespace failed\n",
      code: 1,
    });
    expect(world.asking.writes).toEqual(["create secret team-77/acr-myregistry"]);
    expect(world.asking.all.filter((text) => text.startsWith("get "))).toEqual([
      "get namespace kube-system",
      "get namespace team-0",
      "get secret team-0/acr-myregistry",
    ]);
    expect(world.asking.all.filter((text) => text.startsWith("list ")).length).toBeLessThan(10_000 / 20);
  });

  test("gives the last namespace the same credential after it was permitted", { timeout: 60_000 }, async () => {
    permit();
    world.asking.forget();

    const done = await type(`${line} -A`, world.ports);

    expect(done).toMatchObject({ stderr: "1 Secret created, 9999 namespaces unchanged\n", code: 0 });
    // The Secret is claimed before its login is read. The claim is removed last.
    expect(world.asking.writes).toEqual([
      "create secret team-77/acr-myregistry",
      "patch secret team-77/acr-myregistry",
      "patch serviceaccount team-77/default",
      "patch secret team-77/acr-myregistry",
    ]);
    expect(world.loginIn("team-77")).toEqual(world.loginIn("team-0"));
    expect([...world.azure.tokens.keys()]).toEqual([sharedByTeams]);
  });
});
