import type { Plugin } from "esbuild";

/**
 * What yargs would load for all but its parser, which alone we use: at every start that takes longer than Node itself. And what takes
 * Node a millisecond to load for nothing: its loader of ES modules, which is asked for a `require` that is there already.
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

/** What chalk would ask of the machine to find out whether there are colors: we tell it (src/output/style.ts), and asking loads node:tty. */
export const toldChalk: Plugin = {
  name: "told-chalk",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^#supports-color$/ }, ({ path }) => ({ path, namespace: "told-chalk" }));
    onLoad({ filter: /./, namespace: "told-chalk" }, () => ({ contents: "export default { stdout: false, stderr: false };" }));
  },
};

/**
 * Node's own modules that are loaded when something in them is first used, not when they are imported: node:tls (or what stands on it)
 * takes 10 ms, and where Node is to ask the system for certificates, 50 ms.
 */
export const lateBuiltins: Plugin = {
  name: "late-builtins",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?(child_process|crypto|fs\/promises|http|https|net|readline|tls|tty)$/ }, ({ kind, path, namespace }) =>
      kind === "import-statement" && namespace === "file" ? { path, namespace: "late-builtins" } : undefined,
    );
    // What imports it copies each name that it has; of its prototype's none
    onLoad({ filter: /./, namespace: "late-builtins" }, ({ path }) => ({
      contents: `module.exports = Object.create(new Proxy({}, { get: (_, name) => name === "__esModule" ? undefined : require("${path}")[name] }));`,
    }));
  },
};

/** What signs for a service principal with a certificate, which few have: with it comes all of semver, and every Azure identity would load it. */
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
