import packageJson from "../package.json" with { type: "json" };
import type { Environment } from "../src/env.ts";

/** What the npm packages read of the process itself, by the names that they look for; some look for the lower case, too. */
const theirs = ["DEBUG", ...["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"].flatMap((name) => [name, name.toLowerCase()])];

/**
 * The environment that the process was started with. The packages get proxies from us (src/http): where they find one in the process they
 * take it as well, break off at one without a scheme, and log the whole of it, password and all, where DEBUG or AZURE_LOG_LEVEL asks for logs.
 */
export function takeEnvironment(): Environment {
  const env = sameByName(process.env, process.platform);
  for (const name of theirs) delete process.env[name];
  return env;
}

/** On Windows a name may be written in any case, which holds for `process.env` and not for a copy: there, all are in upper case. */
export const sameByName = (env: Environment, platform: NodeJS.Platform): Environment =>
  platform === "win32" ? Object.fromEntries(Object.entries(env).map(([name, value]) => [name.toUpperCase(), value])) : { ...env };

/** The version of this plugin, `v1.2.3`. */
export const clientVersion = `v${packageJson.version}`;
