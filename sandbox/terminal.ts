import { spawn } from "node:child_process";

/** A terminal that runs lines in bash. Its two output streams are one text, as on a real terminal. */
export type Terminal = { type(command: string): Promise<{ printed: string; code: number }> };

/** Opens a terminal in one folder and one environment. Each line gets a new shell, so only files persist. */
export function openTerminal({ env, folder }: { env: Readonly<Record<string, string>>; folder: string }): Terminal {
  return {
    type: (command) =>
      new Promise((resolve, reject) => {
        const shell = spawn("bash", ["-c", `exec 2>&1\n${command}`], { env, cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
        const chunks: Buffer[] = [];
        shell.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
        shell.once("error", reject);
        shell.once("close", (code) => resolve({ printed: Buffer.concat(chunks).toString(), code: code ?? 1 }));
      }),
  };
}
