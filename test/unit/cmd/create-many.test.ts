import { expect } from "vitest";
import { ProxyEnded } from "../../../src/errors.ts";
import { clusterId } from "../../../src/secret/azure-words.ts";
import { exactly, refused, unchecked } from "../../support/demo.ts";
import { account, namespace, stuckPod } from "../../support/fakes/cluster.ts";
import { line, linesOf, sharedByTeams, teams, worldOf } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { all, any, failed, type Row, refuse, testRows, typed, unchanged } from "../../support/rows.ts";

const scope = "--credential-per scope";
const each = `${line} -A --credential-per namespace`;
/** Ends the proxy at a call. No later request reaches the cluster. */
const proxyEndsAt =
  (text: string) =>
  ({ asking }: FakeWorld) => {
    let ended = false;
    asking.around(async (asked, next) => {
      ended ||= exactly(text)(asked);
      if (ended && asked.port === "cluster") throw new ProxyEnded();
      return next();
    });
  };
const joins = ({ cluster }: FakeWorld) => addNamespaces(cluster, "newcomer");
const alive = (world: FakeWorld, ...names: string[]) =>
  names.filter((name) => world.azure.knows(world.loginIn(name) ?? { username: "", password: "" }));
const areAlive =
  (...names: string[]) =>
  (world: FakeWorld) =>
    expect(alive(world, ...names)).toEqual(names);
const namespacesOf = (kind: "secret" | "pod") => (world: FakeWorld) =>
  world.cluster
    .all(kind)
    .map(({ metadata }) => metadata.namespace)
    .sort();
const ways = (count: string, price: string) =>
  new RegExp(`^error: ${count} namespaces selected; .*\nhint: .*\nhint: --credential-per=namespace: ${price}\n$`);
const perScope = /--credential-per/;
const inTeam = (at: number) => `team-${at}: ${refused().message}`;

testRows(
  [
    ...[
      { sku: "Premium", names: teams(1000), count: "1,000", price: "1,000 tokens; .* 49,998 more" },
      { sku: "Basic", names: teams(3), count: "3", price: "3 tokens; .* 98 more" },
      { sku: "Preview", names: teams(2), count: "2", price: "2 tokens" },
    ].map(
      ({ sku, names, count, price }): Row => ({
        does: `prints the price of each way before it creates ${count} credentials (${sku})`,
        world: () => worldOf(names, { sku }),
        given: ({ azure }) => ["other-1", "other-2"].map((name) => azure.putToken(name, [])).length,
        command: `${line} -A`,
        code: 1,
        stderr: ways(count, price),
      }),
    ),
    {
      does: "needs no --credential-per for a supplied login",
      given: ({ azure }) => azure.users.set("ci", "hunter2"),
      command: "create --registry myregistry.azurecr.io --repository app/web --username ci --password-stdin -A",
      options: { stdin: "hunter2" },
      stderr: [unchecked, "3 Secrets created"],
      check: ({ asking, loginIn }) => {
        expect(teams(3).map((name) => loginIn(name)?.username)).toEqual(["ci", "ci", "ci"]);
        expect(asking.all.filter((text) => text.startsWith("prove"))).toHaveLength(2);
      },
    },
    {
      does: "gives each namespace its own token with a description when --credential-per namespace",
      command: each,
      stderr: ["3 Secrets created"],
      check: (world) => {
        areAlive(...teams(3))(world);
        expect(world.azure.tokens.size).toBe(3);
        for (const name of teams(3)) {
          const { username = "" } = world.loginIn(name) ?? {};
          expect(username).toMatch(new RegExp(`^${name}-acr-myregistry-`));
          const secret = `secret acr-myregistry in namespace ${name} of cluster ${clusterId("uid-of-kube-system")}`;
          expect(world.azure.scopeMaps.get(username)?.description).toBe(`kubectl acr-secret: ${secret}`);
        }
      },
      after: [unchanged(each, { stderr: ["3 namespaces unchanged"] })],
    },
    {
      does: "rolls back only the token of a namespace that fails",
      given: refuse(exactly("create secret team-1/")),
      command: each,
      ...failed,
      stderr: [inTeam(1), "2 Secrets created, 1 namespace failed"],
      check: (world) => {
        areAlive("team-0", "team-2")(world);
        expect([...world.azure.tokens.keys()].map((name) => name.slice(0, 6)).sort()).toEqual(["team-0", "team-2"]);
        expect(world.azure.scopeMaps.size).toBe(2);
      },
    },
    {
      does: "ends with one error when kubectl proxy ends, and keeps the token that another namespace may hold",
      given: proxyEndsAt("create secret team-1/"),
      command: each,
      code: 1,
      stderr: [
        "Warning: secret/acr-myregistry in namespace team-0 may hold the new credential, so the credential is kept. If not, run:",
        "  az acr token delete --registry myregistry --name team-0-acr-myregistry-bdd739116a && az acr scope-map delete --registry myregistry --name team-0-acr-myregistry-bdd739116a",
        ...["team-0", "team-1", "team-2"].flatMap((name) => [
          `Warning: ${name}: secret/acr-myregistry still exists, without a login:`,
          `  kubectl delete secret -n ${name} acr-myregistry`,
        ]),
        "error: kubectl proxy ended",
        "hint: run the command again",
      ],
      writes: any,
      check: ({ azure }) => expect(azure.tokens.size).toBe(1),
    },
    {
      does: "gives the thousandth namespace the credential of the other 999 without --credential-per",
      world: () => worldOf(teams(999)),
      given: all(typed(`${line} -A ${scope}`), joins),
      command: `${line} -A`,
      stderr: ["1 Secret created, 999 namespaces unchanged"],
      // The Secret is claimed until all Secrets are written, so that no rotation misses it.
      writes: ["create secret", "patch secret", "patch serviceaccount", "patch secret"].map(
        (call) => `${call} newcomer/${call.endsWith("secret") ? "acr-myregistry" : "default"}`,
      ),
      check: ({ loginIn }) => expect(loginIn("newcomer")).toEqual(loginIn("team-0")),
    },
    {
      does: "gives no namespace an invalid credential of the others",
      given: all(typed(`${line} -A ${scope}`), joins, ({ azure }) => azure.tokens.get(sharedByTeams)?.passwords.clear()),
      command: `${line} -A`,
      code: 1,
      stderr: perScope,
      after: [
        { command: `${line} -A ${scope}`, stderr: ["1 Secret created, 3 Secrets configured"], check: areAlive("newcomer", ...teams(3)) },
      ],
    },
    {
      does: "gives no namespace another namespace's own credential, nor its rights",
      given: all(typed(each), joins),
      command: `${line.replace("app/web", "app/api")} --namespaces team-2,newcomer`,
      code: 1,
      stderr: perScope,
      after: [
        {
          command: `${line} --namespaces team-2,newcomer ${scope}`,
          ...failed,
          stderr: /^team-2: error: secret "acr-myregistry" in namespace "team-2" holds/,
          check: ({ loginIn }) => expect(loginIn("newcomer")?.username).toMatch(/^shared-/),
        },
      ],
    },
    {
      does: "counts widened scope maps and does not call their Secrets unchanged",
      world: () => worldOf(teams(4)),
      given: all(
        ({ azure }) => azure.images.add("app/api:1"),
        typed(`${line} --namespaces team-0,team-1,team-2 --credential-per namespace`, `${line} --repository app/api -n team-2`),
      ),
      command: `${line} --repository app/api -A --credential-per namespace`,
      stderr: /1 Secret created, 2 scope maps configured, 1 namespace unchanged\n/,
    },
    ...[
      { flags: "--namespaces team-0,team-2", selected: ["team-0", "team-2"] },
      { flags: "--namespaces team-0 --namespaces team-1", selected: ["team-0", "team-1"] },
      { flags: "--namespaces team-*", selected: teams(3) },
      { flags: "--namespaces team-?,web", selected: [...teams(3), "web"] },
      { flags: "-A", selected: [...teams(3), "web"] },
      { flags: "-A --exclude-namespaces team-*", selected: ["web"] },
      { flags: "-A --include-system", selected: ["kube-system", ...teams(3), "web"] },
      { flags: "--namespaces kube-system,web", selected: ["kube-system", "web"] },
      { flags: "--namespace-selector tier=front", selected: ["web"] },
      { flags: "--namespaces web-*", selected: [] },
    ].map(
      ({ flags, selected }): Row => ({
        does: `writes to [${selected}] when ${flags}`,
        given: ({ cluster }) => {
          cluster.put(namespace("web", { labels: { tier: "front" } }));
          cluster.put(account("web"));
        },
        command: `${line} ${flags} ${scope}`,
        stderr: selected.length === 0 ? ["no namespace matches"] : any,
        check: (world) => expect(namespacesOf("secret")(world)).toEqual(selected),
      }),
    ),
    {
      does: "continues with the other namespaces when one does not exist",
      command: `${line} --namespaces team-0,nope,team-1 ${scope}`,
      ...failed,
      stdout: /secret\/acr-myregistry created in namespace team-0\n.*secret\/acr-myregistry created in namespace team-1\n/s,
      stderr: /^nope: .*\nhint: kubectl create namespace nope\n2 Secrets created, 1 namespace failed\n$/,
    },
    {
      does: "skips a namespace that is being deleted",
      given: ({ cluster }) => cluster.put(namespace("gone", { deletionTimestamp: "2026-01-01T00:00:00Z" })),
      command: `${line} -A ${scope}`,
      stderr: ["3 Secrets created"],
    },
    {
      does: "reads the ServiceAccounts of each namespace when they may not be listed in the whole cluster",
      world: () => worldOf(teams(20)),
      given: refuse(({ call, at }) => call === "list" && at === "serviceaccount"),
      command: `${line} -A ${scope}`,
      stderr: ["20 Secrets created"],
    },
    {
      does: "restarts each pod whose ServiceAccount lists the Secret",
      world: () => worldOf(teams(20)),
      given: all(
        ({ cluster }) => teams(20).map((name) => cluster.put(stuckPod(name, "web-1", "myregistry.azurecr.io/app/web:1"))).length,
        refuse("patch serviceaccount team-5/"),
      ),
      command: `${line} -A ${scope}`,
      ...failed,
      stderr: [inTeam(5), "19 Secrets created, 1 namespace failed"],
      check: (world, { stdout }) => {
        expect(namespacesOf("pod")(world)).toEqual(["team-5"]);
        expect(stdout.match(/^pod\//gm)).toHaveLength(19);
      },
    },
    {
      does: "prints the outcomes of each namespace without a write when --dry-run=client",
      command: `${line} -A ${scope} --dry-run=client -o jsonl`,
      stderr: any,
      writes: [],
      check: (_, { stdout }) => {
        const outcomes = linesOf(stdout).map((one) => JSON.parse(one) as { object: string; namespace?: string });
        expect(outcomes.map(({ object, namespace: at }) => `${object.split("/")[0]} ${at}`)).toEqual([
          "scopemap.azurecr.io undefined",
          "token.azurecr.io undefined",
          ...teams(3).flatMap((name) => [`secret ${name}`, `serviceaccount ${name}`]),
        ]);
      },
    },
    {
      does: "reports the namespaces whose write the server would reject when --dry-run=server",
      given: refuse("create secret team-1/"),
      command: `${line} -A ${scope} --dry-run=server`,
      ...failed,
      stderr: [inTeam(1), "2 Secrets created, 1 namespace failed"],
      writes: [],
    },
  ],
  () => worldOf(teams(3)),
);

testRows(
  [
    {
      does: "prints the namespace of each outcome when -o jsonl",
      command: `${line} --namespaces team-0,team-1 ${scope} -o jsonl`,
      stderr: any,
      check: (_, { stdout }) => {
        const outcomes = linesOf(stdout).map((text) => JSON.parse(text) as Record<string, unknown>);
        expect(outcomes.map((one) => [one["namespace"], one["object"], one["result"]].join(" "))).toEqual([
          ` scopemap.azurecr.io/${sharedByTeams} created`,
          ` token.azurecr.io/${sharedByTeams} created`,
          ...teams(2).flatMap((name) => [`${name} secret/acr-myregistry created`, `${name} serviceaccount/default patched`]),
        ]);
      },
    },
  ],
  () => worldOf(teams(3)),
);
