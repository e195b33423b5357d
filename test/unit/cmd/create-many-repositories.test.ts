import { expect, test } from "vitest";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { linesOf, sharedByTeams, teams, worldOf } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const line = "create --registry myregistry -A";
const ask = ({ cluster, azure }: FakeWorld, namespace: string, repository: string) => {
  azure.images.add(`${repository}:1`);
  cluster.put(stuckPod(namespace, "web", `myregistry.azurecr.io/${repository}:1`));
};
const granted = ({ azure }: FakeWorld, name = sharedByTeams) =>
  (azure.scopeMaps.get(name)?.actions ?? []).flatMap((action) => /^repositories\/(.*)\/content\/read$/.exec(action)?.[1] ?? []);

/** Creates namespaces that share a credential for app/web, and another one whose tenant uses an image of another team. */
async function joined(per: string, names = teams(3)): Promise<FakeWorld> {
  const world = worldOf(names);
  for (const name of names) ask(world, name, "app/web");
  await type(`${line} --credential-per ${per}`, world.ports);
  addNamespaces(world.cluster, "team-new");
  ask(world, "team-new", "finance/payroll");
  world.asking.forget();
  return world;
}

test("a namespace that joins a shared credential gets it as it is: what its pods use besides is named, with its place", async () => {
  const world = await joined("scope");

  const { stdout, stderr, code } = await type(`${line} --credential-per scope`, world.ports);

  expect(linesOf(stdout)).toEqual([
    `scopemap.azurecr.io/${sharedByTeams} unchanged`,
    `token.azurecr.io/${sharedByTeams} unchanged`,
    ...teams(3).map((name) => `secret/acr-myregistry unchanged in namespace ${name}`),
    "secret/acr-myregistry created in namespace team-new",
  ]);
  const grants =
    "kubectl acr-secret create --all-namespaces acr-myregistry --registry myregistry --repository finance/payroll --credential-per scope";
  expect(linesOf(stderr)).toEqual([
    "Warning: team-new: pods use finance/payroll, which secret/acr-myregistry may not pull:",
    `  ${grants}`,
    "1 Secret created, 3 unchanged",
  ]);
  expect(code).toBe(0);
  expect(granted(world)).toEqual(["app/web"]);

  const { stdout: said } = await type(grants.replace("kubectl acr-secret ", ""), world.ports);
  expect(linesOf(said)[0]).toBe(`scopemap.azurecr.io/${sharedByTeams} configured (+finance/payroll)`);
  expect(granted(world)).toEqual(["app/web", "finance/payroll"]);
});

test("the thousandth namespace, read in step with all others, is told of in the same way", async () => {
  const world = await joined("scope", teams(999));

  const { stderr, code } = await type(`${line} --credential-per scope`, world.ports);

  expect(linesOf(stderr)).toEqual([
    expect.stringMatching(/^Warning: team-new: pods use finance\/payroll, /),
    expect.stringMatching(/^ {2}kubectl acr-secret create --all-namespaces .* --credential-per scope$/),
    "1 Secret created, 999 unchanged",
  ]);
  expect(code).toBe(0);
  expect(granted(world)).toEqual(["app/web"]);
});

test("one credential for each: a new namespace's is made of what its pods use, and one that stands is not widened", async () => {
  const world = await joined("namespace", teams(2));
  ask(world, "team-1", "finance/payroll");

  const { stdout, stderr } = await type(`${line} --credential-per namespace`, world.ports);

  expect(linesOf(stdout).filter((text) => text.startsWith("scopemap"))).toEqual([
    expect.stringMatching(/team-0-acr-\S+ unchanged$/),
    expect.stringMatching(/team-1-acr-\S+ unchanged$/),
    expect.stringMatching(/team-new-acr-\S+ created \(\+finance\/payroll\)$/),
  ]);
  expect(stderr).toContain(
    "Warning: team-1: pods use finance/payroll, which secret/acr-myregistry may not pull:\n  " +
      "kubectl acr-secret create -n team-1 acr-myregistry --registry myregistry --repository finance/payroll",
  );
});

test("--repositories-from-pods takes what the pods of all namespaces use", async () => {
  const world = await joined("scope");

  const { stdout, stderr } = await type(`${line} --credential-per scope --repositories-from-pods`, world.ports);

  expect(linesOf(stdout)[0]).toBe(`scopemap.azurecr.io/${sharedByTeams} configured (+finance/payroll)`);
  expect(stderr).toBe("1 Secret created, 1 scope map configured\n");
});

test("the command repeats the scope that was typed", async () => {
  const world = await joined("scope");
  const scope = "--namespaces team-0 --namespaces team-new --namespaces 'team-*' --exclude-namespaces team-1 --include-system";

  const { stderr } = await type(`create --registry myregistry --credential-per scope ${scope.replaceAll("'", "")}`, world.ports);

  expect(stderr).toContain(`kubectl acr-secret create ${scope} acr-myregistry `);
});
