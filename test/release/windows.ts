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

/** Returns the Windows path of a file on this machine. */
const onWindows = (path: string): string => `Z:${path.replaceAll("/", "\\")}`;

/**
 * Creates a folder for PATH with the plugin for windows-amd64, which runs in Wine, and the kubectl for Windows. Returns it with the
 * environment that it needs. Node cannot open the pipes that Wine gives to a program, so the program reads and writes files.
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
  // Node requires Windows 10, which Wine does not report by default.
  await wine("reg", "add", "HKCU\\Software\\Wine", "/v", "Version", "/t", "REG_SZ", "/d", "win10", "/f");
  // Go reads random bytes from this function. This version of Wine has it under an older name.
  const random = forwarder("bcryptprimitives.dll", { name: "ProcessPrng", to: "advapi32.SystemFunction036" });
  await writeFile(join(env.WINEPREFIX, "drive_c/windows/system32/bcryptprimitives.dll"), random);

  const program = join(home.path, "kubectl-acr_secret");
  const binary = join(dist, "windows-amd64", "kubectl-acr_secret.exe");
  const script = [
    "#!/bin/sh",
    `output=$(mktemp -d '${home.path}/output.XXXXXX')`,
    // Linux's kubectl sets this variable to its own path.
    `export KUBECTL_PATH='${onWindows(join(folders[0] ?? "", "kubectl.exe"))}'`,
    `${wine64} '${binary}' "$@" </dev/null >"$output/stdout" 2>"$output/stderr"`,
    "code=$?",
    'cat "$output/stdout"; cat "$output/stderr" >&2',
    "exit $code",
    "",
  ];
  await writeFile(program, script.join("\n"));
  await chmod(program, 0o755);
  const files = ["SSL_CERT_FILE", "KUBECACHEDIR", "KUBECONFIG"].map((name) => [name, onWindows(here[name] ?? "")]);
  return {
    path: home.path,
    // Linux's kubectl runs the plugin, and reads no kubeconfig for that.
    env: { ...env, ...Object.fromEntries(files) },
    async remove() {
      await promisify(execFile)("/usr/lib/wine/wineserver64", ["-k"], { env: { ...process.env, ...env } }).catch(() => undefined);
      await home.remove();
    },
  };
}
