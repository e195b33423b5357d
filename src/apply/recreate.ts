import { listAll } from "../cluster/port.ts";
import { absent, CliError, Conflict } from "../errors.ts";
import { type AnewKind, keyOf, type Ref, resourceOf } from "../kinds.ts";
import type { KubeObjects } from "../objects.ts";
import { uidOf } from "../observe/namespace.ts";
import { type Aside, aside } from "../observe/shelved.ts";
import type { Keep, Recreate, Refuse } from "../plan/change.ts";
import { begunWork, hasBegun, isAnew, longestName, podsOf } from "../plan/recreate.ts";
import { planAttach, planDetach, readTarget } from "../plan/references.ts";
import { anew } from "../plan/written.ts";
import { goes, isGone, withShelf } from "./depart.ts";
import type { Outcome } from "./outcome.ts";
import { refusalOf } from "./refer.ts";
import { rehearseBeside } from "./rehearse.ts";
import { returns } from "./return.ts";
import { asCliError } from "./take-back.ts";
import type { Bench } from "./tools.ts";

const plans = { attach: planAttach, detach: planDetach };

/** Looks again this often, when others write to the object at the same time. */
const rounds = 8;

/**
 * Makes an object anew whose list of pull secrets cannot be changed. Whatever ends the run, the next one finds the object itself, or what
 * it was: its manifest is laid aside before it is deleted, until it stands again.
 */
export async function recreate(change: Recreate, bench: Bench): Promise<Outcome> {
  const { tools } = bench;
  const { kind, name } = change.to;
  // What was seen will do for the first round: if it is old by now, the deletion is refused
  let seen = bench.seen.get(keyOf(change.to)) as KubeObjects[AnewKind] | undefined;
  return tools.during(`Making ${kind.split(".")[0]} ${name} anew`, async () => {
    for (let round = 1; ; round++) {
      try {
        return await recreateOnce(change, seen, bench);
      } catch (error) {
        if (!(error instanceof Conflict) || round === rounds) throw error;
        seen = undefined;
        await tools.sleep(Math.min(50 * round, 500) * (0.5 + tools.chance()));
      }
    }
  });
}

/** @throws Conflict where what was looked at is not what is there */
async function recreateOnce(change: Recreate, seen: KubeObjects[AnewKind] | undefined, bench: Bench): Promise<Outcome> {
  const { tools } = bench;
  const { to, secret } = change;
  const cluster = tools.cluster(to.context);
  const object = seen?.metadata.uid === undefined ? await cluster.get(to) : seen;
  const left = !object || object.metadata.deletionTimestamp ? await leftOf(change, object?.metadata.uid, bench) : undefined;
  if (left) return comeBack(change, left, bench);
  // It was there a moment ago: another run, from another machine, may be about to make it
  if (!object) throw new Conflict(absent(resourceOf(to.kind), to.name).message);
  const wish = { recreate: true, force: change.force ?? false };
  const next = plans[change.does](secret, readTarget(to.kind, object, to.context), wish);
  if (next.act === "keep") return { change: next, object };
  if (next.act !== "recreate") throw refusalOf(next as Refuse);
  await refuseBegun(next, object, bench);
  await rehearseNew(next, anew(to.kind, object, next.after), bench);
  if (tools.write.dryRun) return { change: next, object: anew(to.kind, object, next.after) as typeof object };
  return replace(next, object, bench);
}

/** What a run that did not come to its end has laid aside of an object; of one that is still going only what is of it. */
async function leftOf({ to }: Recreate, uid: string | undefined, { tools }: Bench) {
  const shelved = await aside(tools.shelf, { cluster: tools.cluster(to.context), namespace: to.namespace ?? "" }, to.kind);
  return shelved.find(({ object, uid: of }) => object.metadata.name === to.name && (uid === undefined || uid === of));
}

/** The pods of a Job tell more than its counts: one that runs may not be ready. @throws CliError invalid */
async function refuseBegun({ to }: Recreate, object: KubeObjects[AnewKind], { tools }: Bench): Promise<void> {
  const labels = podsOf(to.kind, object as never);
  if (!labels) return;
  const pods = await listAll(tools.cluster(to.context), "pod", { namespace: to.namespace, labels });
  const begun = pods.find((pod) => hasBegun(pod));
  if (begun) throw new CliError("invalid", `${to.kind}/${to.name} ${begunWork}: see pod/${begun.metadata.name}`);
}

/** Quota, admission and rights speak before anything goes, and the list is to come to what it is made for. @throws CliError */
async function rehearseNew({ to, does, secret }: Recreate, manifest: object, { tools }: Bench): Promise<void> {
  const write = (at: typeof to) =>
    tools.cluster(to.context).write(at, { create: renamed(manifest, at.name) }, { ...tools.write, dryRun: true });
  const answer = await rehearseBeside(to, write, longestName(to.kind));
  const { names, account } = readTarget(to.kind, answer);
  if (names.includes(secret) === (does === "attach")) return;
  const says = `${to.kind}/${to.name} would come back ${does === "attach" ? "without" : "with"} ${secret}`;
  const fix = { do: "detach", secret, serviceaccounts: [account ?? "default"] } as const;
  throw new CliError(
    "invalid",
    does === "attach" ? `${says}: admission takes it out` : `${says}, which serviceaccount/${account} gives it`,
    {
      hint: does === "attach" ? undefined : fix,
    },
  );
}

const renamed = (manifest: object, name: string) => ({ ...manifest, metadata: { ...(manifest as { metadata: object }).metadata, name } });

async function replace(change: Recreate, object: KubeObjects[AnewKind], bench: Bench): Promise<Outcome> {
  const { tools } = bench;
  const { to, after } = change;
  const cluster = tools.cluster(to.context);
  const { uid = "", namespace = "" } = object.metadata;
  const inside = await uidOf(cluster, namespace);
  if (inside === undefined) throw absent("namespaces", namespace);
  await dropStale(to, uid, bench);
  const old = anew(to.kind, object);
  const path = await tools.shelf.put({ in: inside, uid, object: old });
  await goes({ to, object, path }, bench);
  return returns({ change, uid, path, manifest: anew(to.kind, object, after), old }, bench);
}

/** Of what stood here before an object that stands now there is nothing to bring back. */
async function dropStale(to: Ref<AnewKind>, uid: string, { tools }: Bench): Promise<void> {
  const place = { cluster: tools.cluster(to.context), namespace: to.namespace ?? "" };
  const before = await aside(tools.shelf, place, to.kind);
  const stale = before.filter((one) => one.object.metadata.name === to.name && one.uid !== uid);
  await Promise.all(stale.map((one) => tools.shelf.drop(one.path)));
}

/** What is right already, and may have been made so by a run that was killed right after. */
export async function keep({ to }: Keep, bench: Bench): Promise<Omit<Outcome, "change">> {
  const object = bench.seen.get(keyOf(to));
  const uid = object?.metadata.uid;
  if (uid !== undefined && isAnew(to) && !bench.tools.write.dryRun) await dropStale(to, uid, bench);
  return { object };
}

/** Ends what a run has begun that did not come to its end. */
async function comeBack(change: Recreate, left: Aside, bench: Bench): Promise<Outcome> {
  const { to, does, secret } = change;
  const { object, path, uid } = left;
  const next = plans[does](secret, readTarget(to.kind, object, to.context), { recreate: true, force: false });
  if (next.act !== "recreate") throw refusalOf(next as Refuse);
  const manifest = anew(to.kind, object, next.after);
  await rehearseNew(next, manifest, bench).catch((error: unknown) => {
    throw withShelf(asCliError(error), { to, path });
  });
  if (bench.tools.write.dryRun) return { change: next, object: manifest as typeof object };
  await isGone({ to, object: { ...object, metadata: { ...object.metadata, uid } }, path }, bench);
  return returns({ change: next, uid, path, manifest, old: object }, bench);
}
