import { dirname, join, resolve } from "node:path";
import { CliError, usage } from "../src/errors.ts";
import { type Command, type Hint, shell } from "../src/hint.ts";
import { printable } from "../src/output/printable.ts";
import type { Flags, Values } from "./line/flags.ts";
import type { Programs } from "./programs.ts";
import type { Session } from "./session.ts";
import { verb } from "./verb.ts";

const flags = {
  dir: {
    type: "string",
    complete: "folders",
    value: "DIR",
    describe: "Folder on your PATH for the program",
    fallback: "the folder in which kubectl finds this plugin",
  },
  "dry-run": {
    type: "string",
    choices: ["none", "client"],
    bare: "client",
    default: "none",
    describe: "Show what would change without changing it. Without a value: client",
  },
} as const satisfies Flags;

type Given = Values<typeof flags>;

/** The actions on the program that kubectl runs for completion. */
const acts: Readonly<Record<string, (given: Given, session: Session) => Promise<number>>> = {
  install,
  uninstall,
  kubectl: async (_, { print, programs }) => {
    print(shims[programs.system].text);
    return 0;
  },
};

export const completion = verb({
  usage: "completion install|uninstall|kubectl",
  description: [
    "To complete the arguments of a plugin, kubectl (1.26 and later) runs a program from your PATH. " +
      '"completion install" writes this program to the folder of the plugin, or to --dir. "completion uninstall" deletes it. "completion ' +
      'kubectl" prints it, so that you can install it yourself.',
  ],
  examples: [
    "# Let Tab complete this plugin's arguments",
    "kubectl acr-secret completion install",
    "# Use another folder if you can't write to the plugin's folder",
    "kubectl acr-secret completion install --dir ~/.local/bin",
    "# Before you uninstall the plugin",
    "kubectl acr-secret completion uninstall",
  ],
  flags,
  most: 1,
  complete: async () => Object.keys(acts),
  async run({ flags: given, args: [word = ""] }, session) {
    const act = Object.hasOwn(acts, word) ? acts[word] : undefined;
    if (act) return act(given, session);
    throw word === "" ? usage("argument required: install, uninstall or kubectl") : unknown(word);
  },
});

/** Returns the error for an unknown word, which is probably the name of a shell, as in `kubectl completion bash`. */
const unknown = (word: string) =>
  usage(`invalid argument "${word}": must be install, uninstall or kubectl; install works for every shell`, commandFor("install"));

const commandFor = (...words: readonly string[]): Command => shell("kubectl acr-secret", "completion", words);

/** Writes the program to a folder in which kubectl finds it, and prints the result. A correct program stays unchanged. */
async function install({ dir, "dry-run": dryRun }: Given, session: Session): Promise<number> {
  const { programs } = session;
  const { name, text } = shims[programs.system];
  const path = join(await folderFor(dir, session), name);
  const before = await ours(path, programs);
  if (dryRun === "none" && before !== text) await programs.put(path, text);
  const done = before === undefined ? "created" : before === text ? "unchanged" : "configured";
  session.print(result(path, done, dryRun));
  const first = await programs.find(name);
  if (first !== undefined && first !== path)
    session.warn(`kubectl finds ${first} first on your PATH; to delete that program`, commandFor("uninstall"));
  if (done !== "unchanged")
    session.hint({ ...shell("kubectl completion --help"), when: "Tab needs kubectl's own completion in your shell" });
  return 0;
}

/** Deletes the program in the named folder, or where kubectl finds it, and prints the result. */
async function uninstall({ dir, "dry-run": dryRun }: Given, { programs, print }: Session): Promise<number> {
  const { name } = shims[programs.system];
  const path = dir === undefined ? await programs.find(name) : join(resolve(dir), name);
  if (path === undefined || (await ours(path, programs)) === undefined) {
    print(`${printable(path ?? "kubectl_complete-acr_secret")} not found\n`);
    return 0;
  }
  if (dryRun === "none") await programs.remove(path);
  print(result(path, "deleted", dryRun));
  return 0;
}

/** Returns the text of this plugin's program at a path. @throws CliError conflict for a file that this plugin did not create */
async function ours(path: string, programs: Programs): Promise<string | undefined> {
  const text = await programs.read(path);
  // Any other text is another program, or the user has changed it
  if (text === undefined || [shims.posix.text, shims.windows.text, ...former].includes(text)) return text;
  throw new CliError("conflict", `${path} already exists and was not created by kubectl acr-secret`, { hint: "move it away, then retry" });
}

const result = (path: string, done: string, dryRun: Given["dry-run"]): string =>
  `${printable(path)} ${done}${dryRun === "client" ? " (dry run)" : ""}\n`;

/** Returns the folder for the program: one of PATH, by default the one in which kubectl finds this plugin. @throws CliError config */
async function folderFor(dir: string | undefined, { programs, files }: Session): Promise<string> {
  const folder = dir === undefined ? await besidePlugin(programs) : resolve(dir);
  if (dir !== undefined && (await files.look(folder)) !== "folder")
    throw new CliError("config", `folder ${folder} not found`, { hint: shell("mkdir", "-p", folder) });
  if (!(await programs.searches(folder))) {
    const why = `folder ${folder} is not on your PATH, so kubectl cannot find the program there`;
    throw new CliError("config", why, { hint: await elsewhere(programs) });
  }
  const reason = await programs.closed(folder);
  if (reason !== undefined) throw new CliError("config", `cannot write to ${folder}: ${reason}`, { hint: await elsewhere(programs) });
  return folder;
}

async function besidePlugin(programs: Programs): Promise<string> {
  const plugin = programs.system === "windows" ? "kubectl-acr_secret.exe" : "kubectl-acr_secret";
  const found = await programs.find(plugin);
  if (found !== undefined) return dirname(found);
  const why = `${plugin} not found on your PATH, so kubectl cannot find it either`;
  throw new CliError("config", why, { hint: await elsewhere(programs) });
}

/** Returns the command to run instead, with the first writable folder of PATH. */
async function elsewhere(programs: Programs): Promise<Hint> {
  for (const folder of programs.folders) if ((await programs.closed(folder)) === undefined) return commandFor("install", "--dir", folder);
  return "no folder on your PATH is writable; add one of your folders to PATH, or run the command as another user";
}

/**
 * The program for each operating system that kubectl (1.26 and later) finds by its name on PATH and runs for completion. It runs the plugin directly, because kubectl would start twice for each Tab. Its stdin is closed,
 * so that it can't read the keys that the user types in the meantime.
 */
export const shims = {
  posix: {
    name: "kubectl_complete-acr_secret",
    text: '#!/bin/sh\n# Completes kubectl acr-secret, in a folder of the PATH.\nexec kubectl-acr_secret __complete "$@" < /dev/null\n',
  },
  windows: {
    name: "kubectl_complete-acr_secret.cmd",
    text: "@rem Completes kubectl acr-secret, in a folder of the PATH.\r\n@kubectl-acr_secret.exe __complete %* < NUL\r\n",
  },
} as const;

/** The text of versions that ran kubectl. */
const former = ['#!/bin/sh\nexec kubectl acr-secret __complete "$@"\n'];
