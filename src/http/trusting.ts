import { createSecureContext, type SecureContext } from "node:tls";
import type { Environment } from "../env.ts";
import { authorities } from "./trust.ts";

/** What node:tls is told of whom to trust. */
export type Trusting = { readonly rejectUnauthorized: true; readonly secureContext?: SecureContext };

/** Whom is trusted. Who is signed by somebody that is known needs no others, so these are looked for when there is somebody who is not. */
export type Trust = {
  now(): Trusting;
  /** What is left to try for whom `before` does not take: undefined where that were the same. */
  beyond(before: Trusting): Trusting | undefined;
};

/** @throws CliError config when SSL_CERT_FILE cannot be read */
export async function openTrust(env: Environment): Promise<Trust> {
  const { known, others } = await authorities(env);
  let now = trusting(known);
  let whole = known === undefined;
  return {
    now: () => now,
    beyond: (before) => {
      if (!whole) {
        whole = true;
        const more = others();
        if (more.length > 0) now = trusting([...(known ?? []), ...more]);
      }
      return now === before ? undefined : now;
    },
  };
}

/** Node would take anybody for anybody where NODE_TLS_REJECT_UNAUTHORIZED says so, which neither kubectl nor az reads. */
function trusting(ca: readonly string[] | undefined): Trusting {
  const rejectUnauthorized = true;
  return ca ? { rejectUnauthorized, secureContext: createSecureContext({ ca: [...ca] }) } : { rejectUnauthorized };
}
