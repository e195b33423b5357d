import type { Asked, Kind, Sources } from "../../src/credential/kind.ts";
import { CliError } from "../../src/errors.ts";
import type { ClusterScope } from "../../src/scope/places.ts";

const count = (of: number) => of.toLocaleString("en-US");

/** The refusal to make credentials for many namespaces before it is said how many, with the price of each way. */
export async function priceOfSharing(
  clusterScopes: readonly ClusterScope[],
  kind: Kind,
  asked: Asked,
  sources: Sources,
): Promise<CliError> {
  const places = clusterScopes.reduce((sum, { namespaces }) => sum + namespaces.length, 0);
  const room = await kind.room?.(asked, sources);
  const [one, several] = kind.counted ?? ["token", "tokens"];
  const allowed = room === undefined ? "" : `, the registry allows ${count(Math.max(0, room))} more`;
  return new CliError("usage", `credentials would be made for ${count(places)} namespaces, so --credential-per has to be said`, {
    hint:
      `--credential-per=scope: one ${one} whose repositories every one of these namespaces could pull; ` +
      `--credential-per=namespace: ${count(places)} ${several}${allowed}`,
  });
}
