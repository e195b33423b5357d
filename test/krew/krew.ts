import { spawn } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, inject } from "vitest";
import { binaries } from "../../sandbox/binaries.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { krewPrograms } from "../../sandbox/tools.ts";
import { type Ended, ended } from "../support/plugin.ts";
import { type Releases, startReleases } from "./releases.ts";

/**
 * A user with kubectl and the real Krew, and nothing else: HOME and KREW_ROOT are new, the only reachable host is the release server, and
 * Krew's default index is a new, empty repository.
 */
export type KrewUser = {
  readonly releases: Releases;
  /** For files of a test. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs a line in `sh` and waits for its end. */
  type(command: string, env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** Changes the default index: the text becomes the manifest of its plugin `acr-secret`. */
  publish(manifest: string): Promise<void>;
  /** Returns the paths of all files of Krew, except the index, and of all files that it has left in the folder for temporary files. */
  tree(): Promise<string[]>;
  stop(): Promise<void>;
};

export async function openKrew(): Promise<KrewUser> {
  const home = await guardedFolder("acr-secret-krew-");
  const releases = await startReleases();
  const tools = await binaries({ need: krewPrograms });
  const paths = Object.fromEntries(["bin", "tmp", "krew", "work"].map((name) => [name, join(home.path, name)] as const));
  const { bin = "", tmp = "", krew = "", work = "" } = paths;
  const index = join(home.path, "index", "plugins");
  for (const folder of [bin, tmp, work, index]) await mkdir(folder, { recursive: true });
  await writeFile(join(home.path, "authority.pem"), releases.authority);

  const world = {
    HOME: home.path,
    TMPDIR: tmp,
    HTTPS_PROXY: releases.proxy,
    SSL_CERT_FILE: join(home.path, "authority.pem"),
    KREW_NO_UPGRADE_CHECK: "1",
    KREW_DEFAULT_INDEX_URI: dirname(index),
    GIT_CONFIG_NOSYSTEM: "1",
  };
  // validate-krew-manifest starts Krew with an almost empty environment, in which it would use the real network.
  const exports = Object.entries(world).map(([name, value]) => `export ${name}='${value}'`);
  const script = ["#!/bin/sh", ...exports, `exec '${tools.program("krew")}' "$@"`, ""].join("\n");
  await writeFile(join(bin, "kubectl-krew"), script, { mode: 0o755 });

  const env = {
    ...world,
    KREW_ROOT: krew,
    PATH: [join(krew, "bin"), bin, inject("binaries"), ...tools.path, "/usr/bin", "/bin"].join(":"),
  };
  const type: KrewUser["type"] = (command, more = {}) =>
    ended(spawn("sh", ["-c", command], { cwd: work, env: { ...env, ...more }, stdio: ["ignore", "pipe", "pipe"] }));
  const must = async (command: string) => expect(await type(command), command).toMatchObject({ code: 0 });
  const commit = `cd ${dirname(index)} && git add . && git -c user.name=test -c user.email=test commit --quiet --message index`;

  await writeFile(join(index, "README.md"), "Plugins\n");
  await must(`git init --quiet ${dirname(index)} && ${commit} && kubectl krew update`);
  return {
    releases,
    folder: work,
    env,
    type,
    async publish(manifest) {
      await writeFile(join(index, "acr-secret.yaml"), manifest);
      await must(commit);
    },
    tree: async () => (await Promise.all([filesIn(krew), filesIn(tmp)])).flat().sort(),
    async stop() {
      await releases.stop();
      await home.remove();
    },
  };
}

async function filesIn(folder: string): Promise<string[]> {
  const paths = await readdir(folder, { recursive: true });
  return paths.filter((path) => !path.startsWith("index/"));
}
