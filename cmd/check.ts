import { printData } from "../src/output/object.ts";
import { printable } from "../src/output/printable.ts";
import { styleFor } from "../src/output/style.ts";
import { failed, verdictReport, verdictText } from "../src/output/verdicts.ts";
import { parseImage } from "../src/registry/image-reference.ts";
import { type ClusterScope, clusterScopesOf } from "../src/scope/cluster-scopes.ts";
import { checkAll } from "../src/workflows/check.ts";
import { printPlaceError, whereOf } from "./conclude.ts";
import { type Flags, formats, noHeaders, under } from "./line/flags.ts";
import { pullSecrets, serviceAccounts } from "./line/known.ts";
import { objectName } from "./line/names.ts";
import { readScope, scopeOf } from "./line/scope-flags.ts";
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
  output: formats(["json", "yaml"]),
  ...noHeaders,
} as const satisfies Flags;

export const check = verb({
  usage: "check [NAME]",
  description: [
    "Selects credentials like the kubelet and fetches the manifest from the registry. Prints each image and, for each failure, the " +
      "cause and a command that fixes it. With NAME, tests only that Secret.",
  ],
  findings: "an image cannot be pulled, a named image cannot be checked, or there is nothing to check",
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
    const options = { images: flags.image.map(parseImage), serviceaccount: flags.serviceaccount, secret: args[0] };
    const clusterScopes = await clusterScopesOf(scopeOf(flags), { ...session, writes: false });
    const where = whereOf(clusterScopes);
    const { verdicts, errors } = await session.during("Checking images", () =>
      checkAll(clusterScopes, options, { ...session, registry: session.registry() }),
    );
    if (where === "one" && errors[0]) throw errors[0].error;
    for (const { error, to } of errors) printPlaceError(session, error, to, where);

    if (flags.output !== undefined) session.print(await printData(verdictReport(verdicts, session.formatCommand), flags.output));
    else if (verdicts.length > 0)
      session.print(
        verdictText(verdicts, { ...session, headers: !flags["no-headers"], where, style: styleFor(session.stdout, session.env) }),
      );
    if (verdicts.length === 0 && errors.length === 0)
      session.stderr.write(`No images to check in ${printable(whichOf(clusterScopes))}. Specify one with --image.\n`);
    if (errors.length > 0) return failureCode(true);
    return verdicts.length === 0 || verdicts.some(failed) ? 1 : 0;
  },
});

function whichOf(clusterScopes: readonly ClusterScope[]): string {
  const [clusterScope] = clusterScopes;
  return clusterScopes.length === 1 && clusterScope?.namespaces.length === 1
    ? `${clusterScope.namespaces[0]} namespace`
    : "these namespaces";
}
