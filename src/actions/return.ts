import { CliError, Conflict, isLost } from "../errors.ts";
import { type AnewKind, nameOf } from "../kinds.ts";
import type { KubeObjects } from "../objects.ts";
import type { Recreate } from "../plan/change.ts";
import { readTarget } from "../plan/references.ts";
import { withShelf } from "./depart.ts";
import type { Outcome } from "./outcome.ts";
import { clear } from "./shelf.ts";
import { asCliError } from "./take-back.ts";
import type { Bench } from "./tools.ts";

/** What is to stand in the place of an object that is gone: its manifest, and that of the object as it was, which lies at `path`. */
export type Returning = {
  readonly change: Recreate;
  readonly uid: string;
  readonly path: string;
  readonly manifest: object;
  readonly old: object;
};

/** Writes that come to nothing because of others are tried this often. */
const rounds = 5;

/**
 * Makes an object anew that is gone, also after an interruption. Where the API server refuses it after all, the one that was there comes
 * back as it was.
 * @throws Conflict where another stands in its place that is not as it should be
 */
export async function returns(returning: Returning, bench: Bench): Promise<Outcome> {
  const { change, manifest } = returning;
  const made = await tried(returning, manifest, bench);
  if (made instanceof CliError) throw await putBack(returning, made, bench);
  const { names } = readTarget(change.to.kind, made as never);
  await clear(returning, bench);
  const right = names.includes(change.secret) === (change.does === "attach");
  if (!right) throw new Conflict(`another ${nameOf(change.to)} has been made in the meantime`);
  return { change, object: made };
}

/** @returns what then stands under the name, whoever made it; or why nothing does */
async function tried(returning: Returning, create: object, bench: Bench): Promise<KubeObjects[AnewKind] | CliError> {
  const { tools } = bench;
  const { to } = returning.change;
  const write = () => tools.cluster(to.context).write(to, { create }, tools.write);
  for (let round = 1; ; round++) {
    const made = await tools.unhalted(write).catch(asCliError);
    if (!(made instanceof CliError) || !isOpen(made)) return made;
    const there = await standing(returning, made, bench);
    if (there || round === rounds) return there ?? made;
  }
}

/** Another may stand there, or the answer was lost: only a look tells. */
const isOpen = (error: CliError): boolean => error instanceof Conflict || isLost(error);

/** @throws CliError where nobody knows what stands there */
function standing({ change: { to }, path }: Returning, error: CliError, { tools }: Bench) {
  return tools
    .unhalted(() => tools.cluster(to.context).get(to))
    .catch(() => {
      throw withShelf(error, { to, path });
    });
}

/** @returns the error of the run, with what became of the object */
async function putBack(returning: Returning, error: CliError, bench: Bench): Promise<CliError> {
  const { change, old } = returning;
  const back = await tried(returning, old, bench).catch(() => error);
  if (back instanceof CliError) return withShelf(error, { to: change.to, path: returning.path });
  await clear(returning, bench);
  const hint = `${nameOf(change.to)} stands again as it was`;
  return error.withHint(hint);
}
