import { printData } from "../src/output/object.ts";
import { printable } from "../src/output/printable.ts";
import { clientVersion } from "./client-version.ts";
import { verb } from "./verb.ts";

export const version = verb({
  usage: "version [--client]",
  examples: ["# Of the plugin alone: nothing is started, nobody is asked", "kubectl acr-secret version --client"],
  flags: {
    client: { type: "boolean", describe: "If true, shows client version only (no server required)." },
    output: { type: "string", short: "o", choices: ["json", "yaml"], describe: "One of 'yaml' or 'json'." },
  },
  most: 0,
  async run({ flags }, session) {
    const server = flags.client ? undefined : (await session.cluster().serverVersion()).gitVersion;
    if (flags.output === "json" || flags.output === "yaml") {
      const versions = { clientVersion: { gitVersion: clientVersion }, ...(server && { serverVersion: { gitVersion: server } }) };
      session.print(await printData(versions, flags.output));
    } else {
      session.say(`Client Version: ${clientVersion}\n${server ? `Server Version: ${printable(server)}\n` : ""}`);
    }
    return 0;
  },
});
