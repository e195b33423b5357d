import { causes } from "../check/cause.ts";
import type { Verdict } from "../check/verdict.ts";
import type { Finding } from "../doctor/finding.ts";
import type { Rung } from "../doctor/ladder.ts";
import type { CliError, ErrorKind } from "../errors.ts";
import { type Command, hintText, inPlace } from "../hint.ts";
import { nameOf } from "../kinds.ts";
import type { Holding, ListedPullSecret } from "../secret/holdings.ts";
import type { Leftover } from "../secret/leftovers.ts";
import { isTimestamp, toSeconds } from "../timestamp.ts";

// The items that verbs print for programs. docs/schema/acr-secret-v1.json describes every member.

const apiVersion = "acr-secret/v1";

/** The namespace of an object. */
export type Place = { readonly namespace?: string | undefined };

type FormatCommand = (fix: Command) => string;

export type ImageCheck = ReturnType<typeof imageCheck>;
export type PullSecretItem = ReturnType<typeof pullSecretItem>;
export type ErrorItem = ReturnType<typeof errorItem>;
export type Item =
  | ImageCheck
  | PullSecretItem
  | ErrorItem
  | ReturnType<typeof leftoverItem>
  | ReturnType<typeof findingItem>
  | ExplanationItem;

/** One id of explain. */
type ExplanationItem = {
  readonly kind?: undefined;
  readonly id: string;
  readonly type: string;
  readonly verdict: string | undefined;
  readonly means: string;
  readonly says: string;
};

const results = { true: "pulls", false: "fails", unknown: "unknown" } as const;

/** Returns the result of one image. @param strict an image that could not be checked, or is only cached, fails */
export function imageCheck(checked: Verdict, formatCommand: FormatCommand, strict = false) {
  const { account, cause, fix, expiresAt, registryMessages = [], notes = [], mayArrive: _, ...verdict } = checked;
  const { words, pulls } = causes[cause];
  return {
    apiVersion,
    kind: "ImageCheck" as const,
    ...verdict,
    serviceAccount: account,
    expiresAt: timeOf(expiresAt),
    cause,
    verdict: words,
    result: results[`${pulls}`],
    ok: !failed(checked, strict),
    registryMessages,
    notes,
    fix: fix && !fix.isLook ? formatCommand(fix) : undefined,
    look: fix?.isLook ? formatCommand(fix) : undefined,
  };
}

export const nextCommandOf = ({ fix, look }: ImageCheck): string | undefined => fix ?? look;

/** Whether a verdict makes the command fail. An image that could not be checked, or is only cached, fails if the command line names it. */
export const failed = ({ cause, owners }: Pick<Verdict, "cause" | "owners">, strict = false): boolean =>
  causes[cause].severity === "failure" || (causes[cause].severity === "note" && (strict || owners.length === 0));

/** Returns the objects that use an image: `deployment/web`, or the ServiceAccount of an image without an owner. */
export const imageUsers = ({ owners, serviceAccount }: ImageCheck): readonly string[] =>
  owners.length > 0 ? owners.map(({ kind, name }) => `${kind}/${name}`) : [`serviceaccount/${serviceAccount}`];

/** Returns a pull secret and the ServiceAccounts that use it, without its passwords. */
export function pullSecretItem({ name, namespace, creationTimestamp, serviceAccounts, holdings, source, copies, file }: ListedPullSecret) {
  return {
    apiVersion,
    kind: "PullSecret" as const,
    namespace,
    name,
    creationTimestamp,
    ...firstExpiry(holdings),
    source: source && { namespace: source.namespace, name: source.name },
    copies: copies.length > 0 ? copies : undefined,
    file: file && { namespace: file.home, name: file.name },
    logins: holdings.map(({ hosts, kind, guessed, identity, slot, expiry, expiresAt, madeAt, by, previous, grants }) => ({
      registries: hosts,
      credential: kind || undefined,
      guessed,
      identity: identity || undefined,
      slot: slot || undefined,
      expiry,
      expiresAt: timeOf(expiresAt) ?? null,
      createdAt: timeOf(madeAt),
      createdBy: by,
      previous: previous && { slot: previous.slot || undefined, createdAt: timeOf(previous.madeAt), until: timeOf(previous.until) },
      grants,
    })),
    serviceAccounts,
  };
}

/** Returns when the first of several logins expires. A login whose expiry is unknown counts only if no other login has a time. */
function firstExpiry(holdings: readonly Holding[]): { readonly expiry: Holding["expiry"]; readonly expiresAt: string | null } {
  const [first] = holdings.flatMap(({ expiresAt }) => timeOf(expiresAt) ?? []).sort();
  if (first !== undefined) return { expiry: "at", expiresAt: first };
  const isUnknown = holdings.length === 0 || holdings.some(({ expiry }) => expiry === "unknown");
  return { expiry: isUnknown ? "unknown" : "never", expiresAt: null };
}

const credentialKeyOf = ({ namespace, name }: Pick<PullSecretItem, "namespace" | "name">): string => `${namespace}/${name}`;

/** Whether a record describes the logins. For a copy, it is that of a source that lists the namespace of the copy. */
const areRecorded = (logins: PullSecretItem["logins"]): boolean => logins.length > 0 && logins.every(({ guessed }) => !guessed);

/**
 * Returns one item for each credential. The copies of a listed source are left out, and their ServiceAccounts are added to the source.
 * A copy without the login of its source stays.
 */
export function byCredential(items: readonly PullSecretItem[]): PullSecretItem[] {
  const listed = new Set(items.map(credentialKeyOf));
  const isCopy = ({ source, logins }: PullSecretItem) => source && listed.has(credentialKeyOf(source)) && areRecorded(logins);
  const users = Map.groupBy(items.filter(isCopy), ({ source }) => source && credentialKeyOf(source));
  return items
    .filter((item) => !isCopy(item))
    .map((item) => {
      const all = [item, ...(users.get(credentialKeyOf(item)) ?? [])];
      return { ...item, serviceAccounts: [...new Set(all.flatMap(({ serviceAccounts }) => serviceAccounts))] };
    });
}

/** Formats a recorded time in UTC, so that texts sort like times. Anyone can write the annotation: any other text is omitted. */
const timeOf = (text: string | undefined): string | undefined =>
  text !== undefined && isTimestamp(text) ? toSeconds(new Date(text)) : undefined;

/** Returns the reason why a namespace or the cluster could not be read. */
export function errorItem({ kind, message, hint }: CliError, { namespace }: Place, formatCommand: FormatCommand) {
  return {
    apiVersion,
    kind: "Error" as const,
    namespace: namespace || undefined,
    reason: kind satisfies ErrorKind,
    message,
    hint: hint && hintText(inPlace(hint, { namespace }), formatCommand),
  };
}

export function leftoverItem({ to, what, kind, identity, passwords, for: { words, cluster }, madeAt, state, willDelete, lost }: Leftover) {
  return {
    apiVersion,
    kind: "Leftover" as const,
    object: nameOf(to),
    what,
    credential: kind,
    identity: identity || undefined,
    passwords: lost ? undefined : passwords.map(({ slot, madeAt }) => ({ slot, createdAt: madeAt })),
    for: words,
    cluster,
    createdAt: madeAt,
    state,
    willDelete,
  };
}

export const findingItem = (of: Finding<string> | Rung, formatCommand: FormatCommand) => ({
  apiVersion,
  kind: "applies" in of ? ("Way" as const) : ("Finding" as const),
  ...of,
  next: of.next && hintText(of.next, formatCommand),
});
