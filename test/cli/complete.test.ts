import { expect, test } from "vitest";
import { complete } from "../../cmd/line/complete.ts";
import { scopeFlags } from "../../cmd/line/scope-flags.ts";
import { verb } from "../../cmd/verb.ts";
import { CliError } from "../../src/errors.ts";
import type { ClusterKind } from "../../src/kinds.ts";
import type { Cluster } from "../../src/kube/port.ts";
import type { KubeObjects } from "../../src/objects.ts";
import { open, run } from "../support/in-process.ts";
import { sourceSecret } from "../support/records.ts";

const many = {
  name: "many",
  summary: "",
  load: async () => verb({ usage: "many", examples: [], flags: scopeFlags, most: 0, run: async () => 0 }),
};

test.for([
  { words: ["many", "--namespaces", "team-"], gives: ["team-a", "team-b"], directive: 6 },
  { words: ["many", "--namespaces", "demo,team-"], gives: ["demo,team-a", "demo,team-b"], directive: 6 },
  { words: ["many", "--namespaces=demo,team-a,d"], gives: ["demo,team-a,demo"], directive: 6 },
  { words: ["many", "--exclude-namespaces", "d"], gives: ["demo"], directive: 6 },
  { words: ["many", "--context", "p"], gives: ["prod-eu"], directive: 4 },
  { words: ["many", "--all-namespaces", "--namespace-selector", ""], gives: [], directive: 4 },
])("completes $words", async ({ words, gives, directive }) => {
  const cluster: Pick<Cluster, "pages"> = {
    pages: async function* <K extends ClusterKind>() {
      yield ["demo", "team-a", "team-b"].map((name) => ({ metadata: { name } }) as KubeObjects[K]);
    },
  };
  const { context, printed } = open({ cluster, contexts: ["kind-dev", "prod-eu"], patient: true });

  await complete(words, [many], context);

  expect(printed()).toEqual({ stdout: [...gives, `:${directive}\n`].join("\n"), stderr: "" });
});

const described = (...names: string[]) => names.map((name) => expect.stringMatching(new RegExp(`^${name}\t.`)));

test.for<{ words: string[]; gives: unknown[]; directive?: number }>([
  { words: ["cr"], gives: ["create\tCreate a pull secret for an Azure container registry"] },
  { words: ["nosuch", ""], gives: [] },
  { words: ["help", "att"], gives: described("attach") },
  { words: ["-n", "list", "att"], gives: described("attach") },
  { words: ["create", "--dry-run", ""], gives: ["none", "server", "client"] },
  { words: ["create", "--dry-run=s"], gives: ["server"] },
  { words: ["create", "--verify="], gives: ["true", "false"] },
  { words: ["create", "--repository="], gives: [], directive: 6 },
  { words: ["create", "--expires-in", ""], gives: ["30d", "90d", "1y"] },
  { words: ["rotate", "--expires-in=9"], gives: ["90d"] },
  { words: ["rotate", "--grace", ""], gives: ["next", "0", "24h"] },
  { words: ["rotate", "--older-than", ""], gives: ["30d", "60d", "90d"] },
  { words: ["rotate", "--expiring-within", ""], gives: ["7d", "14d", "30d"] },
  { words: ["list", "--expiring-within", ""], gives: ["7d", "14d", "30d"] },
  { words: ["prune", "--older-than", ""], gives: ["0s", "10m", "24h"] },
  { words: ["schedule", ""], gives: ["check"] },
  { words: ["schedule", "check", ""], gives: [] },
  { words: ["schedule", "check", "--at", ""], gives: ["03:00"] },
  { words: ["list", "--nosuch="], gives: [] },
  // Flags: the verb's own come first, with no space to remove after them. A flag that may occur once is not suggested again.
  {
    words: ["create", "--repo"],
    gives: ["--repository\tRepository or path (team/*) to grant", "--repositories-from-pods\tAlso grant the repositories that pods use"],
  },
  {
    words: ["create", "--re"],
    gives: described("--registry", "--repository", "--repositories-from-pods", "--restart", "--recreate", "--request-timeout"),
  },
  {
    words: ["create", "--registry", "r", "--repository=a", "--re"],
    gives: described("--repository", "--repositories-from-pods", "--restart", "--recreate", "--request-timeout"),
  },
  { words: ["create", "--pass"], gives: described("--password-stdin") },
  { words: ["list", "--user"], gives: described("--user") },
  { words: ["version", "-"], gives: expect.arrayContaining(described("--client", "--output", "-o", "--namespace", "-n")) as never },
  { words: ["attach", "--", "-"], gives: [] },
  // Names from the cluster and the kubeconfig.
  { words: ["attach", ""], gives: ["acr"] },
  { words: ["attach", "acr", "d"], gives: ["deployment/", "daemonset/"], directive: 6 },
  { words: ["attach", "acr", "sa/d"], gives: ["sa/default"] },
  { words: ["attach", "sa/d"], gives: ["sa/default"] },
  { words: ["attach", "acr", "serviceaccount", "d"], gives: ["default"] },
  { words: ["attach", "-n", "demo", "--serviceaccount", "d"], gives: ["default"], directive: 6 },
  { words: ["attach", "acr", "--serviceaccount", "web,d"], gives: ["web,default"], directive: 6 },
  { words: ["check", "--serviceaccount=d"], gives: ["default"] },
  { words: ["check", "--from-cluster", "--node", "n"], gives: ["node-1"] },
  { words: ["list", "-n", ""], gives: ["demo", "prod"] },
  { words: ["list", "-An", "p"], gives: ["prod"] },
  { words: ["list", "-ndemo", "--namespace", "p"], gives: ["prod"] },
  { words: ["list", "--context", ""], gives: ["kind-dev", "prod-eu"] },
  { words: ["list", "--context=p"], gives: ["prod-eu"] },
  { words: ["list", "--cluster", ""], gives: ["clusters-of-it"] },
  { words: ["list", "--user="], gives: ["users-of-it"] },
  { words: ["create", "--registry", ""], gives: ["noted.azurecr.io", "pulled.azurecr.us"] },
  { words: ["doctor", "--registry", "p"], gives: ["pulled.azurecr.us"] },
  { words: ["rotate", ""], gives: ["acr"] },
  { words: ["check", ""], gives: ["acr"] },
  { words: ["check", "sa/d"], gives: ["sa/default"] },
  { words: ["check", "po", "w"], gives: ["web"] },
  { words: ["completion", ""], gives: ["kubectl"] },
  // The shell completes files.
  { words: ["list", "--kubeconfig", ""], gives: [], directive: 0 },
  { words: ["list", "--client-key="], gives: [], directive: 0 },
  { words: ["list", "--cache-dir", "/"], gives: [], directive: 16 },
])("completes $words", async ({ words, gives, directive = 4 }) => {
  const named = (kind: string) =>
    ({ namespace: ["demo", "prod"], node: ["node-1"], secret: ["acr"], serviceaccount: ["default"], pod: ["web"] })[kind] ?? [];
  const { labels, annotations } = recorded[0]?.metadata ?? {};
  const more = { labels, annotations };
  const spec = { containers: [{ image: "pulled.azurecr.us/app/web:1" }, { image: "busybox" }] };
  const cluster: Pick<Cluster, "namespace" | "pages"> = {
    namespace: async () => "demo",
    pages: async function* <K extends ClusterKind>(kind: K) {
      yield named(kind).map((name) => ({ metadata: { name, ...more }, spec }) as never as KubeObjects[K]);
    },
  };

  // Completion requests time out. In this test they must not time out at once.
  const { stdout, stderr, code } = await run(["__complete", ...words], { cluster, contexts: ["kind-dev", "prod-eu"], patient: true });

  expect([stderr, code]).toEqual(["", 0]);
  expect(stdout.split("\n").slice(0, -2)).toEqual(gives);
  expect(stdout.split("\n").slice(-2)).toEqual([`:${directive}`, ""]);
});

/** Secrets that record logins for two registries: one in Azure, and another one. */
const recorded = ["noted.azurecr.io", "docker.io"].map((host) => sourceSecret("demo/acr", { credential: { kind: "given", host } }));

test("completes the registries that may be read", async () => {
  const cluster: Pick<Cluster, "namespace" | "pages"> = {
    namespace: async () => "demo",
    pages: async function* <K extends ClusterKind>(kind: K) {
      if (kind === "pod") throw new CliError("forbidden", "no");
      yield recorded as never as KubeObjects[K][];
    },
  };

  const { stdout } = await run(["__complete", "create", "--registry", ""], { cluster, patient: true });

  expect(stdout).toBe("noted.azurecr.io\n:4\n");
});

test("prints nothing when a completion fails", async () => {
  const namespace = async () => {
    throw new CliError("unreachable", "no");
  };

  expect(await run(["__complete", "attach", ""], { cluster: { namespace } })).toEqual({ stdout: ":4\n", stderr: "", code: 0 });
});
