import type { ImageFacts, SecretFacts } from "../check/facts.ts";
import { listed } from "../check/names.ts";
import type { Verdict } from "../check/verdict.ts";
import type { Cluster } from "../cluster/port.ts";
import { type Fix, hasVerb, type PluginCommand } from "../fix.ts";
import { mayBeTokenOf } from "../secret/names.ts";
import { holdersOf } from "./noted.ts";

/**
 * Completes a fix that gives a credential more repositories: other Secrets may hold the credential, and gain them too. The command selects
 * each namespace that holds a shared credential, and the message names the other Secrets. Without the right to list them, there is no fix.
 */
export async function withHolders(verdict: Verdict, facts: ImageFacts, cluster: Cluster): Promise<Verdict> {
  const create = verdict.fix && creates(verdict.fix).find(({ repositories = [] }) => repositories.length > 0);
  const held = create && facts.secrets.find(({ name }) => name === create.secret);
  if (!held?.note?.widens || isOwn(facts, held)) return verdict;
  const { identity, hosts } = held.note;
  const [host = ""] = hosts;
  const clusterScope = { context: undefined, cluster, namespaces: [facts.namespace], open: false };
  const { secrets, unlisted } = await holdersOf([clusterScope], { kind: "acr-token", identity, host }, []);
  if (unlisted.length > 0) return { ...verdict, message: `${verdict.message}; ${unknown(identity)}`, fix: undefined };
  const places = secrets.map(({ to: { namespace = "", name } }) => ({ namespace, name }));
  const others = places.filter(({ namespace, name }) => namespace !== facts.namespace || name !== held.name);
  const message = others.length > 0 ? `${verdict.message}; ${gains(others, identity)}` : verdict.message;
  const namespaces = [...new Set([facts.namespace, ...places.map(({ namespace }) => namespace)])].sort();
  return { ...verdict, message, fix: verdict.fix && isShared(held) ? overAll(verdict.fix, namespaces) : verdict.fix };
}

const unknown = (identity: string) =>
  `other namespaces may hold ${identity} and would gain the repository, but their Secrets cannot be listed`;

function gains(others: readonly { readonly namespace: string; readonly name: string }[], identity: string): string {
  const names = [...new Set(others.map(({ namespace, name }) => `${namespace}/${name}`))].sort();
  return `${listed(names)} ${names.length > 1 ? "hold" : "holds"} ${identity} too and ${names.length > 1 ? "gain" : "gains"} the repository`;
}

const creates = (fix: Fix): PluginCommand[] => (fix.do === "steps" ? fix.steps.flatMap(creates) : hasVerb(fix, "create") ? [fix] : []);

/** Whether the credential is named after the Secret alone. */
const isOwn = ({ namespace }: ImageFacts, { name, note }: SecretFacts) => mayBeTokenOf(note?.identity ?? "", namespace, name);

/** Whether `create --credential-per scope` named the credential. */
const isShared = ({ name, note }: SecretFacts) => mayBeTokenOf(note?.identity ?? "", "shared", name);

/** The command for each namespace that holds the credential. */
function overAll(fix: Fix, names: readonly string[]): Fix {
  if (fix.do === "steps") return { ...fix, steps: fix.steps.map((step) => overAll(step, names)) };
  if (!hasVerb(fix, "create")) return fix;
  const scope = { contexts: "current", namespaces: { names, globs: [] }, selector: undefined, exclude: [], includeSystem: false } as const;
  return { ...fix, acrToken: undefined, scope, credentialPer: "scope" };
}
