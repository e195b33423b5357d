import { join } from "node:path";
import type { Files } from "../../src/env.ts";
import { CliError } from "../../src/errors.ts";
import type { DesiredFile } from "../../src/file/entry.ts";
import { type FileText, readFiles } from "../../src/file/read.ts";

type Machine = { readonly files: Pick<Files, "look" | "read" | "list">; readonly stdin: { read(): Promise<string> } };

/**
 * Reads files of desired state, as readTexts does.
 * @throws CliError config for a path that cannot be read, invalid with all problems of the files
 */
export const readDesired = async (paths: readonly string[], machine: Machine): Promise<readonly DesiredFile[]> =>
  readFiles(await readTexts(paths, machine), await import("js-yaml"));

/**
 * Reads the texts of files, all files of a folder with these extensions, and `-` for standard input, as `kubectl apply -f` does.
 * @throws CliError config for a path that cannot be read
 */
export async function readTexts(paths: readonly string[], { files, stdin }: Machine): Promise<readonly FileText[]> {
  const names = (await Promise.all([...new Set(paths)].map(namesAt))).flat();
  return Promise.all([...new Set(names)].map(textOf));

  async function namesAt(path: string): Promise<readonly string[]> {
    if (path === "-") return [path];
    const found = await files.look(path);
    if (found === undefined) throw new CliError("config", `the path ${JSON.stringify(path)} does not exist`);
    if (found === "file") return [path];
    const inside = (await files.list(path)).filter((name) => /\.(?:ya?ml|json)$/.test(name)).toSorted();
    if (inside.length === 0) throw new CliError("config", `error reading [${path}]: recognized file extensions are [.json .yaml .yml]`);
    return inside.map((name) => join(path, name));
  }

  async function textOf(path: string): Promise<FileText> {
    return path === "-" ? { path: "stdin", text: await stdin.read() } : { path, text: await files.read(path) };
  }
}
