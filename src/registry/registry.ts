import type { Environment, Trace } from "../env.ts";
import { openHttp } from "../http/client.ts";
import { openTransport } from "../http/transport.ts";
import { admits } from "./admits.ts";
import { clocked } from "./clock.ts";
import { exchange } from "./exchange.ts";
import type { Registry } from "./port.ts";
import { prove } from "./prove.ts";
import { anyTag, contentOf, repositories } from "./tags.ts";

export type RegistryOptions = {
  readonly env: Environment;
  readonly trace: Trace;
  /** What ends a request, asked anew for each. */
  signal(writes?: boolean): AbortSignal;
  sleep(milliseconds: number): Promise<void>;
  now(): Date;
};

/** Opens a registry's data plane; nothing is sent before the first question. */
export function openRegistry({ env, trace, signal, sleep, now }: RegistryOptions): Registry {
  const { http, aheadBy } = clocked(openHttp({ transport: openTransport(env, trace, signal), signal, sleep }), now);
  return {
    prove: (image, login) => prove(http, image, login),
    admits: (host, login) => admits(http, host, login),
    exchange: (host, token) => exchange(http, host, token),
    anyTag: (host, repository, login) => anyTag(http, host, repository, login),
    contentOf: (host, repository, login) => contentOf(http, host, repository, login),
    repositories: (host, login) => repositories(http, host, login),
    aheadBy,
  };
}
