import { remember } from "../src/apply/outcome.ts";
import { planDetach, pullSecretsOf } from "../src/plan/references.ts";
import { conclude } from "./conclude.ts";
import { accountRef, chosenAccounts, requireTargets } from "./gather/accounts.ts";
import { secretNames, theSecret } from "./gather/secrets.ts";
import { dryRun, fieldManager, output, targets } from "./line/flags.ts";
import { verb } from "./verb.ts";

export const detach = verb({
  name: "detach",
  usage: "detach [NAME] --serviceaccount=NAME",
  summary: "Take a pull secret out of ServiceAccounts",
  description:
    "Removes the Secret from imagePullSecrets of the ServiceAccounts and leaves every other name in that list where it is. " +
    "The Secret itself stays, and so do pods that run: new pods no longer get it.",
  examples: [
    "# The default ServiceAccount",
    "kubectl acr-secret detach --serviceaccount",
    "# Wherever it is attached in the namespace",
    "kubectl acr-secret detach acr-myregistry --all-serviceaccounts",
  ],
  flags: { ...targets, ...dryRun, ...fieldManager, ...output },
  most: 1,
  complete: secretNames,
  async run({ flags, args }, session) {
    requireTargets(flags, "detach");
    const cluster = session.cluster();
    const namespace = await cluster.namespace();
    const name = args[0] ?? (await theSecret(cluster, namespace));
    const accounts = await chosenAccounts(cluster, namespace, flags);
    const plan = accounts.map((account) => planDetach(name, accountRef(account), pullSecretsOf(account)));
    return conclude(plan, { session, flags, seen: remember(accounts) });
  },
});
