import { expect, test } from "vitest";
import type { Audience, Azure, AzureRegistry } from "../../../../src/azure/port.ts";
import { entra } from "../../../../src/credential/entra/entra.ts";
import type { Need, Sources } from "../../../../src/credential/kind.ts";
import { CliError } from "../../../../src/errors.ts";
import type { Proof, Registry } from "../../../../src/registry/port.ts";
import { Sensitive } from "../../../../src/secret/sensitive.ts";
import { ownerCalled } from "../../../support/fakes/owner.ts";

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
  readonly need?: Partial<Need>;
  readonly proof?: Proof["verdict"];
  readonly answer?: Awaited<ReturnType<Registry["exchange"]>>;
  readonly found?: () => AzureRegistry;
  readonly armAudience?: boolean;
  /** Errors of Entra ID by audience. */
  readonly refuses?: Partial<Record<Audience, CliError>>;
};

const found = (): AzureRegistry => ({ id: "/r", name: "myregistry", loginServer: "MyRegistry.azurecr.io", sku: "Basic" });
const of = { type: "user", name: "jane@example.com", objectId: "o-1", tenant: "t-1" } as const;

/** Issues a token. Returns it with the recorded requests. */
async function issued(setting: Setting = {}) {
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
  const { registry: named = host, verify = true } = setting;
  const again = { verb: "create", registry: named } as const;
  const credential = await entra.open(
    { flags: {}, registry: named, identity: { source: "auto" }, verify, expiresAt: undefined, again, wait: 0 },
    sources as unknown as Sources,
  );
  const owner = ownerCalled("");
  const issue = await credential.issue({
    owner,
    repositories: ["app/web"],
    fromPods: false,
    images: [],
    current: undefined,
    ...setting.need,
  });
  return { issue, asked, credential };
}

const entry = { hosts: [host], kind: "entra", identity: user, madeAt: "2026-01-01T00:00:00Z", expiresAt: "2026-01-01T03:00:00Z" };
const held = (token: string, username = user): Need["current"] => ({ entry, login: { username, password: new Sensitive(token) } });
const to = { kind: "registry", name: host };

test("warns about a new token and proves it once for all namespaces", async () => {
  const { issue, asked, credential } = await issued();

  expect(issue).toEqual({
    isLazy: true,
    steps: [
      {
        act: "warn",
        to,
        message: `secret/acr expires at 2026-01-01T03:00:00Z. Until then, everyone who can read it has the rights of jane@example.com at ${host}`,
      },
      { act: "prove", to, repositories: ["app/web"], fresh: false },
    ],
    entry: { ...entry, by: "jane@example.com" },
    login: { username: user, password: expect.any(Sensitive) },
    pulls: "unknown",
    mayPull: undefined,
    images: [],
    isOthers: expect.any(Function),
  });
  expect(asked).toEqual([`registries for ${host}`, `exchange registries at ${host}`]);
  expect(await credential.apply({ act: "warn", to: { kind: "registry", name: host }, message: "" })).toEqual({});
  expect(credential.removal({ act: "warn", to: { kind: "registry", name: host }, message: "" })).toEqual([]);
});

test("proves each repository of the pods' images once when none is named", async () => {
  const image = { host, repository: "app/api", reference: "1" };
  const { issue } = await issued({ need: { repositories: [], images: [image, { ...image, reference: "2" }] } });

  expect(issue.steps.at(-1)).toMatchObject({ act: "prove", repositories: ["app/api"] });
});

test("proves nothing with --verify=false", async () => {
  const { issue, asked } = await issued({ verify: false, need: { current: held(jwt({})) } });

  expect(issue).toMatchObject({ steps: [{ message: "secret/acr expires at 2026-01-01T03:00:00Z" }], isLazy: false, pulls: "unknown" });
  expect(asked).toEqual([`registries for ${host}`, `exchange registries at ${host}`]);
  expect((await issued({ verify: false })).issue.steps.map(({ act }) => act)).toEqual(["warn"]);
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
  const { issue } = await issued({
    need: { current: held(token, username) },
    answer: { token: new Sensitive(jwt({ jti: "next" })) },
    ...(proof && { proof }),
  });

  expect(issue.login?.password.reveal() === token && !issue.isLazy).toBe(kept);
});

test.for<{ why: string; token: string; username?: string; others: boolean }>([
  { why: "its own identity's", token: jwt({}), others: false },
  { why: "another identity's", token: jwt({ sub: "o-2" }), others: true },
  {
    why: "another identity's with less than half of its lifetime left",
    token: jwt({ sub: "o-2", iat: start - 2 * hour, exp: start + hour }),
    others: true,
  },
  { why: "another identity's and expired", token: jwt({ sub: "o-2", exp: start }), others: false },
  { why: "of an unknown identity", token: jwt({ sub: undefined }), others: true },
  { why: "no token of an identity", token: "password", username: "ci", others: false },
])("answers $others whether a login is another identity's when it is $why", async ({ token, username = user, others }) => {
  const { issue } = await issued();

  expect(issue.isOthers?.({ username, password: new Sensitive(token) })).toBe(others);
});

test.for(["pulls", "refused"] as const)("tests the other login of a Secret: %s", async (proof) => {
  const { issue, asked } = await issued({ proof, need: { current: held("password", "ci") } });

  expect(issue.pulls).toBe(proof === "pulls" ? "yes" : "no");
  expect(asked).toContain("prove app/web");
});

test("takes the current time as the issue time when a token has none", async () => {
  const { issue } = await issued({ answer: { token: new Sensitive(jwt({ iat: undefined })) } });

  expect(issue.entry).toEqual({ ...entry, by: "jane@example.com" });
});

test("finds a registry by its name and uses its login server in Azure", async () => {
  expect((await issued({ registry: "myregistry" })).asked).toEqual([
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
  { why: "the user is not signed in", setting: { refuses: { registries: signedOut } }, error: signedOut },
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
  const failed = await issued(setting).catch((reason: unknown) => reason);

  expect(failed).toBeInstanceOf(CliError);
  if (error instanceof CliError) expect(failed).toBe(error);
  else expect(failed).toMatchObject(error);
});

test.for([
  { registry: host, before: [], asked: [] },
  { registry: "myregistry", before: ["send for registries", "find"], asked: ["facts"] },
])("uses a token for Azure Resource Manager when the tenant issues none for $registry", async ({ registry, before, asked }) => {
  expect((await issued({ registry, refuses: { registries: forbidden } })).asked).toEqual([
    ...before,
    `registries for ${host}`,
    ...asked,
    `management for ${host}`,
    `exchange management at ${host}`,
  ]);
});

test("rethrows an unexpected exception", async () => {
  const defect = new Error("a defect");
  const fails = (setting: Setting) => expect(issued(setting)).rejects.toBe(defect);

  await fails({ refuses: { registries: defect as CliError } });
  await fails({
    registry: "myregistry",
    found: () => {
      throw defect;
    },
  });
});
