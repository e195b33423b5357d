import { CliError } from "../../errors.ts";
import type { FlagRow, Kind } from "../kind.ts";
import { loginIn } from "./docker-login.ts";
import { checkRegistry, credentialOf, given, loginServer } from "./given.ts";

const flags = {
  "from-docker-config": {
    type: "string",
    exclusive: ["acr-token", "admin", "expires-in", "password-stdin", "username"],
    complete: "files",
    describe: "Take the registry's login out of this docker config, such as ~/.docker/config.json; - reads stdin",
  },
} as const satisfies Readonly<Record<string, FlagRow>>;

/** A user name and password that somebody has in a docker config; from then on like any that is given. */
export const fromDockerConfig = {
  ...given,
  flags,
  parse({ registry, flags: { "from-docker-config": file } }, { isTTY }) {
    if (file === undefined) return undefined;
    checkRegistry(registry);
    if (file === "-" && isTTY) throw new CliError("usage", "--from-docker-config=- reads stdin, but nothing is piped in");
    return { needsName: false };
  },
  async open(asked, sources) {
    const file = String(asked.flags["from-docker-config"]);
    const text = await (file === "-" ? sources.stdin.read() : sources.readFile(file));
    const host = await loginServer(asked, sources);
    return credentialOf(host, loginIn(text, host), asked, sources);
  },
} as const satisfies Kind;
