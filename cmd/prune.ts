import { allReported } from "../src/actions/reported.ts";
import type { AzureRegistry, SignInOptions } from "../src/azure/port.ts";
import type { Remover } from "../src/credential/kind.ts";
import { orphanedRoles } from "../src/credential/service-principal/roles.ts";
import { parseGoDuration } from "../src/duration.ts";
import { CliError, usage, withLines } from "../src/errors.ts";
import { printable } from "../src/output/printable.ts";
import { openPrinter } from "../src/output/printer.ts";
import { planPrune, type Removal, removalsOf } from "../src/plan/prune.ts";
import { memoize, once } from "../src/scope/concurrency.ts";
import { findLeftovers, type Leftovers, readHeld } from "../src/workflows/find-leftovers.ts";
import { type Pruning, pruning } from "../src/workflows/prune.ts";
import { printOutcomes } from "./conclude.ts";
import { createFlags, registryHost } from "./create/options.ts";
import { dryRun, type Flags, formatFlag, identityFlags, identityOf, noHeaders, under, type Values } from "./line/flags.ts";
import { openRecorded } from "./prune/recorded.ts";
import { hintAtOthers, showLeftovers, sorted } from "./prune/rows.ts";
import { type Session, toolsOf } from "./session.ts";
import { verb } from "./verb.ts";

const pruneFlags = {
  registry: createFlags.registry,
  ...under("What it deletes", {
    yes: { type: "boolean", short: "y", describe: "Delete without confirmation" },
    "older-than": {
      type: "string",
      complete: ["0s", "10m", "1h"],
      default: "10m",
      value: "DURATION",
      describe: "Skip anything that changed within this time, such as 30m or 0s, because another run may not have written its Secret yet",
    },
    "include-unknown": {
      type: "boolean",
      describe: "Also delete credentials without a recorded cluster, which older versions created. Another cluster may use them",
    },
    "include-exported": {
      type: "boolean",
      describe: "Also delete exported credentials that no Secret holds. Copies of the exported Secrets stop working",
    },
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
    "Finds ACR tokens, scope maps and passwords of applications that this plugin created and that no Secret in this cluster holds. " +
      "Keeps everything that another cluster may use. Asks for confirmation before it deletes anything.",
  ],
  examples: [
    "# Show unused credentials, and ask whether to delete them",
    "kubectl acr-secret prune --registry myregistry",
    "# Delete without confirmation",
    "kubectl acr-secret prune --registry myregistry --yes",
  ],
  flags: pruneFlags,
  most: 0,
  async run({ flags }, session) {
    const { registry: named, output } = flags;
    if (!named) throw usage('required flag(s) "registry" not set', { verb: "prune", registry: "REGISTRY" });
    const olderThan = parseGoDuration(flags["older-than"]);
    if (olderThan === undefined) throw usage(`invalid --older-than "${flags["older-than"]}": must be a duration, such as 30m or 0s`);
    const options = { includeUnknown: flags["include-unknown"], includeExported: flags["include-exported"], olderThan };
    const cluster = session.cluster();
    const { registry, made, holders, now } = await session.during(`Looking for leftovers in ${named}`, async () => {
      const azure = await session.azure(identityOf(flags));
      return findLeftovers(azure, azure.findRegistry(registryHost(named)), cluster, session.warn);
    });
    const rows = sorted(planPrune(made, { ...holders, now }, options));
    warnUnlisted(holders, session);
    const removals = removalsOf(rows);
    const readAgain = async () => ({ ...(await readHeld(cluster)), now });
    const removing = { options, look: readAgain, remover: removers(registry, identityOf(flags), session) };
    if (removals.length > 0 && (flags.yes || flags["dry-run"] !== "none")) return remove(removals, removing, flags, session);
    await showLeftovers(rows, flags, session);
    hintAtOthers(rows, flags["older-than"], session);
    if (removals.length === 0) return 0;
    if (output !== undefined || !session.terminal) {
      session.stderr.write(`${removals.length} would be removed; add --yes\n`);
      return 0;
    }
    const yes = await session.terminal.confirm(`Remove ${removals.length} from registry ${printable(registry.name)}? [y/N] `);
    if (!yes) throw new CliError("cancelled", "aborted; nothing was removed");
    return remove(removals, removing, flags, session);
  },
});

function warnUnlisted({ unlisted }: Leftovers["holders"], { warn }: Session): void {
  if (unlisted) warn(withLines("credentials for this cluster are kept because its Secrets could not be listed", unlisted.message));
}

type Removing = Omit<Pruning, "tools">;

/** Removes leftovers, and prints the outcomes. @returns the exit code */
async function remove(removals: readonly Removal[], removing: Removing, flags: PruneFlags, session: Session): Promise<number> {
  const { "dry-run": dryRun } = flags;
  const tools = toolsOf(session, { "dry-run": dryRun, "field-manager": "" });
  const form = flags.output === "wide" ? undefined : flags.output;
  const printer = openPrinter(form, { ...session, dryRun, where: "one", managedFields: false, inAzure: true });
  const { failures } = await printOutcomes(allReported(pruning(removals, { ...removing, tools })), session, {
    printer,
    where: "one",
    total: 0,
  });
  if (!session.interrupted()) return failures > 0 ? 1 : 0;
  session.stderr.write("interrupted. Run the same command again to continue.\n");
  return 130;
}

/** Returns the remover of an object: that of its kind of credential, which is opened once. */
function removers(registry: AzureRegistry, identity: SignInOptions, session: Session): Pruning["remover"] {
  const roles = once(async () => orphanedRoles(await session.azure(identity), registry));
  const opened = new Map<string, Promise<Remover>>();
  return async (removal) => (removal.lost ? roles() : memoize(opened, removal.kind, () => open(removal)));

  async function open(removal: Removal): Promise<Remover> {
    const { apply, removal: command, lifecycle } = await openRecorded(removal, { registry: registry.id, identity }, session);
    return { apply, removal: command, plan: async (of) => (await lifecycle?.revoke(of.identity, of.passwords)) ?? [] };
  }
}
