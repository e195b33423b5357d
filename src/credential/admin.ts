import type { CredentialKind } from "./credential-kind.ts";
import { existingLogin, refuseWorking } from "./existing-login.ts";
import type { Taker } from "./issuer.ts";

/**
 * The registry's admin user: a single login with all rights, shared by all its users. It is read and never generated again, because that
 * would lock out other users.
 */
export const admin = {
  name: "admin",
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
  parse: ({ flags: { admin: asked } }) => asked === true,
  async open(asked, sources): Promise<Taker> {
    const azure = await sources.azure(asked.identity);
    return sources.during(`Looking for the admin user of ${asked.registry} in Azure`, async () => {
      const registry = await azure.findRegistry(asked.registry);
      const logins = [...(await azure.adminLogins(registry))];
      const host = registry.loginServer;
      return {
        kind: "admin",
        host,
        async take(inside, scope) {
          const held = logins.find(([, { password }]) => inside.login?.password.equals(password));
          const [slot, login] = held ?? (logins[0] as (typeof logins)[number]);
          const credential = { kind: "admin", host, identity: login.username, slot };
          await refuseWorking(inside, credential, scope, asked, sources);
          const message = `everyone who can read secret/${inside.to.name} can push to and delete from the whole registry ${host}`;
          return existingLogin(inside, { login, credential, warnings: [message] }, asked);
        },
      };
    });
  },
} as const satisfies CredentialKind;
