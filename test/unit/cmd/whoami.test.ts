import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const forbidden = () => new CliError("forbidden", "no");

test("prints the identity, the registry's settings and the credentials that may be created", async () => {
  const world = fakeWorld();
  world.azure.permissions.splice(0, 1, { actions: ["*/read"], notActions: [] });
  world.azure.putToken("ci-pull", ["password1"]);

  expect(await type("whoami --registry https://myregistry.azurecr.io/", world.ports)).toEqual({
    stdout: `Identity:     jane@example.com (user, object o-1)
Tenant:       t-1
Sign-in:      the Azure CLI (az)
Subscription: <none>
Registry:     myregistry.azurecr.io (Premium), open to all networks
Rights:       roles apply to the whole registry, and AcrPull allows pulling
Admin user:   off
Entra tokens: accepted if issued for registries or for Azure Resource Manager
ACR tokens:   1 of 50000

CREDENTIAL          FLAG                       AVAILABLE   MISSING
acr-token           --acr-token, the default   no          Microsoft.ContainerRegistry/registries/scopeMaps/write
service-principal   --service-principal        no          Microsoft.Authorization/roleAssignments/write
admin               --admin                    no          the admin user is disabled
entra               --entra                    yes         <none>
`,
    stderr: "",
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
});

test.for([
  { has: 89, warns: "" },
  {
    has: 90,
    warns:
      "Warning: registry myregistry has 90 of 100 ACR tokens, the limit of tier Basic; to list leftovers:\n  " +
      "kubectl acr-secret prune --registry myregistry --auth az\n",
  },
])("warns about the quota when the registry has $has of 100 tokens: $warns", async ({ has, warns }) => {
  const world = fakeWorld({ sku: "Basic" });
  for (let at = 0; at < has; at++) world.azure.putToken(`token-${at}`, []);

  expect(await type("whoami --registry myregistry --auth az", world.ports)).toMatchObject({ stderr: warns, code: 0 });
  expect(await type("whoami --registry myregistry --auth az -o json", world.ports)).toMatchObject({ stderr: warns, code: 0 });
});

test("prints unknown for what may not be read, and the rest", async () => {
  const world = fakeWorld();
  world.asking.around(refusing(is("permissions"), forbidden));
  world.asking.around(refusing(is("tokenCount"), forbidden));

  const { stdout, code } = await type("whoami --registry myregistry -o json", world.ports);

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    apiVersion: "acr-secret/v1",
    kind: "Identity",
    identity: { type: "user", name: "jane@example.com", auth: "az" },
    registry: { loginServer: "myregistry.azurecr.io", mode: "legacy", tokensAllowed: 50_000 },
    credentials: [
      { credential: "acr-token", may: "unknown", unchecked: "the identity's permissions on the registry" },
      { credential: "service-principal", may: "unknown", unchecked: expect.stringContaining("Application.ReadWrite.OwnedBy") },
      { credential: "admin", flag: "--admin", may: "no", missing: "the admin user is disabled" },
      { credential: "entra", flag: "--entra", may: "unknown" },
    ],
  });
  expect(JSON.parse(stdout).registry).not.toHaveProperty("tokens");
  for (const { may, ...rest } of JSON.parse(stdout).credentials) expect(Object.hasOwn(rest, "missing")).toBe(may === "no");
});

const identity = `Identity:     jane@example.com (user, object o-1)
Tenant:       t-1
Sign-in:      the Azure CLI (az)
`;

test("prints the identity alone without --registry", async () => {
  const world = fakeWorld();

  expect(await type("whoami", world.ports)).toEqual({ stdout: identity, stderr: "", code: 0 });
  expect(JSON.parse((await type("whoami -o json", world.ports)).stdout)).toEqual({
    apiVersion: "acr-secret/v1",
    kind: "Identity",
    identity: { type: "user", name: "jane@example.com", objectId: "o-1", tenant: "t-1", auth: "az" },
  });
  expect(new Set(world.asking.all)).toEqual(new Set(["identity "]));
});

test.for([
  { why: "it is not found", call: undefined, registry: "nobodys" },
  { why: "it may not be read", call: "registryFacts", registry: "myregistry" },
])("prints the identity and exits with 1 when the registry cannot be read: $why", async ({ call, registry }) => {
  const world = fakeWorld();
  if (call) world.asking.around(refusing(is(call), forbidden));

  expect(await type(`whoami --registry ${registry}`, world.ports)).toMatchObject({
    stdout: identity,
    stderr: expect.stringMatching(/^error: /),
    code: 1,
  });
  const { stdout, code } = await type(`whoami --registry ${registry} -o json`, world.ports);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ identity: { name: "jane@example.com" } });
  expect(JSON.parse(stdout)).not.toHaveProperty("registry");
});

test("names a right that cannot be checked as not checked", async () => {
  const { stdout } = await type("whoami --registry myregistry", fakeWorld().ports);

  expect(stdout).toMatch(
    /^service-principal +--service-principal +unknown +not checked: Microsoft Graph: Application\.ReadWrite\.OwnedBy$/m,
  );
});
