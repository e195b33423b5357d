import type { IdentitySource } from "../../src/context.ts";
import { acrToken } from "../../src/credential/acr-token.ts";
import { keptTooLong, planAcrToken } from "../../src/plan/acr-token.ts";
import { conclude } from "../conclude.ts";
import { together } from "../gather/together.ts";
import { expiryAfter } from "../line/durations.ts";
import { dryRunOf } from "../report.ts";
import type { Session } from "../session.ts";
import { claimFor, observeHeld } from "./claim.ts";
import { mintAndStore } from "./mint.ts";
import type { CreateRequest } from "./request.ts";
import { lookAt, planTargets } from "./scene.ts";
import { nameToken } from "./token-name.ts";

/** `create` with an ACR token of its own: scope map, token, password, Secret, references. */
export async function createAcrToken(request: CreateRequest, session: Session): Promise<number> {
  const cluster = session.cluster();
  const azure = session.azure(request.auth as IdentitySource);
  const dryRun = dryRunOf(request);
  const expiresAt = request["expires-in"] === undefined ? undefined : expiryAfter(request["expires-in"], session.context.now());
  // Azure is asked while the cluster is, but the cluster's error comes first: nothing else matters without it
  const looking = azure.findRegistry(request.registry);
  looking.catch(() => undefined);
  const at = { namespace: await cluster.namespace(), name: request.name };
  const [scene, { name: token, derived }] = await together([lookAt(cluster, at, request), nameToken(cluster, at, request["acr-token"])]);

  const registry = await session.progress.during(`Looking for ${request.registry} in Azure`, () => looking);
  const { loginServer } = registry;
  const [acr, scopeMap] = await together([azure.token(registry, token), azure.scopeMap(registry, token)]);
  const claim = claimFor(request, registry, scene, scopeMap);
  const { held, login } = await observeHeld(registry, claim, scene, request.verify, session);
  const { repositories } = claim;
  const { force } = request;
  const wanted = { secret: at, registry: loginServer, token, derived, repositories, force, ...(expiresAt && { expiresAt }) };
  const planned = planAcrToken(wanted, { ...(held && { held }), ...(acr && { token: acr }), ...(scopeMap && { scopeMap }) });
  // A token of somebody else's making may have a scope map of another name, which we do not look into
  const ours = planned.every(({ to }) => to.kind !== "scopemap.azurecr.io" || to.name === token);
  const { plan: targets, notices } = planTargets(at.name, loginServer, scene, ours ? repositories : undefined);

  const sketched = dryRun !== "none" && ["json", "yaml"].includes(request.output ?? "") && planned.some(({ act }) => act === "mint");
  const sketch = "the password is only made without --dry-run, so the Secret is shown without it";
  const hints = [sketched ? sketch : undefined, keptTooLong(wanted, held, planned)].filter((hint) => hint !== undefined);
  const made = acrToken(azure, registry, `kubectl acr-secret: secret ${at.name} in namespace ${at.namespace}`);
  return conclude([...planned, ...targets], {
    session,
    flags: request,
    seen: scene.seen,
    login,
    notices: [...hints, ...notices],
    carry: (plan, hands, report) => mintAndStore(plan, hands, report, { session, made, claim: request.verify ? claim : undefined }),
  });
}
