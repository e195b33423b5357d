import { readFile } from "node:fs/promises";
import { Agent } from "node:https";
import type { Environment } from "../env.ts";
import { limits } from "../scope/limits.ts";
import type { Transport } from "./exchange.ts";

export const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

export async function inCluster(env: Environment, folder: string): Promise<boolean> {
  return Boolean(env.KUBERNETES_SERVICE_HOST && env.KUBERNETES_SERVICE_PORT && (await textOf(`${folder}/token`)));
}

export async function podNamespace(env: Environment, folder: string): Promise<string | undefined> {
  return env.POD_NAMESPACE || (await textOf(`${folder}/namespace`));
}

/** Connects to the API server directly from a pod, with the pod's own ServiceAccount token. */
export function inClusterTransport(env: Environment, folder: string): Transport {
  let agent: Agent | undefined;
  return {
    open: async () => {
      agent ??= new Agent({ keepAlive: true, maxSockets: limits.cluster, ca: await readFile(`${folder}/ca.crt`) });
      return {
        connect: { host: env.KUBERNETES_SERVICE_HOST, port: env.KUBERNETES_SERVICE_PORT, agent },
        secure: true,
        prefix: "",
        // The kubelet renews the token
        headers: async () => ({ authorization: `Bearer ${(await readFile(`${folder}/token`, "utf8")).trim()}` }),
      };
    },
    close: async () => {
      agent?.destroy();
      agent = undefined;
    },
  };
}

const textOf = (file: string) =>
  readFile(file, "utf8").then(
    (text) => text.trim(),
    () => undefined,
  );
