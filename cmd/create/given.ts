import { carryOut } from "../../src/apply/carry-out.ts";
import { rehearse } from "../../src/apply/rehearse.ts";
import type { Login } from "../../src/context.ts";
import { proveLogin } from "../../src/credential/prove.ts";
import { CliError } from "../../src/errors.ts";
import { planStore } from "../../src/plan/store.ts";
import { encodeDockerConfig } from "../../src/secret/docker-config.ts";
import type { Provenance } from "../../src/secret/provenance.ts";
import { Sensitive } from "../../src/secret/sensitive.ts";
import { readHeld } from "../gather/held.ts";
import { imagesFrom } from "../gather/pods.ts";
import { dryRunOf, reporter } from "../report.ts";
import type { Session } from "../session.ts";
import type { CreateRequest } from "./request.ts";
import { lookAt, planTargets } from "./scene.ts";

/** `create` with a user name and a password that somebody has. Azure is only asked where the login server is not said. */
export async function createGiven(request: CreateRequest, session: Session): Promise<number> {
  const cluster = session.cluster();
  const dryRun = dryRunOf(request);
  const [login, host, namespace] = await Promise.all([readLogin(request, session), loginServer(request, session), cluster.namespace()]);
  const at = { namespace, name: request.name };
  const scene = await lookAt(cluster, at, request, { withPods: true });

  const held = scene.secret && readHeld(scene.secret, host).held;
  const text = Buffer.from(encodeDockerConfig(host, login)).toString("base64");
  const fresh = scene.secret?.data?.[".dockerconfigjson"] !== text;
  const provenance: Provenance = { registry: host, credential: "given", identity: login.username };
  const store = planStore(at, provenance, held, { fresh, force: request.force });
  const { plan: targets, notices } = planTargets(request.name, host, scene);
  const plan = [store, ...targets];

  if (fresh && request.verify && dryRun !== "client") {
    const images = imagesFrom(host, scene.pods);
    const repositories = request.repository.length > 0 ? request.repository : [...new Set(images.map((image) => image.repository))];
    const { sleep } = session.context;
    const prove = () => proveLogin({ host, repositories, images }, login, { registry: session.registry(), sleep, fresh: false });
    for (const repository of await session.progress.during(`Asking ${host} for a manifest as ${login.username}`, prove)) {
      session.warn(`${host}/${repository} has no image yet, so nothing shows that it can be pulled`);
    }
  }
  const { report, end } = reporter(session, request, dryRun);
  if (dryRun === "client") rehearse(plan, scene.seen, login).forEach(report);
  else {
    const write = { dryRun: dryRun === "server", fieldManager: request["field-manager"] ?? "", force: request.force };
    await carryOut(plan, { cluster, write, login, seen: scene.seen, sleep: session.context.sleep }, report);
  }
  notices.forEach(session.warn);
  return end();
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
  if (verify) return (await session.azure(auth as "auto").findRegistry(registry)).loginServer;
  throw new CliError("usage", `--verify=false asks nobody, so --registry must be a login server, and "${registry}" is a name`, {
    hint: `--registry ${registry}.azurecr.io, if "az acr show -n ${registry} --query loginServer" says so`,
  });
}
