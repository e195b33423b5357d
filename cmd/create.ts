import { issueEach, issueShared, type Order } from "../src/apply/issue.ts";
import type { Credential, Sources } from "../src/credential/kind.ts";
import { kindMeant } from "../src/credential/kinds.ts";
import { groundsOf } from "../src/fleet/places.ts";
import { wantsTargets } from "../src/observe/place.ts";
import { outlooks } from "../src/observe/sights.ts";
import { conclude, whereOf } from "./conclude.ts";
import { againOf } from "./create/again.ts";
import { noticing } from "./create/made.ts";
import { priceOfSharing } from "./create/price.ts";
import { createFlags, podsWanted, readWish } from "./create/wish.ts";
import type { Session } from "./session.ts";
import { toolsOf } from "./tools.ts";
import { verb } from "./verb.ts";

export const create = verb({
  name: "create",
  usage: "create [NAME] --registry=REGISTRY",
  summary: "Create a pull secret for a registry and attach it to ServiceAccounts",
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
    "# One credential for every namespace",
    "kubectl acr-secret create --registry myregistry --repository 'app/*' --serviceaccount default -A --credential-per=scope",
    "# See what would be done",
    "kubectl acr-secret create --registry myregistry --all-serviceaccounts --dry-run=client",
  ],
  flags: createFlags,
  most: 1,
  async run({ flags, args }, session) {
    const wish = readWish(flags, args, session.context.now());
    const { name, repositories, fromPods, targets, scope, asked, per } = wish;
    const kind = kindMeant(flags);
    kind.check(asked, session.context.stdin);
    const sources = sourcesOf(session);
    // Azure is asked while the cluster is
    const opening = kind.open(asked, sources);
    opening.catch(() => undefined);
    const grounds = await groundsOf(scope, { ...session, writes: true });
    const onePlace = whereOf(scope, grounds) === "one";
    const places = () => outlooks(grounds, { secret: name, targets, pods: podsWanted(wish, onePlace) });
    const shared = (per ?? (onePlace ? "namespace" : "scope")) === "scope";
    const order: Order = {
      name,
      repositories,
      fromPods,
      again: againOf(wish, shared),
      opening,
      needsName: kind.needsName(asked),
      tools: (credential: Credential) => toolsOf(session, flags, credential),
      dryRun: flags["dry-run"],
      refuse: per === undefined ? () => priceOfSharing(grounds, kind, asked, sources) : undefined,
    };
    const outcomes = shared ? issueShared(places, grounds, order) : issueEach(places(), order, toolsOf(session, flags));
    const seen = noticing(outcomes);
    const code = await conclude(seen.outcomes, { session, flags, scope, grounds });
    const [namespace] = grounds[0]?.namespaces ?? [];
    if (seen.made() && code === 0 && onePlace && !wantsTargets(targets) && flags.output === undefined && flags["dry-run"] === "none")
      session.hint({ do: "attach", secret: name, serviceaccounts: ["default"], namespace });
    return code;
  },
});

function sourcesOf({ azure, registry, context, progress }: Session): Sources {
  return {
    azure,
    registry,
    stdin: context.stdin,
    readFile: context.readFile,
    during: progress.during,
    now: context.now,
    sleep: context.sleep,
  };
}
