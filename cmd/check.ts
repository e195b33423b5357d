import { imageCheck } from "../src/output/items.ts";
import { printable } from "../src/output/printable.ts";
import { styleFor } from "../src/output/style.ts";
import { failed, verdictText } from "../src/output/verdicts.ts";
import { parseImage } from "../src/registry/image-reference.ts";
import { type ClusterScope, clusterScopesOf } from "../src/scope/cluster-scopes.ts";
import { type CheckOptions, checkAll } from "../src/workflows/check.ts";
import { whereOf } from "./conclude.ts";
import { isItemFormat, printItems, printUnreadable, reading } from "./findings.ts";
import { type Flags, formats, noHeaders, under, type Values } from "./line/flags.ts";
import { pullSecrets, serviceAccounts } from "./line/known.ts";
import { objectName } from "./line/names.ts";
import { readScope, scopeOf } from "./line/scope-flags.ts";
import type { Session } from "./session.ts";
import { failureCode, verb } from "./verb.ts";

const checkFlags = {
  ...under("What it checks", {
    image: { type: "strings", value: "IMAGE", describe: "Check this image instead of the images of the pods" },
    serviceaccount: {
      type: "string",
      default: "default",
      bare: "default",
      read: (value) => objectName("ServiceAccount", value),
      complete: serviceAccounts,
      value: "NAME",
      describe: "With --image: use the pull secrets of this ServiceAccount",
    },
  }),
  ...readScope,
  output: formats(["json", "yaml", "jsonl"]),
  ...noHeaders,
} as const satisfies Flags;

export const check = verb({
  usage: "check [NAME]",
  description: [
    "Selects credentials like the kubelet and fetches the manifest from the registry. Prints each image and, for each failure, the " +
      "cause and a command that fixes it. With NAME, tests only that Secret.",
  ],
  findings: "an image cannot be pulled or a named image cannot be checked",
  examples: [
    "# Check the pods of the current namespace",
    "kubectl acr-secret check",
    "# Check the pods of all namespaces",
    "kubectl acr-secret check -A",
    "# Check whether the ServiceAccount web can pull an image that no pod uses yet",
    "kubectl acr-secret check --image myregistry.azurecr.io/app/web:2 --serviceaccount web",
    "# Show what a verdict means and what to do",
    "kubectl acr-secret explain credential rejected",
  ],
  flags: checkFlags,
  most: 1,
  complete: pullSecrets,
  async run({ flags, args }, session) {
    const { clusterScopes, checked } = await reading(session, flags.output, async () => {
      const options = checkOptions(flags, args);
      const clusterScopes = await clusterScopesOf(scopeOf(flags), { ...session, writes: false });
      const check = () => checkAll(clusterScopes, options, { ...session, registry: session.registry() });
      return { clusterScopes, checked: await session.during("Checking images", check) };
    });
    await report(checked, flags, clusterScopes, session);
    return exitCodeOf(checked);
  },
});

type CheckFlags = Values<typeof checkFlags>;

type Checked = Awaited<ReturnType<typeof checkAll>>;

/** Converts the command line to what the check selects. @throws CliError usage */
const checkOptions = ({ image, serviceaccount }: CheckFlags, [secret]: readonly string[]): CheckOptions => {
  return { images: image.map(parseImage), serviceaccount, secret };
};

/** Prints the verdicts and the errors. @throws CliError of the only namespace, if there is one */
async function report({ verdicts, errors }: Checked, flags: CheckFlags, clusterScopes: readonly ClusterScope[], session: Session) {
  const where = whereOf(clusterScopes);
  const unreadable = errors.map(({ error, to }) => ({ ...to, error }));
  if (isItemFormat(flags.output)) {
    const items = verdicts.map((verdict) => imageCheck(verdict, session.formatCommand));
    await printItems(session, flags.output, items, unreadable);
  } else if (verdicts.length > 0)
    session.print(
      verdictText(verdicts, { ...session, headers: !flags["no-headers"], where, style: styleFor(session.stdout, session.env) }),
    );
  printUnreadable(session, unreadable, where);
  if (verdicts.length === 0 && errors.length === 0)
    session.stderr.write(`No images to check in ${printable(whichOf(clusterScopes))}. Specify one with --image.\n`);
}

function exitCodeOf({ verdicts, errors }: Checked): number {
  if (errors.length > 0) return failureCode(true);
  return verdicts.some(failed) ? 1 : 0;
}

function whichOf(clusterScopes: readonly ClusterScope[]): string {
  const [clusterScope] = clusterScopes;
  return clusterScopes.length === 1 && clusterScope?.namespaces.length === 1
    ? `${clusterScope.namespaces[0]} namespace`
    : "these namespaces";
}
