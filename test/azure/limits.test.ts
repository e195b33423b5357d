import { beforeAll, expect, test } from "vitest";
import { credentialOf } from "../../src/secret/record.ts";
import { newDemo, startTestWorld } from "./world.ts";

// A registry of SKU Basic can have 100 ACR tokens.
const world = startTestWorld();
beforeAll(() => world.azure.push("myregistry.azurecr.io/app/web:1"));

/** A file with the entry `old` and new ones. */
const fileOf = (count: number, expiresIn: string, first = 0) => {
  const added = Array.from({ length: count }, (_, n) => `{name: new-${first + n}, repositories: [app/web]}`);
  const entries = [`{name: old, repositories: [app/web], expiresIn: ${expiresIn}}`, ...added];
  return `{name: teams, namespace: demo, registry: myregistry, pullSecrets: [${entries.join(", ")}]}`;
};

/** A registry with 95 tokens. One is that of the entry `old`, whose password is due if its lifetime becomes shorter. */
async function almostFull() {
  const demo = newDemo(world);
  demo.registry.sku = "Basic";
  demo.in_.cluster.about.now = Date.now;
  const files = new Map<string, string>();
  Object.assign(demo.in_.files, { look: async () => "file", read: async (path: string) => files.get(path) });
  const apply = (text: string, flags = "") => {
    files.set("teams.yaml", text);
    return demo.type(`apply -f teams.yaml${flags}`);
  };
  expect(await apply(fileOf(0, "90d"))).toMatchObject({ code: 0 });
  const [first = expect.unreachable("no token")] = demo.registry.tokens;
  demo.registry.tokens.push(...Array.from({ length: 94 }, (_, n) => ({ ...first, name: `other-${n}`, passwords: {} })));
  world.azure.calls.reset();
  demo.in_.asking.forget();
  return { ...demo, apply };
}

const changesInAzure = () =>
  world.azure.calls
    .list()
    .filter(({ host, method, path }) => host === "management.azure.com" && method !== "GET" && !path.includes("ResourceGraph"));

test("fails before the first write of apply when a registry has no room for the tokens of new entries", async () => {
  const { apply, in_, registry } = await almostFull();

  for (const flags of ["", " --dry-run", " --prune --yes"]) {
    const { code, stderr } = await apply(fileOf(10, "30d"), flags);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /^error: registry myregistry would have too many tokens: 95 ACR tokens, 105 during the run, at most 100 \(Basic\); no room for new-5 \(teams\.yaml:1\), .*new-9 \(teams\.yaml:1\)\n/,
      ),
    });
  }

  expect([changesInAzure(), in_.asking.writes, registry.tokens.length]).toEqual([[], [], 95]);
});

test("uses the last tokens of a registry in apply, and a dry run says so before", async () => {
  const { apply, registry } = await almostFull();

  expect(await apply(fileOf(5, "30d"), " --dry-run")).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(
      /^Registry myregistry: 95 ACR tokens, 100 during the run, at most 100 \(Basic\)\nPasswords: 6 generated\n/m,
    ),
  });
  expect(await apply(fileOf(5, "30d"))).toMatchObject({ code: 0 });
  expect(registry.tokens).toHaveLength(100);
});

test("makes the new entries that fit, and rotates, with apply --skip-blocked when a registry has no room for all", async () => {
  const { apply, in_, registry } = await almostFull();

  const effects = { stderr: expect.stringMatching(/^Registry myregistry: 95 ACR tokens, 100 during the run, at most 100 \(Basic\)$/m) };
  expect(await apply(fileOf(10, "30d"), " --skip-blocked --dry-run")).toMatchObject(effects);
  const { code, stderr } = await apply(fileOf(10, "30d"), " --skip-blocked");

  expect({ code, refused: stderr.match(/no room for new-\d/g) }).toEqual({
    code: 1,
    refused: [5, 6, 7, 8, 9].map((n) => `no room for new-${n}`),
  });
  expect(registry.tokens).toHaveLength(100);
  expect(credentialOf(in_.cluster.get("secret", "demo", "old"))?.previous).toBeDefined();
});

test("replaces an entry of a full registry in the two runs that the message names", async () => {
  const { apply, registry } = await almostFull();
  expect(await apply(fileOf(5, "90d"))).toMatchObject({ code: 0 });

  for (const flags of ["", " --skip-blocked"])
    expect(await apply(fileOf(5, "90d", 1), ` --prune --yes${flags}`)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /no room for new-5 .*\nhint: removed entries keep .*apply the file with --prune and without the new entries/,
      ),
    });
  expect(await apply(fileOf(4, "90d", 1), " --prune --yes")).toMatchObject({ code: 0 });
  expect(await apply(fileOf(5, "90d", 1))).toMatchObject({ code: 0 });

  expect(registry.tokens).toHaveLength(100);
});

test("moves the entries of an almost full registry in several runs with --skip-blocked", async () => {
  const { apply, in_, registry } = await almostFull();
  const rows = [0, 1, 2, 3].map((n) => `demo-${n}`);
  for (const name of rows) in_.cluster.put({ apiVersion: "v1", kind: "Namespace", metadata: { name, uid: name } });
  const entries = (key: string) =>
    ["0", "1"].map((n) => `{name: new-${n}, repositories: [app/web], ${key}: {names: [demo-${n}, demo-${Number(n) + 2}]}}`);
  const file = (key: string) =>
    `{name: teams, namespace: demo, registry: myregistry, expiresIn: 90d, pullSecrets: [{name: old, repositories: [app/web]}, ${entries(key).join(", ")}]}`;
  expect(await apply(file("eachOf"))).toMatchObject({ code: 0 });
  expect(registry.tokens).toHaveLength(99);

  expect(await apply(file("copyTo"), " --prune --yes")).toMatchObject({ code: 1, stderr: expect.stringContaining("101 during the run") });
  expect(await apply(file("copyTo"), " --prune --yes --skip-blocked")).toMatchObject({ code: 1 });
  expect(await apply(file("copyTo"), " --prune --yes --skip-blocked")).toMatchObject({ code: 0 });

  expect(registry.tokens).toHaveLength(97);
});
