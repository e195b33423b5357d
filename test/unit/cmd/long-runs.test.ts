import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { line, linesOf, teams, worldOf } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";

test.for([
  { namespaces: 170, looks: [50, 100, 150] },
  { namespaces: 40, looks: [] },
])("over $namespaces namespaces, memory is looked at after $looks of them", async ({ namespaces, looks }) => {
  const world = worldOf(teams(namespaces));
  let printed = "";
  const seen = new Set<number>();
  const done = () => linesOf(printed).filter((one) => one.startsWith("secret/")).length;
  const { code } = await type(`${line} -A --credential-per scope`, world.ports, {
    sees: (text) => {
      printed += text;
    },
    // A place counts as soon as it is known, which is before its last line
    boundRoom: () => seen.add(Math.round(done() / 10) * 10),
  });

  expect(code).toBe(0);
  expect([...seen]).toEqual(looks);
});

const program = (bound: boolean) => `
  import { getHeapSpaceStatistics } from "node:v8";
  import { boundYoungGeneration } from ${JSON.stringify(join(import.meta.dirname, "../../../cmd/young-generation.ts"))};
  const alive = [];
  for (let made = 0; made < 3_000_000; made++) {
    alive[made % 200_000] = { made, text: String(made) };
    if (${bound} && made % 10_000 === 0) boundYoungGeneration();
  }
  console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space").space_size / 2 ** 20);
`;

test.for([
  { bound: true, room: 8 },
  { bound: false, room: 32 },
])("new objects have $room MB, where that is bound: $bound", async ({ bound, room }) => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program(bound)]);

  expect(Number(stdout)).toBe(room);
});
