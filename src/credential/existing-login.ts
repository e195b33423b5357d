import type { Change } from "../plan/change.ts";
import type { Login } from "../registry/port.ts";
import type { Asked, Credential, Issue, Need, Sources } from "./kind.ts";
import { stillPulls } from "./prove.ts";
import { namedOrUsed } from "./repository-scope.ts";

type Origin = Pick<Credential, "kind" | "host"> &
  Pick<Issue, "mayPull"> & {
    /** Returns the login for a Secret, and the warning to print. */
    loginFor(need: Need): { readonly login: Login; readonly slot?: string; readonly message: string };
  };

/** Returns a credential that the plugin neither creates nor deletes. */
export function existingCredential(
  { kind, host, mayPull, loginFor }: Origin,
  { verify }: Asked,
  { registry }: Pick<Sources, "registry">,
): Credential {
  return {
    kind,
    host,
    async issue(need: Need) {
      const { images, current } = need;
      const { login, slot, message } = loginFor(need);
      const repositories = namedOrUsed(need);
      const to = { kind: "registry", name: host } as const;
      const warning: Change = { act: "warn", to, message };
      const prove: Change = { act: "prove", to, repositories, fresh: false };
      // Another user's login is replaced only if the registry rejects it
      const other = current?.login && current.login.username !== login.username ? current.login : undefined;
      const pulls = other && verify ? (await stillPulls({ host, repositories, images }, other, registry())).pulls : "unknown";
      const entry = { hosts: [host], kind, identity: login.username, slot };
      return { steps: verify ? [warning, prove] : [warning], isLazy: true, entry, login, pulls, mayPull, images };
    },
    apply: async () => ({}),
    removal: () => [],
  };
}
