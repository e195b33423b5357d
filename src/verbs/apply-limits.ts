import type { AzureRegistry } from "../azure/port.ts";
import { CliError } from "../errors.ts";
import type { Entry } from "../file/entry.ts";
import { plugin } from "../hint.ts";
import type { Ref } from "../kinds.ts";
import { mostRepositories } from "../registry/repository.ts";
import { azureName } from "../secret/azure-words.ts";
import { counted, inLine } from "../wording.ts";

/** The ACR tokens of a registry, by name in lower case. */
export type TokensIn = { readonly at: AzureRegistry; readonly names: ReadonlySet<string> };

/** A source to make. @property uid that of its namespace; undefined if it doesn't exist or can't be read */
type Making = {
  readonly source: Ref<"secret">;
  readonly entry: Pick<Entry, "name" | "at" | "credential" | "registry" | "repositories" | "sources">;
  readonly uid: string | undefined;
};

type FilePlan = {
  /** The sources of entries that the file no longer has, by the login servers of their registries. */
  readonly removed: readonly { readonly host: string }[];
  /** In the order in which they are made. */
  readonly made: readonly Making[];
  /** By the registry as entries name it, without those that can't be read. */
  readonly tokens: ReadonlyMap<string, TokensIn>;
};

/** What a run does to the tokens of one registry. */
export type TokenPlan = {
  readonly at: AzureRegistry;
  readonly has: number;
  /** The sources that need another token. What the run deletes makes no room for them, because it is deleted last. */
  readonly needs: readonly Making[];
  /** Whether it also has tokens of entries that the files no longer have. */
  readonly hasRemoved: boolean;
};

/** Counts the tokens that the files of a run need, for each of their registries. */
export function planTokens(files: readonly FilePlan[]): readonly TokenPlan[] {
  const registries = Map.groupBy(
    files.flatMap(({ tokens }) => [...tokens.values()]),
    ({ at }) => idOf(at),
  );
  return [...registries].flatMap(([id, [first]]) => (first ? planFor(id, first, files) : []));
}

const idOf = ({ id }: AzureRegistry): string => id.toLowerCase();

function planFor(id: string, { at, names }: TokensIn, files: readonly FilePlan[]): TokenPlan {
  const made = files.flatMap((file) => file.made.filter(({ entry }) => isIn(id, file.tokens.get(entry.registry))));
  const added = new Map(made.flatMap((making) => tokenOf(making).map((name) => [name, making] as const)));
  const needs = [...added].flatMap(([name, making]) => (names.has(name) ? [] : [making]));
  return { at, has: names.size, needs, hasRemoved: files.some(({ removed }) => removed.some(({ host }) => host === at.loginServer)) };
}

const isIn = (id: string, tokens: TokensIn | undefined): boolean => tokens !== undefined && idOf(tokens.at) === id;

/** Returns the name of the token of a source, if it has one. */
const tokenOf = ({ source: { namespace = "", name }, entry, uid }: Making): readonly string[] =>
  uid === undefined || entry.credential !== "acr-token" ? [] : [azureName(uid, namespace, name).toLowerCase()];

/** Returns the sources for which a registry has no room. @param limit the most tokens that it can have; undefined if that is not known */
export const withoutRoom = ({ has, needs }: TokenPlan, limit = Number.POSITIVE_INFINITY): readonly Making[] =>
  needs.slice(Math.max(0, limit - has));

/** `95 ACR tokens, 105 during the run, at most 100 (Basic)` */
export function describeTokens({ at, has, needs }: TokenPlan, limit: number | undefined): string {
  const most = limit === undefined ? "" : `, at most ${limit} (${at.sku})`;
  return `${counted(has, "ACR token")}, ${has + needs.length} during the run${most}`;
}

const placeOf = ({ entry: { name, at } }: Making): string => `${name} (${at})`;

/** Whether the scope map of a source would have more actions than Azure allows. */
export const isTooWide = ({ entry: { credential, repositories } }: Pick<Making, "entry">): boolean =>
  credential === "acr-token" && repositories.length > mostRepositories;

/** The error for sources whose scope maps would have too many actions. It names their entries. */
export function tooManyActions(wide: readonly Making[]): CliError {
  const needs = new Set(wide.map((one) => `${placeOf(one)} needs ${2 * one.entry.repositories.length}`));
  const most = `at most ${2 * mostRepositories} (${mostRepositories} repositories)`;
  const message = `scope maps would have too many actions, ${most}: ${inLine([...needs])}`;
  return new CliError("invalid", message, { owner: "platform", hint: "use a path for many repositories, such as team/*" });
}

const larger = "use a registry of a larger SKU";
const removeFirst = `removed entries keep their tokens until the end of a run; apply the file with --prune and without the new entries first, or ${larger}`;

/** The error for sources without a token. It names their entries. */
export function noRoom(plan: TokenPlan, limit: number | undefined, over: readonly Making[]): CliError {
  const entries = new Set(over.map(placeOf));
  const message = `registry ${plan.at.name} would have too many tokens: ${describeTokens(plan, limit)}; no room for ${inLine([...entries])}`;
  const or = over.some(({ entry }) => "eachOf" in entry.sources) ? `use copyTo instead of eachOf, or ${larger}` : larger;
  const prune = { ...plugin("prune", "--registry", plan.at.name), namespace: "", when: "to delete tokens that nothing uses, run", or };
  return new CliError("invalid", message, { owner: "azure", hint: plan.hasRemoved ? removeFirst : prune });
}
