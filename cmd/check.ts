import type { Verdict } from "../src/check/verdict.ts";
import { usage } from "../src/errors.ts";
import { isObjectName, resourceOf } from "../src/kinds.ts";
import { printWarning } from "../src/output/error.ts";
import { type ImageCheck, imageCheck } from "../src/output/items.ts";
import { printable } from "../src/output/printable.ts";
import { styleFor } from "../src/output/style.ts";
import { failed, inOrderOfSeverity, verdictReasons, verdictSummary, verdictTable } from "../src/output/verdicts.ts";
import type { PlaceDetail } from "../src/output/words.ts";
import { joinNames } from "../src/plan/wording.ts";
import { parseImage } from "../src/registry/image-reference.ts";
import { type ClusterScope, clusterScopesOf, selectsNone } from "../src/scope/cluster-scopes.ts";
import { checkAll } from "../src/workflows/check.ts";
import { waitForPulls } from "../src/workflows/wait-for-pulls.ts";
import { whereOf } from "./conclude.ts";
import { isReport, printReport, printUnreadable, reading, type Unreadable } from "./findings.ts";
import { parseWait } from "./line/durations.ts";
import { type Flags, formats, noHeaders, outputGroup, under, type Values } from "./line/flags.ts";
import { nodes, secretOrTargets, serviceAccounts } from "./line/known.ts";
import { objectName } from "./line/names.ts";
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
      type: "string",
      default: "default",
      bare: "default",
      read: (value) => objectName("ServiceAccount", value),
      complete: serviceAccounts,
      value: "NAME",
      describe: "With --image: use the pull secrets of this ServiceAccount",
    },
    "new-node": { type: "boolean", describe: "Ignore the images that nodes have, as if each pod started on a new node" },
    deep: {
      type: "boolean",
      describe: "Also fetch the first bytes of a config and a layer for each node platform, wherever the registry redirects to",
    },
    strict: { type: "boolean", describe: "Also fail for images that are only cached on their node or can't be checked" },
  }),
  ...under("How it checks", {
    "from-cluster": { type: "boolean", describe: "Also let a node pull each image, in a pod that is created for it and then deleted" },
    node: {
      type: "string",
      refuse: (name) => (isObjectName(name) ? undefined : usage(`invalid --node ${JSON.stringify(name)}: must be the name of a node`)),
      complete: nodes,
      value: "NAME",
      describe: "With --from-cluster: the node that pulls",
      fallback: "one that may run the pods",
    },
    wait: {
      type: "string",
      bare: "5m",
      value: "DURATION",
      describe: "Check again until all images can be pulled, at most this long. Without a value: 5m",
      fallback: "check once",
    },
  }),
  ...readScope,
  output: formats(["json", "yaml", "jsonl", "junit", "sarif", "openmetrics", "html", "wide"]),
  ...under(outputGroup, { failed: { type: "boolean", describe: "Print only failures" } }),
  ...sortBy(orders),
  ...noHeaders,
} as const satisfies Flags;

export const check = verb({
  usage: "check [NAME] [TARGET...]",
  description: [
    "Selects credentials by the kubelet's rules and fetches the manifest from the registry. Prints each image and, for each failure, the " +
      "cause and a command that fixes it.",
    "Checks the pods, and workloads without pods as a new pod would be. A TARGET, such as pod/x, deployment/web or cronjob/report, selects " +
      "some of them. A name can be a pattern. With NAME, tests only that Secret.",
  ],
  findings: "an image cannot be pulled or a named image cannot be checked",
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
    "# Find a firewall in front of the layers, and name every host of the pull",
    "kubectl acr-secret check --deep -o wide",
    "# Wait after a deployment until all images can be pulled",
    "kubectl acr-secret check deployment/web --wait=10m",
    "# Let a node prove the pulls, for a registry with a private endpoint",
    "kubectl acr-secret check --from-cluster",
    "# Show what a verdict means and what to do",
    "kubectl acr-secret explain credential rejected",
  ],
  flags: checkFlags,
  most: Number.POSITIVE_INFINITY,
  read: (word) => word,
  complete: secretOrTargets,
  async run({ flags, args }, session) {
    const { clusterScopes, checked } = await reading(session, { verb: "check", format: flags.output }, () => {
      const command = readCommand(flags, args);
      const { uninterrupted } = session.interruption;
      const check = async () => {
        const clusterScopes = await clusterScopesOf(scopeOf(flags), { ...session, writes: false });
        const options = { ...command, selection: { ...command.selection, lenient: whereOf(clusterScopes) !== "one" } };
        const checked = await checkAll(clusterScopes, options, { ...session, uninterrupted, registry: session.registry() });
        return { clusterScopes, checked };
      };
      const isFailure = (verdict: Verdict) => failed(verdict, flags.strict);
      const wait = { ...session, milliseconds: parseWait({ wait: flags.wait ?? "0s" }), isFailure };
      return session.during("Checking images", () => waitForPulls(check, wait));
    });
    await report(checked, flags, clusterScopes, session);
    return exitCodeOf(checked, flags);
  },
});

type CheckFlags = Values<typeof checkFlags>;

type Checked = Awaited<ReturnType<typeof checkAll>>;

/** Converts the command line to what the check selects. @throws CliError usage */
function readCommand(flags: CheckFlags, args: readonly string[]) {
  const { image, serviceaccount, selector, deep, node, "new-node": newNode, "from-cluster": fromCluster } = flags;
  const { secret, targets } = readTargetWords(args, { ...noTargetFlags, selector });
  const { picks } = targets;
  if (image.length > 0 && picks.length > 0) throw usage("--image cannot be combined with targets");
  if (node !== undefined && !fromCluster) throw usage("--node requires --from-cluster");
  const checked = { images: image.map(parseImage), serviceaccount, secret, deep, selection: { picks, selector } };
  return { ...checked, newNode, fromCluster: fromCluster ? { node } : undefined };
}

/** `check` has no flags that select ServiceAccounts or whole kinds. */
const noTargetFlags = {
  serviceaccount: [],
  "all-serviceaccounts": false,
  all: false,
  "where-used": false,
  selectsAnyKind: true,
} as const;

/** Prints the verdicts and the errors. @throws CliError of the only namespace, if there is one */
async function report(checked: Checked, flags: CheckFlags, clusterScopes: readonly ClusterScope[], session: Session) {
  const { verdicts, errors, unlisted } = checked;
  const where = whereOf(clusterScopes);
  const unreadable = errors.map(({ error, to }) => ({ ...to, error }));
  const bySeverity = inOrderOfSeverity(verdicts, flags.strict);
  const ordered = sortedBy(bySeverity, (verdict) => imageCheck(verdict, session.formatCommand), orders, flags["sort-by"]);
  await printVerdicts(ordered, unreadable, flags, where, session);
  printUnreadable(session, unreadable, where);
  if (unlisted.length > 0) printWarning(session.stderr, session.env, unlistedWarning(unlisted));
  if ((flags.output === undefined || flags.output === "wide") && verdicts.length > 0)
    session.stderr.write(`${verdictSummary(verdicts, flags.strict)}\n`);
  if (selectsNone(clusterScopes)) session.stderr.write("no namespace matches\n");
  else if (verdicts.length === 0 && errors.length === 0)
    session.stderr.write(`No images to check in ${printable(whichOf(clusterScopes))}. Specify one with --image.\n`);
}

/** Prints the verdicts, with the errors in a format for programs. */
async function printVerdicts(
  verdicts: readonly Verdict[],
  errors: readonly Unreadable[],
  flags: CheckFlags,
  where: PlaceDetail,
  session: Session,
): Promise<void> {
  const { strict, output } = flags;
  const shown = flags.failed ? verdicts.filter((verdict) => failed(verdict, strict)) : verdicts;
  if (isReport(output)) {
    const items = shown.map((verdict) => imageCheck(verdict, session.formatCommand, strict));
    return printReport(session, { verb: "check", format: output }, items, errors);
  }
  if (shown.length === 0) return;
  const options = {
    ...session,
    headers: !flags["no-headers"],
    wide: output === "wide",
    where,
    strict,
    style: styleFor(session.stdout, session.env),
  };
  session.print(verdictTable(shown, options));
  // Without headers, a program reads the rows
  (options.headers ? session.stdout : session.stderr).write(verdictReasons(shown, options));
}

function exitCodeOf({ verdicts, errors }: Checked, { strict }: CheckFlags): number {
  if (errors.length > 0) return failureCode(true);
  return verdicts.some((verdict) => failed(verdict, strict)) ? 1 : 0;
}

const unlistedWarning = (unlisted: Checked["unlisted"]): string =>
  `cannot list ${joinNames(unlisted.map(resourceOf), 8)}: templates of these kinds are checked only through their pods`;

function whichOf(clusterScopes: readonly ClusterScope[]): string {
  const [clusterScope] = clusterScopes;
  return clusterScopes.length === 1 && clusterScope?.namespaces.length === 1
    ? `${clusterScope.namespaces[0]} namespace`
    : "these namespaces";
}
