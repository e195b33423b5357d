import type { AdminSlot, AzureRegistry } from "../../azure/port.ts";
import type { Change } from "../../plan/change.ts";
import type { Login } from "../../registry/port.ts";
import type { Asked, Credential, FlagRow, HeldLogin, Kind, Need, Sources } from "../kind.ts";
import { stillPulls } from "../prove.ts";

const flags = {
  admin: {
    type: "boolean",
    // Azure makes its passwords without an end
    exclusive: ["acr-token", "username", "password-stdin", "expires-in"],
    describe: "Take the login of the registry's admin user, which may also push and delete everything",
  },
} as const satisfies Readonly<Record<string, FlagRow>>;

/** The registry's admin user: one login for everybody, with all rights. It is read, and never made: that would lock others out. */
export const admin = {
  name: "admin",
  again: () => ({ flags: { admin: true }, noted: "it holds the login of the registry's admin user, which may also push and delete" }),
  creation: {
    flag: "--admin",
    rights: ["Microsoft.ContainerRegistry/registries/listCredentials/action"],
    obstacle: ({ adminUser }) => (adminUser ? undefined : "the admin user is off"),
  },
  flags,
  parse: ({ flags: { admin: asked } }) => (asked === true ? { needsName: false } : undefined),
  async open(asked, sources) {
    const azure = await sources.azure(asked.identity);
    return sources.during(`Looking for the admin user of ${asked.registry} in Azure`, async () => {
      const registry = await azure.findRegistry(asked.registry);
      return credentialOf(registry, await azure.adminLogins(registry), asked, sources);
    });
  },
} as const satisfies Kind;

function credentialOf(
  { loginServer: host }: AzureRegistry,
  logins: ReadonlyMap<AdminSlot, Login>,
  { verify }: Asked,
  { registry }: Sources,
): Credential {
  return {
    kind: admin.name,
    host,
    async issue({ repositories: named, images, held, owner }: Need) {
      const [slot, login] = chosen(logins, held);
      const repositories = named.length > 0 ? named : [...new Set(images.map((image) => image.repository))];
      const reach = { host, repositories, images };
      const to = { kind: "registry", name: host } as const;
      const told: Change = {
        act: "tell",
        to,
        says: `secret/${owner.secret} may also push to all of ${host}, and delete: so may whoever reads it`,
      };
      const prove: Change = { act: "prove", to, repositories, fresh: false };
      // Another login may only go if it is of no use any more
      const other = held?.login && (held.login.username !== login.username ? held.login : undefined);
      const pulls = other && verify ? (await stillPulls(reach, other, registry())).pulls : "unknown";
      const entry = { hosts: [host], kind: admin.name, identity: login.username, slot };
      return { before: [], demand: verify ? [told, prove] : [told], entry, login, pulls, mayPull: ["*"], images };
    },
    apply: async () => ({}),
    removal: () => [],
  };
}

/** The password that a Secret holds, as long as it is one; else the first, of which nobody can tell who else uses it. */
function chosen(logins: ReadonlyMap<AdminSlot, Login>, held: HeldLogin | undefined): readonly [AdminSlot, Login] {
  const all = [...logins];
  return all.find(([, { password }]) => held?.login?.password.equals(password)) ?? (all[0] as (typeof all)[number]);
}
