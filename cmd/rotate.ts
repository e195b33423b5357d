import { notDue } from "../src/plan/due.ts";
import { rotationsOf } from "../src/plan/rotation.ts";
import { type ClusterScope, clusterScopesOf } from "../src/scope/places.ts";
import { notedIn } from "../src/state/noted.ts";
import { clusterScopesOf as clusterScopesHolding } from "../src/workflows/rotate-places.ts";
import { conclude } from "./conclude.ts";
import { secrets } from "./line/known.ts";
import { scopeOf } from "./line/scope-flags.ts";
import { rotateAll } from "./rotate/all.ts";
import { foreignOnly, isMeant, managedElsewhere, nothingToRotate, unable } from "./rotate/meant.ts";
import { readRotateOptions, rotateFlags } from "./rotate/options.ts";
import { openSkips, unableReasons } from "./rotate/skips.ts";
import { verb } from "./verb.ts";

export const rotate = verb({
  usage: "rotate [SECRET]",
  description:
    "Makes a second password beside the one that the Secret holds, proves that it pulls, and gives it to every Secret that holds the same " +
    "credential, in whatever namespace of the clusters at hand. The password before stays until the next rotation, or as long as --grace says, and " +
    "always as long as any Secret holds it. Without SECRET every Secret of this plugin in the scope is rotated. What was interrupted goes on with " +
    "the same command.",
  examples: [
    "# Another password for the credential of this Secret, wherever it is held",
    "kubectl acr-secret rotate acr-myregistry",
    "# In a schedule: passwords older than 60 days, and those that expire within two weeks, in the whole cluster",
    "kubectl acr-secret rotate -A --older-than 60d --expiring-within 14d",
    "# A password that has leaked: retire it as soon as every Secret has the new one",
    "kubectl acr-secret rotate acr-myregistry --grace 0",
    "# Look first",
    "kubectl acr-secret rotate -A --dry-run=client",
  ],
  flags: rotateFlags,
  most: 1,
  complete: secrets,
  async run({ flags, args }, session) {
    const options = readRotateOptions(flags, args, session.context.now());
    const scope = scopeOf(flags);
    const clusterScopes = await clusterScopesOf(scope, { ...session, writes: true });
    const all = await notedIn(clusterScopes, () => true, { force: flags.force });
    const isWanted = isMeant(options, clusterScopes);
    const rotations = rotationsOf(all.noted, isWanted);
    const able = rotations.filter((rotation) => unable(rotation) === undefined);
    const [refusal] = rotations.flatMap((rotation) => unable(rotation) ?? []);
    const foreign = foreignOnly(all, rotations, isWanted);
    const refused = foreign.filter((one) => notDue([one], options).length === 0).map(managedElsewhere);
    if (able.length === 0 && (refusal || foreign.length === 0)) throw refusal ?? (await nothingToRotate(options, clusterScopes, all));
    if (able.length === 0 && refused[0]) throw refused[0];
    for (const { message, hint } of refused) {
      session.warn(message);
      if (hint !== undefined) session.hint(hint);
    }
    const skips = openSkips(flags);
    for (const rotation of rotations.filter(unable)) skips.add(unableReasons(rotation, options));
    const outcomes = rotateAll(able, { ...all, clusterScopes, options, flags, skips }, session);
    const code = await conclude(outcomes, { session, flags, scope, clusterScopes: holding(able, clusterScopes) });
    session.context.stderr.write(skips.lines());
    return code;
  },
});

/** Where lines of outcomes can be from: a credential may be held beyond the places that were named. */
function holding(rotations: Parameters<typeof rotateAll>[0], clusterScopes: readonly ClusterScope[]): readonly ClusterScope[] {
  const held = clusterScopesHolding({ members: rotations.flatMap(({ members }) => members) });
  const open = clusterScopes.some((clusterScope) => clusterScope.open);
  return held.length > 0 ? held.map((clusterScope) => ({ ...clusterScope, open })) : clusterScopes;
}
