import { expect } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { refused } from "../../support/demo.ts";
import { is } from "../../support/fakes/asked.ts";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { all, any, type Given, type Row, type Step, testRows, typed, unchanged } from "../../support/rows.ts";

const host = "myregistry.azurecr.io";
const line = "create --registry myregistry --repository app/web";

/** Creates a cluster with the default namespaces of the tools that read the Secret, and one other namespace. */
function world(): FakeWorld {
  const made = fakeWorld();
  addNamespaces(made.cluster, "default", "kube-system", "argocd", "flux-system", "tools");
  return made;
}

/** The configuration that refers to the Secret, without the words around it. */
const flux = (at: string) => new RegExp(`^hint: .* ${at}:\n {2}secretRef:\n {4}name: acr-myregistry\n$`);
const updater = (at: string) => {
  const registry = `  - name: ${host}\n    prefix: ${host}\n    api_url: https://${host}\n`;
  return new RegExp(`^hint: .* argocd-image-updater-config:\n${registry}    credentials: pullsecret:${at}/acr-myregistry\n$`);
};
const helm = (at: string) => [
  `hint: (umask 077; kubectl get -n ${at} secret acr-myregistry -o 'jsonpath={.data.\\.dockerconfigjson}' | base64 -d > registry.json) ` +
    `&& helm pull oci://${host}/CHART --registry-config registry.json`,
];
const hint = (command: string) => new RegExp(`\nhint: kubectl acr-secret ${command}\n$`);

/** A pod of the tool itself waits for an image of the registry. */
const ownPod: Given = ({ cluster }) => cluster.put(stuckPod("flux-system", "source-controller", `${host}/app/web:1`));
const unnamed = "create --registry myregistry --for flux";

testRows(
  [
    ...[
      { typed: "flux", at: "flux-system", stderr: flux("flux-system") },
      { typed: "flux -n tools", at: "tools", stderr: flux("tools") },
      { typed: "argocd-image-updater", at: "argocd", stderr: updater("argocd") },
      { typed: "argocd-image-updater -n tools", at: "tools", stderr: updater("tools") },
      { typed: "helm", at: "default", stderr: helm("default") },
      { typed: "helm -n tools", at: "tools", stderr: helm("tools") },
    ].map(
      (row): Row => ({
        does: `creates a Secret in ${row.at} and prints what refers to it when --for ${row.typed}, and keeps it in a second run`,
        command: `${line} --for ${row.typed}`,
        stdout: /secret\/acr-myregistry created\n$/,
        stderr: row.stderr,
        check: ({ azure, loginIn }) => expect(azure.knows(loginIn(row.at) ?? { username: "", password: "" })).toBe(true),
        after: [unchanged(`${line} --for ${row.typed}`, { stderr: row.stderr })],
      }),
    ),
    ...["--dry-run=client", "--dry-run=server", "-o name", "-o json"].map(
      (more): Row => ({
        does: `prints no configuration when ${more}`,
        command: `${line} --for flux ${more}`,
        stderr: /^(?!.*secretRef)/s,
      }),
    ),
    {
      does: "prints the command that creates the namespace when it does not exist",
      world: () => {
        const made = fakeWorld();
        addNamespaces(made.cluster, "default");
        return made;
      },
      command: `${line} --for flux`,
      code: 1,
      stderr: /"flux-system" not found\nhint: kubectl create namespace flux-system\n$/,
    },
    {
      does: "requires --repository although a pod of the reader uses an image",
      given: ownPod,
      command: unnamed,
      code: 1,
      stderr: hint("create --registry myregistry --for flux --repository REPOSITORY"),
    },
    {
      does: "grants the images of the reader's pods with --repositories-from-pods, and warns about no other",
      given: ownPod,
      command: `${unnamed} --repositories-from-pods`,
      stdout: /created \(\+app\/web\)\n/,
      stderr: flux("flux-system"),
      after: [
        {
          given: ({ cluster }) => cluster.put(stuckPod("flux-system", "other", `${host}/finance/payroll:1`)),
          ...unchanged(unnamed, { stderr: flux("flux-system") }),
        },
      ],
    },
    ...[
      { more: "flux --serviceaccount default", stderr: /--for and --serviceaccount cannot be used together/ },
      { more: "flux --all-serviceaccounts", stderr: /--all-serviceaccounts and --for cannot be used together/ },
      { more: "flux -l app=web", stderr: /--for and --selector cannot be used together/ },
      { more: "kargo", stderr: /invalid argument "kargo" for "--for" flag/ },
    ].map(({ more, stderr }): Row => ({ does: `refuses --for ${more}`, command: `${line} --for ${more}`, code: 1, stderr })),
  ],
  world,
);

const forArgo = `${line} --for argocd`;
const message = [`hint: in the source of an Application:`, `  repoURL: ${host}`, "  chart: CHART"];
const label = "argocd.argoproj.io/secret-type";
const base64 = (text: string) => Buffer.from(text).toString("base64");

const secretIn = ({ cluster }: FakeWorld, namespace = "argocd") => cluster.get("secret", namespace, "acr-myregistry");
const textsIn = (of: FakeWorld, namespace?: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(secretIn(of, namespace)?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]),
  );
const loginIn = (of: FakeWorld, namespace?: string) => {
  const { username = "", password = "" } = textsIn(of, namespace);
  return { username, password };
};
const isRepository =
  (more: Record<string, string> = {}) =>
  (of: FakeWorld) => {
    const labels = { [label]: "repository", "app.kubernetes.io/managed-by": "kubectl-acr-secret" };
    expect(secretIn(of)).toMatchObject({ type: "Opaque", metadata: { labels } });
    expect(textsIn(of)).toEqual({ type: "helm", enableOCI: "true", url: host, ...more, ...loginIn(of) });
    expect(of.azure.knows(loginIn(of))).toBe(true);
  };

/** Another writer changes the Secret, and adds a project. */
const change =
  (how: (secret: Secret) => Partial<Secret>): Given =>
  (of) => {
    const secret = secretIn(of) ?? expect.unreachable("no Secret");
    const data = { ...secret.data, project: base64("web") };
    of.cluster.put({ ...secret, data, ...how({ ...secret, data }) }, "kubectl-acr-secret");
  };

const takesOver = /^error: secret "acr-myregistry" in namespace "argocd" .*\nhint: .* --force .*\n$/;
const anotherShape = /^error: secret "acr-myregistry" in namespace "\w+" .*\nhint: use another name\n$/;
const metadata = { name: "acr-myregistry", namespace: "argocd", labels: { [label]: "repository" } };
const created: Step = { command: forArgo, stdout: /secret\/acr-myregistry created\n$/, stderr: message };

testRows(
  [
    {
      does: "creates a chart repository of Argo CD in its namespace, and keeps it in a second run",
      ...created,
      check: isRepository(),
      after: [unchanged(forArgo, { stderr: message })],
    },
    ...[
      {
        why: "its password is wrong",
        how: ({ data }: Secret) => ({ data: { ...data, password: base64("no") } }),
        said: ["waiting up to 2 minutes for Azure: myregistry.azurecr.io rejects the password of argocd-acr-myregistry-jlf7uladmoc2kkm2"],
      },
      { why: "its type is git", how: ({ data }: Secret) => ({ data: { ...data, type: base64("git") } }) },
      {
        why: "its label for Argo CD is missing",
        how: (secret: Secret) => ({ metadata: { ...secret.metadata, labels: { "app.kubernetes.io/managed-by": "kubectl-acr-secret" } } }),
      },
    ].map(
      ({ why, how, said = [] }): Row => ({
        does: `repairs the repository in place and keeps its other fields when ${why}`,
        given: all(typed(forArgo), change(how)),
        command: forArgo,
        stdout: /^secret\/acr-myregistry configured\n/m,
        stderr: [...said, ...message],
        check: isRepository({ project: "web" }),
      }),
    ),
    {
      does: "shows Argo CD no Secret while the password is generated, and leaves none when that fails",
      given: (of) =>
        of.asking.around(async (asked, next) => {
          if (!is("generatePassword")(asked)) return next();
          expect(secretIn(of)).toMatchObject({
            type: "Opaque",
            metadata: { labels: { "app.kubernetes.io/managed-by": "kubectl-acr-secret" } },
          });
          expect(secretIn(of)?.metadata.labels).not.toHaveProperty([label]);
          throw refused();
        }),
      command: forArgo,
      code: 1,
      stderr: [refused().message],
      writes: any,
      check: (of) => expect(secretIn(of)).toBeUndefined(),
    },
    {
      does: "refuses to turn a pull secret into a repository, even with --force",
      given: typed(`${line} -n argocd`),
      command: forArgo,
      code: 1,
      stderr: anotherShape,
      after: [{ command: `${forArgo} --force`, code: 1, stderr: /\n {2}kubectl delete secret -n argocd acr-myregistry\n$/ }],
    },
    {
      does: "refuses to turn a repository into a pull secret",
      given: typed(forArgo),
      command: `${line} -n argocd`,
      code: 1,
      stderr: anotherShape,
    },
    {
      does: "refuses a repository that another user created",
      given: ({ cluster }) => cluster.put({ apiVersion: "v1", kind: "Secret", metadata, type: "Opaque", data: {} }, "argocd-server"),
      command: forArgo,
      code: 1,
      stderr: takesOver,
    },
    {
      does: "shows the repository with a supplied login when --dry-run=client",
      command: `create --registry ${host} --username ci --password-stdin --verify=false --for argocd --dry-run=client -o json`,
      options: { stdin: "p" },
      stderr: any,
      check: (_, { stdout }) =>
        expect(JSON.parse(stdout)).toMatchObject({ type: "Opaque", metadata, data: { url: base64(host), password: base64("p") } }),
    },
  ],
  world,
);
