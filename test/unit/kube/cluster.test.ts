import { chmod, readFile, writeFile } from "node:fs/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { currentNamespace, openCluster } from "../../../src/kube/cluster.ts";
import { readKubeconfig } from "../../../src/kube/kubeconfig.ts";
import type { Kubectl } from "../../../src/kube/kubectl.ts";
import { newFolder } from "../../support/new-folder.ts";

const inAPod = { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "443" };
const noContext = "error: current-context must exist in order to minify";

const kubeconfig = (namespace?: string) =>
  JSON.stringify({
    "current-context": "a",
    clusters: [{ name: "c", cluster: {} }],
    contexts: [{ name: "a", context: { cluster: "c", namespace } }],
  });

/** Creates a folder with a pod's identity, a kubeconfig, and a kubectl that prints a text or fails. */
async function world({
  config,
  stdout = "",
  fails,
}: {
  config?: string | undefined;
  stdout?: string | undefined;
  fails?: string | undefined;
}) {
  const folder = await newFolder();
  const files = { token: "t", namespace: "ci-runners", ...(config && { config }) };
  for (const [name, text] of Object.entries(files)) await writeFile(`${folder}/${name}`, text);
  await writeFile(`${folder}/kubectl`, fails ? `#!/bin/sh\necho '${fails}' >&2; exit 1\n` : `#!/bin/sh\nprintf '%s' '${stdout}'\n`);
  await chmod(`${folder}/kubectl`, 0o755);
  const kubectl: Kubectl = { file: `${folder}/kubectl`, flags: [], env: config ? { KUBECONFIG: `${folder}/config` } : {} };
  return { folder, kubectl, kubeconfig: readKubeconfig(kubectl) };
}

// Like client-go: clientcmd/merged_client_builder.go, Namespace.
test.for([
  { why: "the context's", config: kubeconfig("demo"), env: {}, gives: "demo" },
  { why: "the context's, in a pod too", config: kubeconfig("demo"), env: inAPod, gives: "demo" },
  { why: "default, if it is the context's, in a pod too", config: kubeconfig("default"), env: inAPod, gives: "default" },
  { why: "the pod's, if the context names none", config: kubeconfig(), env: inAPod, gives: "ci-runners" },
  {
    why: "POD_NAMESPACE, if the context names none",
    config: kubeconfig(),
    env: { ...inAPod, POD_NAMESPACE: "told" },
    gives: "told",
  },
  { why: "default elsewhere, if the context names none", config: kubeconfig(), env: { POD_NAMESPACE: "told" }, gives: "default" },
  { why: "kubectl's word", stdout: "asked", env: inAPod, gives: "asked" },
  { why: "the pod's, if kubectl knows none", stdout: "", env: inAPod, gives: "ci-runners" },
  { why: "default elsewhere, if kubectl knows none", stdout: "", env: {}, gives: "default" },
  { why: "the pod's without any kubeconfig", fails: noContext, env: inAPod, gives: "ci-runners" },
])("returns $gives: $why", async ({ config, stdout, fails, env, gives }) => {
  const { folder, kubectl, kubeconfig } = await world({ config, stdout, fails });

  expect(await currentNamespace(kubectl, { env, folder, config: kubeconfig })).toBe(gives);
});

test("returns the pod's namespace when there is no kubectl", async () => {
  const { folder, kubeconfig: config } = await world({});

  expect(await currentNamespace(undefined, { env: inAPod, folder, config })).toBe("ci-runners");
});

test("requires no context when a flag names the cluster", async () => {
  const { folder, kubectl, kubeconfig: config } = await world({ fails: noContext });

  expect(await currentNamespace({ ...kubectl, flags: ["--server=https://x"] }, { env: {}, folder, config })).toBe("default");
});

test.for([
  { fails: noContext, env: {}, stdout: "the kubeconfig has no current context" },
  { fails: noContext, env: { KUBECONFIG: "/no/such" }, stdout: "the kubeconfig /no/such in KUBECONFIG does not exist" },
  { fails: noContext, env: { KUBECONFIG: ":/no:/such" }, stdout: "the kubeconfigs /no, /such in KUBECONFIG do not exist" },
  {
    fails: noContext,
    env: { KUBECONFIG: "/no:/dev/null" },
    stdout: "the kubeconfig has no current context",
  },
  { fails: "error: odd", env: inAPod, stdout: "odd" },
])('reports "$stdout" when kubectl prints $fails and the environment is $env', async ({ fails, env, stdout }) => {
  const { folder, kubectl, kubeconfig: config } = await world({ fails });

  await expect(currentNamespace({ ...kubectl, env }, { env, folder, config })).rejects.toMatchObject({ kind: "config", message: stdout });
});

test("ends a kubectl that hangs, with its child processes", async () => {
  const { folder, kubectl, kubeconfig: config } = await world({});
  await writeFile(kubectl.file, `#!/bin/sh\necho $$ > ${folder}/pid; /bin/sh -c 'echo $$ > ${folder}/child; exec sleep 60'\n`);
  const ended = new AbortController();
  const asked = currentNamespace(kubectl, { env: {}, folder, config, signal: ended.signal });
  const pids = await vi.waitFor(() => Promise.all(["pid", "child"].map((name) => readFile(`${folder}/${name}`, "utf8"))));

  ended.abort();

  await expect(asked).rejects.toThrow();
  const runs = (pid: string) =>
    readFile(`/proc/${pid.trim()}/stat`, "utf8")
      .then((stat) => !/\) [ZX] /.test(stat))
      .catch(() => false);
  await vi.waitFor(async () => expect(await Promise.all(pids.map(runs))).toEqual([false, false]));
});

/** Opens the cluster of a kubectl that hangs until a file `up` exists, and then prints a namespace. */
async function hanging({ requestTimeout = 0, signal }: { requestTimeout?: number; signal(): AbortSignal }) {
  const folder = await newFolder();
  await writeFile(`${folder}/kubectl`, `#!/bin/sh\n[ -e ${folder}/up ] || sleep 60\nprintf demo\n`, { mode: 0o755 });
  const cluster = openCluster({
    kube: { forward: [], requestTimeout },
    env: { PATH: process.env.PATH, KUBECTL_PATH: `${folder}/kubectl`, TMPDIR: folder },
    stdin: "ignore",
    stderr: { write: () => {} },
    platform: "linux",
    userAgent: "test",
    now: () => new Date(),
    sleep: async () => {},
    trace: () => {},
    onWarning: () => {},
    signal,
  });
  onTestFinished(() => cluster.close());
  return { cluster, comesUp: () => writeFile(`${folder}/up`, "") };
}

test("fails when kubectl does not return the namespace in time", async () => {
  const { cluster } = await hanging({ requestTimeout: 50, signal: () => new AbortController().signal });

  await expect(cluster.namespace()).rejects.toMatchObject({ kind: "timeout" });
});

test("cancels the wait for the namespace and reads it again with another signal", async () => {
  let interrupt = new AbortController();
  const { cluster, comesUp } = await hanging({ signal: () => interrupt.signal });
  const asked = cluster.namespace();

  interrupt.abort();
  await expect(asked).rejects.toMatchObject({ kind: "cancelled" });

  interrupt = new AbortController();
  await comesUp();
  expect(await cluster.namespace()).toBe("demo");
});

test("closes at once when kubectl hangs", async () => {
  const { cluster } = await hanging({ signal: () => new AbortController().signal });
  const opening = cluster.serverVersion();
  opening.catch(() => {});

  await cluster.close();

  await expect(opening).rejects.toMatchObject({ kind: "cancelled" });
});
