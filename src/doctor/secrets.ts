import { causes } from "../check/cause.ts";
import type { Verdict } from "../check/verdict.ts";
import { kindNamed } from "../credential/kinds.ts";
import type { Fix } from "../fix.ts";
import { joinNames, nameOf } from "../kinds.ts";
import { counted, placed, pluralize } from "../plan/wording.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import { holdingsOf, type ListedSecret, listPullSecrets, type UnreadableNamespace } from "../state/listed-secrets.ts";
import { toSeconds } from "../timestamp.ts";
import { explainCommand, type Finding, findingOf } from "./finding.ts";

/** The time before an expiry in which doctor warns. Milliseconds. */
const soon = 14 * 86_400_000;

/** The maximum number of findings of one check. */
const most = 5;

/** Returns the first findings, and one for the others. */
const limited = (findings: readonly Finding[], others: (count: number) => Pick<Finding, "message" | "next">): readonly Finding[] =>
  findings.slice(0, most).flatMap((finding, at) => {
    const left = findings.length - most;
    return at === most - 1 && left > 0 ? [finding, { ...finding, subject: "others", ...others(left) }] : [finding];
  });

/** Checks that no pull secret has expired or expires within two weeks. @param list the command that prints all pull secrets */
export async function checkExpiry(clusterScope: ClusterScope | undefined, list: Fix, now: Date): Promise<readonly Finding[]> {
  const id = "secret-expiry" as const;
  const all: ReturnType<typeof expiryOf>[] = [];
  const unreadable: UnreadableNamespace[] = [];
  const listing = clusterScope ? listPullSecrets(clusterScope, { selector: undefined, carriers: false }) : [];
  for await (const listed of listing) {
    if ("error" in listed) unreadable.push(listed);
    else all.push(expiryOf(listed));
  }
  const due = all.filter(({ at }) => at <= now.getTime() + soon).sort((a, b) => a.at - b.at);
  const never = all.filter(({ isForever }) => isForever).length;
  const found = due.map(({ name, namespace, at, isOwn }): Finding => {
    const isExpired = at <= now.getTime();
    const message = `secret/${name}${placed({ namespace })} ${isExpired ? "expired" : "expires"} at ${toSeconds(new Date(at))}`;
    // Only the plugin's own logins can be rotated. For all others, check prints the command
    const next: Fix = { verb: isOwn ? "rotate" : "check", secret: name, namespace };
    return { id, status: isExpired ? "failed" : "warning", subject: `secret/${name}`, message, next };
  });
  const forever = never > 0 ? `, and ${never} never ${pluralize(never, "expires", "expire")}` : "";
  const fine =
    all.length === 0 ? "there are no pull secrets" : `${counted(all.length, "pull secret")}: none expires within 14 days${forever}`;
  const hasLooked = all.length > 0 || unreadable.length === 0;
  return [
    ...(due.length === 0 && hasLooked ? [{ id, status: "ok", subject: "pull secrets", message: fine } as const] : []),
    ...limited(found, (count) => ({
      message: `${counted(count, "more pull secret")} ${pluralize(count, "expires", "expire")} within 14 days`,
      next: list,
    })),
    ...limited(
      unreadable.map((at) => unreadableNamespace(id, at)),
      others,
    ),
  ];
}

/** The name of a pull secret, and when its first login expires. Its data is not kept, because there can be thousands of them. */
function expiryOf({ secret }: ListedSecret) {
  const holdings = holdingsOf(secret);
  const times = holdings.map(({ expiresAt }) => Date.parse(expiresAt ?? "")).filter((time) => !Number.isNaN(time));
  return {
    name: secret.metadata.name,
    namespace: secret.metadata.namespace,
    /** Milliseconds; Infinity if it is not known or never. */
    at: Math.min(...times),
    isForever: holdings.length > 0 && holdings.every(({ expiry }) => expiry === "never"),
    isOwn: holdings.some(({ kind, guessed }) => !guessed && kindNamed(kind)?.renewal !== undefined),
  };
}

const unreadableNamespace = (id: Finding["id"], { namespace, error }: UnreadableNamespace): Finding => ({
  ...findingOf(error, { id, subject: `namespace/${namespace}` }),
  status: "unknown",
});

const others = (count: number) => ({ message: `${counted(count, "more namespace")} cannot be read`, next: explainCommand("forbidden") });

/** Checks that the images of pods and workloads can be pulled. @param check the command that prints every result */
export function checkPulls(
  { verdicts, unreadable }: { readonly verdicts: readonly Verdict[]; readonly unreadable: readonly UnreadableNamespace[] },
  check: Fix,
): readonly Finding[] {
  const id = "image-pulls" as const;
  const bySeverity = Map.groupBy(verdicts, ({ cause }) => causes[cause].severity);
  const failures = (bySeverity.get("failure") ?? []).map((verdict): Finding => {
    const { image, namespace, owners, cause, fix = explainCommand(cause) } = verdict;
    const users = owners.length > 0 ? ` of ${joinNames(owners.map(nameOf))}` : "";
    const message = `${image}${users}${placed({ namespace })}: ${causes[cause].words}`;
    return { id, status: "failed", subject: image, message, next: fix };
  });
  const unclear = bySeverity.get("note")?.length ?? 0;
  const pulls = bySeverity.get("fine")?.length ?? 0;
  const warning: Finding = {
    id,
    status: "warning",
    subject: "images",
    message: `${counted(unclear, "image")} ${pluralize(unclear, "is", "are")} only cached or cannot be checked`,
    next: check,
  };
  const fine: Finding = {
    id,
    status: "ok",
    subject: "images",
    message: pulls === 0 ? "no pod or workload has an image to check" : `${counted(pulls, "image")} can be pulled`,
  };
  const unknown = unreadable.map((at) => unreadableNamespace(id, at));
  return [
    ...(pulls > 0 || verdicts.length + unknown.length === 0 ? [fine] : []),
    ...limited(failures, (count) => ({ message: `${counted(count, "more image")} cannot be pulled`, next: check })),
    ...(unclear > 0 ? [warning] : []),
    ...limited(unknown, others),
  ];
}
