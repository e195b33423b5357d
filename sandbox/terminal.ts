import { spawn } from "node:child_process";

/** A line is typed into bash; what it prints on both streams comes as one text, as a terminal shows it. */
export type Terminal = { type(command: string): Promise<{ printed: string; code: number }> };

/** A terminal in one folder and one environment. Each line gets a shell of its own, so that nothing but files lasts. */
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
