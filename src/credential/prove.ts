import type { ImageRef, Login, Proof, Registry } from "../context.ts";
import { CliError } from "../errors.ts";
import { covers } from "../registry/repository.ts";

/** What a credential is to be proven for. */
export type Claim = {
  readonly host: string;
  /** Repositories that it must pull; `team/*` and `*` stand for many. */
  readonly repositories: readonly string[];
  /** Images of the registry that pods of the namespace name. */
  readonly images: readonly ImageRef[];
};

/** How long a password that was made a moment ago may be unknown to the registry, in milliseconds: Azure says 60 s. */
const settling = [500, 1000, 2000, 4000, 8000, 15_000, 30_000];

/**
 * Proves that a login pulls: one manifest of each repository, before the login is given to anybody.
 *
 * @param fresh minted in this run, so that a refusal may pass
 * @returns repositories that have no image yet, so that nothing could be proven of them
 * @throws CliError when a manifest is refused, or when there is none at all to ask for
 */
export async function proveLogin(
  { host, repositories, images }: Claim,
  login: Login,
  { registry, sleep, fresh }: { registry: Registry; sleep(milliseconds: number): Promise<void>; fresh: boolean },
): Promise<string[]> {
  const empty: string[] = [];
  for (const repository of repositories) {
    const asked = await askFor(repository);
    if (!asked) empty.push(repository);
    else if (asked.proof.verdict !== "pulls") throw disproved(host, asked.image, asked.proof);
  }
  if (empty.length < repositories.length) return empty;
  throw new CliError("notFound", nothing(host, repositories), {
    hint: "push an image first, name another --repository, or add --verify=false to go on unproven",
  });

  /** The answer about an image of the repository that exists: one that pods name, else `latest`, else any. */
  async function askFor(repository: string): Promise<{ image: ImageRef; proof: Proof } | undefined> {
    const many = repository.endsWith("*");
    const named = images.filter((image) => covers(repository, image.repository));
    for (const image of many ? named : [...named, { host, repository, reference: "latest" }]) {
      const proof = await patiently(image);
      if (proof.verdict !== "notFound") return { image, proof };
    }
    // Last, since nobody waits for a login that may not list yet
    const tag = many ? undefined : await registry.anyTag(host, repository, login);
    const image = tag === undefined ? undefined : { host, repository, reference: tag };
    return image && { image, proof: await patiently(image) };
  }

  async function patiently(image: ImageRef): Promise<Proof> {
    for (const wait of fresh ? settling : []) {
      const proof = await registry.prove(image, login);
      if (proof.verdict !== "refused") return proof;
      await sleep(wait);
    }
    return registry.prove(image, login);
  }
}

function nothing(host: string, repositories: readonly string[]): string {
  if (repositories.length === 0) return `no image of ${host} is known to prove the credential with`;
  return `no image of ${repositories.map((name) => `${host}/${name}`).join(", ")} could be found to prove the credential with`;
}

function disproved(host: string, { repository }: ImageRef, { verdict, message }: Proof): CliError {
  const kinds = {
    refused: "unauthenticated",
    outOfScope: "forbidden",
    blocked: "forbidden",
    throttled: "timeout",
    untrusted: "config",
  } as const;
  const kind = verdict in kinds ? kinds[verdict as keyof typeof kinds] : "unreachable";
  const hint = kind === "unreachable" || kind === "config" ? "add --verify=false if only the cluster can reach the registry" : undefined;
  return new CliError(kind, `the credential does not pull ${host}/${repository}: ${message}`, { hint });
}
