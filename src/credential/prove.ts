import type { ImageRef, Login, Proof, Registry } from "../context.ts";
import { CliError, type ErrorKind } from "../errors.ts";
import { covers } from "../registry/repository.ts";
import type { Reach } from "./reach.ts";

/** How long a password that was made a moment ago may be unknown to the registry, in milliseconds: Azure says 60 s. */
const settling = [500, 1000, 2000, 4000, 8000, 15_000, 30_000];

/** What a proof needs. `fresh`: the login was made in this run, so that a refusal may pass. */
export type ProofTools = { readonly registry: Registry; sleep(milliseconds: number): Promise<void>; readonly fresh: boolean };

/** What was proven: an image that the login pulls, and the repositories that have none, so that nothing could be shown of them. */
export type Proven = { readonly image: ImageRef; readonly empty: readonly string[] };

/**
 * Proves that a login pulls: one manifest of each repository, before the login is given to anybody.
 * @throws CliError when a manifest is refused, or when there is none at all to ask for
 */
export async function proveLogin(reach: Reach, login: Login, tools: ProofTools): Promise<Proven> {
  const empty: string[] = [];
  let image: ImageRef | undefined;
  for (const repository of reach.repositories) {
    const asked = await askFor(repository, reach, login, tools);
    if (!asked) empty.push(repository);
    else if (asked.proof.verdict !== "pulls") throw disproved(reach.host, asked.image, asked.proof);
    else image ??= asked.image;
  }
  if (image) return { image, empty };
  throw new CliError("notFound", nothing(reach), {
    hint: "push an image first, name another --repository, or add --verify=false to go on unproven",
  });
}

/** Whether a login that a Secret holds still pulls one of its repositories; `unknown` where the registry does not tell. */
export async function stillPulls(reach: Reach, login: Login, registry: Registry): Promise<"yes" | "no" | "unknown"> {
  const image = await knownImage(reach, login, registry);
  if (!image) return "unknown";
  const { verdict } = await registry.prove(image, login);
  if (verdict === "pulls") return "yes";
  return verdict === "refused" ? "no" : "unknown";
}

/** An image to ask for: one that pods name, else any of the first repository, else one that may not be there. */
async function knownImage({ host, repositories, images }: Reach, login: Login, registry: Registry): Promise<ImageRef | undefined> {
  const named = images.find((image) => repositories.some((scope) => covers(scope, image.repository)));
  const repository = repositories.find((name) => !name.endsWith("*"));
  if (named || repository === undefined) return named;
  return { host, repository, reference: (await registry.anyTag(host, repository, login)) ?? "latest" };
}

/** The answer about an image of the repository that exists: one that pods name, else `latest`, else any. */
async function askFor(
  repository: string,
  { host, images }: Reach,
  login: Login,
  tools: ProofTools,
): Promise<{ image: ImageRef; proof: Proof } | undefined> {
  const many = repository.endsWith("*");
  const named = images.filter((image) => covers(repository, image.repository));
  for (const image of many ? named : [...named, { host, repository, reference: "latest" }]) {
    const proof = await patiently(image, login, tools);
    if (proof.verdict !== "not-found") return { image, proof };
  }
  // Last, since nobody waits for a login that may not list yet
  const tag = many ? undefined : await tools.registry.anyTag(host, repository, login);
  const image = tag === undefined ? undefined : { host, repository, reference: tag };
  return image && { image, proof: await patiently(image, login, tools) };
}

async function patiently(image: ImageRef, login: Login, { registry, sleep, fresh }: ProofTools): Promise<Proof> {
  for (const wait of fresh ? settling : []) {
    const proof = await registry.prove(image, login);
    if (proof.verdict !== "refused") return proof;
    await sleep(wait);
  }
  return registry.prove(image, login);
}

function nothing({ host, repositories }: Reach): string {
  if (repositories.length === 0) return `no image of ${host} is known to prove the credential with`;
  return `no image of ${repositories.map((name) => `${host}/${name}`).join(", ")} could be found to prove the credential with`;
}

/** What a person does next about a login that does not pull; by default they look why the registry is not reached. */
const kindOf: Partial<Record<Proof["verdict"], ErrorKind>> = {
  refused: "unauthenticated",
  "out-of-scope": "forbidden",
  blocked: "forbidden",
  throttled: "timeout",
  untrusted: "config",
};

/** Where this machine is kept out, the cluster may still get in. */
const elsewhere: readonly Proof["verdict"][] = ["blocked", "unreachable", "untrusted"];

function disproved(host: string, { repository }: ImageRef, { verdict, message }: Proof): CliError {
  const hint = elsewhere.includes(verdict) ? "add --verify=false if only the cluster can reach the registry" : undefined;
  return new CliError(kindOf[verdict] ?? "unreachable", `the credential does not pull ${host}/${repository}: ${message}`, { hint });
}
