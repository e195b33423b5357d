import { afterAll, expect, test, vi } from "vitest";
import type { Pod, Secret, ServiceAccount } from "../../../src/objects.ts";
import { create, getJson } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());

/** The rights that `create` and `attach` need. A test omits one of them. */
const rules = {
  secrets: { apiGroups: [""], resources: ["secrets"], verbs: ["get", "create", "patch"] },
  accounts: { apiGroups: [""], resources: ["serviceaccounts"], verbs: ["get", "patch"] },
  pods: { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] },
  evictions: { apiGroups: [""], resources: ["pods/eviction"], verbs: ["create"] },
};

/** Grants these rights in a namespace to the user `jane`, and the right to read that namespace. */
async function allowJane(namespace: string, allowed: readonly (typeof rules.secrets)[]): Promise<void> {
  const metadata = { name: "jane", namespace };
  const api = "rbac.authorization.k8s.io";
  const see = { apiGroups: [""], resources: ["namespaces"], verbs: ["get"] };
  await create([
    { apiVersion: `${api}/v1`, kind: "Role", metadata, rules: [see, ...allowed] },
    {
      apiVersion: `${api}/v1`,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: api, kind: "Role", name: "jane" },
      subjects: [{ apiGroup: api, kind: "User", name: "jane" }],
    },
  ]);
}

const read = (rule: typeof rules.secrets) => ({ ...rule, verbs: ["get", "list"] });

test("generates no password when writing Secrets is forbidden", async () => {
  const namespace = await newNamespace();
  await allowJane(namespace, [read(rules.secrets), rules.accounts, rules.pods]);
  shell.azure.calls.reset();

  const ended = await shell.type(
    `kubectl acr-secret create -n ${namespace} --registry myregistry --repository app/web --serviceaccount app --as jane`,
  );

  expect(ended).toEqual({
    code: 1,
    stdout: "",
    stderr:
      'Error from server (Forbidden): secrets is forbidden: User "jane" cannot create resource "secrets" ' +
      `in API group "" in the namespace "${namespace}"\n`,
  });
  const writes = shell.azure.calls.list().filter(({ method, path }) => method === "PUT" || path.includes("generateCredentials"));
  expect(writes).toEqual([]);
});

test("writes the Secret and prints the server's message when writing ServiceAccounts is forbidden", async () => {
  const namespace = await newNamespace();
  await allowJane(namespace, [rules.secrets, read(rules.accounts), rules.pods]);

  const { code, stdout, stderr } = await shell.type(
    `kubectl acr-secret create -n ${namespace} --registry myregistry --repository app/web --serviceaccount app --as jane`,
  );

  expect(code).toBe(1);
  expect(stdout).toMatch(/^scopemap.* created \(\+app\/web\)\ntoken.* created\nsecret\/acr-myregistry created\n$/);
  expect(stderr).toBe(
    'Error from server (Forbidden): serviceaccounts "app" is forbidden: User "jane" cannot patch resource "serviceaccounts" ' +
      `in API group "" in the namespace "${namespace}"\n`,
  );
});

test("does everything except the restart when evicting pods is forbidden", async () => {
  const namespace = await newNamespace();
  await allowJane(namespace, [rules.secrets, rules.accounts, rules.pods]);
  const labels = { app: "web" };
  await create([
    {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: { name: "web", namespace },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { serviceAccountName: "app", containers: [{ name: "web", image: "myregistry.azurecr.io/app/web:1" }] },
        },
      },
    },
  ]);
  const pods = async () => (await getJson<{ items: Pod[] }>("pods", "-n", namespace)).items.map(({ metadata }) => metadata.name).sort();
  await vi.waitFor(async () => expect(await pods()).toHaveLength(2), { timeout: 10_000, interval: 100 });
  const before = await pods();

  const { code, stdout, stderr } = await shell.type(
    `kubectl acr-secret create -n ${namespace} --registry myregistry --serviceaccount app --as jane`,
  );

  expect(code).toBe(1);
  expect(stdout).toMatch(
    /^scopemap.* created \(\+app\/web\)\ntoken.* created\nsecret\/acr-myregistry created\nserviceaccount\/app patched\n$/,
  );
  expect(stderr).toBe(
    before
      .map(
        (name) =>
          `Error from server (Forbidden): pods "${name}" is forbidden: User "jane" cannot create resource "pods/eviction" in API group "" in the namespace "${namespace}"\n`,
      )
      .join(""),
  );
  expect(await pods()).toEqual(before);
  expect(await getJson<Secret>("secret", "acr-myregistry", "-n", namespace)).toMatchObject({ type: "kubernetes.io/dockerconfigjson" });
  expect((await getJson<ServiceAccount>("serviceaccount", "app", "-n", namespace)).imagePullSecrets).toEqual([{ name: "acr-myregistry" }]);
});
