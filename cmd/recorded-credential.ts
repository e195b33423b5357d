import type { Azure, SignInOptions, TokenList } from "../src/azure/port.ts";
import type { Asked, Credential, Sources } from "../src/credential/kind.ts";
import { isMadeInAzure, kindNamed } from "../src/credential/kinds.ts";
import { deletionWait } from "../src/credential/retry.ts";
import { CliError } from "../src/errors.ts";
import { memoize } from "../src/scope/concurrency.ts";
import type { Entry } from "../src/secret/entry.ts";

/** Opens the credential that a Secret or an object in Azure records. By default only to revoke it: nothing is proven. */
export async function openRecorded(
  { kind: name, identity }: Pick<Entry, "kind" | "identity">,
  asked: Pick<Asked, "registry" | "identity"> & Partial<Asked>,
  sources: Sources,
): Promise<Credential> {
  const kind = kindNamed(name);
  if (!kind?.renewal) throw new CliError("internal", `a ${name} can be neither renewed nor revoked`);
  const again = { verb: "create", registry: asked.registry } as const;
  const flags = kind.renewal.flags({ identity });
  return kind.open({ verify: false, expiresAt: undefined, wait: deletionWait, again, ...asked, flags }, sources);
}

/** Returns the credential that a Secret records, to revoke it, or the reason why it can't be revoked. @throws CliError */
type Open = (of: { readonly entry: Entry; readonly host: string }) => Promise<Credential | string>;

/** Opens each credential once. Reads a registry's tokens only once, even if several of them are deleted. */
export function opener(identity: SignInOptions, sources: Sources): Open {
  const opened = new Map<string, Promise<Credential>>();
  const lists = new Map<string, Promise<TokenList>>();
  const azure = async (as: SignInOptions): Promise<Azure> => {
    const found = await sources.azure(as);
    return { ...found, listTokens: (registry) => memoize(lists, registry.id, () => found.listTokens(registry)) };
  };

  return async ({ entry, host }) => {
    const kind = kindNamed(entry.kind);
    if (!kind) return "this version does not support its kind. Install a newer version";
    if (!isMadeInAzure(entry.kind)) return kind.notRenewable ?? endsItself(entry);
    const key = JSON.stringify([entry.kind, host, entry.identity]);
    return memoize(opened, key, () => openRecorded(entry, { registry: host, identity }, { ...sources, azure }));
  };
}

const endsItself = ({ expiresAt }: Entry): string =>
  `it expires${expiresAt === undefined ? " by itself" : ` at ${expiresAt}`} and cannot be revoked earlier`;
