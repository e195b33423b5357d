import type { decideStart, HeldLogin } from "./start.ts";

/** How a container has got an image that its node has, as far as the API shows it. */
type Access = {
  readonly by: "pull" | "access" | "unknown";
  /** Whether its pod may have had a login of a Secret for the image. */
  readonly mayHaveLogin: boolean;
  /** These logins, if they still exist. Without a hash, if the login may be another one now. */
  readonly logins: readonly HeldLogin[];
  /** It may have used a login that you can't read, or that doesn't exist anymore. */
  readonly mayHaveOther: boolean;
  readonly account: string;
};

type Circumstances = {
  /** The pods of all namespaces are visible. */
  readonly isComplete: boolean;
  /** The kubelet may have a credential provider, whose logins come after those of Secrets. */
  readonly hasProvider: boolean;
  /** The logins of the pod that starts. */
  readonly own: readonly HeldLogin[];
};

type PullRecord = Parameters<typeof decideStart>[0]["record"];

/** Concludes which records a kubelet may have of an image. Pods that were deleted are not known. */
export function possibleRecords(accesses: readonly Access[], { isComplete, hasProvider, own }: Circumstances): PullRecord[] {
  const guests = accesses.filter(({ mayHaveLogin, by }) => !mayHaveLogin && by !== "unknown");
  const isPulled = accesses.some(({ by }) => by === "pull");
  // Without a provider, only a Secret had a login
  const isOnlyBySecrets = isComplete && !hasProvider && isPulled && accesses.every(({ mayHaveLogin }) => mayHaveLogin);
  const logins = accesses.flatMap((access) => access.logins);
  const mayMatch = !isComplete || accesses.some(({ mayHaveOther }) => mayHaveOther);
  const records: PullRecord[] = [];
  if (!isPulled) records.push(undefined);
  if (!isOnlyBySecrets) records.push({ isOpen: true });
  if (guests.length === 0) records.push({ logins }, ...(mayMatch ? [{ logins: [...logins, ...own] }] : []));
  // The provider may have used the token of the ServiceAccount
  else if (hasProvider) records.push({ logins, accounts: guests.map(({ account }) => account) });
  return records;
}
