import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { run, type World } from "../in-process.ts";
import { newFolder } from "../new-folder.ts";

/** Creates a folder with these files, and a function that runs commands in it. `@` stands for the folder. */
export async function folderOf(files: Readonly<Record<string, string>>) {
  const folder = await newFolder(files);
  return {
    folder,
    type: async (line: string, world: World = {}) => {
      const { stdout, stderr, code } = await run(line.replaceAll("@", folder).split(" "), world);
      const short = (text: string) => text.replaceAll(folder, "@");
      return { stdout: short(stdout), stderr: short(stderr), code };
    },
    read: (name: string) => readFile(join(folder, name), "utf8"),
    names: () => readdir(folder),
  };
}
