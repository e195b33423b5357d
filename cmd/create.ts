import { isDone, type Outcome } from "../src/actions/outcome.ts";
import { allReported } from "../src/actions/reported.ts";
import type { Asked, Credential, Kind, Sources } from "../src/credential/kind.ts";
import { isMadeInAzure, parseKind } from "../src/credential/kinds.ts";
import { unlessRefused, usage } from "../src/errors.ts";
import type { Create } from "../src/fix.ts";
import { type Cluster, listAll } from "../src/kube/port.ts";
import type { Next } from "../src/output/error.ts";
import { type ClusterScope, clusterScopeOf } from "../src/scope/cluster-scopes.ts";
import { readers } from "../src/secret/readers.ts";
import { readersOf } from "../src/usage/namespace-reader.ts";
import { namesIn } from "../src/usage/references.ts";
import { targetOf, wantsTargets } from "../src/usage/targets.ts";
import { issueEach, issueShared, type Order } from "../src/workflows/create.ts";
import { conclude, printsHints, whereOf } from "./conclude.ts";
import { exportOne, printManifests } from "./create/export.ts";
import { type CreateFlags, type CreateOptions, createFlags, podsTell, podsWanted, readOptions } from "./create/options.ts";
import { targetCandidates } from "./line/known.ts";
import { targetValues } from "./line/target-words.ts";
import { type Session, toolsOf } from "./session.ts";
import { verb } from "./verb.ts";

export const create = verb({
  usage: "create [NAME] [TARGET...] --registry REGISTRY",
  description: [
    "Creates an ACR token that can pull the given repositories, proves that it pulls, and writes it to a Secret. With TARGETs, adds the " +
      "Secret to their imagePullSecrets and restarts pods that are waiting for it. Safe to run again. Default NAME: acr-REGISTRY.",
    "A TARGET is a ServiceAccount or a workload, such as deployment/web or cronjob/report. Without TARGETs, only the Secret is written.",
  ],
  examples: [
    "# Let the default ServiceAccount pull the images that its pods use",
    "kubectl acr-secret create --registry myregistry --serviceaccount default",
    "# Choose the Secret's name, the repositories and a workload",
    "kubectl acr-secret create web --registry myregistry --repository app/web --repository 'base/*' deployment/web",
    "# Use a user name and password that you already have",
    "kubectl acr-secret create --registry myregistry.azurecr.io --username ci --password-stdin < password.txt",
    "# Use a short-lived token of your own identity",
    "kubectl acr-secret create --registry myregistry --serviceaccount default --entra",
    "# Let Argo CD pull charts",
    "kubectl acr-secret create --registry myregistry --repository 'charts/*' --for argocd",
    "# Share one credential across all namespaces",
    "kubectl acr-secret create --registry myregistry --repository 'app/*' --serviceaccount default -A --credential-per scope",
    "# Show what would change",
    "kubectl acr-secret create --registry myregistry --all-serviceaccounts --dry-run=client",
  ],
  flags: createFlags,
  most: Number.POSITIVE_INFINITY,
  read: (word) => word,
  complete: targetCandidates,
  async run({ flags, args }, session) {
    const options = readOptions(flags, args, session);
    const parsed = parseKind(options.asked, session.stdin);
    if (isMadeInAzure(parsed.kind.name) && options.repositories.includes("*"))
      session.warn("--repository '*' lets the credential pull every repository of the registry");
    if (options.reader && readers[options.reader].manifests) return printManifests(options, flags, session);
    if (flags.export) return exportOne({ ...options, ...parsed, again: againOf(options, false) }, flags, session);
    return createAll({ ...options, ...parsed }, flags, session);
  },
});

type Options = CreateOptions & {
  readonly kind: Kind;
  readonly needsName: boolean;
};

/** Creates what is missing in every namespace. @returns the exit code */
async function createAll(options: Options, flags: CreateFlags, session: Session): Promise<number> {
  const { name, targets, reader, asked, per, kind } = options;
  // Azure is read concurrently with the cluster
  const opening = kind.open(asked, session);
  opening.catch(() => undefined);
  const clusterScope = await clusterScopeOf(options.scope, { ...session, writes: true });
  const isOneNamespace = whereOf(clusterScope) === "one";
  const reads = {
    secret: name,
    targets,
    pods: podsWanted(options, isOneNamespace),
    wait: { milliseconds: asked.wait, sleep: session.sleep },
    lenient: !isOneNamespace,
  };
  const places = () => readersOf(clusterScope, reads);
  const shared = (per ?? (isOneNamespace ? "namespace" : "scope")) === "scope";
  const order: Order = {
    ...options,
    podsTell: podsTell(options),
    again: againOf(options, shared),
    opening,
    tools: (credential: Credential) => toolsOf(session, flags, credential),
    refuse: per === undefined ? () => priceOfSharing(clusterScope, kind, asked, session) : undefined,
  };
  const outcomes = shared ? issueShared(places, clusterScope, order) : issueEach(places(), order, session);
  let createsSecret = false;
  const observed = observe(outcomes, (outcome) => {
    createsSecret ||= isDone(outcome) && outcome.change.act === "store" && !outcome.change.precondition;
  });
  const code = await conclude(allReported(observed), session, { ...flags, passwords: true }, clusterScope);
  const { host } = await opening;
  const isNew = reader !== undefined || (createsSecret && isOneNamespace);
  if (!isNew || !printsHints(code, flags)) return code;
  for (const next of await nextSteps(options, host, clusterScope)) session.hint(next);
  return code;
}

async function* observe(outcomes: AsyncIterable<Outcome>, see: (outcome: Outcome) => void): AsyncGenerator<Outcome> {
  for await (const outcome of outcomes) {
    see(outcome);
    yield outcome;
  }
}

/**
 * Returns the current command as the base of one that grants a credential more. For a credential that several namespaces share, it selects
 * all of them.
 */
function againOf({ name: secret, asked, targets, reader, scope, per }: CreateOptions, shared: boolean): Create {
  const { identity } = asked.again;
  const { registry } = asked;
  const again: Create = { verb: "create", secret, registry, ...targetValues(targets), reader, identity };
  // Without a place of its own, the command would get the namespace of the outcome that prints it
  return shared ? { ...again, namespace: undefined, scope, credentialPer: per } : again;
}

const count = (of: number) => of.toLocaleString("en-US");

/**
 * Returns the error for creating credentials for many namespaces without --credential-per, with the number of credentials of each choice.
 */
async function priceOfSharing(clusterScope: ClusterScope, { creation }: Kind, asked: Asked, sources: Sources) {
  const places = clusterScope.namespaces.length;
  const quota = await creation?.quota?.(asked, sources);
  const [one, several] = creation?.nouns ?? ["token", "tokens"];
  const allowed = quota === undefined ? "" : `; the registry allows ${count(Math.max(0, quota))} more`;
  return usage(`${count(places)} namespaces selected; specify --credential-per`, {
    do: "hints",
    hints: [
      `--credential-per=scope: one ${one} for all, so every namespace can pull the same repositories`,
      `--credential-per=namespace: ${count(places)} ${several}${allowed}`,
    ],
  });
}

/**
 * Returns the next steps for a new Secret: the configuration of its reader, or the command that attaches it. If another object has the name that
 * the user gave to the Secret, the command attaches the Secret to it. A failed read is ignored, because the Secret is already written.
 */
async function nextSteps(
  { name: secret, targets, reader, asked }: CreateOptions,
  host: string,
  { cluster, namespaces }: ClusterScope,
): Promise<readonly Next[]> {
  const [namespace = "NAMESPACE", ...others] = namespaces;
  if (reader) return [readers[reader].refer({ secret, host, namespace: others.length > 0 ? "NAMESPACE" : namespace })];
  const place = { cluster, namespace };
  if (wantsTargets(targets)) return asked.again.secret === undefined ? [] : ((await forNamesake(secret, place)) ?? []);
  return (
    (await forNamesake(secret, place)) ??
    ((await isListed(secret, place)) ? [] : [{ verb: "attach", secret, serviceaccounts: ["default"], namespace }])
  );
}

type Place = { readonly cluster: Cluster; readonly namespace: string };

/** Returns the hints if a ServiceAccount or a Deployment has the name of the Secret. The user may have meant it as the target. */
async function forNamesake(secret: string, place: Place): Promise<readonly Next[] | undefined> {
  const [account, deployment] = await Promise.all([read("serviceaccount", secret, place), read("deployment.apps", secret, place)]);
  const namesake = account ?? deployment;
  if (!namesake) return undefined;
  if (targetOf(namesake).names.includes(secret)) return [];
  const target = `${account ? "serviceaccount" : "deployment"}/${secret}`;
  return [
    `${JSON.stringify(secret)} is now the name of the Secret. To attach it to ${target}, run:`,
    { verb: "attach", secret, targets: [target], namespace: place.namespace },
  ];
}

/** Whether the default ServiceAccount or a pod already lists the Secret. */
async function isListed(secret: string, place: Place): Promise<boolean> {
  const account = await read("serviceaccount", "default", place);
  if (namesIn(account?.imagePullSecrets).includes(secret)) return true;
  const pods = await listAll(place.cluster, "pod", { namespace: place.namespace }).catch(unlessRefused([]));
  return pods.some(({ spec }) => namesIn(spec.imagePullSecrets).includes(secret));
}

const read = <K extends "serviceaccount" | "deployment.apps">(kind: K, name: string, { cluster, namespace }: Place) =>
  cluster.get({ kind, name, namespace }).catch(unlessRefused(undefined));
