import type { Outcome } from "../src/apply/outcome.ts";
import { newRun } from "../src/apply/tools.ts";
import { failure, runUnit, type Unit } from "../src/apply/unit.ts";
import type { Credential, HeldLogin, Issue, Kind, Need, Sources } from "../src/credential/kind.ts";
import { kindMeant } from "../src/credential/kinds.ts";
import { ownerOf, sharedOwner } from "../src/credential/owner.ts";
import { CliError, Conflict } from "../src/errors.ts";
import { over } from "../src/fleet/over.ts";
import { type Ground, groundsOf } from "../src/fleet/places.ts";
import { factsOf } from "../src/observe/facts.ts";
import { loginFor } from "../src/observe/held.ts";
import { holdersIn } from "../src/observe/holders.ts";
import { imagesFrom } from "../src/observe/images.ts";
import type { Sight } from "../src/observe/place.ts";
import { imagesIn } from "../src/observe/scope-images.ts";
import { type Outlook, outlooks } from "../src/observe/sights.ts";
import { together } from "../src/observe/together.ts";
import { mints } from "../src/plan/change.ts";
import { planPlace } from "../src/plan/place.ts";
import { covers } from "../src/registry/repository.ts";
import { entryFor, readEntries } from "../src/secret/entry.ts";
import { conclude, whereOf } from "./conclude.ts";
import { priceOfSharing } from "./create/price.ts";
import { type CreateFlags, type CreateWish, createFlags, podsWanted, readWish } from "./create/wish.ts";
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
    const { scope, asked } = wish;
    const kind = kindMeant(flags);
    const sources = sourcesOf(session);
    // Azure is asked while the cluster is, but the cluster's error comes first: nothing else matters without it
    const opening = kind.open(asked, sources);
    opening.catch(() => undefined);
    const grounds = await groundsOf(scope, { ...session, writes: true });
    const run: Creating = { flags, wish, kind, sources, session, opening };
    const onePlace = whereOf(scope, grounds) === "one";
    const places = outlooks(grounds, { secret: wish.name, targets: wish.targets, pods: podsWanted(wish, onePlace) });
    const shared = (wish.per ?? (onePlace ? "namespace" : "scope")) === "scope";
    const outcomes = shared ? oneForAll(places, grounds, run) : eachItsOwn(places, run);
    return conclude(outcomes, { session, flags, scope, grounds });
  },
});

type Creating = {
  readonly flags: CreateFlags;
  readonly wish: CreateWish;
  readonly kind: Kind;
  readonly sources: Sources;
  readonly session: Session;
  readonly opening: Promise<Credential>;
};

function sourcesOf({ azure, registry, context, progress }: Session): Sources {
  return { azure, registry, stdin: context.stdin, during: progress.during, now: context.now };
}

/** Credentials that are made at once: Azure answers each of them slowly, and throttles. */
const atOnce = 4;

/** A credential for each place. */
function eachItsOwn(places: AsyncIterable<Outlook>, run: Creating): AsyncGenerator<Outcome> {
  const { interruption } = run.session.context;
  return over(places, { width: () => Math.min(atOnce, run.session.width()), halted: () => interruption.halted }, (outlook) =>
    inOne(outlook, run),
  );
}

/** One place with a credential of its own: decided anew where another has written in the meantime. */
async function* inOne(outlook: Outlook, run: Creating): AsyncGenerator<Outcome> {
  const { flags, wish, kind, session, opening } = run;
  for (let round = 1; ; round++) {
    try {
      const owner = ownerOf(outlook.place, wish.name);
      const [sight] = await together([outlook.look(), kind.needsName(wish.asked) ? owner.ownName() : undefined]);
      const credential = await opening;
      const { host } = credential;
      const held = sight.secret && { entry: entryFor(readEntries(sight.secret), host), login: loginFor(sight.secret, host) };
      const images = imagesFrom(host, sight.pods);
      const issue = await credential.issue({ owner, repositories: wish.repositories, images, held });
      const unit = unitOf(issue, credential, run, (pulls) => pulls);
      yield* runUnit(unit, [{ ...outlook, look: async () => sight }], toolsOf(session, flags, credential), flags["dry-run"]);
      return;
    } catch (error) {
      if (error instanceof Conflict && round < 5) continue;
      if (!(error instanceof CliError)) throw error;
      yield failure(outlook, error);
      return;
    }
  }
}

/** One credential for all places: one that they hold already, else a new one, if that was said. */
async function* oneForAll(places: AsyncIterable<Outlook>, grounds: readonly Ground[], run: Creating): AsyncGenerator<Outcome> {
  const { flags, wish, session, opening } = run;
  const credential = await opening;
  const { host } = credential;
  const images = wish.repositories.length > 0 ? [] : await imagesIn(grounds, host);
  const need = { owner: sharedOwner(grounds, wish.name), repositories: wish.repositories, images };
  const issue = await issueShared(credential, need, await holdersIn(grounds, wish.name, host));
  if (mints(issue.demand) && wish.per === undefined) throw await priceOfSharing(grounds, run);
  const unit = unitOf(issue, credential, run, () => "unknown");
  yield* runUnit(unit, places, toolsOf(session, flags, credential), flags["dry-run"]);
}

/** Issues a credential that Secrets of the scope hold already, if one of these still pulls. */
async function issueShared(credential: Credential, need: Omit<Need, "held">, holders: AsyncIterable<HeldLogin>): Promise<Issue> {
  let last: Issue | undefined;
  for await (const held of holders) {
    last = await credential.issue({ ...need, held });
    if (last.pulls !== "no") return last;
  }
  return last ?? credential.issue({ ...need, held: undefined });
}

/** @param pullsOf whether the login of a place's Secret still pulls, as far as the issue can tell */
function unitOf(issue: Issue, { host }: Credential, { flags, wish }: Creating, pullsOf: (pulls: Issue["pulls"]) => Issue["pulls"]): Unit {
  const fieldManager = flags["field-manager"];
  const { before, demand, entry, login, mayPull = ["*"], images } = issue;
  const isNew = mints(demand);
  return {
    before,
    demand,
    run: newRun(login, images),
    each: (sight: Sight) => {
      const { facts, login: inside } = factsOf(sight, { name: wish.name, host, fieldManager });
      const held = facts.held && { ...facts.held, pulls: pullsOf(issue.pulls) };
      const same = login !== undefined && inside?.username === login.username && inside.password.equals(login.password);
      const storing = { entry, host, fresh: isNew || !same, force: flags.force };
      return planPlace({ ...facts, held }, storing, (repository) => mayPull.some((scope) => covers(scope, repository)));
    },
  };
}
