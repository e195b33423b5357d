import type { Create } from "../../src/fix.ts";
import { saidAgain } from "../targets.ts";
import type { CreateWish } from "./wish.ts";

/** The place of the outcome by which it is told is not the one to name. */
const nowhere = { namespace: undefined, context: undefined };

/** The command at hand, for one that is to grant a credential more: of one that several places share it says all of them. */
export function againOf({ name: secret, asked, targets, reader, scope, per }: CreateWish, shared: boolean): Create {
  const { merge, includeRegional, identity } = asked.again;
  const more = { ...(merge && { merge }), ...(includeRegional && { includeRegional }) };
  const said = { ...more, ...(reader && { reader }), ...(identity && { identity }) };
  const again: Create = { do: "create", secret, registry: asked.registry, ...saidAgain(targets), ...said };
  return shared ? { ...again, ...nowhere, scope, credentialPer: per } : again;
}
