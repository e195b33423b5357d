import { expect } from "vitest";
import { credentialKey } from "../../../src/secret/record.ts";
import { granted, kept, line, token } from "../../support/demo.ts";
import { account, stuckPod } from "../../support/fakes/cluster.ts";
import { teams, worldOf } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { all, answer, any, failed, type Given, printed, type Row, refuse, testRows, typed, unchanged } from "../../support/rows.ts";

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
const command = "kubectl acr-secret create -n demo --registry myregistry --serviceaccount default --repository";
const names = (what: string) => new RegExp(`^(Warning: pod/finance-payroll .*\n)?Warning: pods use ${what}\n$`);
const finance = names(`finance/payroll, .*:\n  ${command} finance/payroll`);
const many = Array.from({ length: 12 }, (_, index) => `team/${String(index).padStart(2, "0")}`);
const first = `${["app/web", ...many.slice(0, 9)].map((one) => `+${one}`).join(", ")} and 3 more`;

const recordsAnother = all(typed(line), ({ cluster, azure }) => {
  const secret = cluster.get("secret", "demo", "acr-myregistry") ?? expect.unreachable("no Secret");
  const auth = Buffer.from("theirs:hunter2").toString("base64");
  const auths = JSON.stringify({ auths: { "myregistry.azurecr.io": { username: "theirs", password: "hunter2", auth } } });
  azure.users.set("theirs", "hunter2");
  const record = JSON.stringify({ ...JSON.parse(secret.metadata.annotations?.[credentialKey] ?? ""), identity: "theirs" });
  const annotations = { [credentialKey]: record };
  const data = { ".dockerconfigjson": Buffer.from(auths).toString("base64") };
  cluster.put({ ...secret, metadata: { ...secret.metadata, annotations }, data }, "kubectl-acr-secret");
});

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
        stdout: [
          `scopemap.azurecr.io/${token} configured (+finance/payroll)`,
          "secret/acr-myregistry configured",
          ...kept.slice(1),
          "pod/finance-payroll restarted",
        ],
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
        stdout: new RegExp(`"warnings":\\[[^\n]*"pods use finance/payroll, [^"]*: ${command} finance/payroll"`),
      },
    ],
  },
  {
    does: "gives a Secret that records another token its own with --force, although its login pulls what is wanted",
    given: recordsAnother,
    command: `${line} --force`,
    stdout: any,
    stderr: any,
    leaves: { username: token },
  },
  {
    does: "refuses to grant more when the Secret records another token, and replaces that login with --force",
    given: recordsAnother,
    command: `${line} --repository app/api`,
    code: 1,
    stderr:
      /^error: .* records the ACR token "theirs", which is not its own\nhint: kubectl acr-secret create -n demo acr-myregistry --registry myregistry\.azurecr\.io --repository REPOSITORY --force\n$/,
    after: [{ command: `${line} --force --repository app/api`, stdout: any, stderr: any, leaves: { username: token } }],
  },
]);

const exact = "create --registry myregistry -n demo --exact";
const two = all(uses("app/api"), typed("create --registry myregistry -n demo --repository app/web --repository app/api"));

testRows([
  {
    does: "takes away the repositories that are not named when --exact",
    given: two,
    command: `${exact} --repository app/web`,
    stdout: [`scopemap.azurecr.io/${token} configured (-app/api)`, "secret/acr-myregistry configured"],
    leaves: { granted: ["app/web"], entry: { repositories: ["app/web"] }, slots: "password1", secret: "alive" },
    after: [unchanged(`${exact} --repository app/web`)],
  },
  {
    does: "grants and takes away in one run when --exact",
    given: two,
    command: `${exact} --repository app/web --repository base/*`,
    stdout: new RegExp(`^scopemap.azurecr.io/${token} configured \\(\\+base/\\*, -app/api\\)\n`),
    stderr: any,
    leaves: { granted: ["app/web", "base/*"] },
  },
  {
    does: "keeps the repositories that are not named without --exact",
    given: two,
    command: "create --registry myregistry -n demo --repository app/web",
    stdout: kept.slice(0, 1),
    leaves: { granted: ["app/api", "app/web"] },
  },
  {
    does: "shows what --exact takes away and writes nothing when --dry-run=client",
    given: two,
    command: `${exact} --repository app/web --dry-run=client`,
    stdout: new RegExp(`^scopemap.azurecr.io/${token} configured \\(-app/api\\) \\(dry run\\)\n`),
    writes: [],
    leaves: { granted: ["app/api", "app/web"] },
  },
  {
    does: "refuses a repository that the registry does not have, and prints the nearest one, when --exact",
    given: two,
    command: `${exact} --repository app/wbe`,
    code: 1,
    stderr: ['error: repository "app/wbe" not found in myregistry.azurecr.io', "hint: did you mean app/web?"],
    writes: [],
    leaves: { granted: ["app/api", "app/web"] },
    after: [
      { command: `${exact} --repository app/wbe --verify=false --dry-run=client`, stdout: /\(\+app\/wbe, -app\/api, -app\/web\)/ },
      {
        command: `${exact} --repository finance/payroll`,
        code: 1,
        stderr: /not found .*\nhint: push an image to it first, or omit --exact\n$/,
      },
      {
        given: typed(`${exact} --repository app/*`),
        command: `${exact} --repository app/wbe`,
        code: 1,
        stderr: /not found/,
        leaves: { granted: ["app/*"] },
      },
      { command: `${exact} --repository finance/*`, stdout: /\(\+finance\/\*, -app\/\*\)\n/, stderr: any },
    ],
  },
  {
    does: "refuses a granted repository that the registry does not have when --exact takes others away",
    given: typed("create --registry myregistry -n demo --repository app/wbe --repository app/api"),
    command: `${exact} --repository app/wbe`,
    code: 1,
    stderr: ['error: repository "app/wbe" not found in myregistry.azurecr.io', "hint: did you mean app/web?"],
    leaves: { granted: ["app/api", "app/wbe"] },
    writes: [],
    check: ({ asking }) => expect(asking.all.filter((call) => call.startsWith("repositories"))).toHaveLength(1),
    after: [
      { command: `${exact} --repository app/wbe --verify=false`, stdout: /\(-app\/api\)/ },
      unchanged(`${exact} --repository app/wbe`),
    ],
  },
  {
    does: "warns about a repository that the registry does not have, with the nearest one",
    command: "create --registry myregistry -n demo --repository app/wbe --repository app/next",
    stderr: [
      "Warning: myregistry.azurecr.io/app/next could not be verified: no image found",
      'Warning: repository "app/wbe" not found in myregistry.azurecr.io; did you mean app/web?',
      "hint: kubectl acr-secret attach -n demo acr-myregistry --serviceaccount default",
    ],
  },
  {
    does: "takes a misspelled repository back with the printed command",
    given: two,
    command: "create --registry myregistry -n demo --repository app/wbe",
    stderr: [
      'Warning: repository "app/wbe" not found in myregistry.azurecr.io; did you mean app/web? To grant that instead, run:',
      "  kubectl acr-secret create -n demo --registry myregistry --repository app/api,app/web --exact",
    ],
    leaves: { granted: ["app/api", "app/wbe", "app/web"] },
    after: [{ command: printed, leaves: { granted: ["app/api", "app/web"] } }],
  },
  ...[
    { why: "the repositories may not be listed", given: answer("repositories", []) },
    { why: "the tenant issues no token for the registry", given: refuse("entraToken") },
  ].map(
    ({ why, given }): Row => ({
      does: `prints the plain warning when ${why}`,
      given,
      command: "create --registry myregistry -n demo --repository app/wbe",
      stderr: /^Warning: myregistry.azurecr.io\/app\/wbe could not be verified: no image found\nhint: .*\n$/,
      after: [
        { given, command: `${exact} --repository app/wbe --repository app/wba`, stderr: any, leaves: { granted: ["app/wba", "app/wbe"] } },
      ],
    }),
  ),
  {
    does: "lists no repositories when all have images",
    given: ({ asking }) =>
      asking.around(async (asked, next) => (asked.call === "repositories" ? expect.unreachable("repositories were listed") : next())),
    command: "create --registry myregistry -n demo --repository app/web",
    stderr: any,
  },
  { does: "requires --repository when --exact", command: exact, code: 1, stderr: /^error: --exact requires --repository\n/ },
]);

const everywhere = "create --registry myregistry -n platform --copy-to-all";

/** Namespaces have copies of a Secret for app/web. Another namespace joins, whose tenant uses an image of another team. */
const joins = (at = teams(3)) =>
  all(
    ...at.map((name) => uses("app/web", name)),
    typed(everywhere),
    ({ cluster }) => addNamespaces(cluster, "team-new"),
    uses("finance/payroll", "team-new"),
  );
const shared = "platform-acr-myregistry-4ij6jg3buuuxhkst";
const widened = new RegExp(`^scopemap.azurecr.io/${shared} configured \\(\\+finance/payroll\\)\n`);
const selecting = "kubectl acr-secret create -n platform --registry myregistry";

testRows(
  [
    {
      does: "gives a namespace that joins a copy and no more rights, and prints the command that grants them",
      given: joins(),
      command: everywhere,
      stdout: [
        ...["platform", ...teams(3)].map((name) => `secret/acr-myregistry unchanged in namespace ${name}`),
        "secret/acr-myregistry created in namespace team-new",
      ],
      stderr: [
        "Warning: team-new: pods use finance/payroll, which secret/acr-myregistry cannot pull:",
        `  ${selecting} --copy-to-all --repository finance/payroll`,
        "1 Secret created, 4 namespaces unchanged",
      ],
      check: grants(["app/web"], shared),
      after: [{ command: printed, stdout: widened, stderr: any, check: grants(["app/web", "finance/payroll"], shared) }],
    },
    {
      does: "warns once when a pod waits for an image that the copy cannot pull",
      given: joins(),
      command: `${everywhere} --serviceaccount default`,
      stdout: any,
      stderr: /^Warning: team-new: pods use finance\/payroll, .*:\n {2}kubectl .*\n.*\n$/,
      writes: any,
    },
    {
      does: "warns about the thousandth namespace in the same way",
      world: () => worldOf(["platform", ...teams(999)]),
      given: joins(teams(999)),
      command: everywhere,
      stderr: /^Warning: team-new: pods use finance\/payroll, .*:\n {2}kubectl .*\n1 Secret created, 1000 namespaces unchanged\n$/,
      check: grants(["app/web"], shared),
    },
    {
      does: "grants what the pods of the selected namespaces use with --repositories-from-pods",
      given: joins(),
      command: `${everywhere} --repositories-from-pods`,
      stdout: widened,
      stderr: ["1 Secret created, 1 Secret configured, 1 scope map configured"],
    },
    {
      does: "repeats the selection in the command that grants more",
      given: joins(),
      command: "create --registry myregistry -n platform --copy-to team-0,team-*",
      stdout: any,
      stderr: new RegExp(`\n {2}${selecting} --copy-to 'team-0,team-\\*' --repository finance/payroll\n`),
    },
    {
      does: "says that no pod of the selected namespaces uses the registry, and repeats the selection",
      command: `${everywhere} --serviceaccount default`,
      code: 1,
      stderr:
        /^error: no pod in the selected namespaces uses an image of myregistry.azurecr.io, .*\nhint: kubectl acr-secret create -n platform --registry myregistry --serviceaccount default --copy-to-all --repository REPOSITORY\n$/,
    },
  ],
  () => worldOf(["platform", ...teams(3)]),
);

const pull = ["repositories/app/web/content/read", "repositories/app/web/metadata/read"];

/** Another user has a scope map that may push, with the name of the Secret's own token. With `at`, a token of that name has a scope map, too. */
const theirs =
  ({ at, description = "theirs" }: { readonly at?: string; readonly description?: string } = {}): Given =>
  ({ azure }) => {
    azure.putScopeMap({ name: token, description, actions: [...pull, "repositories/app/web/content/write"] });
    if (at !== undefined) azure.putToken(token, [], at);
  };
/** Another user lets the Secret's own token push. */
const pushes: Given = ({ azure }) => {
  for (const one of azure.scopeMaps.values())
    azure.putScopeMap({ ...one, actions: [...one.actions, "repositories/app/web/content/write"] });
};

testRows([
  ...[
    { why: "a scope map has its name", given: theirs() },
    { why: "a token with its scope map has its name", given: theirs({ at: token }) },
    { why: "a token with another scope map has its name", given: theirs({ at: "cipush" }) },
    {
      why: "the description names the Secret and not the namespace's uid",
      given: theirs({ description: "kubectl acr-secret: secret acr-myregistry in namespace demo" }),
    },
  ].map(
    ({ why, given }): Row => ({
      does: `refuses a token that nothing shows to be the Secret's own when ${why}`,
      given,
      command: line,
      code: 1,
      stderr: /^error: the ACR token ".*" exists in registry "myregistry", and nothing shows .*\nhint: specify another Secret name, /,
      after: [{ command: `${line} --force`, code: 1, stderr: /nothing shows/ }],
    }),
  ),
  ...[
    { why: "a run adds repositories", given: pushes, typed: `${line} --repository app/api` },
    { why: "the Secret was deleted", given: all(pushes, ({ cluster }) => cluster.remove("secret", "demo", "acr-myregistry")) },
  ].map(
    ({ why, given, typed: typedLine = line }): Row => ({
      does: `refuses a token that pushes when ${why}`,
      given: all(typed(line), given),
      command: typedLine,
      ...failed,
      stdout: [],
      stderr: /^error: token ".*" can do more than pull: app\/web push\n.*--force/,
      after: [
        {
          command: `${typedLine} --force`,
          stdout: any,
          stderr: /Warning: token ".*" can do more than pull: app\/web push\n/,
          leaves: { secret: "alive" },
        },
      ],
    }),
  ),
  {
    does: "keeps the rights of other users on its scope map when --exact and --force",
    given: all(two, pushes),
    command: `${exact} --repository app/web --force`,
    stdout: /configured \(-app\/api\)\n/,
    stderr: any,
    check: ({ azure }) => expect(azure.scopeMaps.get(token)?.actions).toEqual([pull[0], "repositories/app/web/content/write", pull[1]]),
  },
  {
    does: "warns that the rights of a supplied login are not checked",
    given: ({ azure }) => azure.users.set("bob", "hunter2"),
    command: `${line} --username bob --password-stdin`,
    options: { stdin: "hunter2" },
    stderr: /^Warning: .* login "bob" at myregistry.azurecr.io .*\n$/,
  },
  {
    does: "refuses to add repositories to a scope map that another token has, unless --force is given",
    given: all(
      ({ azure }) => azure.images.add("app/api:1"),
      typed(line),
      ({ azure }) => azure.putToken("ci-two", [], token),
    ),
    command: `${line} --repository app/api`,
    ...failed,
    stdout: [],
    stderr: new RegExp(`^error: the scope map "${token}" .* ci-two`),
    after: [
      { command: `${line} --repository app/api --force`, stdout: any, stderr: /ci-two/, leaves: { granted: ["app/api", "app/web"] } },
    ],
  },
]);
