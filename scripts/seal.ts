// seal.ts ORDER: makes one executable of bundles and a Node, by pkg. A process of its own, because pkg changes the working folder,
// looks for Node in the home of its user, and prints.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import pkg from "@yao-pkg/pkg/lib-es5/sea.js";
import { care } from "./package/program.ts";
import type { Platform } from "./platforms.ts";

export type Order = {
  /** A folder that is empty or holds what else the order names; `main` is in it, and named from there. */
  readonly folder: string;
  /** The program that runs the bundles. */
  readonly main: string;
  /** What lies in the executable, by its name: bundles, and what V8 has compiled of them. */
  readonly assets: Readonly<Record<string, string>>;
  readonly output: string;
  readonly node: { readonly program: string; readonly version: string };
  readonly platform: Platform;
};

const { folder, main, assets, output, node, platform }: Order = JSON.parse(process.argv[2] ?? "");
const { before, after, node: told } = care[platform.target.platform];

// What goes into a program is laid out by the Node that writes it
if (process.versions.node !== node.version) throw new Error(`a Node ${node.version} is packaged by that version, not ${process.version}`);

/** Node's single-executable configuration (nodejs.org/api/single-executable-applications.html). */
const configuration = {
  // Its path is kept in the executable: named from pkg's temporary folder, it is the same on every machine
  main: `../${main}`,
  disableExperimentalSEAWarning: true,
  useSnapshot: false,
  // The bundles have their own code caches, made after they have run.
  useCodeCache: false,
  // What Node has to say of itself is nothing for kubectl's users.
  execArgv: [...told, "--no-warnings"],
  // Else NODE_OPTIONS could load code into a program that handles credentials.
  execArgvExtension: "none",
  assets,
};

/** Puts a Node where pkg would keep one that it has downloaded and checked (@yao-pkg/pkg lib/sea.ts, getNodejsExecutable). */
async function stock(program: Uint8Array): Promise<void> {
  const cache = join(folder, ".pkg-cache", "sea");
  const name = `node-v${node.version}-${platform.target.platform.replace("macos", "darwin")}-${platform.target.arch}`;
  const [archive, file] = platform.os === "win32" ? [`${name}.zip`, `${name}.exe`] : [`${name}.tar.gz`, join(name, "bin", "node")];
  await mkdir(dirname(join(cache, file)), { recursive: true });
  for (const mark of [archive, `${archive}.ok`, `${file}.ok`]) await writeFile(join(cache, mark), "");
  await writeFile(join(cache, file), program, { mode: 0o755 });
}

await stock(before(await readFile(node.program)));
Object.assign(process.env, { HOME: folder, USERPROFILE: folder, TMPDIR: folder, TEMP: folder });
await pkg.default(join(folder, main), {
  targets: [{ nodeRange: `node${node.version}`, ...platform.target, output }],
  seaConfig: configuration,
});
await writeFile(output, after(await readFile(output)));
