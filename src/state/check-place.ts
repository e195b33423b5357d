import { combine } from "../check/combine.ts";
import { judge, type Verdict } from "../check/verdict.ts";
import type { Cluster } from "../cluster/port.ts";
import type { ImageRef, Registry } from "../registry/port.ts";
import { observeImage, type Question } from "./image.ts";
import { secretsOf } from "./pull-secrets.ts";
import { collectPulls, type Pull, pullsByAccount } from "./pulls.ts";
import { noSecret } from "./secrets.ts";
import { withHolders } from "./shared-fix.ts";

/** What is to be checked in a namespace. */
export type CheckOptions = {
  /** Images to check instead of those of the pods. */
  readonly images: readonly ImageRef[];
  /** The ServiceAccount that `images` are pulled with. */
  readonly serviceaccount: string;
  /** The one Secret to try, whatever the pods have. */
  readonly secret: string | undefined;
};

export type CheckPorts = {
  /** Asks once what is asked twice in a run (`askOnce`). */
  readonly registry: Registry;
  now(): Date;
  /** Works on several at a time, and keeps their order. */
  each<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]>;
};

/**
 * Judges the images of one namespace of one cluster, those that are named or those of its pods.
 *
 * @returns a verdict for each image and list of pull secrets; for each image that is named. None where no pod has an image that could
 * need a credential
 * @throws CliError notFound for a namespace, ServiceAccount or Secret that is named and not there
 */
export async function checkPlace(cluster: Cluster, namespace: string, options: CheckOptions, ports: CheckPorts): Promise<Verdict[]> {
  const pulls = await (options.images.length > 0
    ? pullsByAccount(cluster, namespace, options.serviceaccount, options.images)
    : collectPulls(cluster, namespace));
  const secrets = secretsOf(cluster, namespace);
  if (options.secret !== undefined && !(await secrets.get(options.secret))) throw noSecret(options.secret, { verb: "list", namespace });
  const pulled = pulls.flatMap(({ image, pods }) => ("host" in image && pods.some((pod) => pod.pulled) ? [image] : []));
  const sources = { namespace, secrets, registry: ports.registry, now: ports.now(), pulled };

  const verdicts = await ports.each(pulls, async (pull): Promise<Verdict | undefined> => {
    const question = ask(pull, options.secret);
    if (!question) return unreadable(pull, namespace);
    const facts = await observeImage(question, sources);
    return facts && withHolders(judge(facts), facts, cluster);
  });
  const found = verdicts.filter((verdict) => verdict !== undefined);
  return combine(withoutOthers(found, options));
}

function ask(pull: Pull, secret: string | undefined): Question | undefined {
  if ("invalid" in pull.image) return undefined;
  const only = secret !== undefined;
  return { ...pull, image: pull.image, only, ...(only && { names: [secret], accountNames: [] }) };
}

function unreadable({ image, text, pods }: Pull, namespace: string): Verdict {
  const message = "invalid" in image ? image.invalid : undefined;
  return { image: text, namespace, secret: "", pods: pods.map(({ name }) => name), cause: "invalid-image", message };
}

/** Images that a named Secret has nothing to do with are left out, unless nothing else is left, or they are named too. */
function withoutOthers(verdicts: readonly Verdict[], { secret, images }: CheckOptions): Verdict[] {
  const about = secret === undefined || images.length > 0 ? [] : verdicts.filter(({ cause }) => !["no-login", "by-node"].includes(cause));
  return about.length > 0 ? about : [...verdicts];
}
