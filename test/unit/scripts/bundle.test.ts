import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Script } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verbs } from "../../../cmd/verbs.ts";
import { createAuthority } from "../../../sandbox/pki.ts";
import { asFunction, bundle, bundlePlugin } from "../../../scripts/bundle.ts";

let folder: string;
let plugin: Awaited<ReturnType<typeof bundlePlugin>>;
beforeAll(async () => {
  plugin = await bundlePlugin();
  folder = await mkdtemp(join(tmpdir(), "bundle-test-"));
  for (const [name, { script }] of plugin) await writeFile(join(folder, `${name}.cjs`), script);
});
afterAll(() => rm(folder, { recursive: true }));

/** Bundles the files, of which the first is the entry, and runs the bundle. */
async function run(files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const { script } = await bundle(join(folder, Object.keys(files)[0] ?? ""));
  await writeFile(join(folder, "bundle.cjs"), script);
  return start("bundle.cjs");
}

async function start(file: string, { args = [], node = [] }: { args?: string[]; node?: string[] } = {}): Promise<string> {
  return (await promisify(execFile)(process.execPath, [...node, join(folder, file), ...args])).stdout;
}

/** Makes a program print at its end which of Node's modules for network, terminal or cryptography it has loaded. */
const tellAtExit = `data:text/javascript,process.on("exit", () => {
  const heavy = ["_tls_wrap", "_http_client", "crypto"].filter((name) => process.moduleLoadList.includes("NativeModule " + name));
  if (heavy.length > 0) console.log("loaded", heavy.join());
})`;

test("loads a module of Node when something in it is used", async () => {
  const printed = await run({
    "entry.ts": `
      import { rootCertificates } from "node:tls";
      import * as https from "node:https";
      const loaded = () => process.moduleLoadList.includes("NativeModule tls");
      console.log(loaded(), typeof https.request, rootCertificates.length > 0, loaded());`,
  });

  expect(printed).toBe("false function true true\n");
});

test("writes a bundle in ASCII with the same meaning", async () => {
  await writeFile(join(folder, "letters.ts"), 'export default [/^[µμ]s$/.test("µs"), "µ", `‘`];');
  const text = asFunction((await bundle(join(folder, "letters.ts"))).script);
  const module = { exports: { default: undefined } };
  new Script(text).runInThisContext()(createRequire(import.meta.url), module, import.meta.filename);

  expect(text).toMatch(/^[\0-\x7f]*$/);
  expect(module.exports.default).toEqual([true, "µ", "‘"]);
});

test("evaluates a module behind import() when it is requested", async () => {
  const printed = await run({
    "entry.ts": 'console.log("started"); import("./late.ts").then(({ late }) => console.log(late));',
    "late.ts": 'console.log("evaluated"); export const late = 1;',
  });

  expect(printed).toBe("started\nevaluated\n1\n");
});

test("exports everything of a library that is a part by itself, also its default", async () => {
  const printed = await run({
    "entry.ts": 'import("ora").then(({ default: ora, spinners }) => console.log(typeof ora, typeof spinners));',
  });

  expect(printed).toBe("function object\n");
});

test("bundles what starts kubectl separately, small and without a library", async () => {
  const { script, sources } = plugin.get("kubectl-acr_secret") ?? { script: new Uint8Array(), sources: [] };

  expect(sources).toContain("cmd/head-start.ts");
  expect(sources.filter((source) => source.includes("node_modules"))).toEqual([]);
  expect(script.length).toBeLessThan(10_800);
});

test("includes no module in two bundles, except libraries that are bundles themselves", async () => {
  const bundles = [...plugin].filter(([, { sources }]) => sources.some((source) => /^(cmd|src)\//.test(source)));
  const files = bundles.flatMap(([, { sources }]) => sources.filter((source) => /^(cmd|src|node_modules)\//.test(source)));

  expect(bundles.map(([name]) => name)).toEqual(expect.arrayContaining(["run", "common", ...verbs.map(({ name }) => name)]));
  expect(files.filter((file, at) => files.indexOf(file) !== at)).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(["src/errors.ts", "src/secret/record.ts", "cmd/create/export.ts"]));
});

test("lets no bundle require itself over the bundles that it requires", () => {
  const needs = (name: string): string[] => {
    const text = Buffer.from(plugin.get(name)?.script ?? []).toString();
    return [...text.matchAll(/\bvar \w+=require\("\.\/([\w.-]+)\.cjs"\)/g)].map(([, needed = ""]) => needed);
  };
  const reachable = (names: readonly string[], seen = new Set<string>()): Set<string> => {
    for (const name of names) if (!seen.has(name)) reachable(needs(name), seen.add(name));
    return seen;
  };

  expect(needs("common")).toContain("run");
  expect([...plugin.keys()].filter((name) => reachable(needs(name)).has(name))).toEqual([]);
});

test("recognizes an error of a part in what every command loads", async () => {
  const failed = await start("kubectl-acr_secret.cjs", { args: ["create"] }).catch(({ stderr }) => stderr);

  expect(failed).toBe('error: required flag(s) "registry" not set\nhint: kubectl acr-secret create --registry REGISTRY\n');
});

test("loads no network code for version --client", async () => {
  const printed = await start("kubectl-acr_secret.cjs", { args: ["version", "--client"], node: ["--import", tellAtExit] });

  expect(printed).toMatch(/^Client Version: v\d+\.\d+\.\d+\n$/);
});

/** Makes a program print at its end which parts it has loaded. */
const partsAtExit = `data:text/javascript,import { createRequire } from "node:module"; process.on("exit", () => {
  console.log("loaded", Object.keys(createRequire("/").cache).map((file) => /([^/]+).cjs$/.exec(file)[1]).sort().join());
})`;

test("loads no verb for version, help and the completion of a verb's name", async () => {
  const [entry, node] = ["kubectl-acr_secret.cjs", ["--import", partsAtExit]];

  expect(await start(entry, { args: ["version", "--client"], node })).toMatch(/^loaded kubectl-acr_secret,run,version$/m);
  expect(await start(entry, { args: ["--help"], node })).toMatch(/^loaded kubectl-acr_secret,run$/m);
  const completed = await start(entry, { args: ["__complete", "rot"], node });
  expect(completed).toMatch(/^rotate\t.*\n:4\nloaded kubectl-acr_secret,line-complete,run\n$/);
});

/** Verbs whose flags are made from what runs the verb. */
const notDivided = ["doctor", "schedule", "secretless"];

test.for(verbs.map(({ name }) => name).filter((name) => !notDivided.includes(name)))(
  "completes a flag of %s without the code that runs it",
  async (name) => {
    const printed = await start("kubectl-acr_secret.cjs", { args: ["__complete", name, "--"], node: ["--import", partsAtExit] });

    expect(printed).toMatch(/^--help\t/m);
    expect(printed).toMatch(/^loaded /m);
    expect(printed).not.toMatch(/^loaded .*\b(common|credential)\b/m);
  },
);

test("loads what signs for a certificate when something is signed", async () => {
  const { certificate, key } = await (await createAuthority("certified")).issue({ commonName: "certified" }, "rsa");
  await writeFile(
    join(folder, "sign.cjs"),
    `
    const { ClientCertificateCredential } = require("./identity.cjs");
    const at = "https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111";
    const endpoints = { issuer: at + "/v2.0", authorization_endpoint: at + "/a", token_endpoint: at + "/t", jwks_uri: at + "/k" };
    const answers = { ...endpoints, access_token: "given", expires_in: 3600, token_type: "Bearer" };
    const httpClient = { async sendRequest(request) {
      const assertion = new URLSearchParams(request.body).get("client_assertion");
      if (assertion) console.log(assertion.split(".").slice(0, 2).map((part) => Buffer.from(part, "base64url").toString()).join());
      return { request, status: 200, headers: request.headers, bodyAsText: JSON.stringify(answers) };
    } };
    new ClientCertificateCredential(at.slice(-36), "client", { certificate: ${JSON.stringify(key + certificate)} }, { httpClient })
      .getToken("https://management.azure.com/.default").then(({ token }) => console.log(token), ({ message }) => console.log(message));
  `,
  );

  expect(await start("sign.cjs")).toMatch(/^\{"alg":"PS256".*"sub":"client".*\ngiven\n$/s);
});
