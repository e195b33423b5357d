import { withLines } from "../errors.ts";
import type { Http, HttpResponse } from "../http/message.ts";
import { type Json, objectOf, objectsOf } from "../json.ts";
import { readAnswer, readFailure, readMember, readStorageError } from "./answers.ts";
import { formatImage } from "./image-reference.ts";
import type { ImageRef, Platform, Proof, PullHost } from "./port.ts";

/** The kinds of manifest that container runtimes accept: OCI and docker, for one platform and for several. */
export const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** The largest manifest that registries must accept, in bytes (OCI distribution spec). */
export const maxManifest = 4 * 1024 * 1024;

/** How many bytes of a blob prove that it can be pulled. */
const blobBytes = 1024;

const maxRedirects = 3;

/** An image whose manifest the registry returned. */
type Pulled = {
  readonly image: ImageRef;
  /** The host that the requests are sent to, and the only one that gets the login. */
  readonly host: string;
  readonly username: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly manifest: string;
  readonly proof: Proof;
};

/**
 * Fetches an image like container runtimes: for each platform the manifest, then the first bytes of the config and of one layer, through
 * the registry's redirects.
 * @returns the proof, with the hosts of the pull; or the first failure
 */
export async function fetchParts(http: Http, pulled: Pulled, platforms: readonly Platform[]): Promise<Proof> {
  const { host, image, proof } = pulled;
  const hosts: PullHost[] = [{ host, purpose: "token, manifests" }];
  const failed = (failure: Proof) => ({ ...failure, hosts });
  try {
    const found = await manifestsFor(http, pulled, platforms);
    if ("verdict" in found) return failed(found);
    for (const part of partsOf(found.manifests)) {
      const { at, failure } = await fetchBlob(http, pulled, part);
      if (!hosts.some((known) => known.host === at)) hosts.push({ host: at, purpose: "layers" });
      if (failure) return failed(failure);
    }
    const others = found.missing.length > 0 ? `${formatImage(image)} has no manifest for nodes with ${found.missing.join(" or ")}` : "";
    return { ...proof, message: withLines(proof.message, others), hosts };
  } catch (error) {
    return failed(readFailure(error));
  }
}

/** Returns the manifest for each platform, and the platforms without one. A manifest without an index is for all of them. */
async function manifestsFor(
  http: Http,
  { image, host, username, headers, manifest }: Pulled,
  platforms: readonly Platform[],
): Promise<{ readonly manifests: readonly string[]; readonly missing: readonly string[] } | Proof> {
  const index = readMember(manifest, "manifests");
  if (!Array.isArray(index)) return { manifests: [manifest], missing: [] };
  const found = platforms.map((platform) => ({
    digest: digestFor(platform, objectsOf(index)),
    name: `${platform.os}/${platform.architecture}`,
  }));
  const digests = [...new Set(found.flatMap(({ digest }) => digest ?? []))];
  const missing = found.filter(({ digest }) => digest === undefined).map(({ name }) => name);
  if (digests.length === 0)
    return { verdict: "other-platform", message: `${formatImage(image)} has no manifest for ${missing.join(" or ")}` };
  const manifests: string[] = [];
  for (const digest of digests) {
    const url = `https://${host}/v2/${image.repository}/manifests/${digest}`;
    const answer = await http({ method: "GET", url, headers: { Accept: manifestTypes, ...headers }, maxBytes: maxManifest });
    if (answer.status !== 200) return readAnswer("manifest", { ...image, reference: digest }, username, answer);
    manifests.push(answer.text);
  }
  return { manifests, missing };
}

/** Returns the digest for a platform. Like containerd, accepts a manifest for which the index has no platform. */
function digestFor({ os, architecture }: Platform, index: readonly Json[]): string | undefined {
  const known = index.flatMap(({ digest, platform }) => (isDigest(digest) ? [{ digest, platform: objectOf(platform) }] : []));
  const own = known.find(({ platform }) => platform["os"] === os && platform["architecture"] === architecture);
  return (own ?? known.find(({ platform }) => platform["os"] === undefined))?.digest;
}

/** A digest becomes a part of a path, so other texts are ignored. */
const isDigest = (value: unknown): value is string => typeof value === "string" && /^[a-z0-9+._-]+:[a-fA-F0-9]{32,128}$/.test(value);

type Part = { readonly noun: "config" | "layer"; readonly digest: string };

/** The config and the first layer of each manifest. A layer with its own addresses is not in the registry (`urls`, OCI image spec). */
function partsOf(manifests: readonly string[]): Part[] {
  const parts = manifests.flatMap((text): Part[] => {
    const { digest: config } = objectOf(readMember(text, "config"));
    const layer = objectsOf(readMember(text, "layers")).find(({ urls }) => !urls)?.["digest"];
    const described = [
      { noun: "config", digest: config },
      { noun: "layer", digest: layer },
    ] as const;
    return described.flatMap(({ noun, digest }) => (isDigest(digest) ? [{ noun, digest }] : []));
  });
  return [...new Map(parts.map((part) => [part.digest, part])).values()];
}

type Found = { readonly at: string; readonly failure?: Proof | undefined };

/**
 * Fetches the first bytes of a blob, at the registry's host or wherever it redirects to. Another host never gets the login, because its
 * address is signed. Another path of the same host gets it, as from container runtimes.
 */
async function fetchBlob(http: Http, pulled: Pulled, part: Part): Promise<Found> {
  const { host, image } = pulled;
  let { headers } = pulled;
  let url = new URL(`https://${host}/v2/${image.repository}/blobs/${part.digest}`);
  for (let redirects = 0; ; redirects++) {
    const answer = await firstBytes(http, url.href, headers);
    if (!isRedirect(answer) && redirects === 0) return { at: host, failure: failureHere(pulled, part, answer) };
    if (!isRedirect(answer)) return { at: url.host, failure: failureThere(pulled, part, url.host, answer) };
    const next = redirectOf(answer, url, part, redirects);
    if ("verdict" in next) return { at: url.host, failure: next };
    if (next.host !== url.host) headers = {};
    url = next;
  }
}

/** Returns the address that a response redirects to, or why it is not requested. */
function redirectOf(answer: HttpResponse, from: URL, { noun }: Part, count: number): URL | Proof {
  const redirects = `${from.host} redirects the ${noun}`;
  if (count >= maxRedirects) return { verdict: "unreachable", message: `${redirects} too often` };
  const url = URL.parse(answer.header("Location") ?? "", from.href);
  // A password in the address would become an Authorization header
  if (url?.protocol === "https:" && url.username === "" && url.password === "") return url;
  return { verdict: "not-checked", message: `${redirects} to an address without HTTPS or with a password, so it was not requested` };
}

function firstBytes(http: Http, url: string, headers = {}): Promise<HttpResponse | Proof> {
  const range = { Range: `bytes=0-${blobBytes - 1}` };
  return http({ method: "GET", url, headers: { ...range, ...headers }, maxBytes: blobBytes }).catch(readFailure);
}

const isRedirect = (answer: HttpResponse | Proof): answer is HttpResponse =>
  "status" in answer && [301, 302, 303, 307, 308].includes(answer.status) && answer.header("Location") !== undefined;

/** 416: the blob has fewer bytes than the range (RFC 9110, 15.5.17), so it is there. */
const isServed = ({ status }: HttpResponse) => [200, 206, 416].includes(status);

/** Interprets the response of the registry's own host. */
function failureHere({ image, username }: Pulled, { noun, digest }: Part, answer: HttpResponse | Proof): Proof | undefined {
  if ("verdict" in answer) return answer;
  if (isServed(answer)) return undefined;
  if (answer.status !== 404) return readAnswer("manifest", image, username, answer);
  return { verdict: "not-found", message: `${noun} ${digest} not found in repository ${image.repository} of ${image.host}` };
}

/** Interprets the response of a host that the registry redirected to. A firewall drops the connection, or the storage responds with 403. */
function failureThere({ image }: Pulled, { noun }: Part, at: string, answer: HttpResponse | Proof): Proof | undefined {
  const redirects = `${image.host} redirects the ${noun} to ${at}`;
  if ("verdict" in answer)
    return { verdict: answer.verdict === "untrusted" ? "untrusted" : "data-blocked", message: `${redirects}: ${answer.message}` };
  const { status, text } = answer;
  const words = readStorageError(text);
  if (isServed(answer)) return undefined;
  if (status === 429 || status === 503)
    return { verdict: "throttled", message: withLines(`${redirects}, which throttles requests (${status})`, words) };
  if (status === 403) return { verdict: "data-blocked", message: withLines(`${redirects}, which denied it (403 Forbidden)`, words) };
  return { verdict: "unreachable", message: withLines(`${redirects}, which returned HTTP ${status}`, words) };
}
