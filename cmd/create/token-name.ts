import type { Cluster, Named } from "../../src/context.ts";
import { CliError } from "../../src/errors.ts";
import { tokenName } from "../../src/secret/names.ts";
import { noNamespace } from "../gather/accounts.ts";

/** The ACR token's name: `--acr-token`, else one that is `derived` from the Secret and so is nobody else's. */
export async function nameToken(cluster: Cluster, at: Named, named: string | undefined): Promise<{ name: string; derived: boolean }> {
  if (named !== undefined) {
    if (/^[a-zA-Z0-9-]{5,50}$/.test(named)) return { name: named, derived: false };
    throw new CliError("usage", `invalid --acr-token "${named}": 5 to 50 letters, digits and hyphens`);
  }
  const uid = await cluster.namespaceUid(at.namespace).catch((error: unknown) => {
    if (!(error instanceof CliError) || error.kind !== "forbidden") throw error;
    // The token's name is made of the namespace's uid, unless it is given
    throw new CliError("forbidden", error.message, {
      hint: "add --acr-token NAME, a name in Azure that this Secret alone is to use",
      cause: error,
    });
  });
  if (uid === undefined) throw noNamespace(at.namespace);
  return { name: tokenName(uid, at.namespace, at.name), derived: true };
}
