import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import type { Metadata } from "../../../src/objects.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { namespace } from "../../support/fakes/cluster.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import { type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { here, leftOver, putToken, tokenIn, type } from "../../support/left-over.ts";

const line = "prune --registry myregistry";
const forbidden = () => new CliError("forbidden", "Error from server (Forbidden): no");
const made = "kubectl acr-secret: secret acr in namespace demo";

test("a token whose Secret is gone is shown, and removed with its scope map once that is said", async () => {
  const world = await leftOver();
  const [kept, name] = [tokenIn(world, "a"), tokenIn(world, "b")];

  expect(await type(line, world)).toEqual({
    stdout: `NAME                          KIND    FOR                                    AGE   LAST USE    STATE
${name}   token   secret acr-myregistry in namespace b   59d   <unknown>   orphan
`,
    stderr: "1 would be removed; add --yes\n",
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);

  expect(await type(`${line} --yes`, world)).toEqual({
    stdout: `token.azurecr.io/${name} deleted\nscopemap.azurecr.io/${name} deleted\n`,
    stderr: "",
    code: 0,
  });
  expect(world.asking.writes).toEqual([`deleteToken ${name}`, `deleteScopeMap ${name}`]);
  expect([[...world.azure.tokens.keys()], [...world.azure.scopeMaps.keys()]]).toEqual([[kept], [kept]]);
  expect(await type(`${line} --yes`, world)).toEqual({ stdout: "", stderr: "nothing is left over\n", code: 0 });
});

test("what others made is not seen, what other clusters may hold is told apart, and what says no cluster takes its own word", async () => {
  const world = worldOf(["a"]);
  putToken(world, "theirs", "the pipeline's");
  putToken(world, "other-acr", `${made} of cluster 00000000`);
  putToken(world, "older-acr", made);

  expect(await type(line, world)).toEqual({
    stdout: `NAME        KIND    FOR                            AGE   LAST USE    STATE
older-acr   token   secret acr in namespace demo   59d   <unknown>   unknown
other-acr   token   secret acr in namespace demo   59d   <unknown>   other cluster
`,
    stderr:
      "hint: made for other clusters: 1; --contexts adds theirs, so that they can be told\n" +
      "hint: made for a cluster that is not said: 1; --include-unknown takes them too\n",
    code: 0,
  });
  await type(`${line} --yes --include-unknown`, world);
  expect([...world.azure.tokens.keys()]).toEqual(["theirs", "other-acr"]);
});

/** Creates two different clusters. */
function twoClusters() {
  const world = fakeWorld({ contexts: ["prod", "dev"] });
  for (const [context, cluster] of world.clusters)
    for (const name of ["kube-system", "a"]) cluster.put(namespace(name, { uid: `${name} of ${context}` }));
  return world;
}

const states = async (more: string, world: FakeWorld) =>
  (await type(`${line} ${more} -o wide --no-headers`, world)).stdout.split("\n").flatMap((row) => row.split(/ {2,}/)[5] ?? []);

test("what other contexts hold is known where these are given", async () => {
  const world = twoClusters();
  await type("create --registry myregistry --repository app/web --namespaces a --contexts prod,dev --credential-per namespace", world);
  expect(world.azure.tokens.size).toBe(2);
  for (const cluster of world.clusters.values()) cluster.remove("secret", "a", "acr-myregistry");

  expect(await states("--contexts prod", world)).toEqual(["orphan", "other cluster"]);
  expect(await states("--contexts prod,dev", world)).toEqual(["orphan", "orphan"]);
  expect(await states("--all-contexts", world)).toEqual(["orphan", "orphan"]);
  world.asking.around(refusing(is("list secret"), forbidden, 1));
  expect(await states("--all-contexts", world)).toEqual(["orphan", "other cluster"]);
});

test("one that clusters share is left over where none of them holds it", async () => {
  const world = twoClusters();
  await type("create --registry myregistry --repository app/web --namespaces a --contexts prod,dev --credential-per scope", world);
  world.clusters.get("prod")?.remove("secret", "a", "acr-myregistry");

  expect(await states("--contexts prod", world)).toEqual(["other cluster"]);
  expect(await states("--all-contexts", world)).toEqual(["in use"]);
  world.clusters.get("dev")?.remove("secret", "a", "acr-myregistry");
  expect(await states("--contexts prod", world)).toEqual(["other cluster"]);
  expect(await states("--all-contexts", world)).toEqual(["orphan"]);
});

test.for([{ at: "scopemap.azurecr.io/demo-acr" }, { at: "token.azurecr.io/demo-acr" }])(
  "a run that was killed may have left $at behind",
  async ({ at }) => {
    const world = worldOf(["a"]);
    putToken(world, "demo-acr", `${made} of cluster ${here}`, []);
    if (at.startsWith("scopemap"))
      await world.azure.azure({ halted: false, signal: () => new AbortController().signal } as never).deleteToken({} as never, "demo-acr");

    const { stdout, code } = await type(`${line} --yes`, world);

    expect({ stdout: stdout.split("\n").at(0), code }).toEqual({ stdout: `${at} deleted`, code: 0 });
    expect([world.azure.tokens.size, world.azure.scopeMaps.size]).toEqual([0, 0]);
  },
);

test("a scope map that another token uses stays", async () => {
  const world = worldOf(["a"]);
  world.azure.putScopeMap({ name: "demo-acr", description: `${made} of cluster ${here}`, actions: [] });
  world.azure.putToken("theirs", ["password1"], "demo-acr");

  expect(await type(`${line} --yes`, world)).toMatchObject({ stdout: "", stderr: "nothing is left over\n", code: 0 });
  expect((await type(`${line} -o wide --no-headers`, world)).stdout).toMatch(
    /^demo-acr +scope map .* in use +[0-9a-f]{8} +demo-acr +<none>\n$/,
  );
});

test("a token stays whose scope map another token has been given, since that would go with it", async () => {
  const world = worldOf(["a"]);
  world.azure.putScopeMap({ name: "demo-acr", description: `${made} of cluster ${here}`, actions: [] });
  world.azure.putToken("demo-acr", ["password1"]);
  world.azure.putToken("theirs", ["password1"], "demo-acr");

  expect(await type(`${line} --older-than 0s --yes`, world)).toMatchObject({ stdout: "", stderr: "nothing is left over\n", code: 0 });
  expect(world.azure.tokens.has("demo-acr")).toBe(true);
});

test("what a run may just be making stays: by Azure's clock, and where that is not told, all of it", async () => {
  const world = await leftOver();
  const name = tokenIn(world, "b");
  world.azure.times.set(name, { madeAt: "2026-01-01T00:00:00Z", changedAt: "2026-02-28T23:51:00Z" });
  expect((await type(line, world)).stdout).toContain("too recent");

  world.azure.times.delete(name);
  world.azure.clock.at = undefined;
  expect((await type(line, world)).stdout).toContain("too recent");
  expect(await type(`${line} --yes`, world)).toMatchObject({ code: 0 });
  expect(world.asking.writes).toEqual([]);
});

test.for([
  { what: "list secret", says: "Error from server (Forbidden): no" },
  { what: "get namespace kube-system", says: "its namespace kube-system cannot be read, by which it is known" },
])("where `$what` is refused nothing of the cluster counts as left over", async ({ what, says }) => {
  const world = await leftOver();
  world.asking.around(refusing(is(what), forbidden));

  const { stdout, stderr, code } = await type(`${line} --include-unknown --yes`, world);

  expect({ stderr, code }).toEqual({
    stderr:
      "Warning: nothing that was made for this cluster counts as left over, since nobody can tell what its Secrets hold: " +
      `${says}\nhint: made for other clusters: ${what === "list secret" ? 2 : 1}; --contexts adds theirs, so that they can be told\n`,
    code: 0,
  });
  expect(stdout).toContain("other cluster");
  expect(world.asking.writes).toEqual([]);
});

test("a cluster that does not answer is the run's error", async () => {
  const world = await leftOver();
  world.asking.around(refusing(is("list secret"), () => new CliError("unreachable", "Unable to connect to the server: no")));

  expect(await type(line, world)).toEqual({ stdout: "", stderr: "Unable to connect to the server: no\n", code: 1 });
});

test("a Secret that comes to note it before it goes keeps it", async () => {
  const world = await leftOver();
  const secret = world.cluster.get("secret", "a", "acr-myregistry");
  const name = tokenIn(world, "b");
  const undo = world.asking.around(async (asked, next) => {
    const answer = await next();
    if (is("stock")(asked) && secret) {
      const note = JSON.stringify([{ hosts: ["myregistry.azurecr.io"], kind: "acr-token", identity: name, slot: "password1" }]);
      const metadata = { ...secret.metadata, namespace: "b", uid: "another", annotations: { "acr-secret/logins": note } };
      world.cluster.put({ ...secret, metadata });
    }
    return answer;
  });

  expect(await type(`${line} --yes`, world)).toEqual({
    stdout: `token.azurecr.io/${name} unchanged\n`,
    stderr: `Warning: ${name} stays: a Secret has come to hold it\n`,
    code: 0,
  });
  undo();
  expect(world.asking.writes).toEqual([]);
});

test("a password that somebody makes anew before it goes keeps the token", async () => {
  const world = await leftOver();
  const name = tokenIn(world, "b");
  world.asking.around(async (asked, next) => {
    const answer = await next();
    if (is("stock")(asked)) world.azure.putToken(name, ["password1", "password2"]);
    return answer;
  });

  expect(await type(`${line} --yes`, world)).toMatchObject({ stderr: `Warning: ${name} stays: it has changed since\n`, code: 0 });
  expect(world.asking.writes).toEqual([]);
});

test("at a terminal it asks", async () => {
  const world = await leftOver();
  const at = (answer: boolean) => type(line, world, { answers: [answer], env: { CI: undefined } });

  const no = await at(false);
  expect({ ...no, stdout: "" }).toEqual({
    stdout: "",
    stderr: "Remove 1 from registry myregistry? [y/N] n\nerror: nothing is removed\n",
    code: 1,
  });
  expect(world.asking.writes).toEqual([]);

  const yes = await at(true);
  expect(yes.stdout).toContain(`token.azurecr.io/${tokenIn(await leftOver(), "b")} deleted\n`);
  expect(yes).toMatchObject({ stderr: "Remove 1 from registry myregistry? [y/N] y\n", code: 0 });
});

test.for(["client", "server"])("--dry-run=%s shows what would go, and touches nothing", async (how) => {
  const world = await leftOver();
  const name = tokenIn(world, "b");
  const suffix = how === "client" ? "(dry run)" : "(server dry run)";

  expect(await type(`${line} --dry-run=${how}`, world)).toEqual({
    stdout: `token.azurecr.io/${name} deleted ${suffix}\nscopemap.azurecr.io/${name} deleted ${suffix}\n`,
    stderr: "",
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
});

test("for programs: what there is, and what has become of it", async () => {
  const world = await leftOver();
  const [kept, name] = [tokenIn(world, "a"), tokenIn(world, "b")];
  const row = { apiVersion: "acr-secret/v1", kind: "Leftover", what: "token", credential: "acr-token", clusters: [here] };
  const orphan = { ...row, object: `token.azurecr.io/${name}`, identity: name, state: "orphan", goes: true };

  const looked = await type(`${line} -o jsonl`, world);
  expect(
    looked.stdout
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text)),
  ).toMatchObject([
    { ...orphan, for: "secret acr-myregistry in namespace b", passwords: [{ slot: "password1" }] },
    { object: `token.azurecr.io/${kept}`, state: "in use", goes: false },
  ]);
  expect(JSON.parse((await type(`${line} -o json`, world)).stdout)).toMatchObject({
    kind: "LeftoverList",
    items: [orphan, { state: "in use" }],
  });
  expect((await type(`${line} -o name`, world)).stdout).toBe(`token.azurecr.io/${name}\n`);

  expect(JSON.parse((await type(`${line} -o json --dry-run`, world)).stdout)).toMatchObject({
    kind: "OutcomeList",
    items: [{ object: `token.azurecr.io/${name}`, result: "deleted", dryRun: "client" }, { result: "deleted" }],
  });
  expect((await type(`${line} -o jsonl --dry-run`, world)).stdout.split("\n")).toHaveLength(3);
  expect((await type(`${line} -o name --yes`, world)).stdout).toBe(`token.azurecr.io/${name}\nscopemap.azurecr.io/${name}\n`);
});

test("what cannot be removed is told with the command that does it, and the exit code is 1", async () => {
  const world = await leftOver();
  const name = tokenIn(world, "b");
  world.asking.around(refusing(is("deleteToken"), () => new CliError("forbidden", "cannot delete token: no")));

  expect(await type(`${line} --yes`, world)).toEqual({
    stdout: "",
    stderr: `error: cannot delete token: no\nWarning: it is not removed; to remove it yourself:\n  az acr token delete --registry myregistry --name ${name}\n`,
    code: 1,
  });
  expect(world.azure.scopeMaps.has(name)).toBe(true);
});

test("--older-than says what counts as just made", async () => {
  const world = await leftOver();
  world.azure.times.set(tokenIn(world, "b"), { madeAt: "2026-02-28T23:00:00Z", changedAt: "2026-02-28T23:00:00Z" });

  expect((await type(`${line} --older-than 2h`, world)).stdout).toContain("too recent");
  expect((await type(`${line} --older-than 30m`, world)).stdout).toContain("orphan");
  expect((await type(`${line} --older-than 0s`, world)).stdout).toContain("orphan");
  expect(await type(`${line} --older-than soon`, world)).toMatchObject({
    stderr: expect.stringContaining('invalid --older-than "soon"'),
    code: 1,
  });
});

test.for(["-5m", "-1s", "-1h30m"])("refuses --older-than %s", async (text) => {
  expect(await type(`${line} --older-than=${text}`, await leftOver())).toMatchObject({
    stdout: "",
    stderr: expect.stringContaining(`invalid --older-than "${text}"`),
    code: 1,
  });
});

test.for<{ what: string; change: Partial<Metadata> }>([
  { what: "the label of another tool", change: { labels: { "app.kubernetes.io/managed-by": "Helm" } } },
  { what: "no label", change: { labels: {} } },
  { what: "neither label nor annotation", change: { labels: {}, annotations: {} } },
  { what: "an annotation that cannot be read", change: { labels: {}, annotations: { "acr-secret/logins": "{" } } },
])("keeps the token of a Secret with $what", async ({ change }) => {
  const world = await leftOver();
  const secret = world.cluster.get("secret", "a", "acr-myregistry");
  if (secret) world.cluster.put({ ...secret, metadata: { ...secret.metadata, ...change } });
  const [kept, left] = [tokenIn(world, "a"), tokenIn(world, "b")];

  const { stdout, code } = await type(`${line} --older-than 0s --yes`, world);

  expect({ stdout, code }).toEqual({ stdout: expect.not.stringContaining(kept), code: 0 });
  expect(stdout).toContain(left);
  expect([...world.azure.tokens.keys()]).toEqual([kept]);
});

test("keeps the token of an Opaque Secret without our label that the annotation names", async () => {
  const world = await leftOver();
  const secret = world.cluster.get("secret", "a", "acr-myregistry");
  world.cluster.remove("secret", "a", "acr-myregistry");
  if (secret) world.cluster.put({ ...secret, type: "Opaque", data: {}, metadata: { ...secret.metadata, labels: {} } });

  await type(`${line} --older-than 0s --yes`, world);

  expect([...world.azure.tokens.keys()]).toEqual([tokenIn(world, "a")]);
});

test("says what is too recent to remove, and not that nothing is left over", async () => {
  const world = await leftOver();
  world.azure.times.set(tokenIn(world, "b"), { madeAt: "2026-02-28T23:59:00Z", changedAt: "2026-02-28T23:59:00Z" });

  const { stdout, stderr } = await type(line, world);

  expect(stdout).toContain("too recent (changed less than 10m ago, see --older-than)");
  expect(stderr).toBe("hint: too recent to remove: 1; they changed less than 10m ago, see --older-than\n");
});

test("a registry has to be named", async () => {
  expect(await type("prune", worldOf([]))).toMatchObject({
    stderr: expect.stringContaining('required flag(s) "registry" not set'),
    code: 1,
  });
});
