import { createRequire } from "node:module";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { root } from "./run.ts";

/** The entry of the command line. */
const entry = join(root, "cmd", "kubectl-acr_secret.ts");

/**
 * The whole plugin as one CommonJS file, which is what a Node single executable runs.
 * A module behind `import()` is in it, but not evaluated before it is asked for.
 */
export async function bundle(from: string = entry): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [from],
    absWorkingDir: root,
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    target: "node22",
    // Each start reads all of it: half the text is a tenth of the time
    minify: true,
    legalComments: "none",
    // CommonJS has no import.meta; yargs makes a `require` from its url.
    define: { "import.meta.url": "importMetaUrl" },
    banner: { js: 'const importMetaUrl=require("node:url").pathToFileURL(__filename).href;' },
    plugins: [lightYargs, lateBuiltins],
    logLevel: "error",
  });
  const [file] = outputFiles;
  if (!file) throw new Error(`esbuild made nothing of ${from}`);
  return file.contents;
}

/** A bundle as a function of what CommonJS gives its modules, which is how scripts/unseal.cjs runs it. */
export function asFunction(script: Uint8Array): string {
  return `(function(require,__filename){${Buffer.from(script).toString()}\n})`;
}

/**
 * What yargs lays out its own help with. We do not show that help, and the emoji tables of these two alone
 * take 25 ms at every start, as long as Node itself.
 */
const lightYargs: Plugin = {
  name: "light-yargs",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(cliui|string-width)$/ }, ({ importer, path }) =>
      /[\\/]node_modules[\\/]yargs[\\/]/.test(importer) ? { path, namespace: "light-yargs" } : undefined,
    );
    onLoad({ filter: /./, namespace: "light-yargs" }, ({ path }) => ({
      contents: `export default () => { throw new Error("${path} is not bundled: scripts/bundle.ts leaves out yargs' own help"); };`,
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
    onResolve({ filter: /^(node:)?(child_process|crypto|http|https|net|tls)$/ }, ({ kind, path, namespace }) =>
      kind === "import-statement" && namespace === "file" ? { path, namespace: "late-builtins" } : undefined,
    );
    onLoad({ filter: /./, namespace: "late-builtins" }, ({ path }) => {
      const names = Object.keys(createRequire(import.meta.url)(path));
      return {
        contents: `for (const name of ${JSON.stringify(names)}) Object.defineProperty(exports, name, { enumerable: true, get: () => require("${path}")[name] });`,
      };
    });
  },
};
