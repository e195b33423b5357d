import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Env } from "../context.ts";

/** Where az keeps what it knows. */
export const azFolder = ({ AZURE_CONFIG_DIR: folder, HOME, USERPROFILE }: Env): string =>
  resolve(folder || join(HOME || USERPROFILE || "", ".azure"));

/** az's own file of choices; empty where there is none. */
export function azConfig(env: Env): string {
  try {
    return readFileSync(join(azFolder(env), "config"), "utf8");
  } catch {
    return "";
  }
}

/**
 * Who is signed in by az, and to which subscription, as a digest: another after each `az login`, `az logout` and `az account set`, which
 * write `azureProfile.json` or `clouds.config`. Undefined where nobody ever was.
 */
export async function azSignIn(env: Env): Promise<string | undefined> {
  const [profile, clouds] = await Promise.all(["azureProfile.json", "clouds.config"].map((name) => written(join(azFolder(env), name))));
  return profile && digest(JSON.stringify([profile, clouds]));
}

/** A file's text, and when it was written: who signs in once more leaves the same text. */
async function written(path: string): Promise<readonly string[] | undefined> {
  try {
    const [text, { mtimeNs }] = await Promise.all([readFile(path, "base64"), stat(path, { bigint: true })]);
    return [text, String(mtimeNs)];
  } catch {
    return undefined;
  }
}

/**
 * The token of this digest, as long as az still has it: in `msal_token_cache.json`, whose JSON is MSAL's, and of which only is known that
 * it has tokens as strings. Where az encrypts them, as on Windows, it is not there.
 */
export async function azTokenOf(env: Env, sought: string): Promise<string | undefined> {
  const text = await readFile(join(azFolder(env), "msal_token_cache.json"), "utf8").catch(() => "");
  const strings = text.matchAll(/"([\w.~+/-]{40,}=*)"/g);
  return strings.map(([, token = ""]) => token).find((token) => digest(token) === sought);
}

export const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
