import { spawn } from "node:child_process";

/** Runs the kubectl of the tests' environment, against its cluster or another. @returns what it printed @throws Error with what it said */
export async function kubectl(args: readonly string[], input = "", kubeconfig = process.env.KUBECONFIG): Promise<string> {
  const child = spawn("kubectl", args, {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // Who does not read its stdin to the end is free to
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

/** Creates objects (any kind, as kubectl takes them) in one go. */
export async function create(objects: readonly object[], kubeconfig = process.env.KUBECONFIG): Promise<void> {
  await kubectl(["create", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }), kubeconfig);
}

/** Reads objects as JSON: `getJson("pods", "-n", "demo")`. */
export async function getJson<T>(...args: string[]): Promise<T> {
  return JSON.parse(await kubectl(["get", ...args, "-o", "json"]));
}
