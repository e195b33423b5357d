import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { rulesOf } from "../../../src/schedule/rights.ts";
import { create, kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";
import { type Right, rightsIn } from "../../support/rights.ts";

// Records the requests of each verb to a real API server, and runs the verb as a user with only the rights for them. docs/rbac.md shows
// these rights.
const shell = await openShell();
afterAll(() => shell.stop());

type Row = {
  /** As on the page, with NS for the namespace. */
  readonly line: string;
  /** Command lines that prepare this one. */
  readonly before?: readonly string[];
  readonly prints: RegExp;
  /** It covers several namespaces, so its requests in one namespace occur in each. */
  readonly wide?: true;
  /** The namespace also has a schedule of `apply` that has run once. */
  readonly scheduled?: true;
  /** Rights that the user must have in order to grant them. */
  readonly holds?: readonly Right[];
};

const make = "create acr-myregistry --registry myregistry --repository app/web -n NS";
const secretless = "secretless create app --registry myregistry -n NS";
const audience = {
  where: "namespace",
  group: "",
  resource: "api://AzureADTokenExchange",
  verb: "request-serviceaccounts-token-audience",
} as const;
/** Names the issuer, for a user who may not read it. */
const token = { where: "namespace", group: "", resource: "serviceaccounts/token", verb: "create" } as const;
const attached = `${make} --serviceaccount app`;
const web = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" } };

const wide = true;

const teams = `
name: rights
namespace: NS
registry: myregistry
pullSecrets:
  - {name: acr-myregistry, copyTo: {names: ["NS*"]}, repositories: [app/web], serviceAccounts: [app]}
`;

const rows: readonly Row[] = [
  { line: "create --registry myregistry --serviceaccount app -n NS", prints: /^serviceaccount\/app patched\npod\/web-\S+ restarted\n$/m },
  {
    line: "create --registry myregistry --repository app/web --serviceaccount app --copy-to 'NS*' -n NS",
    wide,
    prints: /^secret\/acr-myregistry created in namespace \S+-copy\nserviceaccount\/app patched in namespace \S+-copy$/m,
  },
  {
    line: "apply -f teams.yaml",
    wide,
    prints: /^secret\/acr-myregistry created in namespace \S+-copy\nserviceaccount\/app patched in namespace \S+-copy$/m,
  },
  { line: "create --registry myregistry --repository app/web --export -n NS", prints: /^kind: Secret$/m },
  { line: "attach acr-myregistry --serviceaccount app -n NS", before: [make], prints: /^serviceaccount\/app patched$/m },
  { line: "attach acr-myregistry deployment/web -n NS", before: [make], prints: /^deployment.apps\/web patched$/m },
  { line: "attach acr-myregistry --where-used -n NS", before: [make], prints: / patched$/m },
  { line: "check -n NS", before: [attached], prints: /ready$/m },
  { line: "check deployment/web -n NS", before: [attached], prints: /ready$/m },
  { line: "check --deep -n NS", before: [attached], prints: /ready$/m },
  { line: "check --namespaces 'NS*'", before: [attached], wide, prints: /ready$/m },
  { line: "list -n NS", before: [attached], prints: /^acr-myregistry /m },
  { line: "list -A", before: [attached], wide, prints: / acr-myregistry /m },
  // The second rotation looks for Secrets that hold the password that it ends
  { line: "rotate acr-myregistry -n NS", before: [attached, "rotate acr-myregistry -n NS"], prints: /^secret\/acr-myregistry configured/m },
  {
    line: "rotate --namespaces 'NS*'",
    before: [attached, "rotate acr-myregistry -n NS"],
    wide,
    prints: /^secret\/acr-myregistry configured/m,
  },
  { line: "detach acr-myregistry --serviceaccount app -n NS", before: [attached], prints: /^serviceaccount\/app patched$/m },
  { line: "delete acr-myregistry --force --yes -n NS", before: [attached], prints: /^secret\/acr-myregistry deleted$/m },
  {
    line: "delete acr-myregistry --revoke --force --yes -n NS",
    before: [attached],
    prints: /^token.*deleted\n.*\nsecret\/acr-myregistry deleted$/m,
  },
  { line: secretless, wide, prints: /^serviceaccount\/app configured$/m, holds: [audience, token] },
  { line: "secretless check app --image myregistry.azurecr.io/app/web:1 -n NS", before: [secretless], prints: /^✔ token-audience: /m },
  {
    line: "secretless delete app --registry myregistry --yes -n NS",
    before: [secretless],
    wide,
    prints: /^rolebinding\S+ deleted$/m,
    holds: [audience, token],
  },
  // It asks whether the ServiceAccounts of federated credentials are set up
  { line: "prune --registry myregistry", before: [secretless], prints: /^(NAME .* STATE\n(.*\n)*)?$/ },
  { line: "doctor --registry myregistry -n NS", before: [attached, secretless], scheduled: true, prints: /^✔ image-pulls: /m },
];

/** Creates a namespace with a Deployment whose pods run as `app`, and runs command lines in it. */
async function namespaceAfter({ before = [], wide, scheduled }: Row): Promise<string> {
  const namespace = await newNamespace();
  if (wide) await createSecond(`${namespace}-copy`);
  const labels = { app: "web" };
  const pod = { serviceAccountName: "app", containers: [{ name: "web", image: "myregistry.azurecr.io/app/web:1" }] };
  const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } };
  await create([{ ...web, metadata: { ...web.metadata, namespace }, spec }]);
  await kubectl(["wait", "--for=jsonpath={.status.replicas}=1", "deployment/web", "-n", namespace]);
  if (scheduled) await createSchedule(namespace);
  for (const line of before) expect(await type(line, namespace)).toMatchObject({ code: 0 });
  return namespace;
}

/** Creates a schedule of `apply`, and a run of it whose pod has ended. */
async function createSchedule(namespace: string): Promise<void> {
  const labels = { "acr-secret/schedule": "teams" };
  const containers = [{ name: "acr-secret", image: "myregistry.azurecr.io/tools/plugin:1", args: ["apply", "--skip-blocked"] }];
  const template = { metadata: { labels }, spec: { restartPolicy: "Never", containers } };
  const spec = { schedule: "0 3 * * *", timeZone: "Etc/UTC", suspend: true, jobTemplate: { metadata: { labels }, spec: { template } } };
  await create([{ apiVersion: "batch/v1", kind: "CronJob", metadata: { name: "teams", namespace, labels }, spec }]);
  await kubectl(["create", "job", "first", "--from", "cronjob/teams", "-n", namespace]);
  await kubectl(["wait", "--for=create", "pod", "-l", "job-name=first", "-n", namespace]);
  const pod = await kubectl(["get", "pod", "-l", "job-name=first", "-n", namespace, "-o", "name"]);
  const status = { status: { phase: "Succeeded" } };
  await kubectl(["patch", pod.trim(), "--subresource", "status", "--patch", JSON.stringify(status), "-n", namespace]);
}

async function createSecond(name: string): Promise<void> {
  await create([
    { apiVersion: "v1", kind: "Namespace", metadata: { name } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "app", namespace: name } },
  ]);
  onTestFinished(async () => void (await kubectl(["delete", "namespace", name, "--wait=false"])));
}

async function type(line: string, namespace: string, more = "") {
  await writeFile(join(shell.folder, "teams.yaml"), teams.replaceAll("NS", namespace));
  return shell.type(`kubectl acr-secret ${line.replaceAll("NS", namespace)} ${more}`, { cwd: shell.folder });
}

/** Creates a user with these rights, in the scope in which they were needed or in the whole cluster. */
async function userWith(rights: readonly Right[], namespace: string, everywhere = false): Promise<string> {
  const name = `rights-${randomBytes(4).toString("hex")}`;
  const metadata = { name, namespace };
  const subjects = [{ kind: "User", name, apiGroup: "rbac.authorization.k8s.io" }];
  const [apiVersion, apiGroup] = ["rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io"];
  const of = (where: Right["where"]) => rulesOf(rights.filter((right) => (everywhere ? "cluster" : right.where) === where));
  await create([
    { apiVersion, kind: "Role", metadata, rules: of("namespace") },
    { apiVersion, kind: "RoleBinding", metadata, subjects, roleRef: { apiGroup, kind: "Role", name } },
    { apiVersion, kind: "ClusterRole", metadata: { name }, rules: of("cluster") },
    { apiVersion, kind: "ClusterRoleBinding", metadata: { name }, subjects, roleRef: { apiGroup, kind: "ClusterRole", name } },
  ]);
  onTestFinished(async () => void (await kubectl(["delete", "clusterrole,clusterrolebinding", name])));
  return name;
}

const seen = new Map<string, readonly Right[]>();

test.for(rows)("$line succeeds with the rights for the requests that it sends", { timeout: 120_000 }, async (row) => {
  const { line, before = [], prints, wide, holds = [] } = row;
  const [first, second] = await Promise.all([namespaceAfter(row), namespaceAfter(row)]);
  const asked = await type(line, first, "-v=6");
  expect(asked.stdout).toMatch(prints);
  const rights = [...rightsIn(asked.stderr), ...holds];
  seen.set(line, rights);

  const { stdout, stderr } = await type(line, second, `--as ${await userWith(rights, second, wide)}`);

  expect(stdout).toMatch(prints);
  expect(stderr).not.toMatch(/forbidden|may not (?!pull)/i);
  // Otherwise a later row finds parts of a setup
  if ([line, ...before].includes(secretless)) await kubectl(["delete", "namespace", first, second, "--timeout=60s"]);
});

test("docs/rbac.md shows the recorded rights", async () => {
  const table = rows.map(({ line }) => ({ line, rights: seen.get(line) ?? [] }));

  await expect(`${JSON.stringify(table, undefined, 2)}\n`).toMatchFileSnapshot("../../../docs/rbac.json");
});
