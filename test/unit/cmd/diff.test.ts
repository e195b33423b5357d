import { expect, test } from "vitest";
import { account, pullSecret, stuckPod } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import { addNamespaces } from "../../support/fakes/world.ts";
import { type, type World } from "../../support/in-process.ts";

/** Creates three namespaces: one with a pending pod, whose ServiceAccount lists `theirs`, one that needs no change, and an empty one. */
async function setting() {
  const world = await stored("demo", "other");
  addNamespaces(world.cluster, "empty");
  world.cluster.put(account("demo", "default", ["theirs"]));
  for (const name of ["theirs", "a"]) world.cluster.put(pullSecret("demo", name));
  world.cluster.put(account("other", "default", ["acr-myregistry"]));
  world.cluster.put(stuckPod("demo", "web-1", "myregistry.azurecr.io/app/web:1", { names: ["theirs"] }));
  const template = { spec: { containers: [{ name: "web" }], imagePullSecrets: [{ name: "a" }] } };
  world.cluster.put({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: "demo" }, spec: { template } });
  world.asking.forget();
  return world;
}

const listed = (where = "") => [
  `--- serviceaccount/default${where}`,
  `+++ serviceaccount/default${where}`,
  "@@ -1,2 +1,3 @@",
  " imagePullSecrets:",
  " - name: theirs",
  "+- name: acr-myregistry",
];
const restarted = (suffix: string) => `pod/web-1 restarted${suffix}`;

test.for<{ typed: string; prints: string[]; message?: RegExp; code: number; world?: World }>([
  {
    typed: "attach -n demo --serviceaccount --diff",
    prints: [...listed(), restarted(" (dry run)")],
    code: 1,
  },
  {
    typed: "attach -n demo --serviceaccount --diff --dry-run=server",
    prints: [...listed(), restarted(" (server dry run)")],
    code: 1,
  },
  { typed: "attach -n demo --serviceaccount --diff --dry-run=none", prints: [...listed(), restarted(" (dry run)")], code: 1 },
  {
    typed: "attach acr-myregistry deployment/web -n demo --diff",
    prints: [
      "--- deployment.apps/web",
      "+++ deployment.apps/web",
      "@@ -3,3 +3,4 @@",
      "     spec:",
      "       imagePullSecrets:",
      "       - name: a",
      "+      - name: acr-myregistry",
    ],
    message: /^Warning: pod\/web-1 cannot pull an image and /,
    code: 1,
  },
  {
    typed: "attach acr-myregistry pod/web-1 -n demo --diff",
    prints: [],
    message: /^error: pod\/web-1 is created from the template of ReplicaSet web; /,
    code: 2,
  },
  { typed: "attach -n other --serviceaccount --diff", prints: [], code: 0 },
  { typed: "detach -n demo --serviceaccount --diff", prints: [], code: 0 },
  { typed: "create --registry myregistry --repository app/web -n other --serviceaccount --diff", prints: [], code: 0 },
  {
    typed: "detach theirs -n demo --serviceaccount --diff",
    prints: ["--- serviceaccount/default", "+++ serviceaccount/default", "@@ -1,2 +0,0 @@", "-imagePullSecrets:", "-- name: theirs"],
    code: 1,
  },
  { typed: "attach -n demo --serviceaccount nope --diff", prints: [], message: /^Error from server \(NotFound\): /, code: 2 },
  { typed: "attach -n demo --diff", prints: [], message: /^error: no target specified/, code: 2 },
  { typed: "attach -n demo --serviceaccount --diff --bogus", prints: [], message: /^error: unknown flag: --bogus\n/, code: 2 },
  { typed: "attach -n demo --serviceaccount --bogus", prints: [], message: /^error: unknown flag: --bogus\n/, code: 1 },
  {
    typed: "attach -n demo --serviceaccount --diff -o yaml",
    prints: [],
    message: /^error: --diff and --output cannot be used together/,
    code: 2,
  },
  { typed: "list -n demo --diff", prints: [], message: /^error: unknown flag: --diff\n/, code: 1 },
  { typed: "attach -n demo --serviceaccount --diff", world: { aborted: true }, prints: [], message: /^/, code: 130 },
])("$typed", async ({ typed, prints, message = /^$/, code, world: more }) => {
  const world = await setting();

  const ran = await type(typed, world.ports, more);

  expect({ stdout: ran.stdout, code: ran.code }).toEqual({ stdout: prints.map((line) => `${line}\n`).join(""), code });
  expect(ran.stderr).toMatch(message);
  expect(world.asking.writes).toEqual([]);
});

test.for([
  { how: "", suffix: " (dry run)" },
  { how: " --dry-run=server", suffix: " (server dry run)" },
])("shows a new Secret without its values and the objects in Azure by name$how", async ({ how, suffix }) => {
  const world = await setting();
  const name = "empty-acr-myregistry-a64xzfjps3wt4hyi";

  const { stdout, code } = await type(`create --registry myregistry --repository app/web -n empty --diff${how}`, world.ports);

  expect(code).toBe(1);
  expect(stdout.replaceAll(name, "TOKEN").split("\n")).toEqual([
    `scopemap.azurecr.io/TOKEN created (+app/web)${suffix}`,
    `token.azurecr.io/TOKEN created${suffix}`,
    "--- secret/acr-myregistry",
    "+++ secret/acr-myregistry",
    "@@ -0,0 +1,12 @@",
    "+apiVersion: v1",
    "+data:",
    '+  .dockerconfigjson: "***"',
    "+kind: Secret",
    "+metadata:",
    "+  annotations:",
    expect.stringMatching(/^\+ {4}acr-secret\/credential: .*TOKEN/),
    "+  labels:",
    "+    app.kubernetes.io/managed-by: kubectl-acr-secret",
    "+  name: acr-myregistry",
    "+  namespace: empty",
    "+type: kubernetes.io/dockerconfigjson",
    "",
  ]);
  expect(world.asking.writes).toEqual([]);
});

test.for(["", " --dry-run=server"])("shows that the login changes, but neither of the logins when --diff%s", async (how) => {
  const world = await setting();
  const typed = `create --registry myregistry.azurecr.io --username ci --password-stdin --verify=false --force -n other --diff${how}`;

  const { stdout, code } = await type(typed, world.ports, { stdin: "hunter2" });

  expect(code).toBe(1);
  expect(stdout).toContain('\n-  .dockerconfigjson: "*** (before)"\n+  .dockerconfigjson: "*** (after)"\n');
  expect(stdout).not.toContain(Buffer.from("hunter2").toString("base64").slice(0, 6));
});

test("colors removed lines red and added lines green on a terminal unless NO_COLOR is set", async () => {
  const world = await setting();
  const typed = "detach theirs -n demo --serviceaccount --diff";
  const terminal = { terminal: true, env: { TERM: "xterm" } };

  expect((await type(typed, world.ports, terminal)).stdout).toContain("\u001b[31m-- name: theirs\u001b[39m\n");
  expect((await type("attach -n demo --serviceaccount --diff", world.ports, terminal)).stdout).toContain(
    "\u001b[2m@@ -1,2 +1,3 @@\u001b[22m\n imagePullSecrets:\n - name: theirs\n\u001b[32m+- name: acr-myregistry\u001b[39m\n",
  );
  expect((await type(typed, world.ports, { ...terminal, env: { ...terminal.env, NO_COLOR: "" } })).stdout).not.toContain("\u001b");
});
