import { expect, test } from "vitest";
import { shims } from "../../../cmd/completion.ts";
import { type } from "../../support/in-process.ts";

test.for([
  { platform: "linux", text: shims.posix.text },
  { platform: "darwin", text: shims.posix.text },
  { platform: "win32", text: shims.windows.text },
] as const)("prints the program of $platform", async ({ platform, text }) => {
  expect(await type("completion kubectl", { platform })).toEqual({ stdout: text, stderr: "", code: 0 });
});

test.for([
  { what: "the name of a shell", line: "completion bash", message: 'invalid argument "bash": must be kubectl, for every shell' },
  { what: "no word", line: "completion", message: "argument required: kubectl" },
])("refuses $what and prints the command to run", async ({ line, message }) => {
  const stderr = `error: ${message}\nhint: kubectl acr-secret completion kubectl\n`;

  expect(await type(line, {})).toEqual({ stdout: "", stderr, code: 1 });
});
