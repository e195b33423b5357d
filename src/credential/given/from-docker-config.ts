import { asCliError, CliError, usage } from "../../errors.ts";
import { buildKeyring } from "../../kubelet/keyring.ts";
import { printableServer, readPullSecret } from "../../kubelet/read-pull-secret.ts";
import type { Login } from "../../registry/port.ts";
import { dockerConfigJson } from "../../secret/pull-secret.ts";
import type { Kind } from "../kind.ts";
import { checkRegistry, given, givenCredential, loginServer } from "./given.ts";

/** A login from a docker config. It is of the same kind as any other login that the user supplies. */
export const fromDockerConfig = {
  ...given,
  flags: {
    "from-docker-config": {
      type: "string",
      exclusive: ["acr-token", "admin", "expires-in", "password-stdin", "username"],
      complete: "files",
      value: "FILE",
      describe: "Use the registry's login from a docker config (- for standard input)",
    },
  },
  parse({ registry, flags: { "from-docker-config": file } }, { isTTY }) {
    if (file === undefined) return undefined;
    checkRegistry(registry);
    if (file === "-" && isTTY) throw usage("--from-docker-config=- requires standard input from a pipe or a file");
    return { needsName: false };
  },
  async open(asked, sources) {
    const file = String(asked.flags["from-docker-config"]);
    const text = await (file === "-" ? sources.stdin.read() : sources.readFile(file).catch(withPlace));
    const host = await loginServer(asked, sources);
    return givenCredential(host, loginIn(text, host), asked, sources);
  },
} as const satisfies Kind;

function withPlace(error: unknown): never {
  throw asCliError(error).withHint("docker login writes ~/.docker/config.json");
}

/**
 * Returns the login for a registry from the text of a docker config (`~/.docker/config.json`, or a `kubernetes.io/dockerconfigjson`
 * Secret), as a kubelet finds it. Errors contain only hosts and the names of credential helpers.
 * @throws CliError usage if it has no login that a kubelet can use
 */
export function loginIn(text: string, host: string): Login {
  const config = parseConfig(text);
  const secret = {
    name: "docker config",
    type: dockerConfigJson,
    data: { ".dockerconfigjson": Buffer.from(text.trim()).toString("base64") },
  };
  const reading = readPullSecret(secret);
  if (!("entries" in reading))
    throw new CliError(
      "usage",
      "malformed" in reading ? `the docker config cannot be read: ${reading.malformed}` : "the docker config is empty",
    );
  const [match] = buildKeyring([secret]).lookup({ host, repository: "any", reference: "latest" });
  if (match) return match.login;
  const servers = reading.entries.map(({ server }) => server);
  throw noLogin(config, host, servers);
}

function parseConfig(text: string): Config {
  try {
    return JSON.parse(text.trim() || "{}");
  } catch {
    throw usage("the docker config is not JSON");
  }
}

type Config = {
  readonly auths?: Readonly<Record<string, { readonly identitytoken?: unknown } | null>>;
  readonly credHelpers?: Readonly<Record<string, unknown>>;
  readonly credsStore?: unknown;
};

function noLogin({ auths, credHelpers, credsStore }: Config, host: string, servers: readonly string[]): CliError {
  const named = servers.filter((server) => server.replace(/^https?:\/\//, "").split("/", 1)[0] === host);
  if (named.some((server) => typeof auths?.[server]?.identitytoken === "string"))
    return usage(
      `the docker config holds an identity token for ${host}, which the kubelet cannot use`,
      "omit --from-docker-config to create a credential that can pull",
    );
  const helper = credHelpers?.[host] ?? credsStore;
  if (typeof helper === "string" && helper !== "")
    return usage(`the docker config stores the login for ${host} in docker-credential-${helper}`, {
      do: "shell",
      argv: ["echo", host],
      into: [`docker-credential-${helper}`, "get"],
      when: "run this, and pass the printed login with --username and --password-stdin",
    });
  if (named.length > 0) return usage(`the docker config has no user name and password for ${host}`);
  const others = servers.length > 0 ? ` (found: ${servers.map(printableServer).join(", ")})` : "";
  return usage(`the docker config has no login for ${host}${others}`, `docker login ${host}`);
}
