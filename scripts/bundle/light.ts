import type { Plugin } from "esbuild";

/**
 * Removes what yargs loads in addition to its parser, because only the parser is used. Loading it takes longer than starting Node. Also
 * removes the import of Node's loader of ES modules, which takes a millisecond and only provides a `require`, which already exists.
 */
export const lightYargs: Plugin = {
  name: "light-yargs",
  setup({ onResolve, onLoad }) {
    const ofYargs = (importer: string) => /[\\/]node_modules[\\/]yargs(-parser)?[\\/]/.test(importer);
    onResolve({ filter: /^node:module$|\/platform-shims\/esm\.mjs$/ }, ({ importer, path }) =>
      ofYargs(importer) ? { path, namespace: "light-yargs" } : undefined,
    );
    onLoad({ filter: /./, namespace: "light-yargs" }, ({ path }) => ({
      contents: path === "node:module" ? "export const createRequire = () => require;" : "export default {};",
    }));
  },
};

/** Removes chalk's detection of colors, because src/output/style.ts sets the color level. The detection would load node:tty. */
export const chalkWithoutDetection: Plugin = {
  name: "fixed-chalk",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^#supports-color$/ }, ({ path }) => ({ path, namespace: "fixed-chalk" }));
    onLoad({ filter: /./, namespace: "fixed-chalk" }, () => ({ contents: "export default { stdout: false, stderr: false };" }));
  },
};

/**
 * Loads Node's own modules at the first use of an export, not at the import. node:tls (and modules that depend on it) takes 10 ms, and 50
 * ms if Node reads the system's certificates.
 */
export const lateBuiltins: Plugin = {
  name: "late-builtins",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?(child_process|crypto|fs\/promises|http|https|net|readline|tls|tty)$/ }, ({ kind, path, namespace }) =>
      kind === "import-statement" && namespace === "file" ? { path, namespace: "late-builtins" } : undefined,
    );
    // esbuild's import helper copies the own properties of a module, but not those of its prototype.
    onLoad({ filter: /./, namespace: "late-builtins" }, ({ path }) => ({
      contents: `module.exports = Object.create(new Proxy({}, { get: (_, name) => name === "__esModule" ? undefined : require("${path}")[name] }));`,
    }));
  },
};

/**
 * Loads the module that signs with a service principal's certificate only when it is used, because few users have one. It includes all of
 * semver, and every Azure identity would load it.
 */
export const lateSigning: Plugin = {
  name: "late-signing",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^jsonwebtoken$/ }, ({ kind, path, resolveDir }) =>
      kind === "import-statement" ? { path, namespace: "late-signing", pluginData: resolveDir } : undefined,
    );
    onLoad({ filter: /./, namespace: "late-signing" }, ({ path, pluginData: resolveDir }) => ({
      contents: `export default { sign: (...what) => require("${path}").sign(...what) };`,
      resolveDir,
    }));
  },
};
