import { expect, test } from "vitest";
import { tokenName } from "../../../src/secret/names.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { namespace } from "../../support/fakes/cluster.ts";
import { refused, worldOf } from "../../support/fakes/fleet.ts";
import { type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { notedSecret, noteIn, slotsOf } from "../../support/rotating.ts";

const create = (namespaces: string, more: string) =>
  `create team --registry myregistry --namespaces ${namespaces} --credential-per scope ${more}`;
const identityIn = (world: FakeWorld, namespace: string) => world.loginIn(namespace, "team")?.username;
const granted = (world: FakeWorld, name = "") =>
  (world.azure.scopeMaps.get(name)?.actions ?? []).flatMap((action) => /^repositories\/(.*)\/content\/read$/.exec(action)?.[1] ?? []);

/** Creates namespaces of two teams. The first team shares a credential for `app/web`. */
async function ofTwoTeams(): Promise<FakeWorld> {
  const world = worldOf(["sa1", "sa2", "sb1", "sb2"]);
  for (const image of ["app/web:1", "app/api:1"]) world.azure.images.add(image);
  expect(await type(create("sa1,sa2", "--repository app/web"), world.ports)).toMatchObject({ code: 0 });
  world.asking.forget();
  return world;
}

test("gives two selections of namespaces two credentials for one Secret name", async () => {
  const world = await ofTwoTeams();
  const first = identityIn(world, "sa1");

  expect(await type(create("sb1,sb2", "--repository app/api"), world.ports)).toMatchObject({ code: 0 });

  expect(identityIn(world, "sb1")).not.toBe(first);
  expect(identityIn(world, "sb2")).toBe(identityIn(world, "sb1"));
  expect(granted(world, first)).toEqual(["app/web"]);
});

test.for(["sa2,sa1", "sa2,sb1", "'s*'"])("finds the credential by its holders when %s are selected", async (namespaces) => {
  const world = await ofTwoTeams();
  const first = identityIn(world, "sa1");

  await type(create(namespaces.replaceAll("'", ""), "--repository app/web"), world.ports);

  expect([...world.azure.tokens.keys()]).toEqual([first]);
});

/** Creates two namespaces that have both passwords of one token. */
async function holdingBoth(): Promise<FakeWorld> {
  const world = worldOf(["sa1", "sb1"]);
  world.azure.images.add("app/web:1");
  for (const namespace of ["sa1", "sb1"])
    expect(await type(create(namespace, "--repository app/web --acr-token ci-pull"), world.ports)).toMatchObject({ code: 0 });
  expect(slotsOf(world, "ci-pull")).toEqual(["password1", "password2"]);
  world.asking.forget();
  return world;
}

test.for(["sa1", "sb1", "sa1,sb1"])("gives Secrets that hold both passwords the newest one when rotate selects %s", async (namespaces) => {
  const world = await holdingBoth();
  const newest = world.loginIn("sb1", "team");

  expect(await type(`rotate team --namespaces ${namespaces}`, world.ports)).toMatchObject({ code: 0 });

  expect(world.loginIn("sa1", "team")).toEqual(newest);
  expect(world.loginIn("sb1", "team")).toEqual(newest);
  expect(world.asking.writes.filter((call) => call.startsWith("generatePassword"))).toEqual([]);
  expect(slotsOf(world, "ci-pull")).toEqual(["password1", "password2"]);
});

test("rotates a named token again after its Secrets got the newest of both passwords", async () => {
  const world = await holdingBoth();
  expect(await type("rotate team --namespaces sa1", world.ports)).toMatchObject({ code: 0 });
  const newest = world.loginIn("sb1", "team");

  expect(await type("rotate team --namespaces sa1", world.ports)).toMatchObject({ code: 0 });

  expect(world.loginIn("sb1", "team")).not.toEqual(newest);
  expect(world.loginIn("sa1", "team")).toEqual(world.loginIn("sb1", "team"));
});

test("retires the other password when no Secret holds it and its grace period is over", async () => {
  const world = await holdingBoth();

  expect(await type("rotate team --namespaces sa1 --grace 0", world.ports)).toMatchObject({ code: 0 });

  expect(slotsOf(world, "ci-pull")).toEqual(["password2"]);
  expect(await type("rotate team --namespaces sa1 --grace 0", world.ports)).toMatchObject({ code: 0 });
  expect(world.loginIn("sa1", "team")).toEqual(world.loginIn("sb1", "team"));
  expect(slotsOf(world, "ci-pull")).toEqual(["password1"]);
});

test("adds repositories when every holder is selected", async () => {
  const world = await ofTwoTeams();

  expect(await type(create("sa2,sa1,sb1", "--repository app/api"), world.ports)).toMatchObject({ code: 0 });
  expect(granted(world, identityIn(world, "sb1"))).toEqual(["app/api", "app/web"]);
});

test("refuses to add repositories when another namespace holds the credential, and its command adds them", async () => {
  const world = await ofTwoTeams();
  const typed = create("sa2,sb1", "--repository app/api");

  const { stderr, code } = await type(typed, world.ports);

  expect(code).toBe(1);
  expect(stderr).toContain("secret/team in namespace sa1 also holds it");
  expect(world.asking.writes).toEqual([]);
  const hint = /hint: kubectl acr-secret (.*)\n/.exec(stderr)?.[1] ?? "";
  expect(await type(hint, world.ports)).toMatchObject({ code: 0 });
  expect(["sa1", "sa2", "sb1"].map((name) => identityIn(world, name))).toEqual(Array(3).fill(identityIn(world, "sa1")));
});

test.for(["--namespace-selector team=a", "-A --exclude-namespaces sa1,sb1,sb2", "-A --exclude-namespaces 's?1,sb*'"])(
  "suggests a command for no other namespaces than the holders and the selected ones when %s selects them",
  async (selection) => {
    const world = await ofTwoTeams();
    world.cluster.put(namespace("sa2", { labels: { team: "a" } }));

    const { stderr } = await type(
      `create team --registry myregistry --credential-per scope --repository app/api ${selection.replaceAll("'", "")}`,
      world.ports,
    );

    const hint = /hint: kubectl acr-secret (.*)\n/.exec(stderr)?.[1] ?? "";
    expect(await type(hint, world.ports)).toMatchObject({ code: 0 });
    expect(world.cluster.all("secret").map(({ metadata }) => metadata.namespace)).toEqual(["sa1", "sa2"]);
    expect(granted(world, identityIn(world, "sa1"))).toEqual(["app/api", "app/web"]);
  },
);

test("suggests a command for all namespaces and the holder when a Secret in kube-system holds the credential too", async () => {
  const world = await ofTwoTeams();
  const secret = world.cluster.get("secret", "sa1", "team");
  const { annotations, labels } = secret?.metadata ?? {};
  if (secret) world.cluster.put({ ...secret, metadata: { namespace: "kube-system", name: "team", annotations, labels } });

  const { stderr } = await type("create team --registry myregistry --credential-per scope --repository app/api -A", world.ports);

  expect(stderr).toContain("hint: kubectl acr-secret create --namespaces kube-system --namespaces '*' team ");
});

test("counts a Secret of another name and another tool's label as a holder", async () => {
  const world = await ofTwoTeams();
  const secret = world.cluster.get("secret", "sa1", "team");
  const labels = { "app.kubernetes.io/managed-by": "kyverno" };
  if (secret) world.cluster.put({ ...secret, metadata: { namespace: "sb2", name: "copy", labels } });

  const { stderr, code } = await type(create("sa1,sa2", "--repository app/api"), world.ports);

  expect(code).toBe(1);
  expect(stderr).toContain("secret/copy in namespace sb2 also holds it");
});

test("refuses to add repositories when the Secrets of the cluster may not be listed", async () => {
  const world = await ofTwoTeams();
  const allow = world.asking.around(refusing(is("list secret"), refused));

  const { stderr, code } = await type(create("sa1,sa2", "--repository app/api"), world.ports);
  expect(code).toBe(1);
  expect(stderr).toContain("not every Secret of this cluster could be listed");
  expect(world.asking.writes).toEqual([]);

  // Nothing is added, so the namespaces need not be listed.
  expect(await type(create("sa1,sa2", "--repository app/web"), world.ports)).toMatchObject({ code: 0 });
  allow();
});

test("refuses to add repositories when Azure describes a cluster that is not selected", async () => {
  const world = await ofTwoTeams();
  const name = identityIn(world, "sa1") ?? "";
  const map = world.azure.scopeMaps.get(name);
  world.azure.putScopeMap({
    name,
    actions: map?.actions ?? [],
    description: map?.description.replace(/ of cluster (\S+)$/, " of clusters $1, 0123abcd") ?? "",
  });

  const { stderr, code } = await type(create("sa1,sa2", "--repository app/api"), world.ports);

  expect(code).toBe(1);
  expect(stderr).toContain("Secrets of cluster 0123abcd may hold it");
});

test("keeps a credential that an earlier version named without a namespace", async () => {
  const world = worldOf(["sa1", "sa2"]);
  world.azure.images.add("app/web:1");
  const older = tokenName("uid-of-kube-system", "shared", "team");
  await type(create("sa1", `--repository app/web --acr-token ${older}`), world.ports);

  expect(await type(create("sa1,sa2", "--repository app/web"), world.ports)).toMatchObject({ code: 0 });

  expect(identityIn(world, "sa2")).toBe(older);
  expect([...world.azure.tokens.keys()]).toEqual([older]);
});

test("keeps a credential when the namespace that named it was deleted", async () => {
  const world = await ofTwoTeams();
  const first = identityIn(world, "sa2");
  for (const kind of ["secret", "serviceaccount"] as const) world.cluster.remove(kind, "sa1", kind === "secret" ? "team" : "default");
  world.cluster.remove("namespace", "", "sa1");

  expect(await type(create("sa2,sb1", "--repository app/web"), world.ports)).toMatchObject({ code: 0 });

  expect(identityIn(world, "sb1")).toBe(first);
});

test.for([
  { kind: "token", flags: "--repository app/web" },
  { kind: "application", flags: "--service-principal" },
])("gives no password of a $kind that other namespaces share and that only an annotation names", async ({ flags }) => {
  const world = worldOf(["sa1", "sa2", "sb1", "sb2"]);
  world.azure.images.add("app/api:1");
  const both = flags === "--service-principal" ? flags : `${flags} --repository app/api`;
  expect(await type(create("sb1,sb2", both), world.ports)).toMatchObject({ code: 0 });
  const note = noteIn(world, "sb1", "team");
  world.cluster.put(notedSecret("sa2", "team", [note], { username: note.identity, password: "guessed" }));

  await type(create("sa1,sa2", `${flags} --force`), world.ports);

  const login = world.loginIn("sa1", "team");
  expect(login && world.azure.knows(login)).toBe(true);
  expect(login?.username).not.toBe(note.identity);
  expect(world.loginIn("sa2", "team")).toEqual(login);
});

test.for(["--service-principal", "--repository app/web", "--repository app/web --acr-token ci-pull"])(
  "keeps the password of a cluster that was added later when %s is rotated or pruned without it",
  async (flags) => {
    const world = fakeWorld({ contexts: ["prod", "dev"] });
    for (const [context, cluster] of world.clusters)
      for (const at of ["kube-system", "sa1"]) cluster.put(namespace(at, { uid: `${at} of ${context}` }));
    expect(await type(`${create("sa1", flags)} --contexts prod`, world.ports)).toMatchObject({ code: 0 });
    expect(await type(`${create("sa1", flags)} --contexts prod,dev`, world.ports)).toMatchObject({ code: 0 });

    await type("rotate team -n sa1 --contexts prod --grace 0", world.ports);
    await type("rotate team -n sa1 --contexts prod --grace 0", world.ports);
    await type("delete team -n sa1 --contexts prod --yes", world.ports);
    await type("prune --registry myregistry --contexts prod --older-than 0s --yes", world.ports);

    const login = world.loginIn("sa1", "team", "dev");
    expect(login && world.azure.knows(login)).toBe(true);
  },
);
