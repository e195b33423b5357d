// seal.ts ORDER: makes one executable of bundles and a Node, by pkg. A process of its own, because pkg changes the working folder and prints.
import pkg from "@yao-pkg/pkg/lib-es5/sea.js";
import type { Platform } from "./platforms.ts";

export type Order = {
  /** The program that runs the bundles. */
  readonly main: string;
  /** What lies in the executable, by its name: bundles, and what V8 has compiled of them. */
  readonly assets: Readonly<Record<string, string>>;
  readonly output: string;
  readonly node: { readonly program: string; readonly version: string };
  readonly target: Platform["target"];
};

const { main, assets, output, node, target }: Order = JSON.parse(process.argv[2] ?? "");

/** Node's single-executable configuration (nodejs.org/api/single-executable-applications.html). */
const configuration = {
  disableExperimentalSEAWarning: true,
  useSnapshot: false,
  // The bundles have their own code caches, made after they have run.
  useCodeCache: false,
  // Trust the certificates that the machine trusts, as kubectl does; and what Node has to say of itself is nothing for kubectl's users.
  execArgv: ["--use-system-ca", "--no-warnings"],
  // Else NODE_OPTIONS could load code into a program that handles credentials.
  execArgvExtension: "none",
  assets,
};

await pkg.default(main, {
  nodePath: node.program,
  targets: [{ nodeRange: `node${node.version}`, ...target, output }],
  seaConfig: configuration,
});
