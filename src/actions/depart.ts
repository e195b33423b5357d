import { CliError, Conflict, isLost } from "../errors.ts";
import { type AnewKind, nameOf, type Ref, spelled } from "../kinds.ts";
import type { KubeObjects } from "../objects.ts";
import { asCliError } from "./take-back.ts";
import type { Bench } from "./tools.ts";

/** An object that is to go, as it was looked at, and the file that has its manifest. */
export type Going = { readonly to: Ref<AnewKind>; readonly object: KubeObjects[AnewKind]; readonly path: string };

/** Seconds beyond the time that an object has to end its processes. */
const patience = 30;

/**
 * Deletes an object, only as it was looked at, and waits until its name is free.
 * @throws Conflict where it has changed since, and stands
 */
export async function goes(going: Going, bench: Bench): Promise<void> {
  const { to, object, path } = going;
  const { tools } = bench;
  const { uid = "", resourceVersion: version } = object.metadata;
  const error = await tools
    .cluster(to.context)
    .write(to, { delete: { uid, ...(version !== undefined && { version }) } }, tools.write)
    .then(() => undefined, asCliError);
  if (error && (!isLost(error) || (await stillStands(going, error, bench)))) {
    await tools.shelf.drop(path);
    // Somebody else has deleted it, so it is not ours to bring back
    throw error.kind === "notFound" ? new Conflict(error.message) : error;
  }
  await isGone(going, bench);
}

/** Whether an object was not deleted although the answer was lost. */
async function stillStands(going: Going, error: CliError, { tools }: Bench): Promise<boolean> {
  const { to, object } = going;
  const look = () => tools.cluster(to.context).get(to);
  const there = await tools.unhalted(look).catch(() => {
    throw withShelf(error, going);
  });
  return there?.metadata.uid === object.metadata.uid && !there?.metadata.deletionTimestamp;
}

/** Waits until the object that was looked at is there no more. @throws CliError timeout; cancelled */
export async function isGone(going: Going, { tools }: Bench): Promise<void> {
  const { to, object } = going;
  const leaves = (error: unknown): never => {
    throw withShelf(asCliError(error), going);
  };
  for (let waited = 0, pause = 100; ; waited += pause, pause = Math.min(2 * pause, 1000)) {
    const there = await tools
      .unhalted(() => tools.cluster(to.context).get(to))
      .catch((error: unknown) => {
        throw error instanceof CliError ? withShelf(error, going) : error;
      });
    if (there?.metadata.uid !== object.metadata.uid) return;
    const bound = (there?.metadata.deletionGracePeriodSeconds ?? 0) + patience;
    if (waited >= bound * 1000) throw stays(going, there?.metadata.finalizers ?? [], bound);
    await tools.sleep(pause).catch(leaves);
  }
}

function stays({ to, path }: Going, finalizers: readonly string[], bound: number): CliError {
  const what = nameOf(to);
  const why = finalizers.length > 0 ? `its finalizers hold it: ${finalizers.join(", ")}` : "its node does not let it go";
  const then = `the same command goes on once it has gone; what it was is in ${path}`;
  const { namespace, context } = to;
  const ends = { kubectl: `delete ${spelled(to.kind)}`, args: [to.name, "--force"], namespace, context, or: `wait: ${then}` };
  return new CliError("timeout", `${what} is deleted and still there after ${bound}s: ${why}`, {
    hint: finalizers.length > 0 ? then : ends,
  });
}

/** The error of a run that ends between the deletion and the return, with where the manifest is. */
export function withShelf(error: CliError, { to, path }: Pick<Going, "to" | "path">): CliError {
  const hint = `${nameOf(to)} is deleted and not made anew yet: the same command goes on with it; what it was is in ${path}`;
  return error.withHint(hint);
}
