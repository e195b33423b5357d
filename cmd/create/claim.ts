import type { AzureRegistry, Login, ScopeMap } from "../../src/context.ts";
import type { Claim } from "../../src/credential/prove.ts";
import { CliError } from "../../src/errors.ts";
import { pulledRepositories } from "../../src/plan/acr-token.ts";
import type { Held } from "../../src/plan/store.ts";
import { readHeld, testHeld } from "../gather/held.ts";
import { imagesFrom } from "../gather/pods.ts";
import type { Session } from "../session.ts";
import type { CreateRequest } from "./request.ts";
import type { Scene } from "./scene.ts";

/**
 * The repositories to pull: those that are named, else those that pods use; and always those that the scope map has already,
 * since somebody may pull them with this credential.
 */
export function claimFor(request: CreateRequest, registry: AzureRegistry, { pods }: Scene, scopeMap: ScopeMap | undefined): Claim {
  const host = registry.loginServer;
  const images = imagesFrom(host, pods);
  const wanted = request.repository.length > 0 ? request.repository : images.map((image) => image.repository);
  const repositories = [...new Set([...wanted, ...(scopeMap ? pulledRepositories(scopeMap) : [])])].sort();
  if (repositories.length > 0) return { host, repositories, images };
  throw new CliError("usage", `no pod in the namespace uses an image of ${host}, so the repositories have to be named`, {
    hint: `kubectl acr-secret create --registry ${request.registry} --repository REPOSITORY`,
  });
}

/** The Secret that stands there, and whether the credential inside still pulls. */
export async function observeHeld(
  registry: AzureRegistry,
  { host, repositories, images }: Claim,
  { secret }: Scene,
  verify: boolean,
  session: Session,
): Promise<{ held?: Held; login: Login | undefined }> {
  if (!secret) return { login: undefined };
  const { held, login } = readHeld(secret, registry.loginServer);
  if (!verify || held.provenance?.registry !== registry.loginServer) return { held, login };
  return session.progress.during(`Asking ${host} whether the credential still pulls`, async () => {
    const [repository] = repositories.filter((name) => !name.endsWith("*"));
    const known = images.find((image) => repositories.includes(image.repository));
    const tag = !known && login && repository ? await session.registry().anyTag(host, repository, login) : undefined;
    const image = known ?? (repository ? { host, repository, reference: tag ?? "latest" } : undefined);
    return { held: await testHeld(held, login, image, session.registry(), session.context.now()), login };
  });
}
