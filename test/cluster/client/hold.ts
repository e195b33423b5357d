import { setTimeout } from "node:timers/promises";
import { openCluster } from "../../../src/kube/cluster.ts";

// A process with an open cluster, for tests that end it in several ways. It prints each namespace uid that it reads.
const cluster = openCluster({
  kube: { forward: [], requestTimeout: 0 },
  env: process.env,
  trace: () => {},
  signal: () => new AbortController().signal,
  stdin: "inherit",
  stderr: process.stderr,
  userAgent: "kubectl-acr-secret/test",
  now: () => new Date(),
  sleep: (milliseconds) => setTimeout(milliseconds),
  onWarning: () => {},
});

const print = async () => void process.stdout.write(`${(await cluster.get({ kind: "namespace", name: "default" }))?.metadata.uid}\n`);

process.on("SIGINT", () => print().finally(() => process.exit(130)));
await print();
if (process.argv.includes("stay")) await setTimeout(60_000);
