import packageJson from "../package.json" with { type: "json" };
import type { Environment } from "../src/env.ts";

/** Variables that npm packages read from the process. Some packages also read the names in lower case. */
const theirs = ["DEBUG", ...["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"].flatMap((name) => [name, name.toLowerCase()])];

/**
 * Returns the environment that the process was started with, and removes these variables from the process. The packages get their proxies
 * from this plugin (src/http). If they also find a proxy in the process, they use it too, and fail at one without a scheme. If DEBUG or
 * AZURE_LOG_LEVEL enables logs, they log the proxy with its password.
 */
export function takeEnvironment(): Environment {
  const env = sameByName(process.env, process.platform);
  for (const name of theirs) delete process.env[name];
  return env;
}

/**
 * Returns a copy of the environment. On Windows, names of variables ignore case in `process.env`, but not in a copy, so all names in the
 * copy are in upper case.
 */
export const sameByName = (env: Environment, platform: NodeJS.Platform): Environment =>
  platform === "win32" ? Object.fromEntries(Object.entries(env).map(([name, value]) => [name.toUpperCase(), value])) : { ...env };

/** The version of this plugin, `v1.2.3`. */
export const clientVersion = `v${packageJson.version}`;
