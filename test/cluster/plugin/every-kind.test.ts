import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";

const shell = await openShell();
const owner = `owner-${randomBytes(4).toString("hex")}`;
afterAll(async () => {
  await kubectl(["delete", "namespace", owner, "--wait=false"]);
  await shell.stop();
});

const world = shell.azure.world;
const registry = () => world.registries[0] ?? expect.unreachable("there is no registry");
const create = "kubectl acr-secret create pull --registry myregistry";
const byHost = "kubectl acr-secret create pull --registry myregistry.azurecr.io --repository app/web";

/** Creates a user's logins: a valid token, a token for another repository, a disabled token, and one with an expired password. */
beforeAll(async () => {
  registry().adminUserEnabled = true;
  await shell.azure.push("myregistry.azurecr.io/app/api:1");
  await kubectl(["create", "namespace", owner]);
  const made = async (name: string, repository: string, more = "") =>
    expect(
      await shell.type(`${create.replace("pull", name)} --repository ${repository} --acr-token ${name} ${more} -n ${owner}`),
    ).toMatchObject({ code: 0 });
  await made("good-token", "app/web");
  await made("narrow-token", "app/api");
  await made("disabled-token", "app/web");
  await made("expired-token", "app/web", "--expires-in 1h");
  for (const name of ["good", "narrow", "disabled", "expired"]) {
    const secret = `kubectl get -n ${owner} secret ${name}-token -o jsonpath='{.data.\\.dockerconfigjson}' | base64 -d`;
    const { stdout: config } = await shell.type(secret);
    const [login] = Object.values((JSON.parse(config) as { auths: Record<string, { password: string }> }).auths);
    await writeFile(join(shell.folder, name), login?.password ?? "");
    await writeFile(join(shell.folder, `${name}.json`), config);
  }
  const token = (name: string) => registry().tokens.find((one) => one.name === name) ?? expect.unreachable(`there is no ${name}`);
  token("disabled-token").status = "disabled";
  Object.assign(token("expired-token").passwords.password1 ?? {}, { expiry: "2020-01-01T00:00:00Z" });
  await shell.azure.addServicePrincipal("nobody-here");
}, 120_000);

/** Returns all objects in Azure that belong to logins. */
const azure = () =>
  JSON.stringify([registry().tokens, registry().scopeMaps, registry().adminPasswords, world.applications, world.roleAssignments]);

/** Pulls with the Secret's own bytes, with a client that is independent of the plugin. */
async function crane(namespace: string, folder: string) {
  await mkdir(join(shell.folder, folder), { recursive: true });
  const config = `kubectl get -n ${namespace} secret pull -o jsonpath='{.data.\\.dockerconfigjson}' | base64 -d > ${shell.folder}/${folder}/config.json`;
  return shell.type(
    `${config} && DOCKER_CONFIG=${shell.folder}/${folder} crane pull myregistry.azurecr.io/app/web:1 ${shell.folder}/${folder}/image.tar`,
  );
}

const given = (name: string) => `${byHost} --username ${name}-token --password-stdin < ${shell.folder}/${name}`;

test.for<{ kind: string; typed: string }>([
  { kind: "an ACR token", typed: `${create} --repository app/web` },
  { kind: "an ACR token with a scope map that exists", typed: `${create} --scope-map _repositories_pull_metadata_read` },
  { kind: "a service principal of its own", typed: `${create} --service-principal` },
  { kind: "a service principal by name", typed: `${create} --service-principal=every-kind` },
  { kind: "a token of one's own", typed: `${byHost} --entra` },
  { kind: "the admin user", typed: `${create} --repository app/web --admin` },
  { kind: "a login that is given", typed: given("good") },
  { kind: "a login from a docker config", typed: `${byHost} --from-docker-config ${shell.folder}/good.json` },
])("$kind pulls with another client, and a second run changes nothing", async ({ kind, typed }) => {
  const namespace = await newNamespace();
  const [line, rest = ""] = typed.split(" <");
  const command = `${line} -n ${namespace}${rest && ` <${rest}`}`;

  expect(await shell.type(command)).toMatchObject({ stdout: expect.stringContaining("secret/pull created\n"), code: 0 });
  expect(await crane(namespace, kind.replaceAll(/\W/g, "-"))).toMatchObject({ code: 0 });

  const before = azure();
  expect(await shell.type(command)).toMatchObject({ stdout: expect.stringContaining("secret/pull unchanged\n"), code: 0 });
  expect(azure()).toBe(before);
});

test.for<{ why: string; typed: string; says: RegExp; env?: () => Record<string, string> }>([
  {
    why: "wrong",
    typed: `echo wrong | ${byHost} --username good-token --password-stdin`,
    says: /refused user "good-token" \(401 Unauthorized\)/,
  },
  { why: "expired", typed: given("expired"), says: /refused user "expired-token" \(401 Unauthorized\)/ },
  { why: "for another repository", typed: given("narrow"), says: /"narrow-token" may not pull from repository app\/web/ },
  { why: "disabled", typed: given("disabled"), says: /refused user "disabled-token" \(401 Unauthorized\)/ },
  {
    why: "of a token that is disabled",
    typed: `${create} --repository app/web --acr-token disabled-token`,
    says: /the ACR token "disabled-token" is disabled/,
  },
  {
    why: "from a config, and expired",
    typed: `${byHost} --from-docker-config ${shell.folder}/expired.json`,
    says: /refused user "expired-token"/,
  },
  {
    why: "of a service principal that is disabled",
    typed: `${create} --service-principal=every-kind`,
    says: /the service principal "every-kind" is disabled/,
  },
  {
    why: "of an admin user that is off",
    typed: `${create} --repository app/web --admin`,
    says: /the admin user of registry "myregistry" is off/,
  },
])("a login that is $why reaches no Secret, and is told by its own sentence", async ({ typed, says }) => {
  const namespace = await newNamespace();
  for (const principal of world.servicePrincipals) if (principal.displayName === "every-kind") principal.accountEnabled = false;
  registry().adminUserEnabled = false;
  const [line, rest = ""] = typed.split(" <");

  const run = await shell.type(`${line} -n ${namespace}${rest && ` <${rest}`}`);
  expect(run).toMatchObject({ stdout: "", code: 1 });
  expect(run.stderr).toMatch(says);
  expect(await shell.type(`kubectl get -n ${namespace} secret pull`)).toMatchObject({ code: 1 });
});
