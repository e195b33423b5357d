import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { guardedFolder } from "../../sandbox/guard.ts";
import { dist } from "../../scripts/krew/generate.ts";

/** The contents of a single executable. */
type Sealed = { readonly main: string; readonly assets: ReadonlyMap<string, Buffer> };

/** The start of an executable's blob (Node's src/node_sea.cc). Flags follow, and a byte that says who may add arguments. */
const magic = 0x0143da20;

/** The main script's name, from scripts/seal.ts. */
const main = "../unseal.cjs";

/** Returns the contents of an executable. @throws Error if the program contains no script of this project */
function sealedIn(program: Buffer): Sealed {
  const named = program.indexOf(`\r\0\0\0\0\0\0\0${main}`, 0, "latin1");
  const begin = named - 9;
  if (named < 0 || program.readUInt32LE(begin) !== magic) throw new Error("nothing lies in this program");
  let at = named;
  const number = () => {
    at += 8;
    return Number(program.readBigUInt64LE(at - 8));
  };
  const bytes = () => {
    const size = number();
    at += size;
    return program.subarray(at - size, at);
  };
  bytes();
  const text = bytes().toString();
  const assets = new Map(Array.from({ length: number() }, () => [bytes().toString(), bytes()] as const));
  return { main: text, assets };
}

/** Returns a script that provides another script with the contents of an executable, as if it were the main script of that executable. */
const stage = (folder: string) => `
const Module = require("node:module"), { readFileSync } = require("node:fs"), { join } = require("node:path");
const load = Module._load;
const getRawAsset = (name) => new Uint8Array(readFileSync(join(${JSON.stringify(folder)}, name))).buffer;
Module._load = (id, ...more) => (id === "node:sea" ? { getRawAsset } : load(id, ...more));
`;

/** Creates a folder for PATH in which this platform's Node runs the contents of another platform's program. */
export async function unsealed(platform: string) {
  const { path, remove } = await guardedFolder("acr-secret-unsealed-");
  const { main: text, assets } = sealedIn(await readFile(join(dist, platform, "kubectl-acr_secret")));
  const folder = join(path, "assets");
  await mkdir(folder);
  for (const [name, content] of assets) await writeFile(join(folder, name), content);
  await writeFile(join(path, "stage.cjs"), stage(folder));
  await writeFile(join(path, "main.cjs"), text);
  const program = join(path, "kubectl-acr_secret");
  const line = `exec '${process.execPath}' --use-system-ca --no-warnings --require '${path}/stage.cjs' '${path}/main.cjs' "$@"`;
  await writeFile(program, `#!/bin/sh\n${line}\n`);
  await chmod(program, 0o755);
  return { path, remove };
}
