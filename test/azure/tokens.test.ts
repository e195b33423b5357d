import { expect, test } from "vitest";
import { openAzure } from "../../src/azure/azure.ts";
import type { Sensitive } from "../../src/sensitive.ts";
import { isSameTime } from "../../src/timestamp.ts";
import { signedIn, startTestWorld } from "./world.ts";

const world = startTestWorld();
const actions = ["repositories/team/app/content/read", "repositories/team/app/metadata/read"];

async function made(name: string) {
  const azure = openAzure(world.options());
  const registry = await azure.findRegistry("myregistry");
  const map = await azure.putScopeMap(registry, { name, description: "made by a test", actions });
  const token = await azure.putToken(registry, { name, scopeMapId: map.id });
  return { azure, registry, map, token };
}

test("creates a token with its scope map, and reads both", async () => {
  const { azure, registry, map, token } = await made("written");

  expect(map).toEqual({ id: `${registry.id}/scopeMaps/written`, name: "written", description: "made by a test", actions });
  expect(token).toEqual({ name: "written", scopeMapId: map.id, status: "enabled", passwords: [] });
  expect(await azure.scopeMap(registry, "written")).toEqual(map);
  expect(await azure.token(registry, "written")).toEqual(token);
});

test("reads undefined and deletes without an error when nothing exists", async () => {
  const azure = openAzure(world.options());
  const registry = await azure.findRegistry("myregistry");

  expect(await azure.token(registry, "nothing")).toBeUndefined();
  expect(await azure.scopeMap(registry, "nothing")).toBeUndefined();
  await azure.deleteToken(registry, "nothing");
  await azure.deleteScopeMap(registry, "nothing");
});

test("deletes a token with its scope map", async () => {
  const { azure, registry } = await made("deleted");

  await azure.deleteToken(registry, "deleted");
  await azure.deleteScopeMap(registry, "deleted");

  expect(await azure.token(registry, "deleted")).toBeUndefined();
  expect(await azure.scopeMap(registry, "deleted")).toBeUndefined();
});

const passwordOf = (token: string, slot: "password1" | "password2") =>
  world.azure.world.registries[0]?.tokens.find(({ name }) => name === token)?.passwords[slot];

test("keeps the other slot when one password is generated", async () => {
  const { azure, registry } = await made("slots");
  const first = await azure.generatePassword(registry, { token: "slots", slot: "password1", expiresAt: "2099-01-01T00:00:00Z" });
  const second = await azure.generatePassword(registry, { token: "slots", slot: "password2" });
  const again = await azure.generatePassword(registry, { token: "slots", slot: "password2" });

  expect(passwordOf("slots", "password1")?.value).toBe(first.password.reveal());
  expect(passwordOf("slots", "password2")?.value).toBe(again.password.reveal());
  expect(again.password.reveal()).not.toBe(second.password.reveal());
  expect(Date.parse(first.expiresAt ?? "")).toBe(Date.parse("2099-01-01T00:00:00Z"));
  expect(second.expiresAt).toBeUndefined();
  expect((await azure.token(registry, "slots"))?.passwords.map(({ slot }) => slot).sort()).toEqual(["password1", "password2"]);
});

test("waits while Azure throttles a read", async () => {
  const { azure, registry } = await made("throttled");
  const throttled = { kind: "status", path: /tokens\/throttled/, method: "GET", status: 429, headers: { "Retry-After": "5" } } as const;
  world.azure.faults.add({ ...throttled, times: 2 });
  world.slept.length = 0;

  expect(await azure.token(registry, "throttled")).toBeDefined();

  expect(world.slept).toEqual([5000, 5000]);
});

/** The ways in which Azure, or a proxy in front of it, does not answer a request. After all but 429, Azure may have applied it. */
const failures = [
  ...[408, 429, 500, 502, 503, 504].map((status) => ({
    what: String(status),
    fault: { kind: "status", status, headers: { "Retry-After": "1" } } as const,
  })),
  { what: "a lost response", fault: { kind: "lose" } as const },
];

test.for(
  failures.flatMap(({ what, fault }) =>
    (["generateCredentials", "deletion of a password", "DELETE"] as const).map((request) => ({ what, fault, request })),
  ),
)("sends $request once when it ends with $what", async ({ what, fault, request }) => {
  const name = `once-${what.replaceAll(" ", "-")}-${request.slice(0, 3)}`.toLowerCase();
  const { azure, registry } = await made(name);
  const { madeAt } = await azure.generatePassword(registry, { token: name, slot: "password1" });
  const [method, path, send] = {
    generateCredentials: ["POST", /generateCredentials/, () => azure.generatePassword(registry, { token: name, slot: "password2" })],
    "deletion of a password": ["PATCH", /tokens/, () => azure.clearPassword(registry, { token: name, slot: "password1", madeAt })],
    DELETE: ["DELETE", /tokens/, () => azure.deleteToken(registry, name)],
  }[request] as [string, RegExp, () => Promise<unknown>];
  world.azure.faults.add({ ...fault, method, path });
  world.azure.calls.reset();

  await expect(send()).rejects.toMatchObject({ kind: "unreachable" });

  expect(world.azure.calls.count(method, path)).toBe(1);
});

test("reports throttling that does not end", async () => {
  const { azure, registry } = await made("stuck");
  world.azure.faults.add({ kind: "status", path: /generateCredentials/, status: 429, headers: { "Retry-After": "5" } });

  await expect(azure.generatePassword(registry, { token: "stuck", slot: "password1" })).rejects.toMatchObject({
    kind: "unreachable",
    message: expect.stringMatching(
      /^cannot generate password1 of token stuck: Azure Resource Manager is throttling requests \(429\)\n\* correlation ID: [0-9a-f-]{36}$/,
    ),
    hint: "retry in 5 seconds",
  });
});

test("retries a read after a dropped connection, but not a password", async () => {
  const { azure, registry } = await made("dropped");
  world.azure.faults.add({ kind: "drop", path: /tokens\/dropped\?/, method: "GET", times: 1 });
  expect(await azure.token(registry, "dropped")).toBeDefined();

  world.azure.faults.add({ kind: "drop", path: /generateCredentials/, method: "POST", times: 1 });
  world.azure.calls.reset();
  await expect(azure.generatePassword(registry, { token: "dropped", slot: "password1" })).rejects.toMatchObject({ kind: "unreachable" });
  expect(world.azure.calls.count("POST", /generateCredentials/)).toBe(1);
});

test("reports the missing right, and who can grant it, to an identity that may only read", async () => {
  const { env, objectId } = await signedIn(world, ["Reader"]);
  const azure = openAzure(world.options({ env }));
  const registry = await azure.findRegistry("myregistry");

  await expect(azure.putScopeMap(registry, { name: "forbidden", description: "", actions })).rejects.toMatchObject({
    kind: "forbidden",
    message: expect.stringMatching(
      /^cannot write scope map forbidden: the Azure identity lacks the permission Microsoft.ContainerRegistry\/registries\/scopeMaps\/write on \/subscriptions\//,
    ),
    hint: {
      program: "az role assignment create",
      words: [
        ...["--assignee", objectId, "--role", "Container Registry Contributor and Data Access Configuration Administrator"],
        ...["--scope", registry.id],
      ],
      when: "ask an Owner or User Access Administrator to run",
    },
  });
});

test("reports a refused scope map in Azure's words", async () => {
  const azure = openAzure(world.options());
  const registry = await azure.findRegistry("myregistry");

  await expect(azure.putScopeMap(registry, { name: "no", description: "", actions })).rejects.toMatchObject({ kind: "invalid" });
});

test("prints no secret with -v=9", async () => {
  const { azure, registry } = await made("traced");
  const made1: { password: Sensitive } = await azure.generatePassword(registry, { token: "traced", slot: "password1" });
  const printed = world.traced.join("\n");

  expect(printed).toMatch(
    /^PUT https:\/\/management\.azure\.com\/subscriptions\/.*\/tokens\/traced\?api-version=2025-11-01 201 in \d+ milliseconds$/m,
  );
  expect(printed).toContain('"value":"***"');
  expect(printed).not.toContain(made1.password.reveal());
  expect(printed).not.toContain(world.azure.env.AZURE_CLIENT_SECRET);
  expect(printed).not.toMatch(/eyJ/);
  expect(printed).toMatch(/operationStatuses\/token-[0-9a-f]{32}\?api-version=2025-11-01&t=\*{3}&c=\*{3}&s=\*{3}&h=\*{3} 200 in /);
  expect(printed).not.toMatch(/[tcsh]=[\w-]{10}/);
});

test("returns the times of a password as the token shows them later", async () => {
  const { azure, registry } = await made("telling");
  const { madeAt, expiresAt } = await azure.generatePassword(registry, {
    token: "telling",
    slot: "password2",
    expiresAt: "2099-01-01T00:00:00.000Z",
  });
  const [shown] = (await azure.token(registry, "telling"))?.passwords ?? [];

  expect(expiresAt).toBe("2099-01-01T00:00:00+00:00");
  expect(isSameTime(madeAt, shown?.madeAt)).toBe(true);
  expect(Math.abs(Date.parse(madeAt ?? "") - Date.now())).toBeLessThan(60_000);
});

test("empties one slot and keeps the other", async () => {
  const { azure, registry } = await made("emptied");
  await azure.generatePassword(registry, { token: "emptied", slot: "password1" });
  await azure.generatePassword(registry, { token: "emptied", slot: "password2" });
  const kept = passwordOf("emptied", "password1");

  expect(await azure.clearPassword(registry, { token: "emptied", slot: "password2" })).toBe(true);
  expect([passwordOf("emptied", "password1"), passwordOf("emptied", "password2")]).toEqual([kept, undefined]);
  world.azure.calls.reset();
  expect(await azure.clearPassword(registry, { token: "emptied", slot: "password2" })).toBe(true);
  expect(await azure.clearPassword(registry, { token: "nosuchtoken", slot: "password1" })).toBe(true);
  expect(world.azure.calls.count("PATCH", /./)).toBe(0);
  expect(await azure.clearPassword(registry, { token: "emptied", slot: "password1" })).toBe(true);
  expect((await azure.token(registry, "emptied"))?.passwords).toEqual([]);
});

test("keeps a slot that another user has generated again", async () => {
  const { azure, registry } = await made("foreign");
  const mine = await azure.generatePassword(registry, { token: "foreign", slot: "password1" });
  const ref = { token: "foreign", slot: "password1", madeAt: mine.madeAt?.replace("+00:00", "Z") } as const;
  await new Promise((resolve) => setTimeout(resolve, 5));
  const theirs = await azure.generatePassword(registry, { token: "foreign", slot: "password1" });

  expect(await azure.clearPassword(registry, ref)).toBe(false);
  expect(passwordOf("foreign", "password1")?.value).toBe(theirs.password.reveal());
  expect(await azure.clearPassword(registry, { ...ref, madeAt: theirs.madeAt })).toBe(true);
  expect(passwordOf("foreign", "password1")).toBeUndefined();
});
