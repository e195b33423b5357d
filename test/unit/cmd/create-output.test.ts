import { expect, test } from "vitest";
import { demo, left, line, made, next, nothing, refused, token } from "../../support/demo.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { type } from "../../support/in-process.ts";

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

test("--dry-run=client -o yaml is what one keeps in a file: nothing of the API server's own is in it", async () => {
  const world = demo();

  const { stdout } = await type(`${line} -o json --dry-run=client`, world.ports);

  const { items } = JSON.parse(stdout) as { items: { kind: string; metadata: object }[] };
  expect(items.map(({ kind, metadata }) => [kind, Object.keys(metadata)])).toContainEqual([
    "ServiceAccount",
    ["labels", "name", "namespace"],
  ]);
  expect(items.filter(({ metadata }) => "uid" in metadata || "resourceVersion" in metadata)).toEqual([]);
});

test("who attaches nothing is told how, once: when the Secret is made", async () => {
  const world = demo();
  const alone = "create --registry myregistry -n demo";

  expect((await type(`${alone} --dry-run=client`, world.ports)).stderr).toBe("");
  expect(await type(alone, world.ports)).toMatchObject({ stderr: next, code: 0 });
  expect(await type(alone, world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect((await type("create web --registry myregistry -n demo -o name", world.ports)).stderr).toBe("");
  expect((await type(line, demo().ports)).stderr).toBe("");
});
