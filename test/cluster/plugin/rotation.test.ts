import { afterAll, expect, test } from "vitest";
import type { Replicated } from "../../../sandbox/azure/faults.ts";
import { openShell } from "../../support/plugin.ts";
import { kinds, type Row, rotatedUnderPulls } from "../../support/rotated.ts";
import { sampled } from "../../support/sampled.ts";

const shell = await openShell();
afterAll(() => shell.stop());

/**
 * How long Azure needs to replicate a password (milliseconds), and the number of namespaces. test/node/rotation.test.ts pulls with a node.
 */
const looks = [
  { delay: 0, namespaces: 1, rotations: 4 },
  { delay: 1000, namespaces: 1, rotations: 1 },
  { delay: 0, namespaces: 50, rotations: 2 },
];

const table: Row[] = Object.keys(kinds).flatMap((kind) => looks.map((look) => ({ kind, ...look })));

test.for(sampled(table, ({ delay }) => delay > 0))(
  "fails no pull during rotations: $rotations of $kind in $namespaces namespaces, replicated in $delay ms",
  { timeout: 120_000 },
  async (row, { onTestFinished: atEnd }) => {
    const delay = (of: Replicated, milliseconds: number, name: string) =>
      shell.azure.faults.add({ kind: "replication", of, milliseconds, name: new RegExp(name) });
    expect((await rotatedUnderPulls(row, { env: shell.env, delay, atEnd })).pulls).toBeGreaterThan(0);
  },
);
