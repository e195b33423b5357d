import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { binaries } from "../../sandbox/binaries.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { encryptionPrograms } from "../../sandbox/tools.ts";
import { create, getJson, kubectl } from "../support/kubectl.ts";
import { reachWorld } from "../support/node-world.ts";
import { ended, newNamespace } from "../support/plugin.ts";

// Types the commands of docs/export.md with the real programs. Each ends in a pod that runs on a real kubelet.
const world = reachWorld(inject("world"));
const server = "myregistry.azurecr.io";
const programs = await binaries({ need: encryptionPrograms });
const home = await guardedFolder("acr-secret-export-");
afterAll(() => home.remove());

/** Returns the commands below a heading of the page. */
function commandsOf(heading: string): string {
  const [, section = ""] = readFileSync("docs/export.md", "utf8").split(`\n### ${heading}\n`);
  return /^```sh\n([\s\S]*?)^```$/m.exec(section)?.[1] ?? expect.unreachable(`docs/export.md has no command below ${heading}`);
}

/** Types lines into a shell of the page, in a namespace. */
async function type(script: string, namespace: string): Promise<string> {
  const env = { ...process.env, PATH: [...programs.path, process.env["PATH"]].join(":"), SOPS_DISABLE_VERSION_CHECK: "true" };
  await kubectl(["config", "set-context", "--current", "--namespace", namespace]);
  const line = `set -euo pipefail\n${script}`;
  const { stdout, stderr, code } = await ended(spawn("bash", ["-c", line], { cwd: home.path, env, stdio: ["ignore", "pipe", "pipe"] }));
  expect({ script, code, stderr }).toMatchObject({ code: 0 });
  return stdout + stderr;
}

let pods = 0;

/** Runs a pod whose kubelet always pulls. */
async function runPod(namespace: string): Promise<void> {
  const name = `pull-${pods++}`;
  const container = { name: "app", image: `${server}/app/web:1`, imagePullPolicy: "Always" };
  const spec = { serviceAccountName: "app", terminationGracePeriodSeconds: 0, containers: [container] };
  await create([{ apiVersion: "v1", kind: "Pod", metadata: { name, namespace }, spec }]);
  await kubectl(["wait", "--for=condition=Ready", `pod/${name}`, "-n", namespace, "--timeout=120s"]);
}

type Secret = { readonly data: Readonly<Record<string, string>> };
const passwordIn = async (namespace: string): Promise<string> => {
  const { data } = await getJson<Secret>("secret", "acr-myregistry", "-n", namespace);
  return JSON.parse(Buffer.from(data[".dockerconfigjson"] ?? "", "base64").toString()).auths[server].password;
};

const prune = "kubectl acr-secret prune --registry myregistry --older-than 0s";

async function expectNoneLeft(namespace: string): Promise<void> {
  await type("kubectl acr-secret delete acr-myregistry --force --yes", namespace);
  await type(`${prune} --exported=all --yes`, namespace);
  expect(await type(`${prune} -o wide`, namespace)).not.toContain(`in namespace ${namespace} `);
}

const refused = 'error: secret "acr-myregistry" was exported, so it is not rotated in the cluster';

beforeAll(() => world.push(`${server}/app/web:1`, "waits"));

test.for([
  { heading: "Encrypt with SOPS and age", file: "secret.sops.yaml" },
  { heading: "Encrypt with age", file: "secret.yaml.age" },
])(
  "runs a pod with a Secret after $heading, and replaces its password with another export",
  { timeout: 300_000 },
  async ({ heading, file }) => {
    const namespace = await newNamespace(["acr-myregistry"]);

    expect(await type(commandsOf(heading), namespace)).toContain("secret/acr-myregistry created");

    const password = await passwordIn(namespace);
    const stored = await readFile(join(home.path, file), "utf8");
    for (const text of [password, Buffer.from(password).toString("base64").slice(0, -4)]) expect(stored).not.toContain(text);
    await runPod(namespace);
    expect(await type("kubectl acr-secret list --no-headers", namespace)).toMatch(/^acr-myregistry +myregistry +acr-token /);
    expect(await type("! kubectl acr-secret rotate acr-myregistry", namespace)).toContain(refused);
    const again = commandsOf(heading).replace(/^age-keygen -o .*\n/m, "");
    expect(await type(again, namespace)).toContain("secret/acr-myregistry configured");
    expect(await passwordIn(namespace)).not.toBe(password);
    await runPod(namespace);
    await expectNoneLeft(namespace);
  },
);

/** Runs the controller of Sealed Secrets on the node as `program`, and writes its certificate where the page expects it. */
async function startSealedSecrets(): Promise<void> {
  const namespace = "sealed-secrets";
  const image = `${server}/tools/sealed-secrets:1`;
  await world.push(image, `/${programs.program("sealed-secrets-controller").replace(/^\//, "")}`);
  const password = await world.addToken(namespace, ["tools/sealed-secrets"]);
  const cwd = join(import.meta.dirname, "../../sandbox/tools/sealed-secrets");
  const { stdout } = await promisify(execFile)("go", ["list", "-m", "-f", "{{.Dir}}", "github.com/bitnami-labs/sealed-secrets"], { cwd });
  await kubectl(["create", "-f", join(stdout.trim(), "helm/sealed-secrets/crds")]);
  await kubectl(["create", "namespace", namespace]);
  const login = [`--docker-server=${server}`, `--docker-username=${namespace}`, `--docker-password=${password}`];
  await kubectl(["create", "secret", "docker-registry", "pull", "-n", namespace, ...login]);
  await kubectl(["create", "clusterrolebinding", namespace, "--clusterrole=cluster-admin", `--serviceaccount=${namespace}:default`]);
  await kubectl(["wait", "--for=create", "serviceaccount/default", "-n", namespace, "--timeout=30s"]);
  const { hostname, port } = new URL(await kubectl(["config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}"]));
  const env = [
    { name: "KUBERNETES_SERVICE_HOST", value: hostname },
    { name: "KUBERNETES_SERVICE_PORT", value: port },
  ];
  // The pods of the sandbox have no network of their own
  const spec = { hostNetwork: true, imagePullSecrets: [{ name: "pull" }], containers: [{ name: "controller", image, env }] };
  await create([{ apiVersion: "v1", kind: "Pod", metadata: { name: "controller", namespace }, spec }]);
  const keys = ["secret", "-n", namespace, "-l", "sealedsecrets.bitnami.com/sealed-secrets-key=active"];
  await kubectl(["wait", "--for=create", ...keys, "--timeout=120s"]);
  const certificate = await kubectl(["get", ...keys, "-o", "jsonpath={.items[0].data.tls\\.crt}"]);
  await writeFile(join(home.path, "cert.pem"), Buffer.from(certificate, "base64"));
}

test("runs a pod with a Secret of the Sealed Secrets controller, and replaces its password with another export", {
  timeout: 400_000,
}, async () => {
  await startSealedSecrets();
  const namespace = await newNamespace(["acr-myregistry"]);
  const sealed = commandsOf("Encrypt with Sealed Secrets");

  await type(sealed, namespace);
  await kubectl(["wait", "--for=create", "secret/acr-myregistry", "-n", namespace, "--timeout=60s"]);
  await runPod(namespace);
  const password = await passwordIn(namespace);
  expect(await type("kubectl acr-secret list --no-headers", namespace)).toMatch(/^acr-myregistry +myregistry +acr-token /);
  expect(await type("! kubectl acr-secret rotate acr-myregistry", namespace)).toContain(refused);

  await type(sealed, namespace);
  await expect.poll(() => passwordIn(namespace), { timeout: 60_000 }).not.toBe(password);
  await runPod(namespace);

  await kubectl(["delete", "sealedsecret", "acr-myregistry", "-n", namespace]);
  await kubectl(["wait", "--for=delete", "secret/acr-myregistry", "-n", namespace, "--timeout=60s"]);
  expect(await type(prune, namespace)).toMatch(/in namespace p-\S+ .* exported *$/m);
  expect(await type(`${prune} --exported=all --yes`, namespace)).toMatch(/^token\S+ deleted\nscopemap\S+ deleted$/m);
});
