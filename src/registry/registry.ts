import type { Registry } from "../context.ts";
import { type HttpOptions, openHttp } from "../http/client.ts";
import { prove } from "./prove.ts";
import { anyTag } from "./tags.ts";

/** Opens a registry's data plane; nothing is sent before the first question. */
export function openRegistry(options: HttpOptions): Registry {
  const http = openHttp(options);
  return {
    prove: (image, login) => prove(http, image, login),
    anyTag: (host, repository, login) => anyTag(http, host, repository, login),
  };
}
