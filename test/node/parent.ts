// Starts a node and waits to be killed. Its argument is the input of startNode as JSON.
import { startNode } from "../../sandbox/node/node.ts";

const { folder, server, caFile, kubeconfig, identity, path, programs } = JSON.parse(process.argv[2] ?? "");
await startNode({
  folder,
  cluster: { folder, server, caFile, kubeconfig, issue: async () => identity, addUser: async () => "", stop: async () => {} },
  binaries: { folder: path[0], path, program: (name) => programs[name] },
  proxy: "http://127.0.0.1:9",
  caFile,
});
process.stdout.write("ready\n");
process.stdin.resume();
