import { readRegistryId } from "../azure/registry-name.ts";
import { usage } from "../errors.ts";
import { flag, shell } from "../hint.ts";
import { Sensitive } from "../sensitive.ts";
import type { Asked, CredentialKind, Sources } from "./credential-kind.ts";
import { existingLogin, refuseWorking } from "./existing-login.ts";
import type { Taker } from "./issuer.ts";

/** A user name and a password that the user supplies. Azure is asked only for the login server of a registry's name. */
export const given = {
  name: "given",
  again: ({ identity }) => withPassword(identity),
  notRenewable: "only its owner can replace it",
  flags: {
    username: {
      type: "string",
      // The plugin doesn't set the expiry of the user's password
      exclusive: ["expires-in"],
      value: "NAME",
      describe: "User name of a login that exists",
    },
    "password-stdin": { type: "boolean", describe: "Read its password from standard input" },
  },
  parse(asked, stdin) {
    const { username, "password-stdin": fromStdin } = asked.flags;
    if (username === undefined && fromStdin !== true) return false;
    checkRegistry(asked.registry);
    checkLogin(asked, stdin);
    return true;
  },
  async open(asked, sources): Promise<Taker> {
    const { name: username, hint } = checkLogin(asked, sources.stdin);
    // Without its last newline, as `docker login --password-stdin` reads it
    const password = (await sources.stdin.read()).replace(/\r?\n$/, "");
    if (password === "") throw usage("the password on stdin is empty", hint);
    const login = { username, password: new Sensitive(password) };
    const host = await loginServer(asked, sources);
    const credential = { kind: "given", host, identity: username };
    const warnings = [`the rights of login ${JSON.stringify(username)} at ${host} are not checked`];
    return {
      kind: "given",
      host,
      async take(inside, scope) {
        await refuseWorking(inside, credential, scope, asked, sources);
        return existingLogin(inside, { login, credential, warnings }, asked);
      },
    };
  },
} as const satisfies CredentialKind;

const withPassword = (username: string) => [...flag("username", username), "--password-stdin"];

/** @returns the user name, and the command for a hint @throws CliError usage */
function checkLogin({ flags: { username, "password-stdin": fromStdin }, again }: Asked, { isTTY }: Sources["stdin"]) {
  const name = typeof username === "string" ? username : undefined;
  const hint = { ...again, words: [...again.words, ...withPassword(name ?? "NAME")] };
  if (name === undefined) throw usage("--password-stdin requires --username", hint);
  if (name === "" || name.includes(":")) throw usage("--username must not be empty nor contain a colon");
  if (/\p{Cc}/u.test(name)) throw usage("--username must not contain control characters");
  if (fromStdin !== true) throw usage("--username requires --password-stdin: other users could read a password on the command line", hint);
  if (isTTY) throw usage("--password-stdin requires standard input from a pipe or a file", hint);
  return { name, hint };
}

/** The name of a registry, or the host of a login server in the form of image references (distribution reference: domain and port). */
const hostForm = /^(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*|\[[0-9a-f:]+\])(?::(\d{1,5}))?$/i;

/** Validates a registry. The error doesn't contain the text, because a URL may contain a password. @throws CliError usage */
function checkRegistry(registry: string): void {
  if (readRegistryId(registry)) return;
  const [whole, port = "1"] = hostForm.exec(registry) ?? [];
  if (whole === undefined || Number(port) < 1 || Number(port) > 65_535)
    throw usage("--registry must be a registry's name or its login server, HOST or HOST:PORT, without a path or a user");
}

/**
 * Returns the login server of a registry. Asks Azure if only its name is given, because the login server can't be derived from the name.
 */
async function loginServer({ registry, verify, identity }: Asked, { azure }: Sources): Promise<string> {
  const id = readRegistryId(registry);
  if (!id && /[.:]/.test(registry)) return registry.toLowerCase();
  if (verify) {
    const { findRegistry } = await azure(identity);
    return (await findRegistry(registry)).loginServer;
  }
  const name = id?.name ?? registry;
  throw usage(`--verify=false requires a login server for --registry, but "${registry}" is ${id ? "an ID" : "a name"}`, {
    ...shell("az acr show", "--name", name, "--query", "loginServer", "--output", "tsv"),
    when: "set --registry to the login server, which this prints",
  });
}
