import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, vi } from "vitest";

/** The text on a terminal, with stdout and stderr in one stream, and the exit code. */
export type Seen = { readonly screen: string; readonly code: number | null };

/** A terminal in which a command line runs. */
export type Typing = {
  /** Returns everything that has been printed. */
  screen(): string;
  /** Waits for a text that was not shown before the last key. */
  shows(text: string): Promise<void>;
  press(keys: string): void;
  readonly end: Promise<Seen>;
};

type Size = { readonly columns: number; readonly rows: number };

const left = new Set<() => void>();
afterEach(() => {
  for (const end of left) end();
});

/** Runs a command line in a new pseudo-terminal (util-linux script). @param columns 0 is a terminal with unknown width */
export function openTerminal(command: string, { env, columns, rows }: Size & { env: Readonly<Record<string, string>> }): Typing {
  const sized = `stty cols ${columns} rows ${rows}; ${command}`;
  const child = spawn("script", ["--quiet", "--return", "--echo", "never", "--command", sized, "/dev/null"], {
    env: { ...env, TERM: "xterm", SHELL: "/bin/sh" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const end = () => void child.kill("SIGKILL");
  left.add(end);
  let all = "";
  let pressedAt = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    all += text;
  });
  child.stdin.on("error", () => {});
  const screen = () => all;
  const ended = async () => {
    const code = await new Promise<number | null>((resolve, reject) => child.once("error", reject).once("exit", resolve));
    child.stdin.end();
    left.delete(end);
    await sleep(50); // for output that the terminal still holds
    return { screen: screen(), code };
  };
  return {
    screen,
    shows: (text) =>
      vi.waitFor(
        () => {
          if (!all.slice(pressedAt).includes(text)) throw new Error(`no ${text} on ${JSON.stringify(all)}`);
        },
        { timeout: 10_000 },
      ),
    press: (keys) => {
      pressedAt = all.length;
      child.stdin.write(keys);
    },
    end: ended(),
  };
}

/** Runs a command line in a new pseudo-terminal, and types an answer to each question. */
export async function typeInTerminal(
  command: string,
  { env, columns, question, answer }: { env: Readonly<Record<string, string>>; columns: number; question: string; answer: string },
): Promise<Seen> {
  const terminal = openTerminal(command, { env, columns, rows: columns === 0 ? 0 : 24 });
  let over = false;
  const answering = (async () => {
    for (let asked = 0; !over; await sleep(20)) {
      const questions = terminal.screen().split(question).length - 1;
      for (; asked < questions; asked++) terminal.press(`${answer}\n`);
    }
  })();
  const seen = await terminal.end.finally(() => {
    over = true;
  });
  await answering;
  return seen;
}
