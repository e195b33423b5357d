import { expect, test } from "vitest";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { demo, line } from "../../support/demo.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { type Run, type } from "../../support/in-process.ts";

const host = "myregistry.azurecr.io";
const user = "00000000-0000-0000-0000-000000000000";
const minute = 60_000;

/** Runs `create` this many minutes after the first run. */
function create(world: FakeWorld, minutes = 0, words = ""): Promise<Run> {
  const now = new Date(Date.UTC(2026, 0, 1) + minutes * minute);
  world.azure.entra.now = now;
  world.asking.forget();
  return type(`${line} --repository app/web --entra ${words}`, world.ports, { now: () => now });
}

const asked = ({ asking }: FakeWorld, call: string) => asking.all.filter((text) => text.startsWith(call)).length;
const noteOf = ({ cluster }: FakeWorld) =>
  JSON.parse(cluster.get("secret", "demo", "acr-myregistry")?.metadata.annotations?.["acr-secret/logins"] ?? "[]");

const made = "secret/acr-myregistry created\nserviceaccount/default patched\npod/web-1 restarted\n";
const told = (until: string) =>
  `Warning: secret/acr-myregistry dies at ${until}: until then whoever reads it may do at ${host} what jane@example.com may\n`;

test("one's own token is taken, told when it dies, and kept by a second run", async () => {
  const world = demo();

  expect(await create(world)).toEqual({ stdout: made, stderr: told("2026-01-01T03:00:00Z"), code: 0 });
  expect(world.loginIn("demo")).toMatchObject({ username: user, password: expect.stringMatching(/^h\./) });
  expect(noteOf(world)).toEqual([
    {
      hosts: [host],
      kind: "entra",
      identity: user,
      slot: "0",
      madeAt: "2026-01-01T00:00:00Z",
      expiresAt: "2026-01-01T03:00:00Z",
      by: "jane@example.com",
    },
  ]);
  expect(world.asking.writes.filter((text) => !text.includes("demo/"))).toEqual([]);

  expect(await create(world, 80)).toEqual({
    stdout: "secret/acr-myregistry unchanged\nserviceaccount/default unchanged\n",
    stderr: "Warning: secret/acr-myregistry dies at 2026-01-01T03:00:00Z\n",
    code: 0,
  });
  expect([asked(world, "entraToken"), asked(world, "exchange"), world.asking.writes]).toEqual([1, 1, []]);
});

test("with half of its life gone it is made anew, and the same once it is refused or dead", async () => {
  const world = demo();
  await create(world);

  for (const [minutes, until] of [
    [90, "2026-01-01T04:30:00Z"],
    [600, "2026-01-01T13:00:00Z"],
  ] as const) {
    expect(await create(world, minutes)).toMatchObject({
      stdout: "secret/acr-myregistry configured\nserviceaccount/default unchanged\n",
      stderr: told(until),
    });
  }
  world.azure.entra.alive.clear();
  expect(await create(world, 610)).toMatchObject({ stdout: expect.stringContaining("secret/acr-myregistry configured\n") });
  expect(world.azure.entra.alive.has(world.loginIn("demo")?.password ?? "")).toBe(true);
});

test("what the Secret's note says of its end does not count, but what the token says", async () => {
  const world = demo();
  await create(world);
  const secret = world.cluster.get("secret", "demo", "acr-myregistry");
  const note = JSON.stringify([{ ...noteOf(world)[0], expiresAt: "2030-01-01T00:00:00Z" }]);
  Object.assign(secret?.metadata.annotations ?? {}, { "acr-secret/logins": note });

  expect(await create(world, 91)).toMatchObject({ stdout: expect.stringContaining("secret/acr-myregistry configured\n") });
});

test("the login server alone will do: nothing is asked of Azure Resource Manager", async () => {
  const world = demo();

  expect(await type(`create --registry MyRegistry.eastus.geo.azurecr.io --repository app/web --entra -n demo`, world.ports)).toMatchObject({
    stdout: "secret/acr-myregistry created\n",
    code: 0,
  });
  expect(asked(world, "findRegistry")).toBe(0);
  expect(world.loginIn("demo")?.username).toBe(user);
});

test("who cannot see the registry in Azure is told so, and that its login server will do", async () => {
  const world = demo();

  expect(await type("create --registry nobodys --entra -n demo", world.ports)).toMatchObject({
    stderr: `error: nobodys is in no subscription that this Azure identity can read
hint: check the spelling; or name its login server, which takes no right to read the registry in Azure
`,
    code: 1,
  });
});

test("a tenant without an audience for registries gives a token for Azure Resource Manager, where the registry takes it", async () => {
  const world = demo();
  world.azure.entra.audiences = ["management"];

  expect(await create(world)).toMatchObject({ stdout: made, code: 0 });
  expect(world.asking.all.filter((text) => text.startsWith("exchange"))).toEqual(["exchange entra token for management"]);

  world.azure.entra.audiences = [];
  expect(await create(world, 120)).toMatchObject({
    stderr: expect.stringContaining("error: the tenant gives no token of this kind\n"),
    code: 1,
  });
});

test.for<{ why: string; change: (entra: FakeWorld["azure"]["entra"]) => void; says: string }>([
  {
    why: "the registry refuses the identity",
    change: (entra) => {
      entra.refusal = { verdict: "refused", message: 'myregistry.azurecr.io refused user "jane@example.com" (401 Unauthorized)' };
    },
    says: `error: myregistry.azurecr.io refused user "jane@example.com" (401 Unauthorized)
hint: ask an Owner of the registry for the role AcrPull, or where it goes by conditions (ABAC) Container Registry Repository Reader; in another tenant than your own, add --tenant
`,
  },
  {
    why: "the registry does not let this machine in",
    change: (entra) => {
      entra.refusal = { verdict: "blocked", message: "it does not let this machine in" };
    },
    says: "error: it does not let this machine in\n",
  },
  {
    why: "the token is another registry's",
    change: (entra) => Object.assign(entra.claims, { aud: "other.azurecr.io" }),
    says: "gave is no token of its own",
  },
  {
    why: "the token is somebody else's",
    change: (entra) => Object.assign(entra.claims, { iss: "somebody" }),
    says: "gave is no token of its own",
  },
  { why: "the token is dead", change: (entra) => Object.assign(entra, { lifetime: -1 }), says: "no token of its own that still works" },
  {
    why: "the token does not say when it dies",
    change: (entra) => Object.assign(entra.claims, { exp: "soon" }),
    says: "no token of its own",
  },
  {
    why: "the token does not pull",
    change: ({ alive }) => Object.assign(alive, { has: () => false }),
    says: "the credential does not pull",
  },
])("where $why nothing is written", async ({ change, says }) => {
  const world = demo();
  change(world.azure.entra);

  expect(await create(world)).toMatchObject({ stdout: "", stderr: expect.stringContaining(says), code: 1 });
  expect(world.asking.writes).toEqual([]);
});

test("a token that still pulls of another kind does not go unasked", async () => {
  const world = demo();
  await type(line, world.ports);

  expect(await create(world)).toMatchObject({ stderr: expect.stringContaining('holds the credential of "demo-acr-myregistry-'), code: 1 });
  expect(world.asking.writes).toEqual([]);
  expect(await create(world, 0, "--force")).toMatchObject({ code: 0 });
});

test("many namespaces share one token, and nobody has to say how many there are to be", async () => {
  const world = demo();
  addNamespaces(world.cluster, "other");

  expect(await type("create --registry myregistry --repository app/web --namespaces demo,other --entra", world.ports)).toMatchObject({
    stdout: "secret/acr-myregistry created in namespace demo\nsecret/acr-myregistry created in namespace other\n",
    code: 0,
  });
  expect(world.loginIn("demo")).toEqual(world.loginIn("other"));
  expect(asked(world, "exchange")).toBe(1);
});

/** Creates Secrets with another identity's token. */
async function heldByAnn(...namespaces: string[]) {
  const world = demo();
  addNamespaces(world.cluster, ...namespaces);
  world.azure.entra.claims["sub"] = "ann";
  for (const namespace of namespaces) await type(`create --registry myregistry --repository app/web -n ${namespace} --entra`, world.ports);
  delete world.azure.entra.claims["sub"];
  world.asking.forget();
  return world;
}

test.for([
  { why: "one namespace holds it", namespaces: ["t1"] },
  { why: "most namespaces hold it", namespaces: ["t1", "t2", "t3"] },
])("copies no token of another identity to other namespaces when $why", async ({ namespaces }) => {
  const world = await heldByAnn(...namespaces);
  const before = namespaces.map((name) => world.loginIn(name));

  const { stderr, code } = await type("create --registry myregistry --repository app/web -A --entra --credential-per=scope", world.ports);

  expect(code).toBe(1);
  for (const name of namespaces)
    expect(stderr).toContain(
      `secret "acr-myregistry" in namespace "${name}" holds a working token of another Azure identity ("jane@example.com")`,
    );
  expect(namespaces.map((name) => world.loginIn(name))).toEqual(before);
  expect(new Sensitive(world.loginIn("demo")?.password ?? "").claims?.subject).toBe("o-1");
});

test("keeps its own token when another namespace holds one of another identity", async () => {
  const world = await heldByAnn("t1", "t2");
  await create(world);
  const own = world.loginIn("demo");

  await type("create --registry myregistry --repository app/web --namespaces demo,t1,t2 --entra --credential-per=scope", world.ports);

  expect(world.loginIn("demo")).toEqual(own);
});

test("refuses to replace a working token of another identity without --force", async () => {
  const world = await heldByAnn("t1");
  const one = "create --registry myregistry --repository app/web -n t1 --entra";

  expect(await type(one, world.ports)).toMatchObject({
    stderr: expect.stringContaining("working token of another Azure identity"),
    code: 1,
  });
  expect(world.asking.writes).toEqual([]);
  expect(await type(`${one} --force`, world.ports)).toMatchObject({ code: 0 });
  expect(new Sensitive(world.loginIn("t1")?.password ?? "").claims?.subject).toBe("o-1");
});

test.for([
  { why: "it has expired", hours: 4, dies: false },
  { why: "the registry refuses it", hours: 0, dies: true },
])("replaces a token of another identity when $why", async ({ hours, dies }) => {
  const world = await heldByAnn("t1");
  if (dies) world.azure.entra.alive.clear();
  const now = new Date(Date.UTC(2026, 0, 1, hours));
  world.azure.entra.now = now;

  const { code } = await type("create --registry myregistry --repository app/web -n t1 --entra", world.ports, { now: () => now });

  expect(code).toBe(0);
  expect(new Sensitive(world.loginIn("t1")?.password ?? "").claims?.subject).toBe("o-1");
});

test("a registry that cannot be asked is told of a token that is kept", async () => {
  const world = demo();
  await create(world);
  world.asking.around(async ({ call }, next) => (call === "prove" ? { verdict: "unreachable", message: "the network is down" } : next()));

  expect(await create(world, 1)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry unchanged\n"),
    stderr: expect.stringContaining("Warning: secret/acr-myregistry keeps its token, which was not tried: the network is down\n"),
  });
  expect(await create(world, 2, "--verify=false")).toMatchObject({ stdout: expect.stringContaining("secret/acr-myregistry unchanged\n") });
});

test.for(["--acr-token ci-pull", "--admin", "--username ci", "--from-docker-config f", "--expires-in 1h", "--scope-map m"])(
  "--entra and %s exclude each other",
  async (other) => {
    const world = demo();
    const [flag] = other.slice(2).split(" ");

    expect(await create(world, 0, other)).toMatchObject({
      stderr: expect.stringContaining(`[${["entra", flag].sort().join(" ")}] were all set`),
      code: 1,
    });
    expect(world.asking.all).toEqual([]);
  },
);
