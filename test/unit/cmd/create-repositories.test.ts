import { expect, test } from "vitest";
import { pullActions } from "../../../src/credential/acr-token/scope-map.ts";
import { demo, granted, line, next, token } from "../../support/demo.ts";
import { account, stuckPod } from "../../support/fakes/cluster.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const pod = (name: string, repository: string) => stuckPod("demo", name, `myregistry.azurecr.io/${repository}:1`);

/** Creates a namespace whose Secret can pull app/web. A tenant has then created a pod with another team's image. */
async function joined(...more: readonly string[]): Promise<FakeWorld> {
  const world = demo();
  await type(line, world.ports);
  for (const repository of ["finance/payroll", ...more]) {
    world.azure.images.add(`${repository}:1`);
    world.cluster.put(pod(repository.replaceAll("/", "-"), repository));
  }
  world.asking.forget();
  return world;
}

const unchanged = `scopemap.azurecr.io/${token} unchanged
token.azurecr.io/${token} unchanged
secret/acr-myregistry unchanged
serviceaccount/default unchanged
`;
const grants =
  "kubectl acr-secret create -n demo acr-myregistry --registry myregistry --repository finance/payroll --serviceaccount default";
const waits =
  "Warning: pod/finance-payroll waits for finance/payroll, which secret/acr-myregistry may not pull: add --repository finance/payroll\n";

test("reads comma lists of repositories and ServiceAccounts", async () => {
  const world = demo();
  world.azure.images.add("app/api:1");
  world.cluster.put(account("demo", "worker"));

  expect(
    await type("create --registry myregistry --repository app/web,app/api --serviceaccount default,sa/worker -n demo", world.ports),
  ).toMatchObject({ code: 0 });

  expect(granted(world)).toEqual(["app/api", "app/web"]);
  for (const name of ["default", "worker"])
    expect(world.cluster.get("serviceaccount", "demo", name)?.imagePullSecrets).toEqual([{ name: "acr-myregistry" }]);
});

test("a rerun grants nothing that only a pod asks for: it names that, and the command which grants it", async () => {
  const world = await joined();

  expect(await type(line, world.ports)).toEqual({
    stdout: unchanged,
    stderr: `${waits}Warning: pods use finance/payroll, which secret/acr-myregistry may not pull:\n  ${grants}\n`,
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
  expect(granted(world)).toEqual(["app/web"]);

  expect(await type(grants.replace("kubectl acr-secret ", ""), world.ports)).toEqual({
    stdout: `scopemap.azurecr.io/${token} configured (+finance/payroll)
token.azurecr.io/${token} unchanged
secret/acr-myregistry unchanged
serviceaccount/default unchanged
pod/finance-payroll restarted
`,
    stderr: "",
    code: 0,
  });
  expect(granted(world)).toEqual(["app/web", "finance/payroll"]);
});

test.for([
  { why: "the Secret is gone", loses: (world: FakeWorld) => world.cluster.remove("secret", "demo", "acr-myregistry") },
  {
    why: "the Secret's note is gone",
    loses: (world: FakeWorld) => {
      const secret = world.cluster.get("secret", "demo", "acr-myregistry");
      const { annotations, ...metadata } = secret?.metadata ?? { name: "" };
      if (secret) world.cluster.put({ ...secret, metadata }, "kubectl-acr-secret");
    },
  },
])("who can delete the Secret has no more granted by that: $why", async ({ loses }) => {
  const world = await joined();
  loses(world);

  const { stderr, code } = await type(`${line} --force`, world.ports);

  expect({ stderr, code }).toEqual({
    stderr: `${waits}Warning: pods use finance/payroll, which secret/acr-myregistry may not pull:\n  ${grants}\n`,
    code: 0,
  });
  expect(granted(world)).toEqual(["app/web"]);
});

test("--repositories-from-pods grants what the pods use, and says what that is", async () => {
  const world = await joined("base/node");

  const { stdout, stderr, code } = await type(`${line} --repositories-from-pods`, world.ports);

  expect(stdout).toContain(`scopemap.azurecr.io/${token} configured (+base/node, +finance/payroll)\n`);
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  expect(granted(world)).toEqual(["app/web", "base/node", "finance/payroll"]);
});

test("beside --repositories-from-pods others can be named", async () => {
  const world = await joined();

  expect(await type(`${line} --repository team/* --repositories-from-pods`, world.ports)).toMatchObject({
    stdout: expect.stringContaining("configured (+finance/payroll, +team/*)\n"),
    code: 0,
  });
});

test("who names repositories is not told of others", async () => {
  const world = await joined();

  expect(await type("create --registry myregistry --repository app/web -n demo", world.ports)).toMatchObject({ stderr: "", code: 0 });
});

test("of many, some are named, and how many more there are", async () => {
  const world = demo();
  const many = Array.from({ length: 12 }, (_, index) => `team/${String(index).padStart(2, "0")}`);
  for (const [index, repository] of many.entries()) {
    world.azure.images.add(`${repository}:1`);
    world.cluster.put(pod(`many-${index}`, repository));
  }
  const first = "+app/web, +team/00, +team/01, +team/02, +team/03, +team/04, +team/05, +team/06, +team/07, +team/08 and 3 more";

  expect((await type(`${line} --dry-run=client`, world.ports)).stdout).toContain(`created (${first}) (dry run)\n`);
  expect((await type(line, world.ports)).stdout).toContain(`created (${first})\n`);
});

test("prints all granted repositories and the command that grants more with -o jsonl", async () => {
  const world = await joined();

  const named = await type(`${line} --repository finance/payroll --dry-run=client -o jsonl`, world.ports);
  expect(JSON.parse(named.stdout.split("\n")[0] ?? "")).toMatchObject({ result: "configured", grants: ["finance/payroll"] });
  const unnamed = await type(`${line} --dry-run=client -o jsonl`, world.ports);
  expect(
    unnamed.stdout.split("\n").flatMap((text) => (text ? ((JSON.parse(text) as { warnings?: string[] }).warnings ?? []) : [])),
  ).toContain(`pods use finance/payroll, which secret/acr-myregistry may not pull: ${grants}`);
});

test("a scope map that lets pull nothing is not widened by what pods use: they are named in the command that does", async () => {
  const world = demo();
  world.azure.putScopeMap({ name: "ci-push", actions: ["repositories/app/web/content/write"] });
  world.azure.putToken("ci-push", ["password1"]);

  expect(await type(`${line} --acr-token ci-push`, world.ports)).toEqual({
    stdout: "",
    stderr:
      "error: what stands in Azure for this Secret grants no repository, so the repositories have to be named\n" +
      "hint: kubectl acr-secret create -n demo --registry myregistry --repository app/web --serviceaccount default --acr-token ci-push\n",
    code: 1,
  });
  expect(world.asking.writes).toEqual([]);
});

test("a token that was named is named again in the command that grants more", async () => {
  const world = demo();
  world.azure.putScopeMap({ name: "shared", actions: pullActions(["base/node"]) });
  world.azure.images.add("base/node:1");

  const { stderr, code } = await type("create --registry myregistry --acr-token shared -n demo", world.ports);

  expect({ stderr, code }).toEqual({
    stderr:
      "Warning: pods use app/web, which secret/acr-myregistry may not pull:\n  " +
      `kubectl acr-secret create -n demo acr-myregistry --registry myregistry --repository app/web --acr-token shared\n${next}\n`,
    code: 0,
  });
});

test("the token of a Secret that was copied from elsewhere is named in that command, since others may hold it", async () => {
  const world = demo();
  const [password = ""] = world.azure.putToken("theirs-1", ["password1"]);
  world.azure.putScopeMap({ name: "theirs-1", actions: pullActions(["base/node"]) });
  world.azure.images.add("base/node:1");
  await type("create --registry myregistry --acr-token theirs-1 --repository base/node -n demo", world.ports);
  expect(password).not.toBe("");

  const { stderr, code } = await type("create --registry myregistry -n demo", world.ports);

  expect(code).toBe(0);
  expect(stderr).toContain("--repository app/web --acr-token theirs-1\n");
});
