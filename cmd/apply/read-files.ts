import { join } from "node:path";
import type { Files } from "../../src/env.ts";
import { CliError } from "../../src/errors.ts";
import type { DesiredFile } from "../../src/file/entry.ts";
import { type FileText, readFiles } from "../../src/file/read.ts";

type Machine = { readonly files: Pick<Files, "look" | "read" | "list" | "readIn">; readonly stdin: { read(): Promise<string> } };

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
  const found = new Map((await Promise.all([...new Set(paths)].map(readersAt))).flat());
  return Promise.all([...found.values()].map((read) => read()));

  async function readersAt(path: string): Promise<readonly (readonly [string, () => Promise<FileText>])[]> {
    if (path === "-") return [[path, async () => ({ path: "stdin", text: await stdin.read() })]];
    const type = await files.look(path);
    if (type === undefined) throw new CliError("config", `the path ${JSON.stringify(path)} does not exist`);
    if (type === "file") return [[path, async () => ({ path, text: await files.read(path) })]];
    const inside = (await files.list(path)).filter((name) => /\.(?:ya?ml|json)$/.test(name)).toSorted();
    if (inside.length === 0) throw new CliError("config", `error reading [${path}]: recognized file extensions are [.json .yaml .yml]`);
    return inside.map((name) => [join(path, name), async () => ({ path: join(path, name), text: await files.readIn(path, name) })]);
  }
}
