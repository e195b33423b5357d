import type { DryRun, Outcome } from "../../src/actions/outcome.ts";
import type { AzureRegistry, SignInOptions } from "../../src/azure/port.ts";
import type { Asked, Credential } from "../../src/credential/kind.ts";
import { kindNamed } from "../../src/credential/kinds.ts";
import { lostRoles, type Remover, removerOf } from "../../src/credential/remover.ts";
import { deletionWait } from "../../src/credential/retry.ts";
import { CliError } from "../../src/errors.ts";
import { nameOf } from "../../src/kinds.ts";
import { jsonLine } from "../../src/output/jsonl.ts";
import { printData } from "../../src/output/object.ts";
import { printable } from "../../src/output/printable.ts";
import { openPrinter, type Printer } from "../../src/output/printer.ts";
import { openTally } from "../../src/output/tally.ts";
import type { PruneFacts, PruneOptions, Removal } from "../../src/plan/prune.ts";
import { type Pruning, pruning } from "../../src/workflows/prune.ts";
import type { Session } from "../session.ts";
import { sourcesOf, toolsOf } from "../tools.ts";
import type { PruneFlags } from "./flags.ts";

export type Removing = {
  readonly registry: AzureRegistry;
  readonly identity: SignInOptions;
  readonly flags: PruneFlags;
  readonly options: PruneOptions;
  look(): Promise<PruneFacts>;
};

/** Removes what is left over, and prints what becomes of it. @returns the exit code */
export async function remove(removals: readonly Removal[], how: Removing, session: Session): Promise<number> {
  const { flags, options, look } = how;
  const { "dry-run": dryRun } = flags;
  const tools = toolsOf(session, { "dry-run": dryRun, "field-manager": "" });
  const printer = printerOf(flags, session);
  const pruned: Pruning = { tools, options, look, remover: removers(how, session) };
  const tally = openTally();
  try {
    for await (const outcome of pruning(removals, pruned)) {
      tally.count(outcome);
      await printer.print(outcome);
    }
  } finally {
    await printer.end();
  }
  const { interruption, stderr } = session.context;
  if (!interruption.halted) return tally.failures > 0 ? 1 : 0;
  stderr.write("interrupted. The same command goes on from here.\n");
  return 130;
}

/** Who takes what away: what is of a kind of credential, that kind, which is opened once. */
function removers({ registry, identity }: Removing, session: Session): Pruning["remover"] {
  const roles = session.azure(identity).then((azure) => lostRoles(azure, registry));
  const opened = new Map<string, Promise<Remover>>();
  return async ({ kind, identity: of, lost }: Removal) => {
    if (lost) return roles;
    const known = opened.get(kind) ?? open(kind, of).then(removerOf);
    opened.set(kind, known);
    return known;
  };

  async function open(name: string, of: string): Promise<Credential> {
    const kind = kindNamed(name);
    if (!kind || typeof kind.noted === "string") throw new CliError("internal", `no ${name} can be taken away`);
    const again = { verb: "create", registry: registry.id } as const;
    const asked: Asked = {
      flags: kind.noted({ identity: of }),
      registry: registry.id,
      identity,
      verify: false,
      expiresAt: undefined,
      wait: deletionWait,
      again,
    };
    return kind.open(asked, sourcesOf(session));
  }
}

/** Prints outcomes in the form that was asked for. What lives in Azure has no name that kubectl could take, but here nothing else is named. */
function printerOf({ output, "dry-run": dryRun }: PruneFlags, session: Session): Printer {
  const { stdout, stderr, env } = session.context;
  const options = { stdout, stderr, env, dryRun, where: "one", managedFields: false, formatCommand: session.formatCommand } as const;
  const lines = openPrinter(output === "jsonl" ? "jsonl" : undefined, options);
  if (output === undefined || output === "wide" || output === "jsonl") return lines;
  const silent = openPrinter(undefined, { ...options, stdout: { ...stdout, write: () => {} } });
  const done: Outcome[] = [];
  return {
    print: (outcome) => {
      done.push(outcome);
      return silent.print(outcome);
    },
    end: async () => stdout.write(await forms[output](done, dryRun, session)),
  };
}

const forms = {
  name: async (done: readonly Outcome[], _: DryRun, __: Session) =>
    done.flatMap(({ change, error, left }) => (error || left || change.act === "keep" ? [] : `${printable(nameOf(change.to))}\n`)).join(""),
  json: async (done: readonly Outcome[], dryRun: DryRun, { formatCommand }: Session) => {
    const items = done.flatMap((outcome) => jsonLine(outcome, dryRun, formatCommand)).map((line): unknown => JSON.parse(line));
    return printData({ apiVersion: "acr-secret/v1", kind: "OutcomeList", items }, "json");
  },
};
