import type { Login } from "../context.ts";

/** A config without a login: what a Secret is shown with, and tried with, before its password is made. */
export const sketchConfig = '{"auths":{}}';

/**
 * The text of a kubernetes.io/dockerconfigjson Secret with one login, byte for byte what
 * `kubectl create secret docker-registry` writes, so that a rerun of either changes nothing.
 *
 * @param server the key under `auths`: a login server as images name it, `myregistry.azurecr.io`
 */
export function encodeDockerConfig(server: string, login: Login): string {
  const { username } = login;
  const password = login.password.reveal();
  const auth = Buffer.from(`${username}:${password}`).toString("base64");
  return goJson({ auths: { [server]: { username, password, auth } } });
}

/** The text of a config as a Secret's `data` has it. */
export const toData = (config: string): string => Buffer.from(config).toString("base64");

/** JSON as Go's encoding/json writes it: compact, with the characters escaped that HTML would read. */
function goJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
