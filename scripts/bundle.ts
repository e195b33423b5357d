import { type BuildOptions, build, type Metafile } from "esbuild";
import { apart, type Divided, graphOf, lateLibraries, librariesOf, opening, shared } from "./bundle/apart.ts";
import { lateBuiltins, lateSigning, lightYargs, toldChalk } from "./bundle/light.ts";
import { divide, partName } from "./bundle/parts.ts";
import { root } from "./run.ts";

/** What every command loads: the first launches kubectl, the second has what all verbs need. */
const spine = ["cmd/kubectl-acr_secret.ts", "cmd/run.ts"];

/** A program, and the files that it was made of, relative to the checkout. */
export type Bundle = { readonly script: Uint8Array; readonly sources: readonly string[] };

/**
 * The plugin as bundles by their names; each asks for others as `require("./NAME.cjs")`. What stands behind `import()` is a bundle of
 * its own, and no module is in two. None is read before it is asked for, because reading everything takes as long as starting Node.
 */
export async function bundlePlugin(): Promise<ReadonlyMap<string, Bundle>> {
  const { inputs } = await look(spine.slice(0, 1));
  const parts = divide(graphOf(inputs), spine);
  const { outputs } = await look(shared(graphOf(inputs), parts));
  const exported = new Map(
    Object.values(outputs).flatMap(({ entryPoint, exports }) => (entryPoint ? [[entryPoint, exports] as const] : [])),
  );
  const divided: Divided = { inputs, parts, exported };
  const ours = [...parts.entries.keys()].map(async (part) => [part, await bundlePart(part, divided)] as const);
  const libraries = librariesOf(inputs).map(async (library) => [partName(library), await bundle(library)] as const);
  return new Map(await Promise.all([...ours, ...libraries]));
}

/**
 * A program as one CommonJS file, which is what a Node single executable runs.
 * A module behind `import()` is in it, but not evaluated before it is asked for; a library behind it is a bundle of its own.
 */
export const bundle = (from: string): Promise<Bundle> => commonJs({ entryPoints: [from] });

const bundlePart = (part: string, divided: Divided): Promise<Bundle> =>
  commonJs({
    stdin: { contents: opening(part, divided), resolveDir: root },
    plugins: [...plugins, toldChalk, apart(part, divided)],
  });

const plugins = [lightYargs, lateBuiltins, lateSigning, lateLibraries];

const options = {
  absWorkingDir: root,
  bundle: true,
  write: false,
  metafile: true,
  platform: "node",
  target: "node22",
  // CommonJS has no import.meta; yargs makes a `require` from its url.
  // Azure's client asks of every body whether it is a form, and at that Node would load its whole fetch.
  define: { "import.meta.url": "importMetaUrl", FormData: "undefined" },
  plugins,
  logLevel: "error",
} as const satisfies BuildOptions;

/** What files import and export. */
async function look(entryPoints: string[]): Promise<Metafile> {
  // Of several files that share some, esbuild tells what each exports only where it may divide them
  return (await build({ ...options, plugins: [...plugins, toldChalk], entryPoints, format: "esm", splitting: true, outdir: root }))
    .metafile;
}

async function commonJs(of: BuildOptions): Promise<Bundle> {
  const { outputFiles = [], metafile } = await build({
    ...options,
    ...of,
    write: false,
    metafile: true,
    format: "cjs",
    // Each start reads all of it: half the text is a tenth of the time
    minify: true,
    legalComments: "none",
    banner: { js: 'const importMetaUrl=require("node:url").pathToFileURL(__filename).href;' },
  });
  const [file] = outputFiles;
  if (!file) throw new Error("esbuild made nothing");
  return { script: file.contents, sources: Object.keys(metafile.inputs) };
}

/**
 * A bundle as a function of what CommonJS gives its modules, which is how scripts/unseal.cjs runs it. In ASCII, which is read as fast as
 * it is copied: esbuild escapes all but what stands in regular expressions.
 */
export function asFunction(script: Uint8Array): string {
  const ascii = Buffer.from(script)
    .toString()
    .replaceAll(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return `(function(require,module,__filename,exports){${ascii}\n})`;
}
