import type { CredentialKind } from "../src/credential/credential-kind.ts";
import { unlessRefused } from "../src/errors.ts";
import { defaultLifetime } from "../src/file/keys.ts";
import { plugin } from "../src/hint.ts";
import { keyOf, type Ref } from "../src/kinds.ts";
import { type Cluster, listAll } from "../src/kube/port.ts";
import type { Secret } from "../src/objects.ts";
import type { Outcome } from "../src/outcome.ts";
import type { Next } from "../src/output/error.ts";
import { once } from "../src/scope/concurrency.ts";
import { readers } from "../src/secret/readers.ts";
import { credentialOf } from "../src/secret/record.ts";
import { toSeconds } from "../src/timestamp.ts";
import { namesIn } from "../src/usage/references.ts";
import { targetOf, wantsTargets } from "../src/usage/targets.ts";
import { createSecret } from "../src/verbs/create.ts";
import { conclude, printsHints } from "./conclude.ts";
import { desiredOf } from "./create/desired.ts";
import { exportOne } from "./create/export.ts";
import { type CreateOptions, createFlags, readOptions } from "./create/options.ts";
import { holdersOf } from "./holders.ts";
import { targetCandidates } from "./line/known.ts";
import { type Session, toolsOf } from "./session.ts";
import { verb } from "./verb.ts";

export const create = verb({
  usage: "create [NAME] [TARGET...] --registry REGISTRY",
  description: [
    "Creates an ACR token that can pull the given repositories, proves that it pulls, and writes it to a Secret. Adds the Secret to the " +
      "imagePullSecrets of each TARGET, a ServiceAccount or a workload such as deployment/web, and restarts pods that wait for it. Safe to " +
      "run again. Default NAME: acr-REGISTRY.",
  ],
  examples: [
    "# Let the default ServiceAccount pull the images that its pods use",
    "kubectl acr-secret create --registry myregistry --serviceaccount default",
    "# Choose the Secret's name, the repositories and a workload",
    "kubectl acr-secret create web --registry myregistry --repository app/web,'base/*' deployment/web",
    "# Use a user name and password that you already have",
    "kubectl acr-secret create --registry myregistry.azurecr.io --username ci --password-stdin < password.txt",
    "# Give a copy to all namespaces with a label, and show what would change",
    "kubectl acr-secret create --registry myregistry --copy-to-selector team=blue --serviceaccount default --dry-run=client",
  ],
  flags: createFlags,
  most: Number.POSITIVE_INFINITY,
  complete: targetCandidates,
  async run({ flags, args }, session) {
    const options = await readOptions(flags, args, session);
    const { kind } = options;
    const desired = await desiredOf(flags, options);
    if (isIssued(kind) && options.repositories.includes("*"))
      session.warn("--repository '*' lets the credential pull every repository of the registry");
    const open = once(() => kind.open(options.asked, session));
    // An entry without expiresIn has the lifetime of a file
    const expiresAt = options.expiresAt ?? (desired && toSeconds(new Date(session.now().getTime() + defaultLifetime)));
    const holders = holdersOf(session);
    const order = {
      ...options,
      expiresAt,
      expiresExactly: options.expiresAt !== undefined,
      kind: kind.name,
      isIssued: isIssued(kind),
      open,
      holders,
      file: undefined,
    };
    if (flags.export) return exportOne(order, flags, session);
    let created: Outcome | undefined;
    const outcomes = observed(createSecret(order, toolsOf(session, flags)), (outcome) => {
      if (outcome.result === "created" && keyOf(outcome.to) === keyOf(options.source)) created = outcome;
    });
    const { namespace = "" } = options.source;
    const places = options.copyTo ? { namespaces: undefined, open: true } : { namespaces: [namespace], open: false };
    const code = await conclude(outcomes, session, { ...flags, passwords: true, home: namespace, desired }, places);
    if (printsHints(code, flags)) await hintNext(created, options, session);
    return code;
  },
});

/** Azure generates passwords of this kind, so a source can be kept without asking Azure. */
const isIssued = ({ notRenewable, creation }: CredentialKind): boolean => notRenewable === undefined && creation?.isShortLived !== true;

/** Whether Azure has generated a password without an expiry for a new Secret. */
function neverExpires(created: Outcome | undefined, { kind }: CreateOptions): boolean {
  const credential = credentialOf(created?.object as Secret | undefined);
  return isIssued(kind) && credential !== undefined && credential.expiresAt === undefined;
}

/** @param created the new Secret */
async function hintNext(created: Outcome | undefined, options: CreateOptions, session: Session): Promise<void> {
  if (neverExpires(created, options)) session.hint("the password never expires; to limit it, run rotate with --expires-in");
  if (!(created || options.reader) || options.copyTo) return;
  for (const next of await nextSteps(options, session)) session.hint(next);
}

async function* observed(outcomes: AsyncIterable<Outcome>, see: (outcome: Outcome) => void): AsyncGenerator<Outcome> {
  for await (const outcome of outcomes) {
    see(outcome);
    yield outcome;
  }
}

/**
 * Returns the next steps for a new Secret: the configuration of its reader, or the command that attaches it. If another object has the name
 * that the user gave to the Secret, the command attaches the Secret to it. A failed read is ignored, because the Secret is written.
 */
async function nextSteps({ source, isNamed, targets, reader, asked }: CreateOptions, session: Session): Promise<readonly Next[]> {
  const { name: secret, namespace = "" } = source;
  const cluster = session.cluster();
  if (reader) {
    const { loginServer: host } = await (await session.azure(asked.identity)).findRegistry(asked.registry);
    return [readers[reader].refer({ secret, host, namespace })];
  }
  if (wantsTargets(targets)) return isNamed ? ((await forNamesake(source, cluster)) ?? []) : [];
  const attach = [{ ...plugin("attach", secret, "--serviceaccount", "default"), namespace }];
  return (await forNamesake(source, cluster)) ?? ((await isListed(source, cluster)) ? [] : attach);
}

/** Returns the hints if a ServiceAccount or a Deployment has the name of the Secret. The user may have meant it as the target. */
async function forNamesake({ name: secret, namespace = "" }: Ref, cluster: Cluster): Promise<readonly Next[] | undefined> {
  const read = <K extends "serviceaccount" | "deployment.apps">(kind: K) =>
    cluster.get({ kind, name: secret, namespace }).catch(unlessRefused(undefined));
  const [account, deployment] = await Promise.all([read("serviceaccount"), read("deployment.apps")]);
  const namesake = account ?? deployment;
  if (!namesake) return undefined;
  if (targetOf(namesake).names.includes(secret)) return [];
  const target = `${account ? "serviceaccount" : "deployment"}/${secret}`;
  return [
    `${JSON.stringify(secret)} is now the name of the Secret. To attach it to ${target}, run:`,
    { ...plugin("attach", secret, target), namespace },
  ];
}

/** Whether the default ServiceAccount or a pod already lists the Secret. */
async function isListed({ name: secret, namespace = "" }: Ref, cluster: Cluster): Promise<boolean> {
  const account = await cluster.get({ kind: "serviceaccount", name: "default", namespace }).catch(unlessRefused(undefined));
  if (namesIn(account?.imagePullSecrets).includes(secret)) return true;
  const pods = await listAll(cluster, "pod", { namespace }).catch(unlessRefused([]));
  return pods.some(({ spec }) => namesIn(spec.imagePullSecrets).includes(secret));
}
