import { printable } from "../src/output/printable.ts";
import { dataOutput, outputGroup } from "./line/flags.ts";
import { clientVersion, versionLine } from "./project.ts";
import { verb } from "./verb.ts";

export const version = verb({
  usage: "version",
  examples: ["# Print only the version of the plugin", "kubectl acr-secret version --client"],
  flags: {
    client: { type: "boolean", group: outputGroup, describe: "Print only the version of the plugin. Needs no cluster" },
    ...dataOutput,
  },
  most: 0,
  async run({ flags: { client, output } }, session) {
    const asking = client ? undefined : session.cluster().serverVersion();
    const server = await asking?.catch((error: unknown) => {
      // The client version is printed even if the cluster fails
      if (output === undefined && !session.interrupted()) session.print(versionLine);
      throw error;
    });
    if (output === undefined) session.print(`${versionLine}${server ? `Server Version: ${printable(server.gitVersion)}\n` : ""}`);
    else {
      const versions = {
        clientVersion: { gitVersion: clientVersion },
        serverVersion: server && { gitVersion: server.gitVersion },
      };
      // Imported only here, because this module and its imports take as long to load as the rest of the command
      const { printData } = await import("../src/output/object.ts");
      session.print(await printData(versions, output));
    }
    return 0;
  },
});
