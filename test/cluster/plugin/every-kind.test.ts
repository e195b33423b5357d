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

/** Creates a login of another user, in a file and in a docker config. */
beforeAll(async () => {
  registry().adminUserEnabled = true;
  await kubectl(["create", "namespace", owner]);
  expect(await shell.type(`${create.replace("pull", "good-token")} --repository app/web --acr-token good-token -n ${owner}`)).toMatchObject(
    {
      code: 0,
    },
  );
  const secret = `kubectl get -n ${owner} secret good-token -o jsonpath='{.data.\\.dockerconfigjson}' | base64 -d`;
  const { stdout: config } = await shell.type(secret);
  const [login] = Object.values((JSON.parse(config) as { auths: Record<string, { password: string }> }).auths);
  await writeFile(join(shell.folder, "good"), login?.password ?? "");
  await writeFile(join(shell.folder, "good.json"), config);
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

test.for<{ kind: string; typed: string }>([
  { kind: "an ACR token", typed: `${create} --repository app/web` },
  { kind: "an ACR token with a scope map that exists", typed: `${create} --scope-map _repositories_pull_metadata_read` },
  { kind: "a service principal of its own", typed: `${create} --service-principal` },
  { kind: "a service principal by name", typed: `${create} --service-principal=every-kind` },
  { kind: "a token of one's own", typed: `${byHost} --entra` },
  { kind: "the admin user", typed: `${create} --repository app/web --admin` },
  { kind: "a login that is given", typed: `${byHost} --username good-token --password-stdin < ${shell.folder}/good` },
  { kind: "a login from a docker config", typed: `${byHost} --from-docker-config ${shell.folder}/good.json` },
])("creates a Secret that another client pulls with, and changes nothing in a second run: $kind", async ({ kind, typed }) => {
  const namespace = await newNamespace();
  const [line, rest = ""] = typed.split(" <");
  const command = `${line} -n ${namespace}${rest && ` <${rest}`}`;

  expect(await shell.type(command)).toMatchObject({ stdout: expect.stringContaining("secret/pull created\n"), code: 0 });
  expect(await crane(namespace, kind.replaceAll(/\W/g, "-"))).toMatchObject({ code: 0 });

  const before = azure();
  expect(await shell.type(command)).toMatchObject({ stdout: expect.stringContaining("secret/pull unchanged\n"), code: 0 });
  expect(azure()).toBe(before);
});
