import { spawn } from "node:child_process";

/** Runs a program, discards its output, and waits for its end. @throws Error with its error output if it fails */
export function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv, stdin = ""): Promise<void> {
  const child = spawn(file, args, { env, stdio: ["pipe", "ignore", "pipe"] });
  child.stdin.on("error", () => {}).end(stdin);
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(`${file} ${args.join(" ")}: ${said}`))));
  });
}
