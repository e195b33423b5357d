import { spawn } from "node:child_process";

/** Runs the kubectl of the tests' environment with its cluster or another one. @returns its output @throws Error with its error output */
export async function kubectl(args: readonly string[], input = "", kubeconfig = process.env.KUBECONFIG): Promise<string> {
  const child = spawn("kubectl", args, {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // A program may exit without reading all of its stdin.
  child.stdin.on("error", () => {}).end(input);
  const read = async (stream: NodeJS.ReadableStream) => {
    let text = "";
    for await (const chunk of stream) text += chunk;
    return text;
  };
  const ended = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  const [printed, said, code] = await Promise.all([read(child.stdout), read(child.stderr), ended]);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${said}`);
  return printed;
}

/** Creates objects (any kind that kubectl accepts) with one command. */
export async function create(objects: readonly object[], kubeconfig = process.env.KUBECONFIG): Promise<void> {
  await kubectl(["create", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }), kubeconfig);
}

/** Returns objects from JSON: `getJson("pods", "-n", "demo")`. */
export async function getJson<T>(...args: string[]): Promise<T> {
  return JSON.parse(await kubectl(["get", ...args, "-o", "json"]));
}
