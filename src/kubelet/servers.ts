import { pullSecretKey } from "../objects.ts";
import type { PullSecret } from "./read-pull-secret.ts";

/**
 * The servers that a pull secret has logins for, as written, also where one of the logins spoils it for the kubelet.
 * @returns undefined for what is no pull secret, or holds no document that could have any
 */
export function serversOf({ type = "Opaque", data }: PullSecret): string[] | undefined {
  const key = pullSecretKey[type];
  if (key === undefined) return undefined;
  try {
    const document: unknown = JSON.parse(Buffer.from(data?.[key] ?? "", "base64").toString());
    if (!isObject(document)) return undefined;
    if (key === ".dockercfg") return Object.keys(document);
    const auths = Object.entries(document).flatMap(([name, value]) => (name.toLowerCase() === "auths" && isObject(value) ? [value] : []));
    return auths.flatMap((each) => Object.keys(each));
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null && !Array.isArray(value);
