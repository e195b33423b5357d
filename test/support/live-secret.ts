import { spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";

type Secrets = (namespace: string, name: string) => Promise<{ username: string; password: string }>;

/**
 * Reads Secrets as they are at this moment, as a kubelet does before each pull: by one `kubectl proxy` for all looks.
 * @param atEnd the test's own, where others run at the same time
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
