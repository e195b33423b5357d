import { execFile, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, vi } from "vitest";

/** What a person sees on a terminal, stdout and stderr in one, and the exit code. */
export type Seen = { readonly screen: string; readonly code: number | null };

/** A terminal in which a line runs. */
export type Typing = {
  /** All that has been printed. */
  screen(): string;
  /** Waits until something shows that did not before the last key. */
  shows(text: string): Promise<void>;
  press(keys: string): void;
  /** Makes the window another size, as its user would. */
  resize(columns: number, rows: number): Promise<void>;
  /** How the terminal is set, as stty prints it. */
  settings(): Promise<string>;
  readonly end: Promise<Seen>;
};

type Size = { readonly columns: number; readonly rows: number };

const left = new Set<() => void>();
afterEach(() => {
  for (const end of left) end();
});

/** What tells by which name others know the terminal, before the line runs. */
const named = /tty=(\S+)\r\n/;

/** Types a line into a terminal of its own (util-linux script). @param columns 0 is a terminal that does not know its width */
export function openTerminal(command: string, { env, columns, rows }: Size & { env: Readonly<Record<string, string>> }): Typing {
  const sized = `stty cols ${columns} rows ${rows}; echo tty=$(tty); ${command}`;
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
  const screen = () => all.replace(named, "");
  const stty = async (...args: readonly string[]) => {
    const tty = await vi.waitUntil(() => named.exec(all)?.[1], { timeout: 10_000 });
    return (await promisify(execFile)("stty", ["-F", tty, ...args])).stdout;
  };
  const ended = async () => {
    const code = await new Promise<number | null>((resolve, reject) => child.once("error", reject).once("exit", resolve));
    child.stdin.end();
    left.delete(end);
    await sleep(50); // for what the terminal still holds
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
    resize: async (width, height) => {
      pressedAt = all.length;
      await stty("cols", String(width), "rows", String(height));
    },
    settings: () => stty("-a"),
    end: ended(),
  };
}

/** Types a line into a terminal of its own, and an answer each time a question shows on it. */
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
