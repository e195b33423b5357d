import { usage } from "../errors.ts";
import type { ImageRef } from "./port.ts";

// The grammar of github.com/distribution/reference, with which the kubelet and containerd parse image names.
const label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const host = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const component = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const repositoryPath = new RegExp(`^${component}(?:/${component})*$`);
const tag = /^\w[\w.-]{0,127}$/;
const digest = /^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$/;

/** Whether a text is the path of one repository, without host, tag or wildcard. */
export const isRepository = (text: string): boolean => repositoryPath.test(text) && text.length <= 255;

/**
 * Parses an image name with docker's normalization: `nginx` is `docker.io/library/nginx:latest`. If an image has both a tag and a digest,
 * the digest counts, as in a container runtime.
 * @throws CliError usage, in the kubelet's words (InvalidImageName)
 */
export function parseImage(text: string): ImageRef {
  const refuse = (why: string) => usage(`couldn't parse image name ${JSON.stringify(text)}: ${why}`);
  if (/^[a-f0-9]{64}$/.test(text)) throw refuse(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  const [from, path] = splitHost(text);
  const [beforeColon = ""] = path.split(":");
  if (beforeColon !== beforeColon.toLowerCase())
    throw refuse(`invalid reference format: repository name (${beforeColon}) must be lowercase`);

  const [, repository = "", named, digested] = /^([^:@]*)(?::([^@]*))?(?:@(.*))?$/s.exec(path) ?? [];
  const tagged = named ?? "latest";
  // A host with an underscore is only valid as the start of a path
  const isNamed = host.test(from) ? isRepository(repository) : isRepository(`${from}/${repository}`);
  const good = isNamed && tag.test(tagged) && (digested === undefined || digest.test(digested));
  if (!good) throw refuse("invalid reference format");
  if (digested === undefined) return { host: from, repository, reference: tagged };
  return { host: from, repository, reference: digested, tag: named };
}

/** The host of an image, by default docker.io, and everything after its slash: `nginx` is `library/nginx` there. */
function splitHost(text: string): [host: string, path: string] {
  const slash = text.indexOf("/");
  const first = text.slice(0, Math.max(slash, 0));
  const named = isHost(first);
  const from = named && first !== "index.docker.io" ? first : "docker.io";
  const path = named ? text.slice(slash + 1) : text;
  return [from, from === "docker.io" && !path.includes("/") ? `library/${path}` : path];
}

/** Whether the text before the first slash is a host: a folder has no dot, port or capital letter. */
const isHost = (first: string) => /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();

/** The text of an image, always with its host and its tag, digest or both. */
export function formatImage({ host, repository, reference, tag: named }: ImageRef): string {
  const before = named === undefined ? "" : `:${named}`;
  return `${host}/${repository}${before}${reference.includes(":") ? "@" : ":"}${reference}`;
}
