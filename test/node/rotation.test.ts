import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { reachWorld } from "../support/node-world.ts";
import { kinds, type Row, rotatedUnderPulls } from "../support/rotated.ts";

const world = reachWorld(inject("world"));

/** The number of rotations of each credential in each setting, for longer runs: ROTATIONS=100 takes an hour. */
const asked = process.env["ROTATIONS"];

/** The longest ones start first, because vitest runs five at a time. */
const long = [30_000, 1000, 0].flatMap((delay) => [50, 1].map((namespaces) => ({ delay, namespaces, rotations: Number(asked) })));
const looks = asked === undefined ? [{ delay: 1000, namespaces: 1, rotations: 2 }] : long;
const table: Row[] = looks.flatMap((look) => Object.keys(kinds).map((kind) => ({ kind, ...look })));

let forgetting: NodeJS.Timeout;
beforeAll(async () => {
  await world.push("myregistry.azurecr.io/app/web:1", "waits");
  // Otherwise a million unused calls would stay in memory.
  if (asked !== undefined) forgetting = setInterval(() => void world.forgetCalls(), 10_000);
});
afterAll(() => clearInterval(forgetting));

test.for(table)(
  "$rotations rotations of $kind over $namespaces namespaces, $delay ms until Azure knows: no pull fails, nor a kubelet's",
  { concurrent: true, timeout: 24 * 3_600_000 } as const,
  async (row, { annotate, onTestFinished: atEnd }) => {
    const progress = asked === undefined ? undefined : (line: string) => void process.stdout.write(`${line}\n`);
    const around = { env: process.env, delay: world.delay, node: true, atEnd, progress } as const;
    const { pulls, slowest, pods, unread } = await rotatedUnderPulls(row, around).catch((error: unknown) => {
      // Prints an error at once, because the run takes an hour.
      progress?.(`${new Date().toISOString()} ${row.kind}, ${row.namespaces} namespaces, ${row.delay} ms: ${error}`);
      throw error;
    });
    expect(pods).toBeGreaterThan(0);
    await annotate(
      `${row.rotations} rotations of ${row.kind}: ${pulls} pulls, the slowest in ${slowest} ms, ${pods} pods, ${unread} of which were pulled for before their kubelet had the Secret; none was refused`,
    );
  },
);
