import type { ImageRef, Login } from "../registry/port.ts";
import { isDockerHub, kubeletKey, matchesKey } from "../registry/server-key.ts";
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

/** The kubelet passes any other login to containerd, which then pulls anonymously. */
const isUsable = ({ login }: Pick<Match, "login">) => login.username !== "" && !login.password.isEmpty;

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
      const key = kubeletKey(server);
      if (key === undefined) skipped.push({ secret, because: `its key ${JSON.stringify(server)} is not a registry` });
      else offers.push({ under: key, match: { secret, key: server, login } });
      if (key !== undefined && !isUsable({ login }))
        skipped.push({ secret, because: `has no user name or no password for ${JSON.stringify(server)}` });
    }
  }

  return {
    skipped,
    malformed: undefined,
    lookup({ host, repository }) {
      const found = keys.filter((key) => matchesKey(key, `${host}/${repository}`)).flatMap(under);
      return (found.length === 0 && isDockerHub(host) ? under("index.docker.io") : found).filter(isUsable);
    },
  };
}
