import { expect } from "vitest";
import { pullActions } from "../../../src/credential/acr-token/scope-map.ts";
import { tokenName } from "../../../src/secret/names.ts";
import { granted, kept, line, next, token } from "../../support/demo.ts";
import { account, stuckPod } from "../../support/fakes/cluster.ts";
import { sharedByTeams, teams, worldOf } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { renamed } from "../../support/other-token.ts";
import { all, any, type Given, printed, type Row, testRows, typed, unchanged } from "../../support/rows.ts";

/** A pod of a namespace waits for an image. */
const uses =
  (repository: string, at = "demo", name = repository.replaceAll("/", "-")): Given =>
  ({ azure, cluster }) => {
    azure.images.add(`${repository}:1`);
    cluster.put(stuckPod(at, name, `myregistry.azurecr.io/${repository}:1`));
  };
const grants = (repositories: readonly string[], map?: string) => (world: FakeWorld) => expect(granted(world, map)).toEqual(repositories);

/** The Secret can pull app/web. A tenant has then created a pod with another team's image. */
const joined = all(typed(line), uses("finance/payroll"));
const command = "kubectl acr-secret create -n demo acr-myregistry --registry myregistry --repository";
const names = (what: string) => new RegExp(`^(Warning: pod/finance-payroll .*\n)?Warning: pods use ${what}\n$`);
const finance = names(`finance/payroll, .*:\n  ${command} finance/payroll --serviceaccount default`);
const many = Array.from({ length: 12 }, (_, index) => `team/${String(index).padStart(2, "0")}`);
const first = `${["app/web", ...many.slice(0, 9)].map((one) => `+${one}`).join(", ")} and 3 more`;

testRows([
  {
    does: "warns when the credential can pull the whole registry",
    command: "create --registry myregistry --repository * -n demo",
    stderr: /^Warning: --repository '\*' lets the credential pull every repository of the registry\n/,
    leaves: { granted: ["*"] },
  },
  {
    does: "does not warn about --repository '*' when the credential gets no rights by it",
    command: "create --registry myregistry --repository * --entra -n demo",
    stderr: /^Warning: secret\/acr-myregistry expires at /,
  },
  {
    does: "reads comma lists of repositories and ServiceAccounts",
    given: ({ azure, cluster }) => {
      azure.images.add("app/api:1");
      cluster.put(account("demo", "worker"));
    },
    command: "create --registry myregistry --repository app/web,app/api --serviceaccount default,sa/worker -n demo",
    leaves: { granted: ["app/api", "app/web"], attached: "acr-myregistry" },
    check: ({ cluster }) => expect(cluster.get("serviceaccount", "demo", "worker")?.imagePullSecrets).toEqual([{ name: "acr-myregistry" }]),
  },
  {
    does: "grants nothing that only a pod uses in a second run, and prints the command that grants it",
    given: joined,
    command: line,
    stdout: kept,
    stderr: finance,
    writes: [],
    leaves: { granted: ["app/web"] },
    after: [
      { ...unchanged(line), stderr: finance },
      {
        command: `${line.replace("create", "create acr-myregistry")} --repository finance/payroll`,
        stdout: [`scopemap.azurecr.io/${token} configured (+finance/payroll)`, ...kept.slice(1), "pod/finance-payroll restarted"],
        leaves: { granted: ["app/web", "finance/payroll"] },
      },
    ],
  },
  ...[
    { why: "the Secret was deleted", lose: ({ cluster }: FakeWorld) => cluster.remove("secret", "demo", "acr-myregistry") },
    {
      why: "the Secret's annotation was deleted",
      lose: ({ cluster }: FakeWorld) => {
        const secret = cluster.get("secret", "demo", "acr-myregistry") ?? expect.unreachable("no Secret");
        const { annotations: _, ...metadata } = secret.metadata;
        cluster.put({ ...secret, metadata }, "kubectl-acr-secret");
      },
    },
  ].map(
    ({ why, lose }): Row => ({
      does: `grants no more when ${why}`,
      given: all(joined, lose),
      command: `${line} --force`,
      stderr: finance,
      leaves: { granted: ["app/web"] },
    }),
  ),
  {
    does: "grants what the pods use and prints it when --repositories-from-pods is given",
    given: all(joined, uses("base/node")),
    command: `${line} --repositories-from-pods`,
    stdout: new RegExp(`^scopemap.azurecr.io/${token} configured \\(\\+base/node, \\+finance/payroll\\)\n`),
    leaves: { granted: ["app/web", "base/node", "finance/payroll"] },
  },
  {
    does: "grants named repositories together with --repositories-from-pods",
    given: joined,
    command: `${line} --repository team/* --repositories-from-pods`,
    stdout: /configured \(\+finance\/payroll, \+team\/\*\)\n/,
    stderr: any,
  },
  {
    does: "warns about no other repository when repositories are named",
    given: joined,
    command: "create --registry myregistry --repository app/web -n demo",
    stderr: [],
  },
  {
    does: "prints some of many repositories and how many more there are",
    given: all(...many.map((repository) => uses(repository))),
    command: `${line} --dry-run=client`,
    stdout: new RegExp(`created \\(${first.replaceAll("+", "\\+")}\\) \\(dry run\\)\n`),
    after: [{ command: line, stdout: new RegExp(`created \\(${first.replaceAll("+", "\\+")}\\)\n`) }],
  },
  {
    does: "prints all granted repositories when -o jsonl",
    given: joined,
    command: `${line} --repository finance/payroll --dry-run=client -o jsonl`,
    stdout: /^{[^\n]*"result":"configured"[^\n]*"grants":\["finance\/payroll"\]/,
    after: [
      {
        command: `${line} --dry-run=client -o jsonl`,
        stdout: new RegExp(`"warnings":\\[[^\n]*"pods use finance/payroll, [^"]*: ${command} finance/payroll --serviceaccount default"`),
      },
    ],
  },
  {
    does: "refuses to widen a scope map without pull rights by what pods use, and prints the command that names the repositories",
    given: ({ azure }) => {
      azure.putScopeMap({ name: token, actions: ["repositories/app/web/content/write"] });
      azure.putToken(token, ["password1"]);
    },
    command: line,
    code: 1,
    stderr: /^error: .*\nhint: kubectl acr-secret create -n demo --registry myregistry --repository app\/web --serviceaccount default\n$/,
  },
  {
    does: "prints the command that grants more when the scope map exists",
    given: ({ azure }) => {
      azure.putScopeMap({ name: token, actions: pullActions(["base/node"]) });
      azure.images.add("base/node:1");
    },
    command: "create --registry myregistry -n demo",
    stderr: new RegExp(`^Warning: pods use app/web, .*:\n  ${command} app/web\n${next}\n$`),
  },
  {
    does: "prints the command for another Secret when pods use more than the Secret's token of another user can pull",
    given: all(
      ({ azure }) => azure.images.add("base/node:1"),
      typed("create --registry myregistry --repository base/node -n demo"),
      renamed("theirs-1"),
    ),
    command: "create --registry myregistry -n demo",
    stderr: /:\n {2}kubectl acr-secret create -n demo acr-myregistry-pods --registry myregistry --repository app\/web\n/,
    after: [{ command: printed, stderr: any, check: ({ azure }) => expect(azure.tokens.size).toBe(2) }],
  },
  {
    does: "refuses to grant more to another user's token, and prints the command for another Secret",
    given: all(
      ({ azure }) => azure.images.add("app/api:1"),
      typed("create --registry myregistry --repository app/web -n demo"),
      renamed("theirs-1"),
    ),
    command: "create --registry myregistry --repository app/api -n demo",
    code: 1,
    stderr: /"theirs-1", which other users may have\nhint: .* acr-myregistry-pods /,
    after: [{ command: printed, stderr: any, check: grants(["app/web"], "theirs-1") }],
  },
]);

const everywhere = "create --registry myregistry -A --credential-per";

/** Namespaces share credentials for app/web. Another namespace joins, whose tenant uses an image of another team. */
const joins = (per: string, at = teams(3)) =>
  all(
    ...at.map((name) => uses("app/web", name)),
    typed(`${everywhere} ${per}`),
    ({ cluster }) => addNamespaces(cluster, "team-new"),
    uses("finance/payroll", "team-new"),
  );
const scope = "--namespaces team-0 --namespaces team-new --namespaces 'team-*' --exclude-namespaces team-1 --include-system";
const widened = new RegExp(`^scopemap.azurecr.io/${sharedByTeams} configured \\(\\+finance/payroll\\)\n`);

testRows(
  [
    {
      does: "gives a namespace that joins a shared credential no more rights, and prints the command that grants them",
      given: joins("scope"),
      command: `${everywhere} scope`,
      stdout: [
        `scopemap.azurecr.io/${sharedByTeams} unchanged`,
        `token.azurecr.io/${sharedByTeams} unchanged`,
        ...teams(3).map((name) => `secret/acr-myregistry unchanged in namespace ${name}`),
        "secret/acr-myregistry created in namespace team-new",
      ],
      stderr:
        /^Warning: team-new: pods use finance\/payroll, .*:\n {2}kubectl acr-secret create --all-namespaces acr-myregistry .* --credential-per scope\n1 Secret created, 3 namespaces unchanged\n$/,
      check: grants(["app/web"], sharedByTeams),
      after: [{ command: printed, stdout: widened, stderr: any, check: grants(["app/web", "finance/payroll"], sharedByTeams) }],
    },
    {
      does: "warns once when a pod waits for an image that the shared credential cannot pull",
      given: all(joins("scope"), ({ cluster }) => cluster.put(stuckPod("team-new", "pay-1", "myregistry.azurecr.io/finance/payroll:1"))),
      command: `${everywhere} scope --serviceaccount default`,
      stdout: any,
      stderr: /^Warning: team-new: pods use finance\/payroll, .*:\n {2}kubectl .*\n.*\n$/,
      writes: any,
    },
    {
      does: "warns about the thousandth namespace in the same way",
      world: () => worldOf(teams(999)),
      given: joins("scope", teams(999)),
      command: `${everywhere} scope`,
      stderr: /^Warning: team-new: pods use finance\/payroll, .*:\n {2}kubectl .*\n1 Secret created, 999 namespaces unchanged\n$/,
      check: grants(["app/web"], sharedByTeams),
    },
    {
      does: "creates a new namespace's own credential for what its pods use, and widens no existing one",
      world: () => worldOf(teams(2)),
      given: all(joins("namespace", teams(2)), uses("finance/payroll", "team-1", "web")),
      command: `${everywhere} namespace`,
      stdout:
        /scopemap\S+team-0-acr-\S+ unchanged\n.*scopemap\S+team-1-acr-\S+ unchanged\n.*scopemap\S+team-new-acr-\S+ created \(\+finance\/payroll\)\n/s,
      stderr:
        /Warning: team-1: pods use finance\/payroll, .*:\n {2}kubectl acr-secret create -n team-1 acr-myregistry --registry myregistry --repository finance\/payroll/,
    },
    {
      does: "grants what the pods of all namespaces use with --repositories-from-pods",
      given: joins("scope"),
      command: `${everywhere} scope --repositories-from-pods`,
      stdout: widened,
      stderr: ["1 Secret created, 1 scope map configured"],
    },
    {
      does: "repeats the scope flags in the command that grants more",
      given: joins("scope"),
      command: `create --registry myregistry --credential-per scope ${scope.replaceAll("'", "")}`,
      stderr: new RegExp(`kubectl acr-secret create ${scope.replace("*", "\\*")} acr-myregistry `),
    },
  ],
  () => worldOf(teams(3)),
);

const pull = ["repositories/app/web/content/read", "repositories/app/web/metadata/read"];

/** Another user has a scope map that may push, by default with the name of the Secret's own token. With `token`, the token exists, too. */
const push =
  ({ token: has = false, description = "theirs", map = token, of = token } = {}): Given =>
  ({ azure }) => {
    azure.putScopeMap({ name: map, description, actions: [...pull, "repositories/app/web/content/write"] });
    if (has) azure.putToken(of, [], map);
  };
/** The name that is derived from the cluster, the first namespace and the Secret. */
const sharedToken = tokenName("uid-of-kube-system/uid-of-sa1", "shared", "team");
const sharedByTwo = "create team --registry myregistry --repository app/web --credential-per scope --expires-in 30d";

testRows([
  ...[
    { why: "another user's scope map has the token's name", given: push() },
    { why: "the run adds to another user's scope map", given: push(), typed: `${line} --repository app/api` },
    { why: "the token exists with its own scope map", given: push({ token: true }) },
    { why: "the token has another scope map", given: push({ token: true, map: "cipush" }) },
    {
      why: "the scope map is described as the plugin's",
      given: push({ description: "kubectl acr-secret: secret acr-myregistry in namespace demo" }),
    },
  ].map(
    ({ why, given, typed: typedLine = line }): Row => ({
      does: `refuses a token that pushes when ${why}`,
      given,
      command: typedLine,
      code: 1,
      stderr: /^error: token ".*" can do more than pull: app\/web push\n.*--force/,
      after: [
        {
          command: printed,
          stderr: /Warning: token ".*" can do more than pull: app\/web push\n/,
          stdout: /secret\/acr-myregistry created\n/,
        },
      ],
    }),
  ),
  {
    does: "refuses a second run when the token of the Secret was given more rights",
    given: all(typed(line), ({ azure }) => {
      for (const one of azure.scopeMaps.values()) azure.putScopeMap({ ...one, actions: [...one.actions, "repositories/*/content/delete"] });
    }),
    command: line,
    code: 1,
    stderr: /can do more than pull: \* delete\n/,
  },
  {
    does: "prints the rights once when rotate renews the password of a token that pushes",
    given: all(push(), typed(`${line} --force`)),
    command: "rotate acr-myregistry -n demo",
    stderr: /^(?!(.*can do more than pull){2}).*token "[^"]*" can do more than pull: app\/web push/s,
  },
  {
    does: "warns that the rights of a supplied login are not checked",
    given: ({ azure }) => azure.users.set("bob", "hunter2"),
    command: `${line} --username bob --password-stdin`,
    options: { stdin: "hunter2" },
    stderr: /^Warning: .* login "bob" at myregistry.azurecr.io .*\n$/,
  },
  {
    does: "prints the namespaces and the lifetime in the command of a refusal when several namespaces share the credential",
    given: all(push({ map: sharedToken }), ({ cluster }) => addNamespaces(cluster, "kube-system", "sa1", "sa2", "sb1")),
    command: `${sharedByTwo} --namespaces sa1,sa2`,
    code: 1,
    after: [
      {
        command: printed,
        stderr: any,
        check: ({ cluster, azure }) => {
          expect(cluster.all("secret").map(({ metadata }) => metadata.namespace)).toEqual(["sa1", "sa2"]);
          expect(azure.tokens.get(sharedToken)?.passwords.get("password1")?.expiry).toBe("2026-01-31T00:00:00Z");
        },
      },
    ],
  },
  {
    does: "refuses to add repositories to a scope map that another token has, and its command adds them",
    given: all(
      ({ azure }) => azure.images.add("app/api:1"),
      typed(line),
      ({ azure }) => azure.putToken("ci-two", [], token),
    ),
    command: `${line} --repository app/api`,
    code: 1,
    stderr: new RegExp(`^error: the scope map "${token}" .* ci-two`),
    after: [{ command: printed, stderr: /ci-two/, leaves: { granted: ["app/api", "app/web"] } }],
  },
]);
