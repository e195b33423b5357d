import { afterEach, expect, test } from "vitest";
import { until } from "../../support/until.ts";
import { asOwner } from "./as-owner.ts";
import { audiences, openTestAzure, registryId } from "./world.ts";

const azure = await openTestAzure();
const { arm, pulls, follow, makeToken } = asOwner(azure);

afterEach(() => {
  azure.faults.reset();
  azure.world.longRunning = { polls: 0, milliseconds: 0, retryAfter: 10, repeatedPut: "operation" };
});

const tokenId = (name: string) => `${registryId}/tokens/${name}`;

test("starts nothing at a second PUT when the specification leaves it open", async () => {
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

test("signs the URL of an operation again at each request", async () => {
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

test("polls a deletion outside its registry, at the newest Location only, with its own right", async () => {
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
});

test("ends a long operation after its time, however often it is polled", async () => {
  azure.world.longRunning.milliseconds = 300;
  const { headers } = await arm("PUT", "/tokens/timedtoken", pulls);
  expect((await follow(headers["azure-asyncoperation"])).json.status).toBe("Creating");
  await until(async () => (await follow(headers["azure-asyncoperation"])).json.status === "Succeeded");
  await arm("DELETE", "/tokens/timedtoken");
  expect(azure.world.registries[0]?.tokens.some(({ name }) => name === "timedtoken")).toBe(true);
  await until(() => azure.world.registries[0]?.tokens.every(({ name }) => name !== "timedtoken") ?? false);
});

test("returns credentials by polling when a fault says so", async () => {
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
