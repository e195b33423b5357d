import { beforeEach, expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import type { Pod } from "../../../src/objects.ts";
import { pullPod } from "../../../src/plan/pull-pod.ts";
import { namesIn } from "../../../src/plan/references.ts";
import { annotationKeys, tokenSubject } from "../../../src/secretless/objects.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { account, namespace, pullSecret } from "../../support/fakes/cluster.ts";
import { watch, worldOf } from "../../support/fakes/fleet.ts";
import { killedAtEach } from "../../support/fakes/killed-at-each.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type Run, type, type World } from "../../support/in-process.ts";
import { isAlive } from "../../support/rotating.ts";
import { after, deployment, everythingIn, image, making, running } from "../../support/situations/deleting.ts";

const issuer = "https://cluster.blob.core.windows.net/one";
const pulled: Pod["status"] = { containerStatuses: [{ name: "pull", state: { waiting: { reason: "RunContainerError" } } }] };
const migrating = "secretless migrate acr-myregistry";
const undoing = "secretless migrate --undo --registry myregistry";
/** A time after the claims of a killed run have expired. */
const later: World = { now: () => new Date("2026-01-01T00:05:00Z") };
const kept = "secret/acr-myregistry unchanged\n";
const done = `serviceaccount/default patched
token.azurecr.io/demo-acr-myregistry-b3ccbab127 deleted
scopemap.azurecr.io/demo-acr-myregistry-b3ccbab127 deleted
secret/acr-myregistry deleted
`;

/** A node that gives each new pod of the plugin this status. */
function nodeWith({ asking, cluster }: FakeWorld, status: Pod["status"] = pulled): void {
  asking.around(async ({ call, at, dryRun }, next) => {
    const answer = await next();
    const [, inside = "", name = ""] = /^pod (.*)\/(acr-secret-check-.*)$/.exec(at) ?? [];
    const pod = call === "create" && !dryRun ? cluster.get("pod", inside, name) : undefined;
    if (pod) cluster.put({ ...pod, spec: { ...pod.spec, nodeName: "worker-1" }, status });
    return answer;
  });
}

/** Namespaces whose default ServiceAccount lists a Secret, and is set up for pulls without it. Each has a Deployment. */
async function begin(names: readonly string[] = ["demo"], more = ""): Promise<FakeWorld> {
  const world = worldOf(names);
  world.cluster.put({ apiVersion: "v1", kind: "Node", metadata: { name: "worker-1" } });
  world.cluster.kubelets.issuer = issuer;
  world.cluster.kubelets.metrics = 'kubelet_credential_provider_config_info{hash="sha256:1"} 1\n';
  nodeWith(world);
  for (const name of names) world.cluster.put(deployment([], name));
  const scope = names.length === 1 ? `-n ${names[0]}` : `--namespaces ${names.join(",")} ${more}`;
  const setUps = names.map((name) => `secretless create default --registry myregistry -n ${name}`);
  return after(world, `${making} --serviceaccount default ${scope}`, ...setUps);
}

/** Whether a new pod in a namespace can pull: with the listed Secret, or as the ServiceAccount. */
function canPull(world: FakeWorld, at: string): boolean {
  const found = world.cluster.get("serviceaccount", at, "default");
  if (namesIn(found?.imagePullSecrets).includes("acr-myregistry")) return isAlive(world, at);
  const client = found?.metadata.annotations?.[annotationKeys.clientId];
  const identity = [...world.azure.identities.all.values()].find(({ clientId }) => clientId === client);
  const subject = tokenSubject({ kind: "serviceaccount", namespace: at, name: "default" });
  return identity?.credentials.some((one) => one.issuer === issuer && one.subject === subject) ?? false;
}

/** Everything, without the annotations and passwords that a new Secret has. */
const seen = (world: FakeWorld) => {
  const { objects, tokens, scopeMaps } = everythingIn(world);
  const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`);
  const lists = world.cluster
    .all("serviceaccount")
    .map(({ metadata, imagePullSecrets }) => [metadata.namespace, namesIn(imagePullSecrets)]);
  const grants = scopeMaps.map(({ name, actions }) => [name, actions]);
  return { names, lists, grants, tokens: tokens.map(({ name }) => name) };
};

let world: FakeWorld;
beforeEach(async () => {
  world = await begin();
});
const run = (line: string, more: World = {}): Promise<Run> => type(line, world.ports, more);

test("removes the Secret from the ServiceAccount, and then deletes it with its credential", async () => {
  const { stdout, stderr, code } = await run(`${migrating} -n demo`);

  expect({ stdout, code }).toEqual({ stdout: done, code: 0 });
  expect(stderr).toBe("serviceaccount/default: a node pulled 1 image without a pull secret\n");
  expect(seen(world)).toMatchObject({
    lists: [
      ["kube-system", []],
      ["demo", []],
    ],
    grants: [],
    tokens: [],
  });
  expect(world.cluster.all("pod")).toEqual([]);
});

test("changes nothing when it runs again", async () => {
  await run(`${migrating} -n demo`);
  world.asking.forget();

  expect(await run(`${migrating} -n demo`)).toEqual({ stdout: "", stderr: "", code: 0 });

  expect(world.asking.writes).toEqual([]);
});

test("keeps the other Secrets of the list", async () => {
  world.cluster.put(account("demo", "default", ["theirs", "acr-myregistry", "more"]));
  await type("secretless create default --registry myregistry -n demo", world.ports);

  await run(`${migrating} -n demo`);

  expect(namesIn(world.cluster.get("serviceaccount", "demo", "default")?.imagePullSecrets)).toEqual(["theirs", "more"]);
});

test.for(["client", "server"])("changes nothing and creates no pod with --dry-run=%s", async (how) => {
  const before = everythingIn(world);
  const { stdout, code } = await run(`${migrating} -n demo --dry-run=${how}`);

  const marked = done.replaceAll("\n", how === "client" ? " (dry run)\n" : " (server dry run)\n");
  expect({ stdout, code }).toEqual({ stdout: marked, code: 0 });
  expect(everythingIn(world)).toEqual(before);
  expect(world.asking.writes).toEqual([]);
});

test("shows the changes of the list and of the Secret with --diff", async () => {
  const { stdout, code } = await run(`${migrating} -n demo --diff`);

  expect(code).toBe(1);
  expect(stdout).toMatch(/^-imagePullSecrets:\n-- name: acr-myregistry\n/m);
  expect(stdout).toMatch(/^-kind: Secret\n/m);
  expect(world.asking.writes).toEqual([]);
});

test("prints each changed object with -o name", async () => {
  expect((await run(`${migrating} -n demo -o name`)).stdout).toMatch(/^serviceaccount\/default\n(.*\n)*secret\/acr-myregistry\n$/);
});

type Obstacle = { readonly why: string; readonly says: string; breaks(): unknown; readonly line?: string };

test.for<Obstacle>([
  {
    why: "a part fails",
    says: `${image}: token-exchange: the identity in annotation ${annotationKeys.clientId} does not exist in the tenant (AADSTS700016)`,
    breaks: () => {
      world.azure.identities.entra.refuses = 700016;
    },
  },
  {
    why: "a part is unknown",
    says: "node-provider: the cluster has no nodes",
    breaks: () => world.cluster.remove("node", "", "worker-1"),
  },
  {
    why: "the last of 102 nodes has no provider",
    says: "node-provider: node z without a credential provider",
    breaks: () => {
      const names = Array.from({ length: 100 }, (_, index) => `node-${index}`);
      for (const name of [...names, "z"]) world.cluster.put({ apiVersion: "v1", kind: "Node", metadata: { name } });
      world.asking.around(async (asked, next) => (is("metrics node z")(asked) ? "" : next()));
    },
  },
  {
    why: "a node cannot pull",
    says: "pod-pull: node worker-1 says: failed to fetch anonymous token: 401 Unauthorized",
    breaks: () =>
      nodeWith(world, {
        containerStatuses: [
          { name: "pull", state: { waiting: { reason: "ErrImagePull", message: "failed to fetch anonymous token: 401 Unauthorized" } } },
        ],
      }),
  },
  {
    why: "no node has pulled",
    says: "pod-pull: Node has insufficient memory",
    breaks: () => nodeWith(world, { phase: "Failed", message: "Node has insufficient memory" }),
  },
  {
    why: "pods can't be created",
    says: "pod-pull: ",
    breaks: () =>
      world.asking.around(refusing(is("create pod"), () => new CliError("forbidden", 'User "jane" cannot create resource "pods"'))),
  },
  ...[{ imagePullPolicy: "IfNotPresent" }, { image: "mirror.example/app/web:1" }].map((changed) => ({
    why: `admission changes ${Object.keys(changed)} of the pod`,
    says: "pod-pull: admission changes the image, the imagePullPolicy or the ServiceAccount of pods",
    breaks: () =>
      world.asking.around(async ({ call, at, dryRun }, next) => {
        const answer = (await next()) as Pod;
        if (call !== "create" || dryRun || !at.startsWith("pod ")) return answer;
        return { ...answer, spec: { ...answer.spec, containers: answer.spec.containers.map((one) => ({ ...one, ...changed })) } };
      }),
  })),
  {
    why: "it has no images",
    says: "no pod or template uses an image of the Secret; add --image",
    breaks: () => world.cluster.remove("deployment.apps", "demo", "web"),
  },
  {
    why: "--image is not in an Azure container registry",
    says: "evil.example is not an Azure container registry",
    breaks: () => undefined,
    line: `${migrating} -n demo --image evil.example/app:1`,
  },
  {
    why: "the Secret has another login",
    says: "ghcr.io is not an Azure container registry",
    breaks: () =>
      world.cluster.put(pullSecret("demo", "acr-myregistry", { "ghcr.io": { auth: "YTpi" }, "myregistry.azurecr.io": { auth: "YTpi" } })),
  },
])("changes nothing for a ServiceAccount when $why", async ({ says, breaks, line = `${migrating} -n demo` }) => {
  await breaks();
  const before = everythingIn(world);

  const { stdout, stderr, code } = await run(line);

  expect({ stdout, code }).toEqual({ stdout: kept, code: 1 });
  expect(stderr).toContain(`error: serviceaccount/default keeps secret/acr-myregistry: `);
  expect(stderr).toContain(says);
  expect(stderr).toContain("secret/acr-myregistry stays: it is listed by serviceaccount/default\n");
  expect(everythingIn(world)).toEqual(before);
});

test("sends no token of the identity to a host that is not an Azure container registry", async () => {
  await run(`${migrating} -n demo --image evil.example/app:1`);

  expect(world.asking.all.filter((call) => call.startsWith("exchange"))).toEqual([]);
});

test("migrates the other ServiceAccounts when one cannot pull, and keeps the Secret", async () => {
  world.cluster.put(account("demo", "api", ["acr-myregistry"]));

  const { stdout, stderr, code } = await run(`${migrating} -n demo --image ${image}`);

  expect({ stdout, code }).toEqual({ stdout: `serviceaccount/default patched\n${kept}`, code: 1 });
  expect(stderr).toContain("error: serviceaccount/api keeps secret/acr-myregistry");
  expect(stderr).toContain("hint: kubectl acr-secret secretless create api -n demo --registry myregistry.azurecr.io");
  expect(isAlive(world, "demo")).toBe(true);
});

test("keeps a Secret that a template lists itself, and prints the command that detaches it", async () => {
  world.cluster.put(deployment(["acr-myregistry"]));

  const { stdout, stderr, code } = await run(`${migrating} -n demo`);

  expect({ stdout, code }).toEqual({ stdout: `serviceaccount/default patched\n${kept}`, code: 0 });
  expect(stderr).toContain("secret/acr-myregistry stays: it is listed by deployment.apps/web:\n");
  expect(stderr).toContain("  kubectl acr-secret detach -n demo acr-myregistry deployment/web\n");
});

test("keeps a Secret that running pods list, and prints the command that restarts them", async () => {
  world.cluster.put(running("web-1"));
  const before = world.cluster.get("deployment.apps", "demo", "web");

  const { stdout, stderr, code } = await run(`${migrating} -n demo`);

  expect({ stdout, code }).toEqual({ stdout: `serviceaccount/default patched\n${kept}`, code: 0 });
  expect(stderr).toContain("it is listed by pod/web-1:\n");
  expect(stderr).toContain("kubectl acr-secret secretless migrate acr-myregistry -n demo --restart=all");
  expect(world.cluster.get("deployment.apps", "demo", "web")).toEqual(before);
});

test.for([
  { what: "template", object: deployment(["acr-myregistry"]), uses: "deployment.apps/web" },
  { what: "pod", object: running("web-1"), uses: "pod/web-1" },
])("does not tell to detach from or restart a $what whose ServiceAccount does not list the Secret and cannot pull", async (row) => {
  world.cluster.put(account("demo", "default"));
  world.cluster.put(row.object);

  const { stdout, stderr, code } = await run(`${migrating} -n demo --restart=all`);

  expect({ stdout, code }).toEqual({ stdout: kept, code: 1 });
  expect(stderr).toContain("hint: kubectl acr-secret secretless create default -n demo --registry myregistry.azurecr.io\n");
  expect(stderr).toMatch(new RegExp(`it is listed by ${row.uses}\n$`));
});

test("pulls an image once for each node selector of its pods", async () => {
  const { metadata, ...gpu } = deployment([]);
  const spec = { ...gpu.spec.template.spec, nodeSelector: { pool: "gpu" } };
  world.cluster.put({ ...gpu, metadata: { ...metadata, name: "gpu" }, spec: { template: { ...gpu.spec.template, spec } } });

  expect((await run(`${migrating} -n demo`)).stderr).toContain("a node pulled 1 image");

  expect(world.asking.writes.filter((call) => call.startsWith("create pod"))).toHaveLength(2);
});

test("prints no command for pods that a restart has not replaced", async () => {
  world.cluster.put(running("web-1"));

  expect((await run(`${migrating} -n demo --restart=all`)).stderr).toMatch(/stays: it is listed by pod\/web-1\n$/);
});

test("deletes the pods of all ServiceAccounts before it ends when it is interrupted", async () => {
  world.cluster.put(account("demo", "api", ["acr-myregistry"]));
  await after(world, "secretless create api --registry myregistry -n demo");
  nodeWith(world, {});
  const { live, started } = watch();
  let deletions = 0;
  world.asking.around(async (asked, next) => {
    if (is("get pod")(asked)) live().interrupt();
    // The second one takes longer
    if (is("delete pod")(asked) && !asked.dryRun && ++deletions === 2) await new Promise((resolve) => setTimeout(resolve, 20));
    return next();
  });

  expect(await run(`${migrating} -n demo --image ${image}`, { started })).toMatchObject({ code: 130, stdout: "" });

  expect({ deletions, pods: world.cluster.all("pod") }).toEqual({ deletions: 2, pods: [] });
});

test("prints no command for a pod that no rollout replaces", async () => {
  const { metadata, ...pod } = running("once");
  world.cluster.put({ ...pod, metadata: { ...metadata, ownerReferences: [] } });

  expect((await run(`${migrating} -n demo`)).stderr).toMatch(/stays: it is listed by pod\/once\n$/);
});

/** Replaces the pod after the rollout, some time later. */
function rollsOut(after: number): void {
  let reads = 0;
  world.asking.around(async ({ call, at }, next) => {
    const rolled = JSON.stringify(world.cluster.get("deployment.apps", "demo", "web")).includes("restartedAt");
    if (rolled && call === "list" && at === "pod demo" && ++reads === after) {
      world.cluster.remove("pod", "demo", "web-1");
      world.cluster.put(running("web-2", { names: [] }));
    }
    return next();
  });
}

test("restarts the workloads whose pods list the Secret, and waits for the new pods when --restart=all", async () => {
  world.cluster.put(running("web-1"));
  rollsOut(5);

  const { stdout, code } = await run(`${migrating} -n demo --restart=all`);

  const restarted = done.replace("patched\n", "patched\ndeployment.apps/web restarted\n");
  expect({ stdout, code }).toEqual({ stdout: restarted, code: 0 });
});

test("shows the restart and the deletion with --restart=all --dry-run=client", async () => {
  world.cluster.put(running("web-1"));

  const { stdout } = await run(`${migrating} -n demo --restart=all --dry-run=client`);

  expect(stdout).toContain("deployment.apps/web restarted (dry run)\n");
  expect(stdout).toContain("secret/acr-myregistry deleted (dry run)\n");
});

test("restarts no workload whose ServiceAccount keeps the Secret", async () => {
  world.cluster.put(running("web-1"));
  world.azure.identities.entra.refuses = 1;

  expect((await run(`${migrating} -n demo --restart=all`)).stdout).toBe(kept);
});

test("keeps a Secret of another tool, and a credential that another Secret holds", async () => {
  const auths = { "myregistry.azurecr.io": { auth: Buffer.from("ci:hunter2").toString("base64") } };
  world.cluster.put(pullSecret("demo", "acr-myregistry", auths));

  const { stdout, stderr, code } = await run(`${migrating} -n demo`);

  expect({ stdout, code }).toEqual({ stdout: `serviceaccount/default patched\n${kept}`, code: 0 });
  expect(stderr).toContain("was not created by kubectl acr-secret");
  expect(stderr).toContain("kubectl delete secret -n demo acr-myregistry\n");
});

test("keeps a credential that a namespace which is not migrated holds", async () => {
  world = await begin(["a", "b"], "--credential-per scope");

  expect(await run(`${migrating} -n a`)).toMatchObject({ code: 0, stderr: expect.stringContaining("still works because") });

  expect(isAlive(world, "b")).toBe(true);
});

test("continues in the other namespaces when one cannot be read", async () => {
  world = await begin(["a", "b"], "--credential-per scope");
  world.asking.around(refusing(is("list pod a"), () => new CliError("forbidden", "no")));

  const { stderr, code } = await run(`${migrating} --namespaces a,b`);

  expect({ code, errors: stderr.match(/error: /g) }).toEqual({ code: 1, errors: ["error: "] });
  expect([canPull(world, "a"), isAlive(world, "a"), world.cluster.get("secret", "b", "acr-myregistry")]).toEqual([true, true, undefined]);
});

test("creates the Secret again with --undo, only for ServiceAccounts that are set up, and keeps their annotations", async () => {
  world.cluster.put(account("demo", "other"));
  world.cluster.put(running("web-1", { names: [] }));
  const before = world.cluster.get("serviceaccount", "demo", "default")?.metadata.annotations;
  await run(`${migrating} -n demo`);
  world.asking.forget();

  const { stderr, code } = await run(`${undoing} -n demo`);

  expect(code).toBe(0);
  expect(stderr).toMatch(/^hint: .*\n {2}kubectl acr-secret secretless delete SERVICEACCOUNT --registry myregistry\n$/m);
  expect(world.asking.all.find((call) => /^(prove|patch secret) /.test(call))).toMatch(/^prove demo-acr-myregistry-/);
  expect(isAlive(world, "demo")).toBe(true);
  expect(world.cluster.get("serviceaccount", "demo", "default")).toMatchObject({
    metadata: { annotations: before },
    imagePullSecrets: [{ name: "acr-myregistry" }],
  });
  expect(world.cluster.get("serviceaccount", "demo", "other")?.imagePullSecrets).toBeUndefined();
});

test("ignores the pod that a killed run has left when --undo", async () => {
  const pull = { namespace: "demo", context: undefined, image, account: "default", names: ["acr-secret-none"], near: undefined };
  const left = pullPod(pull, "acr-secret-check-0123456789abcdef", new Date("2026-01-01T00:00:00Z"));
  world.cluster.put({ ...left, status: { phase: "Pending" } } as unknown as Pod);
  await run(`${migrating} -n demo`);

  expect((await run(`${undoing} -n demo --repository app/web`)).stderr).not.toContain("acr-secret-check");
});

test("prints a command that attaches to no other ServiceAccount when --undo finds no image", async () => {
  await run(`${migrating} -n demo`);

  const { stderr, code } = await run(`${undoing} -n demo`);

  expect(code).toBe(1);
  expect(stderr).toContain("acr-secret create");
  expect(stderr).not.toContain("--all-serviceaccounts");
});

test("skips namespaces without a ServiceAccount that is set up when --undo -A", async () => {
  world.cluster.put(namespace("empty"));
  world.cluster.put(account("empty"));
  await run(`${migrating} -n demo`);

  expect(await run(`${undoing} -A --credential-per namespace --repository app/web`)).toMatchObject({ code: 0 });

  expect(world.cluster.all("secret").map(({ metadata }) => metadata.namespace)).toEqual(["demo"]);
});

test("reports that no ServiceAccount is set up when --undo finds none", async () => {
  world.cluster.put(account("demo"));

  const { stderr, code } = await run(`${undoing} -n demo`);

  expect({ stderr, code }).toEqual({ stderr: `error: no ServiceAccount has the annotation ${annotationKeys.clientId}\n`, code: 1 });
});

const lines = [
  { what: "migrate", line: `${migrating} --namespaces a,b`, more: "--credential-per namespace" },
  { what: "migrate a shared credential", line: `${migrating} --namespaces a,b`, more: "--credential-per scope" },
  {
    what: "--undo",
    line: `${undoing} --namespaces a,b --credential-per namespace --repository app/web`,
    more: "--credential-per namespace",
    first: `${migrating} --namespaces a,b`,
  },
];

test.for(lines)("lets new pods pull at every request, and continues after a kill at any: $what", { timeout: 240_000 }, async (row) => {
  const { line, more, first } = row;
  const prepared = async () => {
    const made = await begin(["a", "b"], more);
    return first === undefined ? made : after(made, first);
  };
  const whole = await prepared();
  const refused: string[] = [];
  whole.asking.around(async ({ call, at, writes }, next) => {
    const answer = await next();
    if (writes) refused.push(...["a", "b"].filter((name) => !canPull(whole, name)).map((name) => `${name}: ${call} ${at}`));
    return answer;
  });
  expect(await type(line, whole.ports)).toMatchObject({ code: 0 });
  expect(refused).toEqual([]);
  let states = 0;
  for await (const { world: killed, where } of killedAtEach({ begin: prepared, line })) {
    states++;
    expect([where, canPull(killed, "a"), canPull(killed, "b")]).toEqual([where, true, true]);
    expect({ where, ...(await type(line, killed.ports, later)) }).toMatchObject({ where, code: 0 });
    for (const pod of killed.cluster.all("pod")) killed.cluster.remove("pod", pod.metadata.namespace ?? "", pod.metadata.name);
    expect({ where, ...seen(killed) }).toEqual({ where, ...seen(whole) });
  }
  expect(states).toBeGreaterThan(20);
});

test("completes the names of Secrets", async () => {
  const { stdout } = await run("__complete secretless -n demo migrate a", { patient: true });

  expect(stdout).toMatch(/^acr-myregistry\n/);
});

test.for(["create pod demo/", "patch serviceaccount", "patch secret", "deleteToken"])(
  "deletes its pods and continues in the next run after Ctrl-C during %s",
  async (call) => {
    let interrupt = () => {};
    const free = world.asking.around(async (asked, next) => {
      if (is(call)(asked)) interrupt();
      return next();
    });
    expect(await run(`${migrating} -n demo`, { started: (live) => (interrupt = live.interrupt) })).toMatchObject({ code: 130 });
    free();
    expect([canPull(world, "demo"), world.cluster.all("pod")]).toEqual([true, []]);

    expect(await run(`${migrating} -n demo`)).toMatchObject({ code: 0 });

    expect([world.cluster.all("secret"), world.azure.tokens.size]).toEqual([[], 0]);
  },
);

test.for([
  { line: "migrate a b", message: "secretless migrate accepts the name of one Secret" },
  { line: "migrate serviceaccount/a", message: "invalid Secret name" },
  { line: "migrate --undo", message: 'required flag(s) "registry" not set' },
  { line: "migrate --image a/b/C", message: "invalid" },
  { line: `migrate --undo --registry myregistry --image ${image}`, message: "--image cannot be used with --undo" },
  { line: "migrate --registry myregistry", message: "--registry, --repository and --credential-per require --undo" },
  { line: "create web --registry myregistry --undo", message: "--undo cannot be used with secretless create" },
  { line: "check web --image a -A", message: "--all-namespaces cannot be used with secretless check" },
  { line: "issuer --identity web", message: "--identity cannot be used with secretless issuer" },
  { line: "migrate --yes", message: "--yes cannot be used with secretless migrate" },
])("rejects `secretless $line`", async ({ line, message }) => {
  expect(await run(`secretless ${line}`)).toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
  expect(world.asking.writes).toEqual([]);
});
