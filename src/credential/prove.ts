import { CliError, type ErrorKind } from "../errors.ts";
import type { Passing } from "../plan/change.ts";
import { isLoginServer } from "../registry/login-server.ts";
import type { ImageRef, Login, Proof, Registry } from "../registry/port.ts";
import { covers } from "../registry/repository.ts";
import type { Asked, HeldLogin, Sources } from "./kind.ts";
import type { RepositoryScope } from "./repository-scope.ts";
import { pausesOf } from "./retry.ts";

/**
 * Pauses while the registry may not know a new password yet, in milliseconds. Azure documents 60 s for a regenerated one
 * (learn.microsoft.com/azure/container-registry/container-registry-token-based-repository-permissions); twice that in all.
 */
const settling = [500, 1000, 2000, 4000, 8000, 15_000, 30_000, 30_000, 30_000];

/** The questions by which a login is tried. */
type Prover = Pick<Registry, "prove" | "admits" | "anyTag">;

/** What a proof needs. `fresh`: the login was made in this run, so that a refusal may pass. */
export type ProofTools = {
  readonly registry: Prover;
  sleep(milliseconds: number): Promise<void>;
  readonly fresh: boolean;
  readonly passing?: Passing | undefined;
};

/**
 * What was proven: an image that the login pulls, and the repositories that have none, so that nothing could be shown of them. Without
 * any image the registry takes the login, and no more is known.
 */
export type Proven = {
  readonly image: ImageRef | undefined;
  readonly empty: readonly string[];
  /** Images that pods name and that are not there, as far as was seen. */
  readonly missing: readonly ImageRef[];
};

/**
 * Proves that a login pulls: one manifest of each repository, before the login is given to anybody. Where there is none at all to ask
 * for, that the registry takes it.
 * @throws CliError when a manifest, or the login, is refused
 */
export async function proveLogin(scope: RepositoryScope, login: Login, tools: ProofTools): Promise<Proven> {
  const empty: string[] = [];
  const missing: ImageRef[] = [];
  let image: ImageRef | undefined;
  const ask = (repository: string) => askFor(repository, scope, login, { ...tools, miss: (gone) => missing.push(gone) });
  for await (const { repository, asked } of inOrder(scope.repositories, ask)) {
    if (!asked) empty.push(repository);
    else if (asked.proof.verdict !== "pulls") throw disproved(scope.host, asked.image, asked.proof);
    else image ??= asked.image;
  }
  if (!image) await admitted(scope.host, login, tools);
  return { image, missing, empty: scope.repositories.length === 0 ? ["*"] : empty };
}

/** Repositories that are asked for at once. */
const atOnce = 8;

/** The answers in order. The first is asked for alone, since a login that was made a moment ago is waited for. */
async function* inOrder<T>(repositories: readonly string[], ask: (repository: string) => Promise<T>) {
  for (let at = 0; at < repositories.length; at += at === 0 ? 1 : atOnce) {
    const some = repositories.slice(at, at === 0 ? 1 : at + atOnce);
    yield* await Promise.all(some.map(async (repository) => ({ repository, asked: await ask(repository) })));
  }
}

async function admitted(host: string, login: Login, tools: ProofTools): Promise<void> {
  const { verdict, message } = await patiently(() => tools.registry.admits(host, login), tools);
  if (verdict !== "pulls") throw refusal(verdict, `the credential is not taken: ${message}`);
}

/**
 * Proves that a login pulls at a regional host too. A replica may lack the image of the login server for a while.
 * @param image that the login pulls at the login server; undefined if none is known
 * @throws CliError when the regional host refuses the login
 */
export async function proveRegional(host: string, image: ImageRef | undefined, login: Login, tools: ProofTools): Promise<void> {
  const { registry } = tools;
  const { verdict, message } = await patiently(
    () => (image ? registry.prove({ ...image, host }, login) : registry.admits(host, login)),
    tools,
  );
  if (verdict !== "pulls" && verdict !== "not-found") throw refusal(verdict, `regional host ${host} rejects the credential: ${message}`);
}

/** Whether a login that a Secret holds pulls; `unasked` says why the registry could not be asked. */
export type Still = { readonly pulls: "yes" | "no" | "unknown"; readonly unasked?: string | undefined };

/** Whether a login that a Secret holds still pulls one of its repositories; `unknown` where the registry does not tell. */
export async function stillPulls(scope: RepositoryScope, login: Login, registry: Prover): Promise<Still> {
  const image = await knownImage(scope, login, registry);
  const { verdict, message } = await (image ? registry.prove(image, login) : registry.admits(scope.host, login));
  if (verdict === "pulls") return { pulls: image ? "yes" : "unknown" };
  if (verdict === "refused") return { pulls: "no" };
  return { pulls: "unknown", unasked: silent.includes(verdict) ? message : undefined };
}

/** Whether the login that a Secret holds still pulls. One that has expired does not, whoever is asked. */
export async function tryHeld(
  held: HeldLogin | undefined,
  scope: RepositoryScope,
  { verify }: Pick<Asked, "verify">,
  { registry, during, now }: Pick<Sources, "registry" | "during" | "now">,
): Promise<Still> {
  const { entry, login } = held ?? {};
  if (!entry || !login) return { pulls: "no" };
  if (entry.expiresAt !== undefined && new Date(entry.expiresAt) <= now()) return { pulls: "no" };
  if (!verify) return { pulls: "unknown" };
  return during(`Asking ${scope.host} whether the credential still pulls`, () => stillPulls(scope, login, registry()));
}

/** An image to ask for: one that pods name, else any of the first repository, else one that may not be there. */
async function knownImage({ host, repositories, images }: RepositoryScope, login: Login, registry: Prover): Promise<ImageRef | undefined> {
  const named = images.find((image) => repositories.some((scope) => covers(scope, image.repository)));
  const repository = repositories.find((name) => !name.endsWith("*"));
  if (named || repository === undefined) return named;
  return { host, repository, reference: (await registry.anyTag(host, repository, login)) ?? "latest" };
}

type Asking = { readonly image: ImageRef; readonly proof: Proof };

/** The answer about an image of the repository that exists: one that pods name, else `latest`, else any. Undefined if there is none. */
async function askFor(
  repository: string,
  { host, images }: RepositoryScope,
  login: Login,
  tools: ProofTools & { miss(image: ImageRef): void },
): Promise<Asking | undefined> {
  const proofOf = (image: ImageRef) => patiently(() => tools.registry.prove(image, login), tools);
  const many = repository.endsWith("*");
  const named = images.filter((image) => covers(repository, image.repository));
  for (const image of many ? named : [...named, { host, repository, reference: "latest" }]) {
    const proof = await proofOf(image);
    if (proof.verdict !== "not-found") return { image, proof };
    if (images.includes(image)) tools.miss(image);
  }
  if (!many) return anyOf(repository, host, (name) => tools.registry.anyTag(host, name, login), proofOf);
  // Other registries answer 401 for a repository that does not exist
  return named.length === 0 && isLoginServer(host) ? allowed(probeIn(repository, host), proofOf) : undefined;
}

type ProofOf = (image: ImageRef) => Promise<Proof>;

/** The answer about whichever image the repository has. Asked last, since no proof waits for a login that may not list yet. */
async function anyOf(
  repository: string,
  host: string,
  anyTag: (repository: string) => Promise<string | undefined>,
  proofOf: ProofOf,
): Promise<Asking | undefined> {
  const tag = await anyTag(repository);
  if (tag === undefined) return allowed({ host, repository, reference: "latest" }, proofOf);
  const image = { host, repository, reference: tag };
  return { image, proof: await proofOf(image) };
}

/** A repository below a path, or of the registry, that hardly exists. ACR answers 404 only to a login that may pull it. */
const probeIn = (scope: string, host: string): ImageRef => ({
  host,
  repository: scope.replace(/\*$/, "acr-secret-probe"),
  reference: "latest",
});

/** Whether the login may still pull, if there is no image: another run can have taken the repository out of the scope map. */
async function allowed(image: ImageRef, proofOf: ProofOf): Promise<Asking | undefined> {
  const proof = await proofOf(image);
  return proof.verdict === "not-found" ? undefined : { image, proof };
}

async function patiently(ask: () => Promise<Proof>, { sleep, fresh, passing }: ProofTools): Promise<Proof> {
  const verdicts: readonly Proof["verdict"][] = passing?.verdicts ?? (fresh ? ["refused"] : []);
  for (const wait of passing ? pausesOf(passing.milliseconds) : settling) {
    const proof = await ask();
    if (!verdicts.includes(proof.verdict)) return proof;
    await sleep(wait);
  }
  return ask();
}

/** What a person does next about a login that does not pull; by default they look why the registry is not reached. */
const kindOf: Partial<Record<Proof["verdict"], ErrorKind>> = {
  refused: "unauthenticated",
  "out-of-scope": "forbidden",
  blocked: "forbidden",
  denied: "forbidden",
  throttled: "timeout",
  untrusted: "config",
};

/** Answers that say nothing of a login: nobody was asked. */
const silent: readonly Proof["verdict"][] = ["blocked", "denied", "throttled", "unreachable", "untrusted", "not-checked"];

/** Where this machine is kept out, the cluster may still get in. */
const elsewhere: readonly Proof["verdict"][] = ["blocked", "denied", "unreachable", "untrusted"];

const disproved = (host: string, { repository }: ImageRef, { verdict, message }: Proof): CliError =>
  refusal(verdict, `the credential does not pull ${host}/${repository}: ${message}`);

/** The error of a proof that failed, by what a person does next. */
export function refusal(verdict: Proof["verdict"], message: string): CliError {
  const hint = elsewhere.includes(verdict) ? "add --verify=false if only the cluster can reach the registry" : undefined;
  return new CliError(kindOf[verdict] ?? "unreachable", message, { hint });
}
