import type { Azure } from "../src/azure/port.ts";
import { tokensIn } from "../src/credential/acr-token/acr-token.ts";
import { credentialKinds } from "../src/credential/kinds.ts";
import { mayMint } from "../src/credential/mint-rights.ts";
import { CliError, unlessForbidden } from "../src/errors.ts";
import { formatIdentity, formatRights, type IdentityReport, nearlyFull, reportOf, type SignedIn } from "../src/output/identity.ts";
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
    const seen = name === undefined ? undefined : await look(registryHost(name), signedIn, azure, session).catch(asError);
    if (output !== undefined) session.print(await printData(reportOf(signedIn, seen instanceof CliError ? undefined : seen), output));
    if (seen === undefined) return 0;
    if (seen instanceof CliError) throw seen;
    if (output === undefined) session.print(formatRights(seen));
    const full = nearlyFull(seen);
    const prune = { verb: "prune", registry: seen.registry.name, identity: identityOf(flags) } as const;
    if (full !== undefined) session.warn(`${full}; to list leftovers`, prune);
    return 0;
  },
});

/** Returns the error instead of throwing it: the identity is printed even if the registry can't be read. */
function asError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  throw error;
}

async function look(name: string, signedIn: SignedIn, azure: Azure, session: Session): Promise<IdentityReport> {
  return session.during(`Asking Azure about ${name}`, async () => {
    const registry = await azure.findRegistry(name);
    const [facts, permissions, tokens] = await Promise.all([
      azure.registryFacts(registry),
      // Permissions and tokens that can't be read are unknown, which is not an error
      azure.permissions(registry).catch(unlessForbidden(undefined)),
      azure.tokenCount(registry).catch(unlessForbidden(undefined)),
    ]);
    // The default comes first
    const may = credentialKinds.toReversed().flatMap((kind) => mayMint(kind, permissions, facts));
    return { ...signedIn, registry, facts, tokens, limit: tokensIn[registry.sku], may };
  });
}
