import { type BuildOptions, build, type Metafile } from "esbuild";
import { apart, type Divided, graphOf, lateLibraries, librariesOf, opening, shared } from "./bundle/apart.ts";
import { chalkWithoutDetection, lateBuiltins, lateSigning, lightYargs } from "./bundle/light.ts";
import { divide, partName } from "./bundle/parts.ts";
import { root } from "./run.ts";

/** The files that every command loads: the first starts kubectl, the second contains what all verbs need. */
const spine = ["cmd/kubectl-acr_secret.ts", "cmd/run.ts"];

/** Files with flags of several verbs. They start parts, so that completion of a flag does not load what runs these verbs. */
const flags = ["cmd/line/scope-flags.ts", "cmd/line/sort-by.ts", "cmd/create/options.ts"];

/** A program and its source files, relative to the checkout. */
export type Bundle = { readonly script: Uint8Array; readonly sources: readonly string[] };

/**
 * Returns the plugin as bundles by their names. A bundle loads another one with `require("./NAME.cjs")`. Each module that `import()` loads
 * is a separate bundle, and no module is in two bundles. A bundle is read only when it is required, because reading all of them takes as
 * long as starting Node.
 */
export async function bundlePlugin(): Promise<ReadonlyMap<string, Bundle>> {
  const { inputs } = await look(spine.slice(0, 1));
  const parts = divide(graphOf(inputs), [...spine, ...flags]);
  const { outputs } = await look(shared(graphOf(inputs), parts));
  const exported = new Map(
    Object.values(outputs).flatMap(({ entryPoint, exports }) => (entryPoint ? [[entryPoint, exports] as const] : [])),
  );
  const divided: Divided = { inputs, parts, exported, early: spine.map(partName) };
  const ours = [...parts.entries.keys()].map(async (part) => [part, await bundlePart(part, divided)] as const);
  const libraries = librariesOf(inputs).map(async (library) => [partName(library), await bundle(library)] as const);
  return new Map(await Promise.all([...ours, ...libraries]));
}

/**
 * Returns a program as one CommonJS file, the format that a Node single executable runs.
 * A module that `import()` loads is part of the file, but is evaluated only when it is imported. A library that `import()` loads is a
 * separate bundle.
 */
export const bundle = (from: string): Promise<Bundle> => commonJs({ entryPoints: [from] });

const bundlePart = (part: string, divided: Divided): Promise<Bundle> =>
  commonJs({
    stdin: { contents: opening(part, divided), resolveDir: root },
    plugins: [...plugins, chalkWithoutDetection, apart(part, divided)],
  });

const plugins = [lightYargs, lateBuiltins, lateSigning, lateLibraries];

const options = {
  absWorkingDir: root,
  bundle: true,
  write: false,
  metafile: true,
  platform: "node",
  target: "node22",
  // CommonJS has no import.meta. yargs creates a `require` from its url.
  // Azure's client checks whether a body is a FormData. That would make Node load its complete fetch implementation.
  define: { "import.meta.url": "importMetaUrl", FormData: "undefined" },
  plugins,
  logLevel: "error",
} as const satisfies BuildOptions;

/** Returns what files import and export. */
async function look(entryPoints: string[]): Promise<Metafile> {
  // If several files share code, esbuild reports the exports of each file only with splitting.
  return (
    await build({ ...options, plugins: [...plugins, chalkWithoutDetection], entryPoints, format: "esm", splitting: true, outdir: root })
  ).metafile;
}

async function commonJs(of: BuildOptions): Promise<Bundle> {
  const { outputFiles = [], metafile } = await build({
    ...options,
    ...of,
    write: false,
    metafile: true,
    format: "cjs",
    // Each start reads all of the text: half the text saves a tenth of the time.
    minify: true,
    legalComments: "none",
    banner: { js: 'const importMetaUrl=require("node:url").pathToFileURL(__filename).href;' },
  });
  const [file] = outputFiles;
  if (!file) throw new Error("esbuild made nothing");
  return { script: file.contents, sources: Object.keys(metafile.inputs) };
}

/**
 * Returns a bundle as a function of the CommonJS module variables, which scripts/unseal.cjs calls. The text is ASCII, because Node reads
 * ASCII as fast as it copies it. esbuild escapes other characters, except in regular expressions.
 */
export function asFunction(script: Uint8Array): string {
  const ascii = Buffer.from(script)
    .toString()
    .replaceAll(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return `(function(require,module,__filename,exports){${ascii}\n})`;
}
