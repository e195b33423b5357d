import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { guardedFolder } from "../../sandbox/guard.ts";
import { hostPlatform } from "../../scripts/platforms.ts";
import { destinations } from "../../scripts/release/destinations.ts";
import { containerImage } from "../../scripts/release/image.ts";
import { take } from "../../scripts/release/take.ts";
import { scheduleName } from "../../src/schedule/objects.ts";
import { run } from "../support/in-process.ts";
import { create, kubectl } from "../support/kubectl.ts";
import { reachWorld } from "../support/node-world.ts";
import { takesAll } from "../support/sampled.ts";
import { objectOf, objectsOf } from "../support/scheduled.ts";

const world = reachWorld(inject("world"));
const server = "myregistry.azurecr.io";
const image = `${server}/tools/acr-secret:1`;
const namespace = "image";
const home = await guardedFolder("acr-secret-image-");
afterAll(() => home.remove());

const env = { ...process.env, DOCKER_CONFIG: home.path };

/** Builds the image, and pushes it as a release does. */
async function publish(): Promise<void> {
  const host = hostPlatform();
  if (!host) throw new Error("the plugin is not packaged for this machine");
  const folder = await containerImage({ platforms: [host], version: packageJson.version, into: home.path, progress: () => {} });
  const [repository = "", version = ""] = image.split(/:(?=[^:]+$)/);
  const release = { version, notes: "", files: [], image: { layout: folder, name: repository } };
  const login = `printf %s "$AZURE_CLIENT_SECRET" | crane auth login ${server} -u "$AZURE_CLIENT_ID" --password-stdin`;
  await promisify(execFile)("sh", ["-c", login], { env });
  for (const step of destinations["image"]?.steps(release) ?? []) await take(step, env);
}

const schedule = `schedule -f - --image ${image}`;
const name = scheduleName(namespace, "teams");
/** A file of desired state whose Secret is in the namespace of the schedule. */
const file = `{name: teams, namespace: ${namespace}, registry: myregistry, pullSecrets: [{name: acr-web, namespace: ${namespace}, repositories: [app/web]}]}\n`;

const serviceAccount = (name: string) => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { namespace, name },
  imagePullSecrets: [{ name: "pull" }],
});
const binding = (name: string, role: string) => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name: `image-${name}` },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
  subjects: [{ kind: "ServiceAccount", namespace, name }],
});

/** Creates the schedule's ServiceAccount, which may pull the image, and one with all rights. */
beforeAll(async () => {
  await publish();
  await world.push(`${server}/app/web:1`, "waits");
  const password = await world.addToken(namespace, ["tools/acr-secret"]);
  const { AZURE_TENANT_ID = "", AZURE_CLIENT_ID = "", AZURE_CLIENT_SECRET = "", SSL_CERT_FILE = "" } = process.env;
  const azure = { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET };
  const authority = { "ca.crt": await readFile(SSL_CERT_FILE, "utf8") };
  await create([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    serviceAccount(name),
    serviceAccount("admin"),
    binding("admin", "cluster-admin"),
    { apiVersion: "v1", kind: "Secret", metadata: { namespace, name: "azure" }, stringData: azure },
    { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name: "authority" }, data: authority },
  ]);
  const login = [`--docker-server=${server}`, `--docker-username=${namespace}`, `--docker-password=${password}`];
  await kubectl(["create", "secret", "docker-registry", "pull", "-n", namespace, ...login]);
}, 180_000);

/** Adds to a pod of the schedule what the sandbox's pods need, because they have no network of their own. */
async function inSandbox(spec: Awaited<ReturnType<typeof objectOf>>) {
  const { hostname, port } = new URL(await kubectl(["config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}"]));
  const sandbox = {
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port,
    HTTPS_PROXY: process.env["HTTPS_PROXY"] ?? "",
    SSL_CERT_FILE: "/authority/ca.crt",
  };
  const [container] = spec.containers;
  const env = [...container.env, ...Object.entries(sandbox).map(([name, value]) => ({ name, value }))];
  const volumeMounts = [...container.volumeMounts, { name: "authority", mountPath: "/authority", readOnly: true }];
  const volumes = [...spec.volumes, { name: "authority", configMap: { name: "authority" } }];
  return { ...spec, containers: [{ ...container, env, volumeMounts }], volumes, hostNetwork: true };
}

/** Runs a verb to its end in such a pod, with all rights. @returns the pod's phase, and all its output */
async function runPod(name: string, args: readonly string[]): Promise<{ phase: string; printed: string }> {
  const { spec: of } = await objectOf(schedule, "CronJob", file);
  const printed = of.jobTemplate.spec.template.spec;
  // The ConfigMap of the file does not exist yet
  const containers = [{ ...printed.containers[0], args, volumeMounts: [] }];
  const spec = { ...(await inSandbox({ ...printed, containers, volumes: [] })), serviceAccountName: "admin" };
  await create([{ apiVersion: "v1", kind: "Pod", metadata: { namespace, name }, spec }]);
  return endOf(name);
}

async function endOf(name: string): Promise<{ phase: string; printed: string }> {
  const get = (path: string) => kubectl(["get", "pod", name, "-n", namespace, "-o", `jsonpath=${path}`]);
  await expect.poll(() => get("{.status.phase}"), { timeout: 60_000, interval: 250 }).toMatch(/Succeeded|Failed/);
  return { phase: await get("{.status.phase}"), printed: await logOf(name) };
}

/** Reads the log from the kubelet itself. The API server would resolve the node's name, which only the node knows. */
async function logOf(name: string): Promise<string> {
  const port = await kubectl(["get", "nodes", "-o", "jsonpath={.items[0].status.daemonEndpoints.kubeletEndpoint.Port}"]);
  return kubectl(["get", "--raw", `/containerLogs/${namespace}/${name}/acr-secret`, "--server", `https://127.0.0.1:${port}`]);
}

test("uses the pod's ServiceAccount without a kubeconfig", {
  timeout: 120_000,
}, async () => {
  const { phase, printed } = await runPod("version", ["version"]);

  expect({ phase, printed }).toEqual({
    phase: "Succeeded",
    printed: expect.stringMatching(new RegExp(`^Client Version: v${packageJson.version}\\n[\\s\\S]*Server Version: v`)),
  });
});

test("creates a pull secret in the pod's namespace", { timeout: 120_000 }, async () => {
  const dry = await runPod("dry", ["create", "--registry", "myregistry", "--repository", "app/web", "--dry-run=client"]);
  const made = await runPod("made", ["create", "--registry", "myregistry", "--repository", "app/web"]);

  expect(dry).toEqual({ phase: "Succeeded", printed: expect.stringContaining("secret/acr-myregistry created (dry run)\n") });
  expect(made).toEqual({ phase: "Succeeded", printed: expect.stringMatching(/^secret\/acr-myregistry created$/m) });
});

test("creates the Secret of a file in the schedule that kubectl applies", { timeout: 180_000 }, async () => {
  const items = await objectsOf(schedule, file);
  const cronJob = items.find(({ kind }) => kind === "CronJob").spec;
  // Its own run, every five minutes, would be another Job
  cronJob.suspend = true;
  const { template } = cronJob.jobTemplate.spec;
  template.spec = await inSandbox(template.spec);

  await kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  await kubectl(["create", "job", "first", `--from=cronjob/${name}`, "-n", namespace]);
  await kubectl(["wait", "--for=condition=complete", "job/first", "-n", namespace, "--timeout=2m"]);

  expect(await kubectl(["get", "secret", "acr-web", "-n", namespace, "-o", "jsonpath={.type}"])).toBe("kubernetes.io/dockerconfigjson");
  const runs = ["get", "cronjobs,jobs", "-l", "acr-secret/schedule", "-n", namespace, "-o", "name"];
  expect(await kubectl(runs)).toBe(`cronjob.batch/${name}\njob.batch/first\n`);
  const message = "jsonpath={.items[*].status.containerStatuses[*].state.terminated.message}";
  expect(await kubectl(["get", "pods", "-l", "job-name=first", "-n", namespace, "-o", message])).toContain("1 Secret created");

  const { stdout } = await run(schedule.split(" "), { stdin: file });
  const [, remove = ""] = /^# (kubectl delete .*cronjob.*)$/m.exec(stdout) ?? [];
  await promisify(execFile)("sh", ["-c", remove]);

  const kinds = "cronjobs,jobs,configmaps,serviceaccounts,networkpolicies,roles,rolebindings,clusterroles,clusterrolebindings";
  const left = () => kubectl(["get", kinds, "-n", namespace, "-l", "app.kubernetes.io/name=kubectl-acr-secret", "-o", "name"]);
  await expect.poll(left, { timeout: 30_000 }).toBe("");
});

if (takesAll)
  test("gives a new namespace its copy, and restarts its pods, at the next minute", { timeout: 240_000 }, async () => {
    const place = "image-new";
    const text = JSON.stringify({
      ...{ name: "minute", namespace, registry: "myregistry" },
      pullSecrets: [{ name: "acr-new", copyTo: { selector: "team=new" }, repositories: ["app/web"], serviceAccounts: ["default"] }],
    });
    const line = ["schedule", "-f", "-", "--image", image, "--at", "* * * * *"];
    const { stdout } = await run([...line, "-o", "json"], { stdin: text });
    const { items }: Awaited<ReturnType<typeof objectOf>> = JSON.parse(stdout);
    const { spec } = items.find(({ kind }: { kind: string }) => kind === "CronJob").spec.jobTemplate.spec.template;
    const own = scheduleName(namespace, "minute");
    await create([serviceAccount(own)]);
    Object.assign(spec, await inSandbox(spec));
    await kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    onTestFinished(async () => void (await kubectl(["delete", "cronjob", own, "-n", namespace])));
    const succeeded = () => kubectl(["get", "cronjob", own, "-n", namespace, "-o", "jsonpath={.status.lastSuccessfulTime}"]);
    await expect.poll(succeeded, { timeout: 90_000, interval: 500 }).not.toBe("");

    const labels = { app: "web" };
    const pod = { metadata: { labels }, spec: { containers: [{ name: "web", image: `${server}/app/web:1` }] } };
    await create([
      { apiVersion: "v1", kind: "Namespace", metadata: { name: place, labels: { team: "new" } } },
      {
        ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { namespace: place, name: "web" } },
        spec: { replicas: 2, selector: { matchLabels: labels }, template: pod },
      },
    ]);
    const podsOf = (path: string, phase: "Pending" | "Running") =>
      kubectl(["get", "pods", "-n", place, "--field-selector", `status.phase=${phase}`, "-o", `jsonpath={.items[*]${path}}`]);
    await expect
      .poll(() => podsOf(".status.containerStatuses[*].state.waiting.reason", "Pending"), { timeout: 30_000, interval: 250 })
      .toMatch(/ImagePull.* .*ImagePull/);
    const waiting = (await podsOf(".metadata.name", "Pending")).split(" ");

    await kubectl(["wait", "--for=condition=Available", "deployment/web", "-n", place, "--timeout=90s"]);

    const started = (await podsOf(".metadata.name", "Running")).split(" ");
    expect(started.filter((one) => !waiting.includes(one))).toHaveLength(2);
    expect(await kubectl(["get", "secret", "acr-new", "-n", place, "-o", "jsonpath={.type}"])).toBe("kubernetes.io/dockerconfigjson");
  });

test("contains one program and no shell", { timeout: 60_000 }, async () => {
  const { stdout } = await promisify(execFile)("sh", ["-c", `crane export ${image} - | tar -t`], {
    env,
    maxBuffer: 1e9,
  });

  const programs = stdout.split("\n").filter((name) => /bin\//.test(name));
  expect(programs).toEqual(["usr/bin/kubectl-acr_secret"]);
});
