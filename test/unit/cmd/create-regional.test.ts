import { expect, test } from "vitest";
import { demo, line, once, token } from "../../support/demo.ts";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { addNamespaces } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const home = "myregistry.azurecr.io";
const east = "myregistry.eastus.geo.azurecr.io";
const west = "myregistry.westeurope.geo.azurecr.io";

/** Creates a world with a registry in two regions. */
function geo() {
  const world = demo();
  world.azure.facts.regional = [east, west];
  return world;
}

const secretIn = ({ cluster }: ReturnType<typeof demo>, namespace = "demo") => cluster.get("secret", namespace, "acr-myregistry");

/** Returns the keys in a Secret, each with its password. */
function keysIn(world: ReturnType<typeof demo>, namespace?: string): Record<string, string> {
  const text = Buffer.from(secretIn(world, namespace)?.data?.[".dockerconfigjson"] ?? "", "base64").toString();
  const { auths } = JSON.parse(text) as { auths: Record<string, { password: string }> };
  return Object.fromEntries(Object.entries(auths).map(([key, { password }]) => [key, password]));
}

const notedIn = (world: ReturnType<typeof demo>) =>
  (JSON.parse(secretIn(world)?.metadata.annotations?.["acr-secret/logins"] ?? "[]") as { kind: string; hosts: string[] }[]).map(
    ({ kind, hosts }) => `${kind} ${hosts.join()}`,
  );

/** Rewrites a Secret's text like another user who keeps its annotation. */
function edit(world: ReturnType<typeof demo>, change: (auths: Record<string, unknown>) => unknown): void {
  const held = secretIn(world);
  const config = JSON.parse(Buffer.from(held?.data?.[".dockerconfigjson"] ?? "", "base64").toString());
  change(config.auths);
  const text = Buffer.from(JSON.stringify(config)).toString("base64");
  if (held) world.cluster.put({ ...held, data: { ".dockerconfigjson": text } }, "kubectl-acr-secret");
}

test("the login stands under the registry's regional hosts too, and a second run leaves all as it is", async () => {
  const world = geo();

  expect(await type(`${line} --include-regional`, world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry created\nserviceaccount/default patched\npod/web-1 restarted\n"),
    stderr: "",
    code: 0,
  });
  expect(keysIn(world)).toEqual({ [home]: "password-1", [east]: "password-1", [west]: "password-1" });
  expect(notedIn(world)).toEqual([`acr-token ${home},${east},${west}`]);

  for (const more of [" --include-regional", ""]) {
    world.asking.forget();
    expect(await type(`${line}${more}`, world.ports)).toMatchObject({
      stdout: expect.stringContaining("secret/acr-myregistry unchanged\n"),
      stderr: "",
      code: 0,
    });
    expect(world.asking.writes).toEqual([]);
  }
});

test("it comes to a Secret that stands, with the password inside", async () => {
  const world = geo();
  await type(line, world.ports);

  expect(await type(`${line} --include-regional`, world.ports)).toMatchObject({
    stdout: expect.stringContaining(`token.azurecr.io/${token} unchanged\nsecret/acr-myregistry configured\n`),
    code: 0,
  });
  expect(keysIn(world)).toEqual({ [home]: "password-1", [east]: "password-1", [west]: "password-1" });
});

test("a new password goes under all of them, and a region that Azure has no more stays, with or without the flag", async () => {
  for (const more of ["", " --include-regional"]) {
    const world = geo();
    await type(`${line} --include-regional`, world.ports);
    world.azure.tokens.get(token)?.passwords.clear();
    world.azure.facts.regional = [west];

    expect(await type(`${line}${more}`, world.ports)).toMatchObject({ stderr: "", code: 0 });
    expect(keysIn(world)).toEqual({ [home]: "password-2", [east]: "password-2", [west]: "password-2" });
    expect(notedIn(world)).toEqual([`acr-token ${home},${east},${west}`]);
  }
});

test("images on a regional host count: what they name is granted, and the pods that wait for them are made anew", async () => {
  const world = geo();
  world.cluster.put(stuckPod("demo", "api-1", `${west}/app/api:1`));
  world.azure.images.add("app/api:1");

  expect(await type(line, world.ports)).toMatchObject({ stdout: expect.not.stringContaining("api"), code: 0 });
  expect(await type(`${line} --include-regional --repositories-from-pods`, world.ports)).toMatchObject({
    stdout: `scopemap.azurecr.io/${token} configured (+app/api)
token.azurecr.io/${token} unchanged
secret/acr-myregistry configured
serviceaccount/default unchanged
pod/api-1 restarted
`,
    stderr: "",
    code: 0,
  });
  world.cluster.put(stuckPod("demo", "late-1", `${east}/app/late:1`));
  expect(await type(line, world.ports)).toMatchObject({
    stderr: expect.stringContaining("Warning: pods use app/late, which secret/acr-myregistry may not pull"),
  });
});

test("a key that somebody took out, or gave another login, is put right where the regional hosts are asked for", async () => {
  const world = geo();
  await type(`${line} --include-regional`, world.ports);
  edit(world, (auths) => {
    delete auths[east];
    auths[west] = { username: "x", password: "y" };
  });

  expect(await type(`${line} --include-regional`, world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry configured\n"),
    code: 0,
  });
  expect(keysIn(world)).toEqual({ [home]: "password-1", [east]: "password-1", [west]: "password-1" });
  edit(world, (auths) => delete auths[east]);
  await type(line, world.ports);
  expect(Object.keys(keysIn(world))).toEqual([home, west]);
});

test.for([
  { more: "", hint: "name another Secret, or add --merge to keep what it holds, or --force to lose it", says: `a credential for ${east}` },
  { more: " --merge", hint: "name another Secret, or add --force to replace that login", says: `somebody else's login for ${east}` },
])("a login for a regional host that is not ours is only replaced by force:$more", async ({ more, hint, says }) => {
  const world = geo();
  await type(line, world.ports);
  edit(world, (auths) => Object.assign(auths, { [east]: { username: "jane", password: "p" } }));
  world.asking.forget();

  expect(await type(`${line} --include-regional${more}`, world.ports)).toMatchObject({
    stderr: `error: secret "acr-myregistry" in namespace "demo" holds ${says}\nhint: ${hint}\n`,
    code: 1,
  });
  expect(world.asking.writes).toEqual([]);
  expect(await type(`${line} --include-regional${more} --force`, world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(keysIn(world)).toEqual({ [home]: "password-1", [east]: "password-1", [west]: "password-1" });
});

test("--merge adds them all beside what others wrote, and notes them as one login", async () => {
  const world = geo();
  const text = '{ "auths": {"ghcr.io": {"auth":"amFuZTpw"}} }';
  world.cluster.put(
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "acr-myregistry", namespace: "demo" },
      type: "kubernetes.io/dockerconfigjson",
      data: { ".dockerconfigjson": Buffer.from(text).toString("base64") },
    },
    "kubectl-create",
  );

  expect(await type(`${line} --merge --include-regional`, world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(Buffer.from(secretIn(world)?.data?.[".dockerconfigjson"] ?? "", "base64").toString()).toMatch(
    new RegExp(`^{ "auths": {"ghcr\\.io": {"auth":"amFuZTpw"},"${home}":{[^{}]+},"${east}":{[^{}]+},"${west}":{[^{}]+}} }$`),
  );
  expect(notedIn(world)).toEqual([`acr-token ${home},${east},${west}`]);
  for (const more of ["", " --include-regional"])
    expect(await type(`${line} --merge${more}`, world.ports)).toMatchObject({
      stdout: expect.stringContaining("secret/acr-myregistry unchanged\n"),
      stderr: "",
    });
});

test("what another run adds between the look and the write stays too", async () => {
  const world = geo();
  await type(line, world.ports);
  world.azure.facts.regional = [west];
  once(world, "patch secret demo/acr-myregistry", () => {
    edit(world, (auths) => Object.assign(auths, { [east]: auths[home] }));
  });

  expect(await type(`${line} --include-regional`, world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(keysIn(world)).toEqual({ [home]: "password-1", [east]: "password-1", [west]: "password-1" });
});

test("one credential for many namespaces: those that lack the hosts get them, the others keep theirs", async () => {
  const world = geo();
  addNamespaces(world.cluster, "kube-system", "other");
  const many = "create --registry myregistry --repository app/web --credential-per scope --namespaces demo,other";
  await type(many, world.ports);
  world.azure.facts.regional = [east];
  await type(`${many.replace(",other", "")} --include-regional`, world.ports);

  expect(await type(many, world.ports)).toMatchObject({ stdout: expect.not.stringContaining("configured"), code: 0 });
  expect(await type(`${many} --include-regional`, world.ports)).toMatchObject({
    stdout: expect.stringContaining(
      "secret/acr-myregistry unchanged in namespace demo\nsecret/acr-myregistry configured in namespace other\n",
    ),
  });
  expect(Object.keys(keysIn(world, "other"))).toEqual([home, east]);
});

test("a login that is given takes them too, also where the registry is named by one of them", async () => {
  const world = geo();
  world.azure.users.set("ci", "hunter2");
  const given = `create --registry ${west} --username ci --password-stdin --include-regional -n demo`;

  expect(await type(given, world.ports, { stdin: "hunter2" })).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry created\n"),
    code: 0,
  });
  expect(keysIn(world)).toEqual({ [home]: "hunter2", [east]: "hunter2", [west]: "hunter2" });
});

const proofsAt = (world: ReturnType<typeof demo>, host: string) =>
  world.asking.all.filter((text) => /^(prove|admits) /.test(text) && text.includes(host)).length;

test("proves a new login at each regional host, and a login that pulls already only at hosts that its Secret lacks", async () => {
  const world = geo();
  world.azure.facts.regional = [east];

  expect(await type(`${line} --include-regional`, world.ports)).toMatchObject({ code: 0 });
  expect([east, west].map((host) => proofsAt(world, host))).toEqual([1, 0]);

  world.azure.facts.regional = [east, west];
  world.asking.forget();
  expect(await type(`${line} --include-regional`, world.ports)).toMatchObject({ code: 0 });
  expect([east, west].map((host) => proofsAt(world, host))).toEqual([0, 1]);
});

test.for(["refused", "blocked", "not-checked"] as const)("rolls back the login when a regional host answers %s", async (verdict) => {
  const world = geo();
  world.asking.around(async (asked, next) => (asked.call === "prove" && asked.at.includes(west) ? { verdict, message: "no" } : next()));

  const { code, stderr } = await type(`${line} --include-regional`, world.ports);

  expect(code).toBe(1);
  expect(stderr).toContain(`error: regional host ${west} rejects the credential: no`);
  expect([secretIn(world), world.azure.tokens.size]).toEqual([undefined, 0]);
});

test("accepts a regional host whose replica lacks the image", async () => {
  const world = geo();
  const lacks = { verdict: "not-found", message: "not there yet" };
  world.asking.around(async (asked, next) => (asked.call === "prove" && asked.at.includes(west) ? lacks : next()));

  expect(await type(`${line} --include-regional`, world.ports)).toMatchObject({ stderr: "", code: 0 });
});

test("asks no regional host when --verify=false", async () => {
  const world = geo();

  expect(await type(`${line} --include-regional --verify=false`, world.ports)).toMatchObject({ code: 0 });
  expect(proofsAt(world, ".geo.")).toBe(0);
});

const given = `create --registry ${home} --username ci --password-stdin`;

test.for([
  {
    what: "the regional endpoints are off",
    hosts: [],
    says: 'error: the regional endpoints of registry "myregistry" are off\nhint: leave out --include-regional\nhint: to turn them on:\n  az acr update --name myregistry --regional-endpoints enabled\n',
  },
  {
    what: "the registry is none that can have them",
    hosts: [],
    sku: "Standard",
    says: 'error: registry "myregistry" has no regional hosts, which only Premium has: it is Standard\nhint: leave out --include-regional\n',
  },
  {
    what: "Azure names hosts of another registry",
    hosts: ["others.eastus.geo.azurecr.io"],
    says: `error: Azure names others.eastus.geo.azurecr.io as a regional host, which is none of ${home}\nhint: leave out --include-regional\n`,
  },
  {
    what: "a login is given for a registry that we do not see in Azure",
    hosts: [],
    typed: given.replace("myregistry", "theirs"),
    says: "error: --include-regional asks Azure: theirs.azurecr.io is in no subscription that this Azure identity can read\nhint: to ask nobody, add each regional host by a run of its own: --registry NAME.REGION.geo.azurecr.io --merge\n",
  },
])("nothing is made where $what", async ({ hosts, sku = "Premium", typed = line, says }) => {
  const world = demo({ sku });
  world.azure.facts.regional = hosts;

  expect(await type(`${typed} --include-regional`, world.ports, { stdin: "p" })).toMatchObject({ stdout: "", stderr: says, code: 1 });
  expect(world.asking.writes).toEqual([]);
});

test("lists each regional host when the output is wide", async () => {
  const world = geo();
  await type(`${line} --include-regional`, world.ports);
  const registries = async (more: string) => (await type(`list -n demo --no-headers${more}`, world.ports)).stdout.split(/\s+/)[1];

  expect([await registries(""), await registries(" -o wide")]).toEqual(["myregistry", `myregistry,${east},${west}`]);
});

test("regional hosts are added by hand where Azure is not asked, and the login server's own is left", async () => {
  const world = demo();
  world.azure.users.set("ci", "hunter2");
  const add = (host: string, more: string) =>
    type(`create acr-myregistry --registry ${host} --username ci --password-stdin --repository app/web -n demo${more}`, world.ports, {
      stdin: "hunter2",
    });
  await add(home, "");

  expect(await add(east, " --merge")).toMatchObject({ stdout: expect.stringContaining("secret/acr-myregistry configured\n"), code: 0 });
  expect(notedIn(world)).toEqual([`given ${home}`, `given ${east}`]);
  expect(await add(home, "")).toMatchObject({ code: 0 });
  expect(keysIn(world)).toEqual({ [home]: "hunter2", [east]: "hunter2" });
});
