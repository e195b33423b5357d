import { usage } from "../src/errors.ts";
import { shell } from "../src/hint.ts";
import { verb } from "./verb.ts";

export const completion = verb({
  usage: "completion kubectl",
  description: [
    "To complete the arguments of a plugin, kubectl (1.26 and later) runs a program from your PATH, in every shell. This command prints " +
      "the program.",
  ],
  examples: ["# Print the program kubectl_complete-acr_secret", "kubectl acr-secret completion kubectl"],
  flags: {},
  most: 1,
  complete: async () => ["kubectl"],
  async run({ args: [word] }, session) {
    if (word !== "kubectl") throw usage(word === undefined ? "argument required: kubectl" : unknown(word), command);
    session.print(shims[session.platform === "win32" ? "windows" : "posix"].text);
    return 0;
  },
});

/** The word is probably the name of a shell, as in `kubectl completion bash`. */
const unknown = (word: string) => `invalid argument "${word}": must be kubectl, for every shell`;

const command = shell("kubectl acr-secret", "completion", "kubectl");

/**
 * The program for each operating system that kubectl (1.26 and later) finds by its name on PATH and runs for completion. It runs the plugin
 * directly, because kubectl would start twice for each Tab. Its stdin is closed, so that it can't read the keys that the user types in the
 * meantime.
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
