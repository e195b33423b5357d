import { expect, test } from "vitest";
import { CliError, Interrupted } from "../../../src/errors.ts";
import { attachedAll, demo, line, stateOf } from "../../support/demo.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type Live, type Run, type } from "../../support/in-process.ts";
import { any, type Row, refuse, testRows, typed } from "../../support/rows.ts";

const minute = 60_000;
const keep = `${line} --repository app/web --entra --keep`;
const renewed = ["secret/acr-myregistry configured", "serviceaccount/default unchanged"];
const gone = ["serviceaccount/default patched", "secret/acr-myregistry deleted"];
const removed = { attached: "", secret: "none" };
const text = (...lines: readonly string[]) => lines.map((one) => `${one}\n`).join("");
const warns = (stderr: string) => stderr.split("\n").filter((one) => one.startsWith("Warning: ") && !one.includes(" expires at "));

type During = { readonly words?: string; readonly at?: Record<number, (world: FakeWorld) => unknown>; readonly skew?: number };

/**
 * Runs a command line whose waits advance the clock, and interrupts it after this many minutes. `at` runs in a wait after the given
 * minutes.
 *
 * @param skew minutes by which this machine's clock is ahead of the registry's
 */
async function during(world: FakeWorld, minutes: number, { words = keep, at = {}, skew = 0 }: During = {}) {
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
    for (const [when, act] of todo) if (now >= when && todo.delete(when)) act(world);
    if (now < from + minutes * minute) return;
    live?.interrupt();
    throw new Interrupted();
  };
  const started = (run: Live) => {
    live = run;
  };
  const run = await type(words, world.ports, { sleep, started, now: () => new Date(now) });
  const tokens = world.asking.all.filter((call) => call.startsWith("exchange")).length;
  return { ...run, naps, tokens };
}

const secretOf = ({ cluster }: FakeWorld) => cluster.get("secret", "demo", "acr-myregistry") ?? expect.unreachable("no Secret");

test("renews the token at half its life and removes everything at Ctrl-C, with exit code 0", async () => {
  const world = demo();
  const { naps, stdout, stderr, code, tokens } = await during(world, 200);

  expect({ stdout, code, tokens }).toEqual({ stdout: text(...attachedAll, ...renewed, ...renewed, ...gone), code: 0, tokens: 3 });
  expect(stderr.match(/2026-01-01T\S+Z/g)).toEqual(["03:00", "01:30", "04:30", "06:00"].map((time) => `2026-01-01T${time}:00Z`));
  expect(stateOf(world)).toMatchObject(removed);
  // A suspended machine stops its timers, so the plugin never waits for a long time at once.
  expect(Math.max(...naps)).toBeLessThanOrEqual(minute);
});

type Ending = { does: string; given?: string; minutes: number; during?: During; stdout: string[]; warning?: RegExp; leaves: object };

const endings: readonly Ending[] = [
  ...["flux", "argocd"].map((reader) => ({
    does: `removes the Secret of --for ${reader}`,
    minutes: 100,
    during: { words: `create --registry myregistry --repository app/web --for ${reader} --entra --keep -n demo` },
    stdout: ["created", "configured", "deleted"].map((how) => `secret/acr-myregistry ${how}`),
    leaves: { secret: "none" },
  })),
  {
    does: "keeps a Secret and an attachment that existed before, with the last token",
    given: `${line} --repository app/web --entra`,
    minutes: 100,
    stdout: ["secret/acr-myregistry unchanged", "serviceaccount/default unchanged", ...renewed],
    leaves: { attached: "acr-myregistry", secret: "alive" },
  },
  {
    does: "removes only the attachment when the Secret existed before",
    given: "create --registry myregistry --repository app/web --entra -n demo",
    minutes: 1,
    stdout: ["secret/acr-myregistry unchanged", "serviceaccount/default patched", "pod/web-1 restarted", "serviceaccount/default patched"],
    leaves: { attached: "", secret: "alive" },
  },
  {
    does: "keeps a Secret that another user has replaced",
    minutes: 2,
    during: {
      at: {
        1: (world) => {
          const { metadata, ...secret } = secretOf(world);
          world.cluster.remove("secret", "demo", "acr-myregistry");
          world.cluster.put({ ...secret, metadata: { ...metadata, uid: "another" } });
        },
      },
    },
    stdout: attachedAll,
    warning: /it was recreated/,
    leaves: { attached: "acr-myregistry", secret: "alive" },
  },
  {
    does: "keeps a Secret that now holds other logins",
    minutes: 2,
    during: {
      at: {
        1: (world) => {
          const auths = { "myregistry.azurecr.io": world.loginIn("demo"), "ghcr.io": { username: "a", password: "b" } };
          world.cluster.put({ ...secretOf(world), data: pullSecret("demo", "x", auths).data ?? {} });
        },
      },
    },
    stdout: attachedAll,
    warning: /other logins/,
    leaves: { attached: "acr-myregistry", secret: "alive" },
  },
  {
    does: "keeps a Secret that another user has given a lasting credential, and its entry",
    minutes: 2,
    during: {
      at: {
        1: (world) => {
          const entries = [{ hosts: ["myregistry.azurecr.io"], kind: "acr-token", identity: "shop", slot: "password1" }];
          const { metadata, ...secret } = secretOf(world);
          const annotations = { "acr-secret/logins": JSON.stringify(entries) };
          const { data = {} } = pullSecret("demo", "x", { "myregistry.azurecr.io": { username: "shop", password: "lasting" } });
          world.cluster.put({ ...secret, metadata: { ...metadata, annotations }, data });
        },
      },
    },
    stdout: attachedAll,
    warning: /another user/,
    leaves: { attached: "acr-myregistry", username: "shop" },
  },
  {
    does: "reports nothing when another user has deleted the Secret and the ServiceAccount",
    minutes: 2,
    during: {
      at: {
        1: ({ cluster }) => {
          cluster.remove("secret", "demo", "acr-myregistry");
          cluster.remove("serviceaccount", "demo", "default");
        },
      },
    },
    stdout: attachedAll,
    leaves: removed,
  },
];

for (const { does, given, minutes, during: how, stdout, warning, leaves } of endings)
  test(`${does} at Ctrl-C`, async () => {
    const world = demo();
    if (given) await typed(given)(world);
    const run = await during(world, minutes, how);

    expect({ stdout: run.stdout, code: run.code, warnings: warns(run.stderr) }).toEqual({
      stdout: text(...stdout),
      code: 0,
      // One for the ServiceAccount and one for the Secret.
      warnings: warning ? Array(2).fill(expect.stringMatching(warning)) : [],
    });
    expect(run.stderr.match(/^hint: /gm) ?? []).toHaveLength(how?.words?.includes("--for") ? 1 : 0);
    expect(stateOf(world)).toMatchObject(leaves);
  });

test("prints the commands that remove what it cannot remove", async () => {
  const forbid = (world: FakeWorld) => {
    for (const call of ["delete secret", "patch serviceaccount"]) refuse(call, () => new CliError("forbidden", `no ${call}`))(world);
  };
  const { stderr, code } = await during(demo(), 2, { at: { 1: forbid } });

  expect(code).toBe(1);
  expect(stderr).toMatch(
    /error: no patch serviceaccount\n.*:\n {2}kubectl acr-secret detach -n demo acr-myregistry --serviceaccount default\n/,
  );
  expect(stderr).toMatch(/error: no delete secret\n.*:\n {2}kubectl delete secret -n demo acr-myregistry\n$/);
});

test.for([90, 24 * 60, -90, -170])("renews the token at half its life when the clock of this machine is %i minutes ahead", async (skew) => {
  const world = demo();
  const alive: boolean[] = [];
  const look = () => {
    const [, claims = ""] = (world.loginIn("demo")?.password ?? "").split(".");
    const { exp } = JSON.parse(Buffer.from(claims, "base64url").toString());
    alive.push(world.azure.entra.now.getTime() < exp * 1000);
  };
  const { code, tokens } = await during(world, 200, { skew, at: { 80: look, 170: look, 199: look } });

  expect({ code, tokens, alive }).toEqual({ code: 0, tokens: 3, alive: [true, true, true] });
});

test("retries a renewal that fails after longer and longer pauses", async () => {
  let allow = () => {};
  const forbid = ({ asking }: FakeWorld) => {
    allow = asking.around(refusing(is("exchange"), () => new CliError("unreachable", "the network is down")));
  };

  const { stderr, stdout } = await during(demo(), 110, { at: { 80: forbid, 95: () => allow() } });
  expect(warns(stderr).map((one) => /(network is down|in \d minutes?)/.exec(one)?.[0])).toEqual(
    [1, 2, 4].flatMap((pause) => ["network is down", `in ${pause} minute${pause === 1 ? "" : "s"}`]),
  );
  expect(stderr).toContain("2026-01-01T04:37:00Z");
  expect(stdout).toBe(text(...attachedAll, ...renewed, ...gone));
});

testRows([
  {
    does: "ends when its first round fails, and removes what it created",
    given: refuse("patch serviceaccount"),
    command: keep,
    code: 1,
    stdout: ["secret/acr-myregistry created", "secret/acr-myregistry deleted"],
    writes: any,
    leaves: removed,
  },
  ...[
    { more: "", stderr: /^error: --keep .* --entra\n/ },
    { more: " --admin", stderr: /^error: --keep .* --entra\n/ },
    { more: " --entra --dry-run=client", stderr: /^error: --keep and --dry-run / },
    { more: " --entra -o yaml", stderr: /^error: -o yaml .* -o jsonl\n/ },
  ].map(
    ({ more, stderr }): Row => ({
      does: `refuses --keep with${more || " no other flag"}`,
      command: `create --registry myregistry --keep${more}`,
      code: 1,
      stderr,
      check: ({ asking }) => expect(asking.all).toEqual([]),
    }),
  ),
]);

test("exits with 130 and leaves nothing when it is interrupted in its first round", async () => {
  const world = demo();
  const started = (live: Live) => {
    world.asking.around(async (asked, next) => {
      const answer = await next();
      if (is("create secret")(asked)) live.interrupt();
      return answer;
    });
  };
  const run: Run = await type(keep, world.ports, { started });

  expect(run).toMatchObject({ stdout: expect.stringContaining("secret/acr-myregistry deleted\n"), code: 130 });
  expect(stateOf(world)).toMatchObject(removed);
});
