import { type AnewKind, keyOf, type Ref } from "../kinds.ts";
import type { Keep } from "../plan/change.ts";
import { isAnew } from "../plan/recreate.ts";
import { type Aside, aside } from "../state/shelved.ts";
import type { Outcome } from "./outcome.ts";
import type { Bench } from "./tools.ts";

/** What a run that did not come to its end has laid aside of an object; of one that is still going only what is of it. */
export async function leftOf(to: Ref<AnewKind>, uid: string | undefined, { tools }: Bench): Promise<Aside | undefined> {
  const shelved = await aside(tools.shelf, { cluster: tools.cluster(to.context), namespace: to.namespace ?? "" }, to.kind);
  return shelved.find(({ object, uid: of }) => object.metadata.name === to.name && (uid === undefined || uid === of));
}

/** Of what stood here before an object that stands now there is nothing to bring back. */
export async function dropStale(to: Ref<AnewKind>, uid: string, { tools }: Bench): Promise<void> {
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

/** What stands again needs no manifest any more, whichever run laid it aside. */
export async function clear({ uid, path }: { readonly uid: string; readonly path: string }, { tools }: Bench): Promise<void> {
  const shelved = await tools.shelf.all();
  const same = shelved.filter((one) => one.uid === uid || one.path === path);
  await Promise.all(same.map((one) => tools.shelf.drop(one.path)));
}
