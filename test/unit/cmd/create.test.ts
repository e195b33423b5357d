import { expect } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { everything, kept, line, made, next, nothing, refused, token } from "../../support/demo.ts";
import { account, stuckPod } from "../../support/fakes/cluster.ts";
import { addNamespaces } from "../../support/fakes/world.ts";
import { all, answer, any, type Given, refuse, type Step, testRows, typed } from "../../support/rows.ts";

const image = "myregistry.azurecr.io/app/web:1";
const again: Step = { command: line, stdout: kept, writes: [] };
const firewall = { verdict: "blocked", message: "a firewall is in the way" };
const alone = "create --registry myregistry -n demo";

/** A step of which only the number of hints on an expiry matters. */
const hints = (count: number): Partial<Step> => ({
  ...{ stdout: any, stderr: any, writes: any },
  check: (_, { stderr }) => expect(stderr.match(/^hint: the password never expires; /gm) ?? []).toHaveLength(count),
});

testRows([
  {
    does: "says once that the password never expires when it creates a token without --expires-in",
    command: line,
    ...hints(1),
    after: [{ command: line, ...hints(0) }],
  },
  ...["--expires-in 30d", "--dry-run", "-o name"].map((flags) => ({
    does: `omits the hint on the expiry when the command line has ${flags}`,
    command: `${line} ${flags}`,
    ...hints(0),
  })),
  {
    does: "creates a credential and a Secret, attaches it and restarts the pod, and changes nothing when it runs again",
    command: line,
    stdout: made,
    writes: [
      "create secret demo/acr-myregistry",
      `putScopeMap ${token}`,
      `putToken ${token}`,
      `generatePassword ${token} password1`,
      "patch secret demo/acr-myregistry",
      "patch serviceaccount demo/default",
      "evict pod demo/web-1",
    ],
    leaves: everything,
    after: [again],
  },
  {
    does: "claims the Secret before it generates a password, and proves the password before it writes it",
    command: line,
    stdout: made,
    check: ({ asking }) => {
      const order = [
        "create secret demo/acr-myregistry",
        `putScopeMap ${token}`,
        `generatePassword ${token} password1`,
        `prove ${token} app/web:1`,
        "patch secret demo/acr-myregistry",
        "patch serviceaccount demo/default",
        "get pod demo/web-1",
        "evict pod demo/web-1",
      ];
      expect(asking.all.filter((text) => order.includes(text))).toEqual(order);
    },
  },
  {
    does: "creates a Secret in a system namespace when the namespace is named",
    given: ({ cluster }) => addNamespaces(cluster, "kube-system"),
    command: "create --registry myregistry --repository app/web -n kube-system",
    stdout: /secret\/acr-myregistry created\n/,
    stderr: any,
  },
  {
    does: "waits for a new password that the registry rejects at first",
    given: answer("prove", { verdict: "refused", message: "not yet" }, 3),
    command: line,
    leaves: everything,
    check: ({ asking }) => expect(asking.all.filter((text) => text.startsWith("prove"))).toHaveLength(4),
  },
  {
    does: "keeps a young password that the registry rejects twice in the next run",
    given: all(typed(line), answer("prove", { verdict: "refused", message: "not yet" }, 2)),
    command: line,
    stdout: ["secret/acr-myregistry unchanged", "serviceaccount/default unchanged"],
    leaves: everything,
  },
  {
    does: "writes no password that cannot pull, and removes it from Azure",
    given: answer("prove", firewall),
    command: line,
    code: 1,
    stderr: /a firewall is in the way\n.*--verify=false/,
    writes: any,
    leaves: nothing,
  },
  {
    does: "records the cluster in Azure, removes that when the password cannot pull, and reads no cluster's id in a second run",
    given: ({ cluster, asking }) => {
      addNamespaces(cluster, "kube-system");
      return answer("prove", firewall)({ asking } as never);
    },
    command: line,
    code: 1,
    writes: any,
    leaves: nothing,
    after: [
      {
        command: line,
        stdout: made,
        check: ({ azure }) =>
          expect(azure.scopeMaps.get(token)?.description).toMatch(
            /^kubectl acr-secret: secret acr-myregistry in namespace demo \(uid-of-demo\) of cluster [0-9a-f]{8}$/,
          ),
      },
      { ...again, check: ({ asking }) => expect(asking.all).not.toContain("get namespace kube-system") },
    ],
  },
  {
    does: "creates nothing in Azure when the id of the cluster fails to be read, so that prune knows whose it is",
    given: all(
      ({ cluster }) => addNamespaces(cluster, "kube-system"),
      refuse("get namespace kube-system", () => new CliError("timeout", "timed out"), 1),
    ),
    command: line,
    code: 1,
    stderr: any,
    writes: any,
    leaves: nothing,
    after: [{ command: line, stdout: made }],
  },
  {
    does: "replaces an expired password in the other slot, and ends it",
    given: typed(`${line} --expires-in 30d`),
    command: line,
    options: { now: () => new Date("2026-03-01T00:00:00Z") },
    stdout: [
      `scopemap.azurecr.io/${token} unchanged`,
      `token.azurecr.io/${token} configured`,
      "secret/acr-myregistry configured",
      "serviceaccount/default unchanged",
      `token.azurecr.io/${token} configured (-password1)`,
    ],
    leaves: { slots: "password2", secret: "alive", password: "password-2" },
  },
  {
    does: "keeps a login under a path of the registry",
    given: async (world) => {
      await typed(line)(world);
      const secret = world.cluster.get("secret", "demo", "acr-myregistry");
      const config = Buffer.from(secret?.data?.[".dockerconfigjson"] ?? "", "base64").toString();
      const data = { ".dockerconfigjson": Buffer.from(config.replace("azurecr.io", "azurecr.io/app")).toString("base64") };
      if (secret) world.cluster.put({ ...secret, data }, "kubectl-acr-secret");
    },
    ...again,
  },
]);

const dryRun = (suffix: string) => made.map((text) => `${text} ${suffix}`);
const rehearsed = ["create secret demo/acr-myregistry", "patch serviceaccount demo/default", "evict pod demo/web-1"];

testRows([
  {
    does: "asks the server about no write when --dry-run=client",
    command: `${line} --dry-run=client`,
    stdout: dryRun("(dry run)"),
    writes: [],
    leaves: nothing,
    check: ({ asking }) => expect(asking.all.filter((text) => text.endsWith("(dry run)"))).toEqual([]),
  },
  {
    does: "asks the server about each write when --dry-run=server",
    command: `${line} --dry-run=server`,
    stdout: dryRun("(server dry run)"),
    writes: [],
    leaves: nothing,
    check: ({ asking }) =>
      expect(new Set(asking.all.filter((text) => text.endsWith("(dry run)")))).toEqual(
        new Set(rehearsed.map((text) => `${text} (dry run)`)),
      ),
  },
  {
    does: "fails when --dry-run=server and the server rejects a write",
    given: refuse("create secret demo/acr-myregistry (dry run)"),
    command: `${line} --dry-run=server`,
    code: 1,
    stderr: [refused().message],
  },
  {
    does: "prints the objects that kubectl accepts when -o name",
    command: `${line} -o name`,
    stdout: ["secret/acr-myregistry", "serviceaccount/default", "pod/web-1"],
  },
  {
    does: "prints objects that kubectl can apply when -o json",
    command: `${line} -o json`,
    check: (_, { stdout }) => {
      const { kind, items } = JSON.parse(stdout) as { kind: string; items: { kind: string; metadata: object }[] };
      expect([kind, ...items.map((item) => item.kind)]).toEqual(["List", "Secret", "ServiceAccount"]);
      expect(items[0]?.metadata).not.toHaveProperty("managedFields");
    },
  },
  {
    does: "prints no fields of the API server when -o json and --dry-run=client",
    command: `${line} -o json --dry-run=client`,
    stderr: /^Warning: a dry run generates no password.*\n$/,
    check: (_, { stdout }) => {
      const { items } = JSON.parse(stdout) as { items: { kind: string; metadata: object }[] };
      expect(items.map(({ kind, metadata }) => [kind, ...Object.keys(metadata)])).toContainEqual([
        "ServiceAccount",
        "labels",
        "name",
        "namespace",
      ]);
      expect(items.filter(({ metadata }) => "uid" in metadata || "resourceVersion" in metadata)).toEqual([]);
    },
  },
  {
    does: "prints one line per outcome when -o jsonl",
    command: `${line} -o jsonl --dry-run=client`,
    check: (_, { stdout }) => {
      const lines = stdout.split("\n").flatMap((text) => (text === "" ? [] : [JSON.parse(text) as Record<string, unknown>]));
      const words = lines.map(({ object, result, grants, dryRun }) => `${object} ${result}${grants ? ` (+${grants})` : ""} ${dryRun}`);
      expect(words).toEqual(dryRun("client"));
      const head = { apiVersion: "acr-secret/v1", kind: "Outcome", namespace: "demo" };
      expect(lines[2]).toEqual({
        ...head,
        object: "secret/acr-myregistry",
        result: "created",
        dryRun: "client",
        because: "it does not exist",
      });
    },
  },
  {
    does: "prints the attach command once, when it creates a Secret that nothing lists",
    command: `${alone} --dry-run=client`,
    after: [
      { command: alone, stderr: [next] },
      { command: alone, stderr: [] },
      { command: "create web --registry myregistry -n demo -o name", stderr: [] },
    ],
  },
]);

const web = "create web --registry myregistry --repository app/web -n demo";
const template = { spec: { containers: [] } };
const deployment: Given = ({ cluster }) =>
  cluster.put({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: "demo" }, spec: { template } });
const attachDeployment = /^hint: "web" is .*deployment\/web.*\nhint: kubectl acr-secret attach -n demo web deployment\/web\n$/;

testRows([
  {
    does: "prints no attach command when the ServiceAccount lists the Secret",
    given: ({ cluster }) => cluster.put({ ...account("demo", "default"), imagePullSecrets: [{ name: "web" }] }),
    command: web,
  },
  {
    does: "prints the command for a Deployment that has the name of the Secret",
    given: deployment,
    command: web,
    stderr: attachDeployment,
  },
  {
    does: "prints the command for a Deployment that has the name of the Secret although another target is named",
    given: deployment,
    command: `${web} --serviceaccount default`,
    stderr: attachDeployment,
  },
  {
    does: "prints no attach command when the Deployment with the name of the Secret is a target",
    given: deployment,
    command: `${web} deployment/web`,
    stderr: /^(?!.*hint: )/s,
  },
  {
    does: "prints no attach command when a pod lists the Secret",
    given: ({ cluster }) => cluster.put(stuckPod("demo", "api-1", image, { names: ["web"] })),
    command: web,
    stderr: /^(?!.*attach)/s,
  },
  {
    does: "prints the command for a ServiceAccount that has the name of the Secret",
    given: ({ cluster }) => cluster.put(account("demo", "web")),
    command: web,
    stderr: /^hint: "web" is .*serviceaccount\/web.*\nhint: kubectl acr-secret attach -n demo web serviceaccount\/web\n$/,
  },
  {
    does: "succeeds and prints the attach command when a read for the hint fails",
    given: refuse("get deployment.apps demo/web", () => new CliError("unreachable", "the connection was reset")),
    command: web,
    stderr: ["hint: kubectl acr-secret attach -n demo web --serviceaccount default"],
  },
  {
    does: "reports a pod that it refuses once",
    given: ({ cluster }) => {
      const pod = stuckPod("demo", "bare", image);
      cluster.put({ ...pod, metadata: { ...pod.metadata, ownerReferences: [] } });
    },
    command: "create --registry myregistry pod/bare -n demo",
    code: 1,
    stdout: any,
    stderr: /^error: imagePullSecrets of pod\/bare .*\nhint: .* pod\/bare --recreate\n(?!.*pod\/bare)/s,
    writes: any,
  },
  {
    does: "prints no warning when the kubelet retries the pull itself",
    given: ({ cluster }) => cluster.put(stuckPod("demo", "web-1", image, { names: ["acr-myregistry"] })),
    command: line,
    stderr: /^pod\/web-1 (?!.*Warning)/s,
  },
]);

const waits = { ...everything, pod: "waits" };

testRows([
  {
    does: "restarts the pods of the ServiceAccount that could be patched when another one could not",
    given: (world) => {
      world.cluster.put(account("demo", "batch"));
      world.cluster.put(stuckPod("demo", "batch-1", image, { serviceAccount: "batch" }));
      refuse("patch serviceaccount demo/default")(world);
    },
    command: `${line} --serviceaccount batch`,
    code: 1,
    stdout: /serviceaccount\/batch patched\npod\/batch-1 restarted\n/,
    stderr: [refused().message],
    writes: any,
    leaves: { pod: "waits" },
    check: ({ cluster }) => expect(cluster.get("pod", "demo", "batch-1")).toBeUndefined(),
  },
  {
    does: "prints the command that deletes a pod that no node takes, and keeps the pod",
    given: ({ cluster }) =>
      cluster.put({
        ...stuckPod("demo", "web-1", image),
        status: { phase: "Pending", conditions: [{ type: "PodScheduled", status: "False" }] },
      }),
    command: line,
    stdout: made.slice(0, -1),
    stderr: /^Warning: pod\/web-1 .*:\n {2}kubectl delete pod -n demo web-1\n$/,
    leaves: waits,
  },
]);
