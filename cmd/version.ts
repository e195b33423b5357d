import { printable } from "../src/output/printable.ts";
import { clientVersion } from "./context.ts";
import { dataOutput } from "./line/flags.ts";
import { verb } from "./verb.ts";

export const version = verb({
  usage: "version [--client]",
  examples: ["# Of the plugin alone: nothing is started, nobody is asked", "kubectl acr-secret version --client"],
  flags: {
    client: { type: "boolean", describe: "If true, shows client version only (no server required)." },
    ...dataOutput,
  },
  most: 0,
  async run({ flags: { client, output } }, session) {
    const own = `Client Version: ${clientVersion}\n`;
    const asking = client ? undefined : session.cluster().serverVersion();
    const server = await asking?.catch((error: unknown) => {
      // The client version doesn't depend on the cluster, so it is printed even if the cluster fails
      if (output === undefined && !session.halted()) session.print(own);
      throw error;
    });
    if (output === undefined) session.print(`${own}${server ? `Server Version: ${printable(server.gitVersion)}\n` : ""}`);
    else {
      const versions = {
        clientVersion: { gitVersion: clientVersion },
        serverVersion: server && { gitVersion: server.gitVersion },
      };
      // Loaded only here: this module and its imports take as long as the rest of the command
      const { printData } = await import("../src/output/object.ts");
      session.print(await printData(versions, output));
    }
    return 0;
  },
});
