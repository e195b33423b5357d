import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment, RequestTools } from "../env.ts";
import { usage } from "../errors.ts";
import { openHttp } from "../http/client.ts";
import { openTransport } from "../http/transport.ts";
import { openArm } from "./arm.ts";
import { cloudHint, cloudOf, cloudOfAz } from "./cloud.ts";
import { findRegistry, registryAt } from "./find-registry.ts";
import { openGraph } from "./graph.ts";
import { openIdentity, tokenSourceOf } from "./identity.ts";
import { openManagedIdentities } from "./managed-identities.ts";
import type { Azure, SignInOptions } from "./port.ts";
import { openRegistrySettings } from "./registry-settings.ts";
import { openRoles } from "./role-assignments.ts";
import { exchangeAssertion, identityIn } from "./service.ts";
import { openTokens } from "./tokens.ts";

export type AzureOptions = RequestTools & { readonly identity: SignInOptions };

/**
 * Opens Azure Resource Manager and Microsoft Graph for an identity. Sends nothing before the first call.
 * @throws CliError config for an unknown cloud
 */
export function openAzure(options: AzureOptions): Azure {
  const { identity: signIn } = options;
  const inTenant: Environment = { ...options.env, AZURE_TENANT_ID: signIn.tenant ?? options.env.AZURE_TENANT_ID };
  const source = tokenSourceOf(signIn.source, inTenant);
  const cloud = source === "az" ? cloudOfAz(inTenant, azConfig(inTenant), signIn.cloud) : cloudOf(inTenant, signIn.cloud);
  // az reads a variable of its own
  const env = { ...inTenant, AZURE_CLOUD_NAME: signIn.cloud === undefined ? inTenant.AZURE_CLOUD_NAME : cloud.name };
  const transport = openTransport(env, options.trace, options.signal);
  const identity = openIdentity({ ...options, env, source, signIn, cloud, transport });
  const http = openHttp({ ...options, transport });
  const arm = openArm({ cloud, identity, http, sleep: options.sleep });
  return {
    ...openGraph({ cloud, identity, http }),
    ...openTokens(arm),
    ...openRoles(arm),
    ...openRegistrySettings(arm),
    ...openManagedIdentities(arm),
    exchangeAssertion: (of) => exchangeAssertion(http, cloud, of),
    findRegistry: (named, needs) => findRegistry({ ...options, arm, identity, cloud, needs }, named, signIn.subscription),
    registryAt: (loginServer) => registryAt({ ...options, arm, identity, cloud }, loginServer),
    prefetchToken: (audience) => void identity.token(audience).catch(() => undefined),
    async entraToken(host, audience) {
      if (!host.endsWith(cloud.registrySuffix)) {
        const message = `${JSON.stringify(host)} is not a registry in ${cloud.name} (expected *${cloud.registrySuffix})`;
        throw usage(message, cloudHint(host));
      }
      const text = await identity.token(audience);
      return { text, of: identityIn(text) };
    },
    source,
    identity: async () => identityIn(await identity.token()),
  };
}

/** Returns the text of az's configuration file; empty if it doesn't exist. */
function azConfig({ AZURE_CONFIG_DIR: folder, HOME, USERPROFILE }: Environment): string {
  try {
    return readFileSync(join(folder || join(HOME || USERPROFILE || "", ".azure"), "config"), "utf8");
  } catch {
    return "";
  }
}
