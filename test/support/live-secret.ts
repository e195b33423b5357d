import { spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";

type Secrets = (namespace: string, name: string) => Promise<{ username: string; password: string }>;

/**
 * Reads the current state of Secrets, as a kubelet does before each pull: one `kubectl proxy` serves all reads.
 *
 * @param atEnd registers cleanup for the test, for tests that run concurrently
 */
export async function openSecrets(atEnd: (work: () => void) => void = onTestFinished): Promise<Secrets> {
  const proxy = spawn("kubectl", ["proxy", "--port=0"], { stdio: ["ignore", "pipe", "inherit"] });
  atEnd(() => void proxy.kill());
  const [said] = await once(proxy.stdout, "data");
  const port = /:(\d+)/.exec(String(said))?.[1];
  return async (namespace, name) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/namespaces/${namespace}/secrets/${name}`);
    const { data } = (await answer.json()) as { data: Record<string, string> };
    const { auths } = JSON.parse(Buffer.from(data[".dockerconfigjson"] ?? "", "base64").toString());
    return auths["myregistry.azurecr.io"];
  };
}
