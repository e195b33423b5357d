import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { run, type World } from "../in-process.ts";

export const pod = (name: string, list = "") =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\nspec:\n${list}  containers:\n  - {name: web, image: web}\n`;
export const names = "  imagePullSecrets:\n  - name: acr\n";
export const account = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: default\n  labels: {team: shop}\n";
export const accountAttached = account.replace("ServiceAccount\n", "ServiceAccount\nimagePullSecrets:\n- name: acr\n");
export const config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";

/** Creates a folder with these files, and a function that runs commands in it. `@` stands for the folder. */
export async function folderOf(files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), "manifests-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
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
