import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const script = join(import.meta.dirname, "../../scripts/start.ts");

test.for([
  { word: "--help", code: 0 },
  { word: "--kep", code: 1 },
])("prints the usage of npm start and starts no server when the word is $word", async ({ word, code }) => {
  const { code: ended = 0, stdout } = await run(process.execPath, [script, word], { timeout: 20_000 }).catch((error) => error);

  expect({ code: ended, stdout }).toEqual({ code, stdout: expect.stringMatching(/^Usage: npm start .*\n$/) });
});
