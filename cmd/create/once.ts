import type { Credential, Kind, Sources } from "../../src/credential/kind.ts";
import { openWithin } from "../../src/credential/regional.ts";
import { type ClusterScope, clusterScopesOf } from "../../src/scope/places.ts";
import { readers } from "../../src/secret/readers.ts";
import { readersOf } from "../../src/state/namespace-reader.ts";
import { issueEach, issueShared, type Order } from "../../src/workflows/issue.ts";
import { type Belonging, belongingKey, belongingOf } from "../../src/workflows/take-away.ts";
import { conclude, whereOf } from "../conclude.ts";
import type { Session } from "../session.ts";
import { toolsOf } from "../tools.ts";
import { againOf } from "./again.ts";
import { noticing } from "./made.ts";
import { nextStep, stepsLeft } from "./next.ts";
import { priceOfSharing } from "./price.ts";
import { type CreateFlags, type CreateWish, podsTell, podsWanted } from "./wish.ts";

/** What a run that is kept has to remember of its rounds. */
export type Journal = {
  clusterScopes: readonly ClusterScope[];
  /** What it has written to the cluster, by what names it. */
  readonly made: Map<string, Belonging>;
  /** When the credential is to be made anew. */
  renewAt: Date | undefined;
};

export const newJournal = (): Journal => ({ clusterScopes: [], made: new Map(), renewAt: undefined });

/** What a command line asks for, and the kind of credential that it means. */
export type Asking = { readonly wish: CreateWish; readonly kind: Kind; readonly flags: CreateFlags };

/** Makes what is missing of what was asked for, in every place. @returns the exit code */
export async function makeOnce({ wish, kind, flags }: Asking, session: Session, journal: Journal): Promise<number> {
  const { name, repositories, fromPods, targets, restart, recreate, reader, scope, asked, per } = wish;
  const sources = sourcesOf(session);
  // Azure is asked while the cluster is
  const opening = openWithin(kind, asked, sources);
  opening.catch(() => undefined);
  const clusterScopes = await clusterScopesOf(scope, { ...session, writes: true });
  const first = journal.clusterScopes.length === 0;
  journal.clusterScopes = clusterScopes;
  const onePlace = whereOf(scope, clusterScopes) === "one";
  const places = () =>
    readersOf(clusterScopes, {
      secret: name,
      targets,
      pods: podsWanted(wish, onePlace),
      patience: { milliseconds: asked.wait, sleep: session.context.sleep },
      lenient: !onePlace,
      shelf: session.context.shelf,
      warns: true,
    });
  const shared = (per ?? (onePlace ? "namespace" : "scope")) === "scope";
  const order: Order = {
    name,
    repositories,
    fromPods,
    podsTell: podsTell(wish),
    restart,
    recreate,
    targets,
    again: againOf(wish, shared),
    opening,
    shape: reader && readers[reader].shape,
    needsName: kind.needsName(asked),
    tools: (credential: Credential) => toolsOf(session, flags, credential),
    dryRun: flags["dry-run"],
    refuse: per === undefined ? () => priceOfSharing(clusterScopes, kind, asked, sources) : undefined,
  };
  const outcomes = shared ? issueShared(places, clusterScopes, order) : issueEach(places(), order, toolsOf(session, flags));
  const seen = noticing(outcomes, (outcome) => {
    // What nobody will take away is not remembered: of thousands of places it would be most of the memory
    const key = belongingKey(outcome.change);
    const belonging = flags.keep ? belongingOf(outcome, journal.made.get(key)) : undefined;
    if (belonging) journal.made.set(key, belonging);
  });
  const code = await conclude(seen.outcomes, { session, flags, scope, clusterScopes });
  journal.renewAt = (await opening).renewAt?.();
  const next = nextStep(wish, { clusterScopes, host: (await opening).host, made: seen.made(), first, onePlace });
  if (next && code === 0 && flags.output === undefined && flags["dry-run"] === "none")
    for (const step of await stepsLeft(next, clusterScopes)) session.hint(step);
  return code;
}

/** Where credentials come from in a run. */
export function sourcesOf({ azure, registry, context, progress }: Session): Sources {
  return {
    azure,
    registry,
    stdin: context.stdin,
    readFile: context.readFile,
    during: progress.during,
    now: context.now,
    sleep: context.sleep,
  };
}
