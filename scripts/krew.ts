// npm run krew: packages all platforms, if their sources changed, and generates the Krew manifest for the archives in dist/.
import { relative } from "node:path";
import { generate } from "./krew/generate.ts";
import { packageAll } from "./package.ts";

try {
  await packageAll();
  process.stdout.write(`${relative(".", await generate())}\n`);
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
