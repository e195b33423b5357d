import { join, relative } from "node:path";
import { build, type Plugin } from "esbuild";
import { root } from "./run.ts";

/**
 * The plugin's files, and what each is made of. `start` launches kubectl; all others are read when they are first imported,
 * because reading everything takes as long as starting Node.
 */
const parts: Readonly<Record<string, string>> = {
  start: "./cmd/kubectl-acr_secret.ts",
  run: "./cmd/run.ts",
  identity: "@azure/identity",
  http: "@azure/core-rest-pipeline",
  execa: "execa",
  yaml: "yaml",
  ora: "ora",
};

/** A program, and the files that it was made of, relative to the checkout. */
export type Bundle = { readonly script: Uint8Array; readonly sources: readonly string[] };

/** The plugin as bundles by their names; each asks for others as `require("./NAME.cjs")`. */
export async function bundlePlugin(): Promise<ReadonlyMap<string, Bundle>> {
  const made = Object.entries(parts).map(async ([name, from]) => [name, await bundle(from)] as const);
  return new Map(await Promise.all(made));
}

/**
 * A program as one CommonJS file, which is what a Node single executable runs.
 * A module behind `import()` is in it, but not evaluated before it is asked for.
 */
export async function bundle(from: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    entryPoints: [from],
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "cjs",
    target: "node22",
    // Each start reads all of it: half the text is a tenth of the time
    minify: true,
    legalComments: "none",
    // CommonJS has no import.meta; yargs makes a `require` from its url.
    // Azure's client asks of every body whether it is a form, and at that Node would load its whole fetch.
    define: { "import.meta.url": "importMetaUrl", FormData: "undefined" },
    banner: { js: 'const importMetaUrl=require("node:url").pathToFileURL(__filename).href;' },
    plugins: [byThemselves, lightYargs, lateBuiltins],
    logLevel: "error",
  });
  const [file] = outputFiles;
  if (!file) throw new Error(`esbuild made nothing of ${from}`);
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

/** Leaves what is a part by itself to whoever runs the bundle. */
const byThemselves: Plugin = {
  name: "by-themselves",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ kind, path, resolveDir, namespace }) => {
      if (namespace === "part") return { path, external: true };
      if (kind !== "dynamic-import") return undefined;
      const from = path.startsWith(".") ? `./${relative(root, join(resolveDir, path)).replaceAll("\\", "/")}` : path;
      const [name] = Object.entries(parts).find(([, made]) => made === from) ?? [];
      return name === undefined ? undefined : { path: `./${name}.cjs`, namespace: "part" };
    });
    // Asked for as it is, it would be taken for CommonJS that is its own default export
    onLoad({ filter: /./, namespace: "part" }, ({ path }) => ({
      contents: `export * from "${path}"; export { default } from "${path}";`,
    }));
  },
};

/**
 * What yargs lays out its own help with: we do not show that help, and the emoji tables of these two alone take 25 ms at every
 * start, as long as Node itself. And what takes Node a millisecond to load for nothing: its loader of ES modules, which is asked for a
 * `require` that is there already, and its assertions, of which two are used.
 */
const lightYargs: Plugin = {
  name: "light-yargs",
  setup({ onResolve, onLoad }) {
    const ofYargs = (importer: string) => /[\\/]node_modules[\\/]yargs(-parser)?[\\/]/.test(importer);
    const instead: Readonly<Record<string, string>> = {
      "node:module": "export const createRequire = () => require;",
      assert: `const hold = (is, message) => { if (!is) throw new Error(message); };
        export const strictEqual = (one, other, message) => hold(Object.is(one, other), message);
        export const notStrictEqual = (one, other, message) => hold(!Object.is(one, other), message);`,
    };
    onResolve({ filter: /^(cliui|string-width|node:module|assert)$/ }, ({ importer, path }) =>
      ofYargs(importer) ? { path, namespace: "light-yargs" } : undefined,
    );
    onLoad({ filter: /./, namespace: "light-yargs" }, ({ path }) => ({
      contents:
        instead[path] ??
        `export default () => { throw new Error("${path} is not bundled: scripts/bundle.ts leaves out yargs' own help"); };`,
    }));
  },
};

/**
 * Node's own modules that are loaded when something in them is first used, not when they are imported: with --use-system-ca,
 * loading node:tls (or what stands on it) reads every certificate of the machine, which takes 50 ms.
 */
const lateBuiltins: Plugin = {
  name: "late-builtins",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?(child_process|crypto|fs\/promises|http|https|net|readline|tls)$/ }, ({ kind, path, namespace }) =>
      kind === "import-statement" && namespace === "file" ? { path, namespace: "late-builtins" } : undefined,
    );
    // What imports it copies each name that it has; of its prototype's none
    onLoad({ filter: /./, namespace: "late-builtins" }, ({ path }) => ({
      contents: `module.exports = Object.create(new Proxy({}, { get: (_, name) => name === "__esModule" ? undefined : require("${path}")[name] }));`,
    }));
  },
};
