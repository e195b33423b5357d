import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openTerminal, type Typing } from "./pty.ts";

/** A key (Ctrl-T) at which each of the shells prints the line that is being typed: `<kubectl get pods>`. */
const show = "\u0014";
/** Ctrl-U: forgets the line. */
const forget = "\u0015";

type Shell = { readonly file: string; readonly config: string; start(folder: string): string };

/** Interactive shells as a person has them set up for kubectl's completion, by kubectl's own help. */
const shells = {
  bash: {
    file: "bashrc",
    config:
      "source /usr/share/bash-completion/bash_completion\nsource <(kubectl completion bash)\n" +
      `print_line() { printf '\\n<%s>\\n' "$READLINE_LINE"; }\nbind -x '"\\C-t": print_line'\n`,
    start: (folder) => `bash --noprofile --rcfile ${folder}/bashrc -i`,
  },
  zsh: {
    file: ".zshrc",
    config:
      "autoload -Uz compinit && compinit -D -u\nsource <(kubectl completion zsh)\n" +
      "print_line() { print -r -- $'\\n'\"<$BUFFER>\" }\nzle -N print_line\nbindkey '^T' print_line\n",
    start: (folder) => `ZDOTDIR=${folder} zsh -d -i`,
  },
  fish: {
    file: "fish/config.fish",
    config: 'kubectl completion fish | source\nbind \\ct \'echo; echo "<"(commandline)">"\'\n',
    start: (folder) => `XDG_CONFIG_HOME=${folder} fish -i`,
  },
} as const satisfies Readonly<Record<string, Shell>>;

export type ShellName = keyof typeof shells;
export const shellNames = Object.keys(shells) as readonly ShellName[];

/** Somebody at a shell's prompt. */
export type Prompt = {
  /** Types the beginning of a line, and Tab, again where nothing comes of it: a slow machine gives a word up. @returns the line as it is then */
  tab(begun: string): Promise<string>;
  /** Types the beginning of a line, and Tab twice, until the terminal shows something. */
  list(begun: string, until: string): Promise<void>;
  /** Types a line, and Enter. @returns what is shown up to the next prompt */
  run(line: string): Promise<string>;
  leave(): Promise<void>;
};

/** Opens a shell of a person who has nothing but this environment. @param folder for its files, which are gone with the test's */
export async function openShellPrompt(name: ShellName, folder: string, env: Readonly<Record<string, string>>): Promise<Prompt> {
  const { file, config, start }: Shell = shells[name];
  await mkdir(join(folder, "fish"), { recursive: true });
  // Where it is, fish does not begin to make completions of every manual page of the machine
  await mkdir(join(folder, ".local/share/fish/generated_completions"), { recursive: true });
  await writeFile(join(folder, file), config);
  const terminal = openTerminal(start(folder), { env: { ...env, HOME: folder, LANG: "C.UTF-8" }, columns: 200, rows: 50 });
  await lineOf(terminal, "ready");
  return {
    tab: async (begun) => {
      let line = begun;
      for (let tries = 0; line === begun && tries < 3; tries++) line = await lineOf(terminal, `${begun}\t`);
      return line;
    },
    list: async (begun, until) => {
      terminal.press(`${begun}\t\t`);
      await terminal.shows(until);
      // A pager of candidates is left first, where there is one
      terminal.press(`\u001b${forget}`);
    },
    run: async (line) => {
      const before = terminal.screen().length;
      terminal.press(`${line}; echo "code="$?\n`);
      await terminal.shows("code=0");
      return terminal.screen().slice(before);
    },
    leave: async () => {
      terminal.press(`${forget}exit\n`);
      await terminal.end;
    },
  };
}

/** Presses keys, and reads the line that they come to. */
async function lineOf(terminal: Typing, keys: string): Promise<string> {
  const before = terminal.screen().length;
  const [first = ""] = keys.split(" ");
  terminal.press(`${keys}${show}`);
  await terminal.shows(`<${first}`);
  await terminal.shows(">\r\n");
  const [, line = ""] = /<(.*?)>\r?\n/.exec(terminal.screen().slice(before)) ?? [];
  terminal.press(forget);
  return line;
}
