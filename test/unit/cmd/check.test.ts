import { expect, test } from "vitest";
import type { Cluster } from "../../../src/cluster/port.ts";
import type { Proof } from "../../../src/context.ts";
import type { ClusterKind, Ref } from "../../../src/kinds.ts";
import type { KubeObjects, Pod, Secret, ServiceAccount } from "../../../src/objects.ts";
import { run } from "../../support/in-process.ts";

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

test("500 pods of 12 ServiceAccounts with one login and one image are one proof", async () => {
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

/** A cluster of one namespace that holds just this. */
const holding = ({ pods = [], accounts = [], secret, absent = false }: Held): Partial<Cluster> => ({
  namespace: async () => namespace,
  pages: async function* <K extends ClusterKind>(kind: K) {
    yield ({ pod: pods, serviceaccount: accounts }[String(kind)] ?? []) as readonly object[] as KubeObjects[K][];
  },
  get: async <K extends ClusterKind>({ kind }: Ref<K>) =>
    ({ namespace: absent ? undefined : { metadata: { name: namespace, uid: "uid" } }, serviceaccount: accounts[0], secret })[
      String(kind)
    ] as KubeObjects[K] | undefined,
});

const empty = holding({});

test.for([
  { what: "no pod", argv: ["check"] },
  { what: "no pod, for a program", argv: ["check", "-o", "json"] },
])("nothing to check is no success: $what", async ({ argv }) => {
  const { code, stdout, stderr } = await run(argv, { cluster: empty, registry: {} });

  expect({ code, stderr }).toEqual({ code: 1, stderr: "No images to check in demo namespace: name one with --image.\n" });
  expect(stdout === "" || JSON.parse(stdout).items.length === 0).toBe(true);
});

test("a namespace that is not there is no success either", async () => {
  const { code, stderr } = await run(["check", "-n", "tpyo"], { cluster: holding({ absent: true }), registry: {} });

  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'Error from server (NotFound): namespaces "demo" not found\nhint: kubectl create namespace demo\n',
  });
});

const elsewhere: Proof = { verdict: "not-checked", message: "docker.io wants the login sent to another place (https://auth.docker.io)" };
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

test("what nobody here can be asked about is told, and fails only where it was named", async () => {
  const registry = { prove: async () => elsewhere };
  const ofPods = await run(["check"], { cluster: withHub, registry });
  const named = await run(["check", "--image", hub.image], { cluster: withHub, registry });

  expect(ofPods.code).toBe(0);
  expect(ofPods.stdout).toBe(`IMAGE                  SECRET   PODS   VERDICT
docker.io/team/app:1   acr      1      not checked

docker.io/team/app:1 (web-1): with secret acr: docker.io wants the login sent to another place (https://auth.docker.io)
`);
  expect(named.code).toBe(1);
  expect(named.stdout).toContain("docker.io/team/app:1   acr      0      not checked\n");
});

test("a fix acts in the cluster that the command line chose, and tells no token", async () => {
  const argv = ["check", "--image", image, "-n", "demo", "--context", "prod", "--as=jane", "--token=hunter2"];
  const refused: Proof = { verdict: "refused", message: "no" };
  const { stdout } = await run(argv, {
    cluster: holding({ accounts: [{ ...account("default"), imagePullSecrets: [] }] }),
    registry: { prove: async () => refused },
  });

  expect(stdout).toContain(
    "\n  kubectl acr-secret create --registry myregistry.azurecr.io --repository app/web --serviceaccount default -n demo --as=jane --context=prod\n",
  );
  expect(stdout).not.toContain("hunter2");
});
