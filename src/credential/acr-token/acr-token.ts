import type { Azure, AzureRegistry } from "../../azure/port.ts";
import { CliError } from "../../errors.ts";
import type { Create } from "../../fix.ts";
import type { Keep, Make } from "../../plan/change.ts";
import { isOfOurs, ofOurs, withClusters } from "../../secret/azure-words.ts";
import { refuseBeyondReading, rightsOf } from "../granted-rights.ts";
import { tryHeld } from "../held.ts";
import type { Asked, Credential, FlagRow, Issue, Kind, Need, Sources } from "../kind.ts";
import { keptTooLong, keptUntried, tokenLeft } from "../password-credential.ts";
import type { Still } from "../prove.ts";
import { beyond, type Reach, reachOf } from "../repository-scope.ts";
import { carrier, type Issued, removalOf } from "./apply.ts";
import { type Found, find, isOthers, type Named } from "./find.ts";
import { issueOf, sameLifetime } from "./issue.ts";
import { tokenLife } from "./life.ts";
import { planToken } from "./plan.ts";
import { actionsAfter, pulledRepositories, refuseOtherTokens, tokensWithMap } from "./scope-map.ts";

const flags = {
  "acr-token": { type: "string", describe: "Name of the ACR token in Azure. Default: a name that belongs to this Secret alone." },
  "scope-map": {
    type: "string",
    exclusive: ["repositories-from-pods", "admin", "entra", "from-docker-config", "username", "password-stdin"],
    describe: "A scope map that exists (_repositories_pull), for a new token; it is never changed. Default: the token gets its own.",
  },
} as const satisfies Readonly<Record<string, FlagRow>>;

/** Tokens that a registry has room for, by its SKU. */
export const tokensIn: Readonly<Record<string, number>> = { Basic: 100, Standard: 500, Premium: 50_000 };

/** An ACR token with a scope map of its own: it may pull, and nothing else. */
export const acrToken = {
  name: "acr-token",
  again: ({ identity }, derived) =>
    derived || !isName(identity) ? { flags: {} } : { flags: { acrToken: identity }, noted: `its ACR token is ${identity}` },
  renewal: { flags: ({ identity }) => ({ "acr-token": identity }) },
  creation: {
    flag: "--acr-token, the default",
    isExtensible: true,
    rights: ["tokens/read", "scopeMaps/read", "scopeMaps/write", "tokens/write", "generateCredentials/action"].map(
      (action) => `Microsoft.ContainerRegistry/registries/${action}`,
    ),
    async quota({ registry: text, identity }, { azure }) {
      const { findRegistry, tokenCount } = await azure(identity);
      const registry = await findRegistry(text);
      const limit = tokensIn[registry.sku];
      return limit === undefined ? undefined : limit - (await tokenCount(registry));
    },
  },
  flags,
  parse({ flags: { "acr-token": named, "scope-map": map } }) {
    const name = checkName(named);
    checkMapName(map);
    return { needsName: name === undefined };
  },
  async open(asked, sources) {
    const named = { token: checkName(asked.flags["acr-token"]), scopeMap: checkMapName(asked.flags["scope-map"]) };
    const azure = await sources.azure(asked.identity);
    const registry = await sources.during(`Looking for ${asked.registry} in Azure`, () => azure.findRegistry(asked.registry));
    return credentialOf(registry, named, azure, asked, sources);
  },
} as const satisfies Kind;

/** What Azure takes for a token's name. */
const isName = (text: string) => /^[a-zA-Z0-9-]{5,50}$/.test(text);

function checkName(named: unknown): string | undefined {
  if (named === undefined) return undefined;
  if (typeof named === "string" && isName(named)) return named;
  throw new CliError("usage", `invalid --acr-token "${named}": 5 to 50 letters, digits and hyphens`);
}

/** A scope map of the registry's own begins with an underscore. */
function checkMapName(named: unknown): string | undefined {
  if (named === undefined) return undefined;
  if (typeof named === "string" && /^[a-zA-Z0-9_-]{5,50}$/.test(named)) return named;
  throw new CliError("usage", `invalid --scope-map "${named}": 5 to 50 letters, digits, hyphens and underscores`);
}

function credentialOf(registry: AzureRegistry, named: Named, azure: Azure, asked: Asked, sources: Sources): Credential {
  const host = registry.loginServer;
  const issued = new Map<string, Issued>();

  /** A token that only the Secret's note names gets no password: whoever works in the namespace can write that note. */
  async function look(need: Need): Promise<Looked> {
    const found = await find(named, need, azure, registry);
    const said = { named: need.repositories, fromPods: need.fromPods, images: need.images };
    const granted = found.scopeMap && pulledRepositories(found.scopeMap);
    const reach = reachOf({ host, ...asked.again, acrToken: named.token }, said, granted);
    const still = await tryHeld(need.held, reach, asked, sources);
    const isForeign = still.pulls === "no" && isOthers(found);
    if (!isForeign) return { need, found, reach, still };
    const anew = await look({ ...need, held: undefined });
    return { ...anew, found: { ...anew.found, left: found.name } };
  }

  return {
    kind: acrToken.name,
    host,
    async issue(asking: Need) {
      const { need, found, reach, still } = await look(asking);
      const { owner, held } = need;
      const { name, token, scopeMap, alone } = found;
      const { pulls, unasked } = still;
      const { repositories } = reach;
      const now = sources.now();
      const expiresAt = asked.expiresAt ?? sameLifetime(held?.entry, token, now);
      const planned = planToken(
        {
          host,
          name,
          scopeMap: named.scopeMap,
          alone: isAlone(found, owner),
          repositories,
          expiresAt,
          now,
          insists: insists(named, asked),
        },
        { token, scopeMap, held: held?.entry, pulls },
      );
      const rights = refuseBeyondReading(
        { of: `token "${name}"`, rights: rightsOf(actionsAfter(planned.scope, found)) },
        named.scopeMap !== undefined || asked.flags["force"] === true,
        acceptRights(found, planned.scope, named, asked),
      );
      const plan = { ...planned, scope: await saying(planned.scope, { named, found, need }) };
      // Asked for while Azure is at work, and only where it may come to be written
      const words = plan.scope.act === "keep" ? Promise.resolve(owner.words) : owner.wordsInCluster();
      issued.set(name, { token, description: words.then(ofOurs) });
      if (plan.scope.act === "update" && isOthers(found)) throw notOwn(name, asked, need);
      const shared = await refuseSharedMap(name, plan.scope, { azure, registry, named, asked });
      const mayPull = found.lent ? scopeMap && pulledRepositories(scopeMap) : repositories;
      const { secret } = owner;
      const told = [
        keptTooLong(secret, asked.expiresAt, plan),
        keptUntried(secret, unasked, plan),
        rights,
        shared,
        tokenLeft(secret, found),
      ];
      return withMore(issueOf(plan, reach, { held, pulls, alone, verify: asked.verify, told, mayPull }), { named, found, need });
    },
    lifecycle: tokenLife({ azure, registry, asked, sources, issued }),
    apply: carrier(azure, registry, issued),
    removal: (change) => removalOf(change, registry),
  };
}

type SharedMap = { readonly azure: Azure; readonly registry: AzureRegistry; readonly named: Named; readonly asked: Asked };

/** Refuses to add repositories to a scope map that other tokens have. @returns what to warn of with --force @throws CliError conflict */
async function refuseSharedMap(
  name: string,
  scope: Make | Keep,
  { azure, registry, named, asked }: SharedMap,
): Promise<string | undefined> {
  const gaining = await tokensWithMap(scope, azure, registry);
  const accept: Create = { ...asked.again, ...(named.token !== undefined && { acrToken: name }), force: true };
  return refuseOtherTokens({ name, gaining }, asked.flags["force"] === true, accept);
}

/** The command that accepts the rights of the token: by its scope map's name if the run leaves that unchanged. */
function acceptRights({ name, scopeMap }: Found, scope: Make | Keep, named: Named, { again }: Asked): Create {
  const accepted: Create = { ...again, ...(named.token !== undefined && { acrToken: name }) };
  return scope.act === "keep" && scopeMap ? { ...accepted, scopeMap: scopeMap.name } : { ...accepted, force: true };
}

/** Whoever names a token and adds --force answers for who else may hold its password. */
const insists = ({ token }: Named, { flags }: Asked): boolean => token !== undefined && flags["force"] === true;

type Looked = { readonly need: Need; readonly found: Found; readonly reach: Reach; readonly still: Still };

/** Whether nobody else can use the token: one of others that is dead to the Secret is not looked at any more. */
const isAlone = ({ alone, borrowed }: Found, owner: Need["owner"]): boolean => alone || (borrowed === true && owner.alone);

/** What several Secrets may hold is to say the clusters of all of them, so that nobody takes it away who knows only some. */
async function saying(scope: Make | Keep, { named, found, need: { owner } }: Meaning): Promise<Make | Keep> {
  const { lent, scopeMap } = found;
  if (scope.act !== "keep" || lent || !scopeMap || (owner.alone && named.token === undefined)) return scope;
  if (!isOfOurs(scopeMap.description) || isOthers(found)) return scope;
  const says = withClusters(scopeMap.description, ofOurs(await owner.wordsInCluster()));
  const { actions } = scopeMap;
  return says === undefined
    ? scope
    : { act: "update", to: scope.to, before: actions, after: actions, because: "it does not say every cluster" };
}

type Meaning = { readonly named: Named; readonly found: Found; readonly need: Need };

/** Where pods use what the credential may not pull: that it could, and that a token of others has to be named for it. */
async function withMore(issue: Issue, { named, found, need }: Meaning): Promise<Issue> {
  if (found.lent || !issue.mayPull || beyond(issue.mayPull, need.images).length === 0) return issue;
  return { ...issue, more: { acrToken: named.token ?? (isOthers(found) ? found.name : undefined) } };
}

/** The refusal to give a token more rights that is noted on a Secret, and may be somebody else's. */
function notOwn(name: string, { registry, again: { identity } }: Asked, { owner: { secret }, repositories }: Need): CliError {
  return new CliError("conflict", `secret "${secret}" holds the password of the ACR token "${name}", which others may hold too`, {
    hint: { verb: "create", secret, registry, ...(identity && { identity }), repositories, acrToken: name },
  });
}
