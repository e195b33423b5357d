import type { ImageRef } from "../context.ts";
import { CliError } from "../errors.ts";

/** What a credential is to pull. */
export type Claim = {
  readonly host: string;
  /** `team/*` and `*` stand for many. */
  readonly repositories: readonly string[];
  /** Images of the registry that pods name. */
  readonly images: readonly ImageRef[];
};

/**
 * The repositories to pull: those that are named, else those that pods use; and always those that are allowed already, since
 * somebody may pull them with this credential.
 * @param registry as it was named, and the Secret where it was, for the hint
 * @throws CliError usage where there is none
 */
export function claimOf(
  { host, registry, secret }: { readonly host: string; readonly registry: string; readonly secret?: string | undefined },
  named: readonly string[],
  images: readonly ImageRef[],
  allowed: readonly string[],
): Claim {
  const wanted = named.length > 0 ? named : images.map((image) => image.repository);
  const repositories = [...new Set([...wanted, ...allowed])].sort();
  if (repositories.length > 0) return { host, repositories, images };
  throw new CliError("usage", `no pod in the namespace uses an image of ${host}, so the repositories have to be named`, {
    hint: { do: "create", secret, registry, repositories: ["REPOSITORY"] },
  });
}
