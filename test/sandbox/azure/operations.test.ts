import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { until } from "../until.ts";
import { asOwner } from "./as-owner.ts";
import { audiences, loginServer, registryId, startTestAzure, type TestAzure } from "./world.ts";

let azure: TestAzure;

beforeAll(async () => {
  azure = await startTestAzure();
}, 1_800_000);
afterAll(() => azure.stop());

const { arm, pulls, follow, makeToken, generate } = asOwner(() => azure);

afterEach(() => {
  azure.faults.reset();
  azure.world.longRunning = { polls: 0, milliseconds: 0, retryAfter: 10, repeatedPut: "operation", asksRights: true };
});

const tokenId = (name: string) => `${registryId}/tokens/${name}`;

test("where the specification leaves it open, a second PUT begins nothing", async () => {
  const map = { properties: { actions: [] } };
  await arm("PUT", "/scopeMaps/twice", map);
  await makeToken("twicetoken");
  azure.world.longRunning.repeatedPut = "nothing";

  for (const [path, body] of [
    ["/scopeMaps/twice", map],
    ["/tokens/twicetoken", pulls],
  ] as const) {
    const { status, headers } = await arm("PUT", path, body);
    expect([status, headers["azure-asyncoperation"]]).toEqual([200, undefined]);
  }
});

test("a new token is there when its operation has ended, and not before", async () => {
  azure.world.longRunning.polls = 2;
  const made = await arm("PUT", "/tokens/newtoken", pulls);

  expect(made.status).toBe(201);
  expect(made.json.properties).toEqual({
    creationDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?\+00:00$/),
    provisioningState: "Creating",
    scopeMapId: `${registryId}/scopeMaps/_repositories_pull`,
    status: "enabled",
    credentials: { passwords: [] },
  });
  const early = await arm("POST", "/generateCredentials", { tokenId: tokenId("newtoken") });
  expect([early.status, early.json.error?.code]).toEqual([409, "TokenNotActive"]);
  const operation = made.headers["azure-asyncoperation"];
  const polls = [await follow(operation), await follow(operation), await follow(operation)];
  expect(polls.map(({ status, json }) => [status, json])).toEqual([
    [200, { status: "Creating" }],
    [200, { status: "Succeeded" }],
    [200, { status: "Succeeded" }],
  ]);
  expect((await arm("GET", "/tokens/newtoken")).json.properties).toMatchObject({ provisioningState: "Succeeded" });
  const again = await arm("PUT", "/tokens/newtoken", pulls);
  expect([again.status, again.json.properties?.provisioningState]).toEqual([201, "Updating"]);
});

test("the URL of an operation is signed, and signed anew at each look", async () => {
  azure.world.longRunning.polls = 1;
  const { headers } = await arm("PUT", "/tokens/signed-token", pulls);
  const first = String(headers["azure-asyncoperation"]);

  expect(headers["retry-after"]).toBe("10");
  expect(first).toMatch(
    /\/tokens\/signed-token\/operationStatuses\/token-[0-9a-f]{32}\?api-version=2025-11-01&t=\d{18}&c=[\w-]+&s=[\w-]{342}&h=[\w-]{43}$/,
  );
  const { headers: next } = await follow(first);
  expect(next["retry-after"]).toBe("10");
  expect(next["azure-asyncoperation"]).not.toBe(first);
  for (const name of ["t", "c", "s", "h"]) {
    const changed = new URL(first);
    changed.searchParams.set(name, changed.searchParams.get(name)?.replace(/^./, (letter) => (letter === "1" ? "2" : "1")) ?? "");
    expect((await follow(changed.href)).status).toBe(400);
    changed.searchParams.delete(name);
    expect((await follow(changed.href)).status).toBe(400);
  }
  expect((await follow(first)).json).toEqual({ status: "Succeeded" });
});

test("a deletion is looked at outside of its registry, by the newest Location only, with a right of its own", async () => {
  const { clientId, clientSecret } = await azure.addServicePrincipal("contributor", [{ role: "Contributor", registry: "myregistry" }]);
  const contributor = { ...azure.owner, clientId, clientSecret };
  const asContributor = async (url: unknown) =>
    azure.ask("GET", String(url), { token: await azure.accessToken(contributor, audiences.arm) });
  await makeToken("leaving");
  azure.world.longRunning.polls = 3;
  const { status, text, headers } = await arm("DELETE", "/tokens/leaving");
  const first = String(headers.location);

  expect([status, text, headers["retry-after"]]).toEqual([202, "", "10"]);
  expect(first).toMatch(
    /^https:\/\/management\.azure\.com\/subscriptions\/[0-9a-f-]+\/providers\/Microsoft\.ContainerRegistry\/locations\/EASTUS\/operationResults\/token-[0-9a-f]{32}\?api-version=/,
  );
  const refused = await asContributor(first);
  expect([refused.status, refused.json.error?.code]).toEqual([403, "AuthorizationFailed"]);
  expect(refused.json.error?.message).toContain(
    "'Microsoft.ContainerRegistry/locations/operationResults/read' over scope '/subscriptions/",
  );
  expect((await arm("GET", "/tokens/leaving")).json.properties?.provisioningState).toBe("Deleting");
  expect((await arm("PUT", "/tokens/leaving", pulls)).status).toBe(409);
  const second = await follow(first);
  expect([second.status, second.headers["retry-after"], (await follow(first)).status]).toEqual([202, "10", 404]);
  const ended = await follow(second.headers.location);
  expect([ended.status, ended.text]).toEqual([200, ""]);
  expect((await arm("GET", "/tokens/leaving")).status).toBe(404);

  await makeToken("leaving");
  Object.assign(azure.world.longRunning, { polls: 0, asksRights: false });
  expect((await asContributor((await arm("DELETE", "/tokens/leaving")).headers.location)).status).toBe(200);
});

test("an operation that takes its time ends when that is over, however often it is looked at", async () => {
  azure.world.longRunning.milliseconds = 300;
  const { headers } = await arm("PUT", "/tokens/timedtoken", pulls);
  expect((await follow(headers["azure-asyncoperation"])).json.status).toBe("Creating");
  await until(async () => (await follow(headers["azure-asyncoperation"])).json.status === "Succeeded");
  await arm("DELETE", "/tokens/timedtoken");
  expect(azure.world.registries[0]?.tokens.some(({ name }) => name === "timedtoken")).toBe(true);
  await until(() => azure.world.registries[0]?.tokens.every(({ name }) => name !== "timedtoken") ?? false);
});

test("credentials come at once, and their values once", async () => {
  await makeToken("atonce");

  const made = await arm("POST", "/generateCredentials", {
    tokenId: tokenId("atonce"),
    name: "password1",
    expiry: "2999-01-01T00:00:00.000Z",
  });

  const creationTime = expect.stringMatching(/^\d{4}-.*\+00:00$/);
  const shown = { name: "password1", creationTime, expiry: "2999-01-01T00:00:00+00:00" };
  expect([made.status, made.headers.location, made.headers["azure-asyncoperation"]]).toEqual([200, undefined, undefined]);
  expect(made.json).toEqual({ username: "atonce", passwords: [{ ...shown, value: expect.stringMatching(/^[A-Za-z0-9]{84}$/) }] });
  const { text, json } = await arm("GET", "/tokens/atonce");
  expect(json.properties?.credentials?.passwords).toEqual([{ ...shown, creationTime: made.json.passwords?.[0]?.creationTime }]);
  expect(text).not.toContain(made.json.passwords?.[0]?.value);
});

test("a fault lets credentials come by polling, as the specification allows", async () => {
  await makeToken("slowtoken");
  azure.faults.add({ kind: "credentialsByPolling" });
  azure.world.longRunning = { ...azure.world.longRunning, polls: 1, retryAfter: 1 };
  const begun = await arm("POST", "/generateCredentials", { tokenId: tokenId("slowtoken"), name: "password1" });
  const between = await follow(begun.headers.location);
  const ended = await follow(between.headers.location);

  expect([begun.status, begun.headers["retry-after"], begun.text]).toEqual([202, "1", ""]);
  expect(begun.headers.location).toMatch(/\/registries\/myregistry\/operationStatuses\/registries-[0-9a-f-]{36}\?/);
  expect([between.status, ended.status, (await follow(between.headers.location)).status]).toEqual([202, 200, 404]);
  expect(ended.json).toMatchObject({ username: "slowtoken", passwords: [{ name: "password1" }] });
});

test("passwords of the old kind still open the registry", async () => {
  await makeToken("oldtoken");
  azure.world.passwords = "old";
  const { passwords } = await generate({ tokenId: tokenId("oldtoken"), name: "password1" });
  azure.world.passwords = "new";
  const password = String(passwords?.[0]?.value);

  expect(password).toMatch(/^(?=.*\/)(?=.*\+)(?=.*=)[\w+/=]{32}$/);
  const fields = { grant_type: "password", service: loginServer, scope: "repository:app/web:pull", username: "oldtoken", password };
  expect((await azure.ask("POST", `https://${loginServer}/oauth2/token`, { form: fields })).status).toBe(200);
});
