import type { FederatedCredential, Identities, ManagedIdentity, ServicePrincipal } from "../../../src/azure/port.ts";
import { passing } from "../../../src/azure/sign-in-error.ts";
import { CliError } from "../../../src/errors.ts";
import { Sensitive } from "../../../src/sensitive.ts";

type FakeIdentity = ManagedIdentity & { readonly credentials: FederatedCredential[] };

export type FakeIdentities = {
  /** By their resource ids. */
  readonly all: Map<string, FakeIdentity>;
  /** The AADSTS number with which Entra ID rejects every token. */
  entra: { refuses?: number };
  /** Returns the service principal of a managed identity. */
  principal(id: string): ServicePrincipal | undefined;
  open(ask: <T>(call: string, at: string, writes: boolean, answer: () => T) => Promise<T>): Identities;
};

const tenant = "11111111-1111-1111-1111-111111111111";

/** Creates a tenant with managed identities. Entra ID does not check the signatures of tokens. */
export function fakeIdentities(): FakeIdentities {
  const all = new Map<string, FakeIdentity>();
  let created = 0;
  const entra: FakeIdentities["entra"] = {};
  const named = (id: string): FakeIdentity => {
    const found = all.get(id);
    if (found) return found;
    throw new CliError("notFound", `the identity ${id} is not there`);
  };
  function refusalOf(clientId: string, { claims }: Sensitive): number | undefined {
    const identity = all.values().find((one) => one.clientId === clientId);
    if (!identity) return 700016;
    return identity.credentials.some(({ issuer, subject }) => issuer === claims?.issuer && subject === claims.subject) ? undefined : 700213;
  }
  return {
    all,
    entra,
    principal: (wanted) => {
      const found = all.values().find(({ principalId }) => principalId === wanted);
      return found && { id: wanted, appId: found.clientId, enabled: true, identityId: found.id };
    },
    open: (ask) => ({
      managedIdentity: (id) => ask("managedIdentity", id, false, () => all.get(id)),
      createManagedIdentity: (id) =>
        ask("createManagedIdentity", id, true, () => {
          // A PUT of an identity that exists keeps its ids
          const number = all.has(id) ? created : ++created;
          const ids = { clientId: `client-${number}`, principalId: `principal-${number}` };
          const identity = all.get(id) ?? { id, ...ids, tenant, ours: true, credentials: [] };
          all.set(id, identity);
          return identity;
        }),
      deleteManagedIdentity: (id) => ask("deleteManagedIdentity", id, true, () => void all.delete(id)),
      federatedCredentials: (id) => ask("federatedCredentials", id, false, () => [...named(id).credentials]),
      putFederatedCredential: (id, credential) =>
        ask("putFederatedCredential", credential.name, true, () => {
          const { credentials } = named(id);
          credentials.splice(0, credentials.length, ...credentials.filter((one) => one.name !== credential.name), credential);
        }),
      deleteFederatedCredential: (id, name) =>
        ask("deleteFederatedCredential", name, true, () => {
          const { credentials } = named(id);
          credentials.splice(0, credentials.length, ...credentials.filter((one) => one.name !== name));
        }),
      exchangeAssertion: ({ clientId, assertion }) =>
        ask("exchangeAssertion", clientId, false, () => {
          const refused = entra.refuses ?? refusalOf(clientId, assertion);
          if (refused !== undefined) return { refused, message: `AADSTS${refused}: no`, passes: passing[refused] };
          return { token: new Sensitive(`token of ${clientId}`) };
        }),
    }),
  };
}
