// npm run release [-- CHANNEL…]: creates the files of each channel in dist/: the Debian packages and the image.
// npm run release -- check TAG: fails unless the tag, package.json and CHANGELOG.md agree, and the commit is on origin/main.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { dist } from "./krew/generate.ts";
import { platforms } from "./platforms.ts";
import { channels } from "./release/channels.ts";
import { commitProblem, tagProblem } from "./release/tag.ts";
import { root } from "./run.ts";

const { version } = packageJson;
const [first, ...rest] = process.argv.slice(2);

try {
  if (first === "check") await check(rest[0] ?? "");
  else await make(first === undefined ? Object.keys(channels) : [first, ...rest]);
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function check(tag: string): Promise<void> {
  const problem = tagProblem(tag, version, await readFile(join(root, "CHANGELOG.md"), "utf8")) ?? (await commitProblem(root));
  if (problem !== undefined) throw new Error(problem);
  process.stdout.write(`${tag} is a release of this checkout\n`);
}

async function make(names: readonly string[]): Promise<void> {
  const order = { platforms, version, into: dist, progress: (line: string) => process.stderr.write(`${line}\n`) };
  const makes = names.map((name) => {
    const channel = channels[name];
    if (channel) return channel;
    throw new Error(`"${name}" is no channel: ${Object.keys(channels).join(", ")}`);
  });
  await mkdir(dist, { recursive: true });
  for (const channel of makes) for (const path of await channel(order)) process.stdout.write(`${path}\n`);
}
