import { isDeepStrictEqual } from "node:util";
import { registryHost } from "../src/azure/registry-name.ts";
import { kindCalled } from "../src/credential/kinds.ts";
import { CliError, unlessNotFound, usage } from "../src/errors.ts";
import type { DesiredFile, Entry } from "../src/file/entry.ts";
import { type Command, flag, plugin } from "../src/hint.ts";
import type { Cluster } from "../src/kube/port.ts";
import type { Outcome } from "../src/outcome.ts";
import { printable } from "../src/output/printable.ts";
import { bindingFor, policyFor, policyVariable } from "../src/schedule/policy.ts";
import { rightsToApply } from "../src/schedule/rights.ts";
import { memoize, once } from "../src/scope/concurrency.ts";
import { type ApplyOrder, applyFiles } from "../src/verbs/apply.ts";
import { type Effects, openEffects } from "../src/verbs/apply-effects.ts";
import { inLine } from "../src/wording.ts";
import { readDesired } from "./apply/read-files.ts";
import { conclude, endsLogin, printsHints } from "./conclude.ts";
import { confirmDeletion, mustAsk, openQuestion } from "./confirm.ts";
import { holdersOf } from "./holders.ts";
import { azureWaits } from "./line/durations.ts";
import {
  type Flags,
  fileFlag,
  identityFlags,
  identityOf,
  mustBe,
  outputGroup,
  strict,
  under,
  type Values,
  verifyFlag,
  wordsOf,
  writeOutput,
} from "./line/flags.ts";
import { openerOf, revokerOf } from "./recorded-credential.ts";
import { type Session, toolsOf } from "./session.ts";
import { verb } from "./verb.ts";

const applyFlags = {
  ...under("Required", { filename: fileFlag }),
  ...under("How it runs", {
    "skip-blocked": {
      type: "boolean",
      describe:
        "Only warn about a namespace of eachOf or copyTo whose own objects are in the way: a foreign, immutable or terminating Secret, a missing ServiceAccount, a quota, an admission policy. Fails if a password there is in the last third of its lifetime, or if a Secret there still pulls what its entry has lost",
    },
    verify: verifyFlag,
  }),
  ...under("What it deletes", {
    prune: {
      type: "boolean",
      describe:
        "Also delete the Secrets and credentials of entries that the file no longer has, and what a selector or pattern selected that now matches nothing. Asks for confirmation",
    },
    adopt: {
      type: "strings",
      refuse: mustBe("NAMESPACE/NAME", (place) => /^[^/]+\/[^/]+$/.test(place), "adopt"),
      value: "NAMESPACE/NAME",
      describe: "Take over this Secret of create or another file, with the losses that it lists. Asks for confirmation",
    },
    yes: { type: "boolean", short: "y", describe: "With --prune or --adopt: skip the confirmation. Required without a terminal" },
  }),
  ...identityFlags,
  ...writeOutput,
  ...under(outputGroup, { quiet: { type: "boolean", short: "q", describe: "Print only what changed" } }),
  ...strict,
} as const satisfies Flags;

type ApplyFlags = Values<typeof applyFlags>;

export const apply = verb({
  usage: "apply -f FILE",
  description: [
    "Makes the cluster and Azure what a file says: which team pulls which repositories, with which ServiceAccounts. Creates what is missing, " +
      "and rotates passwords that are due. Without changes, writes nothing.",
    "Takes away repositories, copies and references that an entry no longer names. Deletes whole entries only with --prune.",
  ],
  examples: [
    "# Show what would change",
    "kubectl acr-secret apply -f teams.yaml --diff",
    "# Make it so",
    "kubectl acr-secret apply -f teams.yaml",
    "# Also delete what the file no longer names",
    "kubectl acr-secret apply -f teams.yaml --prune",
  ],
  flags: applyFlags,
  most: 0,
  async run({ flags }, session) {
    const { filename, prune, adopt } = flags;
    const again = plugin("apply", wordsOf(applyFlags, { ...flags, prune: false, yes: false }));
    if (filename.length === 0) throw usage('required flag(s) "filename" not set', plugin("apply", "-f", "FILE"));
    const files = await readDesired(filename, session);
    const policy = session.env[policyVariable];
    if (policy !== undefined) await requirePolicy(policy, files, session.cluster());
    const order = {
      files,
      prune,
      adopt,
      skipBlocked: flags["skip-blocked"],
      verify: flags.verify,
      again,
      unread: session.unread,
      ...credentialsOf(flags, again, session),
    };
    const effects = openEffects(session.now().getTime());
    const run = (dryRun: ApplyFlags["dry-run"], confirmed: ApplyOrder["confirmed"], seen = effects) =>
      applyFiles({ ...order, confirmed, effects: seen }, toolsOf(session, { ...flags, "dry-run": dryRun }));
    const asking = { home: "", output: flags.output, again: { ...again, words: [...again.words, ...flag("prune", prune), "--yes"] } };
    const asks = (prune || adopt.length > 0) && mustAsk(flags);
    const { shown, anything } = openQuestion();
    if (asks) await confirmDeletion(session, run("client", anything, openEffects(session.now().getTime())), asking);
    const outcomes = run(flags["dry-run"], asks ? shown : anything);
    const printing = { ...flags, endsAccess: endsLogin };
    const code = await conclude(flags.quiet ? changesOf(outcomes) : outcomes, session, printing, { namespaces: undefined, open: true });
    if (flags["dry-run"] !== "none") printEffects(effects, files, flags, session);
    else if (printsHints(code, flags)) hintSchedule(effects, files, flags, session);
    return code;
  },
});

/** Prints what a run would change, after the summary of a dry run. */
function printEffects(effects: Effects, files: readonly DesiredFile[], { output }: ApplyFlags, { stderr }: Session): void {
  if (output !== undefined) return;
  const unending = files.flatMap(({ entries }) => entries).filter(({ expiresIn }) => expiresIn === undefined);
  const never = unending.length > 0 ? [`Warning: new passwords never expire: ${inLine(unending.map(({ at }) => at))}`] : [];
  for (const line of [...effects.lines(), ...never]) stderr.write(`${printable(line)}\n`);
}

/** Says when the run must be repeated, and what repeats it. Nothing for the run of a schedule. */
function hintSchedule(
  { deadline }: Effects,
  { length }: readonly DesiredFile[],
  { filename, quiet }: ApplyFlags,
  { env, hint }: Session,
): void {
  if (deadline === undefined || quiet || env[policyVariable] !== undefined) return;
  const files = filename.includes("-") ? ["FILE"] : filename;
  hint({
    ...plugin("schedule", flag("filename", files, "f"), "--image", "IMAGE", length > 1 ? ["--name", "NAME"] : []),
    isLocal: true,
    when: `run this again before ${deadline}, or let a CronJob do it`,
  });
}

/**
 * Requires the policy of a schedule, whose roles are wider than its files. The cluster may lack it, because kubectl applies the other
 * objects even if the API server rejects one.
 * @throws CliError
 */
async function requirePolicy(name: string, files: readonly DesiredFile[], cluster: Pick<Cluster, "get" | "user">): Promise<void> {
  const kind = "validatingadmissionpolicy.admissionregistration.k8s.io";
  const [user, ...found] = await Promise.all([
    cluster.user(),
    cluster.get({ kind, name }).catch(unlessNotFound(undefined)),
    cluster.get({ kind: "validatingadmissionpolicybinding.admissionregistration.k8s.io", name }).catch(unlessNotFound(undefined)),
  ]);
  const rights = rightsToApply(files.flatMap(({ entries }) => entries));
  const specs = found.map((object) => object?.spec);
  if (isDeepStrictEqual(specs, [policyFor(rights, user), bindingFor(name)])) return;
  const message = `${kind}/${name} or its binding does not limit ${user} to these files`;
  throw new CliError("config", message, { hint: "print the objects of the schedule again, and apply them to Kubernetes 1.30 or newer" });
}

/** How the run opens registries and kinds of credential, each once. */
function credentialsOf(flags: ApplyFlags, again: Command, session: Session) {
  const identity = identityOf(flags);
  const azure = once(() => session.azure(identity));
  const opened = new Map<string, ReturnType<ReturnType<typeof openerOf>>>();
  const found = new Map<string, ReturnType<Awaited<ReturnType<typeof azure>>["findRegistry"]>>();
  const waits = azureWaits();
  const opening = { identity, verify: flags.verify, force: false, wait: waits.wait };
  return {
    azure,
    findRegistry: (named: string) => memoize(found, named, async () => (await azure()).findRegistry(registryHost(named))),
    open({ credential, registry }: Pick<Entry, "credential" | "registry">) {
      const kind = kindCalled(credential);
      if (!kind) throw new CliError("internal", `no kind of credential is called ${credential}`);
      // The application that only this source uses
      const own = credential === "service-principal" ? { "service-principal": "*" } : {};
      const asked = { ...opening, ...waits, flags: own, registry: registryHost(registry), repositories: [], again };
      return memoize(opened, JSON.stringify([credential, registry]), () => kind.open(asked, session));
    },
    openRecorded: openerOf(opening, session),
    revoking: {
      open: revokerOf(identity, session),
      holders: holdersOf(session),
    },
  };
}

async function* changesOf(outcomes: AsyncIterable<Outcome>): AsyncGenerator<Outcome> {
  for await (const outcome of outcomes) {
    const { result, messages, isInfo } = outcome;
    if (result !== "unchanged") yield outcome;
    else if (messages && !isInfo) yield { ...outcome, result: undefined };
  }
}
