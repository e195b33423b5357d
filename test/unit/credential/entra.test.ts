import { expect, test } from "vitest";
import type { Audience, Azure, AzureRegistry } from "../../../src/azure/port.ts";
import type { Sources } from "../../../src/credential/credential-kind.ts";
import { entra } from "../../../src/credential/entra.ts";
import type { Inside } from "../../../src/credential/issuer.ts";
import { CliError } from "../../../src/errors.ts";
import { plugin } from "../../../src/hint.ts";
import type { Proof, Registry } from "../../../src/registry/port.ts";
import { Sensitive } from "../../../src/sensitive.ts";

const host = "myregistry.azurecr.io";
const user = "00000000-0000-0000-0000-000000000000";
const now = new Date("2026-01-01T00:00:00Z");
const start = now.getTime() / 1000;
const hour = 3600;

const jwt = (claims: object) =>
  `h.${Buffer.from(JSON.stringify({ iss: "Azure Container Registry", aud: host, sub: "o-1", iat: start, exp: start + 3 * hour, ...claims })).toString("base64url")}.s`;

type Setting = {
  readonly registry?: string;
  readonly verify?: boolean;
  readonly force?: boolean;
  /** The token that the Secret holds. */
  readonly inside?: Inside;
  readonly proof?: Proof["verdict"];
  readonly answer?: Awaited<ReturnType<Registry["exchange"]>>;
  readonly found?: () => AzureRegistry;
  readonly armAudience?: boolean;
  /** Errors of Entra ID by audience. */
  readonly refuses?: Partial<Record<Audience, CliError>>;
};

const found = (): AzureRegistry => ({ id: "/r", name: "myregistry", loginServer: "MyRegistry.azurecr.io", sku: "Basic" });
const of = { type: "user", name: "jane@example.com", objectId: "o-1", tenant: "t-1" } as const;

const to = { kind: "secret", namespace: "demo", name: "acr" } as const;
const nothing: Inside = { to, credential: undefined, login: undefined };

/** Takes a token. Returns it with the recorded requests. */
async function taken(setting: Setting = {}) {
  const asked: string[] = [];
  const azure: Partial<Azure> = {
    prefetchToken: (audience) => void asked.push(`send for ${audience}`),
    findRegistry: async () => {
      asked.push("find");
      return (setting.found ?? found)();
    },
    registryFacts: async () => {
      asked.push("facts");
      return { mode: "legacy", adminUser: false, armAudience: setting.armAudience ?? true, network: "all" };
    },
    entraToken: async (at, audience) => {
      asked.push(`${audience} for ${at}`);
      const error = setting.refuses?.[audience];
      if (error) throw error;
      return { text: new Sensitive(audience), of };
    },
  };
  const registry: Partial<Registry> = {
    exchange: async (at, { text }) => {
      asked.push(`exchange ${text.reveal()} at ${at}`);
      return setting.answer ?? { token: new Sensitive(jwt({})) };
    },
    prove: async ({ repository }) => {
      asked.push(`prove ${repository}`);
      return { verdict: setting.proof ?? "pulls", message: "it says so" };
    },
    anyTag: async () => "1",
  };
  const sources = { azure: () => azure, registry: () => registry, during: (_: string, work: () => unknown) => work(), now: () => now };
  const { registry: named = host, verify = true, force = false, inside = nothing } = setting;
  const again = plugin("create", "--registry", named);
  const taker = await entra.open(
    { flags: {}, registry: named, identity: { source: "auto" }, verify, force, repositories: [], again, wait: 0 },
    sources as unknown as Sources,
  );
  return { of: await taker.take(inside, { host, repositories: ["app/web"], images: [] }), asked, taker };
}

const credential = {
  kind: "entra",
  host,
  identity: user,
  slot: undefined,
  madeAt: "2026-01-01T00:00:00Z",
  expiresAt: "2026-01-01T03:00:00Z",
};
const recorded = { ...credential, by: "joe@example.com" };
const held = (token: string, username = user): Inside => ({
  to,
  credential: { ...recorded, identity: username, kind: username === user ? "entra" : "given" },
  login: { username, password: new Sensitive(token) },
});

test("warns about a new token, which the caller must prove, and requests it once", async () => {
  const { of, asked, taker } = await taken();
  await taker.take({ ...nothing, to: { ...to, name: "other" } }, { host, repositories: [], images: [] });

  expect(of).toEqual({
    login: { username: user, password: expect.any(Sensitive) },
    credential: { ...credential, by: "jane@example.com" },
    warnings: [
      `secret/acr expires at 2026-01-01T03:00:00Z. Until then, everyone who can read it has the rights of jane@example.com at ${host}`,
    ],
    isProven: false,
  });
  expect(asked).toEqual([`registries for ${host}`, `exchange registries at ${host}`]);
});

test("proves nothing with --verify=false", async () => {
  const { of, asked } = await taken({ verify: false, inside: held(jwt({})) });

  expect(of).toMatchObject({ warnings: ["secret/acr expires at 2026-01-01T03:00:00Z"], credential: recorded, isProven: true });
  expect(asked).toEqual([`registries for ${host}`, `exchange registries at ${host}`]);
  expect((await taken({ verify: false })).of.isProven).toBe(true);
});

test.for<{ why: string; token?: string; username?: string; proof?: Proof["verdict"]; kept: boolean }>([
  { why: "has most of its lifetime left", kept: true },
  { why: "has a second more than half of it left", token: jwt({ iat: start - 2 * hour + 1, exp: start + 2 * hour + 1 }), kept: true },
  { why: "has half of it left", token: jwt({ iat: start - 2 * hour, exp: start + 2 * hour }), kept: false },
  { why: "has expired", token: jwt({ iat: start - 4 * hour, exp: start - hour }), kept: false },
  { why: "has no issue time", token: jwt({ iat: undefined }), kept: false },
  { why: "belongs to another registry", token: jwt({ aud: "other.azurecr.io" }), kept: false },
  { why: "belongs to no registry", token: jwt({ iss: "somebody" }), kept: false },
  { why: "belongs to another identity", token: jwt({ sub: "o-2" }), kept: false },
  { why: "has no identity", token: jwt({ sub: undefined }), kept: false },
  { why: "is not a token", token: "password", kept: false },
  { why: "has another user name", username: "ci", kept: false },
  { why: "is rejected", proof: "refused", kept: false },
  { why: "cannot pull, like the next one", proof: "out-of-scope", kept: true },
  { why: "could not be tested", proof: "unreachable", kept: true },
])("answers $kept whether it keeps a token that $why", async ({ token = jwt({}), username, proof, kept }) => {
  const { of } = await taken({
    force: true,
    inside: held(token, username),
    answer: { token: new Sensitive(jwt({ jti: "next" })) },
    ...(proof && { proof }),
  });

  expect(of.login.password.reveal() === token && of.isProven).toBe(kept);
});

const tokenOfAnother = 'secret "acr" in namespace "demo" holds a working token of another Azure identity ("joe@example.com")';

test.for<{ why: string; token: string; username?: string; setting?: Setting; message?: string }>([
  { why: "its own identity's", token: jwt({}) },
  { why: "another identity's", token: jwt({ sub: "o-2" }), message: tokenOfAnother },
  {
    why: "another identity's with less than half of its lifetime left",
    token: jwt({ sub: "o-2", iat: start - 2 * hour, exp: start + hour }),
    message: tokenOfAnother,
  },
  { why: "another identity's and untested", token: jwt({ sub: "o-2" }), setting: { verify: false }, message: tokenOfAnother },
  { why: "another identity's and rejected", token: jwt({ sub: "o-2" }), setting: { proof: "refused" } },
  { why: "another identity's and expired", token: jwt({ sub: "o-2", exp: start }) },
  { why: "of an unknown identity", token: jwt({ sub: undefined }), message: tokenOfAnother },
  {
    why: "no token of an identity",
    token: "password",
    username: "ci",
    message: 'secret "acr" in namespace "demo" holds the credential of "ci" (given)',
  },
  { why: "no token of an identity and rejected", token: "password", username: "ci", setting: { proof: "refused" } },
])("replaces a login without --force unless it works for another identity: $why", async ({ token, username, setting, message }) => {
  const taking = taken({ inside: held(token, username), ...setting }).then(
    () => undefined,
    (error: CliError) => error.message,
  );

  expect(await taking).toBe(message);
});

test("takes the current time as the issue time when a token has none", async () => {
  const { of } = await taken({ answer: { token: new Sensitive(jwt({ iat: undefined })) } });

  expect(of.credential).toEqual({ ...credential, by: "jane@example.com" });
});

test("finds a registry by its name and uses its login server in Azure", async () => {
  expect((await taken({ registry: "myregistry" })).asked).toEqual([
    "send for registries",
    "find",
    `registries for ${host}`,
    `exchange registries at ${host}`,
  ]);
});

const forbidden = new CliError("forbidden", "no token of this kind");
const signedOut = new CliError("unauthenticated", "not logged in to Azure", { hint: "az login" });
const notThere = new CliError("notFound", "it is not there", { hint: "az account set" });

test.for<{ why: string; setting: Setting; error: object }>([
  {
    why: "the registry blocks this machine",
    setting: { answer: { verdict: "blocked", message: "it is blocked" } },
    error: { kind: "forbidden", message: "it is blocked", hint: expect.stringContaining("--verify=false") },
  },
  {
    why: "the registry cannot be reached",
    setting: { answer: { verdict: "unreachable", message: "nobody is there" } },
    error: { kind: "unreachable", message: "nobody is there" },
  },
  {
    why: "the token has no expiry",
    setting: { answer: { token: new Sensitive(jwt({ exp: undefined })) } },
    error: {
      kind: "unreachable",
      message: `${host} returned an invalid or expired token`,
      hint: "check HTTPS_PROXY and this machine's clock",
    },
  },
  { why: "the user is not signed in", setting: { refuses: { registries: signedOut, management: forbidden } }, error: signedOut },
  {
    why: "the tenant issues no token for registries and the registry accepts no other",
    setting: { registry: "myregistry", armAudience: false, refuses: { registries: forbidden } },
    error: forbidden,
  },
  {
    why: "the tenant issues no token for either audience",
    setting: { refuses: { registries: forbidden, management: signedOut } },
    error: signedOut,
  },
  {
    why: "the registry is not found",
    setting: {
      registry: "myregistry",
      found: () => {
        throw notThere;
      },
    },
    error: {
      kind: "notFound",
      message: "it is not there",
      hint: "check the spelling, or specify the login server, which needs no permission to read the registry in Azure",
    },
  },
  {
    why: "Azure cannot be asked",
    setting: {
      registry: "myregistry",
      found: () => {
        throw signedOut;
      },
    },
    error: signedOut,
  },
])("fails when $why", async ({ setting, error }) => {
  const failed = await taken(setting).catch((reason: unknown) => reason);

  expect(failed).toBeInstanceOf(CliError);
  if (error instanceof CliError) expect(failed).toBe(error);
  else expect(failed).toMatchObject(error);
});

test.for([
  { registry: host, before: [], asked: [] },
  { registry: "myregistry", before: ["send for registries", "find"], asked: ["facts"] },
  // az on some machines has a token for Azure Resource Manager only
  { registry: host, before: [], asked: [], registries: signedOut },
])("uses a token for Azure Resource Manager when Azure issues no token for $registry: $registries", async (row) => {
  const { registry, before, asked, registries = forbidden } = row;

  expect((await taken({ registry, refuses: { registries } })).asked).toEqual([
    ...before,
    `registries for ${host}`,
    ...asked,
    `management for ${host}`,
    `exchange management at ${host}`,
  ]);
});

test("rethrows an unexpected exception", async () => {
  const defect = new Error("a defect");
  const fails = (setting: Setting) => expect(taken(setting)).rejects.toBe(defect);

  await fails({ refuses: { registries: defect as CliError } });
  await fails({
    registry: "myregistry",
    found: () => {
      throw defect;
    },
  });
});
