import type { Azure } from "../src/azure/port.ts";
import { isNearlyFull, readRegistry, tokensOf } from "../src/doctor/azure.ts";
import { asCliError, CliError } from "../src/errors.ts";
import { formatIdentity, formatRights, reportOf, type SignedIn } from "../src/output/identity.ts";
import { printData } from "../src/output/object.ts";
import { createFlags, registryHost } from "./create/options.ts";
import { dataOutput, type Flags, identityFlags, identityOf, under } from "./line/flags.ts";
import type { Session } from "./session.ts";
import { verb } from "./verb.ts";

export const whoami = verb({
  usage: "whoami",
  description: [
    "Shows the Azure identity that the plugin uses. With --registry, also shows its effective permissions on a registry and lists missing " +
      "ones. Changes nothing.",
  ],
  examples: [
    "# Show which Azure identity the plugin uses",
    "kubectl acr-secret whoami",
    "# Show which credentials you can create for a registry",
    "kubectl acr-secret whoami --registry myregistry",
  ],
  flags: {
    ...under("What it shows", { registry: createFlags.registry }),
    ...identityFlags,
    ...dataOutput,
  } as const satisfies Flags,
  most: 0,
  async run({ flags }, session) {
    const { registry: name, output } = flags;
    const azure = await session.azure(identityOf(flags));
    const identity = await session.during("Asking Azure for the identity", azure.identity);
    const signedIn: SignedIn = { identity, source: azure.source };
    if (output === undefined) session.print(formatIdentity(signedIn));
    // The identity is printed even if the registry can't be read
    const seen = name === undefined ? undefined : await look(registryHost(name), azure, session).catch(asCliError);
    if (output !== undefined) session.print(await printData(reportOf(signedIn, seen instanceof CliError ? undefined : seen), output));
    if (seen === undefined) return 0;
    if (seen instanceof CliError) throw seen;
    if (output === undefined) session.print(formatRights(seen));
    const { name: registry, sku } = seen.registry;
    const prune = { verb: "prune", registry, identity: identityOf(flags) } as const;
    if (isNearlyFull(seen))
      session.warn(`registry ${registry} has ${tokensOf(seen)} ACR tokens, the limit of tier ${sku}; to list leftovers`, prune);
    return 0;
  },
});

const look = (name: string, azure: Azure, session: Session) =>
  session.during(`Asking Azure about ${name}`, async () => readRegistry(azure, await azure.findRegistry(name)));
