import { dirname, join, resolve } from "node:path";
import { CliError, usage } from "../src/errors.ts";
import type { Fix } from "../src/fix.ts";
import { printable } from "../src/output/printable.ts";
import type { Context } from "./context.ts";
import type { Flags, Values } from "./line/flags.ts";
import { quoted } from "./line/format-command.ts";
import type { Programs } from "./programs.ts";
import type { Session } from "./session.ts";
import { verb } from "./verb.ts";

const flags = {
  dir: { type: "string", complete: "folders", describe: "A folder of your PATH. Default: the one in which kubectl finds this plugin." },
  "dry-run": {
    type: "string",
    choices: ["none", "client"],
    bare: "client",
    default: "none",
    describe: 'Must be "none" or "client". Client says what would be done, and does nothing.',
  },
} as const satisfies Flags;

type Act = (given: Values<typeof flags>, session: Session) => Promise<number>;

const options = (given: Values<typeof flags>) => ({ dir: given.dir, dryRun: given["dry-run"] === "client" });

/** The actions on the program that kubectl runs for completion. */
const acts: Readonly<Record<string, Act>> = {
  install: (given, session) => install(options(given), session),
  uninstall: (given, session) => uninstall(options(given), session),
  kubectl: async (_, { print, programs }) => {
    print(shims[programs.system].text);
    return 0;
  },
};

export const completion = verb({
  usage: "completion install|uninstall|kubectl",
  description:
    "kubectl (1.26 and later) completes a plugin's arguments by a program on the PATH: install puts it beside this plugin, or into the " +
    "folder that --dir names; uninstall takes it back; kubectl prints it, for whoever puts it elsewhere.",
  examples: [
    "# Let Tab complete this plugin's arguments",
    "kubectl acr-secret completion install",
    "# Where the plugin's own folder may not be written to",
    "kubectl acr-secret completion install --dir ~/.local/bin",
    "# Before the plugin is removed",
    "kubectl acr-secret completion uninstall",
  ],
  flags,
  most: 1,
  read: (word) => word,
  complete: async () => Object.keys(acts),
  async run({ flags: given, args: [word = ""] }, session) {
    const act = Object.hasOwn(acts, word) ? acts[word] : undefined;
    if (act) return act(given, session);
    throw word === "" ? usage("say what: install, uninstall or kubectl") : unknown(word);
  },
});

/** Returns the error for an unknown word, which is probably the name of a shell, as in `kubectl completion bash`. */
const unknown = (word: string) =>
  new CliError("usage", `unknown word "${word}": kubectl's own completion, of whatever shell, completes its plugins`, {
    hint: "kubectl acr-secret completion install",
  });

/** The folder of the program, and whether to only print what would be done. */
type Options = { readonly dir: string | undefined; readonly dryRun: boolean };

/** Writes the program to a folder in which kubectl finds it, and prints the result. A correct program stays unchanged. */
export async function install({ dir, dryRun }: Options, session: Session): Promise<number> {
  const { programs } = session;
  const { shim, path } = await placeFor(dir, session);
  const before = await ours(path, programs);
  if (!dryRun && before !== shim.text) await programs.put(path, shim.text);
  const done = before === undefined ? "created" : before === shim.text ? "unchanged" : "configured";
  session.print(said(path, done, dryRun));
  const first = await programs.find(shim.name);
  if (first !== undefined && first !== path)
    session.warn(`kubectl finds ${first} first, by the order of your PATH; to take it back`, uninstalling);
  if (done !== "unchanged") session.hint(ownCompletion);
  return 0;
}

const uninstalling: Fix = { do: "shell", argv: ["kubectl", "acr-secret", "completion", "uninstall"] };

const ownCompletion: Fix = {
  do: "shell",
  argv: ["kubectl", "completion", "--help"],
  when: "Tab needs kubectl's own completion in your shell",
};

/** Deletes the program where kubectl finds it, and prints the result. */
export async function uninstall({ dir, dryRun }: Options, { programs, print }: Session): Promise<number> {
  const place = await placeOf(dir, programs);
  const there = place && (await ours(place.path, programs)) !== undefined;
  if (!there) {
    print(`${printable(place?.path ?? "kubectl_complete-acr_secret")} is not there\n`);
    return 0;
  }
  if (!dryRun) await programs.remove(place.path);
  print(said(place.path, "deleted", dryRun));
  return 0;
}

/** Returns the text of this plugin's program at a path. @throws CliError conflict for a file that this plugin did not create */
async function ours(path: string, programs: Programs): Promise<string | undefined> {
  const text = await programs.read(path);
  if (text === undefined || isShim(text)) return text;
  throw new CliError("conflict", `${path} already exists and was not created by kubectl acr-secret`, { hint: "move it away, then retry" });
}

const said = (path: string, done: string, dryRun: boolean): string => `${printable(path)} ${done}${dryRun ? " (dry run)" : ""}\n`;

/** The completion program, and its path. */
type Placed = { readonly shim: Shim; readonly path: string };

/** Returns the path for the program: in a folder of PATH, by default the one in which kubectl finds this plugin. @throws CliError config */
async function placeFor(dir: string | undefined, { programs, files }: Pick<Context, "programs" | "files">): Promise<Placed> {
  const folder = dir === undefined ? await besidePlugin(programs) : resolve(dir);
  if (dir !== undefined && (await files.look(folder)) !== "folder")
    throw new CliError("config", `there is no folder ${folder}`, { hint: `mkdir -p ${quoted(folder)}` });
  if (!(await programs.searches(folder))) {
    const why = `${folder} is no folder of your PATH, so kubectl would not find the program there`;
    throw new CliError("config", why, { hint: await elsewhere(programs) });
  }
  const reason = await programs.closed(folder);
  if (reason !== undefined) throw new CliError("config", `cannot write to ${folder}: ${reason}`, { hint: await elsewhere(programs) });
  return placed(folder, programs);
}

/** Returns the path of the program: in the named folder, or where kubectl finds it; undefined if kubectl finds none. */
async function placeOf(dir: string | undefined, programs: Programs): Promise<Placed | undefined> {
  if (dir !== undefined) return placed(resolve(dir), programs);
  const shim = shims[programs.system];
  const path = await programs.find(shim.name);
  return path === undefined ? undefined : { shim, path };
}

function placed(folder: string, { system }: Programs): Placed {
  const shim = shims[system];
  return { shim, path: join(folder, shim.name) };
}

const plugin = { posix: "kubectl-acr_secret", windows: "kubectl-acr_secret.exe" } as const;

async function besidePlugin(programs: Programs): Promise<string> {
  const found = await programs.find(plugin[programs.system]);
  if (found !== undefined) return dirname(found);
  throw new CliError("config", `${plugin[programs.system]} is in no folder of your PATH, so kubectl cannot find it either`, {
    hint: await elsewhere(programs),
  });
}

/** Returns the command to run instead, with the first writable folder of PATH. */
async function elsewhere(programs: Programs): Promise<string> {
  for (const folder of programs.folders)
    if ((await programs.closed(folder)) === undefined) return `kubectl acr-secret completion install --dir ${quoted(folder)}`;
  return "no folder of your PATH may be written to: run it as somebody who may, or add a folder of yours to PATH";
}

/** A program that kubectl (1.26 and later) finds by its name on PATH and runs to complete this plugin's arguments. */
type Shim = { readonly name: string; readonly text: string };

/**
 * The program for each operating system. It runs the plugin directly, because kubectl would start twice for each Tab. Its stdin is closed,
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
} as const satisfies Readonly<Record<string, Shim>>;

/** The text of versions that ran kubectl. */
const former = ['#!/bin/sh\nexec kubectl acr-secret __complete "$@"\n'];

/** Whether a text is exactly the program of this version or of another one, so that it can be replaced and deleted. */
const isShim = (text: string): boolean => [shims.posix.text, shims.windows.text, ...former].includes(text);
