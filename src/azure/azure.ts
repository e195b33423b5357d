import type { Azure, Env, IdentitySource, Trace } from "../context.ts";
import { openHttp } from "../http/client.ts";
import { openTransport } from "../http/transport.ts";
import { adminLogins } from "./admin.ts";
import { openArm } from "./arm.ts";
import { identityIn } from "./claims.ts";
import { cloudOf } from "./cloud.ts";
import { findRegistry } from "./find-registry.ts";
import { openIdentity } from "./identity.ts";
import { permissionsOn } from "./permissions.ts";
import { registryFacts } from "./registry-facts.ts";
import { clearPassword, generatePassword, listTokens, putScopeMap, putToken, remove, scopeMap, token } from "./tokens.ts";

export type AzureOptions = {
  readonly identity: IdentitySource;
  readonly env: Env;
  readonly trace: Trace;
  /** What ends a request, asked anew for each. */
  signal(writes?: boolean): AbortSignal;
  sleep(milliseconds: number): Promise<void>;
  now(): Date;
};

/** Opens Azure Resource Manager for an identity; nothing is asked before the first call. */
export function openAzure(options: AzureOptions): Azure {
  const cloud = cloudOf(options.env);
  const transport = openTransport(options.env, options.trace, options.signal);
  const identity = openIdentity(options.identity, { ...options, cloud, transport });
  const arm = openArm({ cloud, identity, http: openHttp({ ...options, transport }), sleep: options.sleep });
  return {
    findRegistry: (nameOrLoginServer) => findRegistry(arm, identity, cloud, nameOrLoginServer),
    scopeMap: (registry, name) => scopeMap(arm, registry, name),
    putScopeMap: (registry, map) => putScopeMap(arm, registry, map),
    deleteScopeMap: (registry, name) => remove(arm, registry, "scopeMaps", name),
    token: (registry, name) => token(arm, registry, name),
    putToken: (registry, wanted) => putToken(arm, registry, wanted),
    deleteToken: (registry, name) => remove(arm, registry, "tokens", name),
    clearPassword: (registry, at) => clearPassword(arm, registry, at),
    tokenCount: async (registry) => (await listTokens(arm, registry)).length,
    identity: async () => identityIn(await identity.token()),
    registryFacts: (registry) => registryFacts(arm, registry),
    permissions: (registry) => permissionsOn(arm, registry),
    adminLogins: (registry) => adminLogins(arm, registry),
    generatePassword: (registry, at) => generatePassword(arm, registry, at),
  };
}
