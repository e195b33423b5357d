#!/usr/bin/env node
// Runs this platform's program, and replaces this file with it, so that later starts need no Node. An npm install script could not do that
// reliably, because users can disable install scripts. If the file cannot be replaced, or on Windows, this file stays and always runs the
// program.
const { spawn } = require("node:child_process");
const { linkSync, renameSync, rmSync } = require("node:fs");
const { find } = require("./find.cjs");

const signals = ["SIGINT", "SIGTERM", "SIGHUP"];

function run(program) {
  const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
  for (const signal of signals) {
    // A terminal sends Ctrl-C to the child, too.
    process.on(signal, () => (signal === "SIGINT" && process.stdin.isTTY) || child.kill(signal));
  }
  child.on("error", (error) => fail(`${program} could not be started: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    for (const one of signals) process.removeAllListeners(one);
    process.kill(process.pid, signal);
  });
}

function takeOurPlace(program) {
  const fresh = `${__filename}.${process.pid}`;
  try {
    linkSync(program, fresh);
    renameSync(fresh, __filename);
  } catch {
    rmSync(fresh, { force: true });
  }
}

function fail(sentence) {
  process.stderr.write(`error: ${sentence}\n`);
  process.exit(1);
}

try {
  const program = find();
  // On Windows, npm starts this file through a wrapper that needs Node.
  if (process.platform !== "win32") takeOurPlace(program);
  run(program);
} catch (error) {
  fail(error.message);
}
