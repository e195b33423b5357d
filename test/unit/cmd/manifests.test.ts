import { expect, test } from "vitest";
import { account as inCluster, pullSecret } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import { type as line } from "../../support/in-process.ts";
import { account, accountAttached, config, folderOf, names, pod } from "../../support/manifests/folder.ts";

test("prints a file with the name added, and does not change it", async () => {
  const { type, read } = await folderOf({ "pod.yaml": pod("web") });
  expect(await type("attach acr -f @/pod.yaml")).toEqual({ stdout: pod("web", names), stderr: "", code: 0 });
  expect(await read("pod.yaml")).toBe(pod("web"));
});

test("reads stdin, and detach restores the original text", async () => {
  const { type } = await folderOf({});
  expect(await type("attach acr -f -", { stdin: pod("web") })).toEqual({ stdout: pod("web", names), stderr: "", code: 0 });
  expect(await type("detach acr -f -", { stdin: pod("web", names) })).toEqual({ stdout: pod("web"), stderr: "", code: 0 });
});

test("reads a folder like kubectl, and prints what kubectl can apply", async () => {
  const { type } = await folderOf({
    "b.yml": `---\n${pod("b")}`.trimEnd(),
    "a.json": '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[]}}',
    "c.yaml": config,
    "README.md": "{{ no manifest }}",
    "in/d.yaml": pod("d"),
  });
  const json = '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"imagePullSecrets":[{"name":"acr"}],"containers":[]}}';
  const flat = `---\n${json}\n---\n${pod("b", names)}---\n${config}`;
  expect(await type("attach acr -f @")).toEqual({ stdout: flat, stderr: "", code: 0 });
  expect(await type("attach acr -R -f @")).toMatchObject({ stdout: `${flat}---\n${pod("d", names)}` });
  expect(await type("attach acr -f @/c.yaml -f @/in -f @/in/d.yaml")).toMatchObject({ stdout: `${config}---\n${pod("d", names)}` });
});

test("changes the selected targets, and ServiceAccounts only if they are named", async () => {
  const { type } = await folderOf({ "all.yaml": `${pod("web")}---\n${account}---\n${pod("api")}` });
  const all = (...parts: readonly string[]) => ({ stdout: parts.join("---\n"), stderr: "", code: 0 });
  expect(await type("attach acr -f @/all.yaml")).toEqual(all(pod("web", names), account, pod("api", names)));
  expect(await type("attach acr pod/api -f @/all.yaml")).toEqual(all(pod("web"), account, pod("api", names)));
  expect(await type("attach acr po/w* sa/default -f @/all.yaml")).toEqual(all(pod("web", names), accountAttached, pod("api")));
  for (const flag of ["--serviceaccount", "--all-serviceaccounts", "-l team=shop"])
    expect(await type(`attach acr -f @/all.yaml ${flag}`)).toEqual(all(pod("web"), accountAttached, pod("api")));
});

test("ignores a Kustomize patch that changes no pods", async () => {
  const patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 3\n";
  const { type } = await folderOf({ "patch.yaml": patch, "pod.yaml": pod("web") });
  expect(await type("attach acr -f @")).toEqual({ stdout: `${patch}---\n${pod("web", names)}`, stderr: "", code: 0 });
});

test("prints one byte order mark for several files", async () => {
  const { type } = await folderOf({ "a.yaml": `\ufeff---\n${pod("a")}`, "b.yaml": `\ufeff---\n${pod("b")}` });
  expect(await type("attach acr -f @")).toMatchObject({ stdout: `\ufeff---\n${pod("a", names)}---\n${pod("b", names)}` });
});

test("warns when a template's first name hides the ServiceAccount's list", async () => {
  const listed = `${account}imagePullSecrets:\n- name: theirs\n`;
  const { type } = await folderOf({ "all.yaml": `${pod("web")}---\n${listed}---\n${pod("own", "  imagePullSecrets:\n  - name: a\n")}` });
  const { stderr, code } = await type("attach acr -f @");
  expect({ stderr, code }).toEqual({
    stderr: "Warning: pod/web now has its own pull secrets, so its pods no longer get theirs from serviceaccount/default\n",
    code: 0,
  });
  const other = pod("web", "  serviceAccountName: other\n");
  expect(await type("attach acr -f -", { stdin: `${other}---\n${listed}` })).toMatchObject({ stderr: "" });
  expect(await type("detach acr -f @")).toMatchObject({ stderr: "" });
});

test("skips objects of another namespace when -n", async () => {
  const there = pod("b").replace("metadata:\n", "metadata:\n  namespace: there\n");
  const { type } = await folderOf({ "all.yaml": `${pod("a")}---\n${there}` });
  expect(await type("attach acr -n here -f @/all.yaml")).toMatchObject({ stdout: `${pod("a", names)}---\n${there}` });
});

test("prints the output of kubectl kustomize with the name added when -k", async () => {
  const asked: string[] = [];
  const kustomize = async (folder: string) => {
    asked.push(folder);
    return pod("web");
  };
  const { type } = await folderOf({});
  expect(await type("attach acr -k overlays/prod", { kustomize })).toEqual({ stdout: pod("web", names), stderr: "", code: 0 });
  expect(asked).toEqual(["overlays/prod"]);
});

test("prints patches when -o kustomize, and values when -o helm", async () => {
  const { type, read } = await folderOf({ "all.yaml": `${pod("web")}---\n${account}imagePullSecrets: [{name: theirs}]\n` });
  expect(await type("attach acr pod/web sa/default -f @ -o kustomize")).toEqual({
    stdout: `# In a kustomization.yaml
# Kustomize replaces the whole list of a ServiceAccount, so the patch contains all names
patches:
- target:
    kind: Pod
    name: web
  patch: |-
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      imagePullSecrets:
      - name: acr
- target:
    kind: ServiceAccount
    name: default
  patch: |-
    apiVersion: v1
    kind: ServiceAccount
    metadata:
      name: default
    imagePullSecrets:
    - name: theirs
    - name: acr
`,
    stderr: "Warning: pod/web now has its own pull secrets, so its pods no longer get theirs from serviceaccount/default\n",
    code: 0,
  });
  expect(await type("attach acr -f @ -o helm")).toMatchObject({ stdout: expect.stringContaining("\nimagePullSecrets:\n- name: acr\n") });
  expect(await read("all.yaml")).toContain("theirs");
});

test("prints the objects of a cluster that lack the Secret when -o kustomize or -o helm, and writes nothing", async () => {
  const world = await stored("demo");
  world.cluster.put(inCluster("demo", "default", ["theirs"]));
  world.cluster.put(pullSecret("demo", "theirs"));
  world.cluster.put(inCluster("demo", "done", ["acr-myregistry"]));
  world.asking.forget();
  const typed = "attach acr-myregistry -n demo --all-serviceaccounts -o";
  expect(await line(`${typed} kustomize`, world.ports)).toEqual({
    stdout: `# In a kustomization.yaml
# Kustomize replaces the whole list of a ServiceAccount, so the patch contains all names
patches:
- target:
    kind: ServiceAccount
    name: default
  patch: |-
    apiVersion: v1
    kind: ServiceAccount
    metadata:
      name: default
    imagePullSecrets:
    - name: theirs
    - name: acr-myregistry
`,
    stderr: "",
    code: 0,
  });
  expect(await line(`${typed} helm`, world.ports)).toMatchObject({
    stdout: expect.stringMatching(/^# Charts created with helm create/),
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
});

test.for<{ typed: string; message: string; stdin?: string }>([
  {
    typed: "attach -f x.yaml",
    message: "error: a Secret name is required with -f and -k\nhint: kubectl acr-secret attach SECRET -f x.yaml\n",
  },
  {
    typed: "detach pod/web -k base",
    message: "error: a Secret name is required with -f and -k\nhint: kubectl acr-secret detach SECRET -k base\n",
  },
  { typed: "attach Acr! -f x.yaml", message: 'error: invalid Secret name "Acr!": lower case letters, digits, "-" and "."\n' },
  {
    typed: "attach acr -f nope.yaml",
    message: 'error: the path "nope.yaml" does not exist\nhint: pass a file, a directory, or - for standard input\n',
  },
  { typed: "attach acr -f @", message: "error: error reading [@]: recognized file extensions are [.json .yaml .yml]\n" },
  {
    typed: "attach acr -f https://example.com/a.yaml",
    message: "error: -f does not accept URLs\nhint: curl -fsSL https://example.com/a.yaml | kubectl acr-secret attach SECRET -f -\n",
  },
  {
    typed: "attach acr -f - --write",
    message: "error: --write cannot be used with standard input: without it, the result is printed\n",
  },
  {
    typed: "attach acr -k base --write",
    message: "error: --write cannot be used with -k\nhint: kubectl acr-secret attach acr -k base -o kustomize",
  },
  { typed: "attach acr --write", message: "error: --write requires -f FILE\n" },
  { typed: "attach acr -R deployment/web", message: "error: --recursive requires -f FILE\n" },
  { typed: "attach acr -f - -A", message: "error: --all-namespaces and --filename cannot be used together" },
  {
    typed: "attach acr -f - --where-used",
    message: "error: --filename and --where-used cannot be used together",
  },
  {
    typed: "attach acr -f - -o yaml",
    message: "error: -o yaml cannot be used with -f and -k: use -o kustomize, -o helm or no -o\n",
  },
  { typed: "attach acr -f a.yaml -o helm --write", message: "error: -o helm cannot be used with --write\n" },
  { typed: "detach acr -f - -o helm", message: 'error: unable to match a printer suitable for the output format "helm"' },
  {
    typed: "attach acr -f - --dry-run=server",
    message:
      "error: --dry-run=server cannot be used with -f and -k\nhint: kubectl acr-secret attach SECRET -f FILE | kubectl apply --dry-run=server -f -\n",
  },
  {
    typed: "attach acr -f -",
    stdin: config,
    message: "error: no workloads found in stdin\nhint: no object has a list of pull secrets\n",
  },
  { typed: "attach acr -f -", stdin: account, message: "error: no workloads found in stdin\nhint: found serviceaccount/default\n" },
  {
    typed: "attach acr deploy/web -f -",
    stdin: `${pod("web")}---\n${account}`,
    message: "error: deployment.apps/web not found in stdin\nhint: found pod/web, serviceaccount/default\n",
  },
  {
    typed: "attach acr pods -l app=web -f -",
    stdin: pod("web"),
    message: "error: no matching objects found in stdin\nhint: found pod/web\n",
  },
  {
    typed: "attach acr pods -l app=(web -f -",
    stdin: pod("web"),
    message: 'error: unable to parse the labels "app=(web": key1=value1,key2=value2\n',
  },
])("refuses $typed", async ({ typed, message, stdin = "" }) => {
  const { type } = await folderOf({});
  const { stdout, stderr, code } = await type(typed, { stdin });
  expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  expect(stderr.slice(0, message.length)).toBe(message);
});
