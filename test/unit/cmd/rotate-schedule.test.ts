import { setImmediate as turn } from "node:timers/promises";
import { expect } from "vitest";
import { claimOf } from "../../../src/secret/record.ts";
import { refused } from "../../support/demo.ts";
import { linesOf, stored, teams, watch, worldOf } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { isAlive, recordIn, slotsOf, writesRecord } from "../../support/rotating.ts";
import { all, any, failed, type Given, type Row, refuse, testRows, typed } from "../../support/rows.ts";

const on = (time: string) => ({ now: () => new Date(time) });
const january5 = on("2026-01-05T00:00:00Z");

/** Creates one namespace per credential: `n0`, `n1`, and so on. @param flags of `create` for each */
const created =
  (...flags: string[]) =>
  async () => {
    const world = worldOf(flags.map((_, at) => `n${at}`));
    for (const [at, flag] of flags.entries())
      await typed(`create --registry myregistry --repository app/web -n n${at} ${flag}`.trim())(world);
    return world;
  };

/** Sets the creation time of the password in a Secret, in Azure and in the record. */
const age =
  (at: string, creationTime: string, recorded = creationTime): Given =>
  (world) => {
    const passwords = world.azure.tokens.get(recordIn(world, at).identity)?.passwords;
    const password = passwords?.get("password1") ?? expect.unreachable("no password");
    passwords?.set("password1", { ...password, creationTime });
    writesRecord(at, { madeAt: recorded })(world);
  };
const slots =
  (...names: string[]) =>
  (world: FakeWorld) =>
    expect(names.map((_, at) => recordIn(world, `n${at}`).slot)).toEqual(names);
const expiries =
  (at: string[], ...days: (string | undefined)[]) =>
  (world: FakeWorld) =>
    expect(at.map((name) => recordIn(world, name).expiresAt?.slice(0, 10))).toEqual(days);
const [old, kept] = ["password2", "password1"];
const skips = (...counts: string[]) => new RegExp(`${counts.map((count) => `skipped ${count}\n`).join("")}$`);
const october = "2025-10-01T00:00:00Z";
const schedule = "rotate -A --expiring-within 14d";

testRows([
  {
    does: "rotates passwords that Azure created before the limit when --older-than is given",
    world: created("", "", "--expires-in 90d"),
    given: all(age("n0", october), age("n2", "2025-10-02T00:00:00Z")),
    command: "rotate -A --older-than 60d",
    options: january5,
    stderr: skips("1: not older than 60d"),
    check: slots(old, kept, old),
  },
  {
    does: "rotates a password that is younger by the clock of Azure when the limit is 0s",
    world: created(""),
    command: "rotate -A --older-than 0s",
    options: on("2025-12-31T23:59:00Z"),
    stderr: any,
    check: slots(old),
  },
  {
    does: "rotates a credential that meets one of two limits, and counts the others with their reasons",
    world: created("--expires-in 10d", "", "", "", "--expires-in 90d"),
    given: age("n1", october),
    command: "rotate -A --older-than 60d --expiring-within 14d",
    options: january5,
    stderr: skips("1: does not expire within 14d, not older than 60d", "2: never expire, not older than 60d"),
    check: slots(old, old, kept, kept, kept),
  },
  ...["", " -o json", " -o jsonl", " -o name"].map(
    (output): Row => ({
      does: `counts skipped credentials on stderr and prints nothing else: ${schedule}${output}`,
      world: created("", "", "--expires-in 90d"),
      command: schedule + output,
      stdout: [],
      stderr: skips("1: does not expire within 14d", "2: never expire"),
      writes: [],
    }),
  ),
  {
    does: "counts logins of unknown expiry",
    world: created("", ""),
    given: all(
      async ({ ports }) => {
        const given = "create given --registry myregistry.azurecr.io --username ci --password-stdin --verify=false -n n1";
        expect(await type(given, ports, { stdin: "hunter2" })).toMatchObject({ code: 0 });
      },
      writesRecord("n0", { expiresAt: "some day" }),
    ),
    command: schedule,
    stderr: skips("1: cannot be rotated by this plugin \\(secret/given in namespace n1\\)", "1: never expires", "1: unknown expiry"),
    writes: [],
  },
  {
    does: "names the first three Secrets that it cannot rotate",
    world: created("", "", "", "", ""),
    given: all(...["n0", "n1", "n2", "n3", "n4"].map((at) => writesRecord(at, { isExported: true }))),
    command: "rotate -A",
    stderr: skips("5: cannot be rotated by this plugin \\(secret/acr-myregistry in namespace n0, .* n1, .* namespace n2 and 2 more\\)"),
    writes: [],
  },
  {
    does: "rotates only passwords that expire in time, gives them the same lifetime, and tests no other login",
    world: created("--expires-in 10d", "--expires-in 90d", ""),
    command: schedule,
    options: january5,
    stderr: any,
    check: (world) => {
      slots(old, kept, kept)(world);
      expiries(["n0", "n1", "n2"], "2026-01-14", "2026-04-01", undefined)(world);
      expect(new Set(world.asking.all.filter((call) => call.startsWith("prove")).map((call) => call.split(" ")[1])).size).toBe(1);
    },
  },
  {
    does: "rotates only logins for the registry when --registry is given",
    world: created("", ""),
    given: writesRecord("n1", { host: "other.azurecr.io" }),
    command: "rotate -A --registry myregistry",
    stdout: /^token\S+ configured\nsecret\/acr-myregistry configured in namespace n0\n$/,
    stderr: ["1 Secret configured"],
    check: slots(old, kept),
  },
  {
    does: "gives the new password the lifetime of --expires-in",
    world: created("--expires-in 10d"),
    command: "rotate -n n0 --expires-in 30d",
    options: january5,
    check: expiries(["n0"], "2026-02-04"),
  },
  {
    does: "ends the grace period with the life of the replaced password when that ends first",
    world: created("--expires-in 10d"),
    command: "rotate -n n0 --grace 24d",
    options: january5,
    check: (world) => expect(recordIn(world, "n0").previous?.until?.slice(0, 10)).toBe("2026-01-11"),
  },
  {
    does: "gives the new password the recorded lifetime when Azure does not show the one that it replaces",
    world: created("--expires-in 10d"),
    given: (world) => world.azure.tokens.get(recordIn(world, "n0").identity)?.passwords.delete("password1"),
    command: "rotate -n n0",
    options: on("2026-02-05T00:00:00Z"),
    stderr: any,
    check: (world) => {
      expect(isAlive(world, "n0")).toBe(true);
      expiries(["n0"], "2026-02-14")(world);
    },
  },
  ...[
    "--older-than=-1h",
    "--older-than=soon",
    "--older-than=0x",
    "--older-than=1.5d",
    "--older-than=",
    "--grace soon",
    "--grace -1h",
    "--grace 1",
  ]
    .concat("--grace=", "--expires-in soon", "--expiring-within soon")
    .map(
      (flag): Row => ({
        does: `refuses ${flag} before any request`,
        world: created(""),
        command: `rotate -n n0 ${flag}`,
        code: 1,
        stderr: new RegExp(flag.split(/[ =]/)[0] ?? ""),
        check: ({ asking }) => expect(asking.all).toEqual([]),
      }),
    ),
]);

const owned = (count: number) => () => stored(...teams(count));
const all_ = "rotate -A --grace 0";
const claimsIn = ({ cluster }: FakeWorld) =>
  cluster.all("secret").filter((secret) => Date.parse(claimOf(secret)?.until ?? "") > cluster.about.now());
/** Checks that all logins are valid, and that no claim is left for which another run must wait. */
const settled = (world: FakeWorld) => {
  expect(world.cluster.all("secret").filter(({ metadata: { namespace = "", name } }) => !isAlive(world, namespace, name))).toEqual([]);
  expect(claimsIn(world)).toEqual([]);
};
const configured = (stdout: string) => linesOf(stdout).filter((text) => text.startsWith("secret/"));
const { live, started } = watch();
const generate =
  (team: string) =>
  ({ call, at }: { call: string; at: string }) =>
    call === "generatePassword" && at.includes(`${team}-`);

let most = 0;
const countGenerations: Given = ({ asking }) => {
  let running = 0;
  return asking.around(async ({ call }, next) => {
    if (call !== "generatePassword") return next();
    most = Math.max(most, ++running);
    for (let round = 0; round < 20; round++) await turn();
    return next().finally(() => running--);
  });
};
const slowLists: Given = ({ asking }) =>
  asking.around(async ({ call }, next) => {
    if (call === "list") for (let round = 0; round < 50; round++) await turn();
    return next();
  });
const interruptAtSixth: Given = ({ asking }) => {
  let made = 0;
  return asking.around(async ({ call }, next) => {
    if (call === "generatePassword" && ++made === 6) live().interrupt();
    return next();
  });
};

testRows([
  {
    does: "rotates four credentials at a time, and prints them in their order",
    world: owned(12),
    given: countGenerations,
    command: all_,
    stderr: ["12 Secrets configured"],
    check: (world, { stdout }) => {
      const names = teams(12).toSorted();
      expect(configured(stdout)).toEqual(names.map((name) => `secret/acr-myregistry configured in namespace ${name}`));
      expect([most, ...new Set([...world.azure.tokens.keys()].map((token) => slotsOf(world, token).join()))]).toEqual([4, old]);
      settled(world);
    },
  },
  {
    does: "reads the lists once for all credentials that wait for them",
    world: owned(80),
    given: slowLists,
    command: all_,
    stderr: any,
    check: (world) => {
      settled(world);
      // Each search reads three lists
      expect(world.asking.all.filter((call) => call.startsWith("list secret")).length).toBeLessThan(80 * 2);
    },
  },
  {
    does: "ends each rotation in progress when it is interrupted, and continues when it runs again",
    world: owned(12),
    given: interruptAtSixth,
    command: all_,
    options: { started },
    ...failed,
    code: 130,
    stderr: /^interrupted: .*namespaces left\. .*\n$/m,
    check: (world, { stdout }) => {
      settled(world);
      expect(configured(stdout).length).toBeLessThan(12);
    },
    after: [
      {
        command: all_,
        stderr: any,
        check: (world) => {
          settled(world);
          expect([...world.azure.tokens.keys()].filter((token) => slotsOf(world, token).length !== 1)).toEqual([]);
        },
      },
    ],
  },
  ...[
    { what: "fails", team: "team-2", of: 6, error: refused, left: "5 Secrets configured, 1 namespace failed\n" },
    { what: "has a defect", team: "team-0", of: 4, error: () => new Error("defect"), left: "^error: internal error" },
  ].map(
    ({ what, team, of, error, left }): Row => ({
      does: `completes the other rotations when one ${what}`,
      world: owned(of),
      given: refuse(generate(team), error),
      command: all_,
      ...failed,
      stderr: new RegExp(left),
      check: (world, { stdout }) => {
        expect(configured(stdout)).toHaveLength(of - 1);
        settled(world);
      },
    }),
  ),
  {
    does: "rotates the other Secrets of a namespace when one may not be written",
    world: () => worldOf(["demo"]),
    given: all(
      typed(...["a", "b", "c"].map((name) => `create ${name} --registry myregistry --repository app/web -n demo`)),
      refuse(({ call, at }) => call !== "get" && at.endsWith("secret demo/a")),
    ),
    command: "rotate -n demo --grace 0",
    ...failed,
    stderr: /Forbidden/,
    check: (world, { stdout }) => {
      expect(configured(stdout)).toEqual(["secret/b configured", "secret/c configured"]);
      settled(world);
    },
  },
]);
