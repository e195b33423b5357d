import type { Grace } from "../../src/apply/rotate-order.ts";
import { checkSecretName } from "../../src/secret/names.ts";
import { hostWritten } from "../create/registry-written.ts";
import { expiryAfter } from "../line/durations.ts";
import { dryRun, type Flags, fieldManager, output, type Values } from "../line/flags.ts";
import { identityFlags } from "../line/identity-flags.ts";
import { registries } from "../line/known.ts";
import { scopeFlags } from "../line/scope-flags.ts";

export const rotateFlags = {
  registry: { type: "string", complete: registries, describe: "Only the logins for this registry, by its name or its login server" },
  "expiring-within": { type: "string", describe: "Only what ends within a time, such as 14d; the rest stays as it is" },
  grace: {
    type: "string",
    default: "next",
    describe:
      "How long the password that is replaced works on: 0 (until every Secret has the new one), a time such as 24h (the first run after it retires it), or next (until the next rotation)",
  },
  "expires-in": {
    type: "string",
    describe: "How long the new password is to work, such as 90d, 1y or 1h30m. Default: as long as the one before.",
  },
  wait: {
    type: "string",
    default: "3m",
    describe: "How long to wait until Azure knows everywhere of a service principal's new password, such as 30s or 10m",
  },
  ...identityFlags,
  verify: {
    type: "boolean",
    default: true,
    describe:
      "Fetch a manifest with the new password before any Secret gets it. --verify=false is for a registry that only the cluster can reach.",
  },
  force: { type: "boolean", describe: "Write fields of a Secret that another manager has written to as well" },
  ...scopeFlags,
  ...dryRun,
  ...fieldManager,
  ...output,
} as const satisfies Flags;

export type RotateFlags = Values<typeof rotateFlags>;

/** What `rotate` was asked. */
export type RotateWish = {
  /** Absent: every Secret of this plugin in the scope. */
  readonly secret: string | undefined;
  /** A registry's name or its login server. */
  readonly registry: string | undefined;
  /** What ends by then. */
  readonly endsBy: Date | undefined;
  readonly grace: Grace;
  /** RFC 3339, for the new password. */
  readonly expiresAt: string | undefined;
};

/** @throws CliError usage, before anybody is asked anything */
export function readRotateWish(flags: RotateFlags, [named]: readonly string[], now: Date): RotateWish {
  const { registry, "expiring-within": within, grace, "expires-in": expiresIn } = flags;
  return {
    secret: named === undefined ? undefined : checkSecretName(named),
    registry: registry && hostWritten(registry),
    endsBy: within === undefined ? undefined : new Date(expiryAfter(within, now, "--expiring-within")),
    grace: graceOf(grace, now),
    expiresAt: expiresIn === undefined ? undefined : expiryAfter(expiresIn, now),
  };
}

function graceOf(grace: string, now: Date): Grace {
  if (grace === "next") return grace;
  return /^0[smhd]?$/.test(grace) ? 0 : Date.parse(expiryAfter(grace, now, "--grace")) - now.getTime();
}
