import { judge } from "../src/check/verdict.ts";
import { collectPulls, pullsByAccount, readPullSecrets, secretsOf, tryPull } from "../src/observe/pulls.ts";
import { noSecret } from "../src/observe/secrets.ts";
import { printData } from "../src/output/object.ts";
import { failed, verdictReport, verdictText } from "../src/output/verdicts.ts";
import { parseImage } from "../src/registry/image-reference.ts";
import { askOnce } from "../src/registry/once.ts";
import { checkFlags } from "./check/request.ts";
import { secrets } from "./line/known.ts";
import { verb } from "./verb.ts";

export const check = verb({
  name: "check",
  usage: "check [NAME]",
  summary: "Prove that the images of a namespace's pods can be pulled",
  description:
    "Takes each pod's pull secrets as the kubelet does: picks the logins by its rules and its order, and asks the registry for the " +
    "manifest. One line per image, and for each that fails its cause and the command that mends it. With NAME only that Secret is tried. " +
    "Exits with 1 if an image cannot be pulled.",
  examples: [
    "# The pods of this namespace",
    "kubectl acr-secret check",
    "# An image that no pod has yet, as the ServiceAccount web would pull it",
    "kubectl acr-secret check --image myregistry.azurecr.io/app/web:2 --serviceaccount web",
  ],
  flags: checkFlags,
  most: 1,
  complete: secrets,
  async run({ flags, args }, session) {
    const cluster = session.cluster();
    const namespace = await cluster.namespace();
    const images = flags.image.map(parseImage);
    const [name] = args;
    const pulls =
      images.length > 0 ? await pullsByAccount(cluster, namespace, flags.serviceaccount, images) : await collectPulls(cluster, namespace);
    const named = name === undefined ? pulls : pulls.map((pull) => ({ ...pull, names: [name], accountNames: [] }));
    const secrets = await readPullSecrets(cluster, namespace, name === undefined ? secretsOf(pulls) : [name]);
    if (name !== undefined && !secrets.has(name)) throw noSecret(name, { do: "list", namespace });
    const registry = askOnce(session.registry());
    const facts = await session.progress.during(`Asking for ${named.length} manifests`, () =>
      Promise.all(named.map((pull) => tryPull(pull, secrets, registry))),
    );
    const verdicts = facts.flatMap((found) => (found ? [judge(found)] : []));

    if (flags.output === "json" || flags.output === "yaml") {
      session.print(await printData(verdictReport(verdicts, session.spell), flags.output));
    } else if (verdicts.length === 0) {
      session.context.stderr.write(`No images to check in ${namespace} namespace: name one with --image.\n`);
    } else session.print(verdictText(verdicts, { headers: !flags["no-headers"], spell: session.spell }));
    return verdicts.some(failed) ? 1 : 0;
  },
});
