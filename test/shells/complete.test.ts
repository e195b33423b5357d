import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from "vitest";
import { create } from "../support/kubectl.ts";
import { sourceSecret } from "../support/records.ts";
import { openShellPrompt, type ShellName, shellNames } from "../support/shell-lines.ts";

const folder = await mkdtemp(join(tmpdir(), "shells-"));
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
const env = () => ({ PATH: process.env.PATH ?? "", KUBECONFIG: inject("kubeconfig"), KUBECACHEDIR: join(folder, "cache") });
const openPrompt = (name: ShellName, more: Readonly<Record<string, string>> = {}) =>
  mkdtemp(join(folder, `${name}-`)).then((home) => openShellPrompt(name, home, { ...env(), ...more }));

const namespace = "team-shop";
const image = "shopregistry.azurecr.io/app/web:1";
const pod = { containers: [{ name: "web", image }] };
const labels = { app: "web" };

beforeAll(async () => {
  const config = { ".dockerconfigjson": Buffer.from('{"auths":{}}').toString("base64") };
  const { labels: label, annotations } = sourceSecret(`${namespace}/ours`, { credential: { host: "notedregistry.azurecr.io" } }).metadata;
  const of = (kind: string, name: string, more: object) => ({ apiVersion: "v1", kind, metadata: { name, namespace }, ...more });
  await create([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    of("ServiceAccount", "worker", {}),
    of("Secret", "somebodys", { type: "kubernetes.io/dockerconfigjson", data: config }),
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "acr-noted", namespace, labels: label, annotations },
      type: "kubernetes.io/dockerconfigjson",
      data: config,
    },
    of("Secret", "some-password", { type: "Opaque" }),
    {
      ...of("Deployment", "web", { spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } } }),
      apiVersion: "apps/v1",
    },
    of("Pod", "alone", { spec: { ...pod, serviceAccountName: "worker" } }),
  ]);
});

/** The start of a line, and the completed line, which may differ in one shell. */
type Row = { readonly begun: string; readonly becomes: string } & Partial<Readonly<Record<ShellName, string>>>;

/** The text after `kubectl acr-secret`, and the result of Tab. The shell adds a space after a complete word. */
const rows: readonly Row[] = [
  // a verb
  { begun: "cre", becomes: "create " },
  // a verb after a flag
  { begun: "-n team-shop det", becomes: "-n team-shop detach " },
  // the topic of help
  { begun: "help rot", becomes: "help rotate " },
  // a flag
  { begun: "create --expires", becomes: "create --expires-in " },
  // a flag of kubectl
  { begun: "list --cont", becomes: "list --context " },
  // a flag's value
  { begun: "create --auth work", becomes: "create --auth workload " },
  // a value after =
  { begun: "create --auth=work", becomes: "create --auth=workload " },
  // a context
  { begun: "list --context ", becomes: "list --context sandbox " },
  // a cluster
  { begun: "list --cluster san", becomes: "list --cluster sandbox " },
  // a namespace
  { begun: "list -n team-", becomes: "list -n team-shop " },
  // one of several namespaces; bash escapes the comma
  {
    begun: "list --namespaces default,team-",
    becomes: "list --namespaces default,team-shop",
    bash: "list --namespaces default\\,team-shop",
  },
  // a ServiceAccount, which may be the first of a comma list
  { begun: "attach -n team-shop --serviceaccount wor", becomes: "attach -n team-shop --serviceaccount worker" },
  // a pull secret of another user
  { begun: "attach -n team-shop some", becomes: "attach -n team-shop somebodys " },
  // a Secret of this plugin
  { begun: "delete -n team-shop ", becomes: "delete -n team-shop acr-noted " },
  // a kind of workload
  { begun: "attach acr-noted -n team-shop depl", becomes: "attach acr-noted -n team-shop deployment/" },
  // a workload
  { begun: "attach acr-noted -n team-shop deployment/", becomes: "attach acr-noted -n team-shop deployment/web " },
  // a registry in pods' images
  { begun: "create -n team-shop --registry shop", becomes: "create -n team-shop --registry shopregistry.azurecr.io " },
  // a registry in Secrets
  { begun: "prune -n team-shop --registry=not", becomes: "prune -n team-shop --registry=notedregistry.azurecr.io " },
  // a file
  { begun: "list --kubeconfig plug", becomes: "list --kubeconfig plugin.yaml " },
  // no completion if nothing matches
  { begun: "list --color", becomes: "list --color" },
];

test.for(shellNames)("completes with Tab in %s", { timeout: 120_000 }, async (name) => {
  const prompt = await openPrompt(name);
  const found: string[] = [];
  for (const { begun } of rows) found.push(await prompt.tab(`kubectl acr-secret ${begun}`));

  expect(found).toEqual(rows.map((row) => `kubectl acr-secret ${row[name] ?? row.becomes}`));
  await prompt.list("kubectl acr-secret create --re", "Recreate waiting pods");
  await prompt.leave();
});

test.for(shellNames)("returns to the prompt of %s when a server never responds", { timeout: 30_000 }, async (name) => {
  const { kubeconfig, open, asked } = await silentServer();
  const prompt = await openPrompt(name, { KUBECONFIG: kubeconfig });

  expect(await prompt.tab("kubectl acr-secret list -n te")).toBe("kubectl acr-secret list -n te");
  expect(await prompt.tab("kubectl acr-secret cre")).toBe("kubectl acr-secret create ");

  expect(asked()).toBeGreaterThan(0);
  await vi.waitFor(() => expect(open.size).toBe(0), { timeout: 5_000 });
  await prompt.leave();
});

test("completes with Tab when the printed program is on PATH", { timeout: 30_000 }, async () => {
  const bin = await mkdtemp(join(folder, "bin-"));
  const program = join(bin, "kubectl_complete-acr_secret");
  await symlink(join(inject("plugin"), "kubectl-acr_secret"), join(bin, "kubectl-acr_secret"));
  const others = env()
    .PATH.split(":")
    .filter((each) => each !== inject("plugin"));
  const home = await mkdtemp(join(folder, "home-"));
  const prompt = await openShellPrompt("bash", home, { ...env(), PATH: [bin, ...others].join(":") });

  expect(await prompt.tab("kubectl acr-secret cre")).toBe("kubectl acr-secret cre");
  await prompt.run(`kubectl acr-secret completion kubectl > ${program} && chmod +x ${program}`);
  expect(await prompt.tab("kubectl acr-secret cre")).toBe("kubectl acr-secret create ");
  await prompt.leave();
});

/** Starts an API server that accepts every connection and never responds, and writes a kubeconfig for it. */
async function silentServer() {
  const open = new Set<Socket>();
  let asked = 0;
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("data", () => asked++).on("error", () => {});
    socket.on("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  const home = await mkdtemp(join(folder, "silent-"));
  await mkdir(join(home, "kube"));
  const kubeconfig = join(home, "kube", "config");
  const { port } = server.address() as { readonly port: number };
  const clusters = [{ name: "silent", cluster: { server: `http://127.0.0.1:${port}` } }];
  const contexts = [{ name: "silent", context: { cluster: "silent", user: "" } }];
  await writeFile(kubeconfig, JSON.stringify({ apiVersion: "v1", kind: "Config", clusters, contexts, "current-context": "silent" }));
  return { kubeconfig, open, asked: () => asked };
}
