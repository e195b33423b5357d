#!/usr/bin/env node
// Runs this platform's program, and puts it in this file's place, so that from then on no Node starts before it. npm runs no script
// for that, since it may have been told not to; where we may not write, or on Windows, this file stays and does the same.
const { spawn } = require("node:child_process");
const { linkSync, renameSync, rmSync } = require("node:fs");
const { find } = require("./find.cjs");

const signals = ["SIGINT", "SIGTERM", "SIGHUP"];

function run(program) {
  const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
  for (const signal of signals) {
    // A terminal gives Ctrl-C to the child too.
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
  // There npm starts this file by another one, which asks for Node.
  if (process.platform !== "win32") takeOurPlace(program);
  run(program);
} catch (error) {
  fail(error.message);
}
