// npm run publish -- github|image [--dry-run]: publishes the files of dist/ at one destination. --dry-run only prints the commands.
// In a GitHub workflow, `image` sets the output `digest` of its step.
import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { binaries } from "../sandbox/binaries.ts";
import { digestOf } from "../sandbox/oci.ts";
import { dist } from "./krew/generate.ts";
import { destinations, imageName, type Release, type Step } from "./release/destinations.ts";
import { releaseIn } from "./release/files.ts";
import { releaseNotes } from "./release/notes.ts";
import { take } from "./release/take.ts";
import { root } from "./run.ts";

const { version } = packageJson;
const [place = "", ...flags] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);

try {
  const destination = destinations[place];
  if (!destination || flags.some((flag) => flag !== "--dry-run"))
    throw new Error(`usage: npm run publish -- ${Object.keys(destinations).join("|")} [--dry-run]`);
  const release = releaseIn(dist, await readdir(dist).catch(() => []), { version, imageName });
  const steps = destination.steps(release);
  if (flags.length > 0) for (const { run } of steps) say(run.join(" "));
  else await takeAll(steps, release);
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function takeAll(steps: readonly Step[], { notes, image }: Release): Promise<void> {
  await writeFile(notes, `${releaseNotes(await readFile(join(root, "CHANGELOG.md"), "utf8"), version)}\n`);
  const tools = await binaries({ need: destinations[place]?.needs ?? [], progress: say });
  const env = { ...process.env, PATH: [...tools.path, process.env.PATH].join(":") };
  for (const step of steps) say(`${(await take(step, env)) ? "done" : "skipped"}: ${step.run.join(" ")}`);
  if (place === "image" && process.env.GITHUB_OUTPUT)
    await appendFile(process.env.GITHUB_OUTPUT, `digest=${digestOf(await readFile(join(image.layout, "index.json")))}\n`);
}
