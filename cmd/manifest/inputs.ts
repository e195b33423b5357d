import { join } from "node:path";
import { CliError, usage } from "../../src/errors.ts";
import { decoded, type ManifestText } from "../../src/manifest/text.ts";
import type { Session } from "../session.ts";
import type { ManifestFlags } from "./flags.ts";

/** An input manifest. `path` is set if it is a file that could be written. */
export type Input = ManifestText & { readonly bytes: Uint8Array; readonly path: string | undefined };

/** The files of a folder that kubectl reads as manifests (cli-runtime resource.FileExtensions). */
const extensions = /\.(?:json|yaml|yml)$/;

/**
 * Reads everything that `-f` or `-k` names, in order, each file once.
 * @throws CliError in kubectl's words for a path that doesn't exist, or if a text is not UTF-8
 */
export async function readInputs({ filename, kustomize, recursive, write }: ManifestFlags, session: Session): Promise<Input[]> {
  const input = (name: string, bytes: Uint8Array, path?: string) => ({ ...decoded(name, bytes), bytes, path });
  if (kustomize !== undefined) return [input(kustomize, Buffer.from(await session.kustomize(kustomize)))];
  if (write && filename.includes("-"))
    throw usage("--write changes files, and stdin is none: leave it out, and what is changed is printed");
  const paths: string[] = [];
  for (const name of filename) paths.push(...(name === "-" ? [name] : await pathsOf(name, recursive, session)));
  const inputs: Input[] = [];
  for (const path of new Set(paths))
    inputs.push(path === "-" ? input("stdin", await session.stdin.bytes()) : input(path, await session.files.bytes(path), path));
  return inputs;
}

async function pathsOf(path: string, recursive: boolean, { files }: Session): Promise<string[]> {
  if (/^https?:\/\//.test(path))
    throw usage("-f takes no address", {
      do: "shell",
      argv: ["curl", "-fsSL", path],
      into: ["kubectl", "acr-secret", "attach", "SECRET", "-f", "-"],
    });
  const found = await files.look(path);
  if (found === undefined) throw new CliError("notFound", `the path ${JSON.stringify(path)} does not exist`);
  if (found === "file") return [path];
  const paths = await within(path, recursive, files);
  if (paths.length === 0) throw new CliError("notFound", `error reading [${path}]: recognized file extensions are [.json .yaml .yml]`);
  return paths;
}

/** Lists files in the order of their names, as kubectl walks a folder. */
async function within(folder: string, recursive: boolean, files: Session["files"]): Promise<string[]> {
  const paths: string[] = [];
  for (const { name, isFolder } of await files.list(folder)) {
    const path = join(folder, name);
    if (!isFolder && extensions.test(name)) paths.push(path);
    if (isFolder && recursive) paths.push(...(await within(path, recursive, files)));
  }
  return paths;
}
