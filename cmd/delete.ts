import { Claims } from "../src/actions/claims.ts";
import { isDone, type Outcome } from "../src/actions/outcome.ts";
import { allReported } from "../src/actions/reported.ts";
import { isMadeInAzure } from "../src/credential/kinds.ts";
import { type CliError, usage } from "../src/errors.ts";
import { planDelete } from "../src/plan/delete.ts";
import { registryName } from "../src/registry/login-server.ts";
import { type ClusterScope, clusterScopeOf, noneMatches } from "../src/scope/cluster-scopes.ts";
import { readersOf } from "../src/usage/namespace-reader.ts";
import { deletionFacts } from "../src/usage/plan-input.ts";
import { noSecret } from "../src/usage/pull-secrets.ts";
import { everything } from "../src/usage/targets.ts";
import { openFirst, revoking } from "../src/workflows/delete.ts";
import { runUnit } from "../src/workflows/unit.ts";
import { conclude, printsHints, whereOf } from "./conclude.ts";
import { confirmDeletion } from "./delete/confirm.ts";
import { type Flags, identityFlags, identityOf, under, type Values, writeOutput } from "./line/flags.ts";
import { secrets } from "./line/known.ts";
import { scopeFlags, scopeOf } from "./line/scope-flags.ts";
import { opener } from "./recorded-credential.ts";
import { nameOfSecret } from "./run-on-targets.ts";
import { type Session, toolsOf } from "./session.ts";

import { verb } from "./verb.ts";

const deleteFlags = {
  ...under("What it deletes", {
    revoke: {
      type: "boolean",
      describe:
        "Also delete in Azure what the plugin created for the Secret and nothing else uses: passwords, token, scope map, role, application",
    },
    force: {
      type: "boolean",
      describe:
        "Delete the Secret even if pods need it, another tool created it, or it holds other logins. With --revoke: also if another cluster may use the credential",
    },
    yes: { type: "boolean", short: "y", describe: "Skip the confirmation. Required without a terminal" },
    "ignore-not-found": { type: "boolean", describe: "Succeed if the Secret doesn't exist" },
  }),
  ...scopeFlags,
  ...identityFlags,
  ...writeOutput,
} as const satisfies Flags;

type DeleteFlags = Values<typeof deleteFlags>;

export const deletion = verb({
  usage: "delete [SECRET]",
  description: [
    "Removes all references to the Secret in the namespace, then deletes it. Does nothing while pods need the Secret.",
    "Asks for confirmation in a terminal. Scripts must pass --yes.",
  ],
  examples: [
    "# Delete the only pull secret of the namespace",
    "kubectl acr-secret delete",
    "# Also delete its ACR token",
    "kubectl acr-secret delete acr-myregistry --revoke",
    "# Show what would be deleted",
    "kubectl acr-secret delete acr-myregistry --revoke --dry-run=client",
    "# Delete it in all namespaces, without confirmation",
    "kubectl acr-secret delete acr-myregistry -A --revoke --yes",
  ],
  flags: deleteFlags,
  most: 1,
  complete: secrets,
  async run({ flags, args: [named] }, session) {
    const asks = !flags.yes && flags["dry-run"] === "none";
    if (asks && (flags.output !== undefined || !session.terminal)) throw yesRequired(flags, named);
    const clusterScope = await clusterScopeOf(scopeOf(flags), { ...session, writes: true });
    const secret = named ?? (await nameOfSecret(clusterScope, { verb: "list", namespace: clusterScope.namespaces[0] }));
    const where = whereOf(clusterScope);
    const open = opener(identityOf(flags), session);
    const deleting = { secret, clusterScope, flags, open, session };
    if (asks) await confirmDeletion(session, allReported(deleteSecrets(deleting, "client")), where);
    const notFound = () => {
      if (flags["ignore-not-found"] || session.interrupted()) return undefined;
      return clusterScope.namespaces.length === 0 ? noneMatches() : noSecret(secret, { verb: "list" });
    };
    const registries = new Set<string>();
    async function* recorded(): AsyncGenerator<Outcome> {
      let isFound = false;
      for await (const outcome of deleteSecrets(deleting, flags["dry-run"])) {
        isFound = true;
        for (const registry of leftoversOf(outcome)) registries.add(registry);
        yield outcome;
      }
      const error = isFound ? undefined : notFound();
      if (error) throw error;
    }
    const code = await conclude(allReported(recorded()), session, flags, clusterScope);
    if (flags.revoke || registries.size === 0 || !printsHints(code, flags)) return code;
    session.hint("the objects that were created for it in Azure still exist. To list them, run:");
    for (const registry of registries) session.hint({ verb: "prune", registry });
    return code;
  },
});

/** Returns the error for a command that must ask and cannot. */
const yesRequired = (flags: DeleteFlags, secret: string | undefined): CliError =>
  usage("cannot ask for confirmation without a terminal or with -o; add --yes", {
    verb: "delete",
    secret,
    revoke: flags.revoke,
    force: flags.force,
    ignoreNotFound: flags["ignore-not-found"],
    scope: scopeOf(flags),
    identity: identityOf(flags),
    yes: true,
  });

type Deleting = {
  readonly secret: string;
  readonly clusterScope: ClusterScope;
  readonly flags: DeleteFlags;
  readonly open: ReturnType<typeof opener>;
  readonly session: Session;
};

/** Deletes the Secret in every namespace, or shows what that would change. */
function deleteSecrets({ secret, clusterScope, flags, open, session }: Deleting, dryRun: DeleteFlags["dry-run"]): AsyncIterable<Outcome> {
  const tools = toolsOf(session, { ...flags, "dry-run": dryRun });
  const order = { secret, targets: { picks: everything, whereUsed: false }, pods: "all", lenient: true } as const;
  const places = readersOf(clusterScope, order);
  const { force, revoke } = flags;
  const each = (state: Parameters<typeof deletionFacts>[0]) =>
    planDelete(deletionFacts(state, secret, tools.write.fieldManager), { force, revoke });
  if (!revoke) return runUnit({ each }, places, tools);
  const claims = new Claims(tools);
  return revoking(runUnit({ claims, each }, openFirst(places, open), tools), { clusterScope, tools, claims, open });
}

/** Returns the registries that still contain objects that were created for the deleted Secret. */
function leftoversOf(outcome: Outcome): string[] {
  if (!isDone(outcome) || (outcome.change.act !== "remove" && outcome.change.act !== "withdraw")) return [];
  return outcome.change.entries.filter(({ kind }) => isMadeInAzure(kind)).flatMap(({ hosts: [host = ""] }) => registryName(host) ?? []);
}
