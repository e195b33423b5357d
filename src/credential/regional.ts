import { CliError } from "../errors.ts";
import { loginServerIn } from "../registry/login-server.ts";
import { isRegional } from "../secret/regional.ts";
import type { Asked, Credential, FlagRow, Kind, Sources } from "./kind.ts";

/** The flag of every kind: a login is the same at each host of its registry, and the kubelet looks it up by the image's own. */
export const regionalFlags = {
  "include-regional": {
    type: "boolean",
    describe: "Let the login hold at the registry's regional hosts too (myregistry.eastus.geo.azurecr.io), which Azure is asked for",
  },
} as const satisfies Readonly<Record<string, FlagRow>>;

/**
 * Opens a credential; where it is asked for, with the hosts of its registry's regions. Azure alone says which these are.
 * @throws CliError, of the kind itself before that of the hosts
 */
export async function openWithin(kind: Kind, written: Asked, sources: Sources): Promise<Credential> {
  if (written.flags["include-regional"] !== true) return kind.open(written, sources);
  const asked = { ...written, registry: loginServerIn(written.registry) ?? written.registry };
  const looking = regionalHosts(asked, sources);
  looking.catch(() => undefined);
  const credential = await kind.open(asked, sources);
  const regional = await (kind.renewal === "given" ? looking.catch(byHand) : looking);
  const strange = regional.find((host) => !isRegional(credential.host, host));
  if (strange === undefined) return { ...credential, regional };
  throw new CliError("invalid", `Azure names ${strange} as a regional host, which is none of ${credential.host}`, { hint: without });
}

async function regionalHosts({ registry: named, identity }: Asked, sources: Sources): Promise<readonly string[]> {
  const azure = await sources.azure(identity);
  const registry = await azure.findRegistry(named);
  const hosts = await azure.regionalHosts(registry);
  if (hosts.length > 0) return hosts;
  const { name, sku } = registry;
  if (sku !== "Premium")
    throw new CliError("conflict", `registry "${name}" has no regional hosts, which only Premium has: it is ${sku}`, { hint: without });
  const hint = `${without}; to turn them on: az acr update --name ${name} --regional-endpoints enabled`;
  throw new CliError("conflict", `the regional endpoints of registry "${name}" are off`, { hint });
}

const without = "leave out --include-regional";

/** Whoever gives a login may have nothing else in Azure, and knows the hosts that images name. */
function byHand(error: unknown): never {
  if (!(error instanceof CliError) || error.kind === "cancelled" || error.kind === "conflict") throw error;
  const hint = "to ask nobody, add each regional host by a run of its own: --registry NAME.REGION.geo.azurecr.io --merge";
  throw new CliError(error.kind, `--include-regional asks Azure: ${error.message}`, { hint, cause: error });
}
