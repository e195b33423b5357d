import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import type { ClusterKind, Ref } from "../../../src/kinds.ts";
import type { Cluster, Where } from "../../../src/kube/port.ts";
import type { KubeObjects } from "../../../src/objects.ts";
import type { Proof } from "../../../src/registry/port.ts";
import { run, type } from "../../support/in-process.ts";

const registry = "myregistry.azurecr.io";
const container = (image: string) => [{ name: "app", image: `${registry}/app/${image}` }];
const names = [{ name: "acr" }];
const pod = (namespace: string, name: string, image: string, more: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace },
  spec: { imagePullSecrets: names, containers: container(image) },
  ...more,
});
const deployment = (namespace: string, name: string, image: string) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace },
  spec: { replicas: 0, template: { spec: { imagePullSecrets: names, containers: container(image) } } },
});
const auths = Buffer.from(JSON.stringify({ auths: { [registry]: { username: "ci", password: "hunter2" } } })).toString("base64");
const secret = { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": auths } };

/** An old version of a Deployment. */
const replicaset = (namespace: string) => ({
  ...deployment(namespace, "d-1", "old:1"),
  kind: "ReplicaSet",
  metadata: { name: "d-1", namespace, ownerReferences: [{ kind: "Deployment", name: "d", controller: true }] },
});

type World = {
  noSecret?: true;
  /** The namespaces with the Secret in the list of Secrets. */
  secretsIn?: string[];
  pods?: object[];
  deployments?: object[];
  replicasets?: object[];
  namespaces?: string[];
  forbidden?: string[];
};

/** Returns a cluster whose namespaces have the Secret `acr`, the lists that a command requests (`pod`, `pod in demo`), and its single reads. */
function clusterOf({
  noSecret,
  secretsIn = [],
  pods = [],
  deployments = [],
  replicasets = [],
  namespaces = ["demo"],
  forbidden = [],
}: World) {
  const lists: string[] = [];
  const read: string[] = [];
  const all: Record<string, object[]> = {
    namespace: namespaces.map((name) => ({ metadata: { name } })),
    pod: pods,
    secret: secretsIn.map((namespace) => ({ ...secret, metadata: { name: "acr", namespace } })),
    "deployment.apps": deployments,
    "replicaset.apps": replicasets,
    node: [{ metadata: { name: "n1" }, status: { nodeInfo: { kubeletVersion: "v1.32.0" } } }],
    serviceaccount: namespaces.map((namespace) => ({ kind: "ServiceAccount", metadata: { name: "default", namespace } })),
  };
  const cluster: Partial<Cluster> = {
    namespace: async () => "demo",
    write: async (_, write) => ("create" in write ? write.create : {}) as never,
    pages: async function* <K extends ClusterKind>(kind: K, { namespace, fields, metadataOnly }: Where = {}) {
      lists.push(kind + (metadataOnly ? " metadata" : "") + (namespace === undefined ? "" : ` in ${namespace}`));
      if (forbidden.includes(kind)) throw new CliError("forbidden", "Error from server (Forbidden): no");
      const found = (all[kind] ?? []) as KubeObjects[K][];
      const [, name] = /^metadata.name=([^,]*)/.exec(fields ?? "") ?? [];
      yield found.filter(
        ({ metadata }) => (namespace ?? metadata.namespace) === metadata.namespace && (name ?? metadata.name) === metadata.name,
      );
    },
    get: async <K extends ClusterKind>({ kind, name, namespace }: Ref<K>) => {
      read.push(kind);
      return { secret: noSecret ? undefined : { ...secret, metadata: { name, namespace } }, namespace: { metadata: { name, uid: "uid" } } }[
        String(kind)
      ] as KubeObjects[K] | undefined;
    },
  };
  return { cluster, lists, read };
}

/** A registry that refuses the tag `bad`, and can't check the tag `other`. */
const answers: Readonly<Record<string, Proof["verdict"]>> = { bad: "not-found", other: "not-checked" };
const prove = async ({ reference }: { reference: string }): Promise<Proof> => {
  const verdict = answers[reference] ?? "pulls";
  const words = verdict === "pulls" ? "" : "\n* manifest unknown";
  return { verdict, message: `the registry says ${verdict}${words}` };
};
const contents = { prove, contentOf: async () => ["1"] };

const mixed: World = {
  pods: [pod("demo", "a-1", "a:1"), pod("demo", "a-2", "a:1"), pod("demo", "b-1", "b:other"), pod("demo", "c-1", "c:bad")],
  deployments: [deployment("demo", "z", "z:1")],
};

test("prints failures first, the owners, and the counts on standard error", async () => {
  const { code, stdout, stderr } = await run(["check"], { cluster: clusterOf(mixed).cluster, registry: contents });

  expect(stdout).toBe(`IMAGE                               SECRET   OWNER                 PODS   VERDICT
myregistry.azurecr.io/app/c:bad     acr      pod/c-1               1      image not found
myregistry.azurecr.io/app/b:other   acr      pod/b-1               1      not checked
myregistry.azurecr.io/app/a:1       acr      pod/a-1 + 1 more...   2      ready
myregistry.azurecr.io/app/z:1       acr      deployment/z          0      ready

myregistry.azurecr.io/app/c:bad (c-1)
registry: manifest unknown
cause: with secret acr: the registry says not-found
note: tags in the repository: 1
note: the command only lists the tags
  az acr repository show-tags --name myregistry --repository app/c

myregistry.azurecr.io/app/b:other (b-1)
registry: manifest unknown
cause: with secret acr: the registry says not-checked
`);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "4 images: 2 pull, 1 fails, 1 not checked\n" });
});

const cached: World = {
  pods: [
    pod("demo", "a-1", "a:1", { spec: { containers: container("a:1") }, status: { containerStatuses: [{ name: "app", imageID: "x" }] } }),
  ],
};
const refuses = { prove: async (): Promise<Proof> => ({ verdict: "refused", message: "no" }) };

test.for([
  { argv: ["--strict"], world: { pods: [pod("demo", "b-1", "b:other")] }, code: 1, stderr: "1 image: 1 fails\n" },
  { argv: [], world: { pods: [pod("demo", "b-1", "b:other")] }, code: 0, stderr: "1 image: 1 not checked\n" },
  { argv: [], world: cached, answer: refuses, code: 0, stderr: "1 image: 1 only cached\n" },
  { argv: ["--strict"], world: cached, answer: refuses, code: 1, stderr: "1 image: 1 fails\n" },
  { argv: ["--new-node"], world: cached, answer: refuses, code: 1, stderr: "1 image: 1 fails\n" },
])("exits with $code when the flags are $argv: $stderr", async ({ argv, world, answer = contents, code, stderr }) => {
  expect(await run(["check", ...argv], { cluster: clusterOf(world).cluster, registry: answer })).toMatchObject({ code, stderr });
});

test("prints only failures when --failed is given", async () => {
  const { stdout, stderr } = await run(["check", "--failed"], { cluster: clusterOf(mixed).cluster, registry: contents });
  const none = await run(["check", "--failed"], { cluster: clusterOf({ pods: [pod("demo", "a-1", "a:1")] }).cluster, registry: contents });

  expect(stdout.split("\n").flatMap((line) => (line.startsWith(registry) ? [line.split(" ")[0]] : []))).toEqual([
    `${registry}/app/c:bad`,
    `${registry}/app/c:bad`,
  ]);
  expect(stderr).toBe("4 images: 2 pull, 1 fails, 1 not checked\n");
  expect(none).toEqual({ code: 0, stdout: "", stderr: "1 image: 1 pulls\n" });
});

const namespaces = Array.from({ length: 40 }, (_, index) => `team-${String(index).padStart(2, "0")}`);

test("proves 60 images once and reads each list once when 40 namespaces have 2,000 pods and 400 templates", async () => {
  const image = (index: number) => `app-${index % 60}:1`;
  const place = (index: number, size: number) => namespaces[Math.floor((index * 40) / size)] as string;
  const pods = Array.from({ length: 2000 }, (_, index) => pod(place(index, 2000), `p-${index}`, image(index)));
  const deployments = Array.from({ length: 400 }, (_, index) => deployment(place(index, 400), `d-${index}`, image(index)));
  const { cluster, lists } = clusterOf({ pods, deployments, replicasets: namespaces.map(replicaset), namespaces });
  const proofs: string[] = [];
  const counting = {
    prove: (image: { repository: string; reference: string }) => {
      proofs.push(image.repository);
      return prove(image);
    },
  };

  const { code, stderr } = await run(["check", "-A"], { cluster, registry: counting });

  expect(code).toBe(0);
  expect(stderr).toMatch(/^\d{4} images: \d{4} pull\n$/);
  expect(proofs).toHaveLength(60);
  expect(lists.filter((list) => list.includes(" in "))).toEqual([]);
  expect(new Set(lists).size).toBe(lists.length);
  expect(lists.filter((list) => list.startsWith("replicaset"))).toEqual(["replicaset.apps metadata"]);
});

const [inLists, byName] = ["Reading lists of all namespaces\n", "Reading each Secret by name, because their list is forbidden\n"];

test.for([
  { argv: ["-A"], when: "every pod of many namespaces is checked", lists: 1, reads: 0, says: inLists },
  { argv: ["-A"], when: "Secrets may not be listed", forbidden: ["secret"], lists: 1, reads: 40, says: inLists + byName },
  { argv: ["-A", "-l", "app=web"], when: "labels select pods", lists: 0, reads: 40, says: inLists },
  { argv: ["--namespaces", "team-00,team-01"], when: "namespaces are named", lists: 0, reads: 2, says: "" },
])("reads $lists lists of Secrets and $reads single Secrets when $when", async ({ argv, forbidden = [], lists, reads, says }) => {
  const pods = namespaces.map((name) => pod(name, "p", "a:1"));
  const { cluster, lists: listed, read } = clusterOf({ pods, namespaces, forbidden, secretsIn: namespaces });
  const { code, stderr } = await run(["check", ...argv, "-v=6"], { cluster, registry: contents });

  expect(code).toBe(0);
  expect(stderr).toMatch(new RegExp(`^${says}\\d+ images: \\d+ pull\n$`));
  expect(listed.filter((list) => list.startsWith("secret"))).toHaveLength(lists);
  expect(read.filter((kind) => kind === "secret")).toHaveLength(reads);
});

test("reads a Secret by name when the list does not contain it", async () => {
  const pods = namespaces.map((name) => pod(name, "p", "a:1"));
  const { cluster, read } = clusterOf({ pods, namespaces, secretsIn: namespaces.slice(1) });
  const { code } = await run(["check", "-A"], { cluster, registry: contents });

  expect({ code, read }).toEqual({ code: 0, read: ["secret"] });
});

test("lists each namespace when cluster-wide lists are forbidden", async () => {
  const { cluster, lists } = clusterOf({ pods: namespaces.map((name) => pod(name, "p", "a:1")), namespaces });
  const pages: Cluster["pages"] = async function* (kind, where = {}) {
    if (kind === "pod" && where.namespace === undefined) throw new CliError("forbidden", "Error from server (Forbidden): no");
    yield* (cluster.pages as Cluster["pages"])(kind, where);
  };

  const { code, stderr } = await run(["check", "-A"], { cluster: { ...cluster, pages }, registry: contents });

  expect({ code, stderr }).toEqual({ code: 0, stderr: "40 images: 40 pull\n" });
  expect(lists.filter((list) => list.startsWith("pod in "))).toHaveLength(40);
});

test.for([{ argv: ["--namespaces", "team-00,team-01"] }, { argv: ["-A"] }])(
  "warns once and checks the pods when templates may not be listed with $argv",
  async ({ argv }) => {
    const pods = namespaces.map((name) => pod(name, "p", "a:1"));
    const { cluster } = clusterOf({ pods, namespaces, forbidden: ["deployment.apps", "job.batch"] });

    const { code, stderr } = await run(["check", ...argv], { cluster, registry: contents });

    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(
        /^Warning: cannot list deployments\.apps and jobs\.batch: templates of these kinds are checked only through their pods\n\d+ images: \d+ pull\n$/,
      ),
    });
  },
);

test.for([
  { argv: ["pod/x"], code: 2, stderr: 'Error from server (NotFound): pods "x" not found\nhint: kubectl get -n demo pods\n' },
  {
    argv: ["pod/x", "--namespaces", "team-00,team-01"],
    code: 2,
    stderr: /^team-00: Error .*\n.*\nteam-01: Error from server \(NotFound\): pods "x"/,
  },
  { argv: ["pod/*", "--namespaces", "demo,team-01"], code: 0, stderr: "1 image: 1 pulls\n" },
  { argv: ["pod/*", "-A"], code: 0, stderr: "1 image: 1 pulls\n" },
])("exits with $code for $argv", async ({ argv, code, stderr }) => {
  const world = { pods: [pod("demo", "a-1", "a:1")], namespaces: ["demo", ...namespaces] };
  const ended = await run(["check", ...argv], { cluster: clusterOf(world).cluster, registry: contents });

  expect(ended.code).toBe(code);
  expect(ended.stderr).toMatch(stderr);
});

test.for([
  { argv: ["node/x"], stderr: /^error: invalid kind "node": a target must be/ },
  { argv: ["deployment/web", "--image", "nginx"], stderr: /^error: --image cannot be combined with targets/ },
  { argv: ["--image", "nginx", "--new-node"], stderr: /^error: --image and --new-node cannot be used together/ },
  { argv: ["deployment/web", "-l", "app=web"], stderr: /^error: name cannot be provided when a selector is specified/ },
])("rejects $argv", async ({ argv, stderr }) => {
  const ended = await run(["check", ...argv], { cluster: clusterOf({}).cluster, registry: contents });

  expect(ended).toMatchObject({ stdout: "", stderr: expect.stringMatching(stderr) });
});

test("passes a selector to the lists of pods and templates, and not to that of ServiceAccounts", async () => {
  const labels: string[] = [];
  const { cluster } = clusterOf(mixed);
  const pages: Cluster["pages"] = (kind, where) => {
    if (where?.labels !== undefined) labels.push(`${kind} ${where.labels}`);
    return (cluster.pages as Cluster["pages"])(kind, where);
  };

  await run(["check", "-l", "app=web"], { cluster: { ...cluster, pages }, registry: contents });

  expect(labels).toContain("pod app=web");
  expect(labels).toContain("cronjob.batch app=web");
  expect(labels).not.toContain("serviceaccount app=web");
});

test("searches a missing Secret in other namespaces once for each name", async () => {
  const namespaces = Array.from({ length: 12 }, (_, at) => `ns-${at}`);
  const { cluster, lists } = clusterOf({ noSecret: true, namespaces, pods: namespaces.map((namespace) => pod(namespace, "a", "a:1")) });
  await run(["check", "-A"], { cluster, registry: refuses });

  expect(lists.filter((list) => list === "secret metadata")).toHaveLength(1);
});

test.for([15, 16])("checks the templates of a ServiceAccount next to targets of their kind in %i namespaces", async (count) => {
  const namespaces = Array.from({ length: count }, (_, at) => `ns-${String(at).padStart(2, "0")}`);
  const deployments = namespaces.flatMap((namespace) => [deployment(namespace, "web", "a:1"), deployment(namespace, "api", "b:1")]);
  const { cluster } = clusterOf({ namespaces, deployments });
  const { stdout } = await run(["check", "-A", "sa/default*", "deployment/web*", "-o", "json"], { cluster, registry: contents });

  expect(JSON.parse(stdout).items).toHaveLength(2 * count);
});

test.for([
  { flags: "", code: 0 },
  { flags: " --strict", code: 1 },
])("exits with $code when no namespace matches and the flags are $flags", async ({ flags, code }) => {
  const { cluster } = clusterOf({ namespaces: ["demo"] });

  expect(await type(`check --namespaces team-*${flags}`, { cluster, registry: contents })).toEqual({
    code,
    stdout: "",
    stderr: "no namespace matches\n",
  });
});
