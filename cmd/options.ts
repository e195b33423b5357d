import { sharedFlags } from "./line/flags.ts";
import { flagLines } from "./line/help.ts";
import { global } from "./line/kubectl-flags.ts";
import { verb } from "./verb.ts";

const listed = { ...global, ...sharedFlags };

export const options = verb({
  usage: "options",
  description: ["Every command accepts the flags of kubectl. A command that uses Azure also accepts those of the Azure sign-in."],
  examples: ["# Print the flags that commands share", "kubectl acr-secret options"],
  flags: {},
  listed,
  page: "version",
  most: 0,
  async run(_, session) {
    session.print(flagLines(listed, session.stdout.columns));
    return 0;
  },
});
