import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import type { ClusterKind, Ref } from "../../../src/kinds.ts";
import type { Cluster } from "../../../src/kube/port.ts";
import type { KubeObjects, Pod, Secret, ServiceAccount } from "../../../src/objects.ts";
import type { Proof } from "../../../src/registry/port.ts";
import { type Live, run, type } from "../../support/in-process.ts";

const namespace = "demo";
const image = "myregistry.azurecr.io/app/web:1";
const config = JSON.stringify({ auths: { "myregistry.azurecr.io": { username: "ci", password: "hunter2" } } });
const secret = (name: string): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace },
  type: "kubernetes.io/dockerconfigjson",
  data: { ".dockerconfigjson": Buffer.from(config).toString("base64") },
});
const account = (name: string): ServiceAccount => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name, namespace },
  imagePullSecrets: [{ name: "acr" }],
});
const pod = (name: string, serviceAccountName: string): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace },
  spec: { serviceAccountName, imagePullSecrets: [{ name: "acr" }], containers: [{ name: "app", image }] },
});

test("proves one login and image once for 500 pods of 12 ServiceAccounts", async () => {
  const accounts = Array.from({ length: 12 }, (_, index) => account(`sa-${index}`));
  const pods = Array.from({ length: 500 }, (_, index) => pod(`web-${index}`, `sa-${index % 12}`));
  const proofs: string[] = [];
  const answer: Proof = { verdict: "pulls", message: "yes" };

  const { code, stdout } = await run(["check"], {
    cluster: {
      namespace: async () => namespace,
      pages: async function* <K extends ClusterKind>(kind: K) {
        yield ((kind as ClusterKind) === "pod" ? pods : accounts) as KubeObjects[K][];
      },
      get: async <K extends ClusterKind>({ name }: Ref<K>) => secret(name) as KubeObjects[K],
    },
    registry: {
      prove: async ({ host, repository, reference }) => {
        proofs.push(`${host}/${repository}:${reference}`);
        return answer;
      },
    },
  });

  expect({ code, rows: stdout.trimEnd().split("\n").length }).toEqual({ code: 0, rows: 13 });
  expect(proofs).toEqual([image]);
});

type Held = { pods?: Pod[]; accounts?: ServiceAccount[]; secret?: Secret; absent?: boolean };

const node = { metadata: { name: "n1" }, status: { nodeInfo: { kubeletVersion: "v1.32.0" } } };

const holding = ({ pods = [], accounts = [], secret, absent = false }: Held): Partial<Cluster> => ({
  namespace: async () => namespace,
  write: async (_, write) => ("create" in write ? write.create : {}) as never,
  pages: async function* <K extends ClusterKind>(kind: K) {
    yield ({ pod: pods, serviceaccount: accounts, node: [node] }[String(kind)] ?? []) as readonly object[] as KubeObjects[K][];
  },
  get: async <K extends ClusterKind>({ kind }: Ref<K>) =>
    ({ namespace: absent ? undefined : { metadata: { name: namespace, uid: "uid" } }, serviceaccount: accounts[0], secret })[
      String(kind)
    ] as KubeObjects[K] | undefined,
});

const empty = holding({});

test.for([
  { what: "the output is a table", argv: ["check"] },
  { what: "the output is JSON", argv: ["check", "-o", "json"] },
])("exits with 0 when there is no image to check and $what", async ({ argv }) => {
  const { code, stdout, stderr } = await run(argv, { cluster: empty, registry: {} });

  expect({ code, stderr }).toEqual({ code: 0, stderr: "No images to check in demo namespace. Specify one with --image.\n" });
  expect(stdout === "" || JSON.parse(stdout).items.length === 0).toBe(true);
});

test.for([
  { what: "image", line: "check --wait=6s", says: "No images to check" },
  { what: "image", line: "check --namespaces nosuch-* --wait=6s -o junit", says: "no namespace matches" },
  { what: "namespace", line: "check -n demo --wait=6s", says: 'namespaces "demo" not found' },
  { what: "target", line: "check serviceaccount/web --wait=6s", says: 'serviceaccounts "web" not found' },
  { what: "target", line: "check serviceaccount/web --wait=6s -o json", says: "serviceaccounts" },
])("exits with 1 when no $what has appeared at the end of $line", async ({ what, line, says }) => {
  let time = 0;
  const sleep = async (pause: number) => {
    time += pause;
  };
  const cluster = holding({ absent: what === "namespace" });
  const { code, stdout, stderr } = await run(line.split(" "), { cluster, registry: {}, now: () => new Date(time), sleep });

  expect({ code, hasWaited: time >= 6000, output: stdout + stderr }).toEqual({
    code: 1,
    hasWaited: true,
    output: expect.stringContaining(says),
  });
});

test("exits with 2 when the namespace does not exist", async () => {
  const { code, stderr } = await run(["check", "-n", "tpyo"], { cluster: holding({ absent: true }), registry: {} });

  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'Error from server (NotFound): namespaces "demo" not found\nhint: kubectl get namespaces\n',
  });
});

const elsewhere: Proof = {
  verdict: "not-checked",
  message: "docker.io requests the login for another host (https://auth.docker.io), so it was not sent",
};
const hub = { host: "https://index.docker.io/v1/", image: "team/app:1" };
const hubSecret: Secret = {
  ...secret("acr"),
  data: { ".dockerconfigjson": Buffer.from(config.replace("myregistry.azurecr.io", hub.host)).toString("base64") },
};
const withHub = holding({
  pods: [pod("web-1", "default")].map((one) => ({ ...one, spec: { ...one.spec, containers: [{ name: "app", image: hub.image }] } })),
  accounts: [account("default")],
  secret: hubSecret,
});

test("fails for an image that cannot be checked only when --image names it", async () => {
  const registry = { prove: async () => elsewhere };
  const ofPods = await run(["check"], { cluster: withHub, registry });
  const named = await run(["check", "--image", hub.image], { cluster: withHub, registry });

  expect(ofPods.code).toBe(0);
  expect(ofPods.stdout).toBe(`IMAGE                  SECRET   OWNER       PODS   VERDICT
docker.io/team/app:1   acr      pod/web-1   1      not checked

docker.io/team/app:1 (web-1)
cause: with secret acr: docker.io requests the login for another host (https://auth.docker.io), so it was not sent
`);
  expect(named.code).toBe(1);
  expect(named.stdout).toContain("docker.io/team/app:1   acr      <none>   0      not checked\n");
});

test.for([
  { what: "an image fails", verdict: "refused", summary: "1 image: 1 fails" },
  { what: "every other image pulls", verdict: "pulls", summary: "1 image: 1 pulls" },
] as const)("exits with 2 when a namespace is forbidden and $what", async ({ verdict, summary }) => {
  const pods = [pod("web-1", "default")];
  const cluster: Partial<Cluster> = {
    ...holding({ pods, accounts: [account("default")], secret: secret("acr") }),
    pages: async function* <K extends ClusterKind>(kind: K, where: { namespace?: string | undefined } = {}) {
      if (where.namespace === "other") throw new CliError("forbidden", "Error from server (Forbidden): no");
      yield ({ pod: pods, serviceaccount: [account("default")] }[String(kind)] ?? []) as readonly object[] as KubeObjects[K][];
    },
  };

  const world = { cluster, registry: { prove: async () => ({ verdict, message: "" }) } };
  const { code, stderr } = await type("check --namespaces demo,other", world);
  const { stdout } = await type("check --namespaces demo,other -o json", world);

  expect({ code, stderr }).toEqual({ code: 2, stderr: `other: Error from server (Forbidden): no\n${summary}\n` });
  expect(JSON.parse(stdout).items).toMatchObject([
    { kind: "ImageCheck", namespace: "demo", ok: verdict === "pulls" },
    { kind: "Error", namespace: "other", reason: "forbidden" },
  ]);
});

test.for(["check", "list", "list --expiring-within 14d"])("exits with 2 when the API server is unreachable: %s", async (line) => {
  const unreachable = () => Promise.reject(new CliError("unreachable", "the server is down"));
  const world = { cluster: { namespace: unreachable }, registry: {} };

  expect(await type(line, world)).toMatchObject({ code: 2, stderr: "error: the server is down\n" });
  const { code, stdout, stderr } = await type(`${line} -o jsonl`, world);
  expect({ code, stderr, item: JSON.parse(stdout) }).toEqual({
    code: 2,
    stderr: "error: the server is down\n",
    item: { apiVersion: "acr-secret/v1", kind: "Error", reason: "unreachable", message: "the server is down" },
  });
});

test.for([
  { line: "check --bogus" },
  { line: "check --image : -o json" },
  { line: "list --output=table" },
  { line: "list --expiring-within soon -o jsonl" },
])("exits with 1 when the command line is wrong: $line", async ({ line }) => {
  const { code, stderr } = await type(line, {});

  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^error: /) });
});

const failing: Proof = { verdict: "not-found", message: "no such tag" };
const two = holding({
  pods: ["b:1", "a:1", "a:2"].map((name, at) => ({
    ...pod(`web-${at}`, "default"),
    spec: { ...pod(`web-${at}`, "default").spec, containers: [{ name: "app", image: `myregistry.azurecr.io/${name}` }] },
  })),
  accounts: [account("default")],
  secret: secret("acr"),
});
const registryWithoutA2 = {
  prove: async ({ reference }: { reference: string }): Promise<Proof> => (reference === "2" ? failing : { verdict: "pulls", message: "" }),
  anyTag: async () => undefined,
  contentOf: async () => ["1"],
};

test.for([
  { flags: [], images: ["a:2", "a:1", "b:1"] },
  { flags: ["--sort-by", ".image"], images: ["a:1", "a:2", "b:1"] },
  { flags: ["--sort-by", "VERDICT"], images: ["a:2", "a:1", "b:1"] },
  { flags: ["--sort-by=pods", "--failed"], images: ["a:2"] },
])("prints only the rows, in order, when --no-headers $flags", async ({ flags, images }) => {
  const { code, stdout, stderr } = await run(["check", "--no-headers", ...flags], { cluster: two, registry: registryWithoutA2 });

  expect(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => /azurecr\.io\/(\S+) /.exec(line)?.[1]),
  ).toEqual(images);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("myregistry.azurecr.io/a:2 (web-2)") });
});

test.for([
  { form: "junit", pattern: /^<\?xml .*<failure type="not-found"/s },
  { form: "openmetrics", pattern: /\nacr_secret_image_pulls\{.*cause="not-found"\} 0\n/ },
  { form: "html", pattern: /^<!doctype html>\n.*<h1>1 of \d+ images? fails<\/h1>.*<h3>image not found /s },
])("exits with 1 and prints the failure when -o $form", async ({ form, pattern }) => {
  const { code, stdout } = await run(["check", "-o", form], { cluster: two, registry: registryWithoutA2 });

  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(pattern) });
});

test("prints the error of a single namespace as an item", async () => {
  const { code, stdout } = await type("check nosuch -n demo -o json", {
    cluster: holding({ pods: [pod("web-1", "default")] }),
    registry: {},
  });

  expect({ code, items: JSON.parse(stdout).items }).toEqual({
    code: 2,
    items: [
      {
        apiVersion: "acr-secret/v1",
        kind: "Error",
        namespace: "demo",
        reason: "notFound",
        message: 'Error from server (NotFound): secrets "nosuch" not found',
        hint: "kubectl acr-secret list -n demo",
      },
    ],
  });
});

test("prints a note and exits with 0 when only the node has the image", async () => {
  const running = { ...pod("web-1", "default"), status: { phase: "Running", containerStatuses: [{ name: "app", imageID: "x" }] } };
  const cluster = holding({ pods: [running], accounts: [{ ...account("default"), imagePullSecrets: [] }] });

  const { code, stdout } = await run(["check"], { cluster, registry: { prove: async () => ({ verdict: "refused", message: "no" }) } });

  expect({ code, rows: stdout.split("\n").slice(1) }).toEqual({
    code: 0,
    rows: [
      expect.stringMatching(/starts only on its node$/),
      "",
      `${image} (web-1)`,
      "cause: node n1 (kubelet v1.32.0) starts the image: it starts every image that it has",
      "",
    ],
  });
});

test("prints a fix with the flags of the cluster and without its token", async () => {
  const argv = ["check", "--image", image, "-n", "demo", "--context", "prod", "--as=jane", "--token=hunter2"];
  const refused: Proof = { verdict: "refused", message: "no" };
  const { stdout } = await run(argv, {
    cluster: holding({ accounts: [{ ...account("default"), imagePullSecrets: [] }] }),
    registry: { prove: async () => refused },
  });

  expect(stdout).toContain(
    "\n  kubectl acr-secret create -n demo --context=prod --as=jane --registry myregistry.azurecr.io --repository app/web --serviceaccount default\n",
  );
  expect(stdout).not.toContain("hunter2");
});

test.for(["check --namespaces a,b,c", "check --namespaces a,b,c -o json", "check --namespaces a,b,c --wait", "check -n a"])(
  "prints nothing and exits with 130 when Ctrl-C interrupts %s",
  async (line) => {
    let live: Live | undefined;
    const cluster = holding({ pods: [pod("web-1", "default")], accounts: [account("default")], secret: secret("acr") });
    const prove = async (): Promise<Proof> => {
      live?.interrupt();
      return { verdict: "pulls", message: "" };
    };
    const started = (run: Live) => {
      live = run;
    };

    expect(await type(line, { cluster, registry: { prove }, started })).toEqual({ code: 130, stdout: "", stderr: "" });
  },
);
