import { expect, test } from "vitest";
import { clusterId } from "../../../src/secret/azure-words.ts";
import { unchecked } from "../../support/demo.ts";
import { type Asked, is, refusing } from "../../support/fakes/asked.ts";
import { line, refused, sharedByTeams, teams, worldOf } from "../../support/fakes/fleet.ts";
import { addNamespaces } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

test.for([
  { sku: "Premium", names: teams(1000), price: "1,000 tokens, the registry allows 49,998 more", count: "1,000" },
  { sku: "Basic", names: teams(3), price: "3 tokens, the registry allows 98 more", count: "3" },
  { sku: "Preview", names: teams(2), price: "2 tokens", count: "2" },
])(
  "what $count credentials would be made of is said before any is, with the price of each way ($sku)",
  async ({ sku, names, price, count }) => {
    const world = worldOf(names, { sku });
    world.azure.putToken("other-1", []);
    world.azure.putToken("other-2", []);

    expect(await type(`${line} -A`, world.ports)).toEqual({
      stdout: "",
      stderr:
        `error: credentials would be made for ${count} namespaces, so --credential-per has to be said\n` +
        "hint: --credential-per=scope: one token whose repositories every one of these namespaces could pull; " +
        `--credential-per=namespace: ${price}\n`,
      code: 1,
    });
    expect(world.asking.writes).toEqual([]);
  },
);

test("a credential that is given needs no choice", async () => {
  const world = worldOf(teams(3));
  world.azure.users.set("ci", "hunter2");
  const given = "create --registry myregistry.azurecr.io --repository app/web --username ci --password-stdin -A";

  expect(await type(given, world.ports, { stdin: "hunter2" })).toMatchObject({ stderr: `${unchecked}\n3 Secrets created\n`, code: 0 });
  expect(teams(3).map((name) => world.loginIn(name)?.username)).toEqual(["ci", "ci", "ci"]);
  expect(world.asking.all.filter((text) => text.startsWith("prove"))).toHaveLength(2);
});

test("with --credential-per namespace each has a token of its own, which says whose it is", async () => {
  const world = worldOf(teams(6));

  const { stderr, code } = await type(`${line} -A --credential-per namespace`, world.ports);

  expect({ stderr, code }).toEqual({ stderr: "6 Secrets created\n", code: 0 });
  expect(world.azure.tokens.size).toBe(6);
  for (const name of teams(6)) {
    const login = world.loginIn(name) ?? { username: "", password: "" };
    expect(login.username).toMatch(new RegExp(`^${name}-acr-myregistry-`));
    expect(world.azure.knows(login)).toBe(true);
    expect(world.azure.scopeMaps.get(login.username)?.description).toBe(
      `kubectl acr-secret: secret acr-myregistry in namespace ${name} of cluster ${clusterId("uid-of-kube-system")}`,
    );
  }

  world.asking.forget();
  expect(await type(`${line} -A --credential-per namespace`, world.ports)).toMatchObject({ stderr: "6 unchanged\n", code: 0 });
  expect(world.asking.writes).toEqual([]);
});

test("with --credential-per namespace one that fails loses its own token, and no other", async () => {
  const world = worldOf(teams(6));
  world.asking.around(refusing((asked: Asked) => is("create secret team-3/")(asked) && !asked.dryRun, refused));

  const { stderr, code } = await type(`${line} -A --credential-per namespace`, world.ports);

  expect({ stderr, code }).toEqual({ stderr: "team-3: Error from server (Forbidden): no\n5 Secrets created, 1 failed\n", code: 1 });
  expect([...world.azure.tokens.keys()].map((name) => name.slice(0, 6)).sort()).toEqual(["team-0", "team-1", "team-2", "team-4", "team-5"]);
  expect(world.azure.scopeMaps.size).toBe(5);
  for (const name of teams(6).filter((one) => one !== "team-3"))
    expect(world.azure.knows(world.loginIn(name) ?? { username: "", password: "" })).toBe(true);
});

test("where 999 namespaces hold a credential that works, the thousandth gets that one, unasked", async () => {
  const world = worldOf(teams(999));
  await type(`${line} -A --credential-per scope`, world.ports);
  addNamespaces(world.cluster, "newcomer");
  world.asking.forget();

  const { stderr, code } = await type(`${line} -A`, world.ports);

  expect({ stderr, code }).toEqual({ stderr: "1 Secret created, 999 unchanged\n", code: 0 });
  // The Secret is claimed until all Secrets are written, so that no rotation misses it.
  expect(world.asking.writes).toEqual([
    "create secret newcomer/acr-myregistry",
    "patch secret newcomer/acr-myregistry",
    "patch serviceaccount newcomer/default",
    "patch secret newcomer/acr-myregistry",
  ]);
  expect(world.loginIn("newcomer")).toEqual(world.loginIn("team-0"));
});

test("a credential that they hold and that is dead is given to nobody", async () => {
  const world = worldOf(teams(3));
  await type(`${line} -A --credential-per scope`, world.ports);
  world.azure.tokens.get(sharedByTeams)?.passwords.clear();
  addNamespaces(world.cluster, "newcomer");
  world.asking.forget();

  expect(await type(`${line} -A`, world.ports)).toMatchObject({
    stdout: "",
    code: 1,
    stderr: expect.stringContaining("--credential-per has to be said"),
  });
  expect(world.asking.writes).toEqual([]);

  expect(await type(`${line} -A --credential-per scope`, world.ports)).toMatchObject({
    code: 0,
    stderr: "1 Secret created, 3 Secrets configured\n",
  });
  for (const name of ["newcomer", ...teams(3)]) expect(world.azure.knows(world.loginIn(name) ?? { username: "", password: "" })).toBe(true);
});

test("a credential that is one namespace's own is handed to no other, nor given its rights", async () => {
  const world = worldOf(teams(3));
  await type(`${line} -A --credential-per namespace`, world.ports);
  addNamespaces(world.cluster, "newcomer");
  world.asking.forget();

  const asked = await type(`${line.replace("app/web", "app/api")} --namespaces team-2,newcomer`, world.ports);
  const shared = await type(`${line} --namespaces team-2,newcomer --credential-per scope`, world.ports);

  expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining("--credential-per has to be said") });
  expect(shared).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('team-2: error: secret "acr-myregistry" in namespace "team-2" holds'),
  });
  expect(world.loginIn("newcomer")?.username).toMatch(/^shared-/);
});

test("counts widened scope maps and does not call their Secrets unchanged", async () => {
  const world = worldOf(teams(4));
  world.azure.images.add("app/api:1");
  await type(`${line} --namespaces team-0,team-1,team-2 --credential-per namespace`, world.ports);
  await type(`${line} --repository app/api -n team-2`, world.ports);

  const { stderr } = await type(`${line} --repository app/api -A --credential-per namespace`, world.ports);

  expect(stderr).toContain("1 Secret created, 2 scope maps configured, 1 unchanged\n");
});
