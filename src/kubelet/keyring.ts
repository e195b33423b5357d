import type { ImageRef, Login } from "../registry/port.ts";
import { splitUrl } from "./go.ts";
import { type PullSecret, readPullSecret } from "./read-pull-secret.ts";

/** A login for an image, with its Secret and its key under `auths` (as written). */
export type Match = { readonly secret: string; readonly key: string; readonly login: Login };

/** The pull secrets of one pod, as the kubelet reads them. */
type Keyring = {
  /** Returns the logins for an image in the kubelet's order; none if a Secret is malformed. */
  lookup(image: ImageRef): Match[];
  /** The Secrets or single keys that the kubelet ignores without a message. */
  readonly skipped: readonly { readonly secret: string; readonly because: string }[];
  /** The first malformed Secret: the kubelet then uses no Secret, and the message is the pod's waiting reason. */
  readonly malformed: { readonly secret: string; readonly message: string } | undefined;
};

/**
 * Matches pull secrets to images exactly like the kubelet (k8s.io/kubernetes 1.37, pkg/credentialprovider/keyring.go). `secrets` are in the
 * order of the pod's imagePullSecrets. Two spellings of one key in one Secret keep their order, which is random in the kubelet.
 */
export function buildKeyring(secrets: readonly PullSecret[]): Keyring {
  const skipped: { secret: string; because: string }[] = [];
  const offers: { readonly under: string; readonly match: Match }[] = [];
  for (const secret of secrets) {
    const reading = readPullSecret(secret);
    const { name } = secret;
    if ("malformed" in reading) return { lookup: () => [], skipped, malformed: { secret: name, message: reading.malformed } };
    if ("skipped" in reading) skipped.push({ secret: name, because: reading.skipped });
    else addEntries(name, reading.entries);
  }
  const keys = [...new Set(offers.map(({ under }) => under))].sort().reverse();
  const under = (key: string) => offers.filter((offer) => offer.under === key).map(({ match }) => match);

  function addEntries(secret: string, entries: readonly { readonly server: string; readonly login: Login }[]): void {
    for (const { server, login } of entries) {
      const key = keyOf(server);
      if (key === undefined) skipped.push({ secret, because: `its key ${JSON.stringify(server)} is not a registry` });
      // The kubelet passes it to containerd, which then pulls anonymously
      else if (login.username === "" || login.password.isEmpty)
        skipped.push({ secret, because: `has no user name or no password for ${JSON.stringify(server)}` });
      else offers.push({ under: key, match: { secret, key: server, login } });
    }
  }

  return {
    skipped,
    malformed: undefined,
    lookup({ host, repository }) {
      const found = keys.filter((key) => matches(key, `${host}/${repository}`)).flatMap(under);
      return found.length === 0 && isDockerHub(host) ? under("index.docker.io") : found;
    },
  };
}

/** Whether the kubelet uses the login under a key of `auths` for an image. */
export function matchesImage(server: string, { host, repository }: Pick<ImageRef, "host" | "repository">): boolean {
  const key = keyOf(server);
  return key !== undefined && (matches(key, `${host}/${repository}`) || (isDockerHub(host) && key === "index.docker.io"));
}

/** The kubelet also treats a host without dot and port, such as `localhost`, as Docker Hub here. */
const isDockerHub = (host: string) => host === "docker.io" || !/[.:]/.test(host);

/** The kubelet's key of an `auths` entry: host and path, without scheme and without a leading /v1/ or /v2/. */
function keyOf(server: string): string | undefined {
  const url = splitUrl(server.replace(/^https?:\/\//, ""));
  if (url === undefined) return undefined;
  const path = /^\/v[12]\//.test(url.path) ? url.path.slice(3) : url.path;
  return path === "/" ? url.host : url.host + path;
}

/** Compares the port, and each label of the host with wildcards. The path is a plain prefix, so `host/team` matches `host/team2/app`. */
function matches(key: string, image: string): boolean {
  const [glob, target] = [splitUrl(key), splitUrl(image)];
  if (glob === undefined || target === undefined || !target.path.startsWith(glob.path)) return false;
  const [pattern, host] = [splitPort(glob.host), splitPort(target.host)];
  return (
    pattern.port === host.port &&
    pattern.labels.length === host.labels.length &&
    pattern.labels.every((label, index) => matchesLabel(label, host.labels[index] ?? ""))
  );
}

function splitPort(host: string): { labels: string[]; port: string } {
  const [, bracketed, name, port = ""] = /^(?:\[([^\]]*)\]|([^[\]]*)):(\d*)$/.exec(host) ?? [];
  return { labels: (bracketed ?? name ?? host).split("."), port };
}

/** `*` matches any text within a label. Go reads an IPv6 address without a port as a character class, so it matches nothing. */
function matchesLabel(glob: string, label: string): boolean {
  if (glob.startsWith("[")) return false;
  const [first = "", ...rest] = glob.split("*");
  const last = rest.pop();
  if (last === undefined) return glob === label;
  if (!label.startsWith(first) || !label.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = label.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  // The start and the end of the label must not overlap
  return at <= label.length - last.length;
}
