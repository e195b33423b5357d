// The main program of the single executable: runs the bundle that lies in it, compiled as it was left by scripts/warm.ts.
const { getAsset, getRawAsset } = require("node:sea");
const { Script } = require("node:vm");

// Of another Node or another processor the compiled code is passed over, and the bundle compiled as usual
const script = new Script(getAsset("bundle.cjs", "utf8"), { filename: "bundle.cjs", cachedData: new Uint8Array(getRawAsset("bundle.cache")) });
script.runInThisContext()(require, __filename);
