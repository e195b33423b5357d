import type { AcrToken, Azure, AzureRegistry, ScopeMap } from "../../azure/port.ts";
import { CliError } from "../../errors.ts";
import type { Change, Mint, Plan } from "../../plan/change.ts";
import { clustersNamedIn, isOfOurs, ofOurs } from "../../secret/azure-words.ts";
import type { Password } from "../../secret/entry.ts";
import { rightsOf, warnOfRights } from "../granted-rights.ts";
import type { Asked, Issue, Lifecycle, Renewal, Sources } from "../kind.ts";
import type { Issued } from "./apply.ts";
import { confirmed, sameLifetime } from "./issue.ts";
import { refuseDisabled } from "./plan.ts";
import { planTokenRenewal, planTokenRetirement, planTokenRevocation } from "./renew.ts";
import { lentMap, lentMaps, pulledRepositories } from "./scope-map.ts";

type Ground = {
  readonly azure: Azure;
  readonly registry: AzureRegistry;
  readonly asked: Asked;
  readonly sources: Pick<Sources, "now">;
  readonly issued: Map<string, Issued>;
};

/** What can be done with a token that Secrets note. */
export function tokenLife({ azure, registry, asked, sources, issued }: Ground): Lifecycle {
  let lent: Promise<ReadonlySet<string>> | undefined;

  async function read(identity: string): Promise<{ token: AcrToken; scopeMap: ScopeMap | undefined } | undefined> {
    const token = await azure.token(registry, identity);
    if (!token) return undefined;
    const scopeMap = await azure.scopeMap(registry, lentMap({ name: token.name }, token) ?? token.name);
    issued.set(token.name, { token, description: Promise.resolve(scopeMap?.description ?? "") });
    return { token, scopeMap };
  }

  return {
    async renew({ held, inUse, alone, blind, unknown, left, images, words }: Renewal): Promise<Issue> {
      const { identity } = held.entry;
      const found = await read(identity);
      if (!found) throw gone(identity, registry);
      const { token, scopeMap } = found;
      refuseDisabled(token, registry.loginServer);
      const now = sources.now();
      const expiresAt = asked.expiresAt ?? sameLifetime(held.entry, token, now);
      const { mint, entry } = planTokenRenewal({ registry, held: held.entry, inUse, alone, blind, unknown, left, now, expiresAt }, token);
      issued.set(token.name, { token, description: Promise.resolve(ofOurs(words)) });
      const repositories = pulledRepositories(scopeMap);
      const says = warnOfRights({ of: `token "${token.name}"`, rights: rightsOf(scopeMap?.actions ?? []) });
      const warnings: Change[] = says === undefined ? [] : [{ act: "tell", to: mint.to, says }];
      const demand = [...stepsOf(mint, { host: registry.loginServer, repositories, verify: asked.verify }), ...warnings];
      return { before: [], demand, entry, login: undefined, pulls: "unknown", mayPull: repositories, images };
    },
    async shown(identity) {
      const token = await azure.token(registry, identity);
      return (token?.passwords ?? []).map(({ name: slot, creationTime: madeAt, expiry: expiresAt }) => ({
        slot,
        ...(madeAt !== undefined && { madeAt }),
        ...(expiresAt !== undefined && { expiresAt }),
      }));
    },
    async clusters(identity) {
      const scopeMap = await azure.scopeMap(registry, identity);
      return clustersNamedIn([scopeMap?.description ?? ""]);
    },
    async retire(identity, passwords): Promise<Plan> {
      const found = await read(identity);
      return found ? planTokenRetirement(found.token, passwords) : [];
    },
    async revoke(identity, passwords, own = false): Promise<Plan> {
      const found = await read(identity);
      return found ? revoke(found, passwords, own) : leftMap(identity);
    },
  };

  /** Whether another token has been given this one's scope map. Asked for once: a registry may have tens of thousands of tokens. */
  async function isLent(name: string): Promise<boolean> {
    lent ??= azure.stock(registry).then(lentMaps);
    return (await lent).has(name.toLowerCase());
  }

  async function revoke(
    { token, scopeMap }: { token: AcrToken; scopeMap: ScopeMap | undefined },
    passwords: readonly Password[],
    own: boolean,
  ): Promise<Plan> {
    const isOwn = scopeMap?.name === token.name && isOfOurs(scopeMap.description);
    const plan = planTokenRevocation(token, { scopeMap: isOwn ? scopeMap : undefined, own, now: sources.now() }, passwords);
    const takesMap = plan.some(({ to }) => to.kind === "scopemap.azurecr.io");
    return takesMap && (await isLent(token.name)) ? plan.filter(({ to }) => to.kind !== "scopemap.azurecr.io") : plan;
  }

  /** What a run left behind that had deleted the token. */
  async function leftMap(name: string): Promise<Plan> {
    const scopeMap = await azure.scopeMap(registry, name);
    if (!scopeMap || !isOfOurs(scopeMap.description) || (await isLent(name))) return [];
    issued.set(name, { token: undefined, description: Promise.resolve(scopeMap.description) });
    return [{ act: "delete", to: { kind: "scopemap.azurecr.io", name }, before: scopeMap.actions, because: "it is revoked" }];
  }
}

function stepsOf(mint: Mint, at: { readonly host: string; readonly repositories: readonly string[]; readonly verify: boolean }): Change[] {
  const { host, repositories, verify } = at;
  const prove: Change = { act: "prove", to: { kind: "registry", name: host }, repositories, fresh: true };
  return [mint, ...confirmed(mint, verify ? [prove] : [])];
}

const gone = (name: string, { name: registry }: AzureRegistry) =>
  new CliError("notFound", `registry "${registry}" has no ACR token "${name}" any more`, {
    hint: { verb: "create", registry },
  });
