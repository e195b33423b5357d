import { flagLines } from "./line/help.ts";
import { global } from "./line/kubectl-flags.ts";
import { verb } from "./verb.ts";

export const options = verb({
  usage: "options",
  examples: ["# Print the flags that every command accepts", "kubectl acr-secret options"],
  flags: {},
  page: "version",
  most: 0,
  async run(_, session) {
    session.print(`Flags of all commands:\n\n${flagLines(global, session.stdout.columns)}`);
    return 0;
  },
});
