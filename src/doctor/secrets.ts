import { causes } from "../check/cause.ts";
import type { Verdict } from "../check/verdict.ts";
import type { CredentialKind } from "../credential/credential-kind.ts";
import { kindCalled } from "../credential/kinds.ts";
import { day, soonDays } from "../duration.ts";
import { type Command, plugin } from "../hint.ts";
import { nameOf } from "../kinds.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import { holdingsOf } from "../secret/holdings.ts";
import { recordedIn } from "../secret/login.ts";
import { sourceOf } from "../secret/record.ts";
import { toSeconds } from "../timestamp.ts";
import { type ListedSecret, listPullSecrets, type UnreadableNamespace } from "../usage/listed-secrets.ts";
import { counted, inLine, joinNames, placed, pluralize } from "../wording.ts";
import { type CheckResult, explainCommand, findingOf, limited } from "./finding.ts";

/** When the logins of all pull secrets expire, and the namespaces that can't be read. */
export type Expiries = { readonly all: readonly Expiry[]; readonly unreadable: readonly UnreadableNamespace[] };

type Expiry = ReturnType<typeof expiryOf>;

/** Reads when the logins of all pull secrets expire. */
export async function readExpiries(clusterScope: ClusterScope): Promise<Expiries> {
  const all: Expiry[] = [];
  const unreadable: UnreadableNamespace[] = [];
  for await (const listed of listPullSecrets(clusterScope, { selector: undefined, carriers: false })) {
    if ("error" in listed) unreadable.push(listed);
    else all.push(expiryOf(listed));
  }
  return { all, unreadable };
}

/**
 * Checks that no pull secret has expired or expires within two weeks, and that each that never expires is in a file.
 * @param list the command that prints all pull secrets
 */
export function checkExpiry({ all, unreadable }: Expiries, list: Command, now: Date): readonly CheckResult[] {
  const due = all.filter(({ at }) => at <= now.getTime() + soonDays * day).sort((a, b) => a.at - b.at);
  const found = due.map(({ name, namespace, at, isOwn, source }): CheckResult => {
    const isExpired = at <= now.getTime();
    const subject = `secret/${name}`;
    const copy = source ? `, a copy of secret "${source.name}" in namespace "${source.namespace}",` : "";
    const message = `${subject}${placed({ namespace })}${copy} ${isExpired ? "expired" : "expires"} at ${toSeconds(new Date(at))}`;
    // Only the plugin's own logins can be rotated. For all others, check prints the command
    const next = { ...plugin(isOwn ? "rotate" : "check", name), namespace };
    return { status: isExpired ? "failed" : "warning", subject, message, next };
  });
  const fine =
    all.length === 0 ? "there are no pull secrets" : `${counted(all.length, "pull secret")}: none expires within ${soonDays} days`;
  const hasLooked = all.length > 0 || unreadable.length === 0;
  const more = (count: number) => `${counted(count, "more pull secret")} ${pluralize(count, "expires", "expire")} within ${soonDays} days`;
  return [
    ...(due.length === 0 && hasLooked ? [{ status: "ok", message: fine } as const] : []),
    ...limited(found, more, list),
    ...neverEnding(all),
    ...unknown(unreadable),
  ];
}

function neverEnding(all: readonly Expiry[]): readonly CheckResult[] {
  const found = all
    .filter(({ isUnending, file }) => isUnending && !file)
    .map(({ name, namespace }) => `secret/${name}${placed({ namespace })}`);
  const never = pluralize(found.length, "never expires, and no file renews it", "never expire, and no file renews them");
  return found.length === 0 ? [] : [{ status: "warning", message: `${counted(found.length, "pull secret")} ${never}: ${inLine(found)}` }];
}

/** The name of a pull secret, and when its first login expires. Its data is not kept, because there can be thousands of them. */
function expiryOf({ secret }: ListedSecret) {
  const holdings = holdingsOf(secret);
  const { madeAt = "", file } = recordedIn(secret)?.credential ?? {};
  return {
    name: secret.metadata.name,
    namespace: secret.metadata.namespace,
    /** Milliseconds; Infinity if it is not known or never. */
    at: Math.min(...holdings.flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : Date.parse(expiresAt)))),
    /** When the recorded login was created; NaN if that is not known. */
    madeAt: Date.parse(madeAt),
    source: sourceOf(secret),
    file,
    isUnending: holdings.some(({ guessed, expiry }) => !guessed && expiry === "never"),
    isOwn: holdings.some(({ kind, guessed }) => !guessed && isRenewable(kindCalled(kind))),
  };
}

const isRenewable = (kind: CredentialKind | undefined): boolean => kind !== undefined && kind.notRenewable === undefined;

function unknown(unreadable: readonly UnreadableNamespace[]): readonly CheckResult[] {
  const all = unreadable.map(
    ({ namespace, error }): CheckResult => ({ ...findingOf(error, { subject: `namespace/${namespace}` }), status: "unknown" }),
  );
  return limited(all, (count) => `${counted(count, "more namespace")} cannot be read`, explainCommand("forbidden"));
}

/** Checks that the images of pods and workloads can be pulled. @param check the command that prints every result */
export function checkPulls(
  { verdicts, unreadable }: { readonly verdicts: readonly Verdict[]; readonly unreadable: readonly UnreadableNamespace[] },
  check: Command,
): readonly CheckResult[] {
  const { failure = [], note = [], fine = [] } = Object.groupBy(verdicts, ({ cause }) => causes[cause].severity);
  const failures = failure.map(({ image, namespace, owners, cause, notes = [], fix = explainCommand(cause) }): CheckResult => {
    const users = owners.length > 0 ? ` of ${joinNames(owners.map(nameOf))}` : "";
    const message = [`${image}${users}${placed({ namespace })}: ${causes[cause].words}`, ...notes].join("; ");
    return { status: "failed", subject: image, message, next: fix };
  });
  const pulls = fine.length === 0 ? "no pod or workload has an image to check" : `${counted(fine.length, "image")} can be pulled`;
  const unclear = `${counted(note.length, "image")} ${pluralize(note.length, "is", "are")} only cached or cannot be checked`;
  return [
    ...(fine.length > 0 || verdicts.length + unreadable.length === 0 ? [{ status: "ok", message: pulls } as const] : []),
    ...limited(failures, (count) => `${counted(count, "more image")} cannot be pulled`, check),
    ...(note.length > 0 ? [{ status: "warning", message: unclear, next: check } as const] : []),
    ...unknown(unreadable),
  ];
}
