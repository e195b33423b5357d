import { minute } from "../duration.ts";
import { CliError, type ErrorKind } from "../errors.ts";
import type { Outcome } from "../outcome.ts";
import { formatImage } from "../registry/image-reference.ts";
import { isLoginServer } from "../registry/login-server.ts";
import type { ImageRef, Login, Proof, Registry } from "../registry/port.ts";
import { covers } from "../registry/repository.ts";
import { pausesOf } from "../retry.ts";
import { limits } from "../scope/limits.ts";
import type { Tools } from "../tools.ts";
import { inLine } from "../wording.ts";
import type { Account, Issuer } from "./issuer.ts";
import { missingAmong } from "./missing-repositories.ts";
import type { RepositoryScope } from "./repository-scope.ts";

type Proving = Pick<Account, "hasNewRight"> & {
  readonly tools: Tools;
  readonly issuer?: Issuer | undefined;
  /** This run created the password, so the registry may not know it yet. */
  readonly isNewPassword?: boolean;
};

/** Pulls with a login before a Secret gets it. @throws CliError if the registry rejects it */
async function* prove({ issuer, tools, isNewPassword }: Proving, login: Login, scope: RepositoryScope): AsyncGenerator<Outcome> {
  const { host, named = [] } = scope;
  const what = `Asking ${host} for a manifest as ${login.username}${isNewPassword ? ": a new password can take 2 minutes" : ""}`;
  const proven = await tools.during(what, () => proveLogin(scope, login, tools.registry()));
  const missing = proven.missing.map((image) => `image ${formatImage(image)} not found, but a pod uses it`);
  // The warning about a missing image covers its repository and the paths above it
  const unseen = proven.empty.filter((name) => name !== "*" && !proven.missing.some(({ repository }) => covers(name, repository)));
  // The images below a path are not listed: only those that pods use are known
  const paths = unseen.filter((name) => name.endsWith("*"));
  const lister = { host, login: async () => (issuer ? issuer.ownLogin?.() : login), registry: tools.registry() };
  const doubtful = unseen.filter((name) => named.includes(name));
  const nearest = new Map((await missingAmong(doubtful, lister)).map((one) => [one.repository, one.nearest]));
  yield* warningsOf(scope, { missing, unseen: unseen.filter((name) => !paths.includes(name)), nearest });
  if (paths.length > 0) yield unverified(host, paths);
}

type Unproven = Record<"missing" | "unseen", readonly string[]> & { readonly nearest: ReadonlyMap<string, string | undefined> };

/** @param unproven.missing messages; `unseen`: repositories without an image; `nearest`: the most similar name of those that do not exist */
function* warningsOf({ host, repositories, grantExactly }: RepositoryScope, { missing, unseen, nearest }: Unproven): Generator<Outcome> {
  const to = { kind: "registry", name: host } as const;
  const others = unseen.filter((name) => nearest.get(name) === undefined);
  const messages = [...missing, ...others.map((name) => `${host}/${name} could not be verified: no image found`)];
  if (messages.length > 0) yield { to, messages };
  // --exact refuses a repository without an image
  const fix = others.length > 0 ? undefined : grantExactly?.([...new Set(repositories.map((one) => nearest.get(one) ?? one))]);
  for (const name of unseen.filter((one) => !others.includes(one))) {
    const why = `repository "${name}" not found in ${host}; did you mean ${nearest.get(name)}?`;
    yield { to, messages: [fix ? `${why} To grant that instead, run` : why], fix };
  }
}

/** The warning about paths below which no pod uses an image. */
export function unverified(host: string, paths: readonly string[]): Outcome {
  const one = `${host}/${paths[0]} could not be verified: found no pod that uses an image below this path`;
  const many = `${paths.length} paths of ${host} could not be verified: found no pod that uses an image below ${inLine(paths)}`;
  return { to: { kind: "registry", name: host }, messages: [paths.length > 1 ? many : one], unverified: paths };
}

/** What one test of a login shows: warnings, or a rejection, which may be temporary. */
export type ProofOnce = {
  readonly warnings: readonly Outcome[];
  readonly rejected?: { readonly error: CliError; readonly because: string; readonly patience: Patience | undefined };
};

/** How long a rejection may be temporary, in milliseconds, and the pauses between the tests. */
export type Patience = { readonly wait: number; readonly pauses: readonly number[] };

/** Tests a login once. @throws CliError if the answer does not depend on the login */
export async function proveOnce(proving: Proving, login: Login, scope: RepositoryScope): Promise<ProofOnce> {
  const { issuer, hasNewRight = false, isNewPassword = false } = proving;
  try {
    return { warnings: await Array.fromAsync(prove(proving, login, scope)) };
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    const passing = passingOf(issuer, hasNewRight) ?? { milliseconds: 2 * minute, verdicts: ["refused"] };
    const isPassing = (hasNewRight || isNewPassword) && passing.verdicts.some((one) => one === error.verdict);
    const pauses = issuer?.waits ? [...pausesOf(passing.milliseconds)] : retryPauses;
    const patience = isPassing ? { wait: passing.milliseconds, pauses } : undefined;
    return { warnings: [], rejected: { error, because: error.because, patience } };
  }
}

/** How long the registry may not know a password yet that Azure shows. */
export const youngPatience = (): Patience => ({ wait: 2 * minute, pauses: retryPauses });

/** Which answers are temporary, and for how long. A new right can take Azure longer than a new password. */
function passingOf(issuer: Issuer | undefined, hasNewRight: boolean): Passing | undefined {
  if (!issuer?.waits) return undefined;
  const { right, password } = issuer.waits;
  if (hasNewRight) return { milliseconds: right, verdicts: ["refused", "out-of-scope"] };
  return { milliseconds: password, verdicts: ["refused"] };
}

/**
 * Pauses while the registry may not know a new password yet, in milliseconds. Azure documents 60 s for a regenerated password
 * (learn.microsoft.com/azure/container-registry/container-registry-token-based-repository-permissions). The sum is twice that.
 */
const retryPauses = [500, 1000, 2000, 4000, 8000, 15_000, 30_000, 30_000, 30_000];

/** How long the registry may refuse a login that has just got a password or a role, in milliseconds, and with which verdicts. */
type Passing = { readonly milliseconds: number; readonly verdicts: readonly ("refused" | "out-of-scope")[] };

type Prover = Pick<Registry, "prove" | "admits" | "anyTag">;

/**
 * Proves that a login pulls one manifest of each repository, before it is written to a Secret. If no repository has an image, proves that
 * the registry accepts the login.
 * @returns the image that was pulled; `empty`: the repositories without an image; `missing`: the images of pods that were not found
 * @throws CliError if the registry rejects a manifest or the login
 */
export async function proveLogin(scope: RepositoryScope, login: Login, registry: Prover) {
  const empty: string[] = [];
  const missing: ImageRef[] = [];
  let image: ImageRef | undefined;
  const ask = (repository: string) => askFor(repository, scope, login, { registry, miss: (gone) => missing.push(gone) });
  for await (const { repository, asked } of inOrder(scope.repositories, ask)) {
    if (!asked) empty.push(repository);
    else if (asked.proof.verdict === "pulls") image ??= asked.image;
    else throw refusal(asked.proof, `the credential cannot pull ${scope.host}/${asked.image.repository}`);
  }
  const admitted = image ? undefined : await registry.admits(scope.host, login);
  if (admitted && admitted.verdict !== "pulls") throw refusal(admitted, "the credential was not accepted");
  return { image, missing, empty: scope.repositories.length === 0 ? ["*"] : empty };
}

/** Yields the answers in order. The first repository is tested alone, because most rejections are of the login. */
async function* inOrder<T>(repositories: readonly string[], ask: (repository: string) => Promise<T>) {
  for (let at = 0; at < repositories.length; at += at === 0 ? 1 : limits.repositories) {
    const some = repositories.slice(at, at === 0 ? 1 : at + limits.repositories);
    yield* await Promise.all(some.map(async (repository) => ({ repository, asked: await ask(repository) })));
  }
}

/** Whether the login of a Secret pulls. `untestedBecause`: why there was no answer. `isSkipped`: the user asked for no proof. */
export type LoginTest = {
  readonly pulls: "yes" | "no" | "unknown";
  readonly untestedBecause?: string | undefined;
  readonly isSkipped?: true;
};

/** Tests whether the login of a Secret still pulls one of its repositories; `unknown` if the answer doesn't show it. */
export async function stillPulls(scope: RepositoryScope, login: Login, registry: Prover): Promise<LoginTest> {
  const image = await knownImage(scope, login, registry);
  const { verdict, message } = await (image ? registry.prove(image, login) : registry.admits(scope.host, login));
  if (verdict === "pulls") return { pulls: image ? "yes" : "unknown" };
  if (verdict === "refused") return { pulls: "no" };
  return { pulls: "unknown", untestedBecause: unrelatedVerdicts.includes(verdict) ? message : undefined };
}

/** Returns an image to test: one of the pods, else any image of the first repository. Its tag may not exist. */
async function knownImage({ host, repositories, images }: RepositoryScope, login: Login, registry: Prover): Promise<ImageRef | undefined> {
  const named = images.find((image) => repositories.some((scope) => covers(scope, image.repository)));
  const repository = repositories.find((name) => !name.endsWith("*"));
  if (named || repository === undefined) return named;
  return { host, repository, reference: (await registry.anyTag(host, repository, login)) ?? "latest" };
}

/** The most images of pods to ask for, one after the other. A tenant can write thousands that do not exist. */
const mostImages = 20;

/** Returns the answer for an existing image of the repository: of the pods, else `latest`, else any. Returns undefined without an image. */
async function askFor(
  repository: string,
  { host, images }: RepositoryScope,
  login: Login,
  { registry, miss }: { readonly registry: Prover; miss(image: ImageRef): void },
): Promise<{ readonly image: ImageRef; readonly proof: Proof } | undefined> {
  const isPath = repository.endsWith("*");
  const named = images.filter((image) => covers(repository, image.repository)).slice(0, mostImages);
  const latest = { host, repository, reference: "latest" };
  const ask = async (image: ImageRef) => {
    const proof = await registry.prove(image, login);
    if (proof.verdict !== "not-found") return { image, proof };
    if (images.includes(image)) miss(image);
    return undefined;
  };
  for (const image of isPath ? named : [...named, latest]) {
    const asked = await ask(image);
    if (asked) return asked;
  }
  if (isPath) {
    // A repository that is unlikely to exist. ACR answers 404 only to a login that can pull it, and other registries answer 401
    const probe = { ...latest, repository: repository.replace(/\*$/, "acr-secret-probe") };
    return named.length === 0 && isLoginServer(host) ? ask(probe) : undefined;
  }
  // Listed last, because the registry may not know a new login yet
  const tag = await registry.anyTag(host, repository, login);
  // Without a tag, tests whether the login can still pull: another run may have removed the repository from the scope map
  if (tag === undefined) return ask(latest);
  const image = { ...latest, reference: tag };
  return { image, proof: await registry.prove(image, login) };
}

/** The error kind of each verdict. Default: unreachable. */
const kindOf: Partial<Record<Proof["verdict"], ErrorKind>> = {
  refused: "unauthenticated",
  "out-of-scope": "forbidden",
  blocked: "forbidden",
  denied: "forbidden",
  "cache-rule": "invalid",
  throttled: "timeout",
  untrusted: "config",
};

/** Verdicts that don't depend on the login. */
const unrelatedVerdicts: readonly Proof["verdict"][] = [
  "blocked",
  "denied",
  "cache-rule",
  "throttled",
  "unreachable",
  "untrusted",
  "not-checked",
];

/** Verdicts for this machine that may differ for the cluster. */
const localVerdicts: readonly Proof["verdict"][] = ["blocked", "denied", "unreachable", "untrusted"];

/** The registry's answer to a login that does not pull. */
class Rejected extends CliError {
  readonly verdict: Proof["verdict"];
  readonly because: string;

  constructor({ verdict, message }: Proof, what: string) {
    const hint = localVerdicts.includes(verdict) ? "add --verify=false if only the cluster can reach the registry" : undefined;
    super(kindOf[verdict] ?? "unreachable", what === "" ? message : `${what}: ${message}`, { hint });
    this.verdict = verdict;
    this.because = message;
  }
}

/** @param what it answers to; none if the answer says it */
export const refusal = (proof: Proof, what = ""): CliError => new Rejected(proof, what);
