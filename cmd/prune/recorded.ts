import type { Asked, Credential, Sources } from "../../src/credential/kind.ts";
import { kindNamed } from "../../src/credential/kinds.ts";
import { deletionWait } from "../../src/credential/retry.ts";
import { CliError } from "../../src/errors.ts";
import type { Entry } from "../../src/secret/entry.ts";

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
