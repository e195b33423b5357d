import { tokensIn } from "../src/credential/acr-token.ts";
import { credentialKinds } from "../src/credential/kinds.ts";
import { mayMint } from "../src/credential/rights.ts";
import { CliError, unlessForbidden } from "../src/errors.ts";
import { nearlyFull, reportOf, type Seen, told } from "../src/output/identity.ts";
import { printData } from "../src/output/object.ts";
import { hostWritten } from "./create/registry-written.ts";
import { createFlags } from "./create/wish.ts";
import type { Flags } from "./line/flags.ts";
import { identityFlags, identityOf, saidIdentity } from "./line/identity-flags.ts";
import type { Session } from "./session.ts";
import { verb } from "./verb.ts";

export const whoami = verb({
  usage: "whoami --registry=REGISTRY",
  description:
    "Reads the identity's effective permissions: nothing is tried, and nothing changed. A right that is missing is named, for whoever can grant it.",
  examples: ["# Before the first create", "kubectl acr-secret whoami --registry myregistry"],
  flags: {
    registry: createFlags.registry,
    ...identityFlags,
    output: { type: "string", short: "o", choices: ["json", "yaml"], describe: "One of 'yaml' or 'json'." },
  } as const satisfies Flags,
  most: 0,
  async run({ flags }, session) {
    const { registry, output } = flags;
    if (!registry)
      throw new CliError("usage", 'required flag(s) "registry" not set', { hint: "kubectl acr-secret whoami --registry myregistry" });
    const seen = await session.progress.during(`Asking Azure about ${registry}`, () =>
      look(hostWritten(registry), identityOf(flags), session),
    );
    if (output === undefined) session.say(told(seen));
    else session.print(await printData(reportOf(seen), output));
    const full = nearlyFull(seen);
    const prune = { do: "prune", registry: seen.registry.name, ...saidIdentity(identityOf(flags)) } as const;
    if (full !== undefined) session.warn(`${full}; what is left over of them is shown by: ${session.spell(prune)}`);
    return 0;
  },
});

async function look(name: string, as: Parameters<Session["azure"]>[0], session: Session): Promise<Seen> {
  const azure = await session.azure(as);
  const registry = await azure.findRegistry(name);
  const [identity, facts, permissions, tokens] = await Promise.all([
    azure.identity(),
    azure.registryFacts(registry),
    // What may not be read is not known, and no error: what the identity may do is still worth knowing
    azure.permissions(registry).catch(unlessForbidden(undefined)),
    azure.tokenCount(registry).catch(unlessForbidden(undefined)),
  ]);
  // What nothing has to be spelled for comes first
  const may = credentialKinds.toReversed().flatMap((kind) => mayMint(kind, permissions, facts));
  return { registry, identity, facts, tokens, room: tokensIn[registry.sku], may };
}
