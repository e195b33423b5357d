import { afterEach, expect, test, vi } from "vitest";
import { openAzure } from "../../src/azure/azure.ts";
import { Busy } from "../../src/errors.ts";
import { signedIn, startTestWorld } from "./world.ts";

// Waits for Azure's long-running operations with the recorded timing: `Retry-After: 10`, and completion after a second.

const world = startTestWorld();
const actions = ["repositories/team/app/content/read"];
const tempo = (change: Partial<(typeof world.azure.world)["longRunning"]>) => Object.assign(world.azure.world.longRunning, change);
afterEach(() => void tempo({ polls: 0, retryAfter: 10, repeatedPut: "operation" }));

async function opened(change = {}) {
  const azure = openAzure(world.options(change));
  return { azure, registry: await azure.findRegistry("myregistry") };
}

async function made(name: string, change = {}) {
  const { azure, registry } = await opened(change);
  const map = await azure.putScopeMap(registry, { name, description: "", actions });
  return { azure, registry, map, token: await azure.putToken(registry, { name, scopeMapId: map.id }) };
}

const tokensAndMaps = () =>
  world.azure.world.registries.flatMap(({ tokens, scopeMaps }) => [...tokens, ...scopeMaps].map(({ name }) => name));
const polls = (path: RegExp) => world.azure.calls.list().filter((call) => call.method === "GET" && path.test(call.path));
const refused = { error: { code: "Whatever", message: "Not now." } };
const denied = { error: { code: "AuthorizationFailed", message: "The client does not have authorization." } };

test("polls after a second, whatever Azure says", async () => {
  const { azure, registry } = await made("quick");
  await azure.generatePassword(registry, { token: "quick", slot: "password1" });
  expect(world.slept).toEqual([1000]); // for the token; a scope map and a password are created at once

  world.slept.length = 0;
  await azure.putScopeMap(registry, { name: "quick", description: "", actions: [...actions, "repositories/team/other/content/read"] });
  await azure.deleteToken(registry, "quick");
  await azure.deleteScopeMap(registry, "quick");
  expect(world.slept).toEqual([1000, 1000, 1000]);
});

test("polls as Azure says after that", async () => {
  tempo({ polls: 3, retryAfter: 7 });
  const { token } = await made("patient");

  expect(world.slept).toEqual([1000, 7000, 7000, 7000]);
  expect(token.name).toBe("patient");
});

test("polls once after the shortest pause when an operation ends at once", async () => {
  tempo({ retryAfter: 0 });
  await made("hasty");

  expect(world.slept).toEqual([250]);
});

test("reports a timeout after 45 seconds when a token is not created", async () => {
  tempo({ polls: 1000, retryAfter: 60 });

  await expect(made("never")).rejects.toMatchObject({
    kind: "timeout",
    message: "cannot write token never: Azure has not finished after 45 seconds",
  });
  expect(world.slept.reduce((sum, pause) => sum + pause, 0)).toBe(45_000);
});

test("polls a deletion at the newest Location until it ends", async () => {
  const { azure, registry } = await made("followed");
  tempo({ polls: 2 });
  world.azure.calls.reset();

  await azure.deleteToken(registry, "followed");

  const looks = polls(/\/locations\/EASTUS\/operationResults\//);
  await vi.waitFor(() => expect(looks.map(({ status }) => status)).toEqual([202, 202, 200]));
  expect(new Set(looks.map(({ path }) => path)).size).toBe(3);
  expect(polls(/\/tokens\/followed/)).toEqual([]);
});

test("reads the object when the operation of a deletion may not be read", async () => {
  const { env } = await signedIn(world, [{ role: "Contributor", registry: "myregistry" }]);
  const { azure, registry } = await made("inside", { env });
  tempo({ polls: 2 });

  await azure.deleteToken(registry, "inside");
  await azure.deleteScopeMap(registry, "inside");

  await vi.waitFor(() => expect(polls(/operationResults/).map(({ status }) => status)).toEqual([403, 403]));
  expect(tokensAndMaps()).not.toContain("inside");
});

test("succeeds at a deletion when Azure has forgotten its operation", async () => {
  const { azure, registry } = await made("forgotten");
  world.azure.faults.add({ kind: "status", status: 404, path: /operationResults/, body: { error: { code: "NotFound", message: "gone" } } });

  await azure.deleteToken(registry, "forgotten");

  expect(await azure.token(registry, "forgotten")).toBeUndefined();
});

test("reports a deletion when its end cannot be read", async () => {
  const { azure, registry } = await made("unseen");
  world.azure.faults.add({ kind: "status", status: 403, path: /operationResults/, body: denied });
  world.azure.faults.add({ kind: "status", status: 403, method: "GET", path: /tokens\/unseen\?/, body: denied });

  await expect(azure.deleteToken(registry, "unseen")).rejects.toMatchObject({
    kind: "forbidden",
    message: expect.stringMatching(/^cannot delete token unseen: /),
  });
});

test.for([
  { status: 403, kind: "forbidden" },
  { status: 404, kind: "notFound" },
])("reports a token that answers $status after its creation", async ({ status, kind }) => {
  const { azure, registry, map } = await made(`vanished${status}`);
  world.azure.faults.add({ kind: "status", status, method: "GET", path: /tokens\/vanished\d+\?/, body: refused });

  await expect(azure.putToken(registry, { name: `vanished${status}`, scopeMapId: map.id })).rejects.toMatchObject({
    kind,
    message: expect.stringMatching(
      new RegExp(`^cannot write token vanished${status}: Azure returned HTTP [0-9]+\n\\* Not now\n\\* correlation ID: [0-9a-f-]{36}$`),
    ),
  });
});

test.for(["", "null", "[]", '{"error":{"code":"x"}}', '{"properties":{}}', "<html>"])(
  "rejects a response that is not a token: %s",
  async (text) => {
    const { azure, registry } = await opened();
    world.azure.faults.add({ kind: "status", status: 200, method: "GET", path: /tokens\/odd/, body: Buffer.from(text) });

    await expect(azure.token(registry, "oddtoken")).rejects.toMatchObject({
      kind: "unreachable",
      message: expect.stringMatching(
        /^cannot read token oddtoken: (?:the response is not from Azure|the response of Azure lacks a field)$/,
      ),
    });
  },
);

test.for(["Failed", "Canceled"])("prints Azure's words and the correlation ID when an operation ends as %s", async (status) => {
  const { registry, azure, map } = await made(`ended${status}`);
  const body = { status, error: { code: "Whatever", message: "The replica\nis on fire." } };
  world.azure.faults.add({ kind: "status", status: 200, path: /operationStatuses/, body });

  await expect(azure.putToken(registry, { name: `ended${status}`, scopeMapId: map.id })).rejects.toMatchObject({
    kind: "invalid",
    message: expect.stringMatching(
      new RegExp(
        `^cannot write token ended${status}: the operation (?:failed|was canceled)\n\\* The replica is on fire\n\\* correlation ID: [0-9a-f-]{36}$`,
      ),
    ),
  });
});

test("sends the PUT of a scope map again when its response is lost, also half of it", async () => {
  for (const half of [false, true]) {
    const name = half ? "halved" : "unheard";
    world.azure.faults.add({ kind: "lose", half, method: "PUT", path: /scopeMaps\/(halved|unheard)/, times: 1 });
    expect((await made(name)).token.name).toBe(name);
  }
});

test("sends the PUT of a token once when its response is lost, because a second one deletes passwords", async () => {
  world.azure.faults.add({ kind: "lose", half: true, method: "PUT", path: /tokens\/onlyonce\?/, times: 1 });
  world.azure.calls.reset();

  await expect(made("onlyonce")).rejects.toMatchObject({ kind: "unreachable" });
  expect(world.azure.calls.count("PUT", /tokens\/onlyonce\?/)).toBe(1);
});

test("does not generate a password again when its response is lost", async () => {
  const { azure, registry } = await made("lostpassword");
  world.azure.faults.add({ kind: "lose", half: true, method: "POST", path: /generateCredentials/ });
  world.azure.calls.reset();

  await expect(azure.generatePassword(registry, { token: "lostpassword", slot: "password1" })).rejects.toMatchObject({
    kind: "unreachable",
    message: expect.stringMatching(/^cannot reach Azure: the connection to /),
  });
  expect(world.azure.calls.count("POST", /generateCredentials/)).toBe(1);
});

test("sends generateCredentials once while another run creates the token", async () => {
  tempo({ polls: 3 });
  const stop = world.azure.faults.add({ kind: "status", status: 403, path: /operationStatuses/, body: denied });
  await expect(made("shared-token")).rejects.toMatchObject({ kind: "forbidden" });
  stop();
  world.slept.length = 0;
  const { azure, registry } = await opened();

  await expect(azure.generatePassword(registry, { token: "shared-token", slot: "password1" })).rejects.toThrow(Busy);
  expect(world.slept).toEqual([]);
});

test("reports another conflict at once", async () => {
  const { azure, registry } = await made("conflict");
  world.azure.faults.add({ kind: "status", status: 409, path: /generateCredentials/, body: { error: { code: "Other", message: "No." } } });
  world.slept.length = 0;

  await expect(azure.generatePassword(registry, { token: "conflict", slot: "password1" })).rejects.toMatchObject({ kind: "conflict" });
  expect(world.slept).toEqual([]);
});

test("polls passwords at the newest Location", async () => {
  const { azure, registry } = await made("polled");
  tempo({ polls: 2, retryAfter: 3 });
  world.azure.faults.add({ kind: "credentialsByPolling" });
  world.slept.length = 0;

  const { password } = await azure.generatePassword(registry, { token: "polled", slot: "password1" });

  expect(password.reveal()).toMatch(/^[A-Za-z0-9]{84}$/);
  expect(world.slept).toEqual([1000, 3000, 3000]);
});

test("limits the requests to subscriptions when a name is mistyped", async () => {
  const { azure } = await opened();
  const owner = world.azure.world.roleAssignments.find(({ scope }) => scope === `/subscriptions/${world.azure.world.subscriptionId}`);
  if (!owner) throw new Error("the sandbox's owner owns nothing");
  const ids = Array.from({ length: 30 }, (_, index) => `33333333-3333-3333-3333-3333333333${10 + index}`);
  for (const id of ids) {
    world.azure.world.subscriptions.push({ id, name: id, tenantId: world.azure.world.tenantId, resourceGroups: [] });
    world.azure.world.roleAssignments.push({ ...owner, name: id, scope: `/subscriptions/${id}` });
  }
  world.azure.faults.add({ kind: "slow", path: /\/registries\?/, milliseconds: 30 });
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, polls(/\/registries\?/).filter(({ status }) => status === 0).length);
  }, 5);

  await expect(azure.findRegistry("nosuchregistry")).rejects.toMatchObject({ kind: "notFound" });

  clearInterval(watch);
  expect(polls(/\/registries\?/).length).toBeGreaterThanOrEqual(30);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(8);
});
