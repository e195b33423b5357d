import type { Login } from "../../registry/port.ts";
import { existingCredential } from "../existing-login.ts";
import type { Kind, Need } from "../kind.ts";

/**
 * The registry's admin user: a single login with all rights, shared by all its users. It is read and never generated again, because that
 * would lock out other users.
 */
export const admin = {
  name: "admin",
  again: () => ({ flags: { admin: true }, warning: "it holds the login of the registry's admin user, which can also push and delete" }),
  notRenewable: "all users of the admin user share its passwords",
  creation: {
    rights: ["Microsoft.ContainerRegistry/registries/listCredentials/action"],
    obstacle: ({ adminUser }) => (adminUser ? undefined : "the admin user is disabled"),
  },
  flags: {
    admin: {
      type: "boolean",
      // Passwords that Azure generates for the admin user don't expire
      exclusive: ["username", "password-stdin", "expires-in"],
      describe: "Use the registry's admin user, which can also push and delete",
    },
  },
  parse: ({ flags: { admin: asked } }) => (asked === true ? { needsName: false } : undefined),
  async open(asked, sources) {
    const azure = await sources.azure(asked.identity);
    return sources.during(`Looking for the admin user of ${asked.registry} in Azure`, async () => {
      const registry = await azure.findRegistry(asked.registry);
      const logins = await azure.adminLogins(registry);
      const host = registry.loginServer;
      const loginFor = ({ current, owner }: Need) => {
        const [slot, login] = currentOrFirst(logins, current);
        return {
          slot,
          login,
          message: `everyone who can read secret/${owner.secret} can push to and delete from the whole registry ${host}`,
        };
      };
      return existingCredential({ kind: "admin", host, mayPull: ["*"], loginFor }, asked, sources);
    });
  },
} as const satisfies Kind;

/** Returns the password that a Secret holds, if it is one of these. Otherwise returns the first one, although other users may have it. */
function currentOrFirst(logins: ReadonlyMap<string, Login>, current: Need["current"]): readonly [string, Login] {
  const all = [...logins];
  return all.find(([, { password }]) => current?.login?.password.equals(password)) ?? (all[0] as (typeof all)[number]);
}
