import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { run, type World } from "../in-process.ts";
import { newFolder } from "../new-folder.ts";

export const pod = (name: string, list = "") =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\nspec:\n${list}  containers:\n  - {name: web, image: web}\n`;
export const names = "  imagePullSecrets:\n  - name: acr\n";
export const account = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: default\n  labels: {team: shop}\n";
export const accountAttached = account.replace("ServiceAccount\n", "ServiceAccount\nimagePullSecrets:\n- name: acr\n");
export const config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";

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
