import { afterAll, beforeAll, expect, test } from "vitest";
import type { Pod } from "../../../src/objects.ts";
import { kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";
import { until } from "../../support/until.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const secret = "of-policy";
const registry = "myregistry.azurecr.io";
let labeled = "";
let other = "";

beforeAll(async () => {
  [labeled, other] = await Promise.all([newNamespace(["theirs"], afterAll), newNamespace([], afterAll)]);
  const login = [`--docker-server=${registry}`, "--docker-username=ci", "--docker-password=password"];
  await kubectl(["create", "secret", "docker-registry", secret, "-n", labeled, ...login]);
  await kubectl(["label", "namespace", labeled, `team=${labeled}`]);
  const typed = `kubectl acr-secret attach ${secret} -o admission-policy --namespace-selector team=${labeled} | kubectl apply -f -`;
  expect(await shell.type(typed)).toEqual({
    stdout: [
      `mutatingadmissionpolicy.admissionregistration.k8s.io/${secret} created`,
      `mutatingadmissionpolicybinding.admissionregistration.k8s.io/${secret} created\n`,
    ].join("\n"),
    stderr: "",
    code: 0,
  });
  // The API server reads policies from a cache
  await until(async () => (await namesOf({ containers: [uses("app/web")] })).includes(secret));
});
afterAll(() => kubectl(["delete", "mutatingadmissionpolicy,mutatingadmissionpolicybinding", secret, "--ignore-not-found"]));

const uses = (repository: string, name = "web") => ({ name, image: `${registry}/${repository}:1` });
const foreign = { name: "web", image: "ghcr.io/app/web:1" };

/** Creates a pod in a dry run, which policies apply to. @returns the names of its pull secrets */
async function namesOf(spec: object, { namespace = labeled, annotations = {} } = {}): Promise<(string | undefined)[]> {
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "web", namespace, annotations }, spec };
  const printed = await kubectl(["create", "--dry-run=server", "-o", "json", "-f", "-"], JSON.stringify(pod));
  return ((JSON.parse(printed) as Pod).spec?.imagePullSecrets ?? []).map(({ name }) => name);
}

const listing = (...names: string[]) => ({ imagePullSecrets: names.map((name) => ({ name })) });
const many = Array.from({ length: 200 }, (_, index) => ({ ...foreign, name: `c${index}` }));

test.for<{ when: string; spec: object; names: readonly string[] }>([
  { when: "a container uses the registry", spec: { containers: [uses("app/web")] }, names: [secret] },
  { when: "only an init container uses it", spec: { initContainers: [uses("init", "init")], containers: [foreign] }, names: [secret] },
  {
    when: "only an image volume uses it",
    spec: { containers: [foreign], volumes: [{ name: "data", image: { reference: uses("data").image } }] },
    names: [secret],
  },
  { when: "only the last of many containers uses it", spec: { containers: [...many, uses("app/web", "last")] }, names: [secret] },
  {
    when: "its ServiceAccount lists another Secret",
    spec: { serviceAccountName: "app", containers: [uses("app/web")] },
    names: ["theirs", secret],
  },
  { when: "it lists other Secrets", spec: { containers: [uses("app/web")], ...listing("b", "a") }, names: ["b", "a", secret] },
  { when: "it lists the Secret", spec: { containers: [uses("app/web")], ...listing(secret, "a") }, names: [secret, "a"] },
  { when: "it uses another registry", spec: { containers: [foreign] }, names: [] },
  { when: "its host only begins like the registry", spec: { containers: [{ ...foreign, image: `${registry}.test/app:1` }] }, names: [] },
])("gives a pod the right pull secrets when $when", async ({ spec, names }) => {
  expect(await namesOf(spec)).toEqual(names);
});

test("changes no pod when its namespace lacks the label", async () => {
  expect(await namesOf({ containers: [uses("app/web")] }, { namespace: other })).toEqual([]);
});

// The API server rejects a mirror pod with a Secret, and the kubelet could not report its static pod
test("changes no mirror pod", async () => {
  const annotations = { "kubernetes.io/config.mirror": "hash", "kubernetes.io/config.source": "file" };
  expect(await namesOf({ containers: [uses("app/web")], nodeName: "node" }, { annotations })).toEqual([]);
});

test("adds a Secret that admission rejects when the ServiceAccount allows only the Secrets that it lists", async () => {
  await kubectl(["annotate", "serviceaccount", "app", "-n", labeled, "kubernetes.io/enforce-mountable-secrets=true", "--overwrite"]);
  const rejected = expect(namesOf({ serviceAccountName: "app", containers: [uses("app/web")] })).rejects;
  await rejected.toThrow(`imagePullSecrets[1].name="${secret}" is not allowed`);
});
