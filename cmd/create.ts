import { kindMeant } from "../src/credential/kinds.ts";
import { checkKeep, keepUp } from "./create/keep.ts";
import { type Journal, makeOnce, newJournal } from "./create/once.ts";
import { createFlags, readWish } from "./create/wish.ts";
import { targets } from "./line/target-complete.ts";
import { verb } from "./verb.ts";

export const create = verb({
  usage: "create [NAME] [TARGET...] --registry=REGISTRY",
  description:
    "Makes an ACR token that may pull the given repositories, proves that it does, and writes it as a Secret of type " +
    "kubernetes.io/dockerconfigjson. NAME is acr-REGISTRY by default. What is right already is left as it is, so the command can be run again.",
  examples: [
    "# Let the default ServiceAccount pull what the namespace's pods need",
    "kubectl acr-secret create --registry myregistry --serviceaccount default",
    "# Name the repositories, and what to call the Secret",
    "kubectl acr-secret create web --registry myregistry --repository app/web --repository 'base/*'",
    "# Use a credential that you have",
    "kubectl acr-secret create --registry myregistry.azurecr.io --username ci --password-stdin < password.txt",
    "# For some hours' work, take a token of your own, made anew until Ctrl-C",
    "kubectl acr-secret create --registry myregistry --serviceaccount default --entra --keep",
    "# Let Argo CD pull charts",
    "kubectl acr-secret create --registry myregistry --repository 'charts/*' --for argocd",
    "# One credential for every namespace",
    "kubectl acr-secret create --registry myregistry --repository 'app/*' --serviceaccount default -A --credential-per=scope",
    "# See what would be done",
    "kubectl acr-secret create --registry myregistry --all-serviceaccounts --dry-run=client",
  ],
  flags: createFlags,
  most: Number.POSITIVE_INFINITY,
  read: (word) => word,
  complete: targets,
  async run({ flags, args }, session) {
    const wish = readWish(flags, args, { now: session.context.now(), namespace: session.namespace });
    const kind = kindMeant(flags);
    kind.check(wish.asked, session.context.stdin);
    const once = (journal: Journal) => makeOnce({ wish, kind, flags }, session, journal);
    if (!flags.keep) return once(newJournal());
    checkKeep(flags, kind);
    return keepUp(once, { session, flags, scope: wish.scope });
  },
});
