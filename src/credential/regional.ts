import { CliError, isRefusal } from "../errors.ts";
import type { Fix } from "../fix.ts";
import type { Change } from "../plan/change.ts";
import { loginServerIn } from "../registry/login-server.ts";
import { covers } from "../registry/repository.ts";
import { isRegional } from "../secret/azure-words.ts";
import type { Asked, Credential, Issue, Kind, Need, Sources } from "./kind.ts";

/** All hosts of a registry accept the same login. The kubelet selects a login by the host of the image. */
export const regionalFlags = {
  "include-regional": {
    type: "boolean",
    describe: "Also write the login for the registry's regional endpoints (myregistry.eastus.geo.azurecr.io)",
  },
} as const satisfies Kind["flags"];

/**
 * Opens a credential. With --include-regional, also for the regional hosts of its registry, which only Azure knows.
 * @throws CliError of the kind before that of the hosts
 */
export async function openWithin(kind: Kind, written: Asked, sources: Sources): Promise<Credential> {
  if (written.flags["include-regional"] !== true) return kind.open(written, sources);
  const asked = { ...written, registry: loginServerIn(written.registry) ?? written.registry };
  const looking = regionalHosts(asked, sources);
  looking.catch(() => undefined);
  const credential = await kind.open(asked, sources);
  const regional = await (kind.creation ? looking : looking.catch(withManualHint));
  const strange = regional.find((host) => !isRegional(credential.host, host));
  if (strange === undefined)
    return {
      ...credential,
      regional,
      issue: async (need) => proving(await credential.issue(need), regional, need, asked, credential.host),
    };
  throw new CliError("invalid", `Azure returned the regional host ${strange}, which does not belong to ${credential.host}`, {
    hint: omitRegional,
  });
}

/** Adds proofs at the regional hosts. An existing login is proved only at those that the Secret lacks. */
function proving(issue: Issue, regional: readonly string[], { current }: Need, { verify }: Asked, host: string): Issue {
  const also = (change: Change): Change => (change.act === "prove" ? { ...change, regional } : change);
  const { login, mayPull = ["*"], images } = issue;
  const steps = issue.steps.map(also);
  const known = current?.entry?.hosts ?? [];
  const added = regional.filter((one) => !known.includes(one));
  if (!verify || !login || added.length === 0 || steps.some(({ act }) => act === "prove")) return { ...issue, steps };
  const image = images.find(({ repository }) => mayPull.some((scope) => covers(scope, repository)));
  const repositories = image ? [image.repository] : mayPull.filter((scope) => !scope.endsWith("*")).slice(0, 1);
  const prove: Change = { act: "prove", to: { kind: "registry", name: host }, repositories, fresh: false, regional: added };
  return { ...issue, steps: [...steps, prove] };
}

async function regionalHosts({ registry: named, identity }: Asked, sources: Sources): Promise<readonly string[]> {
  const azure = await sources.azure(identity);
  const registry = await azure.findRegistry(named);
  const hosts = await azure.regionalHosts(registry);
  if (hosts.length > 0) return hosts;
  const { name, sku } = registry;
  if (sku !== "Premium")
    throw new CliError("conflict", `registry "${name}" has no regional hosts: it is ${sku}, and only Premium has them`, {
      hint: omitRegional,
    });
  const argv = ["az", "acr", "update", "--name", name, "--regional-endpoints", "enabled"];
  const hint: Fix = { do: "hints", hints: [omitRegional, { do: "shell", argv, when: "to enable them" }] };
  throw new CliError("conflict", `the regional endpoints of registry "${name}" are disabled`, { hint });
}

const omitRegional = "omit --include-regional";

/**
 * Rethrows an error of Azure with another hint. A user who supplies a login may have no permissions in Azure, but knows the hosts of the
 * images.
 */
function withManualHint(error: unknown): never {
  if (!isRefusal(error) || error.kind === "conflict") throw error;
  const hint = "without Azure, run the command once for each regional host: --registry NAME.REGION.geo.azurecr.io --merge";
  throw new CliError(error.kind, `--include-regional: ${error.message}`, { hint, cause: error });
}
