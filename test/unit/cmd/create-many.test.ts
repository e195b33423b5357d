import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { type Asked, is, refusing } from "../../support/fakes/asked.ts";
import { account, namespace, stuckPod } from "../../support/fakes/cluster.ts";
import { linesOf, teams, watch, worldOf } from "../../support/fakes/fleet.ts";
import { addNamespaces } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const shared = "shared-acr-myregistry-939082d2c3";
const line = "create --registry myregistry --repository app/web --serviceaccount default";
const refused = () => new CliError("forbidden", "Error from server (Forbidden): no");

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

  expect(await type(given, world.ports, { stdin: "hunter2" })).toMatchObject({ stderr: "created 3\n", code: 0 });
  expect(teams(3).map((name) => world.loginIn(name)?.username)).toEqual(["ci", "ci", "ci"]);
  expect(world.asking.all.filter((text) => text.startsWith("prove"))).toHaveLength(2);
});

test("with --credential-per namespace each has a token of its own, which says whose it is", async () => {
  const world = worldOf(teams(6));

  const { stderr, code } = await type(`${line} -A --credential-per namespace`, world.ports);

  expect({ stderr, code }).toEqual({ stderr: "created 6\n", code: 0 });
  expect(world.azure.tokens.size).toBe(6);
  for (const name of teams(6)) {
    const login = world.loginIn(name) ?? { username: "", password: "" };
    expect(login.username).toMatch(new RegExp(`^${name}-acr-myregistry-`));
    expect(world.azure.knows(login)).toBe(true);
    expect(world.azure.scopeMaps.get(login.username)?.description).toBe(`kubectl acr-secret: secret acr-myregistry in namespace ${name}`);
  }

  world.asking.forget();
  expect(await type(`${line} -A --credential-per namespace`, world.ports)).toMatchObject({ stderr: "unchanged 6\n", code: 0 });
  expect(world.asking.writes).toEqual([]);
});

test("with --credential-per namespace one that fails loses its own token, and no other", async () => {
  const world = worldOf(teams(6));
  world.asking.around(refusing((asked: Asked) => is("create secret team-3/")(asked) && !asked.dryRun, refused));

  const { stderr, code } = await type(`${line} -A --credential-per namespace`, world.ports);

  expect({ stderr, code }).toEqual({ stderr: "team-3: Error from server (Forbidden): no\ncreated 5, failed 1\n", code: 1 });
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

  expect({ stderr, code }).toEqual({ stderr: "created 1, unchanged 999\n", code: 0 });
  expect(world.asking.writes).toEqual(["create secret newcomer/acr-myregistry", "patch serviceaccount newcomer/default"]);
  expect(world.loginIn("newcomer")).toEqual(world.loginIn("team-0"));
});

test("a credential that they hold and that is dead is given to nobody", async () => {
  const world = worldOf(teams(3));
  await type(`${line} -A --credential-per scope`, world.ports);
  world.azure.tokens.get(shared)?.passwords.clear();
  addNamespaces(world.cluster, "newcomer");
  world.asking.forget();

  expect(await type(`${line} -A`, world.ports)).toMatchObject({
    stdout: "",
    code: 1,
    stderr: expect.stringContaining("--credential-per has to be said"),
  });
  expect(world.asking.writes).toEqual([]);

  expect(await type(`${line} -A --credential-per scope`, world.ports)).toMatchObject({ code: 0, stderr: "created 1, configured 3\n" });
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

test.for<{ scope: string; meant: string[] }>([
  { scope: "--namespaces team-0,team-2", meant: ["team-0", "team-2"] },
  { scope: "--namespaces team-0 --namespaces team-1", meant: ["team-0", "team-1"] },
  { scope: "--namespaces team-*", meant: ["team-0", "team-1", "team-2"] },
  { scope: "--namespaces team-?,web", meant: ["team-0", "team-1", "team-2", "web"] },
  { scope: "-A", meant: ["team-0", "team-1", "team-2", "web"] },
  { scope: "-A --exclude-namespaces team-*", meant: ["web"] },
  { scope: "-A --include-system", meant: ["kube-system", "team-0", "team-1", "team-2", "web"] },
  { scope: "--namespaces kube-system,web", meant: ["kube-system", "web"] },
  { scope: "--namespace-selector tier=front", meant: ["web"] },
])("$scope means $meant", async ({ scope, meant }) => {
  const world = worldOf(teams(3));
  world.cluster.put(namespace("web", { labels: { tier: "front" } }));
  world.cluster.put(account("web"));

  const { code } = await type(`${line} ${scope} --credential-per scope`, world.ports);

  expect(code).toBe(0);
  expect(
    world.cluster
      .all("secret")
      .map(({ metadata }) => metadata.namespace)
      .sort(),
  ).toEqual(meant);
});

test("a namespace that is not there does not stop the others", async () => {
  const world = worldOf(teams(2));

  const { stdout, stderr, code } = await type(`${line} --namespaces team-0,nope,team-1 --credential-per scope`, world.ports);

  expect(linesOf(stdout).filter((one) => one.startsWith("secret"))).toEqual([
    "secret/acr-myregistry created in namespace team-0",
    "secret/acr-myregistry created in namespace team-1",
  ]);
  expect(stderr).toBe(
    'nope: Error from server (NotFound): namespaces "nope" not found\nhint: kubectl create namespace nope\ncreated 2, failed 1\n',
  );
  expect(code).toBe(1);
});

test("a namespace on its way out is left out", async () => {
  const world = worldOf(teams(2));
  world.cluster.put(namespace("gone", { deletionTimestamp: "2026-01-01T00:00:00Z" }));

  expect(await type(`${line} -A --credential-per scope`, world.ports)).toMatchObject({ stderr: "created 2\n", code: 0 });
});

test("where nobody may list the ServiceAccounts of the whole cluster, each namespace is asked", async () => {
  const world = worldOf(teams(20));
  world.asking.around(refusing((asked) => asked.call === "list" && asked.at === "serviceaccount", refused));

  expect(await type(`${line} -A --credential-per scope`, world.ports)).toMatchObject({ stderr: "created 20\n", code: 0 });
});

test("each pod is made anew in its namespace, once its ServiceAccount carries the Secret", async () => {
  const world = worldOf(teams(20));
  for (const name of teams(20)) world.cluster.put(stuckPod(name, "web-1", "myregistry.azurecr.io/app/web:1"));
  world.asking.around(refusing(is("patch serviceaccount team-5/"), refused));

  const { stdout, stderr, code } = await type(`${line} -A --credential-per scope`, world.ports);

  expect(stderr).toBe("team-5: Error from server (Forbidden): no\ncreated 19, failed 1\n");
  expect(code).toBe(1);
  expect(world.cluster.all("pod").map(({ metadata }) => metadata.namespace)).toEqual(["team-5"]);
  expect(linesOf(stdout).filter((one) => one.startsWith("pod/"))).toHaveLength(19);
});

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
  const told = /^interrupted: created (\d+); (\d+) namespaces are left\. (.*)\n$/.exec(stderr);
  expect(told?.[3]).toBe(cancel);
  const [created, leftOver] = [told?.[1], told?.[2]].map(Number);
  expect((created ?? 0) + (leftOver ?? 0)).toBe(1000);
  // Nothing was written that is not told, and only what was under way was written after the interruption
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
  expect(stderr).toContain(`az acr token delete --registry myregistry --name ${shared}`);
});

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
  expect(stderr).toBe("prod: The connection to the server 10.0.0.1 was refused\ncreated 3, failed 1\n");
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
      stderr: "dead: The connection to the server 10.0.0.1 was refused\ncreated 2, failed 1\n",
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

  expect({ stderr, code }).toEqual({ stderr: "created 2\n", code: 0 });
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
    [undefined, undefined, `scopemap.azurecr.io/${shared}`, "created"],
    [undefined, undefined, `token.azurecr.io/${shared}`, "created"],
    ...teams(2).flatMap((name) => [
      ["prod", name, "secret/acr-myregistry", "created"],
      ["prod", name, "serviceaccount/default", "patched"],
    ]),
  ]);
});

test("--dry-run=client over many namespaces writes nothing, and its plan holds every one's", async () => {
  const world = worldOf(teams(20));

  const { stdout, code } = await type(`${line} -A --credential-per scope --dry-run=client -o plan`, world.ports);

  const { changes } = JSON.parse(stdout) as { changes: { act: string; to: { namespace?: string } }[] };
  expect(code).toBe(0);
  expect(changes.filter(({ act }) => act === "mint")).toHaveLength(1);
  expect(
    changes
      .filter(({ act }) => act === "store")
      .map(({ to }) => to.namespace)
      .sort(),
  ).toEqual(teams(20).sort());
  expect(world.asking.writes).toEqual([]);
});

test("--dry-run=server over many namespaces asks the server about each, and tells which would be refused", async () => {
  const world = worldOf(teams(20));
  world.asking.around(refusing(is("create secret team-7/"), refused));

  const { stderr, code } = await type(`${line} -A --credential-per scope --dry-run=server`, world.ports);

  expect({ stderr, code }).toEqual({ stderr: "team-7: Error from server (Forbidden): no\ncreated 19, failed 1\n", code: 1 });
  expect(world.asking.writes).toEqual([]);
});

test("where no namespace is meant, nothing is made and that is said", async () => {
  const world = worldOf(teams(2));

  expect(await type(`${line} --namespaces web-* --credential-per scope`, world.ports)).toEqual({
    stdout: "",
    stderr: "nothing to do\n",
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
});
