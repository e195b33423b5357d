// npm run release: creates the image in dist/.
// npm run release -- check TAG: fails unless the tag, package.json and CHANGELOG.md agree, and the commit is on origin/main.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { dist } from "./krew/generate.ts";
import { platforms } from "./platforms.ts";
import { containerImage } from "./release/image.ts";
import { commitProblem, tagProblem } from "./release/tag.ts";
import { root } from "./run.ts";

const { version } = packageJson;
const [first, tag = "", ...rest] = process.argv.slice(2);

try {
  if (first === undefined) await make();
  else if (first === "check" && rest.length === 0) await check(tag);
  else throw new Error("usage: npm run release [-- check TAG]");
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function check(tag: string): Promise<void> {
  const problem = tagProblem(tag, version, await readFile(join(root, "CHANGELOG.md"), "utf8")) ?? (await commitProblem(root));
  if (problem !== undefined) throw new Error(problem);
  process.stdout.write(`${tag} is a release of this checkout\n`);
}

async function make(): Promise<void> {
  await mkdir(dist, { recursive: true });
  const progress = (line: string) => process.stderr.write(`${line}\n`);
  process.stdout.write(`${await containerImage({ platforms, version, into: dist, progress })}\n`);
}
