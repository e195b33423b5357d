import { expect, test } from "vitest";
import { demo } from "../../support/demo.ts";
import { addNamespaces } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { acrPull, byId, byName, byOwn, made, noteOf, own, standing, withOthers } from "../../support/service-principal.ts";

const key = "acr-secret: secret acr-myregistry in namespace demo";

test("application, service principal, role and password are made, and a second run mints nothing", async () => {
  const world = demo();

  expect(await type(byOwn, world.ports)).toEqual({ stdout: made(own), stderr: "", code: 0 });
  expect(standing(world)).toEqual({ applications: [`${own}: ${key}`], principals: 1, roles: 1, secret: "alive" });
  const [application] = world.azure.directory.applications;
  expect(application).toMatchObject({ notes: "kubectl acr-secret: secret acr-myregistry in namespace demo" });
  expect(world.azure.directory.assignments).toMatchObject([{ role: acrPull, condition: undefined }]);
  expect(world.loginIn("demo")?.username).toBe(application?.appId);
  expect(noteOf(world)).toEqual({
    hosts: ["myregistry.azurecr.io"],
    kind: "service-principal",
    identity: application?.appId,
    slot: application?.keys[0]?.slot,
    madeAt: "2026-01-01T00:00:00Z",
    expiresAt: "2028-01-01T00:00:00Z",
    by: "jane@example.com",
  });

  world.asking.forget();
  expect(await type(byOwn, world.ports)).toEqual({
    stdout: `roleassignment.management.azure.com/${own} unchanged
application.graph.microsoft.com/${own} unchanged
secret/acr-myregistry unchanged
serviceaccount/default unchanged
`,
    stderr: "",
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
});

test("where the application is there a password is added, and those of others stay", async () => {
  const { world, appId } = withOthers();

  expect(await type(byName, world.ports)).toMatchObject({
    stdout: expect.stringMatching(
      /^roleassignment\S+ unchanged\napplication.graph.microsoft.com\/ci configured\nsecret\/acr-myregistry created\n/,
    ),
    stderr: `Warning: application "ci" already exists (${appId}) and gets one more password\n`,
    code: 0,
  });
  expect(standing(world)).toEqual({ applications: [`ci: of others, ${key}`], principals: 1, roles: 1, secret: "alive" });
  expect(world.loginIn("demo")?.username).toBe(appId);
  expect(world.asking.writes.filter((call) => !call.includes("demo"))).toEqual([expect.stringMatching(/^addKey /)]);
});

test("by its id it is found too, and its service principal and role are made where they are not there", async () => {
  const { world, appId } = withOthers({ principal: false, role: false });

  expect(await type(byId(appId.toUpperCase()), world.ports)).toMatchObject({
    stdout: expect.stringContaining(
      "serviceprincipal.graph.microsoft.com/ci created\nroleassignment.management.azure.com/ci created (+*)\n",
    ),
    code: 0,
  });
  expect(standing(world)).toMatchObject({ applications: [`ci: of others, ${key}`], principals: 1, roles: 1, secret: "alive" });
});

test("a name that stands for several applications is refused with their ids", async () => {
  const { world, appId } = withOthers();
  const other = world.azure.directory.put("ci");

  expect(await type(byName, world.ports)).toEqual({
    stdout: "",
    stderr: `error: 2 applications are called "ci": ${appId}, ${other}\nhint: name one by its id: --service-principal=APPID\n`,
    code: 1,
  });
  expect(world.asking.writes).toEqual([]);
});

test.for([
  { flags: "--service-principal=44444444-4444-4444-4444-444444444444", says: "error: no application of the tenant has the id 44444444-" },
  { flags: "--service-principal=it's", says: 'error: invalid --service-principal "it\'s": ' },
  { flags: "--service-principal=", says: "it is empty" },
  { flags: "--service-principal=ci --acr-token x", says: "[acr-token service-principal] were all set" },
  { flags: "--service-principal --admin", says: "[admin service-principal] were all set" },
  { flags: "--service-principal --wait soon", says: 'error: invalid --wait "soon": a duration, such as 30s or 3m' },
  {
    flags: "--service-principal=ci --credential-per=namespace",
    says: "error: --service-principal=ci names one application, so it cannot be combined with --credential-per=namespace",
  },
])("$flags is refused: $says", async ({ flags, says }) => {
  const { world } = withOthers();

  expect(await type(`${byOwn.replace(" --service-principal", "")} ${flags}`, world.ports)).toMatchObject({
    stdout: "",
    stderr: expect.stringContaining(says),
    code: 1,
  });
  expect(world.asking.writes).toEqual([]);
});

test("a service principal that somebody disabled is told with the command that enables it", async () => {
  const { world, appId } = withOthers();
  Object.assign(world.azure.directory.principals[0] ?? {}, { enabled: false });

  expect(await type(byName, world.ports)).toMatchObject({
    stderr: `error: the service principal "ci" is disabled\nhint: az ad sp update --id ${appId} --set accountEnabled=true\n`,
    code: 1,
  });
});

test("a lifetime goes with the password, and is kept when it has to be made anew", async () => {
  const { world } = withOthers();

  await type(`${byName} --expires-in 90d`, world.ports);
  expect(noteOf(world)).toMatchObject({ expiresAt: "2026-04-01T00:00:00Z" });

  const [application] = world.azure.directory.applications;
  const lost = application?.keys.at(-1);
  Object.assign(lost ?? {}, { text: "somebody took it away" });
  expect(await type(byName, world.ports, { now: () => new Date("2026-02-01T00:00:00Z") })).toMatchObject({
    stdout: expect.stringContaining("application.graph.microsoft.com/ci configured\nsecret/acr-myregistry configured\n"),
    code: 0,
  });
  expect(noteOf(world)).toMatchObject({ expiresAt: "2026-05-02T00:00:00Z" });
  expect(application?.keys.map(({ displayName }) => displayName)).toEqual(["of others", key, key]);
});

test("a password that lasts longer than was asked for now is kept and told", async () => {
  const { world } = withOthers();
  await type(byName, world.ports);
  world.asking.forget();

  expect(await type(`${byName} --expires-in 1h`, world.ports)).toMatchObject({
    stderr: expect.stringContaining("keeps its password, which works until 2028-01-01T00:00:00Z: --expires-in is for a new one"),
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
});

test("an application that only the Secret's note names gets neither a password nor a role", async () => {
  const { world } = withOthers();
  await type(byName, world.ports);
  world.asking.forget();

  // It still pulls, so it is kept.
  expect(await type(byOwn, world.ports)).toMatchObject({ stdout: expect.stringContaining("secret/acr-myregistry unchanged\n"), code: 0 });
  expect(world.asking.writes).toEqual([]);

  for (const one of world.azure.directory.applications) Object.assign(one.keys.at(-1) ?? {}, { text: "gone" });
  expect(await type(byOwn, world.ports)).toMatchObject({
    stdout: expect.stringContaining(`application.graph.microsoft.com/${own} created\n`),
    code: 0,
  });
  expect(standing(world).applications).toEqual([`ci: of others, ${key}`, `${own}: ${key}`]);
});

test("another kind of credential that pulls does not go unasked", async () => {
  const world = demo();
  await type(byOwn.replace(" --service-principal", ""), world.ports);
  world.asking.forget();

  expect(await type(byOwn, world.ports)).toMatchObject({ stderr: expect.stringContaining("holds the credential of"), code: 1 });
  expect(standing(world)).toMatchObject({ applications: [], principals: 0, roles: 0, secret: "alive" });
});

test("many namespaces share one", async () => {
  const { world } = withOthers();

  expect(await type("create --registry myregistry --service-principal ci -A --credential-per=scope", world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry created"),
    code: 0,
  });
  expect(standing(world)).toMatchObject({
    applications: ["ci: of others, acr-secret: secret acr-myregistry in many namespaces"],
    secret: "alive",
  });
});

test("for many namespaces it has to be said how many are made", async () => {
  const world = demo();
  addNamespaces(world.cluster, "shop", "kube-system");

  expect(await type("create --registry myregistry --service-principal -A", world.ports)).toMatchObject({
    stderr: expect.stringContaining(
      "hint: --credential-per=scope: one service principal whose repositories every one of these namespaces could pull; " +
        "--credential-per=namespace: 2 service principals\n",
    ),
    code: 1,
  });
  expect(standing(world).applications).toEqual([]);

  expect(await type("create --registry myregistry --service-principal -A --credential-per=namespace", world.ports)).toMatchObject({
    code: 0,
  });
  expect(standing(world)).toMatchObject({
    applications: [expect.stringMatching(/^demo-acr-/), expect.stringMatching(/^shop-acr-/)],
    principals: 2,
    roles: 2,
  });
});
