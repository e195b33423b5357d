// warm.ts FOLDER: runs two commands of the bundles in the folder, so that V8 compiles the code of common commands, and stores the compiled
// code next to the bundles.
// Node's own code cache is created before the code runs, and contains very little. With this code, a start takes a fifth less time.
// The result must be the same on every machine at any load, so nothing here may depend on time or on the user's settings.
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { Script } from "node:vm";
import { standIn } from "./warm/cloud.ts";
import { apiServer } from "./warm/cluster.ts";
import { roomy, timeless } from "./warm/flags.ts";

for (const [flag] of timeless) setFlagsFromString(flag);

const [folder = ""] = process.argv.slice(2);
const socket = join(folder, "s");
const kubectl = join(folder, "kubectl");
const kubeconfig = join(folder, "kubeconfig");

// It runs until it is killed, like `kubectl proxy`. A program that exits by itself would sometimes exit too early.
writeFileSync(kubectl, `#!/bin/sh\necho "Starting to serve on ${socket}"\nexec sleep 600\n`);
chmodSync(kubectl, 0o755);
const clusters = "clusters: [{name: c, cluster: {server: http://127.0.0.1}}]";
writeFileSync(kubeconfig, `current-context: a\n${clusters}\ncontexts:\n- context:\n    cluster: c\n    namespace: warm\n  name: a\n`);

/** Timeouts exist for slow operations. On a machine under load every operation is slow, so here no timeout ever fires. */
const { setTimeout: inTime } = globalThis;
const never = 1e9;
globalThis.setTimeout = Object.assign((run: () => void) => inTime(run, never), inTime);

const scripts = new Map<string, Script>();

/** Keeps each bundle that runs. Uses no compiled code, because none exists yet. */
class Kept extends Script {
  constructor(text: string, { filename }: { filename: string }) {
    super(text, { filename });
    scripts.set(filename, this);
  }
}

const sea = { getRawAsset: (name: string) => (name.endsWith(".cache") ? new ArrayBuffer(0) : readFileSync(join(folder, name))) };
const instead: Readonly<Record<string, unknown>> = { "node:sea": sea, "node:vm": { Script: Kept } };
const require = createRequire(import.meta.url);
const main = { exports: (_id: string): unknown => undefined };

/** Runs the executable's main program with the files of the folder. */
function unseal(): void {
  const file = join(import.meta.dirname, "unseal.cjs");
  const run = new Script(`(function(require,module,__filename){${readFileSync(file, "utf8")}\n})`, { filename: file }).runInThisContext();
  run((id: string) => instead[id] ?? require(id), main, file);
}

process.on("exit", () => {
  if (process.exitCode) return;
  // An exception in this handler would not change the exit code.
  process.exitCode = 1;
  // Loads the bundles that these commands did not need, so that at least their top-level code is compiled.
  for (const file of readdirSync(folder)) if (file.endsWith(".cjs")) main.exports(`./${file}`);
  for (const [, usual] of [...timeless, ...roomy]) setFlagsFromString(usual);
  for (const [file, script] of scripts) writeFileSync(join(folder, file.replace(/cjs$/, "cache")), script.createCachedData());
  for (const file of [kubectl, kubeconfig, socket, trusted]) rmSync(file, { force: true });
  process.exitCode = 0;
});

const { proxy, authority } = await standIn();
const trusted = join(folder, "authority.pem");
writeFileSync(trusted, authority);
const env = {
  ...{ KUBECTL_PATH: kubectl, KUBECONFIG: kubeconfig, HOME: folder, PATH: "/usr/bin:/bin" },
  ...{ AZURE_TENANT_ID: "11111111-1111-1111-1111-111111111111", AZURE_CLIENT_ID: "warm", AZURE_CLIENT_SECRET: "warm" },
  ...{ HTTPS_PROXY: proxy, SSL_CERT_FILE: trusted },
};
process.env = { ...env };

// First with a login of the user in one namespace, then with one that Azure creates, and copies in all other namespaces.
const given = "create --registry warmup.azurecr.io --username warm --password-stdin --verify=false --serviceaccount default";
const made = "create acr-made --registry warmup --repository app --serviceaccount default --copy-to-all";
process.argv = [process.argv0, "kubectl-acr_secret", ...given.split(" ")];
const { exit } = process;
process.exit = ((code) => {
  process.exit = exit;
  if (code !== 0) exit(code);
  // The first run has removed variables that it read.
  process.env = { ...env };
  (main.exports("./run.cjs") as { run(argv: readonly string[]): void }).run(made.split(" "));
}) as typeof exit;
apiServer().listen(socket).once("listening", unseal);
