import { execFile } from "node:child_process";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { binaries } from "../../sandbox/binaries.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { dist } from "../../scripts/krew/generate.ts";
import { wine64 } from "../../scripts/prepare.ts";
import type { Shell } from "../support/plugin.ts";
import { forwarder } from "./forwarder.ts";

/** How Windows names a file of this machine. */
const onWindows = (path: string): string => `Z:${path.replaceAll("/", "\\")}`;

/**
 * A folder for PATH in which the plugin is that of windows-amd64, run by Wine, with the kubectl of Windows; and the environment that it
 * takes. Wine gives a program's pipes no name that Node can open, so it reads and writes files.
 */
export async function underWine(here: Shell["env"]) {
  const { path: folders } = await binaries({ need: ["kubectl.exe"] });
  const home = await guardedFolder("acr-secret-wine-");
  const env = {
    WINEPREFIX: join(home.path, "prefix"),
    WINEDEBUG: "-all",
    WINEDLLOVERRIDES: "mscoree,mshtml=",
  };
  const wine = (...args: string[]) => promisify(execFile)(wine64, args, { env: { ...process.env, ...env } });
  await wine("wineboot", "-i");
  // Node wants Windows 10, which Wine does not say by itself
  await wine("reg", "add", "HKCU\\Software\\Wine", "/v", "Version", "/t", "REG_SZ", "/d", "win10", "/f");
  // What Go takes its random bytes from, which this Wine has by an older name
  const random = forwarder("bcryptprimitives.dll", { name: "ProcessPrng", to: "advapi32.SystemFunction036" });
  await writeFile(join(env.WINEPREFIX, "drive_c/windows/system32/bcryptprimitives.dll"), random);

  const program = join(home.path, "kubectl-acr_secret");
  const binary = join(dist, "windows-amd64", "kubectl-acr_secret.exe");
  const script = [
    "#!/bin/sh",
    `said=$(mktemp -d '${home.path}/said.XXXXXX')`,
    // kubectl names itself there, which is that of Linux
    `export KUBECTL_PATH='${onWindows(join(folders[0] ?? "", "kubectl.exe"))}'`,
    `${wine64} '${binary}' "$@" </dev/null >"$said/stdout" 2>"$said/stderr"`,
    "code=$?",
    'cat "$said/stdout"; cat "$said/stderr" >&2',
    "exit $code",
    "",
  ];
  await writeFile(program, script.join("\n"));
  await chmod(program, 0o755);
  const files = ["SSL_CERT_FILE", "KUBECACHEDIR", "KUBECONFIG"].map((name) => [name, onWindows(here[name] ?? "")]);
  return {
    path: home.path,
    // Linux's kubectl finds the plugin, and does not read a kubeconfig for that
    env: { ...env, ...Object.fromEntries(files) },
    async remove() {
      await promisify(execFile)("/usr/lib/wine/wineserver64", ["-k"], { env: { ...process.env, ...env } }).catch(() => undefined);
      await home.remove();
    },
  };
}
