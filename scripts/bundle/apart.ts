import { relative } from "node:path";
import type { Metafile, Plugin } from "esbuild";
import { root } from "../run.ts";
import { type Graph, type Parts, partName } from "./parts.ts";

/** What esbuild found in each file. */
export type Inputs = Metafile["inputs"];

/** A divided program: what each file imports, where it is, and what those export that are imported from another part. */
export type Divided = { readonly inputs: Inputs; readonly parts: Parts; readonly exported: ReadonlyMap<string, readonly string[]> };

/** What imports what. What a plugin of esbuild stands in for (`late-library:yaml`) is no file, and each part has its own. */
export function graphOf(inputs: Inputs): Graph {
  const isFile = (path: string) => !/^[\w-]+:/.test(path);
  const of = (file: string, late: boolean) =>
    (inputs[file]?.imports ?? [])
      .filter(({ kind, path, external }) => !external && (kind === "dynamic-import") === late && isFile(path))
      .map(({ path }) => path);
  const files = Object.keys(inputs).filter(isFile);
  return new Map(files.map((file) => [file, { now: of(file, false), late: of(file, true) }]));
}

/** The libraries that are loaded late, as they are imported. */
export const librariesOf = (inputs: Inputs): string[] =>
  Object.keys(inputs).flatMap((file) => (file.startsWith("late-library:") ? [file.slice("late-library:".length)] : []));

/** Leaves each library that is loaded late to whoever runs the bundle: it is a part, with all that it needs. */
export const lateLibraries: Plugin = {
  name: "late-libraries",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[^.]/ }, ({ kind, importer, path }) =>
      kind === "dynamic-import" && !/[\\/]node_modules[\\/]/.test(importer) ? { path, namespace: "late-library" } : undefined,
    );
    onResolve({ filter: /./, namespace: "late-library" }, ({ path }) => ({ path, external: true }));
    // Asked for as it is, it would be taken for CommonJS that is its own default export
    onLoad({ filter: /./, namespace: "late-library" }, ({ path }) => {
      const from = JSON.stringify(`./${partName(path)}.cjs`);
      return { contents: `export * from ${from}; export { default } from ${from};` };
    });
  },
};

/** Leaves to another part what that part has. */
export const apart = (part: string, divided: Divided): Plugin => ({
  name: "apart",
  setup({ onResolve, onLoad }) {
    const { inputs, parts } = divided;
    onResolve({ filter: /./ }, ({ importer, path, namespace }) => {
      if (namespace === "apart") return { path, external: true };
      const from = inputs[relative(root, importer).replaceAll("\\", "/")];
      const file = from?.imports.find(({ original }) => original === path)?.path ?? "";
      return [part, undefined].includes(parts.owners.get(file)) ? undefined : { path: file, namespace: "apart" };
    });
    onLoad({ filter: /./, namespace: "apart" }, ({ path }) => {
      const names = namesOf(path, divided);
      const taken = names.map(([, outside], at) => `const taken${at} = part.${outside};`);
      const given = names.map(([name], at) => `taken${at} as ${name}`);
      // An import of CommonJS would ask that part anew at each use: a call of a function in it would be three, which V8 cannot inline
      return { contents: `const part = require("./${parts.owners.get(path)}.cjs"); ${taken.join(" ")} export { ${given} };` };
    });
  },
});

/** The text of the module with which a part begins: it exports what others ask of it. */
export function opening(part: string, divided: Divided): string {
  const files = [...divided.exported.keys()].filter((file) => divided.parts.owners.get(file) === part);
  const words = (file: string) => namesOf(file, divided).map(([name, outside]) => `${name} as ${outside}`);
  return files.map((file) => `export { ${words(file)} } from "./${file}";`).join("\n");
}

/** The names that a file exports, each with the name that its part gives it: two files may export the same. */
function namesOf(file: string, { parts, exported }: Divided): (readonly [string, string])[] {
  const begins = parts.entries.get(parts.owners.get(file) ?? "") === file;
  const at = [...exported.keys()].indexOf(file);
  return (exported.get(file) ?? []).map((name) => [name, begins ? name : `${name}_${at}`] as const);
}

/** The files that parts have from one another, and those that they begin with. */
export function shared(graph: Graph, { entries, owners }: Parts): string[] {
  const taken = [...graph].flatMap(([file, { now, late }]) => [...now, ...late].filter((other) => owners.get(other) !== owners.get(file)));
  return [...new Set([...[...entries.values()].filter((begin) => begin !== undefined), ...taken])].sort();
}
