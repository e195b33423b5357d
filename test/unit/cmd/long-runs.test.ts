import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { line, teams, worldOf } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";

test.for([
  { namespaces: 300, asked: true },
  { namespaces: 100, asked: false },
])("over $namespaces namespaces, that no more room is taken is asked for: $asked", async ({ namespaces, asked }) => {
  let told = 0;
  let at: number | undefined;
  const { code } = await type(`${line} -A --credential-per scope`, worldOf(teams(namespaces)).ports, {
    sees: (text) => {
      told += text.split("\n").filter((one) => one.startsWith("secret/")).length;
    },
    keepRoom: () => {
      at ??= told;
    },
  });

  expect(code).toBe(0);
  expect(at !== undefined).toBe(asked);
  if (asked) expect(at).toBeGreaterThan(190);
});

const program = (kept: boolean) => `
  import { getHeapSpaceStatistics } from "node:v8";
  import { keepYoungGeneration } from ${JSON.stringify(join(import.meta.dirname, "../../../cmd/young-generation.ts"))};
  const room = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space").space_size;
  const before = room();
  if (${kept}) keepYoungGeneration();
  const alive = [];
  for (let made = 0; made < 3_000_000; made++) alive[made % 200_000] = { made, text: String(made) };
  console.log(JSON.stringify({ before, after: room() }));
`;

test.for([
  { kept: true, grows: false },
  { kept: false, grows: true },
])("V8 makes more room for what is new: $grows, where it is asked to keep it: $kept", async ({ kept, grows }) => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program(kept)]);
  const { before, after } = JSON.parse(stdout);

  expect(after > 4 * before).toBe(grows);
});
