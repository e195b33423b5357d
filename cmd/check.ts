import { isMissing, type Verdict } from "../src/check/verdict.ts";
import { isNotFound, usage } from "../src/errors.ts";
import { resourceOf } from "../src/kinds.ts";
import { printWarning } from "../src/output/error.ts";
import { isForPrograms } from "../src/output/formats.ts";
import { failed, type ImageCheck, imageCheck } from "../src/output/items.ts";
import { printable } from "../src/output/printable.ts";
import { styleFor } from "../src/output/style.ts";
import { bySeverity, verdictReasons, verdictSummary, verdictTable } from "../src/output/verdicts.ts";
import { parseImage } from "../src/registry/image-reference.ts";
import { type ClusterScope, clusterScopeOf } from "../src/scope/cluster-scopes.ts";
import { checkAll, waitForPulls } from "../src/verbs/check.ts";
import { joinNames } from "../src/wording.ts";
import { whereOf } from "./conclude.ts";
import { printReport, printUnreadable, reading } from "./findings.ts";
import { parseWait } from "./line/durations.ts";
import { type Flags, formatFlag, nodePulls, nodesCanPull, noHeaders, outputGroup, targetFlags, under, type Values } from "./line/flags.ts";
import { registries, secretOrTargets } from "./line/known.ts";
import { readScope, scopeOf } from "./line/scope-flags.ts";
import { type Orders, sortBy, sortedBy } from "./line/sort-by.ts";
import { readTargetWords } from "./line/target-words.ts";
import type { Session } from "./session.ts";
import { failureCode, verb } from "./verb.ts";

/** The values of `--sort-by`: the columns, and the fields of an ImageCheck. Failures are first by default. */
const orders: Orders<ImageCheck> = {
  namespace: ({ namespace }) => namespace,
  image: ({ image }) => image,
  secret: ({ secret }) => secret || undefined,
  owner: ({ owners: [first] }) => first && `${first.kind}/${first.name}`,
  pods: ({ pods }) => pods.length,
  verdict: ({ verdict }) => verdict,
  cause: ({ cause }) => cause,
  expiresAt: ({ expiresAt }) => expiresAt,
};

const checkFlags = {
  ...under("What it checks", {
    selector: { type: "string", short: "l", value: "LABELS", describe: "Pods and workloads with these labels, such as app=web" },
    image: {
      type: "strings",
      value: "IMAGE",
      exclusive: ["selector", "new-node"],
      describe: "Check this image instead of the images of pods and workloads",
    },
    serviceaccount: {
      ...targetFlags.serviceaccount,
      type: "string",
      describe: "With --image: use the pull secrets of this ServiceAccount",
      fallback: "default",
    },
    "nodes-can-pull": { ...nodesCanPull, complete: registries },
    "new-node": { type: "boolean", describe: "Ignore the images that nodes have, as if each pod started on a new node" },
    deep: {
      type: "boolean",
      describe: "Also fetch the first bytes of a config and a layer for each node platform, wherever the registry redirects to",
    },
    strict: {
      type: "boolean",
      describe: "Also fail for images that are only cached on their node or can't be checked, and if no namespace matches",
    },
  }),
  ...under("How it checks", {
    ...nodePulls,
    wait: {
      type: "string",
      bare: "5m",
      value: "DURATION",
      describe: "Check again until all images can be pulled, at most this long. Without a value: 5m",
      fallback: "check once",
    },
    "fail-fast": { type: "boolean", describe: "With --wait: stop at once if an image does not exist" },
  }),
  ...readScope,
  output: formatFlag("checks"),
  ...under(outputGroup, { failed: { type: "boolean", describe: "Print only failures" } }),
  ...sortBy(orders),
  ...noHeaders,
} as const satisfies Flags;

export const check = verb({
  usage: "check [NAME] [TARGET...]",
  description: [
    "Selects credentials by the kubelet's rules and fetches the manifest from the registry. Prints each image and, for each failure, the " +
      "cause and a command that fixes it.",
    "Checks the images of pods, and of workloads that have no pods. A TARGET, such as pod/x, deployment/web or cronjob/report, selects " +
      "some of them. A name can be a pattern. With NAME, tests only that Secret.",
  ],
  findings: "an image cannot be pulled, a named image cannot be checked, --wait found no image",
  examples: [
    "# Check the pods of the current namespace",
    "kubectl acr-secret check",
    "# Check the pods of all namespaces",
    "kubectl acr-secret check -A",
    "# Check one pod, and the Deployments whose name starts with web",
    "kubectl acr-secret check pod/web-1 'deployment/web*'",
    "# Check whether all pods could start on a new node, and print only failures",
    "kubectl acr-secret check -A --new-node --failed",
    "# Check whether the ServiceAccount web can pull an image that no pod uses yet",
    "kubectl acr-secret check --image myregistry.azurecr.io/app/web:2 --serviceaccount web",
    "# Check that no firewall blocks the layers, and list all hosts of the pull",
    "kubectl acr-secret check --deep -o wide",
    "# Wait after a deployment until all images can be pulled, but not for an image that does not exist",
    "kubectl acr-secret check deployment/web --wait=10m --fail-fast",
    "# Let a node prove the pulls, for a registry with a private endpoint",
    "kubectl acr-secret check --from-cluster",
    "# Show what a verdict means and what to do",
    "kubectl acr-secret explain credential rejected",
  ],
  flags: checkFlags,
  most: Number.POSITIVE_INFINITY,
  complete: secretOrTargets,
  async run({ flags, args }, session) {
    const { clusterScope, checked } = await reading(session, "check", flags.output, () => {
      const command = readCommand(flags, args);
      const check = async () => {
        const tools = { ...session, uninterrupted: session.interruption.uninterrupted, registry: session.registry() };
        const clusterScope = await clusterScopeOf(scopeOf(flags), { ...session, writes: false });
        const options = { ...command, selection: { ...command.selection, lenient: whereOf(clusterScope) !== "one" } };
        const checked = await checkAll(clusterScope, options, tools);
        return { clusterScope, checked };
      };
      const isFailure = (verdict: Verdict) => failed(verdict, flags.strict);
      const isFinal = ({ cause, mayArrive }: Verdict) => flags["fail-fast"] && isMissing(cause) && !mayArrive;
      const wait = { ...session, milliseconds: parseWait({ wait: flags.wait ?? "0s" }), isFailure, isFinal };
      return session.during("Checking images", () => waitForPulls(check, wait));
    });
    return report(checked, flags, clusterScope, session);
  },
});

type CheckFlags = Values<typeof checkFlags>;

type Checked = Awaited<ReturnType<typeof checkAll>>;

/** Converts the command line to what the check selects. @throws CliError usage */
function readCommand(flags: CheckFlags, args: readonly string[]) {
  const { image, serviceaccount = "default", selector, deep, node, "new-node": newNode, "from-cluster": fromCluster } = flags;
  const { "nodes-can-pull": nodesCanPull } = flags;
  const { secret, targets } = readTargetWords(args, { selector, selectsAnyKind: true });
  const { picks } = targets;
  if (image.length > 0 && picks.length > 0) throw usage("--image cannot be combined with targets");
  if (node !== undefined && !fromCluster) throw usage("--node requires --from-cluster");
  if (flags["fail-fast"] && flags.wait === undefined) throw usage("--fail-fast requires --wait");
  if (flags.serviceaccount !== undefined && image.length === 0) {
    throw usage(`--serviceaccount requires --image. To check its pods, use serviceaccount/${serviceaccount} as a target`);
  }
  const checked = { images: image.map(parseImage), serviceaccount, secret, deep, selection: { picks, selector } };
  return { ...checked, newNode, nodesCanPull, fromCluster: fromCluster ? { node } : undefined };
}

/** Prints the results and the errors, and returns the exit code. @throws CliError of the only namespace, if there is one */
async function report(checked: Checked, flags: CheckFlags, clusterScope: ClusterScope, session: Session) {
  const { verdicts, unreadable, unlisted } = checked;
  const { stdout, stderr, env, formatCommand } = session;
  const { output, strict, "no-headers": isBare } = flags;
  const where = whereOf(clusterScope);
  const items = bySeverity(verdicts.map((verdict) => imageCheck(verdict, formatCommand, strict)));
  const shown = sortedBy(flags.failed ? items.filter(({ ok }) => !ok) : items, orders, flags["sort-by"]);
  if (isForPrograms(output)) await printReport(session, "check", output, shown, unreadable);
  else if (shown.length > 0) {
    session.print(verdictTable(shown, { headers: !isBare, wide: output === "wide", where, style: styleFor(stdout, env) }));
    // Without headers, a program reads the rows
    (isBare ? stderr : stdout).write(verdictReasons(shown));
  }
  const code = exitCode(checked, flags);
  printUnreadable(session, unreadable, where, code !== 1);
  const kinds = joinNames(unlisted.map(resourceOf), 8);
  if (kinds !== "") printWarning(stderr, env, `cannot list ${kinds}: templates of these kinds are checked only through their pods`);
  if (!isForPrograms(output) && items.length > 0) stderr.write(`${verdictSummary(items)}\n`);
  return items.length + unreadable.length === 0 ? reportNothing(clusterScope, flags, session) : code;
}

/** An object that --wait has waited for in vain is a finding, and not an error. */
function exitCode({ verdicts, unreadable }: Checked, { wait, strict }: CheckFlags): number {
  const isAbsent = verdicts.length === 0 && unreadable.every(({ error }) => isNotFound(error));
  if (wait !== undefined && isAbsent) return 1;
  return unreadable.length > 0 ? failureCode(true) : Number(verdicts.some((verdict) => failed(verdict, strict)));
}

/** Says that there is nothing to check. A pipeline must not succeed because nothing was deployed, or because a selector has a typo. */
function reportNothing({ namespaces: [namespace, ...others] }: ClusterScope, { wait, strict }: CheckFlags, { stderr }: Session): number {
  const which = others.length > 0 ? "these namespaces" : `${printable(namespace ?? "")} namespace`;
  stderr.write(namespace === undefined ? "no namespace matches\n" : `No images to check in ${which}. Specify one with --image.\n`);
  return Number(wait !== undefined || (strict === true && namespace === undefined));
}
