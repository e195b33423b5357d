import { expect } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { managedBy } from "../../../src/objects.ts";
import { is } from "../../support/fakes/asked.ts";
import { account, namespace } from "../../support/fakes/cluster.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { all, any, failed, type Given, refuse, testRows, typed, whileBusy } from "../../support/rows.ts";

const line = "prune --registry myregistry";
const yes = `${line} --yes`;
const kind = "federatedcredential.managedidentity.azure.com";
const setUp = "secretless create web api --registry myregistry -n demo";
const issuer = "https://cluster.blob.core.windows.net/one";
const identityId =
  "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/pods";

const deletes =
  (name: string): Given =>
  ({ cluster }) =>
    cluster.remove("serviceaccount", "demo", name);
/** Gives the ServiceAccount these annotations only. */
const annotates = (cluster: FakeWorld["cluster"], annotations: Record<string, string>) =>
  void cluster.put({ ...account("demo", "web"), metadata: { name: "web", namespace: "demo", annotations } });

/** Deletes what `secretless create` has written in the namespace, which has a new ServiceAccount of the same name. */
const recreates: Given = ({ cluster }) => {
  for (const kind of ["role", "rolebinding"] as const) cluster.remove(`${kind}.rbac.authorization.k8s.io`, "demo", "acr-secretless-web");
  annotates(cluster, {});
};
const names =
  (client: string): Given =>
  ({ cluster }) =>
    annotates(cluster, { "kubernetes.azure.com/acr-client-id": client });
/** Gives the kubelets a role with these verbs. */
const putRole =
  (name: string, verbs: readonly string[], group = "system:nodes"): Given =>
  ({ cluster }) => {
    const metadata = { name, namespace: "demo", labels: { [managedBy.key]: managedBy.value } };
    const rules = [{ apiGroups: [""], resources: ["api://AzureADTokenExchange"], resourceNames: ["web"], verbs: [...verbs] }];
    cluster.put({ apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata, rules });
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name };
    const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: group }];
    cluster.put({ apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", metadata, roleRef, subjects });
  };
const credentials = ({ azure }: FakeWorld) =>
  azure.identities.all
    .values()
    .flatMap((one) => one.credentials)
    .toArray();
const subjects =
  (...names: string[]) =>
  (world: FakeWorld) =>
    expect(credentials(world).map(({ subject }) => subject)).toEqual(names.map((name) => `system:serviceaccount:demo:${name}`));
/** Another user's credential for a ServiceAccount that does not exist, or that of another cluster with the same issuer. */
const trusts =
  (name: string): Given =>
  ({ azure }) => {
    const [identity] = azure.identities.all.values();
    identity?.credentials.push({ name, issuer, subject: "system:serviceaccount:demo:gone", audiences: ["api://AzureADTokenExchange"] });
  };
const again = "secretless create web --registry myregistry -n demo";
/** Another user deletes the identity with its role, and another run creates another one under its name. */
const replaces: Given = async (world) => {
  world.azure.identities.all.clear();
  world.azure.directory.assignments.splice(0);
  await typed(again)(world);
};
const replacesInLastLook: Given = (world) => {
  let lists = 0;
  return world.asking.around(async (asked, next) => {
    // Each look has three lists of Secrets
    if (is("list secret")(asked) && ++lists === 4) await replaces(world);
    return next();
  });
};
const identity = { clientId: "client", principalId: "principal", tenant: "t", ours: true };

/** A cluster with two ServiceAccounts. */
function open(): FakeWorld {
  const world = worldOf(["demo", "kube-system"]);
  for (const name of ["web", "api"]) world.cluster.put(account("demo", name));
  world.cluster.kubelets.issuer = issuer;
  return world;
}

const none = { stdout: [], stderr: ["no leftovers found"] };

testRows(
  [
    {
      does: "keeps a federated credential that is set up again while Azure is busy",
      given: all(recreates, whileBusy("deleteFederatedCredential", typed(again))),
      command: yes,
      stdout: any,
      stderr: any,
      writes: any,
      check: subjects("web", "api"),
    },
    ...[
      { when: "while Azure is busy", given: whileBusy("deleteFederatedCredential", replaces) },
      { when: "before the last look", given: replacesInLastLook },
    ].map(({ when, given }) => ({
      does: `keeps the federated credential when another run replaces its identity ${when}`,
      given: all(recreates, given),
      command: yes,
      stdout: /^federated\S+ unchanged\n$/,
      stderr: any,
      writes: any,
      check: subjects("web"),
    })),
    { does: "finds nothing while all ServiceAccounts exist", command: yes, ...none, check: subjects("web", "api") },
    {
      does: "deletes the federated credential of a ServiceAccount that does not exist, whatever its age, and keeps the identity",
      given: deletes("web"),
      command: `${line} --no-headers -o wide`,
      stdout:
        /^demo-web-\w{10} +federated credential +serviceaccount web in namespace demo +<unknown> +<unknown> +orphan +\w{8} +\/registries\S+\/acr-secretless-myregistry +<none>\ndemo-api-\S+ .* in use /,
      stderr: /^hint: pods cannot .* again: serviceaccount web in namespace demo\n1 .* --yes\n$/,
      after: [
        {
          command: yes,
          stdout: new RegExp(`^${kind}/demo-web-\\w{10} deleted\n$`),
          check: (world) => {
            subjects("api")(world);
            expect([world.azure.identities.all.size, world.azure.directory.assignments.length]).toEqual([1, 1]);
          },
        },
        { command: yes, ...none },
      ],
    },
    {
      does: "keeps the federated credential when the ServiceAccount is created again before the deletion",
      given: all(deletes("web"), ({ asking, cluster }) => {
        let reads = 0;
        return asking.around(async ({ call, at }, next) => {
          if (call === "get" && at === "serviceaccount demo/web" && ++reads === 2) cluster.put(account("demo", "web"));
          return next();
        });
      }),
      command: yes,
      stdout: /^federated\S+ unchanged\n$/,
      stderr: /it has changed since\n$/,
      check: subjects("web", "api"),
    },
    {
      does: "deletes the federated credential of a ServiceAccount that was created again with its namespace",
      given: recreates,
      command: yes,
      stdout: /^federated\S+ deleted\n$/,
      check: subjects("api"),
    },
    {
      does: "deletes the federated credential of an identity that its ServiceAccount does not name",
      given: names("other"),
      command: yes,
      stdout: /^federated\S+ deleted\n$/,
      check: subjects("api"),
    },
    {
      does: "keeps the federated credential of a ServiceAccount that a run is setting up: only the annotations are missing",
      given: ({ cluster }) => annotates(cluster, {}),
      command: yes,
      ...none,
      check: subjects("web", "api"),
    },
    {
      does: "deletes the federated credential when the next owner of the namespace names the identity, and kubelets have no right",
      given: all(recreates, names("client-1")),
      command: yes,
      stdout: /^federated\S+ deleted\n$/,
      check: subjects("api"),
    },
    {
      does: "deletes the federated credential when the next owner of the namespace also writes a role of this name",
      given: all(recreates, names("client-1"), putRole("acr-secretless-web", ["get"])),
      command: yes,
      stdout: /^federated\S+ deleted\n$/,
      check: subjects("api"),
    },
    {
      does: "keeps the federated credential when another role gives kubelets the right",
      given: all(recreates, names("client-1"), putRole("kubelets", ["request-serviceaccounts-token-audience"])),
      command: yes,
      ...none,
      check: subjects("web", "api"),
    },
    {
      does: "keeps the federated credential when a role gives all users the right",
      given: all(recreates, names("client-1"), putRole("users", ["request-serviceaccounts-token-audience"], "system:authenticated")),
      command: yes,
      ...none,
      check: subjects("web", "api"),
    },
    {
      does: "keeps the federated credential that only Azure Workload Identity uses, and names its ServiceAccount",
      given: all(recreates, ({ cluster }) => annotates(cluster, { "azure.workload.identity/client-id": "CLIENT-1" })),
      command: yes,
      ...none,
      stderr: [...none.stderr, "hint: kept 1, because Azure Workload Identity uses it: serviceaccount web in namespace demo"],
      check: subjects("web", "api"),
    },
    {
      does: "fails and keeps the federated credential when the Secrets cannot be listed again in the last look",
      given: (world) => {
        let lists = 0;
        // Each look has three lists of Secrets
        return all(
          deletes("web"),
          refuse((asked) => is("list secret")(asked) && ++lists > 3),
        )(world);
      },
      command: yes,
      ...failed,
      stderr: /^error: demo-web-\S+ is kept: .* listed again\n\* .*Forbidden.*\n/,
      writes: [],
      check: subjects("web", "api"),
    },
    {
      does: "reads the ServiceAccount in the last request before it deletes the federated credential",
      given: deletes("web"),
      command: yes,
      stdout: /^federated\S+ deleted\n$/,
      check: ({ asking }) =>
        expect(asking.all.slice(-2)).toEqual([
          "get serviceaccount demo/web",
          expect.stringMatching(/^deleteFederatedCredential demo-web-\w{10}$/),
        ]),
    },
    ...["gone", "demo-gone-0123456789"].map((name) => ({
      does: `keeps a federated credential that this plugin did not create in this cluster: ${name}`,
      given: trusts(name),
      command: yes,
      ...none,
      check: subjects("web", "api", "gone"),
    })),
    {
      does: "keeps the federated credentials that another cluster with the same issuer has created",
      given: all(deletes("web"), ({ cluster }) => {
        cluster.remove("namespace", "", "kube-system");
        cluster.put(namespace("kube-system", { uid: "another cluster" }));
      }),
      command: yes,
      ...none,
      check: subjects("web", "api"),
    },
    ...["federatedCredentials", "get serviceaccount", "get role.", "groupsMay"].map((call) => ({
      does: `warns and keeps all when ${call} is forbidden`,
      given: all(/role|group/.test(call) ? all(recreates, names("client-1")) : deletes("web"), refuse(call)),
      command: yes,
      stdout: [],
      stderr:
        /^Warning: the federated credentials of \S+acr-secretless-myregistry were not checked\n\* .*Forbidden.*\nno leftovers found among the objects that were checked\n$/,
      check: subjects("web", "api"),
    })),
    {
      does: "fails when the federated credentials cannot be read for another reason",
      given: refuse("federatedCredentials", () => new CliError("timeout", "no answer")),
      command: yes,
      code: 1,
      stderr: /^Warning: .* were not checked\n\* no answer\nno leftovers found among the objects that were checked\n$/,
    },
    {
      does: "warns once when the federated credentials of several identities cannot be read",
      world: async () => {
        const world = open();
        world.azure.identities.all.set(identityId, { ...identity, id: identityId, credentials: [] });
        await typed("secretless create web --registry myregistry -n demo")(world);
        await typed(`secretless create api --registry myregistry -n demo --identity ${identityId}`)(world);
        return world;
      },
      given: refuse("federatedCredentials"),
      command: yes,
      stdout: [],
      stderr:
        /^Warning: the federated credentials of \S+ and 1 more were not checked\n\* .*Forbidden.*\nno leftovers found among the objects that were checked\n$/,
    },
    {
      does: "prints the command that deletes the federated credential when Azure refuses it",
      world: async () => {
        const world = open();
        world.azure.identities.all.set(identityId, { ...identity, id: identityId, credentials: [] });
        await typed(`${setUp} --identity ${identityId}`)(world);
        return world;
      },
      given: all(deletes("web"), refuse("deleteFederatedCredential")),
      command: yes,
      code: 1,
      stderr:
        /\n {2}az identity federated-credential delete --name demo-web-\S+ --identity-name pods --resource-group g --subscription 0\S+1\n$/,
      writes: any,
    },
  ],
  async () => {
    const world = open();
    await typed(setUp)(world);
    return world;
  },
);
