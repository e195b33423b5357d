import { CliError } from "../src/errors.ts";
import { verb } from "./verb.ts";

/** What kubectl (1.26 and later) runs to complete a plugin's arguments: a program on PATH, named after the plugin. */
const shim = `#!/bin/sh
# Completion of kubectl acr-secret. Save it as kubectl_complete-acr_secret, executable, in a folder of your PATH.
exec kubectl acr-secret __complete "$@"
`;

/** A folder that is on the PATH of most. */
const file = "~/.local/bin/kubectl_complete-acr_secret";

export const completion = verb({
  usage: "completion kubectl",
  examples: ["# Let the completion of kubectl know this plugin", `kubectl acr-secret completion kubectl > ${file}`, `chmod +x ${file}`],
  flags: {},
  most: 1,
  read: (word) => word,
  complete: async () => ["kubectl"],
  async run({ args }, session) {
    if (args[0] !== undefined && args[0] !== "kubectl")
      throw new CliError("usage", `unknown shell "${args[0]}": kubectl's own completion, of whatever shell, completes its plugins`, {
        hint: `kubectl acr-secret completion kubectl > ${file} && chmod +x ${file}`,
      });
    session.print(shim);
    return 0;
  },
});
