import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const forbidden = () => new CliError("forbidden", "no");

test("who one is, how the registry is set up, and what may be made for it", async () => {
  const world = fakeWorld();
  world.azure.permissions.splice(0, 1, { actions: ["*/read"], notActions: [] });
  world.azure.putToken("ci-pull", ["password1"]);

  expect(await type("whoami --registry https://myregistry.azurecr.io/", world.ports)).toEqual({
    stdout: `Identity:     jane@example.com (user, object o-1)
Tenant:       t-1
Subscription: <none>
Registry:     myregistry.azurecr.io (Premium), reached from all networks
Rights:       by roles on the whole registry (legacy)
Admin user:   off
Signs in:     with tokens for registries and for Azure Resource Manager
ACR tokens:   1 of 50000

CREDENTIAL          FLAG                       MAY BE MADE   MISSING
acr-token           --acr-token, the default   no            Microsoft.ContainerRegistry/registries/scopeMaps/write
service-principal   --service-principal        no            Microsoft.Authorization/roleAssignments/write
admin               --admin                    no            the admin user is off
entra               --entra                    yes           <none>
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
      "Warning: registry myregistry has 90 of the 100 ACR tokens that Basic has room for; what is left over of them is shown by: " +
      "kubectl acr-secret prune --registry myregistry --auth az\n",
  },
])("of a registry with $has of 100 tokens it warns: $warns", async ({ has, warns }) => {
  const world = fakeWorld({ sku: "Basic" });
  for (let at = 0; at < has; at++) world.azure.putToken(`token-${at}`, []);

  expect(await type("whoami --registry myregistry --auth az", world.ports)).toMatchObject({ stderr: warns, code: 0 });
  expect(await type("whoami --registry myregistry --auth az -o json", world.ports)).toMatchObject({ stderr: warns, code: 0 });
});

test("what may not be read is unknown, and the rest is told", async () => {
  const world = fakeWorld();
  world.asking.around(refusing(is("permissions"), forbidden));
  world.asking.around(refusing(is("tokenCount"), forbidden));

  const { stdout, code } = await type("whoami --registry myregistry -o json", world.ports);

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    apiVersion: "acr-secret/v1",
    kind: "Identity",
    identity: { type: "user", name: "jane@example.com" },
    registry: { loginServer: "myregistry.azurecr.io", mode: "legacy", tokensAllowed: 50_000 },
    credentials: [
      { credential: "acr-token", may: "unknown" },
      { credential: "service-principal", may: "unknown", missing: "Microsoft Graph: Application.ReadWrite.OwnedBy" },
      { credential: "admin", flag: "--admin", may: "no", missing: "the admin user is off" },
      { credential: "entra", flag: "--entra", may: "unknown" },
    ],
  });
  expect(JSON.parse(stdout).registry).not.toHaveProperty("tokens");
});

test("a registry that is not there is Azure's own error, and none is asked for", async () => {
  const world = fakeWorld();

  expect(await type("whoami --registry nobodys", world.ports)).toMatchObject({ stdout: "", code: 1 });
  expect(await type("whoami", world.ports)).toMatchObject({
    stderr: expect.stringContaining('required flag(s) "registry" not set'),
    code: 1,
  });
});
