import { registryHost } from "../../src/azure/registry-name.ts";
import type { Ref } from "../../src/kinds.ts";
import type { NotDue } from "../../src/secret/due.ts";
import { checkSecretName } from "../../src/secret/names.ts";
import { inLine, nameInPlace } from "../../src/wording.ts";
import { expiryAfter, lifetime } from "../line/durations.ts";
import { dryRun, type Flags, fieldManager, identityFlags, output, strict, under, type Values } from "../line/flags.ts";
import { registries } from "../line/known.ts";
import { secretName } from "../line/names.ts";
import { scopeFlags } from "../line/scope-flags.ts";

export const rotateFlags = {
  ...under("Which credentials", {
    registry: {
      type: "string",
      complete: registries,
      value: "REGISTRY",
      describe: "Only logins for this registry: a name, a login server or an Azure resource ID",
    },
    "expiring-within": {
      type: "string",
      complete: ["7d", "14d", "30d"],
      value: "DURATION",
      describe:
        "Only credentials that expire within this time, such as 14d. Skips credentials that never expire. With --older-than: either is enough",
    },
    "older-than": {
      type: "string",
      complete: ["30d", "60d", "90d"],
      value: "DURATION",
      describe: "Only passwords older than this according to Azure, such as 60d, even if they never expire. 0s selects every password",
    },
  }),
  ...under("New password", {
    grace: {
      type: "string",
      complete: ["next", "0", "24h"],
      default: "next",
      value: "0|DURATION|next",
      describe:
        "When to delete the old password. With 0: as soon as every Secret has the new one. With a time such as 24h: in the first run after it. With next: in the next rotation",
    },
    "expires-in": {
      type: "string",
      complete: ["30d", "90d", "1y"],
      value: "DURATION",
      describe: "Lifetime of the new password, such as 90d, 1y or 1h30m",
      fallback: "the lifetime of the old one",
    },
    verify: {
      type: "boolean",
      default: true,
      describe: "Pull a manifest with the new password before writing it. Use --verify=false if only the cluster can reach the registry",
    },
    wait: {
      type: "string",
      default: "3m",
      value: "DURATION",
      describe: "How long to wait for a service principal's new password to replicate in Azure",
    },
    force: {
      type: "boolean",
      describe:
        "Replace a login of another account. With --grace 0, delete the old password at once, even if a pull Secret holds it. If no slot is free, " +
        "delete the older password that no Secret records",
    },
  }),
  ...scopeFlags,
  ...identityFlags,
  ...output,
  ...dryRun,
  ...strict,
  ...fieldManager,
} as const satisfies Flags;

type RotateFlags = Values<typeof rotateFlags>;

export type RotateOptions = ReturnType<typeof readRotateOptions>;

/** @throws CliError usage, before any request */
export function readRotateOptions(flags: RotateFlags, [named]: readonly string[], now: Date) {
  const { registry, "expiring-within": within, "older-than": age, grace, "expires-in": expiresIn } = flags;
  return {
    /** Undefined: every Secret of this plugin in the scope. */
    secret: named === undefined ? undefined : checkSecretName(secretName(named)),
    registry: registry && registryHost(registry),
    due: {
      expiresWithin: within === undefined ? undefined : lifetime(within, "--expiring-within"),
      olderThan: age === undefined ? undefined : lifetime(age, "--older-than", { zero: true }),
    },
    grace: grace === "next" ? grace : lifetime(grace, "--grace", { zero: true, words: ["next"] }),
    /** RFC 3339, for the new password. */
    expiresAt: expiresIn === undefined ? undefined : expiryAfter(expiresIn, now),
    expiresExactly: expiresIn !== undefined,
  } as const;
}

/** Why a run skips a credential. */
type SkipReason = NotDue | "unable" | "grace";

export type Skipped = { readonly reasons: readonly string[]; readonly to: Ref };

/** Returns how many credentials a run skipped: `skipped 39: never expire`, one line for each combination of reasons. */
export function skipLines(skipped: readonly Skipped[], { "expiring-within": within = "", "older-than": age = "" }: RotateFlags): string {
  /** The words for one credential, and for several. */
  const words: Readonly<Record<SkipReason, readonly [string, string]>> = {
    never: ["never expires", "never expire"],
    later: [`does not expire within ${within}`, `do not expire within ${within}`],
    unknown: ["unknown expiry", "unknown expiry"],
    young: [`not older than ${age}`, `not older than ${age}`],
    unable: ["cannot be rotated by this plugin", "cannot be rotated by this plugin"],
    grace: ["in its grace period", "in their grace period"],
  };
  const groups = Map.groupBy(
    skipped.filter(({ reasons }) => reasons.length > 0),
    ({ reasons }) => reasons.join(),
  );
  const lineOf = (group: readonly Skipped[]) => {
    const reasons = group[0]?.reasons ?? [];
    const what = reasons.map((reason) => words[reason as SkipReason][group.length === 1 ? 0 : 1]).join(", ");
    const names = group.map(({ to }) => nameInPlace(to));
    // No later run rotates these either
    const which = reasons.includes("unable") ? ` (${inLine(names, 3)})` : "";
    return `skipped ${group.length}: ${what}${which}\n`;
  };
  return [...groups.values()].map(lineOf).sort().join("");
}
