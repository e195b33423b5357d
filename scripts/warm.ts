// warm.ts FOLDER: runs two commands of the bundles in it, so that V8 has compiled what usual ones need, and keeps that beside them.
// Node's own code cache is made before anything has run, and holds next to nothing: with this one a start is a fifth shorter.
// What is kept has to be the same on every machine, whatever its load, so nothing in here may depend on time or on the user's settings.
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

// It serves until it is ended, as kubectl does: one that ended by itself would now and then do so first
writeFileSync(kubectl, `#!/bin/sh\necho "Starting to serve on ${socket}"\nexec sleep 600\n`);
chmodSync(kubectl, 0o755);
const clusters = "clusters: [{name: c, cluster: {server: http://127.0.0.1}}]";
writeFileSync(kubeconfig, `current-context: a\n${clusters}\ncontexts:\n- context:\n    cluster: c\n    namespace: warm\n  name: a\n`);

/** What waits for a time is there for what takes long, which on a machine under load everything does: here its time never comes. */
const { setTimeout: inTime } = globalThis;
const never = 1e9;
globalThis.setTimeout = Object.assign((run: () => void) => inTime(run, never), inTime);

const scripts = new Map<string, Script>();

/** Keeps each bundle that is run, and takes no compiled code, since there is none yet. */
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

/** Runs the executable's main program, on the files of the folder. */
function unseal(): void {
  const file = join(import.meta.dirname, "unseal.cjs");
  const run = new Script(`(function(require,module,__filename){${readFileSync(file, "utf8")}\n})`, { filename: file }).runInThisContext();
  run((id: string) => instead[id] ?? require(id), main, file);
}

process.on("exit", () => {
  if (process.exitCode) return;
  // What throws in here would not count
  process.exitCode = 1;
  // Of what these commands did not need, at least its loading is compiled
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

// With a login that somebody has in one namespace, and with one that Azure makes for all of them
const given = "create --registry warmup.azurecr.io --username warm --password-stdin --verify=false --serviceaccount default";
const made = "create --registry warmup --repository app --serviceaccount default -A --credential-per scope";
process.argv = [process.argv0, "kubectl-acr_secret", ...given.split(" ")];
const { exit } = process;
process.exit = ((code) => {
  process.exit = exit;
  if (code !== 0) exit(code);
  // The first run has taken what it needs out of it
  process.env = { ...env };
  (main.exports("./run.cjs") as { run(argv: readonly string[]): void }).run(made.split(" "));
}) as typeof exit;
apiServer().listen(socket).once("listening", unseal);
