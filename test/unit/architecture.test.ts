import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { breaches, circle, floors, loadedWith, rooms, type Source } from "../support/architecture.ts";

const root = join(import.meta.dirname, "..", "..");

async function sourcesOf(...tops: string[]): Promise<Source[]> {
  const names = await Promise.all(
    tops.map(async (top) => (await readdir(join(root, top), { recursive: true })).map((name) => `${top}/${name}`)),
  );
  const paths = names
    .flat()
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".ts"));
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(root, path), "utf8") })));
}

test("keeps the sources to the house's rules", async () => {
  const sources = await sourcesOf("src", "cmd");

  expect(sources.length).toBeGreaterThan(20);
  expect(breaches(sources)).toEqual([]);
});

test("finds no file that comes back to itself over its imports", async () => {
  expect(circle(await sourcesOf("src", "cmd", "sandbox", "scripts"))).toEqual([]);
});

test("loads no more than 32 files before the verb is known, because each command waits for them", async () => {
  const loaded = loadedWith("cmd/main.ts", await sourcesOf("src", "cmd"));

  expect(loaded.length).toBeGreaterThan(20);
  expect(loaded.length).toBeLessThanOrEqual(32);
});

test("loads nothing for list that only other verbs or a flag need", async () => {
  const sources = await sourcesOf("src", "cmd");
  const loaded = ["cmd/run.ts", "cmd/list.ts"].flatMap((entry) => loadedWith(entry, sources));
  const late = loaded.filter((path) => /^src\/(azure|credential|registry|targets)\//.test(path));

  // They read names: of clouds for a flag, of a registry for --registry, and of the keys of a docker config
  const names = ["azure/cloud.ts", "azure/registry-name.ts", "registry/login-server.ts", "registry/server-key.ts"];
  expect([...new Set(late)].toSorted()).toEqual(names.map((name) => `src/${name}`));
});

test("writes objects of the cluster in edit, and pods that no other object creates in three more files", async () => {
  const writers = (await sourcesOf("src")).filter(({ text }) => /\.write\(\s*(?:to|\{|ref|pod)/.test(text));

  expect(writers.map(({ path }) => path).toSorted()).toEqual([
    "src/kube/edit.ts",
    "src/targets/recreate.ts",
    "src/usage/admission.ts",
    "src/usage/node-pulls.ts",
  ]);
});

test("finds no folder that imports one of its own floor or above, with two exceptions", () => {
  const floorOf = (room: string) => floors.findIndex((floor) => floor.includes(room));
  const up = Object.entries(rooms).flatMap(([room, may]) =>
    may.filter((other) => floorOf(other) <= floorOf(room)).map((other) => `${room} ${other}`),
  );

  expect(up).toEqual(["src/usage src/credential", "src src/kube"]);
});

test("a circle is found, over types and late imports as well", () => {
  const sources = [
    { path: "src/a.ts", text: 'import "./b.ts";' },
    { path: "src/b.ts", text: 'import type { C } from "./c/c.ts";' },
    { path: "src/c/c.ts", text: 'await import("../b.ts");' },
  ];

  expect(circle(sources)).toEqual(["src/b.ts", "src/c/c.ts", "src/b.ts"]);
  expect(circle(sources.slice(0, 2))).toEqual([]);
});

test.for([
  { path: "src/secret/x.ts", text: 'import { ask } from "../registry/ask.ts";', breach: "imports src/registry/ask.ts" },
  { path: "src/secret/x.ts", text: 'import type { Hold } from "../credential/hold.ts";', breach: "imports src/credential/hold.ts" },
  {
    path: "src/check/x.ts",
    text: 'import type { NamespaceState } from "../usage/namespace-state.ts";',
    breach: "imports src/usage/namespace-state.ts",
  },
  { path: "src/check/x.ts", text: "export const look = async () => 1;", breach: "has async" },
  { path: "src/scope/x.ts", text: 'import { openCluster } from "../kube/cluster.ts";', breach: "imports src/kube/cluster.ts" },
  { path: "src/usage/x.ts", text: 'import { create } from "../verbs/create.ts";', breach: "imports src/verbs/create.ts" },
  { path: "src/registry/x.ts", text: 'import { apiClient } from "../kube/client.ts";', breach: "imports src/kube/client.ts" },
  { path: "src/azure/x.ts", text: 'import {\n  a,\n  b,\n} from "../kube/client.ts";', breach: "imports src/kube/client.ts" },
  { path: "src/kube/x.ts", text: 'export { a } from "../output/lines.ts";', breach: "imports src/output/lines.ts" },
  { path: "src/registry/x.ts", text: 'const a = await import("../azure/arm.ts");', breach: "imports src/azure/arm.ts" },
  { path: "src/errors.ts", text: 'import { a } from "./secret/record.ts";', breach: "imports src/secret/record.ts" },
  { path: "src/output/x.ts", text: 'import { a } from "../../cmd/line/flags.ts";', breach: "imports cmd/line/flags.ts" },
  { path: "cmd/x.ts", text: 'import { a } from "../sandbox/pki.ts";', breach: "imports sandbox/pki.ts" },
  { path: "cmd/create/x.ts", text: 'const { default: ora } = await import("ora");', breach: "imports ora: only src/output" },
  { path: "src/output/x.ts", text: 'import ora from "ora";', breach: "imports ora at every start" },
  { path: "src/azure/x.ts", text: 'import "lodash/fp";', breach: "imports lodash/fp: a new package" },
  { path: "src/secret/x.ts", text: "const home = process.env.HOME;", breach: "has process." },
  { path: "src/http/x.ts", text: 'console.log("here");', breach: "has console." },
  {
    path: "cmd/x.ts",
    text: 'const { createInterface } = await import("node:readline");',
    breach: "imports node:readline late, which the binary cannot",
  },
  { path: "src/secret/x.ts", text: "const at = Date.now();", breach: "has Date.now" },
  { path: "src/secret/x.ts", text: "const at = new Date();", breach: "has new Date()" },
  { path: "src/targets/x.ts", text: "const pause = Math.random();", breach: "has Math.random" },
  { path: "src/usage/x.ts", text: 'if (error.kind === "cancelled") throw error;', breach: 'has === "cancelled"' },
  { path: "src/http/x.ts", text: "const store = new AsyncLocalStorage();", breach: "has AsyncLocalStorage" },
  { path: "src/output/x.ts", text: "write(password.reveal());", breach: "has .reveal(" },
  { path: "src/registry/x.ts", text: "write(password.reveal());", breach: "has .reveal(" },
  { path: "src/secret/x.ts", text: 'if (entry.kind === "acr-token") renew();', breach: 'has kind === "acr-token"' },
  { path: "cmd/x.ts", text: 'if (to.kind !== "serviceaccount") skip();', breach: 'has kind !== "serviceaccount"' },
])("$path: $text", ({ path, text, breach }) => {
  expect(breaches([{ path, text }])).toEqual([expect.stringContaining(`${path} ${breach}`)]);
});

test.for([
  { path: "src/scope/x.ts", text: 'import { type Cluster, listAll } from "../kube/port.ts";\nimport { keyOf } from "../kinds.ts";' },
  { path: "src/secret/x.ts", text: 'import { CliError } from "../errors.ts";\nimport { Sensitive } from "../sensitive.ts";' },
  {
    path: "src/azure/x.ts",
    text: 'import type { Pipeline } from "@azure/core-rest-pipeline";\nimport { readFile } from "node:fs/promises";',
  },
  { path: "src/azure/x.ts", text: 'const { ClientSecretCredential } = await import("@azure/identity");' },
  { path: "src/registry/ask.ts", text: "const header = basic(password.reveal()); // once per process.\n/* console.log() */" },
  { path: "cmd/x.ts", text: 'import packageJson from "../package.json" with { type: "json" };\nprocess.exit(Date.now());' },
])("$path may: $text", ({ path, text }) => {
  expect(breaches([{ path, text }])).toEqual([]);
});
