import type { IdentitySource, Login } from "../../src/context.ts";
import { CliError } from "../../src/errors.ts";
import { planStore } from "../../src/plan/store.ts";
import { encodeDockerConfig } from "../../src/secret/docker-config.ts";
import type { Provenance } from "../../src/secret/provenance.ts";
import { Sensitive } from "../../src/secret/sensitive.ts";
import { conclude } from "../conclude.ts";
import { readHeld } from "../gather/held.ts";
import { imagesFrom } from "../gather/pods.ts";
import { together } from "../gather/together.ts";
import { dryRunOf } from "../report.ts";
import type { Session } from "../session.ts";
import { prove } from "./prove.ts";
import type { CreateRequest } from "./request.ts";
import { lookAt, planTargets } from "./scene.ts";

/** `create` with a user name and a password that somebody has. Azure is only asked where the login server is not said. */
export async function createGiven(request: CreateRequest, session: Session): Promise<number> {
  const cluster = session.cluster();
  const dryRun = dryRunOf(request);
  const [login, host, namespace] = await together([readLogin(request, session), loginServer(request, session), cluster.namespace()]);
  const at = { namespace, name: request.name };
  const scene = await lookAt(cluster, at, request);

  const held = scene.secret && readHeld(scene.secret, host).held;
  const text = Buffer.from(encodeDockerConfig(host, login)).toString("base64");
  const fresh = scene.secret?.data?.[".dockerconfigjson"] !== text;
  const provenance: Provenance = { registry: host, credential: "given", identity: login.username };
  const store = planStore(at, provenance, held, { fresh, force: request.force });
  const { plan: targets, notices } = planTargets(request.name, host, scene);

  const images = imagesFrom(host, scene.pods);
  const repositories = request.repository.length > 0 ? request.repository : [...new Set(images.map((image) => image.repository))];
  if (fresh && request.verify && dryRun !== "client") await prove({ host, repositories, images }, login, { session, fresh: false });
  return conclude([store, ...targets], { session, flags: request, seen: scene.seen, login, notices });
}

/** The password is a whole stdin less the newline that `echo` puts behind it, as `docker login --password-stdin` reads it. */
async function readLogin({ username, "password-stdin": fromStdin, registry }: CreateRequest, { context }: Session): Promise<Login> {
  const hint = `printf %s "$PASSWORD" | kubectl acr-secret create --registry ${registry} --username ${username ?? "NAME"} --password-stdin`;
  if (username === undefined) throw new CliError("usage", "--password-stdin needs --username", { hint });
  if (username === "" || username.includes(":")) throw new CliError("usage", "--username must not be empty nor contain a colon");
  if (!fromStdin)
    throw new CliError("usage", "--username needs --password-stdin: a password on the command line can be read by others", { hint });
  if (context.stdin.isTTY) throw new CliError("usage", "--password-stdin is given, but nothing is piped in", { hint });
  const password = (await context.stdin.read()).replace(/\r?\n$/, "");
  if (password === "") throw new CliError("usage", "the password on stdin is empty", { hint });
  return { username, password: new Sensitive(password) };
}

/** A login server is taken as it is; a registry's name has to be looked up, since the server's name does not follow from it. */
async function loginServer({ registry, verify, auth }: CreateRequest, session: Session): Promise<string> {
  if (/[.:]/.test(registry)) return registry.toLowerCase();
  if (verify) return (await session.azure(auth as IdentitySource).findRegistry(registry)).loginServer;
  throw new CliError("usage", `--verify=false asks nobody, so --registry must be a login server, and "${registry}" is a name`, {
    hint: `--registry ${registry}.azurecr.io, if "az acr show -n ${registry} --query loginServer" says so`,
  });
}
