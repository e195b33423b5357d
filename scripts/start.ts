// npm start: the main job on a world of its own, as a transcript. `npm start -- --keep` leaves that world up to play in.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { showProgress } from "../sandbox/progress.ts";
import { startSandbox } from "../sandbox/sandbox.ts";
import { pushImages } from "../sandbox/scenery.ts";
import { openTerminal } from "../sandbox/terminal.ts";
import { packagePlugin } from "./package.ts";
import { playAloud } from "./play.ts";
import { root } from "./run.ts";

const keep = process.argv.includes("--keep");
const { line, done } = showProgress(process.stdout);
const { folder: plugin } = await packagePlugin({ progress: line });
const sandbox = await startSandbox({ progress: line });
const interrupted = new Promise<void>((resolve) => {
  process.once("SIGINT", resolve);
  process.once("SIGTERM", resolve);
});

try {
  await pushImages(sandbox.azure);
  const folder = join(sandbox.folder, "work");
  await mkdir(folder);
  done();
  const env = { ...sandbox.env, HOME: sandbox.folder, PATH: `${plugin}:${sandbox.env["PATH"]}` };
  const page = await readFile(join(root, "docs", "tour.md"), "utf8");
  const playing = playAloud(page, openTerminal({ env: { ...process.env, ...env } as Record<string, string>, folder }), process.stdout);
  const end = await Promise.race([playing, interrupted.then(() => "interrupted" as const)]);
  if (end === "differs") process.exitCode = 1;
  if (end === "interrupted") process.exitCode = 130;
  if (keep && end !== "interrupted") {
    const exports = Object.entries(env).map(([name, value]) => `export ${name}='${value}'\n`);
    process.stdout.write(`\nThe sandbox stays up until Ctrl-C. In another terminal:\n\n${exports.join("")}`);
    await interrupted;
  }
} finally {
  await sandbox.stop();
  process.stdout.write("\nEverything that was started is stopped.\n");
}
process.exit();
