import type { AcrToken, Azure, AzureRegistry, Login, Slot } from "../context.ts";
import { CliError, Conflict, isLost } from "../errors.ts";
import { sameMoment } from "../moment.ts";
import type { Change, Make } from "../plan/change.ts";
import type { Entry } from "../secret/entry.ts";
import { keptTooLong, planToken, pulledRepositories, slotOf, type TokenFound, type TokenPlan } from "./acr-token-plan.ts";
import type { Asked, Carried, Credential, FlagRow, HeldLogin, Issue, Kind, Need, Sources } from "./kind.ts";
import { stillPulls } from "./prove.ts";
import { type Claim, claimOf } from "./repositories.ts";

const flags = {
  "acr-token": { type: "string", describe: "Name of the ACR token in Azure. Default: a name that belongs to this Secret alone." },
} as const satisfies Readonly<Record<string, FlagRow>>;

/** Passwords that a registry has room for, by its SKU. */
const tokensIn: Readonly<Record<string, number>> = { Basic: 100, Standard: 500, Premium: 50_000 };

/** An ACR token with a scope map of its own: it may pull, and nothing else. */
export const acrToken = {
  name: "acr-token",
  renewal: "made",
  flags,
  means: () => true,
  check: ({ flags: { "acr-token": named } }) => void checkName(named),
  needsName: ({ flags: { "acr-token": named } }) => named === undefined,
  async room({ registry: text, identity }, { azure }) {
    const registry = await azure(identity).findRegistry(text);
    const most = tokensIn[registry.sku];
    return most === undefined ? undefined : most - (await azure(identity).tokenCount(registry));
  },
  async open(asked, sources) {
    const named = checkName(asked.flags["acr-token"]);
    const azure = sources.azure(asked.identity);
    const registry = await sources.during(`Looking for ${asked.registry} in Azure`, () => azure.findRegistry(asked.registry));
    return credentialOf(registry, named, azure, asked, sources);
  },
} as const satisfies Kind;

function checkName(named: unknown): string | undefined {
  if (named === undefined) return undefined;
  if (typeof named === "string" && /^[a-zA-Z0-9-]{5,50}$/.test(named)) return named;
  throw new CliError("usage", `invalid --acr-token "${named}": 5 to 50 letters, digits and hyphens`);
}

function credentialOf(registry: AzureRegistry, named: string | undefined, azure: Azure, asked: Asked, sources: Sources): Credential {
  const host = registry.loginServer;
  const issued = new Map<string, Issued>();
  return {
    kind: acrToken.name,
    host,
    async issue(need: Need) {
      const { owner, held } = need;
      const { name, token, scopeMap, alone, borrowed } = await find(named, need, azure, registry);
      issued.set(name, { token, description: `kubectl acr-secret: ${owner.words}` });
      const claim = claimOf({ host, registry: asked.registry }, need.repositories, need.images, pulledRepositories(scopeMap));
      const pulls = await test(held, claim, asked, sources);
      const { repositories } = claim;
      const expiresAt = asked.expiresAt ?? sameLifetime(held?.entry, token, sources.now());
      const plan = planToken({ host, name, alone, repositories, expiresAt }, { token, scopeMap, held: held?.entry, pulls });
      if (borrowed && plan.scope.act === "update" && !(await owner.owns(name))) throw notOwn(name, asked.registry, need);
      return issueOf(plan, claim, { held, pulls, verify: asked.verify, tooLong: keptTooLong(owner.secret, asked.expiresAt, plan) });
    },
    carry: carrier(azure, registry, issued),
    removal: (change) => removalOf(change, registry),
  };
}

type Found = Pick<TokenFound, "token" | "scopeMap"> & {
  readonly name: string;
  readonly alone: boolean;
  /** Nobody named it: it is in the Secret's note. */
  readonly borrowed?: true;
};

/**
 * The token that is meant: the one that is named; else the one whose login the Secret holds, as long as Azure shows the password
 * that it notes; else the owner's own. Many namespaces share no token but the one that is theirs by its name: whoever can write a
 * note in one of them could hand out a token of his own.
 */
async function find(named: string | undefined, { owner, held }: Need, azure: Azure, registry: AzureRegistry): Promise<Found> {
  const read = async (name: string, alone: boolean): Promise<Found> => {
    const [token, scopeMap] = await Promise.all([azure.token(registry, name), azure.scopeMap(registry, name)]);
    return { name, alone, token, scopeMap };
  };
  if (named !== undefined) return read(named, false);
  const { entry, login } = held ?? {};
  const noted = entry?.kind === acrToken.name && login?.username === entry.identity ? entry.identity : undefined;
  if (noted === undefined || !(owner.alone || (await owner.owns(noted)))) return read(await owner.ownName(), owner.alone);
  const kept = await read(noted, false);
  return kept.token && slotOf(entry, kept.token) ? { ...kept, borrowed: true } : read(await owner.ownName(), owner.alone);
}

/** The refusal to give a token more rights that is noted on a Secret, and may be somebody else's. */
function notOwn(name: string, registry: string, { owner: { secret }, repositories }: Need): CliError {
  return new CliError("conflict", `secret "${secret}" holds the password of the ACR token "${name}", which others may hold too`, {
    hint: { do: "create", secret, registry, repositories, acrToken: name },
  });
}

/** When a password made now dies, if the Secret's last one was to die at all: a lifetime that was asked for once is kept. */
function sameLifetime(entry: Entry | undefined, token: AcrToken | undefined, now: Date): string | undefined {
  // Azure's own times: the note's may be anybody's
  const slot = token && slotOf(entry, token);
  const { creationTime = "", expiry = "" } = token?.passwords.find(({ name }) => name === slot) ?? {};
  const lasted = Date.parse(expiry) - Date.parse(creationTime);
  return lasted > 0 ? `${new Date(now.getTime() + lasted).toISOString().slice(0, 19)}Z` : undefined;
}

/** Whether the login that a Secret holds still pulls. One that has expired does not, whoever is asked. */
async function test(
  held: HeldLogin | undefined,
  claim: Claim,
  { verify }: Asked,
  { registry, during, now }: Sources,
): Promise<Issue["pulls"]> {
  const { entry, login } = held ?? {};
  if (!entry || !login) return "no";
  if (entry.expiresAt !== undefined && new Date(entry.expiresAt) <= now()) return "no";
  if (!verify) return "unknown";
  return during(`Asking ${claim.host} whether the credential still pulls`, () => stillPulls(claim, login, registry()));
}

/** What a person types to take away what a run made. */
function removalOf({ to: { kind, name }, ...change }: Change, registry: AzureRegistry): string {
  const at = `--registry ${registry.name} --name ${name}`;
  if ("slot" in change && change.slot !== undefined) return `az acr token credential delete ${at} --${change.slot}`;
  return `az acr ${nouns[kind] ?? kind} delete ${at}`;
}

/** What the Azure CLI calls these. */
const nouns: Readonly<Record<string, string>> = { "token.azurecr.io": "token", "scopemap.azurecr.io": "scope-map" };

type Standing = {
  readonly held: HeldLogin | undefined;
  readonly pulls: Issue["pulls"];
  readonly verify: boolean;
  readonly tooLong: string | undefined;
};

/** The steps in their order: rights first, a password only once it is wanted, and no password without its proof. */
function issueOf({ scope, token, mint, entry }: TokenPlan, claim: Claim, { held, pulls, verify, tooLong }: Standing): Issue {
  const { host, repositories, images } = claim;
  const isNew = mint.act === "mint";
  const prove: Change = { act: "prove", to: { kind: "registry", name: host }, repositories, fresh: isNew };
  const told: Change[] = tooLong === undefined ? [] : [{ act: "tell", to: mint.to, says: tooLong }];
  const proven = verify && (isNew || (scope.act !== "keep" && held?.login)) ? [prove] : [];
  const steps = [scope, ...(token ? [token] : []), mint, ...proven, ...told];
  // A token of somebody else's making may have a scope map of another name, which we do not look into
  const mayPull = scope.to.name === entry.identity ? repositories : undefined;
  const common = { entry, pulls, mayPull, images };
  if (isNew) return { ...common, before: [], demand: steps, login: undefined };
  return { ...common, before: steps, demand: [], login: held?.login };
}

/** A token as it was when its plan was made, and what is to stand behind what is made for it. */
type Issued = { readonly token: AcrToken | undefined; readonly description: string };

/** A password that this run asked for; `madeAt` is not there where the answer was lost. */
type Minted = { readonly slot: Slot; readonly madeAt?: string | undefined };

/** Makes what a plan says, and takes back what is still as this run left it; for many tokens at once. */
function carrier(azure: Azure, registry: AzureRegistry, issued: ReadonlyMap<string, Issued>): (change: Change) => Promise<Carried> {
  const minted = new Map<string, Minted>();
  const description = (name: string) => issued.get(name)?.description ?? "";
  const isOurs = (token: string, { name, creationTime }: AcrToken["passwords"][number]) => {
    const { slot, madeAt } = minted.get(token) ?? {};
    return slot === name && sameMoment(madeAt, creationTime);
  };

  async function writeScopeMap({ to: { name }, before = [], after = [] }: Make): Promise<void> {
    const now = await azure.scopeMap(registry, name);
    // Others may have made or changed it since it was looked at: only our own difference is made
    const added = after.filter((action) => !before.includes(action));
    const removed = before.filter((action) => !after.includes(action));
    const actions = [...new Set([...(now?.actions ?? []), ...added])].filter((action) => !removed.includes(action)).sort();
    await azure.putScopeMap(registry, { name, description: now?.description ?? description(name), actions });
  }

  /** A scope map whose token has stayed is what that token may pull. */
  async function deleteScopeMap({ to: { name }, before = [] }: Make): Promise<void> {
    const [now, user] = await Promise.all([azure.scopeMap(registry, name), azure.token(registry, name)]);
    const untouched = now?.description === description(name) && String([...now.actions].sort()) === String([...before].sort());
    if (untouched && !user) await azure.deleteScopeMap(registry, name);
  }

  /** A token that another run has come to use stays, without the password that this run made. */
  async function deleteToken({ to: { name } }: Make): Promise<void> {
    const now = await azure.token(registry, name);
    if (!now?.passwords.every((one) => isOurs(name, one))) await clearSlot(name);
    else await azure.deleteToken(registry, name);
  }

  async function clearSlot(name: string): Promise<void> {
    const ours = minted.get(name);
    if (!ours) return;
    const { slot, madeAt: creationTime } = ours;
    if (creationTime === undefined) throw new CliError("conflict", `${slot} of the ACR token "${name}" may have been made`);
    await azure.clearPassword(registry, { token: name, slot, creationTime });
  }

  /** Looks once more: a password that another run has made since the plan would die by ours. @throws Conflict */
  async function checkSlot(name: string, slot: Slot): Promise<void> {
    const madeAt = (token: AcrToken | undefined) => token?.passwords.find((one) => one.name === slot)?.creationTime;
    if (madeAt(issued.get(name)?.token) !== madeAt(await azure.token(registry, name)))
      throw new Conflict(`another run has made ${slot} of the ACR token "${name}" in the meantime`);
  }

  async function mint(name: string, slot: Slot, expiry: string | undefined): Promise<Carried> {
    await checkSlot(name, slot);
    minted.set(name, { slot });
    const asked = azure.generatePassword(registry, { token: name, slot, expiry });
    const {
      password,
      creationTime: madeAt,
      expiry: expiresAt,
    } = await asked.catch((error: unknown) => {
      if (error instanceof CliError && !isLost(error)) minted.delete(name);
      throw error;
    });
    minted.set(name, { slot, madeAt });
    const login: Login = { username: name, password };
    return { login, madeAt, expiresAt };
  }

  const token: Partial<Record<Change["act"], (change: Make) => Promise<void>>> = {
    create: async ({ to: { name }, after: [scopeMap = name] = [] }) =>
      void (await azure.putToken(registry, { name, scopeMapId: `${registry.id}/scopeMaps/${scopeMap}` })),
    delete: (change) => (change.slot === undefined ? deleteToken(change) : clearSlot(change.to.name)),
  };
  const scopeMap: typeof token = { create: writeScopeMap, update: writeScopeMap, delete: deleteScopeMap };
  const rows: Readonly<Record<string, typeof token>> = { "token.azurecr.io": token, "scopemap.azurecr.io": scopeMap };

  return async (change) => {
    if (change.act === "mint") return mint(change.to.name, change.slot as Slot, change.expiresAt);
    await rows[change.to.kind]?.[change.act]?.(change as Make);
    return {};
  };
}
