import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inject } from "vitest";
import { type ControlPlane, startControlPlane } from "../../sandbox/control-plane.ts";
import { createAuthority } from "../../sandbox/pki.ts";

/** Starts another cluster in addition to that of the tests, in a new folder below `folder`. */
export async function startAnother(folder: string): Promise<ControlPlane> {
  const authority = await createAuthority("another cluster");
  const binaries = { folder: inject("binaries"), path: [], program: (name: string) => join(inject("binaries"), name) };
  return startControlPlane({ folder: join(folder, "other"), binaries, authority });
}

/** Writes a kubeconfig in `folder` with the contexts `here` (the current one) and `there`, from two other kubeconfigs. @returns its path */
export async function bothContexts(folder: string, here: string, there: string): Promise<string> {
  const read = async (file: string) => JSON.parse(await readFile(file, "utf8"));
  const parts = Object.entries({ here: await read(here), there: await read(there) });
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: parts.map(([name, { clusters }]) => ({ ...clusters[0], name })),
    users: parts.map(([name, { users }]) => ({ ...users[0], name })),
    contexts: parts.map(([name]) => ({ name, context: { cluster: name, user: name } })),
    "current-context": "here",
  };
  const file = join(folder, "both.kubeconfig");
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}
