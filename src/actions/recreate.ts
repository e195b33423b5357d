import { absent, Conflict } from "../errors.ts";
import { type AnewKind, keyOf, resourceOf } from "../kinds.ts";
import type { KubeObjects } from "../objects.ts";
import type { Recreate, Refuse } from "../plan/change.ts";
import { planAttach, planDetach, readTarget } from "../plan/references.ts";
import { anew } from "../plan/written.ts";
import { uidOf } from "../state/namespace.ts";
import type { Aside } from "../state/shelved.ts";
import { goes, isGone, withShelf } from "./depart.ts";
import type { Outcome } from "./outcome.ts";
import { refusalOf } from "./refer.ts";
import { refuseBegun, rehearseNew } from "./rehearse-anew.ts";
import { returns } from "./return.ts";
import { dropStale, leftOf } from "./shelf.ts";
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
  const left = !object || object.metadata.deletionTimestamp ? await leftOf(to, object?.metadata.uid, bench) : undefined;
  if (left) return comeBack(change, left, bench);
  // It was there a moment ago: another run, from another machine, may be about to make it
  if (!object) throw new Conflict(absent(resourceOf(to.kind), to.name).message);
  const options = { recreate: true, force: change.force ?? false };
  const next = plans[change.does](secret, readTarget(to.kind, object, to.context), options);
  if (next.act === "keep") return { change: next, object };
  if (next.act !== "recreate") throw refusalOf(next as Refuse);
  await refuseBegun(next, object, bench);
  await rehearseNew(next, anew(to.kind, object, next.after), bench);
  if (tools.write.dryRun) return { change: next, object: anew(to.kind, object, next.after) as typeof object };
  return replace(next, object, bench);
}

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
