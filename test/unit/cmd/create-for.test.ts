import { expect, test } from "vitest";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const host = "myregistry.azurecr.io";
const line = "create --registry myregistry --repository app/web --for";

/** Creates a cluster with the default namespaces of the tools that read the Secret, and one other namespace. */
function world(): FakeWorld {
  const made = fakeWorld();
  addNamespaces(made.cluster, "default", "kube-system", "argocd", "flux-system", "tools");
  return made;
}

const flux = (
  namespace: string,
) => `hint: in the spec of an OCIRepository, HelmRepository (type: oci) or ImageRepository in namespace ${namespace}:
  secretRef:
    name: acr-myregistry
`;
const updater = (namespace: string) => `hint: under registries, in the ConfigMap argocd-image-updater-config:
  - name: ${host}
    prefix: ${host}
    api_url: https://${host}
    credentials: pullsecret:${namespace}/acr-myregistry
`;
const helm = (namespace: string) =>
  `hint: (umask 077; kubectl get -n ${namespace} secret acr-myregistry -o 'jsonpath={.data.\\.dockerconfigjson}' | base64 -d > registry.json) ` +
  `&& helm pull oci://${host}/CHART --registry-config registry.json\n`;

test.for([
  { typed: "flux", at: "flux-system", says: flux("flux-system") },
  { typed: "flux -n tools", at: "tools", says: flux("tools") },
  { typed: "flux --namespaces tools", at: "tools", says: flux("tools") },
  { typed: "argocd-image-updater", at: "argocd", says: updater("argocd") },
  { typed: "argocd-image-updater -n tools", at: "tools", says: updater("tools") },
  { typed: "helm", at: "default", says: helm("default") },
  { typed: "helm -n tools", at: "tools", says: helm("tools") },
])("--for $typed: a pull secret in namespace $at, and what refers to it; a second run keeps it", async ({ typed, at, says }) => {
  const in_ = world();

  expect(await type(`${line} ${typed}`, in_.ports)).toMatchObject({
    stdout: expect.stringMatching(/secret\/acr-myregistry created\n$/),
    stderr: says,
    code: 0,
  });
  expect(in_.azure.knows(in_.loginIn(at) ?? { username: "", password: "" })).toBe(true);
  in_.asking.forget();
  expect(await type(`${line} ${typed}`, in_.ports)).toMatchObject({
    stdout: expect.stringMatching(/secret\/acr-myregistry unchanged\n$/),
    stderr: says,
    code: 0,
  });
  expect(in_.asking.writes).toEqual([]);
});

test("in several namespaces the lines are the same, but for the namespace that each has", async () => {
  const { stderr } = await type(`${line} flux --namespaces tools,argocd --credential-per scope`, world().ports);

  expect(stderr).toContain(flux("NAMESPACE"));
});

test.for(["--dry-run=client", "--dry-run=server", "-o name", "-o json"])(
  "with %s nothing refers to it yet, or nobody reads on",
  async (more) => {
    const { stderr, code } = await type(`${line} flux ${more}`, world().ports);

    expect({ code, told: stderr.includes("secretRef") }).toEqual({ code: 0, told: false });
  },
);

test("a namespace that is not there is named, with the command that makes it", async () => {
  const in_ = fakeWorld();
  addNamespaces(in_.cluster, "default");

  expect(await type(`${line} flux`, in_.ports)).toMatchObject({
    stdout: "",
    stderr: 'Error from server (NotFound): namespaces "flux-system" not found\nhint: kubectl create namespace flux-system\n',
    code: 1,
  });
});

/** Creates the same with a pod of the tool itself that waits for an image of the registry. */
function withPod(): FakeWorld {
  const made = world();
  made.cluster.put(stuckPod("flux-system", "source-controller", `${host}/app/web:1`));
  return made;
}

test.for([
  { more: "", hint: "create --registry myregistry --repository REPOSITORY --for flux" },
  {
    more: " --namespaces flux-system,tools --credential-per scope",
    hint: "create --namespaces flux-system --namespaces tools --registry myregistry --repository REPOSITORY --for flux --credential-per scope",
  },
])("what the reader's own pods use is not what it reads, so the repositories have to be named$more", async ({ more, hint }) => {
  const in_ = withPod();

  expect(await type(`create --registry myregistry --for flux${more}`, in_.ports)).toEqual({
    stdout: "",
    stderr: `error: what --for=flux reads is told by no pod, so the repositories have to be named\nhint: kubectl acr-secret ${hint}\n`,
    code: 1,
  });
  expect(in_.asking.writes).toEqual([]);
});

test("unless that is asked for, and nobody is warned of what they use besides", async () => {
  const in_ = withPod();
  const asked = "create --registry myregistry --for flux";

  expect(await type(`${asked} --repositories-from-pods`, in_.ports)).toMatchObject({
    stdout: expect.stringContaining("created (+app/web)\n"),
    stderr: flux("flux-system"),
    code: 0,
  });
  in_.cluster.put(stuckPod("flux-system", "other", `${host}/finance/payroll:1`));
  in_.asking.forget();
  expect(await type(asked, in_.ports)).toMatchObject({ stderr: flux("flux-system"), code: 0 });
  expect(in_.asking.writes).toEqual([]);
});

test.for([
  { more: "flux --serviceaccount default", says: "[for serviceaccount] were all set" },
  { more: "flux --all-serviceaccounts", says: "[all-serviceaccounts for] were all set" },
  { more: "flux -l app=web", says: "[for selector] were all set" },
  { more: "kargo", says: 'invalid argument "kargo" for "--for" flag: must be one of ' },
])("--for $more is refused", async ({ more, says }) => {
  const in_ = world();

  expect(await type(`${line} ${more}`, in_.ports)).toMatchObject({ stdout: "", stderr: expect.stringContaining(says), code: 1 });
  expect(in_.asking.writes).toEqual([]);
});
