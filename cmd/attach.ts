import { CliError } from "../src/errors.ts";
import { pullSecretKey } from "../src/objects.ts";
import { readProvenance } from "../src/secret/provenance.ts";
import { conclude } from "./conclude.ts";
import { lookAt, planTargets } from "./create/scene.ts";
import { requireTargets } from "./gather/accounts.ts";
import { noSecret, secretNames, theSecret } from "./gather/secrets.ts";
import { dryRun, fieldManager, output, targets } from "./line/flags.ts";
import { verb } from "./verb.ts";

export const attach = verb({
  name: "attach",
  usage: "attach [NAME] --serviceaccount=NAME",
  summary: "Let ServiceAccounts use a pull secret that exists",
  description:
    "Adds the Secret to imagePullSecrets of the ServiceAccounts and leaves every other name in that list where it is, whoever " +
    "writes to it at the same time. Pods that were made before and cannot start are made anew by their controllers. " +
    "NAME may be left out where the namespace has one Secret of kubectl acr-secret.",
  examples: [
    "# The default ServiceAccount",
    "kubectl acr-secret attach --serviceaccount",
    "# Two by name",
    "kubectl acr-secret attach acr-myregistry --serviceaccount web --serviceaccount worker",
    "# All with a label",
    "kubectl acr-secret attach acr-myregistry -l team=web",
  ],
  flags: { ...targets, ...dryRun, ...fieldManager, ...output },
  most: 1,
  complete: secretNames,
  async run({ flags, args }, session) {
    requireTargets(flags, "attach");
    const cluster = session.cluster();
    const namespace = await cluster.namespace();
    const at = { namespace, name: args[0] ?? (await theSecret(cluster, namespace)) };
    const scene = await lookAt(cluster, at, flags);
    const { secret, seen } = scene;
    if (!secret)
      throw noSecret(at.name, `kubectl acr-secret create ${at.name} --registry REGISTRY --serviceaccount default -n ${namespace}`);
    const type = secret.type ?? "Opaque";
    if (!(type in pullSecretKey))
      throw new CliError("invalid", `secret "${at.name}" is of type ${type}, which the kubelet passes over when it pulls`);

    const { plan, notices } = planTargets(at.name, readProvenance(secret)?.registry ?? "", scene);
    return conclude(plan, { session, flags, seen, notices });
  },
});
