import { beforeAll, describe, expect, test } from "vitest";
import { refused } from "../../support/demo.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { linesOf, teams, watch, worldOf } from "../../support/fakes/fleet.ts";
import { type Run, type } from "../../support/in-process.ts";

const line = "create --registry myregistry --repository app/web -n platform --copy-to-all --serviceaccount default";
const token = "platform-acr-myregistry-4ij6jg3buuuxhkst";

describe("creates copies in ten thousand namespaces, one of which refuses it", () => {
  const world = worldOf(["platform", ...teams(10_000)]);
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
    first = await type(line, world.ports, { started });
  }, 60_000);

  test("gives the other namespaces the login of the source, and exits with 1", () => {
    expect(first).toMatchObject({
      stderr: "team-77: Error from server (Forbidden): no\n10000 Secrets created, 1 namespace failed\n",
      code: 1,
    });
    expect([...world.azure.tokens.keys()]).toEqual([token]);
    expect(world.cluster.all("secret")).toHaveLength(10_000);
    expect(world.azure.knows(world.loginIn("team-9999") ?? { username: "", password: "" })).toBe(true);
  });

  test("prints the namespace in each line, in the order of the lists", () => {
    const printed = linesOf(first.stdout);

    expect(printed.slice(0, 4)).toEqual([
      `scopemap.azurecr.io/${token} created (+app/web)`,
      `token.azurecr.io/${token} created`,
      "secret/acr-myregistry created in namespace platform",
      "serviceaccount/default patched in namespace platform",
    ]);
    expect(printed).toHaveLength(2 + 2 * 10_000);
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

  test("does not attach a copy that was not created", () => {
    expect(world.cluster.get("serviceaccount", "team-77", "default")?.imagePullSecrets).toBeUndefined();
  });

  test("writes only the missing copy in a rerun, reads only lists, and sends nothing to Azure", { timeout: 60_000 }, async () => {
    world.asking.forget();

    const again = await type(line, world.ports);

    expect(again).toMatchObject({
      stderr: "team-77: Error from server (Forbidden): no\n10000 namespaces unchanged, 1 namespace failed\n",
      code: 1,
    });
    expect(world.asking.writes).toEqual([
      "patch secret platform/acr-myregistry",
      "create secret team-77/acr-myregistry",
      "patch secret platform/acr-myregistry",
    ]);
    expect(
      world.asking.all
        .filter((text) => /^(?:get |findRegistry|token|scopeMap)/.test(text))
        .every((text) => text === "get secret platform/acr-myregistry"),
    ).toBe(true);
    expect(world.asking.all.filter((text) => text.startsWith("list ")).length).toBeLessThan(10_000 / 20);
  });

  test("gives the last namespace its copy after it was permitted", { timeout: 60_000 }, async () => {
    permit();

    expect(await type(line, world.ports)).toMatchObject({ stderr: "1 Secret created, 10000 namespaces unchanged\n", code: 0 });
    expect(world.loginIn("team-77")).toEqual(world.loginIn("platform"));
    expect([...world.azure.tokens.keys()]).toEqual([token]);
  });
});
