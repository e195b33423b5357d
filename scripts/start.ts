// npm start: runs the main task in a new sandbox and shows it as a transcript. `-- --keep` keeps the sandbox running for experiments, `--
// --no-node` runs no pods.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { missingForNode } from "../sandbox/node/requirements.ts";
import { showProgress } from "../sandbox/progress.ts";
import { type Sandbox, startSandbox } from "../sandbox/sandbox.ts";
import { images, pushImages } from "../sandbox/scenery.ts";
import { openTerminal } from "../sandbox/terminal.ts";
import { packagePlugin } from "./package.ts";
import { playAloud } from "./play.ts";
import { root } from "./run.ts";

/** Commands to try in the sandbox. */
const examples = [
  "  kubectl create deployment web --image myregistry.azurecr.io/app/web:1",
  "  kubectl acr-secret check",
  "  kubectl acr-secret create --registry myregistry --serviceaccount default",
  "  kubectl acr-secret list",
];

const words = process.argv.slice(2);
if (words.some((word) => !["--keep", "--no-node"].includes(word))) {
  process.stdout.write("Usage: npm start [-- [--keep] [--no-node]]\n");
  process.exit(words.includes("--help") ? 0 : 1);
}
const keep = words.includes("--keep");
const unwanted = process.argv.includes("--no-node");
const lacks = unwanted ? [] : await missingForNode();
const withNode = !unwanted && lacks.length === 0;
const interrupted = new Promise<"interrupted">((resolve) => {
  process.once("SIGINT", () => resolve("interrupted"));
  process.once("SIGTERM", () => resolve("interrupted"));
});

const { line, done } = showProgress(process.stdout);
const { folder: plugin } = await packagePlugin({ progress: line });
const sandbox = await startSandbox({ progress: line, withNode });
const env = { ...sandbox.env, HOME: sandbox.folder, PATH: `${plugin}:${sandbox.env["PATH"]}` };
try {
  await pushImages(sandbox.azure, withNode ? await readFile(sandbox.binaries.program("pause")) : undefined);
  done();
  const end = await Promise.race([play(sandbox), interrupted]);
  if (end !== "as promised") process.exitCode = end === "interrupted" ? 130 : 1;
  if (unwanted) process.stdout.write("\nNo pod has run (--no-node).\n");
  else if (!withNode)
    process.stdout.write(
      `\nNo pod has run: a node needs ${lacks.join(", ")}. On Debian, as root: apt-get install containerd runc containernetworking-plugins\n`,
    );
  if (keep && end !== "interrupted") {
    const exports = Object.entries(env).map(([name, value]) => `export ${name}='${value}'\n`);
    process.stdout.write(
      `\nThe sandbox runs until Ctrl-C. Paste this into another terminal. It also changes HOME there:\n\n${exports.join("")}`,
    );
    process.stdout.write(`\nThe registry myregistry has ${images.join(", ")}. For example:\n\n${examples.join("\n")}\n`);
    await interrupted;
  }
} finally {
  await sandbox.stop();
  process.stdout.write("\nEverything that was started is stopped.\n");
}
process.exit();

async function play({ folder }: Sandbox): Promise<"as promised" | "differs"> {
  const work = join(folder, "work");
  await mkdir(work);
  const terminal = openTerminal({ env: { ...process.env, ...env } as Record<string, string>, folder: work });
  for (const page of withNode ? ["README.md", "docs/troubleshooting.md"] : ["README.md"]) {
    const end = await playAloud(await readFile(join(root, page), "utf8"), terminal, process.stdout);
    if (end === "differs") return end;
  }
  return "as promised";
}
