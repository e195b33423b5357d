import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openTerminal, type Typing } from "./pty.ts";

/** A key (Ctrl-T) at which each of the shells prints the current command line: `<kubectl get pods>`. */
const show = "\u0014";
/** Ctrl-U: deletes the line. */
const forget = "\u0015";

type Shell = { readonly file: string; readonly config: string; start(folder: string): string };

/** Interactive shells, set up for kubectl's completion as kubectl's own help describes it. */
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

/** A shell that waits for input. */
export type Prompt = {
  /**
   * Types the start of a line and Tab, and Tab again if nothing happens, because completion times out on a slow machine. @returns the
   * resulting line
   */
  tab(begun: string): Promise<string>;
  /** Types the start of a line and Tab twice, until the terminal shows a text. */
  list(begun: string, until: string): Promise<void>;
  /** Types a line and Enter. @returns the output up to the next prompt */
  run(line: string): Promise<string>;
  leave(): Promise<void>;
};

/** Opens a shell with only this environment. @param folder for its files, which are deleted with the test's folder */
export async function openShellPrompt(name: ShellName, folder: string, env: Readonly<Record<string, string>>): Promise<Prompt> {
  const { file, config, start }: Shell = shells[name];
  await mkdir(join(folder, "fish"), { recursive: true });
  // If this folder exists, fish does not start to generate completions from all manual pages of the machine.
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
      // Closes a pager of candidates first, if there is one.
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

/** Presses keys and returns the resulting line. */
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
