import { afterAll, afterEach, expect, test } from "vitest";
import type { Fault } from "../../../sandbox/azure/faults.ts";
import type { ServiceAccount } from "../../../src/objects.ts";
import { getJson, kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());
afterEach(() => shell.azure.faults.reset());

const command = "kubectl acr-secret create --registry myregistry --repository app/web --serviceaccount app";

const inAzure = () => shell.azure.world.registries.map(({ tokens, scopeMaps }) => [...tokens, ...scopeMaps].map(({ name }) => name));

/** A pause that the server asks for, in seconds. */
const throttled = (seconds: number, where: Pick<Fault & { path: RegExp }, "path"> & { method?: string; host?: RegExp }): Fault => ({
  kind: "status",
  status: 429,
  headers: { "Retry-After": String(seconds) },
  times: 1,
  ...where,
});

test.for<{ name: string; faults: Fault[]; atLeast: number }>([
  { name: "Azure throttles a read", faults: [throttled(1, { path: /scopeMaps/, method: "GET" })], atLeast: 1000 },
  {
    name: "Azure throttles writes",
    faults: [throttled(1, { path: /scopeMaps/, method: "PUT" }), throttled(1, { path: /generateCredentials/, method: "POST" })],
    atLeast: 2000,
  },
  { name: "the sign-in is throttled", faults: [throttled(1, { host: /^login\./, path: /token/, method: "POST" })], atLeast: 1000 },
  { name: "the registry throttles its token endpoint", faults: [throttled(1, { path: /^\/oauth2\/token/ })], atLeast: 1000 },
  { name: "the registry throttles a manifest", faults: [throttled(1, { path: /\/manifests\// })], atLeast: 1000 },
  { name: "a connection to Azure is dropped", faults: [{ kind: "drop", path: /scopeMaps/, method: "PUT", times: 1 }], atLeast: 0 },
  { name: "a connection to the registry is dropped", faults: [{ kind: "drop", path: /\/manifests\//, times: 1 }], atLeast: 0 },
  { name: "everything is slow", faults: [{ kind: "slow", path: /./, milliseconds: 300 }], atLeast: 1500 },
  {
    name: "a new password is not known everywhere yet",
    faults: [{ kind: "replication", of: "tokenPasswords", milliseconds: 1200 }],
    atLeast: 1200,
  },
])("goes on when $name", { timeout: 60_000 }, async ({ faults, atLeast }) => {
  const namespace = await newNamespace();
  faults.forEach(shell.azure.faults.add);
  const began = performance.now();

  const { code, stdout, stderr } = await shell.type(`${command} -n ${namespace}`);

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(
    /^scopemap.* created \(\+app\/web\)\ntoken.* created\nsecret\/acr-myregistry created\nserviceaccount\/app patched\n$/,
  );
  expect(performance.now() - began).toBeGreaterThan(atLeast);
});

const denied = { error: { code: "AuthorizationFailed", message: "The client does not have authorization to perform this action." } };
const refused = { errors: [{ code: "DENIED", message: "requested access to the resource is denied" }] };

test.for<{ name: string; faults: Fault[]; says: RegExp }>([
  {
    name: "the scope map may not be written",
    faults: [{ kind: "status", status: 403, path: /scopeMaps/, method: "PUT", body: denied }],
    says: /^error: .*scope map/,
  },
  {
    name: "no password is made",
    faults: [{ kind: "status", status: 403, path: /generateCredentials/, method: "POST", body: denied }],
    says: /^error: .*password1/,
  },
  {
    name: "the connection is dropped where a password would be made",
    faults: [{ kind: "drop", path: /generateCredentials/, method: "POST" }],
    says: /^error: cannot reach Azure: /,
  },
  {
    name: "Azure throttles for ever",
    faults: [{ ...throttled(0, { path: /generateCredentials/, method: "POST" }), times: 100 } as Fault],
    says: /^error: /,
  },
  {
    name: "the credential does not pull",
    faults: [{ kind: "status", status: 403, path: /\/manifests\//, body: refused }],
    says: /^error: the credential does not pull myregistry\.azurecr\.io\/app\/web: /,
  },
])("leaves nothing behind when $name", { timeout: 60_000 }, async ({ faults, says }) => {
  const namespace = await newNamespace(["theirs"]);
  const before = inAzure();
  faults.forEach(shell.azure.faults.add);

  const { code, stdout, stderr } = await shell.type(`${command} -n ${namespace}`);

  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(says);
  expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
  expect(inAzure()).toEqual(before);
  expect(await kubectl(["get", "secrets", "-o", "name", "-n", namespace])).toBe("");
  expect((await getJson<ServiceAccount>("serviceaccount", "app", "-n", namespace)).imagePullSecrets).toEqual([{ name: "theirs" }]);
});
