import { expect, test } from "vitest";
import { demo, line, token } from "../../support/demo.ts";
import { namespace } from "../../support/fakes/cluster.ts";
import { addNamespaces, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

/** Creates a registry with the system scope map `_repositories_pull`. */
function world(...actions: string[]) {
  const made = demo();
  made.azure.putScopeMap({ name: "_repositories_pull", actions: ["repositories/*/content/read", ...actions] });
  return made;
}

const named = `${line} --scope-map _repositories_pull`;

test("a token gets a scope map that exists, which stays as it is; a second run changes nothing", async () => {
  const in_ = world("repositories/*/metadata/read");
  const before = JSON.stringify([...in_.azure.scopeMaps]);

  expect(await type(named, in_.ports)).toEqual({
    stdout: `scopemap.azurecr.io/_repositories_pull unchanged
token.azurecr.io/${token} created
secret/acr-myregistry created
serviceaccount/default patched
pod/web-1 restarted
`,
    stderr: "",
    code: 0,
  });
  expect(in_.azure.tokens.get(token)?.scopeMapId).toMatch(/\/scopeMaps\/_repositories_pull$/);
  expect((await type(named, in_.ports)).stdout).toContain("secret/acr-myregistry unchanged\n");
  // A second run does not need the flag again.
  expect((await type(line, in_.ports)).stdout).toContain("secret/acr-myregistry unchanged\n");
  expect(JSON.stringify([...in_.azure.scopeMaps])).toBe(before);
});

test("prints the rights beyond reading of a named scope map", async () => {
  const in_ = world("repositories/*/content/write");

  expect(await type(named, in_.ports)).toMatchObject({
    stderr: `Warning: token "${token}" may also: * push\n`,
    code: 0,
  });
});

test.for<{ why: string; typed: string; stderr: string; code: number }>([
  {
    why: "there is none of that name",
    typed: `${line} --scope-map nowhere`,
    stderr:
      'error: registry "myregistry" has no scope map "nowhere"\n' +
      'hint: az acr scope-map list --registry myregistry --query "[].name" -o tsv\n',
    code: 1,
  },
  {
    why: "it does not allow what is named",
    typed: `${line} --scope-map narrow --repository app/api`,
    stderr: 'error: the scope map "narrow" does not let pull app/api\nhint: let it in Azure, or name another token with --acr-token\n',
    code: 1,
  },
  {
    why: "the token has another one",
    typed: `${line} --scope-map narrow --acr-token ci-pull`,
    stderr: 'error: the ACR token "ci-pull" has the scope map "ci-map"\nhint: name another token with --acr-token\n',
    code: 1,
  },
  {
    why: "it can have no such name",
    typed: `${line} --scope-map a/b/c/d`,
    stderr:
      'error: invalid --scope-map "a/b/c/d": 5 to 50 letters, digits, hyphens and underscores\nhint: kubectl acr-secret create --help\n',
    code: 1,
  },
])("a scope map that will not do is refused before anything is made: $why", async ({ typed, stderr, code }) => {
  const in_ = world();
  in_.azure.putScopeMap({ name: "narrow", actions: ["repositories/app/web/content/read"] });
  in_.azure.putScopeMap({ name: "ci-map", actions: ["repositories/app/web/content/read"] });
  in_.azure.putToken("ci-pull", [], "ci-map");

  expect(await type(typed, in_.ports)).toEqual({ stdout: "", stderr, code });
  expect(in_.asking.writes).toEqual([]);
});

test("it says nothing beside another kind of credential, nor beside what would change it", async () => {
  for (const other of ["--admin", "--repositories-from-pods", "--username=ci --password-stdin"])
    expect((await type(`${named} ${other}`, world().ports)).code).toBe(1);
});

test("what pods use and the scope map does not allow is told by nobody: nothing here grants it", async () => {
  const in_ = demo();
  in_.azure.putScopeMap({ name: "narrow", actions: ["repositories/app/api/content/read"] });

  const { stdout } = await type(`${line} --scope-map narrow`, in_.ports);
  expect(stdout).not.toContain("pod/web-1 restarted");
});

test("refuses to add repositories to a scope map that another token has, and its command adds them", async () => {
  const made = demo();
  made.azure.images.add("app/api:1");
  await type(line, made.ports);
  await type(`create other --registry myregistry -n demo --acr-token ci-two --scope-map ${token}`, made.ports);
  made.asking.forget();

  const { stderr, code } = await type(`${line} --repository app/api`, made.ports);

  expect(code).toBe(1);
  expect(stderr).toContain(`error: the scope map "${token}" is also that of ci-two, which gets its repositories\n`);
  expect(made.asking.writes).toEqual([]);
  const hint = /hint: kubectl acr-secret (.*)\n/.exec(stderr)?.[1] ?? "";
  expect(await type(hint, made.ports)).toMatchObject({ stderr: expect.stringContaining("ci-two"), code: 0 });
  expect(made.azure.scopeMaps.get(token)?.actions).toContain("repositories/app/api/content/read");
});

test.for([
  { why: "its scope map is never changed", more: "--scope-map _repositories_pull" },
  { why: "its scope map is described by another tool", more: "--acr-token citoken" },
])("refuses to share a token by several clusters when $why, so that none of them deletes its password", async ({ more }) => {
  const in_ = fakeWorld({ contexts: ["prod", "dev"] });
  for (const [context, cluster] of in_.clusters) {
    cluster.put(namespace("kube-system", { uid: `kube-system-of-${context}` }));
    addNamespaces(cluster, "team");
  }
  for (const name of ["_repositories_pull", "citoken"])
    in_.azure.putScopeMap({
      name,
      description: "theirs",
      actions: ["repositories/app/web/content/read", "repositories/app/web/metadata/read"],
    });
  const shared = `create --registry myregistry --repository app/web -n team --credential-per scope ${more}`;

  const { stderr, code } = await type(`${shared} --contexts prod,dev`, in_.ports);

  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: several clusters cannot share the ACR token ".*": the description of its scope map does not name them\n/);
  expect(in_.asking.writes).toEqual([]);
  expect(await type(`${shared} --contexts prod`, in_.ports)).toMatchObject({ code: 0 });
});
