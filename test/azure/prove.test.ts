import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { addRegistry } from "../../sandbox/azure/create-world.ts";
import { binaries } from "../../sandbox/binaries.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { clientPrograms } from "../../sandbox/tools.ts";
import { openAzure } from "../../src/azure/azure.ts";
import { parseImage } from "../../src/registry/image-reference.ts";
import type { Login } from "../../src/registry/port.ts";
import { openRegistry } from "../../src/registry/registry.ts";
import { Sensitive } from "../../src/sensitive.ts";
import { startTestWorld } from "./world.ts";

const world = startTestWorld();
let puller: Login;
let lister: Login;
let digest: string;

beforeAll(async () => {
  digest = await world.azure.push("myregistry.azurecr.io/team/app:1");
  await world.azure.push("myregistry.azurecr.io/team/app:2");
  await world.azure.push("myregistry.azurecr.io/team/other:1");
  puller = await loginFor("puller", ["repositories/team/app/content/read", "repositories/team/empty/content/read"]);
  lister = await loginFor("lister", [
    "repositories/team/app/content/read",
    "repositories/team/app/metadata/read",
    "repositories/team/none/metadata/read",
  ]);
});

async function loginFor(name: string, actions: string[]): Promise<Login> {
  const azure = openAzure(world.options());
  const registry = await azure.findRegistry("myregistry");
  const map = await azure.putScopeMap(registry, { name, description: "", actions });
  await azure.putToken(registry, { name, scopeMapId: map.id });
  return { username: name, password: (await azure.generatePassword(registry, { token: name, slot: "password1" })).password };
}

const prove = (image: string, login: Login | undefined, change = {}) => openRegistry(world.options(change)).prove(parseImage(image), login);
const wrong = (): Login => ({ username: "puller", password: new Sensitive("hunter2") });

test("proves a login with the manifest, by tag and by digest", async () => {
  expect(await prove("myregistry.azurecr.io/team/app:1", puller)).toEqual({
    verdict: "pulls",
    message: 'user "puller" can pull myregistry.azurecr.io/team/app:1',
  });
  expect(await prove(`myregistry.azurecr.io/team/app@${digest}`, puller)).toMatchObject({ verdict: "pulls" });
  expect(world.azure.calls.dataPlane().filter(({ verdict }) => verdict === "found").length).toBe(2);
});

test.for([
  {
    what: "a wrong password",
    image: "team/app:1",
    as: wrong,
    verdict: "refused",
    says: /^myregistry.azurecr.io rejected user "puller" \(401 Unauthorized\)\n\* authentication required/,
  },
  {
    what: "an unknown user",
    image: "team/app:1",
    as: () => ({ username: "nobody", password: new Sensitive("x") }),
    verdict: "refused",
    says: /rejected user "nobody"/,
  },
  { what: "no login", image: "team/app:1", as: () => undefined, verdict: "refused", says: /rejected an anonymous user/ },
  {
    what: "another repository",
    image: "team/other:1",
    as: () => puller,
    verdict: "out-of-scope",
    says: /^user "puller" cannot pull from repository team\/other of myregistry.azurecr.io\n\* authentication required/,
  },
  {
    what: "a tag that is not there",
    image: "team/app:9",
    as: () => puller,
    verdict: "not-found",
    says: /^tag 9 not found in repository team\/app of myregistry.azurecr.io$/,
  },
  {
    what: "a repository that is not there",
    image: "team/empty:1",
    as: () => puller,
    verdict: "not-found",
    says: /^tag 1 not found in repository team\/empty of myregistry.azurecr.io$/,
  },
] as const)("$what is $verdict", async ({ image, as, verdict, says }) => {
  const login = as();

  expect(await prove(`myregistry.azurecr.io/${image}`, login)).toEqual({ verdict, message: expect.stringMatching(says) });
});

test("reports a token that is disabled", async () => {
  const token = world.azure.world.registries[0]?.tokens.find(({ name }) => name === "puller");
  if (!token) throw new Error("the token is gone");
  token.status = "disabled";
  try {
    expect(await prove("myregistry.azurecr.io/team/app:1", puller)).toMatchObject({ verdict: "refused" });
  } finally {
    token.status = "enabled";
  }
});

test("proves a login without an image, as docker login does", async () => {
  const { admits } = openRegistry(world.options());

  expect(await admits("myregistry.azurecr.io", puller)).toEqual({
    verdict: "pulls",
    message: 'myregistry.azurecr.io accepts user "puller"',
  });
  expect(await admits("myregistry.azurecr.io", wrong())).toMatchObject({
    verdict: "refused",
    message: expect.stringMatching(/^myregistry.azurecr.io rejected user "puller" \(401 Unauthorized\)\n\* authentication required/),
  });
  expect(await admits("nosuchregistry.azurecr.io", puller)).toMatchObject({ verdict: "unreachable" });
});

test("pulls without a login when the registry allows anonymous pull, but not with a wrong one", async () => {
  addRegistry(world.azure.world, { name: "publicregistry", anonymousPullEnabled: true });
  await world.azure.push("publicregistry.azurecr.io/app:1");

  expect(await prove("publicregistry.azurecr.io/app:1", undefined)).toMatchObject({
    verdict: "pulls",
    message: "an anonymous user can pull publicregistry.azurecr.io/app:1",
  });
  expect(await prove("publicregistry.azurecr.io/app:1", wrong())).toMatchObject({ verdict: "refused" });
  expect(await openRegistry(world.options()).admits("publicregistry.azurecr.io", wrong())).toMatchObject({ verdict: "refused" });
});

test("waits while the registry throttles, and reports throttling that does not end", async () => {
  const throttle = { kind: "status", path: /\/oauth2\/token/, status: 429, headers: { "Retry-After": "3" } } as const;
  world.azure.faults.add({ ...throttle, times: 2 });
  expect(await prove("myregistry.azurecr.io/team/app:1", puller)).toMatchObject({ verdict: "pulls" });
  expect(world.slept).toEqual([3000, 3000]);

  world.azure.faults.add(throttle);
  expect(await prove("myregistry.azurecr.io/team/app:1", puller)).toMatchObject({ verdict: "throttled" });
});

test("sends a login only to the registry's host", async () => {
  const challenge = 'Bearer realm="https://otherregistry.azurecr.io/oauth2/token",service="myregistry.azurecr.io"';
  world.azure.faults.add({
    kind: "status",
    host: /^myregistry/,
    path: /manifests/,
    status: 401,
    headers: { "WWW-Authenticate": challenge },
  });

  expect(await prove("myregistry.azurecr.io/team/app:1", puller)).toEqual({
    verdict: "not-checked",
    message: "myregistry.azurecr.io requests the login for another host (https://otherregistry.azurecr.io), so it was not sent",
  });
  expect(world.azure.calls.list().map(({ host }) => host)).toEqual(["myregistry.azurecr.io"]);
});

test("names a proxy that does not respond", async () => {
  const env = { ...world.azure.env, HTTPS_PROXY: "http://user:hunter2@127.0.0.1:1" };

  expect(await prove("myregistry.azurecr.io/team/app:1", puller, { env })).toEqual({
    verdict: "unreachable",
    message: "the proxy 127.0.0.1:1 refused the connection",
  });
});

test("causes no warning of Node with many requests at once", async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on("warning", note);
  const registry = openRegistry(world.options());
  const proofs = await Promise.all(
    Array.from({ length: 40 }, () => registry.prove(parseImage("myregistry.azurecr.io/team/app:1"), puller)),
  );
  process.off("warning", note);

  expect(new Set(proofs.map(({ verdict }) => verdict))).toEqual(new Set(["pulls"]));
  expect(warnings).toEqual([]);
});

test("reads the newest tag when the login may list tags", async () => {
  const registry = openRegistry(world.options());

  expect(await registry.anyTag("myregistry.azurecr.io", "team/app", lister)).toBe("2");
  expect(await registry.anyTag("myregistry.azurecr.io", "team/app", puller)).toBeUndefined();
  expect(await registry.anyTag("myregistry.azurecr.io", "team/none", lister)).toBeUndefined();
});

test("tells a repository that does not exist from one that the login may not list", async () => {
  const registry = openRegistry(world.options());
  const content = (name: string, login: Login) => registry.contentOf("myregistry.azurecr.io", name, login);

  expect(await content("team/app", lister)).toEqual(["2", "1"]);
  expect(await content("team/none", lister)).toBe("missing");
  expect(await content("team/app", puller)).toBe("unknown");
  expect(await registry.repositories("myregistry.azurecr.io", puller)).toEqual([]);
});

test("prints neither password nor token with -v=9", async () => {
  await prove("myregistry.azurecr.io/team/app:1", puller);
  const printed = world.traced.join("\n");

  expect(printed).toMatch(/GET https:\/\/myregistry\.azurecr\.io\/v2\/team\/app\/manifests\/1 401 in \d+ milliseconds/);
  expect(printed).toContain('"access_token":"***"');
  expect(printed).not.toContain(puller.password.reveal());
  expect(printed).not.toContain(Buffer.from(`puller:${puller.password.reveal()}`).toString("base64"));
});

const amd64 = { os: "linux", architecture: "amd64" } as const;
const deep = (image = "myregistry.azurecr.io/team/app:1") => openRegistry(world.options()).prove(parseImage(image), puller, [amd64]);

test.for([
  { dataEndpointEnabled: false, data: "eastusmanaged1.blob.core.windows.net" },
  { dataEndpointEnabled: true, data: "myregistry.eastus.data.azurecr.io" },
])("follows the redirect of a layer to $data without the login", async ({ dataEndpointEnabled, data }) => {
  Object.assign(world.azure.world.registries[0] ?? {}, { dataEndpointEnabled });

  expect(await deep()).toEqual({
    verdict: "pulls",
    message: 'user "puller" can pull myregistry.azurecr.io/team/app:1',
    hosts: [
      { host: "myregistry.azurecr.io", purpose: "token, manifests" },
      { host: data, purpose: "layers" },
    ],
  });
  // The storage answers 400 to a request with a login
  const statuses = world.azure.calls.list().flatMap(({ host, status }) => (host === data ? [status] : []));
  expect(statuses).toEqual([206, 206]);
});

test.for([
  { what: "denies the layer", fault: { kind: "status", status: 403 }, says: /which denied it \(403 Forbidden\)$/ },
  {
    what: "drops the connection",
    fault: { kind: "drop" },
    says: / to myregistry\.eastus\.data\.azurecr\.io: the connection to .* was interrupted/,
  },
] as const)("reports the data endpoint when it $what", async ({ fault, says }) => {
  world.azure.faults.add({ ...fault, host: /\.data\.azurecr\.io$/, path: /^/ });

  expect(await deep()).toMatchObject({ verdict: "data-blocked", message: expect.stringMatching(says) });
});

test("fetches the manifest of each platform from an index that crane pushed", { timeout: 60_000 }, async () => {
  const image = "myregistry.azurecr.io/team/app";
  const { program } = await binaries({ need: clientPrograms });
  const pusher = await world.azure.addServicePrincipal("pusher", ["AcrPush"]);
  const folder = await guardedFolder("acr-secret-index-");
  onTestFinished(folder.remove);
  const env = { ...world.azure.env, HOME: folder.path, DOCKER_CONFIG: folder.path };
  const crane = (...args: string[]) => promisify(execFile)(program("crane"), args, { env });
  await crane("auth", "login", "myregistry.azurecr.io", "-u", pusher.clientId, "-p", pusher.clientSecret);
  await crane("mutate", `${image}:1`, "--set-platform", "linux/arm64", "-t", `${image}:arm64`);
  await crane("index", "append", "-m", `${image}:1`, "-m", `${image}:arm64`, "-t", `${image}:both`);
  const registry = openRegistry(world.options());
  const proved = (...architectures: string[]) =>
    registry.prove(
      parseImage(`${image}:both`),
      puller,
      architectures.map((architecture) => ({ os: "linux", architecture })),
    );
  world.azure.calls.reset();

  expect(await proved("amd64", "arm64")).toMatchObject({ verdict: "pulls", hosts: [{}, { purpose: "layers" }] });
  expect(world.azure.calls.dataPlane().filter(({ verdict }) => verdict === "found")).toHaveLength(3);
  expect(await proved("s390x")).toMatchObject({ verdict: "other-platform", message: `${image}:both has no manifest for linux/s390x` });
});
