import { readFile } from "node:fs/promises";
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import type { HttpClient } from "@azure/core-rest-pipeline";
import type { Env } from "../context.ts";
import { CliError } from "../errors.ts";
import { proxyFor } from "./proxy.ts";

/**
 * Azure's own HTTP client, with proxy and trust from the environment that we are handed instead of the process's.
 * It is loaded on first use. @azure/identity takes it as its `httpClient`, so its requests go the same way.
 * @throws CliError config when a CA file that the environment names cannot be read
 */
export async function openTransport(env: Env): Promise<HttpClient> {
  const { createDefaultHttpClient, createEmptyPipeline, proxyPolicy } = await import("@azure/core-rest-pipeline");
  const client = createDefaultHttpClient();
  const secureContext = await trustedContext(env);
  const direct = createEmptyPipeline();
  const byProxy = new Map<string, ReturnType<typeof createEmptyPipeline>>();

  return {
    sendRequest(request) {
      const proxy = proxyFor(request.url, env);
      // A policy of the caller's pipeline may have chosen an agent by the process's environment.
      delete request.agent;
      if (secureContext) request.requestOverrides = { ...request.requestOverrides, secureContext };
      return (proxy ? through(proxy) : direct).sendRequest(client, request);
    },
  };

  function through(proxy: URL) {
    const known = byProxy.get(proxy.href);
    if (known) return known;
    const pipeline = createEmptyPipeline();
    const { protocol, hostname, username, password } = proxy;
    const port = Number(proxy.port || (protocol === "https:" ? 443 : 80));
    pipeline.addPolicy(proxyPolicy({ host: `${protocol}//${hostname}`, port, username, password }, { customNoProxyList: [] }));
    byProxy.set(proxy.href, pipeline);
    return pipeline;
  }
}

/** The authorities of Node and those of SSL_CERT_FILE and NODE_EXTRA_CA_CERTS; undefined when Node has them all already. */
async function trustedContext(env: Env): Promise<SecureContext | undefined> {
  const files = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"].flatMap((name) => {
    const path = env[name];
    return path ? [{ name, path }] : [];
  });
  if (files.length === 0) return undefined;
  const texts = await Promise.all(
    files.map(({ name, path }) =>
      readFile(path, "utf8").catch((cause: unknown) => {
        throw new CliError("config", `cannot read ${path}, which ${name} names`, { cause });
      }),
    ),
  );
  const known = getCACertificates("default").map((pem) => pem.trim());
  const wanted = texts.join("\n").match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return wanted.every((pem) => known.includes(pem.trim())) ? undefined : createSecureContext({ ca: [...known, ...wanted] });
}
