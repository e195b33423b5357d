import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished } from "vitest";
import type { Secret } from "../../src/objects.ts";
import { type Login, loginOf } from "./logins.ts";

type Secrets = (namespace: string, name: string) => Promise<Login>;

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
    return loginOf((await answer.json()) as Secret) ?? expect.unreachable(`${namespace}/${name} has no login`);
  };
}
