import type { Environment, Trace } from "../env.ts";
import { openHttp } from "../http/client.ts";
import type { Http } from "../http/message.ts";
import { openTransport } from "../http/transport.ts";
import { exchangeToken } from "./ask.ts";
import type { ImageRef, Login, Proof, Registry } from "./port.ts";
import { admits, provePull } from "./prove.ts";
import { anyTag, contentOf, repositories } from "./tags.ts";

export type RegistryOptions = {
  readonly env: Environment;
  readonly trace: Trace;
  /** Returns the signal that aborts a request. Called for each request. */
  signal(writes?: boolean): AbortSignal;
  sleep(milliseconds: number): Promise<void>;
  now(): Date;
};

/** Opens a registry's data plane. Sends nothing before the first call. */
export function openRegistry({ env, trace, signal, sleep, now }: RegistryOptions): Registry {
  const { http, aheadBy } = clocked(openHttp({ transport: openTransport(env, trace, signal), signal, sleep }), now);
  return {
    prove: (image, login) => provePull(http, image, login),
    admits: (host, login) => admits(http, host, login),
    exchange: (host, token) => exchangeToken(http, host, token),
    anyTag: (host, repository, login) => anyTag(http, host, repository, login),
    contentOf: (host, repository, login) => contentOf(http, host, repository, login),
    repositories: (host, login) => repositories(http, host, login),
    aheadBy,
  };
}

/** An {@link Http} that compares each host's clock with this machine's. */
export type Clocked = {
  readonly http: Http;
  /** Milliseconds; undefined before a host's first response. */
  aheadBy(host: string): number | undefined;
};

/** Reads the time of each response from its Date header (RFC 9110, 6.6.1), which has whole seconds. */
export function clocked(http: Http, now: () => Date): Clocked {
  const ahead = new Map<string, number>();
  return {
    http: async (request) => {
      const answer = await http(request);
      const at = Date.parse(answer.header("Date") ?? "");
      if (!Number.isNaN(at)) ahead.set(new URL(request.url).host, at - now().getTime());
      return answer;
    },
    aheadBy: (host) => ahead.get(host),
  };
}

/**
 * Sends each question of a run only once: one image with one login, whatever Secret, ServiceAccount or namespace it comes from. Callers
 * that ask at the same time share one request.
 */
export function askOnce(registry: Registry): Registry {
  const proofs = new Map<string, Promise<Proof>>();
  return {
    ...registry,
    prove(image, login) {
      const key = keyOf(image, login);
      const known = proofs.get(key);
      if (known) return known;
      const proof = registry.prove(image, login);
      proofs.set(key, proof);
      // An exception is not a response of the registry, so it is not cached
      proof.catch(() => proofs.delete(key));
      return proof;
    },
  };
}

/** The password is hashed, so that no key of the map contains its text. */
const keyOf = ({ host, repository, reference }: ImageRef, login: Login | undefined): string =>
  JSON.stringify([host, repository, reference, login?.password.hash(login.username)]);
