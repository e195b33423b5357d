import { usage } from "../errors.ts";
import { type Command, flag } from "../hint.ts";
import type { ImageRef } from "../registry/port.ts";
import { covers } from "../registry/repository.ts";
import { maxNames } from "../wording.ts";

/** What a user asks for, and what pods use. */
export type Need = {
  /** The named repositories: `team/app`, `team/*`, `*`. */
  readonly repositories: readonly string[];
  /** Also grants the repositories that pods use, regardless of earlier grants. */
  readonly fromPods: boolean;
  /** Images of the registry that pods use. */
  readonly images: readonly ImageRef[];
};

type Asking = {
  readonly host: string;
  readonly again: Command;
  /** The reader of the Secret, if it is not the kubelet. */
  readonly reader?: string | undefined;
  /** Other namespaces get a copy. */
  readonly copyTo?: object | undefined;
};

export type RepositoryScope = {
  readonly host: string;
  /** For example `app/web`, `team/*`, `*`. */
  readonly repositories: readonly string[];
  /** Those that the user named now, which may be misspelled. */
  readonly named?: readonly string[];
  /** The command that takes back a misspelled one. */
  grantExactly?(repositories: readonly string[]): Command;
  readonly images: readonly ImageRef[];
};

/**
 * Returns the named repositories and those that were granted before, because a user may pull them with this credential. Repositories of
 * pods count only if there are no others, or if a flag requests them. Creating a pod must not decide what an administrator's next run
 * grants.
 * @param of.host the login server
 * @param of.again the current command, for the hint
 * @param granted undefined if nothing was granted before
 * @throws CliError usage if there is none
 */
export function repositoryScopeOf(
  { host, again, reader, copyTo }: Asking,
  { repositories: named, fromPods, images }: Need,
  granted: readonly string[] | undefined,
): RepositoryScope {
  const used = images.map((image) => image.repository);
  const taken = fromPods || (named.length === 0 && granted === undefined) ? used : [];
  const repositories = [...new Set([...named, ...taken, ...(granted ?? [])])].sort();
  if (repositories.length > 0) return { host, repositories, images };
  const place = copyTo ? "the selected namespaces" : "the namespace";
  const none = reader && !fromPods ? `pods do not show what --for=${reader} reads` : `no pod in ${place} uses an image of ${host}`;
  const why = used.length > 0 ? "the credential in Azure grants no repository" : none;
  throw usage(`${why}, so specify the repositories`, {
    ...again,
    words: [...again.words, ...flag("repository", used.length > 0 ? [...new Set(used)].slice(0, maxNames) : "REPOSITORY")],
  });
}

/** Returns the named repositories, or those of the images in the order of the images. */
export const namedOrUsed = ({ repositories, images }: Pick<Need, "repositories" | "images">) =>
  repositories.length > 0 ? repositories : [...new Set(images.map(({ repository }) => repository))];

/** Returns the distinct repositories of images that none of these scopes covers, sorted. */
export function beyond(scopes: readonly string[], images: readonly ImageRef[]): string[] {
  const outside = images.filter(({ repository }) => !scopes.some((scope) => covers(scope, repository)));
  return imageRepositories(outside);
}

/** The repositories among these that none of the granted ones covers. */
export const lackingIn = (granted: readonly string[], repositories: readonly string[]): string[] =>
  repositories.filter((repository) => !granted.some((one) => one === repository || covers(one, repository)));

const imageRepositories = (images: readonly ImageRef[]): string[] => [...new Set(images.map(({ repository }) => repository))].sort();
