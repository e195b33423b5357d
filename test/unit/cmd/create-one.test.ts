import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { type Asked, is, losing, refusing } from "../../support/fakes/asked.ts";
import { account, stuckPod } from "../../support/fakes/cluster.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const token = "demo-acr-myregistry-b3ccbab127";
const line = "create --registry myregistry --serviceaccount default -n demo";

/** A namespace whose pod waits for an image that it has no credential for. */
function demo(): FakeWorld {
  const world = fakeWorld();
  addNamespaces(world.cluster, "demo");
  world.cluster.put(stuckPod("demo", "web-1", "myregistry.azurecr.io/app/web:1"));
  return world;
}

/** What is there in the end. */
function left({ azure, cluster, loginIn }: FakeWorld) {
  const login = loginIn("demo");
  return {
    scopeMap: azure.scopeMaps.has(token),
    slots: [...(azure.tokens.get(token)?.passwords.keys() ?? [])].join(),
    secret: login ? (azure.knows(login) ? "alive" : "dead") : "none",
    attached: (cluster.get("serviceaccount", "demo", "default")?.imagePullSecrets ?? []).map(({ name }) => name).join(),
    pod: cluster.get("pod", "demo", "web-1") ? "waits" : "evicted",
  };
}

const nothing = { scopeMap: false, slots: "", secret: "none", attached: "", pod: "waits" };
const everything = { scopeMap: true, slots: "password1", secret: "alive", attached: "acr-myregistry", pod: "evicted" };

const made = `scopemap.azurecr.io/${token} created
token.azurecr.io/${token} created
secret/acr-myregistry created
serviceaccount/default patched
pod/web-1 restarted
`;

test("from an image in the registry to a pod that is made anew, and again without a write", async () => {
  const world = demo();

  expect(await type(line, world.ports)).toEqual({ stdout: made, stderr: "", code: 0 });
  expect(left(world)).toEqual(everything);
  expect(world.asking.writes).toEqual([
    `putScopeMap ${token}`,
    `putToken ${token}`,
    `generatePassword ${token} password1`,
    "create secret demo/acr-myregistry",
    "patch serviceaccount demo/default",
    "evict pod demo/web-1",
  ]);

  world.asking.forget();
  expect(await type(line, world.ports)).toEqual({
    stdout: `scopemap.azurecr.io/${token} unchanged
token.azurecr.io/${token} unchanged
secret/acr-myregistry unchanged
serviceaccount/default unchanged
`,
    stderr: "",
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
});

test("the server says whether it takes the Secret before a password is made, and the password pulls before it is written", async () => {
  const world = demo();

  await type(line, world.ports);

  const order = [
    "create secret demo/acr-myregistry (dry run)",
    `putScopeMap ${token}`,
    `generatePassword ${token} password1`,
    `prove ${token} app/web:1`,
    "create secret demo/acr-myregistry",
    "patch serviceaccount demo/default",
    "get pod demo/web-1",
    "evict pod demo/web-1",
  ];
  expect(world.asking.all.filter((text) => order.includes(text))).toEqual(order);
});

const refused = () => new CliError("forbidden", "Error from server (Forbidden): no");
const lost = () => new CliError("unreachable", "the answer was lost");
const exactly = (text: string) => (asked: Asked) => is(text)(asked) && asked.dryRun === text.endsWith("(dry run)");

/** What is printed of a run up to a line of `made`. */
const upTo = (text: string) => made.slice(0, made.indexOf(text));

test.for<{ call: string; out?: string; leaves: Partial<ReturnType<typeof left>> }>([
  { call: "findRegistry", leaves: nothing },
  { call: "get secret", leaves: nothing },
  { call: "get serviceaccount", leaves: nothing },
  { call: "list pod", leaves: nothing },
  { call: "token", leaves: nothing },
  { call: "create secret demo/acr-myregistry (dry run)", leaves: nothing },
  { call: "putScopeMap", leaves: nothing },
  { call: "putToken", leaves: nothing },
  { call: "generatePassword", leaves: nothing },
  { call: "prove", leaves: nothing },
  { call: "create secret demo/acr-myregistry", leaves: nothing },
  { call: "patch serviceaccount", out: upTo("serviceaccount"), leaves: { ...everything, attached: "", pod: "waits" } },
  { call: "get pod", out: upTo("pod"), leaves: { ...everything, pod: "waits" } },
  { call: "evict pod", out: upTo("pod"), leaves: { ...everything, pod: "waits" } },
])("where `$call` is refused, what was made is taken back, and what a Secret holds stays", async ({ call, out = "", leaves }) => {
  const world = demo();
  const permit = world.asking.around(refusing(exactly(call), refused));

  expect(await type(line, world.ports)).toEqual({ stdout: out, stderr: "Error from server (Forbidden): no\n", code: 1 });
  expect(left(world)).toEqual(leaves);

  permit();
  expect(await type(line, world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(left(world)).toEqual(everything);
});

test.for<{ call: string; code: number; stderr: string; leaves: Partial<ReturnType<typeof left>> }>([
  { call: "putScopeMap", code: 1, stderr: "error: the answer was lost\n", leaves: nothing },
  { call: "putToken", code: 1, stderr: "error: the answer was lost\n", leaves: nothing },
  {
    call: "generatePassword",
    code: 1,
    // Nobody can tell this password from one that another run made
    stderr: `error: the answer was lost\nhint: what this run made could not be taken back: az acr token delete --registry myregistry --name ${token}\n`,
    leaves: { ...nothing, scopeMap: true, slots: "password1" },
  },
  { call: "create secret demo/acr-myregistry", code: 0, stderr: "", leaves: everything },
  { call: "patch serviceaccount", code: 1, stderr: "error: the answer was lost\n", leaves: { ...everything, pod: "waits" } },
  { call: "evict pod", code: 1, stderr: "error: the answer was lost\n", leaves: everything },
])("where the answer to `$call` is lost, nothing is left that nobody knows of", async ({ call, code, stderr, leaves }) => {
  const world = demo();
  world.asking.around(losing(exactly(call), lost));

  expect(await type(line, world.ports)).toMatchObject({ stderr, code });
  expect(left(world)).toEqual(leaves);

  expect(await type(line, world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(left(world)).toMatchObject({ secret: "alive", attached: "acr-myregistry" });
});

test("what cannot be taken back is named with the command that removes it, and the rest is taken back", async () => {
  const world = demo();
  world.asking.around(refusing(exactly("create secret demo/acr-myregistry"), refused));
  world.asking.around(refusing(is("deleteToken"), () => new CliError("unreachable", "cannot reach Azure")));

  const { stderr, code } = await type(line, world.ports);

  expect(code).toBe(1);
  expect(stderr).toContain(`az acr token delete --registry myregistry --name ${token}`);
  expect(left(world)).toEqual({ ...nothing, scopeMap: true, slots: "password1" });
});

test("a Secret that another run writes first and that pulls stays, and the password that nobody needs goes", async () => {
  const world = demo();
  const [text = ""] = world.azure.putToken(token, ["password1"]);
  world.azure.putScopeMap({ name: token, actions: ["repositories/app/web/content/read", "repositories/app/web/metadata/read"] });
  const [at] = [...(world.azure.tokens.get(token)?.passwords.values() ?? [])].map(({ creationTime }) => creationTime);
  const theirs = { hosts: ["myregistry.azurecr.io"], kind: "acr-token", identity: token, slot: "password1", madeAt: at };
  const undo = world.asking.around(async (asked, next) => {
    if (exactly("create secret demo/acr-myregistry")(asked)) {
      undo();
      world.cluster.put(
        {
          apiVersion: "v1",
          kind: "Secret",
          metadata: {
            name: "acr-myregistry",
            namespace: "demo",
            labels: { "app.kubernetes.io/managed-by": "kubectl-acr-secret" },
            annotations: { "acr-secret/logins": JSON.stringify([theirs]) },
          },
          type: "kubernetes.io/dockerconfigjson",
          data: {
            ".dockerconfigjson": Buffer.from(
              JSON.stringify({ auths: { "myregistry.azurecr.io": { username: token, password: text } } }),
            ).toString("base64"),
          },
        },
        "kubectl-acr-secret",
      );
    }
    return next();
  });

  const { stdout, stderr, code } = await type(line, world.ports);

  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  expect(stdout).toBe("secret/acr-myregistry unchanged\nserviceaccount/default patched\npod/web-1 restarted\n");
  expect(world.loginIn("demo")?.password).toBe(text);
  expect(left(world)).toEqual(everything);
});

test("the namespace that is named is worked on, also where it is the system's", async () => {
  const world = fakeWorld();
  addNamespaces(world.cluster, "kube-system");

  expect(await type("create --registry myregistry --repository app/web -n kube-system", world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry created\n"),
    code: 0,
  });
});

test("a token that another run has come to use in the meantime stays with its scope map, without our password", async () => {
  const world = demo();
  const undo = world.asking.around(async (asked, next) => {
    if (!exactly("create secret demo/acr-myregistry")(asked)) return next();
    undo();
    const passwords = world.azure.tokens.get(token)?.passwords;
    passwords?.set("password2", { text: "theirs", creationTime: "2026-05-05T00:00:00Z", expiry: undefined });
    throw refused();
  });

  expect(await type(line, world.ports)).toEqual({ stdout: "", stderr: "Error from server (Forbidden): no\n", code: 1 });
  expect(left(world)).toEqual({ ...nothing, scopeMap: true, slots: "password2" });
  expect(world.azure.knows({ username: token, password: "theirs" })).toBe(true);
});

test("a scope map that appears while this run makes it is added to, and not replaced", async () => {
  const world = demo();
  const undo = world.asking.around(async (asked, next) => {
    if (!is("putScopeMap")(asked)) return next();
    undo();
    return next();
  });
  world.asking.around(async (asked, next) => {
    const answer = await next();
    if (is(`scopeMap ${token}`)(asked) && !world.azure.scopeMaps.has(token))
      world.azure.putScopeMap({ name: token, description: "theirs", actions: ["repositories/base/content/read"] });
    return answer;
  });

  expect(await type(line, world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(world.azure.scopeMaps.get(token)).toMatchObject({
    description: "theirs",
    actions: ["repositories/app/web/content/read", "repositories/app/web/metadata/read", "repositories/base/content/read"],
  });
});

/** Does something once, before the first call of this kind. */
function once(world: FakeWorld, call: string, act: () => void): void {
  const undo = world.asking.around(async (asked, next) => {
    if (!exactly(call)(asked)) return next();
    undo();
    act();
    return next();
  });
}

test("a password that another run makes between the look and the mint lives on: ours goes into the other slot", async () => {
  const world = demo();
  once(world, `putToken ${token}`, () => {
    once(world, `token ${token}`, () => world.azure.tokens.get(token)?.passwords.set("password1", theirs));
  });
  const theirs = { text: "theirs", creationTime: "2026-05-05T00:00:00Z", expiry: undefined };

  const { stderr, code } = await type(line, world.ports);

  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  expect(world.azure.knows({ username: token, password: "theirs" })).toBe(true);
  expect(left(world)).toEqual({ ...everything, slots: "password1,password2" });
});

test("a Secret that another run has written before ours is tried is decided anew", async () => {
  const world = demo();
  await type(line, world.ports);
  world.azure.tokens.get(token)?.passwords.clear();
  once(world, "patch secret demo/acr-myregistry (dry run)", () => {
    const secret = world.cluster.get("secret", "demo", "acr-myregistry");
    if (secret)
      world.cluster.put({ ...secret, metadata: { ...secret.metadata, labels: { ...secret.metadata.labels, team: "web" } } }, "team");
  });

  expect(await type(line, world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry configured\n"),
    stderr: "",
    code: 0,
  });
  expect(left(world)).toEqual(everything);
});

test("a password that has been made is known to the registry a little later, which is waited for", async () => {
  const world = demo();
  let asked = 0;
  world.asking.around(async (call, next) => {
    if (!is("prove")(call)) return next();
    asked++;
    return asked <= 3 ? { verdict: "refused", message: "not yet" } : next();
  });

  expect(await type(line, world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(asked).toBe(4);
  expect(left(world)).toEqual(everything);
});

test("a password that does not pull is in no Secret, and gone from Azure", async () => {
  const world = demo();
  world.asking.around(async (call, next) => (is("prove")(call) ? { verdict: "blocked", message: "a firewall is in the way" } : next()));

  expect(await type(line, world.ports)).toEqual({
    stdout: "",
    stderr:
      "error: the credential does not pull myregistry.azurecr.io/app/web: a firewall is in the way\n" +
      "hint: add --verify=false if only the cluster can reach the registry\n",
    code: 1,
  });
  expect(left(world)).toEqual(nothing);
});

test("pods are left where they are while their ServiceAccount could not be attached", async () => {
  const world = demo();
  world.asking.around(refusing(is("patch serviceaccount"), refused));

  expect(await type(line, world.ports)).toMatchObject({ stderr: "Error from server (Forbidden): no\n", code: 1 });
  expect(world.asking.all.filter((text) => text.includes("pod demo/web-1"))).toEqual([]);
});

test("of two ServiceAccounts, the pods of the one that could be attached are made anew", async () => {
  const world = demo();
  world.cluster.put(account("demo", "batch"));
  world.cluster.put(stuckPod("demo", "batch-1", "myregistry.azurecr.io/app/web:1", { serviceAccount: "batch" }));
  world.asking.around(refusing(is("patch serviceaccount demo/default"), refused));

  const { stdout, stderr, code } = await type(`${line} --serviceaccount batch`, world.ports);

  expect(stdout).toContain("serviceaccount/batch patched\npod/batch-1 restarted\n");
  expect({ stderr, code }).toEqual({ stderr: "Error from server (Forbidden): no\n", code: 1 });
  expect(world.cluster.get("pod", "demo", "web-1")).toBeDefined();
  expect(world.cluster.get("pod", "demo", "batch-1")).toBeUndefined();
});

test("a pod that came to run since it was looked at is left alone", async () => {
  const world = demo();
  world.asking.around(async (asked, next) => {
    if (is("get pod")(asked))
      world.cluster.put({
        ...stuckPod("demo", "web-1", "x"),
        status: { phase: "Running", containerStatuses: [{ name: "web", state: { running: {} } }] },
      });
    return next();
  });

  expect(await type(line, world.ports)).toMatchObject({ stdout: expect.stringContaining("pod/web-1 unchanged\n"), stderr: "", code: 0 });
  expect(world.cluster.get("pod", "demo", "web-1")).toBeDefined();
});

test("a pod that its kubelet writes to at the same time, and that still waits, is made anew", async () => {
  const world = demo();
  once(world, "evict pod demo/web-1", () => {
    const pod = world.cluster.get("pod", "demo", "web-1");
    if (pod) world.cluster.put({ ...pod, metadata: { ...pod.metadata, annotations: { seen: "again" } } });
  });

  expect(await type(line, world.ports)).toEqual({ stdout: made, stderr: "", code: 0 });
  expect(left(world)).toEqual(everything);
});

test("a pod of the same name that was made in the meantime is left alone", async () => {
  const world = demo();
  once(world, "get pod demo/web-1", () => {
    world.cluster.remove("pod", "demo", "web-1");
    world.cluster.put(stuckPod("demo", "web-1", "myregistry.azurecr.io/app/web:1", { names: ["acr-myregistry"] }));
  });

  expect(await type(line, world.ports)).toMatchObject({ stdout: expect.stringContaining("pod/web-1 unchanged\n"), code: 0 });
  expect(left(world)).toEqual({ ...everything, pod: "waits" });
});

test("a pod that no node takes is told, and not deleted", async () => {
  const world = demo();
  world.cluster.put({
    ...stuckPod("demo", "web-1", "myregistry.azurecr.io/app/web:1"),
    status: { phase: "Pending", conditions: [{ type: "PodScheduled", status: "False" }] },
  });

  const { stdout, stderr, code } = await type(line, world.ports);

  expect(stdout).toBe(upTo("pod"));
  expect(stderr).toBe(
    "Warning: pod/web-1 was made before serviceaccount/default carried acr-myregistry and waits for a node: " +
      "if it cannot pull there, kubectl delete pod web-1 -n demo\n",
  );
  expect(code).toBe(0);
  expect(left(world)).toEqual({ ...everything, pod: "waits" });
});

test("another's write to the Secret between look and write is looked at again, and a login that is dead is replaced", async () => {
  const world = demo();
  await type(line, world.ports);
  const [old] = [world.loginIn("demo")?.password];
  world.azure.tokens.get(token)?.passwords.clear();
  const undo = world.asking.around(async (asked, next) => {
    if (exactly("patch secret demo/acr-myregistry")(asked)) {
      undo();
      const secret = world.cluster.get("secret", "demo", "acr-myregistry");
      if (secret)
        world.cluster.put({ ...secret, metadata: { ...secret.metadata, labels: { ...secret.metadata.labels, team: "web" } } }, "team");
    }
    return next();
  });

  expect(await type(line, world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry configured\n"),
    stderr: "",
    code: 0,
  });
  expect(world.loginIn("demo")?.password).not.toBe(old);
  expect(left(world).secret).toBe("alive");
  expect(world.cluster.get("secret", "demo", "acr-myregistry")?.metadata.labels).toMatchObject({ team: "web" });
});

test("a Secret that is somebody else's is not touched, nor anything made for it", async () => {
  const world = demo();
  world.cluster.put({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "acr-myregistry", namespace: "demo" },
    type: "Opaque",
    data: { a: "" },
  });

  expect(await type(line, world.ports)).toEqual({
    stdout: "",
    stderr:
      'error: secret "acr-myregistry" in namespace "demo" (type Opaque) was not made by kubectl acr-secret\n' +
      "hint: name another Secret, or add --force to take this one over\n",
    code: 1,
  });
  expect(world.asking.writes).toEqual([]);
});

test("by force it is replaced: tried under another name first, and only as it was looked at", async () => {
  const world = demo();
  world.cluster.put({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "acr-myregistry", namespace: "demo" },
    type: "Opaque",
    data: { a: "" },
  });

  expect(await type(`${line} --force`, world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry replaced\n"),
    stderr: "",
    code: 0,
  });
  expect(world.asking.all).toContain("create secret demo/acr-myregistry-rehearsal (dry run)");
  expect(left(world)).toEqual(everything);
});

test("the old one comes back where the new one is refused after all", async () => {
  const world = demo();
  const old = world.cluster.put({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "acr-myregistry", namespace: "demo" },
    type: "Opaque",
    data: { a: "eA==" },
  });
  world.asking.around(refusing(exactly("create secret demo/acr-myregistry"), refused, 1));

  expect(await type(`${line} --force`, world.ports)).toMatchObject({ stderr: "Error from server (Forbidden): no\n", code: 1 });
  expect(world.cluster.get("secret", "demo", "acr-myregistry")).toMatchObject({ type: old.type, data: old.data });
  expect(left(world)).toMatchObject({ scopeMap: false, slots: "" });
});

test.for(["client", "server"])("--dry-run=%s makes nothing anywhere, and says what would be done", async (how) => {
  const world = demo();
  const suffix = how === "client" ? " (dry run)" : " (server dry run)";

  expect(await type(`${line} --dry-run=${how}`, world.ports)).toEqual({
    stdout: made.replaceAll("\n", `${suffix}\n`),
    stderr: "",
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
  expect(left(world)).toEqual(nothing);
});

test("--dry-run=server asks the server about each write, and --dry-run=client about none", async () => {
  const world = demo();

  await type(`${line} --dry-run=client`, world.ports);
  expect(world.asking.all.filter((text) => text.endsWith("(dry run)"))).toEqual([]);

  await type(`${line} --dry-run=server`, world.ports);
  expect(new Set(world.asking.all.filter((text) => text.endsWith("(dry run)")))).toEqual(
    new Set([
      "create secret demo/acr-myregistry (dry run)",
      "patch serviceaccount demo/default (dry run)",
      "evict pod demo/web-1 (dry run)",
    ]),
  );
});

test("what the server would refuse is told by --dry-run=server", async () => {
  const world = demo();
  world.asking.around(refusing(is("create secret demo/acr-myregistry (dry run)"), refused));

  expect(await type(`${line} --dry-run=server`, world.ports)).toEqual({
    stdout: "",
    stderr: "Error from server (Forbidden): no\n",
    code: 1,
  });
});

test("--dry-run -o plan is the plan itself: every step in its order, proof among them, what it needs, and what would take it back", async () => {
  const world = demo();

  const { stdout, stderr, code } = await type(`${line} --dry-run=client -o plan`, world.ports);

  const { apiVersion, kind, changes } = JSON.parse(stdout) as { apiVersion: string; kind: string; changes: Record<string, unknown>[] };
  expect({ apiVersion, kind, stderr, code }).toEqual({ apiVersion: "acr-secret/v1", kind: "Plan", stderr: "", code: 0 });
  expect(changes.map(({ act }) => act)).toEqual(["rehearse", "create", "create", "mint", "prove", "store", "attach", "restart"]);
  expect(changes[1]).toMatchObject({
    to: { kind: "scopemap.azurecr.io", name: token },
    after: ["repositories/app/web/content/read", "repositories/app/web/metadata/read"],
    because: "there is none",
    undo: { act: "delete", to: { kind: "scopemap.azurecr.io", name: token } },
  });
  expect(changes[3]).toMatchObject({ slot: "password1", inNew: true });
  expect(changes[4]).toMatchObject({ to: { kind: "registry", name: "myregistry.azurecr.io" }, repositories: ["app/web"], fresh: true });
  expect(changes[5]).toMatchObject({ entry: { kind: "acr-token", identity: token, slot: "password1" }, because: "there is none" });
  expect(changes[6]).toMatchObject({ needs: { kind: "secret", name: "acr-myregistry" }, before: [], after: ["acr-myregistry"] });
  expect(changes[7]).toMatchObject({ needs: { kind: "serviceaccount", name: "default" }, to: { kind: "pod", name: "web-1" } });
});

test("-o jsonl is a line for each outcome, and -o name what kubectl could take", async () => {
  const world = demo();

  const { stdout } = await type(`${line} -o jsonl --dry-run=client`, world.ports);
  const named = await type(`${line} -o name`, world.ports);

  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text) as Record<string, unknown>);
  expect(lines.map(({ object, result, dryRun }) => [object, result, dryRun])).toEqual([
    [`scopemap.azurecr.io/${token}`, "created", "client"],
    [`token.azurecr.io/${token}`, "created", "client"],
    ["secret/acr-myregistry", "created", "client"],
    ["serviceaccount/default", "patched", "client"],
    ["pod/web-1", "restarted", "client"],
  ]);
  expect(lines[2]).toEqual({
    apiVersion: "acr-secret/v1",
    kind: "Outcome",
    namespace: "demo",
    object: "secret/acr-myregistry",
    result: "created",
    dryRun: "client",
    because: "there is none",
  });
  expect(named.stdout).toBe("secret/acr-myregistry\nserviceaccount/default\npod/web-1\n");
});

test("-o json are objects that kubectl can apply", async () => {
  const world = demo();

  const { stdout } = await type(`${line} -o json`, world.ports);

  const { kind, items } = JSON.parse(stdout) as { kind: string; items: { kind: string; metadata: object }[] };
  expect(kind).toBe("List");
  expect(items.map((item) => item.kind)).toEqual(["Secret", "ServiceAccount"]);
  expect(items[0]?.metadata).not.toHaveProperty("managedFields");
});

test("a given credential is taken, and asks Azure for nothing", async () => {
  const world = demo();
  world.azure.users.set("ci", "hunter2");
  const given = "create --registry myregistry.azurecr.io --username ci --password-stdin --serviceaccount default -n demo";

  const first = await type(given, world.ports, { stdin: "hunter2\n" });
  expect(first).toEqual({
    stdout: "secret/acr-myregistry created\nserviceaccount/default patched\npod/web-1 restarted\n",
    stderr: "",
    code: 0,
  });
  expect(world.loginIn("demo")).toMatchObject({ username: "ci", password: "hunter2" });
  expect(world.asking.all.some((text) => /^(findRegistry|token|scopeMap)/.test(text))).toBe(false);

  world.asking.forget();
  expect(await type(given, world.ports, { stdin: "hunter2\n" })).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry unchanged\n"),
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
});

test.for(["https://myregistry.azurecr.io/", "HTTPS://myregistry.azurecr.io", "myregistry.azurecr.io/"])(
  "a login server that was copied from a browser is that login server: %s",
  async (registry) => {
    const world = demo();
    world.azure.users.set("ci", "hunter2");

    const { stdout, stderr } = await type(`create --registry ${registry} --username ci --password-stdin -n demo`, world.ports, {
      stdin: "hunter2\n",
    });

    expect({ stdout, stderr }).toEqual({ stdout: "secret/acr-myregistry created\n", stderr: "" });
    expect(world.loginIn("demo")).toMatchObject({ username: "ci", password: "hunter2" });
  },
);

test("a given credential that does not pull is in no Secret", async () => {
  const world = demo();

  const { stderr, code } = await type("create --registry myregistry.azurecr.io --username ci --password-stdin -n demo", world.ports, {
    stdin: "wrong",
  });

  expect({ stderr, code }).toEqual({
    stderr: "error: the credential does not pull myregistry.azurecr.io/app/web: myregistry.azurecr.io refuses the login\n",
    code: 1,
  });
  expect(world.asking.writes).toEqual([]);
});

test("an expired password is made anew, in its own slot", async () => {
  const world = demo();
  await type(`${line} --expires-in 30d`, world.ports);
  const before = world.loginIn("demo")?.password;

  const { stdout, code } = await type(line, world.ports, { now: () => new Date("2026-03-01T00:00:00Z") });

  expect(code).toBe(0);
  expect(stdout).toBe(`scopemap.azurecr.io/${token} unchanged
token.azurecr.io/${token} configured
secret/acr-myregistry configured
serviceaccount/default unchanged
`);
  expect(world.loginIn("demo")?.password).not.toBe(before);
  expect(left(world)).toMatchObject({ slots: "password1", secret: "alive" });
});

test("a login that stands under a path of the registry is found, and not taken for dead", async () => {
  const world = demo();
  await type(line, world.ports);
  const secret = world.cluster.get("secret", "demo", "acr-myregistry");
  const config = Buffer.from(secret?.data?.[".dockerconfigjson"] ?? "", "base64")
    .toString()
    .replace("myregistry.azurecr.io", "myregistry.azurecr.io/app");
  if (secret) world.cluster.put({ ...secret, data: { ".dockerconfigjson": Buffer.from(config).toString("base64") } }, "kubectl-acr-secret");
  world.asking.forget();

  expect(await type(line, world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry unchanged\n"),
    stderr: "",
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
});
