import { expect } from "vitest";
import { CliError, Interrupted } from "../../../src/errors.ts";
import type { Pod } from "../../../src/objects.ts";
import { credentialKey } from "../../../src/secret/record.ts";
import { refused } from "../../support/demo.ts";
import { account, pullSecret, stuckPod } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { all, any, before, failed, type Given, lose, type Row, refuse, testRows, typed, unchanged } from "../../support/rows.ts";

const attach = "attach -n demo --serviceaccount";
const forbidden = [refused().message];
const put =
  (...objects: Parameters<FakeWorld["cluster"]["put"]>[0][]): Given =>
  ({ cluster }) => {
    for (const object of objects) cluster.put(object);
  };
const namesOf = ({ cluster }: FakeWorld, at: string, name = "default") =>
  (cluster.get("serviceaccount", at, name)?.imagePullSecrets ?? []).map((one) => one.name);
const lists =
  (...names: string[]) =>
  (world: FakeWorld) =>
    expect(namesOf(world, "demo")).toEqual(names);
const pod = (name: string, host = "myregistry.azurecr.io", names: string[] = []) => stuckPod("demo", name, `${host}/app/web:1`, { names });
const web = put(pod("web-1"));
function withLabel(of: Pod | undefined): Pod {
  if (!of) throw new Error("no pod");
  return { ...of, metadata: { ...of.metadata, labels: { a: "b" } } };
}
const auth = { auth: Buffer.from("ci:hunter2").toString("base64") };
const patched = "serviceaccount/default patched";
const createHint = (at: string, more: string) => new RegExp(`not found\nhint: kubectl acr-secret create -n ${at} ${more}`);

/** A Secret with a login for the registry that its record names, and one for another registry. */
const recorded: Given = (world) => {
  const labels = world.cluster.get("secret", "demo", "acr-myregistry")?.metadata.labels ?? {};
  const annotations = { [credentialKey]: JSON.stringify({ kind: "given", host: "a.io", identity: "ci" }) };
  const secret = pullSecret("demo", "acr-myregistry", { "https://a.io/v2/": auth, "unnoted.io": auth });
  world.cluster.put({ ...secret, metadata: { ...secret.metadata, labels, annotations } });
};
const pods = (...hosts: string[]) => put(...hosts.map((host) => pod(`of-${host}`, host)));
/** Another client adds a name before each of the first three writes. */
const racing: Given = (world) => {
  let others = 3;
  world.asking.around(async ({ call, at }, next) => {
    if (call === "patch" && at === "serviceaccount demo/default" && others-- > 0)
      world.cluster.put(account("demo", "default", [...namesOf(world, "demo"), `theirs-${others}`].map(String)));
    return next();
  });
};
const sizes =
  (...counts: number[]) =>
  (world: FakeWorld) =>
    expect(["batch", "default", "web"].map((name) => namesOf(world, "demo", name).length)).toEqual(counts);
const opaque = { apiVersion: "v1", kind: "Secret", metadata: { name: "opaque", namespace: "demo" }, type: "Opaque" } as const;

/** A row that is interrupted while the run waits to restart a pod. */
function interrupted({ does }: Pick<Row, "does">): Row {
  let interrupt = () => {};
  const sleep = () => {
    interrupt();
    return Promise.reject(new Interrupted());
  };
  return {
    does,
    given: web,
    command: attach,
    options: { sleep, started: (live) => (interrupt = live.interrupt) },
    code: 130,
    stdout: [patched],
    stderr: [],
    writes: ["patch serviceaccount demo/default"],
    after: [{ command: attach, stdout: ["serviceaccount/default unchanged", "pod/web-1 restarted"] }],
  };
}

testRows(
  [
    {
      does: "adds the namespace's only Secret after the other names, restarts pending pods, and changes nothing in a second run",
      given: put(
        account("demo", "default", ["theirs"]),
        pullSecret("demo", "theirs"),
        pod("web-1", undefined, ["theirs"]),
        pod("other-1", "docker.io", ["theirs"]),
      ),
      command: attach,
      stdout: [patched, "pod/web-1 restarted"],
      check: (world) => {
        lists("theirs", "acr-myregistry")(world);
        expect(world.cluster.all("pod").map(({ metadata }) => metadata.name)).toEqual(["other-1"]);
      },
      after: [unchanged(attach)],
    },
    {
      does: "restarts an older pod when the ServiceAccount lists the Secret already",
      given: all(typed(attach), web),
      command: attach,
      stdout: ["serviceaccount/default unchanged", "pod/web-1 restarted"],
    },
    {
      does: "restarts pods only for the registry that the record of the Secret names",
      given: all(recorded, pods("a.io", "docker.io", "unnoted.io")),
      command: attach,
      stdout: [patched, "pod/of-a.io restarted"],
    },
    {
      does: "reads the registries of another user's Secret from its keys",
      given: all(
        put(pullSecret("demo", "theirs", { "https://a.io/v2/": auth, "b.io/team": auth, "*.c.io": auth })),
        pods("a.io", "b.io", "x.c.io", "d.io"),
      ),
      command: "attach theirs -n demo --serviceaccount",
      stdout: [patched, "pod/of-a.io restarted", "pod/of-b.io restarted"],
    },
    {
      does: "does not read the pods of a ServiceAccount that could not be patched",
      given: all(web, refuse("patch serviceaccount")),
      command: attach,
      ...failed,
      stdout: [],
      stderr: forbidden,
      check: ({ cluster, asking }) =>
        expect([cluster.all("pod").length, asking.all.filter((text) => text.includes("web-1"))]).toEqual([1, []]),
    },
    ...[
      {
        why: "starts",
        meanwhile: put({ ...pod("web-1"), status: { phase: "Running", containerStatuses: [{ name: "web", state: { running: {} } }] } }),
      },
      {
        why: "waits for something else",
        meanwhile: put(stuckPod("demo", "web-1", "myregistry.azurecr.io/app/web:1", { reason: "CrashLoopBackOff" })),
      },
      { why: "is deleted", meanwhile: ({ cluster }: FakeWorld) => cluster.remove("pod", "demo", "web-1") },
      {
        why: "is replaced by another of its name",
        meanwhile: ({ cluster }: FakeWorld) => {
          cluster.remove("pod", "demo", "web-1");
          cluster.put(pod("web-1"));
        },
      },
    ].map(
      ({ why, meanwhile }): Row => ({
        does: `keeps a pod that ${why} before its eviction`,
        given: all(web, before("evict pod demo/web-1", meanwhile)),
        command: attach,
        stdout: [patched, "pod/web-1 unchanged"],
        writes: ["patch serviceaccount demo/default", "evict pod demo/web-1"],
      }),
    ),
    {
      does: "evicts a pod that has changed and still waits",
      given: all(
        web,
        before("evict pod demo/web-1", ({ cluster }) => cluster.put(withLabel(cluster.get("pod", "demo", "web-1")))),
      ),
      command: attach,
      stdout: [patched, "pod/web-1 restarted"],
      writes: ["patch serviceaccount demo/default", "evict pod demo/web-1", "evict pod demo/web-1"],
    },
    {
      does: "reports the eviction whose response is lost",
      given: all(web, lose("evict")),
      command: attach,
      stdout: [patched, "pod/web-1 restarted"],
      writes: ["patch serviceaccount demo/default", "evict pod demo/web-1"],
    },
    {
      does: "restarts the other pods when one may not be evicted",
      given: all(
        web,
        put(pod("web-2")),
        refuse("evict pod demo/web-1", () => new CliError("forbidden", "no")),
      ),
      command: attach,
      ...failed,
      stdout: [patched, "pod/web-2 restarted"],
      stderr: /no\n/,
    },
    {
      does: "waits for the cache of the admission plugin between the list and the pods",
      given: all(web, put(pod("web-2"))),
      command: attach,
      options: { sleep: async (milliseconds) => expect(milliseconds).toBe(250) },
      stdout: [patched, "pod/web-1 restarted", "pod/web-2 restarted"],
    },
    {
      does: "warns that no pod is restarted when pods may not be listed",
      given: all(web, refuse("list pod")),
      command: attach,
      stdout: [patched],
      stderr: /^Warning: pods that wait are not restarted\n\* .*\n$/,
      after: [{ given: refuse("list pod"), command: `${attach} default --restart none`, stdout: ["serviceaccount/default unchanged"] }],
    },
    interrupted({ does: "restarts no pod after an interruption" }),
    {
      does: "keeps names that another client adds at the same time",
      given: racing,
      command: attach,
      check: lists("theirs-2", "theirs-1", "theirs-0", "acr-myregistry"),
    },
    ...["client", "server"].map((how): Row => {
      const suffix = how === "client" ? "(dry run)" : "(server dry run)";
      return {
        does: `writes nothing when --dry-run=${how}`,
        given: web,
        command: `${attach} --dry-run=${how}`,
        stdout: [`${patched} ${suffix}`, `pod/web-1 restarted ${suffix}`],
        writes: [],
      };
    }),
    {
      does: "attaches to the ServiceAccounts with a label, or to all",
      given: put(account("demo", "web", [], { team: "web" }), account("demo", "batch")),
      command: "attach -n demo -l team=web",
      check: sizes(0, 0, 1),
      after: [{ command: "attach -n demo --all-serviceaccounts", check: sizes(1, 1, 1) }],
    },
    {
      does: "detach removes one name and keeps the others and the Secret",
      given: put(account("demo", "default", ["a", "acr-myregistry", "b"])),
      command: "detach -n demo --serviceaccount",
      stdout: [patched],
      check: (world) => {
        lists("a", "b")(world);
        expect(world.cluster.get("secret", "demo", "acr-myregistry")).toBeDefined();
      },
      after: [unchanged("detach -n demo --serviceaccount")],
    },
    {
      does: "detach removes the name of a Secret that does not exist",
      given: put(account("demo", "default", ["gone"])),
      command: "detach gone -n demo --all-serviceaccounts",
      stdout: [patched],
      check: lists(),
    },
    {
      does: "detach warns about a name that is in no list and no Secret",
      command: "detach nosuch --serviceaccount default -n demo",
      stdout: ["serviceaccount/default unchanged"],
      stderr: /^Warning: secret\/nosuch .*\n$/,
      after: [unchanged("detach acr-myregistry --serviceaccount default -n demo")],
    },
    {
      does: "refuses to choose between several Secrets of the namespace",
      given: typed("create second --registry myregistry --repository app/web -n demo"),
      command: attach,
      code: 1,
      stderr: /^error: namespace "demo" .* acr-myregistry, second\n/,
    },
    ...[
      {
        command: "attach -n demo",
        stderr: /^error: no target specified.*\nhint: kubectl acr-secret attach -n demo acr-myregistry --serviceaccount/,
      },
      { command: "detach -n demo", stderr: /^error: no target specified/ },
      { command: "attach nope -n demo --serviceaccount", stderr: createHint("demo", "nope ") },
      {
        command: "attach -n demo --serviceaccount nope",
        stderr: /serviceaccounts "nope" not found\nhint: kubectl get -n demo serviceaccounts/,
      },
      { command: "attach -n demo -l team=web", stderr: /^error: no serviceaccount in namespace "demo" .* team=web\n/ },
      { command: "attach acr-myregistry -n nope --serviceaccount", stderr: /namespaces "nope" not found\n/ },
      { command: "attach opaque -n demo --serviceaccount", stderr: /^error: secret "opaque" is of type Opaque/ },
      {
        command: "attach nope -n demo --serviceaccount web",
        stderr: createHint("demo", "nope --registry REGISTRY --serviceaccount web\n$"),
      },
      { command: "attach -n demo --serviceaccount default --serviceaccount nope", stderr: /serviceaccounts "nope" not found\n/ },
      {
        command: "attach -n demo --serviceaccount acr-myregistry",
        stderr: /"acr-myregistry" not found\nhint: "acr-myregistry" is the name of the Secret/,
      },
      {
        command: "attach -n empty --all-serviceaccounts",
        stderr:
          /^error: namespace "empty" .*\nhint: kubectl acr-secret create -n empty --registry REGISTRY --all-serviceaccounts\nhint: .*\n$/,
      },
      {
        command: "detach -n empty --serviceaccount web",
        stderr: /^error: namespace "empty" .*\nhint: kubectl acr-secret detach -n empty NAME --serviceaccount web\n$/,
      },
    ].map(
      ({ command, stderr }): Row => ({
        does: `refuses: ${command}`,
        given: all(({ cluster }) => addNamespaces(cluster, "empty"), put(account("demo", "web"), opaque)),
        command,
        code: 1,
        stderr,
      }),
    ),
  ],
  () => stored("demo"),
);

const look = /^hint: kubectl acr-secret check -n demo\n$/;

testRows(
  [
    {
      does: "prints the command that checks the namespace to a user at a terminal, and only after a change",
      command: `${attach} default`,
      options: { answers: [], env: { CI: undefined } },
      stdout: [patched],
      stderr: look,
      after: [{ command: `${attach} default`, options: { answers: [], env: { CI: undefined } }, stdout: any, stderr: [] }],
    },
    {
      does: "create prints the command that checks the namespace too",
      command: "create other --registry myregistry --repository app/web --serviceaccount default -n demo",
      options: { answers: [], env: { CI: undefined } },
      stdout: any,
      stderr: look,
    },
    ...["-o name", "--dry-run=client", "--diff"].map(
      (how): Row => ({
        does: `prints no command to check with ${how}`,
        command: `${attach} default ${how}`,
        options: { answers: [], env: { CI: undefined } },
        code: how === "--diff" ? 1 : 0,
        stdout: any,
        stderr: [],
      }),
    ),
  ],
  () => stored("demo"),
);
