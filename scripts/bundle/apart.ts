import { relative } from "node:path";
import type { Metafile, Plugin } from "esbuild";
import { root } from "../run.ts";
import { type Graph, type Parts, partName } from "./parts.ts";

/** esbuild's metadata of each file. */
export type Inputs = Metafile["inputs"];

/** A divided program: the imports of each file, the part of each file, and the exports of the files that another part imports. */
export type Divided = {
  readonly inputs: Inputs;
  readonly parts: Parts;
  readonly exported: ReadonlyMap<string, readonly string[]>;
  /** The parts that every command loads. */
  readonly early: readonly string[];
};

/**
 * Returns the import graph. Modules that an esbuild plugin replaces (`late-library:yaml`) are not files, and each part has its own copy.
 */
export function graphOf(inputs: Inputs): Graph {
  const isFile = (path: string) => !/^[\w-]+:/.test(path);
  const of = (file: string, late: boolean) =>
    (inputs[file]?.imports ?? [])
      .filter(({ kind, path, external }) => !external && (kind === "dynamic-import") === late && isFile(path))
      .map(({ path }) => path);
  const files = Object.keys(inputs).filter(isFile);
  return new Map(files.map((file) => [file, { now: of(file, false), late: of(file, true) }]));
}

/** Returns the libraries that are loaded lazily, by their import names. */
export const librariesOf = (inputs: Inputs): string[] =>
  Object.keys(inputs).flatMap((file) => (file.startsWith("late-library:") ? [file.slice("late-library:".length)] : []));

/** Excludes each lazily loaded library from the bundle. The library is a separate part with all its dependencies. */
export const lateLibraries: Plugin = {
  name: "late-libraries",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[^.]/ }, ({ kind, importer, path }) =>
      kind === "dynamic-import" && !/[\\/]node_modules[\\/]/.test(importer) ? { path, namespace: "late-library" } : undefined,
    );
    onResolve({ filter: /./, namespace: "late-library" }, ({ path }) => ({ path, external: true }));
    // Without this wrapper, esbuild would treat it as CommonJS that is its own default export.
    onLoad({ filter: /./, namespace: "late-library" }, ({ path }) => {
      const from = JSON.stringify(`./${partName(path)}.cjs`);
      return { contents: `export * from ${from}; export { default } from ${from};` };
    });
  },
};

/** Replaces modules of another part with references to that part. */
export const apart = (part: string, divided: Divided): Plugin => ({
  name: "apart",
  setup({ onResolve, onLoad }) {
    const { inputs, parts, early } = divided;
    onResolve({ filter: /./ }, ({ importer, path, namespace }) => {
      if (namespace === "apart") return { path, external: true };
      const from = inputs[relative(root, importer).replaceAll("\\", "/")];
      const file = from?.imports.find(({ original }) => original === path)?.path ?? "";
      return [part, undefined].includes(parts.owners.get(file)) ? undefined : { path: file, namespace: "apart" };
    });
    onLoad({ filter: /./, namespace: "apart" }, ({ path }) => {
      const names = namesOf(path, divided);
      const from = `./${parts.owners.get(path)}.cjs`;
      if (!early.includes(parts.owners.get(path) ?? "") && !path.endsWith(".json")) return { contents: atFirstUse(from, names) };
      const taken = names.map(([, outside], at) => `const taken${at} = part.${outside};`);
      const given = names.map(([name], at) => `taken${at} as ${name}`);
      // A CommonJS import would read the property of that part at each use: one function call would become three, and V8 cannot inline
      // them.
      return { contents: `const part = require("${from}"); ${taken.join(" ")} export { ${given} };` };
    });
  },
});

/**
 * Returns a module that loads a part at the first use of an export, so that the flags of a verb are read without what runs the verb. Each
 * export then becomes a property of the importing module's own object, because V8 cannot inline a call through a proxy.
 */
const atFirstUse = (part: string, names: readonly (readonly [string, string])[]) => `
  const names = new Map(${JSON.stringify(names)});
  const get = (_, name, importer) => {
    if (!names.has(name)) return undefined;
    const value = require("${part}")[names.get(name)];
    Object.defineProperty(importer, name, { value });
    return value;
  };
  module.exports = Object.create(new Proxy({}, { get }));`;

/** Returns the entry module of a part, which exports everything that other parts use. */
export function opening(part: string, divided: Divided): string {
  const files = [...divided.exported.keys()].filter((file) => divided.parts.owners.get(file) === part);
  const words = (file: string) => namesOf(file, divided).map(([name, outside]) => `${name} as ${outside}`);
  return files.map((file) => `export { ${words(file)} } from "./${file}";`).join("\n");
}

/** Returns the exports of a file, each with its name in the part. The names differ, because two files may export the same name. */
function namesOf(file: string, { parts, exported }: Divided): (readonly [string, string])[] {
  const begins = parts.entries.get(parts.owners.get(file) ?? "") === file;
  const at = [...exported.keys()].indexOf(file);
  return (exported.get(file) ?? []).map((name) => [name, begins ? name : `${name}_${at}`] as const);
}

/** Returns the files that other parts import, and the entry files of all parts. */
export function shared(graph: Graph, { entries, owners }: Parts): string[] {
  const taken = [...graph].flatMap(([file, { now, late }]) => [...now, ...late].filter((other) => owners.get(other) !== owners.get(file)));
  return [...new Set([...[...entries.values()].filter((begin) => begin !== undefined), ...taken])].sort();
}
