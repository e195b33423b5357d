import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/**
 * Returns the forms in which a secret can occur in a text: unchanged, escaped for JSON or a URL, in base64 at any offset, and in base64 of
 * that.
 */
export function shapes(secret: string): string[] {
  const base64 = inBase64(secret);
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), ...base64, ...base64.flatMap(inBase64)];
}

/** Returns the names of the secrets that a text contains in any form. Every JSON Web Token counts as a secret. */
export function shownIn(shown: string, secrets: Readonly<Record<string, string>>): string[] {
  const named = Object.entries(secrets).filter(([, secret]) => shapes(secret).some((shape) => shown.includes(shape)));
  return [...named.map(([name]) => name), ...(/eyJ[\w-]{8,}\.eyJ[\w-]{8,}/.test(shown) ? ["a JSON Web Token"] : [])];
}

/** Returns the characters that a text always produces within base64, for each of the three possible offsets. */
function inBase64(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]);
    return whole.toString("base64").slice(Math.ceil((before * 8) / 6), Math.floor((whole.length * 8) / 6));
  });
}

/** Watches the command lines of a process's descendants, and the environments of kubectl's proxies, until `stop`, which returns them. */
export async function watchProcesses(root = process.pid): Promise<{ stop(): Promise<string[]> }> {
  const sampler = join(import.meta.dirname, "canary-sampler.ts");
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", sampler, `${root}`]);
  const seen = text(child.stdout);
  await once(child.stderr, "data");
  return {
    stop: async () => {
      child.stdin.end();
      return JSON.parse(await seen);
    },
  };
}
