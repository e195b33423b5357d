// The main program of the single executable: runs the bundles in it, with the compiled code from scripts/warm.ts.
const { getRawAsset } = require("node:sea");
const { Script } = require("node:vm");

const loaded = new Map();

function load(id) {
  const [, name] = /^\.\/([\w-]+)\.cjs$/.exec(id) ?? [];
  if (!name) return require(id);
  if (!loaded.has(name)) loaded.set(name, unseal(name));
  return loaded.get(name);
}

function unseal(name) {
  const cachedData = new Uint8Array(getRawAsset(`${name}.cache`));
  const text = Buffer.from(getRawAsset(`${name}.cjs`)).latin1Slice();
  // V8 ignores compiled code of another Node or another processor, and compiles the bundle as usual.
  const script = new Script(text, { filename: `${name}.cjs`, cachedData });
  const module = { exports: {} };
  script.runInThisContext()(load, module, __filename, module.exports);
  return module.exports;
}

module.exports = load;
load("./kubectl-acr_secret.cjs");
