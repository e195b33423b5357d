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
    sendFor: (audience) => void asked.push(`send for ${audience}`),
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
  const issue = await credential.issue({ owner, repositories: ["app/web"], fromPods: false, images: [], held: undefined, ...setting.need });
  return { issue, asked, credential };
}

const entry = { hosts: [host], kind: "entra", identity: user, madeAt: "2026-01-01T00:00:00Z", expiresAt: "2026-01-01T03:00:00Z" };
const held = (token: string, username = user): Need["held"] => ({ entry, login: { username, password: new Sensitive(token) } });
const to = { kind: "registry", name: host };

test("a token that is made now is told and proven, once for all namespaces", async () => {
  const { issue, asked, credential } = await issued();

  expect(issue).toEqual({
    isLazy: true,
    steps: [
      {
        act: "warn",
        to,
        says: `secret/acr expires at 2026-01-01T03:00:00Z. Until then, everyone who can read it has the rights of jane@example.com at ${host}`,
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
  expect(await credential.apply({ act: "warn", to: { kind: "registry", name: host }, says: "" })).toEqual({});
  expect(credential.removal({ act: "warn", to: { kind: "registry", name: host }, says: "" })).toEqual([]);
  expect(credential.renewAt?.()).toEqual(new Date("2026-01-01T01:30:00Z"));
});

test("without a repository the images of pods say what is proven, each once", async () => {
  const image = { host, repository: "app/api", reference: "1" };
  const { issue } = await issued({ need: { repositories: [], images: [image, { ...image, reference: "2" }] } });

  expect(issue.steps.at(-1)).toMatchObject({ act: "prove", repositories: ["app/api"] });
});

test("--verify=false proves nothing", async () => {
  const { issue, asked } = await issued({ verify: false, need: { held: held(jwt({})) } });

  expect(issue).toMatchObject({ steps: [{ says: "secret/acr expires at 2026-01-01T03:00:00Z" }], isLazy: false, pulls: "unknown" });
  expect(asked).toEqual([`registries for ${host}`, `exchange registries at ${host}`]);
  expect((await issued({ verify: false })).issue.steps.map(({ act }) => act)).toEqual(["warn"]);
});

test.for<{ why: string; token?: string; username?: string; proof?: Proof["verdict"]; kept: boolean }>([
  { why: "has most of its life before it", kept: true },
  { why: "has a second more than half of it", token: jwt({ iat: start - 2 * hour + 1, exp: start + 2 * hour + 1 }), kept: true },
  { why: "has half of it", token: jwt({ iat: start - 2 * hour, exp: start + 2 * hour }), kept: false },
  { why: "is dead", token: jwt({ iat: start - 4 * hour, exp: start - hour }), kept: false },
  { why: "does not say when it was made", token: jwt({ iat: undefined }), kept: false },
  { why: "is another registry's", token: jwt({ aud: "other.azurecr.io" }), kept: false },
  { why: "is no registry's", token: jwt({ iss: "somebody" }), kept: false },
  { why: "is another identity's", token: jwt({ sub: "o-2" }), kept: false },
  { why: "does not say whose it is", token: jwt({ sub: undefined }), kept: false },
  { why: "is no token", token: "password", kept: false },
  { why: "goes with another user name", username: "ci", kept: false },
  { why: "is refused", proof: "refused", kept: false },
  { why: "may not pull, which the next may not either", proof: "out-of-scope", kept: true },
  { why: "could not be tried", proof: "unreachable", kept: true },
])("one that a Secret holds and that $why is kept: $kept", async ({ token = jwt({}), username, proof, kept }) => {
  const { issue } = await issued({
    need: { held: held(token, username) },
    answer: { token: new Sensitive(jwt({ jti: "next" })) },
    ...(proof && { proof }),
  });

  expect(issue.login?.password.reveal() === token && !issue.isLazy).toBe(kept);
});

test.for<{ why: string; token: string; username?: string; others: boolean }>([
  { why: "its own identity's", token: jwt({}), others: false },
  { why: "another identity's", token: jwt({ sub: "o-2" }), others: true },
  {
    why: "another identity's with less than half of its life left",
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

test.for(["pulls", "refused"] as const)("whether another login that a Secret holds still pulls is asked: it %s", async (proof) => {
  const { issue, asked } = await issued({ proof, need: { held: held("password", "ci") } });

  expect(issue.pulls).toBe(proof === "pulls" ? "yes" : "no");
  expect(asked).toContain("prove app/web");
});

test("a token that does not say when it was made was made now", async () => {
  const { issue, credential } = await issued({ answer: { token: new Sensitive(jwt({ iat: undefined })) } });

  expect(issue.entry).toEqual({ ...entry, by: "jane@example.com" });
  expect(credential.renewAt?.()).toEqual(new Date("2026-01-01T01:30:00Z"));
});

test("a registry that is named is looked for, and Azure's own login server counts", async () => {
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
    why: "the registry lets nobody in from here",
    setting: { answer: { verdict: "blocked", message: "it is blocked" } },
    error: { kind: "forbidden", message: "it is blocked", hint: expect.stringContaining("--verify=false") },
  },
  {
    why: "the registry cannot be reached",
    setting: { answer: { verdict: "unreachable", message: "nobody is there" } },
    error: { kind: "unreachable", message: "nobody is there" },
  },
  {
    why: "the answer is a token without an expiry",
    setting: { answer: { token: new Sensitive(jwt({ exp: undefined })) } },
    error: {
      kind: "unreachable",
      message: `${host} returned an invalid or expired token`,
      hint: "check HTTPS_PROXY and this machine's clock",
    },
  },
  { why: "nobody is signed in", setting: { refuses: { registries: signedOut } }, error: signedOut },
  {
    why: "the tenant gives none for registries, and the registry takes no other",
    setting: { registry: "myregistry", armAudience: false, refuses: { registries: forbidden } },
    error: forbidden,
  },
  {
    why: "the tenant gives none for either",
    setting: { refuses: { registries: forbidden, management: signedOut } },
    error: signedOut,
  },
  {
    why: "the registry is in no subscription",
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
    why: "Azure cannot be asked for the registry",
    setting: {
      registry: "myregistry",
      found: () => {
        throw signedOut;
      },
    },
    error: signedOut,
  },
])("where $why that is the error", async ({ setting, error }) => {
  const failed = await issued(setting).catch((reason: unknown) => reason);

  expect(failed).toBeInstanceOf(CliError);
  if (error instanceof CliError) expect(failed).toBe(error);
  else expect(failed).toMatchObject(error);
});

test.for([
  { registry: host, before: [], asked: [] },
  { registry: "myregistry", before: ["send for registries", "find"], asked: ["facts"] },
])("a tenant without tokens for registries gives one for Azure Resource Manager ($registry)", async ({ registry, before, asked }) => {
  expect((await issued({ registry, refuses: { registries: forbidden } })).asked).toEqual([
    ...before,
    `registries for ${host}`,
    ...asked,
    `management for ${host}`,
    `exchange management at ${host}`,
  ]);
});

test("what is no error of ours goes on as it is", async () => {
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

test("nothing is due where nothing was given", async () => {
  const sources = { azure: () => ({}) } as unknown as Sources;
  const asked = { flags: {}, registry: host, identity: { source: "auto" }, verify: true, expiresAt: undefined, wait: 0 } as const;
  const credential = await entra.open({ ...asked, again: { verb: "create", registry: host } }, sources);

  expect(credential.renewAt?.()).toBeUndefined();
});
