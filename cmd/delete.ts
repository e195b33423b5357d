import type { Outcome } from "../src/actions/outcome.ts";
import { newRun } from "../src/actions/tools.ts";
import type { Delete } from "../src/fix.ts";
import { planDelete } from "../src/plan/delete.ts";
import { type ClusterScope, clusterScopesOf } from "../src/scope/places.ts";
import { readEntries } from "../src/secret/entry.ts";
import { deletionFacts } from "../src/state/deletion.ts";
import { type NamespaceReader, readersOf } from "../src/state/namespace-reader.ts";
import { noSecret } from "../src/state/secrets.ts";
import { everything } from "../src/state/targets.ts";
import { revoking } from "../src/workflows/revoke.ts";
import { runUnit } from "../src/workflows/unit.ts";
import { conclude, whereOf } from "./conclude.ts";
import { sourcesOf } from "./create/once.ts";
import { askFirst, requireAnswer } from "./delete/ask.ts";
import { type DeleteFlags, deleteFlags } from "./delete/flags.ts";
import { foundAny } from "./delete/found.ts";
import { noticingLeft } from "./delete/left.ts";
import { type Open, opener } from "./delete/open.ts";
import { identityOf, saidIdentity } from "./line/identity-flags.ts";
import { secrets } from "./line/known.ts";
import { scopeOf } from "./line/scope-flags.ts";
import { nameOfSecret } from "./secret-name.ts";
import type { Session } from "./session.ts";
import { toolsOf } from "./tools.ts";
import { verb } from "./verb.ts";

export const deletion = verb({
  usage: "delete [SECRET]",
  description:
    "First the name goes out of every ServiceAccount and every template of the namespace, then the Secret. Of a Secret that somebody else " +
    "made, and that a login was added to, only that login goes. Nothing is done while pods need the Secret. At a terminal you are asked " +
    "before; elsewhere --yes has to be there.",
  examples: [
    "# The only pull secret of the namespace",
    "kubectl acr-secret delete",
    "# With the ACR token that was made for it",
    "kubectl acr-secret delete acr-myregistry --revoke",
    "# See what would go",
    "kubectl acr-secret delete acr-myregistry --revoke --dry-run=client",
    "# Everywhere, without a question",
    "kubectl acr-secret delete acr-myregistry -A --revoke --yes",
  ],
  flags: deleteFlags,
  most: 1,
  complete: secrets,
  async run({ flags, args: [named] }, session) {
    const scope = scopeOf(flags);
    const asks = !flags.yes && flags["dry-run"] === "none";
    if (asks) requireAnswer(session, flags.output, againOf(flags, named));
    const clusterScopes = await clusterScopesOf(scope, { ...session, writes: true });
    const secret = named ?? (await nameOfSecret(clusterScopes, { do: "list", namespace: clusterScopes[0]?.namespaces[0] }));
    const where = whereOf(scope, clusterScopes);
    const open = opener(identityOf(flags), sourcesOf(session));
    const deleting = { secret, clusterScopes, flags, open, session };
    if (asks) await askFirst(session, deleted(deleting, "client"), where);
    const nowhere = () => (flags["ignore-not-found"] || session.context.interruption.halted ? undefined : noSecret(secret, { do: "list" }));
    const left = noticingLeft(foundAny(deleted(deleting, flags["dry-run"]), nowhere));
    const code = await conclude(left.outcomes, { session, flags, scope, clusterScopes });
    const tells = code === 0 && !flags.revoke && flags.output === undefined && flags["dry-run"] === "none";
    const leftovers = tells ? left.left() : [];
    if (leftovers.length > 0) session.hint("what was created for it in Azure still exists");
    for (const fix of leftovers) session.hint(fix);
    return code;
  },
});

type Deleting = {
  readonly secret: string;
  readonly clusterScopes: readonly ClusterScope[];
  readonly flags: DeleteFlags;
  readonly open: Open;
  readonly session: Session;
};

/** Deletes in every place, or shows what that would be. */
function deleted({ secret, clusterScopes, flags, open, session }: Deleting, dryRun: DeleteFlags["dry-run"]): AsyncIterable<Outcome> {
  const tools = toolsOf(session, { ...flags, "dry-run": dryRun });
  const order = { secret, targets: { picks: everything, whereUsed: false }, pods: "all", lenient: true } as const;
  const places = readersOf(clusterScopes, order);
  const { force, revoke } = flags;
  const each = (state: Parameters<typeof deletionFacts>[0]) =>
    planDelete(deletionFacts(state, secret, tools.write.fieldManager), { force, revoke });
  const run = newRun();
  const unit = { before: [], demand: [], run, each, ...(revoke && { goesOn: true as const }) };
  if (!revoke) return runUnit(unit, places, tools, dryRun);
  return revoking(runUnit(unit, openedIn(places, open), tools, dryRun), { clusterScopes, tools, dryRun, run, open });
}

/** Nothing is changed in a place before what its Secret notes can be revoked: who is not signed in to Azure finds out first. */
async function* openedIn(places: AsyncIterable<NamespaceReader>, open: Open): AsyncGenerator<NamespaceReader> {
  for await (const { place, read: look } of places)
    yield {
      place,
      read: async () => {
        const state = await look();
        const entries = (state.secret && readEntries(state.secret)) ?? [];
        for (const entry of entries) await open({ entry, host: entry.hosts[0] ?? "" });
        return state;
      },
    };
}

/** The same command, for a line to type. */
const againOf = (flags: DeleteFlags, secret: string | undefined): Delete => ({
  do: "delete",
  secret,
  revoke: flags.revoke,
  force: flags.force,
  ignoreNotFound: flags["ignore-not-found"],
  scope: scopeOf(flags),
  ...saidIdentity(identityOf(flags)),
});
