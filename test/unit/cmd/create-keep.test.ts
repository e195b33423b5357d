import { expect, test } from "vitest";
import { CliError, Interrupted } from "../../../src/errors.ts";
import { demo, line } from "../../support/demo.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type Live, type Run, type } from "../../support/in-process.ts";

const minute = 60_000;
const host = "myregistry.azurecr.io";
const keep = `${line} --repository app/web --entra --keep`;
const made = "secret/acr-myregistry created\nserviceaccount/default patched\npod/web-1 restarted\n";
const gone = "serviceaccount/default patched\nsecret/acr-myregistry deleted\n";
const dies = (at: string) =>
  `Warning: secret/acr-myregistry dies at 2026-01-01T${at}:00Z: until then whoever reads it may do at ${host} what jane@example.com may\n`;
const due = (at: string) => `Kept until Ctrl-C. The next token is due at 2026-01-01T${at}:00Z.\n`;

/**
 * Runs a command line whose waits advance the clock, and interrupts it after this many minutes. `at` runs in a wait after the given
 * minutes.
 *
 * @param skew minutes by which this machine's clock is ahead of the registry's
 */
async function during(
  world: FakeWorld,
  minutes: number,
  { words = keep, at = {}, skew = 0 }: { words?: string; at?: Record<number, () => void>; skew?: number } = {},
): Promise<Run & { readonly naps: number[] }> {
  const from = Date.UTC(2026, 0, 1);
  const naps: number[] = [];
  const todo = new Map(Object.entries(at).map(([when, act]) => [from + Number(when) * minute, act]));
  let now = from;
  world.azure.entra.ahead = -skew * minute;
  world.azure.entra.now = new Date(from - skew * minute);
  let live: Live | undefined;
  const sleep = async (milliseconds: number) => {
    naps.push(milliseconds);
    now += milliseconds;
    world.azure.entra.now = new Date(now - skew * minute);
    for (const [when, act] of todo) if (now >= when && todo.delete(when)) act();
    if (now < from + minutes * minute) return;
    live?.interrupt();
    throw new Interrupted();
  };
  const started = (run: Live) => {
    live = run;
  };
  return { ...(await type(words, world.ports, { sleep, started, now: () => new Date(now) })), naps };
}

const tokens = ({ asking }: FakeWorld) => asking.all.filter((text) => text.startsWith("exchange")).length;
/** Returns when the token in the Secret expires, in milliseconds of the registry's clock. */
const expiryIn = (world: FakeWorld): number => {
  const [, claims = ""] = (world.loginIn("demo")?.password ?? "").split(".");
  return JSON.parse(Buffer.from(claims, "base64url").toString()).exp * 1000;
};
const attached = ({ cluster }: FakeWorld) =>
  (cluster.get("serviceaccount", "demo", "default")?.imagePullSecrets ?? []).map(({ name }) => name);
const secretOf = ({ cluster }: FakeWorld) => cluster.get("secret", "demo", "acr-myregistry");

test("the token is made anew when half of its life is gone, and all goes at Ctrl-C, which is no failure", async () => {
  const world = demo();
  const { naps, ...run } = await during(world, 200);

  expect(run).toEqual({
    stdout:
      `${made}secret/acr-myregistry configured\nserviceaccount/default unchanged\n` +
      `secret/acr-myregistry configured\nserviceaccount/default unchanged\n${gone}`,
    stderr: `${dies("03:00")}${due("01:30")}${dies("04:30")}${dies("06:00")}`,
    code: 0,
  });
  expect(tokens(world)).toBe(3);
  expect([attached(world), secretOf(world)]).toEqual([[], undefined]);
  // A suspended machine stops its timers, so the plugin never waits for a long time at once.
  expect(Math.max(...naps)).toBeLessThanOrEqual(minute);
});

test.for(["flux", "argocd"])("--for %s: what refers to the Secret is told once, and the Secret goes at Ctrl-C", async (reader) => {
  const world = demo();
  const words = `create --registry myregistry --repository app/web --for ${reader} --entra --keep -n demo`;
  const { stdout, stderr, code } = await during(world, 100, { words });

  expect({ stdout, code, told: stderr.split("hint: ").length - 1 }).toEqual({
    stdout: "secret/acr-myregistry created\nsecret/acr-myregistry configured\nsecret/acr-myregistry deleted\n",
    code: 0,
    told: 1,
  });
  expect(secretOf(world)).toBeUndefined();
});

test("a Secret that holds the token under regional hosts goes with all of them", async () => {
  const world = demo();
  world.azure.facts.regional = ["myregistry.eastus.geo.azurecr.io"];
  const { stdout, code } = await during(world, 1, { words: `${keep} --include-regional` });

  expect({ code, secret: secretOf(world) }).toEqual({ code: 0, secret: undefined });
  expect(stdout).toBe(`${made}${gone}`);
});

test("a Secret and an attachment that were there before stay, with the last token", async () => {
  const world = demo();
  await type(`${line} --repository app/web --entra`, world.ports);
  const run = await during(world, 100);

  expect(run).toMatchObject({ stdout: expect.not.stringContaining("deleted"), code: 0 });
  expect(attached(world)).toEqual(["acr-myregistry"]);
  expect(world.azure.entra.alive.has(world.loginIn("demo")?.password ?? "")).toBe(true);
  expect(tokens(world)).toBe(3);
});

test("of what was there in part only what this run made goes", async () => {
  const world = demo();
  await type(`create --registry myregistry --repository app/web --entra -n demo`, world.ports);
  const run = await during(world, 1);

  expect(run.stdout).toBe(
    "secret/acr-myregistry unchanged\nserviceaccount/default patched\npod/web-1 restarted\nserviceaccount/default patched\n",
  );
  expect([attached(world), secretOf(world) !== undefined]).toEqual([[], true]);
});

test("a Secret that another has put in its place stays, and so does one that came to hold other logins", async () => {
  const anew = demo();
  const replaced = () => {
    const { metadata, ...secret } = secretOf(anew) as NonNullable<ReturnType<typeof secretOf>>;
    anew.cluster.remove("secret", "demo", "acr-myregistry");
    anew.cluster.put({ ...secret, metadata: { ...metadata, uid: "another" } });
  };
  expect(await during(anew, 2, { at: { 1: replaced } })).toMatchObject({
    stderr: expect.stringContaining("Warning: secret/acr-myregistry stays: it is another one\n"),
    code: 0,
  });
  expect(secretOf(anew)?.metadata.uid).toBe("another");

  const merged = demo();
  const more = () => {
    const text = { auths: { [host]: merged.loginIn("demo"), "ghcr.io": { username: "a", password: "b" } } };
    const data = { ".dockerconfigjson": Buffer.from(JSON.stringify(text)).toString("base64") };
    merged.cluster.put({ ...(secretOf(merged) as NonNullable<ReturnType<typeof secretOf>>), data });
  };
  expect(await during(merged, 2, { at: { 1: more } })).toMatchObject({
    stderr: expect.stringContaining("Warning: secret/acr-myregistry stays: it holds other logins\n"),
  });
  expect(secretOf(merged)).toBeDefined();
});

test("keeps a Secret that another user has given a lasting credential, and its entry", async () => {
  const world = demo();
  const replaced = () => {
    const secret = secretOf(world) as NonNullable<ReturnType<typeof secretOf>>;
    const entries = [{ hosts: [host], kind: "acr-token", identity: "shop", slot: "password1" }];
    const auths = { [host]: { username: "shop", password: "lasting" } };
    const data = { ".dockerconfigjson": Buffer.from(JSON.stringify({ auths })).toString("base64") };
    world.cluster.put({ ...secret, metadata: { ...secret.metadata, annotations: { "acr-secret/logins": JSON.stringify(entries) } }, data });
  };
  const run = await during(world, 2, { at: { 1: replaced } });

  expect(run).toMatchObject({ stdout: made, code: 0 });
  expect(run.stderr).toContain("Warning: secret/acr-myregistry stays: another user has replaced its login\n");
  expect([attached(world), world.loginIn("demo")?.username]).toEqual([["acr-myregistry"], "shop"]);
});

test("removes the Secret after it has renewed the token in it", async () => {
  const world = demo();

  expect(await during(world, 100)).toMatchObject({ stdout: expect.stringMatching(/configured[\s\S]*secret\/acr-myregistry deleted\n$/) });
  expect([attached(world), secretOf(world)]).toEqual([[], undefined]);
});

test("a Secret and a ServiceAccount that somebody has deleted are gone: nothing is told", async () => {
  const world = demo();
  const run = await during(world, 2, {
    at: {
      1: () => {
        world.cluster.remove("secret", "demo", "acr-myregistry");
        world.cluster.remove("serviceaccount", "demo", "default");
      },
    },
  });

  expect(run).toMatchObject({ stdout: made, stderr: `${dies("03:00")}${due("01:30")}`, code: 0 });
});

test("what cannot be taken away is named with the command that does", async () => {
  const world = demo();
  const forbid = () => {
    world.asking.around(refusing(is("delete secret"), () => new CliError("forbidden", "no deletion")));
    world.asking.around(refusing(is("patch serviceaccount"), () => new CliError("forbidden", "no patch")));
  };

  expect(await during(world, 2, { at: { 1: forbid } })).toMatchObject({
    stderr: `${dies("03:00")}${due("01:30")}error: no patch
Warning: secret/acr-myregistry stays attached:\n  kubectl acr-secret detach -n demo acr-myregistry --serviceaccount default
error: no deletion
Warning: secret/acr-myregistry is left:\n  kubectl delete secret -n demo acr-myregistry
`,
    code: 1,
  });
});

test.for([90, 24 * 60, -90, -170])("renews the token at half its life when the clock of this machine is %i minutes ahead", async (skew) => {
  const world = demo();
  const alive: boolean[] = [];
  const look = () => alive.push(world.azure.entra.now.getTime() < expiryIn(world));
  const { code } = await during(world, 200, { skew, at: { 80: look, 170: look, 199: look } });

  expect({ code, tokens: tokens(world), alive }).toEqual({ code: 0, tokens: 3, alive: [true, true, true] });
});

test("a renewal that fails is told, and tried again after longer and longer pauses, until it goes well", async () => {
  const world = demo();
  let allow = () => {};
  const refuse = () => {
    allow = world.asking.around(refusing(is("exchange"), () => new CliError("unreachable", "the network is down")));
  };

  const { stderr, stdout } = await during(world, 110, { at: { 80: refuse, 95: () => allow() } });
  expect(stderr).toBe(
    `${dies("03:00")}${due("01:30")}${[1, 2, 4]
      .map((pause) => `Warning: the network is down\nWarning: the token could not be made anew, which is tried again in ${pause} minutes\n`)
      .join("")}${dies("04:37")}`,
  );
  expect(stdout).toBe(`${made}secret/acr-myregistry configured\nserviceaccount/default unchanged\n${gone}`);
});

test("a first round that fails ends it, and takes what it made", async () => {
  const world = demo();
  world.asking.around(refusing(is("patch serviceaccount"), () => new CliError("forbidden", "no patch")));

  expect(await during(world, 100)).toMatchObject({ stdout: "secret/acr-myregistry created\nsecret/acr-myregistry deleted\n", code: 1 });
  expect(secretOf(world)).toBeUndefined();
});

test("interrupted in its first round it is an interrupted run, which leaves nothing either", async () => {
  const world = demo();
  const started = (live: Live) => {
    world.asking.around(async (asked, next) => {
      const answer = await next();
      if (is("create secret")(asked)) live.interrupt();
      return answer;
    });
  };

  expect(await type(keep, world.ports, { started })).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry deleted\n"),
    code: 130,
  });
  expect([attached(world), secretOf(world)]).toEqual([[], undefined]);
});

test.for([
  ["create --registry myregistry --keep", "--keep is for a credential that dies by itself: it needs --entra"],
  ["create --registry myregistry --admin --keep", "--keep is for a credential that dies by itself: it needs --entra"],
  ["create --registry myregistry --entra --keep --dry-run=client", "--keep and --dry-run cannot be combined"],
  ["create --registry myregistry --entra --keep -o yaml", "-o yaml waits for the end, and with --keep there is none: use -o jsonl"],
] as const)("%s is refused: %s", async ([words, says]) => {
  const world = demo();

  expect(await type(words, world.ports)).toMatchObject({ stderr: expect.stringContaining(`error: ${says}\n`), code: 1 });
  expect(world.asking.all).toEqual([]);
});
