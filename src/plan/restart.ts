import type { Named } from "../context.ts";
import type { Ref, Restart } from "./change.ts";

/** A pod that has not started, with an image of the registry in question. */
export type WaitingPod = {
  readonly to: Ref & Named;
  readonly uid: string;
  readonly account: string;
  /** The repositories of that registry that its images are of. */
  readonly repositories: readonly string[];
  /** Its own imagePullSecrets: what admission copied from the ServiceAccount, or what its author wrote. */
  readonly names: readonly string[];
  readonly hasController: boolean;
};

/**
 * Pods that were made before their ServiceAccount carried the Secret. Admission copies the names once, when a pod is
 * made, so such a pod never recovers by itself: one with a controller goes and comes back, of the others we only tell.
 * A pod that waits for something which the Secret may not pull would wait for it again.
 *
 * @param accounts the names that each attached ServiceAccount has
 * @param mayPull whether the Secret's credential may pull from a repository, as far as that is known
 */
export function planRestarts(
  secret: string,
  accounts: ReadonlyMap<string, readonly string[]>,
  pods: readonly WaitingPod[],
  mayPull: (repository: string) => boolean,
): { restarts: Restart[]; notices: string[] } {
  const restarts: Restart[] = [];
  const notices: string[] = [];
  for (const { to, uid, account, names, repositories, hasController } of pods) {
    const now = accounts.get(account);
    if (!now) continue;
    const beyond = repositories.filter((repository) => !mayPull(repository));
    if (beyond.length > 0) {
      const flags = beyond.map((repository) => `--repository ${repository}`).join(" ");
      notices.push(`pod/${to.name} waits for ${beyond.join(" and ")}, which secret/${secret} may not pull: add ${flags}`);
    }
    if (names.includes(secret) || beyond.length === repositories.length) continue;
    const copied = String(names) === String(now.filter((name) => name !== secret));
    if (!copied)
      notices.push(
        `pod/${to.name} has other imagePullSecrets than serviceaccount/${account}: if its template lists them, add ${secret} there, else delete the pod`,
      );
    else if (hasController) restarts.push({ act: "restart", to, uid, because: `made before serviceaccount/${account} carried ${secret}` });
    else
      notices.push(
        `pod/${to.name} was made before serviceaccount/${account} carried ${secret} and has no controller: delete it and create it again`,
      );
  }
  return { restarts, notices };
}
