import { Claims } from "../actions/claims.ts";
import { execute, executeAll } from "../actions/execute.ts";
import type { Outcome } from "../actions/outcome.ts";
import { withMetadata } from "../actions/store.ts";
import { restarted } from "../actions/update.ts";
import { type Credential, type Issue, lifecycleOf, type Need } from "../credential/kind.ts";
import { unlessRefused } from "../errors.ts";
import { listAll } from "../kube/port.ts";
import { type Change, mintIn, type Store } from "../plan/change.ts";
import { refuseForeign } from "../plan/store.ts";
import type { NamespaceScope } from "../scope/cluster-scopes.ts";
import { awaitAll } from "../scope/concurrency.ts";
import { entryFor } from "../secret/entry.ts";
import { readExisting } from "../usage/existing-secret.ts";
import { imagesFrom } from "../usage/images.ts";
import { secretIn } from "../usage/plan-input.ts";
import type { Order } from "./create.ts";
import { exportedOwner } from "./owner.ts";

type ExportOrder = Omit<Order, "refuse" | "restart" | "recreate" | "targets">;

/**
 * Creates a credential and proves it, and yields its Secret without writing it to the cluster. The credential has the same name as if
 * `create` wrote the Secret, so a second run finds it. That run generates a password only in a slot that no copy can have.
 */
export const exportSecret = (place: NamespaceScope, order: ExportOrder): AsyncGenerator<Outcome> =>
  restarted(() => exportOnce(place, order));

async function* exportOnce(place: NamespaceScope, order: ExportOrder): AsyncGenerator<Outcome> {
  const { name, repositories, fromPods, podsTell, opening, shape, again } = order;
  const { cluster, namespace } = place;
  const to = secretIn(place, name);
  const owner = exportedOwner(place, name);
  const needsPods = fromPods || (podsTell && repositories.length === 0);
  const [secret, pods] = await awaitAll([
    // The Secret only shows which password is in use. Without the right to read it, every password counts as used
    cluster.get(to).catch(unlessRefused(undefined)),
    needsPods ? listAll(cluster, "pod", { namespace }) : [],
    order.needsName ? owner.ownName() : undefined,
  ]);
  const credential = await opening;
  const { host } = credential;
  const tools = order.tools(credential);
  const found = secret && readExisting(secret, host, tools.write.fieldManager);
  if (found && !tools.force) refuseForeign(to, { host, shape }, found.existing, { ...again, repositories });
  const entry = entryFor(found?.existing.entries, host);
  // Anyone in the namespace can record another credential
  const isOwn = entry !== undefined && (await owner.owns(entry.identity));
  const current = isOwn ? { entry, login: found?.login } : undefined;
  const images = imagesFrom([host], pods);
  const issue = await issueNew(credential, { owner, repositories, fromPods, images, current });
  const env = { tools, claims: new Claims(tools), objects: new Map() };
  const { outcomes, issued } = await executeAll(issue.steps, { ...env, issued: { login: issue.login, images } });
  yield* outcomes;
  const whole = withMetadata(issue.entry, issued.metadata);
  const change: Store = { act: "store", to, entry: whole, shape, precondition: undefined, because: "it is exported" };
  const message = `secret/${name} exported; apply it to namespace ${namespace}`;
  if (tools.dryRun === "none") yield { change: { act: "warn", to, message, isInfo: true }, messages: [message] };
  yield* execute([change], { ...env, tools: { ...tools, dryRun: "client" }, issued });
}

/**
 * Returns the changes for a login that no Secret holds. If the applied Secret holds a working password, the credential gets a second one,
 * as in a rotation.
 */
async function issueNew(credential: Credential, need: Need): Promise<Issue> {
  const issue = await credential.issue(need);
  const { owner, current, images } = need;
  const { entry, login } = current ?? {};
  if (!entry || !login || mintIn(issue.steps)) return issue;
  const { renew, shown } = lifecycleOf(credential);
  const words = await owner.wordsInCluster();
  const from = { current: { entry, login }, inside: [login], inUse: [entry], alone: false, blind: false, left: [], exports: true } as const;
  const renewal = await renew({ ...from, secret: owner.secret, words, images });
  const grants = issue.steps.filter(({ act }) => act === "create" || act === "update");
  const proven = renewal.steps.map((change) =>
    change.act === "prove" ? { ...change, repositories: issue.mayPull ?? change.repositories } : change,
  );
  const { slot, madeAt } = entry.previous ?? {};
  const isEnded = mintIn(renewal.steps)?.slot === slot && (await shown(entry.identity))?.some((password) => password.slot === slot);
  const message = `${slot} of ${entry.identity} from ${madeAt} is replaced: secret/${owner.secret} held it before its current password`;
  const ended: Change[] = isEnded ? [{ act: "warn", to: { kind: "secret", name: owner.secret }, message }] : [];
  return { ...renewal, steps: [...grants, ...proven, ...ended], mayPull: issue.mayPull };
}
