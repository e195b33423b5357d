import type { Login } from "../context.ts";
import type { Plan } from "../plan/change.ts";
import { encodeDockerConfig } from "../secret/docker-config.ts";
import { pullSecret } from "../secret/pull-secret.ts";
import { keyOf, type Outcome, type Seen } from "./outcome.ts";

/**
 * What a plan would come to, without a write: the outcomes of `--dry-run=client`.
 * A Secret whose password is still to be minted is shown with an empty config.
 */
export function rehearse(plan: Plan, seen: Seen, login: Login | undefined): Outcome[] {
  return plan.map((change) => {
    const object = seen.get(keyOf(change.to));
    if (change.act === "store") {
      const text = login ? encodeDockerConfig(change.provenance.registry, login) : '{"auths":{}}';
      return { change, object: pullSecret(change.to, change.provenance, text) };
    }
    if ((change.act === "attach" || change.act === "detach") && object?.kind === "ServiceAccount") {
      return { change, object: { ...object, imagePullSecrets: change.after.names.map((name) => ({ name })) } };
    }
    return { change, object };
  });
}
