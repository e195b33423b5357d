// seal.ts ORDER: builds one executable from bundles and a Node, with pkg. It runs in its own process, because pkg changes the working
// directory, searches for Node in the user's home, and prints.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import pkg from "@yao-pkg/pkg/lib-es5/sea.js";
import { signAdHoc } from "./package/macho.ts";
import type { Platform } from "./platforms.ts";

export type Order = {
  /** A folder that is empty or contains the other files of the order. `main` is relative to it. */
  readonly folder: string;
  /** The program that runs the bundles. */
  readonly main: string;
  /** The files in the executable by name: bundles, and the code that V8 compiled for them. */
  readonly assets: Readonly<Record<string, string>>;
  readonly output: string;
  readonly node: { readonly program: string; readonly version: string };
  readonly platform: Platform;
};

const { folder, main, assets, output, node, platform }: Order = JSON.parse(process.argv[2] ?? "");
const isMac = platform.target.platform === "macos";

// The Node that writes the executable determines the layout of the data in it.
if (process.versions.node !== node.version) throw new Error(`a Node ${node.version} is packaged by that version, not ${process.version}`);

/** Node's single-executable configuration (nodejs.org/api/single-executable-applications.html). */
const configuration = {
  // The executable stores this path. Relative to pkg's temporary folder, it is the same on every machine.
  main: `../${main}`,
  disableExperimentalSEAWarning: true,
  useSnapshot: false,
  // The bundles have their own code caches, created after a run.
  useCodeCache: false,
  // src/http/trust.ts asks for the machine's certificates. Without the first option, Node would read its built-in ones at each start.
  // Node's own warnings are not useful to kubectl's users.
  execArgv: ["--use-openssl-ca", "--no-warnings"],
  // Otherwise NODE_OPTIONS could load code into a program that handles credentials.
  execArgvExtension: "none",
  assets,
};

/** Stores a Node at the path where pkg keeps one that it has downloaded and checked (@yao-pkg/pkg lib/sea.ts, getNodejsExecutable). */
async function stock(program: string): Promise<void> {
  const cache = join(folder, ".pkg-cache", "sea");
  const name = `node-v${node.version}-${isMac ? "darwin" : platform.target.platform}-${platform.target.arch}`;
  const [archive, file] = platform.os === "win32" ? [`${name}.zip`, `${name}.exe`] : [`${name}.tar.gz`, join(name, "bin", "node")];
  await mkdir(dirname(join(cache, file)), { recursive: true });
  for (const mark of [archive, `${archive}.ok`, `${file}.ok`]) await writeFile(join(cache, mark), "");
  await copyFile(program, join(cache, file));
}

await stock(node.program);
Object.assign(process.env, { HOME: folder, USERPROFILE: folder, TMPDIR: folder, TEMP: folder });
await pkg.default(join(folder, main), {
  targets: [{ nodeRange: `node${node.version}`, ...platform.target, output }],
  seaConfig: configuration,
});
if (isMac) await writeFile(output, signAdHoc(await readFile(output), platform.program));
