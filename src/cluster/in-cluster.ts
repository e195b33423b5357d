import { readFile } from "node:fs/promises";
import { Agent } from "node:https";
import type { Environment } from "../env.ts";
import type { Transport } from "./exchange.ts";

/** The folder in which the kubelet mounts a pod's identity. */
export const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The kubelet renews the token file. client-go reads it at the same interval. Milliseconds. */
const tokenLife = 60_000;

/** Whether the plugin runs in a pod that has access to its cluster. */
export async function inCluster(env: Environment, folder: string): Promise<boolean> {
  return Boolean(env.KUBERNETES_SERVICE_HOST && env.KUBERNETES_SERVICE_PORT && (await textOf(`${folder}/token`)));
}

/** The namespace of the plugin's own pod; undefined outside of a pod. */
export async function podNamespace(env: Environment, folder: string): Promise<string | undefined> {
  return env.POD_NAMESPACE || (await textOf(`${folder}/namespace`));
}

/** Connects to the API server directly from a pod, with the pod's own ServiceAccount token. */
export function inClusterTransport({ env, now, folder }: { env: Environment; now(): Date; folder: string }): Transport {
  let agent: Agent | undefined;
  let token = { text: "", readAt: Number.NEGATIVE_INFINITY };

  async function headers() {
    if (now().getTime() - token.readAt >= tokenLife) {
      token = { text: (await readFile(`${folder}/token`, "utf8")).trim(), readAt: now().getTime() };
    }
    return { authorization: `Bearer ${token.text}` };
  }

  return {
    open: async () => {
      agent ??= new Agent({ keepAlive: true, ca: await readFile(`${folder}/ca.crt`) });
      return {
        connect: { host: env.KUBERNETES_SERVICE_HOST, port: env.KUBERNETES_SERVICE_PORT, agent },
        secure: true,
        prefix: "",
        headers,
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
