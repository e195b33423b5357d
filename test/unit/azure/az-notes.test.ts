import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { azNotes } from "../../../src/azure/az-notes.ts";
import { cloudOf } from "../../../src/azure/cloud.ts";
import type { Sensitive } from "../../../src/secret/sensitive.ts";

const arm = "https://management.azure.com";
const start = Date.parse("2026-01-01T00:00:00Z");
const minutes = (many: number) => many * 60_000;

type Claims = { readonly aud?: unknown; readonly exp?: number };
const jwt = (claims: object) => ["{}", JSON.stringify(claims), "signed"].map((part) => Buffer.from(part).toString("base64url")).join(".");

/** Files that are none. */
const filesOf = (stored: Map<string, string>) => ({
  read: async (name: string) => stored.get(name),
  write: async (name: string, text: string) => stored.set(name, text).size > 0,
  remove: async (name: string) => void stored.delete(name),
});

/** Somebody who is signed in by an az that gives tokens of so many minutes, another each time, and keeps them as MSAL does. */
async function person({ lives = 60, env = {}, claims = {} as Claims, given = undefined as string | undefined } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "acr-secret-az-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const write = (name: string, text: string) => writeFile(join(folder, name), text);
  const msal = (...tokens: string[]) =>
    write("msal_token_cache.json", JSON.stringify({ AccessToken: tokens.map((secret) => ({ secret })) }));
  const held: string[] = [];
  await write("azureProfile.json", '{"subscriptions":[]}');
  const clock = {
    at: start,
    pass(milliseconds: number) {
      clock.at += milliseconds;
    },
  };
  const traced: string[] = [];
  const stored = new Map<string, string>();
  let asked = 0;
  const files = filesOf(stored);
  const open = (more: object = {}) =>
    azNotes({
      files,
      env: { AZURE_CONFIG_DIR: folder, ...env },
      cloud: cloudOf({}),
      trace: (_, line) => void traced.push(line()),
      now: () => new Date(clock.at),
      ...more,
    });
  async function ask(resource: string) {
    asked++;
    const token = given ?? jwt({ aud: resource, exp: (clock.at + minutes(lives)) / 1000, jti: `${crypto.randomUUID()}`, ...claims });
    held.push(token);
    await msal(...held);
    return { token, expiresOnTimestamp: clock.at + minutes(lives) };
  }
  return {
    folder,
    write,
    msal,
    stored,
    traced,
    clock,
    open,
    get asked() {
      return asked;
    },
    /** A run's question for a token. */
    run: (more: object = {}, resource = arm, refused?: Sensitive) => open(more).give(resource, () => ask(resource), refused),
  };
}

test("the next run gets the same token, of which neither a note nor a trace has a word", async () => {
  const jane = await person();
  const first = await jane.run();
  const second = await jane.run();

  expect(jane.asked).toBe(1);
  expect(second.token.equals(first.token)).toBe(true);
  expect([first.noted, second.noted, second.until]).toEqual([false, true, start + minutes(55)]);
  expect(jane.traced).toEqual([
    "az's token for https://management.azure.com is noted for the next run, until 2026-01-01T00:55:00.000Z",
    "az gave a token for https://management.azure.com before, which is used until 2026-01-01T00:55:00.000Z",
  ]);
  const [, body = "", signature = ""] = first.token.reveal().split(".");
  const [note = ""] = jane.stored.values();
  expect(`${note}${jane.traced}`).not.toMatch(new RegExp(`${body}|${signature}|eyJ`));
});

test.for<{ what: string; more: object; resource?: string }>([
  { what: "audience", more: {}, resource: "https://graph.microsoft.com" },
  { what: "tenant", more: { wish: { tenant: "t" } } },
  { what: "subscription", more: { wish: { subscription: "s" } } },
  { what: "cloud", more: { cloud: { ...cloudOf({}), name: "other" } } },
])("another $what has a token of its own, which lasts", async ({ more, resource = arm }) => {
  const jane = await person();
  const [first, other] = [await jane.run(), await jane.run(more, resource)];
  const [firstAgain, otherAgain] = [await jane.run(), await jane.run(more, resource)];

  expect(jane.asked).toBe(2);
  expect([firstAgain.token.equals(first.token), otherAgain.token.equals(other.token)]).toEqual([true, true]);
});

test("another folder of az's has another person in it", async () => {
  const [jane, john] = [await person(), await person()];
  await jane.run();
  await john.run({ files: { read: async (name: string) => jane.stored.get(name), write: async () => true, remove: async () => {} } });

  expect(john.asked).toBe(1);
});

test.for<{ what: string; change: (jane: Awaited<ReturnType<typeof person>>) => unknown }>([
  { what: "another account is chosen", change: ({ write }) => write("azureProfile.json", '{"subscriptions":[{}]}') },
  // The same person, for a group or a role that only a new token has
  { what: "somebody has signed in anew", change: ({ folder }) => utimes(join(folder, "azureProfile.json"), 1, 1) },
  { what: "another subscription is chosen", change: ({ write }) => write("clouds.config", "[AzureCloud]\n") },
  { what: "az has thrown its token away", change: ({ msal }) => msal() },
  { what: "az keeps none as plain text", change: ({ folder }) => rm(join(folder, "msal_token_cache.json")) },
  { what: "nobody is signed in", change: ({ folder }) => rm(join(folder, "azureProfile.json")) },
  { what: "an hour is over", change: ({ clock }) => clock.pass(minutes(60)) },
  { what: "the clock was set back", change: ({ clock }) => clock.pass(-1) },
])("once $what az is asked again", async ({ change }) => {
  const jane = await person({ lives: 120 });
  await jane.run();
  await change(jane);
  await jane.run();

  expect(jane.asked).toBe(2);
});

test.for([
  { lives: 14, after: 8, asked: 1 },
  { lives: 14, after: 9, asked: 2 },
  { lives: 120, after: 59, asked: 1 },
])("of a token's $lives minutes $after are gone: az was asked $asked times", async ({ lives, after, asked }) => {
  const jane = await person({ lives });
  await jane.run();
  jane.clock.pass(minutes(after));
  await jane.run();

  expect(jane.asked).toBe(asked);
});

test.for<{ what: string; options: NonNullable<Parameters<typeof person>[0]>; asked: number }>([
  { what: "is for somebody else", options: { claims: { aud: "https://evil.example" } }, asked: 2 },
  { what: "is for Microsoft Graph", options: { claims: { aud: "00000003-0000-0000-c000-000000000000" } }, asked: 2 },
  { what: "has Azure Resource Manager's other name", options: { claims: { aud: "https://management.core.windows.net/" } }, asked: 1 },
  { what: "says that it ends earlier than az does", options: { claims: { exp: start / 1000 + 301 } }, asked: 1 },
  { what: "says that it has ended", options: { claims: { exp: start / 1000 - 1 } }, asked: 2 },
  { what: "is no JWT", options: { given: "o".repeat(60) }, asked: 1 },
  { what: "would be over at once", options: { lives: 5 }, asked: 2 },
])("a token that $what: az was asked $asked times", async ({ options, asked }) => {
  const jane = await person(options);
  await jane.run();
  await jane.run();

  expect(jane.asked).toBe(asked);
});

test("a token that somebody put into another's note is not used for what it is not for", async () => {
  const jane = await person();
  await jane.run();
  await jane.run({}, "https://graph.microsoft.com");
  const [ofArm = "", ofGraph = ""] = [...jane.stored.keys()];
  const [toArm = "", toGraph = ""] = [...jane.stored.values()];
  const swapped = JSON.stringify({ ...JSON.parse(toArm), token: JSON.parse(toGraph).token });

  for (const note of [toGraph, swapped]) {
    jane.stored.set(ofArm, note);
    expect((await jane.run()).noted).toBe(false);
  }
  jane.stored.set(ofGraph, toArm);
  expect((await jane.run({}, "https://graph.microsoft.com")).noted).toBe(false);
});

test.for(["", "{", "null", "[]", '"text"', '{"token":1}', "{}", "\u0000".repeat(100)])(
  "a note that says %j is passed over, and replaced",
  async (text) => {
    const jane = await person();
    await jane.run();
    const [name = ""] = jane.stored.keys();
    jane.stored.set(name, text);

    expect([(await jane.run()).noted, (await jane.run()).noted]).toEqual([false, true]);
    expect(jane.traced).toContain("the token that az gave before for https://management.azure.com is of no use any more");
  },
);

test.for(["signIn", "resource", "token", "notedAt", "expiresAt"])("a note without its %s is passed over", async (gone) => {
  const jane = await person();
  await jane.run();
  const [[name, text] = ["", ""]] = jane.stored;
  jane.stored.set(name, JSON.stringify({ ...JSON.parse(text), [gone]: undefined }));

  expect((await jane.run()).noted).toBe(false);
});

test("a refused token is not noted again, where az has no other", async () => {
  const jane = await person({ given: "o".repeat(60) });
  await jane.run();
  const { token } = await jane.run();
  const again = await jane.run({}, arm, token);

  expect([again.noted, jane.stored.size]).toEqual([false, 0]);
  expect(jane.traced.at(-1)).toBe("the token that az gave before for https://management.azure.com is refused");
});

test("what az refuses leaves nothing noted", async () => {
  const jane = await person();
  const { token } = await jane.run();

  await expect(jane.open().give(arm, () => Promise.reject(new Error("signed out")), token)).rejects.toThrow("signed out");
  expect(jane.stored.size).toBe(0);
});

test("where nothing can be written az is asked each time, and that is no error", async () => {
  const jane = await person();
  const files = { read: async () => undefined, write: async () => false, remove: async () => {} };
  await jane.run({ files });
  await jane.run({ files });

  expect(jane.asked).toBe(2);
  expect(jane.traced).toEqual([]);
});
