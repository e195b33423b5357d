import { CliError, unlessForbidden, unlessRefused } from "../errors.ts";
import { type Json, objectOf, objectsOf, textOf, textsOf } from "../json.ts";
import { Sensitive } from "../sensitive.ts";
import { isSameTime } from "../timestamp.ts";
import { apiVersion } from "./api-version.ts";
import type { Arm } from "./arm.ts";
import type { AcrToken, Azure, AzureRegistry, ScopeMap } from "./port.ts";

const version = apiVersion.registry;

/** The most tokens of a registry, by SKU (learn.microsoft.com/azure/container-registry/container-registry-skus). */
export const mostTokens: Readonly<Record<string, number>> = { Basic: 100, Standard: 500, Premium: 50_000 };

/** How long a change of a token may take, in milliseconds: less than a run's claim lasts, so that no other run has taken over by then. */
const within = 45_000;

/** The tokens and scope maps of a registry (Microsoft.ContainerRegistry/registries/{scopeMaps,tokens}). */
export function openTokens(arm: Arm) {
  const pathOf = ({ id }: AzureRegistry, kind: "scopeMaps" | "tokens", name: string) => `${id}/${kind}/${encodeURIComponent(name)}`;
  /** The usage of tokens (Registries_ListUsages); undefined without the permission to read it. */
  async function tokenUsage({ id, name }: Pick<AzureRegistry, "id" | "name">): Promise<Json | undefined> {
    const usages = { path: `${id}/listUsages`, version, doing: `read the usages of registry ${name}` };
    const found = await arm.find(usages, ({ value }) => objectsOf(value)).catch(unlessForbidden(undefined));
    return found?.find((usage) => usage.name === "Tokens");
  }

  return {
    scopeMap: (registry, name) =>
      arm.find({ path: pathOf(registry, "scopeMaps", name), version, doing: `read scope map ${name}` }, asScopeMap),

    /** A change applies at once to every token that uses the scope map. */
    putScopeMap(registry, { name, description, actions }) {
      const path = pathOf(registry, "scopeMaps", name);
      const body = { properties: { description, actions } };
      return arm.send({ method: "PUT", path, version, body, doing: `write scope map ${name}` }, asScopeMap);
    },

    deleteScopeMap: (registry, name) =>
      arm.run({ method: "DELETE", path: pathOf(registry, "scopeMaps", name), version, doing: `delete scope map ${name}` }),

    token: (registry, name) => arm.find({ path: pathOf(registry, "tokens", name), version, doing: `read token ${name}` }, asToken),

    /** If Azure returns the token as disabled, enables it once more. */
    async putToken(registry, { name, scopeMapId }) {
      const path = pathOf(registry, "tokens", name);
      // Not repeated: after a lost answer, another run may have generated a password, which a second PUT deletes
      const write = (method: "PUT" | "PATCH", properties: object) =>
        arm.send({ method, path, version, within, body: { properties }, doing: `write token ${name}`, isRead: false }, asToken);
      const written = await write("PUT", { scopeMapId, status: "enabled" });
      const token = written.status === "disabled" ? await write("PATCH", { status: "enabled" }) : written;
      if (token.status === "enabled") return token;
      throw new CliError("conflict", `Azure did not enable the ACR token "${name}"`, {
        hint: `az acr token update --registry ${registry.name} --name ${name} --status enabled`,
      });
    },

    deleteToken: (registry, name) =>
      arm.run({ method: "DELETE", path: pathOf(registry, "tokens", name), version, within, doing: `delete token ${name}` }),

    /**
     * Azure accepts the list of passwords to keep, without a precondition. A password that another client generates between the read and
     * the write is lost, so nothing is sent between the two.
     */
    async clearPassword(registry, { token: name, slot, madeAt }) {
      const resource = { path: pathOf(registry, "tokens", name), version, doing: `delete ${slot} of token ${name}` };
      const passwords = (await arm.find(resource, asToken))?.passwords ?? [];
      const existing = passwords.find((it) => it.slot === slot);
      if (!existing) return true;
      if (madeAt !== undefined && !isSameTime(existing.madeAt, madeAt)) return false;
      const others = passwords.filter((it) => it !== existing).map((it) => ({ name: it.slot }));
      await arm.run({ ...resource, within, method: "PATCH", body: { properties: { credentials: { passwords: others } } } });
      return true;
    },

    /**
     * Always names the slot: otherwise Azure regenerates both, and all users lose access.
     */
    generatePassword(registry, { token: name, slot, expiresAt }) {
      const path = `${registry.id}/generateCredentials`;
      const body = { tokenId: pathOf(registry, "tokens", name), name: slot, expiry: expiresAt };
      const doing = `generate ${slot} of token ${name}`;
      return arm.send({ method: "POST", path, version, within, body, doing }, ({ passwords }) => {
        const made = objectsOf(passwords).find((it) => it.name === slot);
        const text = textOf(made?.value);
        return text ? { password: new Sensitive(text), madeAt: textOf(made?.creationTime), expiresAt: textOf(made?.expiry) } : undefined;
      });
    },

    /**
     * Reads the number from the usages. If that fails with a missing permission or without a number, counts a list of up to 50,000 tokens.
     */
    async tokenCount(registry) {
      const used = (await tokenUsage(registry))?.currentValue;
      return typeof used === "number" ? used : (await arm.list(tokenList(registry), (token) => token)).length;
    },

    async tokenLimit(registry) {
      const limit = (await tokenUsage(registry).catch(unlessRefused(undefined)))?.limit;
      return typeof limit === "number" ? limit : mostTokens[registry.sku];
    },

    async listTokens(registry) {
      let at: string | undefined;
      const dated = (date: string | undefined) => {
        at ??= asTimestamp(date);
      };
      const maps = { path: `${registry.id}/scopeMaps`, version, doing: `list the scope maps of ${registry.name}`, dated };
      // The tokens are read last: for a token that is created in between, its scope map exists first
      const scopeMaps = await arm.list(maps, withTimes(asScopeMap));
      const tokens = await arm.list({ ...tokenList(registry), dated }, withTimes(asToken));
      return { tokens, scopeMaps, at };
    },
  } satisfies Partial<Azure>;
}

const tokenList = ({ id, name }: Pick<AzureRegistry, "id" | "name">) => ({
  path: `${id}/tokens`,
  version,
  doing: `list the tokens of ${name}`,
});

function asScopeMap({ id, name, properties }: Json): ScopeMap | undefined {
  if (typeof id !== "string" || typeof name !== "string") return undefined;
  const { description, actions } = objectOf(properties);
  return { id, name, description: textOf(description) ?? "", actions: textsOf(actions) };
}

function asToken({ id, name, properties }: Json): AcrToken | undefined {
  if (typeof id !== "string" || typeof name !== "string") return undefined;
  const { scopeMapId, status, credentials } = objectOf(properties);
  return {
    name,
    scopeMapId: textOf(scopeMapId) ?? "",
    status: status === "disabled" ? "disabled" : "enabled",
    passwords: objectsOf(objectOf(credentials).passwords).flatMap(({ name: slot, creationTime, expiry }) =>
      slot === "password1" || slot === "password2"
        ? [{ slot, madeAt: textOf(creationTime) || undefined, expiresAt: textOf(expiry) || undefined }]
        : [],
    ),
  };
}

const withTimes =
  <T>(read: (body: Json) => T | undefined) =>
  (body: Json) => {
    const one = read(body);
    const [madeAt, changedAt] = [textOf(objectOf(body.properties).creationDate), textOf(objectOf(body.systemData).lastModifiedAt)];
    return one && { ...one, madeAt, changedAt };
  };

/** Formats a date of HTTP as RFC 3339. */
function asTimestamp(date = ""): string | undefined {
  const time = Date.parse(date);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
