import { CliError } from "../src/errors.ts";
import { install, uninstall } from "./completion/install.ts";
import { shims } from "./completion/shim.ts";
import type { Flags, Values } from "./line/flags.ts";
import { usage } from "./line/usage.ts";
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

/** What can be done with the program by which kubectl completes. */
const acts: Readonly<Record<string, Act>> = {
  install: (given, session) => install(options(given), session),
  uninstall: (given, session) => uninstall(options(given), session),
  kubectl: async (_, { print, context }) => {
    print(shims[context.programs.system].text);
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

/** A shell's name, most likely: as `kubectl completion bash`. */
const unknown = (word: string) =>
  new CliError("usage", `unknown word "${word}": kubectl's own completion, of whatever shell, completes its plugins`, {
    hint: "kubectl acr-secret completion install",
  });
