import type { Azure } from "../src/azure/port.ts";
import { registryHost } from "../src/azure/registry-name.ts";
import { parseGoDuration } from "../src/duration.ts";
import { CliError, isForbidden, usage, withLines } from "../src/errors.ts";
import { plugin } from "../src/hint.ts";
import { printable } from "../src/output/printable.ts";
import { openPrinter } from "../src/output/printer.ts";
import type { PruneOptions } from "../src/secret/leftovers.ts";
import { deleteLeftovers, findLeftovers, type Leftovers } from "../src/verbs/prune.ts";
import { printOutcomes } from "./conclude.ts";
import { dryRun, type Flags, formatFlag, identityFlags, identityOf, noHeaders, registryFlag, under, type Values } from "./line/flags.ts";
import { hintAtOthers, showLeftovers, sorted } from "./prune/rows.ts";
import { type Session, toolsOf } from "./session.ts";
import { verb } from "./verb.ts";

const pruneFlags = {
  ...under("Required", { registry: registryFlag }),
  ...under("What it deletes", {
    yes: { type: "boolean", short: "y", describe: "Delete without confirmation" },
    "older-than": {
      type: "string",
      complete: ["0s", "10m", "24h"],
      value: "DURATION",
      describe: "Skip anything that changed within this time, such as 30m or 0s, because another run may not have written its Secret yet",
      fallback: "10m, or 24h with --exported",
    },
    exported: {
      type: "string",
      bare: "older",
      choices: ["older", "all"],
      describe:
        "Also delete exported credentials that no Secret holds: all but the newest of each Secret, or all. Copies of the exported Secrets " +
        "stop working. Without a value: older",
    },
    force: { type: "boolean", describe: "Also delete credentials that unreadable kube-* namespaces may hold" },
  }),
  ...identityFlags,
  output: formatFlag("leftovers"),
  ...noHeaders,
  "dry-run": dryRun["dry-run"],
} as const satisfies Flags;

type PruneFlags = Values<typeof pruneFlags>;

export const prune = verb({
  usage: "prune --registry REGISTRY",
  description: [
    "Finds ACR tokens, scope maps and passwords of applications that this plugin created and that no Secret in this cluster holds, and " +
      "federated credentials of ServiceAccounts that do not use them. Keeps everything that another cluster may use. Asks for confirmation " +
      "before it deletes anything.",
  ],
  examples: [
    "# Show unused credentials, and ask whether to delete them",
    "kubectl acr-secret prune --registry myregistry",
    "# Delete without confirmation",
    "kubectl acr-secret prune --registry myregistry --yes",
    "# Also delete credentials that were exported more than a day ago, except the newest of each Secret",
    "kubectl acr-secret prune --registry myregistry --exported --older-than 24h",
  ],
  flags: pruneFlags,
  most: 0,
  async run({ flags }, session) {
    const { registry: named, output } = flags;
    if (!named) throw usage('required flag(s) "registry" not set', plugin("prune", "--registry", "REGISTRY"));
    const { age, ...options } = optionsOf(flags);
    const azure = await session.azure(identityOf(flags));
    const found = await session.during(`Looking for leftovers in ${named}`, () => {
      const registry = azure.findRegistry(registryHost(named));
      return findLeftovers(azure, session.cluster(), { registry, options, warn: session.warn });
    });
    const { registry, removals } = found;
    const rows = sorted(found.rows);
    warnUnlisted(found, session);
    if (removals.length > 0 && (flags.yes || flags["dry-run"] !== "none")) return remove(found, azure, flags, session);
    const isComplete = found.unlisted === undefined && found.unchecked.length === 0;
    await showLeftovers(rows, { ...flags, olderThan: age, isComplete }, session);
    hintAtOthers(rows, { age, ...options }, session);
    const code = codeOf(found);
    if (removals.length === 0) return code;
    if (output !== undefined || !session.terminal) {
      session.stderr.write(`${removals.length} would be removed; add --yes\n`);
      return code;
    }
    const yes = await session.terminal.confirm(`Remove ${removals.length} from registry ${printable(registry.name)}? [y/N] `);
    if (!yes) throw new CliError("cancelled", "aborted; nothing was removed");
    return remove(found, azure, flags, session);
  },
});

/** `age`: the value of --older-than, in words. An export may be applied long after it was printed. */
function optionsOf({ exported, force = false, "older-than": given }: PruneFlags): PruneOptions & { readonly age: string } {
  const age = given ?? (exported === undefined ? "10m" : "24h");
  const olderThan = parseGoDuration(age);
  if (olderThan === undefined) throw usage(`invalid --older-than "${age}": must be a duration, such as 30m or 0s`);
  return { exports: exported ?? "none", force, olderThan, age };
}

function warnUnlisted({ unlisted, needsForce }: Leftovers, { warn, hint }: Session): void {
  if (unlisted) warn(withLines("credentials for this cluster are kept because its Secrets could not be listed", unlisted.message));
  if (needsForce) hint("if no Secret there has a login of this plugin, add --force");
}

/** A user without the rights on service principals can still delete tokens, so a 403 is no failure there. */
const codeOf = ({ unlisted, unchecked }: Leftovers): number =>
  Number(unlisted !== undefined || unchecked.some((error) => !isForbidden(error)));

/** Deletes leftovers, and prints the outcomes. @returns the exit code */
async function remove(found: Leftovers, azure: Azure, flags: PruneFlags, session: Session): Promise<number> {
  const { "dry-run": dryRun } = flags;
  const tools = toolsOf(session, { "dry-run": dryRun, "field-manager": "", force: flags.force });
  const form = flags.output === "wide" ? undefined : flags.output;
  const printer = openPrinter(form, { ...session, dryRun, where: "one", managedFields: false, inAzure: true });
  const { failures } = await printOutcomes(deleteLeftovers(found, azure, tools), session, { printer, where: "one", total: 0 });
  if (!session.interrupted()) return failures > 0 ? 1 : codeOf(found);
  session.stderr.write("interrupted. Run the same command again to continue.\n");
  return 130;
}
