import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach } from "vitest";

/** What a person sees on a terminal, stdout and stderr in one, and the exit code. */
export type Seen = { readonly screen: string; readonly code: number | null };

const left = new Set<() => void>();
afterEach(() => {
  for (const end of left) end();
});

/**
 * Types a line into a terminal of its own (util-linux script), and an answer when a question shows on it.
 *
 * @param columns 0 is a terminal that does not know its width
 */
export async function typeInTerminal(
  command: string,
  { env, columns, question, answer }: { env: Readonly<Record<string, string>>; columns: number; question: string; answer: string },
): Promise<Seen> {
  const sized = `stty cols ${columns} rows ${columns === 0 ? 0 : 24}; ${command}`;
  const child = spawn("script", ["--quiet", "--return", "--echo", "never", "--command", sized, "/dev/null"], {
    env: { ...env, TERM: "xterm", SHELL: "/bin/sh" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const end = () => void child.kill("SIGKILL");
  left.add(end);
  let screen = "";
  let asked = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
    for (const questions = screen.split(question).length - 1; asked < questions; asked++) child.stdin.write(`${answer}\n`);
  });
  child.stdin.on("error", () => {});
  const code = await new Promise<number | null>((resolve, reject) => child.once("error", reject).once("exit", resolve));
  child.stdin.end();
  left.delete(end);
  await sleep(50); // for what the terminal still holds
  return { screen, code };
}
