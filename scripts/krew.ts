// npm run krew: packages all platforms, if their sources changed, and generates the Krew manifest for the archives in dist/.
// npm run krew -- verify [FILE]: checks a manifest.
import { join, relative } from "node:path";
import { dist, generate, manifestFolder } from "./krew/generate.ts";
import { verify } from "./krew/verify.ts";
import { packageAll } from "./package.ts";

const [verb, file = relative(".", join(manifestFolder, "acr-secret.yaml")), ...more] = process.argv.slice(2);

try {
  if (more.length > 0 || (verb !== undefined && verb !== "verify"))
    throw new Error("usage: npm run krew, or npm run krew -- verify [FILE]");
  if (verb === undefined) await packageAll();
  process.exitCode = await judge(verb === undefined ? relative(".", await generate()) : file);
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

/** Checks generated manifests, too. @returns the exit code */
async function judge(name: string): Promise<number> {
  const { problems, unseen } = await verify(name, dist);
  for (const problem of problems) process.stderr.write(`${name}: ${problem}\n`);
  for (const archive of unseen) process.stderr.write(`${name}: dist/${archive} is not there, so it was not looked into\n`);
  if (problems.length === 0) process.stdout.write(`${name} is a valid manifest\n`);
  return problems.length === 0 ? 0 : 1;
}
