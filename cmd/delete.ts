import { kindCalled } from "../src/credential/kinds.ts";
import { plugin } from "../src/hint.ts";
import { keyOf } from "../src/kinds.ts";
import type { Outcome } from "../src/outcome.ts";
import { registryName } from "../src/registry/login-server.ts";
import { credentialOf } from "../src/secret/record.ts";
import { noSecret, onlySecret } from "../src/usage/pull-secrets.ts";
import { type DeleteOrder, remove } from "../src/verbs/delete.ts";
import type { Question } from "../src/verbs/question.ts";
import { nameInPlace } from "../src/wording.ts";
import { conclude, endsLogin, printsHints } from "./conclude.ts";
import { confirmDeletion, mustAsk, openQuestion } from "./confirm.ts";
import { holdersOf } from "./holders.ts";
import { type Flags, identityFlags, identityOf, under, type Values, wordsOf, writeOutput } from "./line/flags.ts";
import { secrets } from "./line/known.ts";
import { secretName } from "./line/names.ts";
import { revokerOf } from "./recorded-credential.ts";
import { toolsOf } from "./session.ts";
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
        "Delete the Secret even if pods need it, another tool created it, or it holds other logins. With --revoke: also if another pull Secret holds the credential",
    },
    yes: { type: "boolean", short: "y", describe: "Skip the confirmation. Required without a terminal" },
    "ignore-not-found": { type: "boolean", describe: "Succeed if the Secret doesn't exist" },
  }),
  ...identityFlags,
  ...writeOutput,
} as const satisfies Flags;

type DeleteFlags = Values<typeof deleteFlags>;

export const deletion = verb({
  usage: "delete [SECRET]",
  description: [
    "Removes all references to the Secret in the namespace, and its copies in other namespaces with their references, then deletes it. Does " +
      "nothing while pods need the Secret.",
    "Asks for confirmation in a terminal. Scripts must pass --yes.",
  ],
  examples: [
    "# Delete the only pull secret of the namespace",
    "kubectl acr-secret delete",
    "# Also delete its ACR token",
    "kubectl acr-secret delete acr-myregistry --revoke",
    "# Show what would be deleted",
    "kubectl acr-secret delete acr-myregistry --revoke --dry-run=client",
    "# Delete it without confirmation",
    "kubectl acr-secret delete acr-myregistry --revoke --yes",
  ],
  flags: deleteFlags,
  most: 1,
  complete: secrets,
  async run({ flags, args }, session) {
    const [named] = args.map(secretName);
    const again = plugin("delete", named, wordsOf(deleteFlags, { ...flags, yes: true }));
    const cluster = session.cluster();
    const namespace = await cluster.namespace();
    const name = named ?? (await onlySecret(cluster, namespace, { ...plugin("list"), namespace }));
    const order: DeleteOrder = {
      to: { kind: "secret", name, namespace },
      revoke: flags.revoke,
      open: revokerOf(identityOf(flags), session),
      holders: holdersOf(session),
    };
    const { shown, anything } = openQuestion();
    async function* run(dryRun: DeleteFlags["dry-run"], confirmed: Question): AsyncGenerator<Outcome> {
      let isFound = false;
      let hasSecret = false;
      for await (const outcome of remove({ ...order, confirmed }, toolsOf(session, { ...flags, "dry-run": dryRun }))) {
        isFound = true;
        hasSecret ||= keyOf(outcome.to) === keyOf(order.to);
        yield outcome;
      }
      const isFine = isFound || flags["ignore-not-found"] || session.interrupted();
      if (!isFine) throw noSecret(name, plugin("list"));
      if (flags.revoke && isFound && !hasSecret && !session.interrupted()) yield notRevoked(order.to, flags);
    }
    const asks = mustAsk(flags);
    if (asks) await confirmDeletion(session, run("client", anything), { home: namespace, output: flags.output, again });
    const registries = new Set<string>();
    async function* outcomes(): AsyncGenerator<Outcome> {
      for await (const outcome of run(flags["dry-run"], asks ? shown : anything)) {
        for (const registry of leftBy(outcome)) registries.add(registry);
        yield outcome;
      }
    }
    // Objects in Azure have no namespace
    const endsAccess = (outcome: Outcome) => outcome.to.namespace === undefined && endsLogin(outcome);
    const printing = { ...flags, home: namespace, endsAccess };
    const code = await conclude(outcomes(), session, printing, { namespaces: [namespace], open: false });
    if (flags.revoke || registries.size === 0 || !printsHints(code, flags)) return code;
    session.hint("the objects that were created for it in Azure still exist. To list them, run:");
    for (const registry of registries) session.hint(plugin("prune", "--registry", registry));
    return code;
  },
});

/** Only the Secret records its credential. */
function notRevoked(to: DeleteOrder["to"], flags: DeleteFlags): Outcome {
  const messages = [`${nameInPlace(to)} does not exist, so nothing was revoked. To find its credential, run`];
  const left = flags["ignore-not-found"] ? undefined : "failed";
  return { to, messages, fix: plugin("prune", "--registry", "REGISTRY"), left };
}

/** Returns the registry that still contains objects that were created for a deleted Secret. */
function leftBy({ result, before, error }: Outcome): readonly string[] {
  const credential = !error && result === "deleted" && before?.kind === "Secret" ? credentialOf(before) : undefined;
  if (!credential || kindCalled(credential.kind)?.notRenewable !== undefined) return [];
  const registry = registryName(credential.host);
  return registry === undefined ? [] : [registry];
}
