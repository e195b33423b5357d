import type { TokenCredential } from "@azure/identity";
import { CliError } from "../errors.ts";
import { type AzOptions, az } from "./az.ts";
import type { SignInOptions } from "./port.ts";

/**
 * The Azure CLI as a credential. Azure's own AzureCliCredential takes any warning that mentions `az login` for a failure,
 * and swallows Entra's reasons, so az is asked here.
 */
export function azCredential(options: AzOptions, wish: Omit<SignInOptions, "source"> = {}): TokenCredential {
  return {
    async getToken(scopes) {
      const [scope = ""] = [scopes].flat();
      const answer = await az(["account", "get-access-token", "--resource", scope.replace(/\/\.default$/, ""), ...where(wish)], options);
      const { accessToken, expires_on: epoch, expiresOn: local } = answer;
      // Before az 2.54 there was only a time without its zone, which is the machine's.
      const seconds = typeof epoch === "number" ? epoch : Date.parse(String(local).replace(" ", "T")) / 1000;
      if (typeof accessToken !== "string" || Number.isNaN(seconds)) {
        throw new CliError("unauthenticated", "the Azure CLI gave no token", { hint: "az login" });
      }
      return { token: accessToken, expiresOnTimestamp: seconds * 1000 };
    },
  };
}

/** az takes one of both: a subscription means the tenant that it is in. */
function where({ tenant, subscription }: Omit<SignInOptions, "source">): string[] {
  if (tenant !== undefined) return [`--tenant=${tenant}`];
  return subscription === undefined ? [] : [`--subscription=${subscription}`];
}

/** The subscription that az works on. */
export async function azSubscription(options: AzOptions): Promise<string | undefined> {
  const { id } = await az(["account", "show"], options);
  return typeof id === "string" ? id : undefined;
}
