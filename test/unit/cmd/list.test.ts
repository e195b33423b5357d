import { load } from "js-yaml";
import { expect } from "vitest";
import type { Credential } from "../../../src/secret/record.ts";
import { line, refused } from "../../support/demo.ts";
import type { Asked } from "../../support/fakes/asked.ts";
import { account, pullSecret } from "../../support/fakes/cluster.ts";
import { linesOf, stored, worldOf } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { copySecret, recordOf, sourceSecret } from "../../support/records.ts";
import { all, any, type Given, type Row, refuse, testRows, typed } from "../../support/rows.ts";

const create = "create --registry myregistry --repository app/web";
const teams = ["team", "team-a", "team-b", "team-c"];
const forbidden = refused().message;

/** Some lists are forbidden. */
const forbid = (calls: (asked: Asked) => boolean): Given => refuse((asked) => asked.call === "list" && calls(asked));
const wide = (kind: string) => (asked: Asked) => asked.at === kind;
const within = (name: string) => (asked: Asked) => asked.namespace === name;
const cells = (stdout: string, ...columns: number[]) =>
  linesOf(stdout).map((text) => columns.map((column) => text.split(/\s{2,}/)[column]).join(" "));
/** Checks cells of a table: the namespace and the ServiceAccounts, unless other columns are given. */
const prints =
  (expected: readonly string[], ...columns: number[]) =>
  (_: FakeWorld, { stdout }: { stdout: string }) =>
    expect(cells(stdout, ...(columns.length > 0 ? columns : [0, 5]))).toEqual(expected);

testRows(
  [
    ...[
      { scope: "-A", kind: "secret", rows: ["team-a default", "team-b default", "team-c default", "team default"] },
      { scope: "-A", kind: "serviceaccount", rows: ["team-a default", "team-b default", "team-c default", "team default"] },
      { scope: "--namespaces team-*", kind: "secret", rows: ["team-a default", "team-b default", "team-c default"] },
    ].map(
      ({ scope, kind, rows }): Row => ({
        does: `lists each namespace in the same order when every ${kind} may not be listed: ${scope}`,
        given: forbid(wide(kind)),
        command: `list ${scope} --no-headers -v=6`,
        stderr: ["Reading lists of all namespaces", `Reading each namespace: ${forbidden}`],
        check: prints(rows),
      }),
    ),
    ...["-A", "--namespaces team-*", "--namespaces team-a,team-b,team-c"].map(
      (scope): Row => ({
        does: `lists the other namespaces and exits with 2 when one is forbidden: ${scope}`,
        given: forbid((asked) => wide("secret")(asked) || within("team-b")(asked)),
        command: `list ${scope} --no-headers`,
        code: 2,
        stdout: any,
        stderr: [`team-b: ${forbidden}`],
        check: prints(["team-a default", "team-c default", ...(scope === "-A" ? ["team default"] : [])]),
      }),
    ),
    ...["team-a,nosuch", "nosuch,team-a"].map(
      (namespaces): Row => ({
        does: `lists the other namespaces and exits with 2 when one does not exist: ${namespaces}`,
        command: `list --namespaces ${namespaces} -o jsonl`,
        code: 2,
        stdout: any,
        stderr: ['nosuch: Error from server (NotFound): namespaces "nosuch" not found', "hint: kubectl get namespaces"],
        check: (_, { stdout }) =>
          expect(linesOf(stdout).map((text) => JSON.parse(text))).toMatchObject([
            { kind: "PullSecret", namespace: "team-a" },
            { kind: "Error", namespace: "nosuch", reason: "notFound" },
          ]),
      }),
    ),
    {
      does: "exits with 2 and suggests a similar name when the namespace does not exist",
      command: "list -n team-x -o name",
      code: 2,
      stderr: ['Error from server (NotFound): namespaces "team-x" not found', "hint: did you mean -n team-a?"],
    },
    {
      does: "prints no empty result and exits with 2 when every namespace is forbidden",
      given: forbid(() => true),
      command: "list --namespaces team-a,team-b",
      code: 2,
      stderr: [`team-a: ${forbidden}`, `team-b: ${forbidden}`],
      after: [{ given: forbid(() => true), command: "list -n team-a", code: 2, stderr: [forbidden] }],
    },
  ],
  () => {
    const world = worldOf(teams);
    for (const team of teams) {
      world.cluster.put(sourceSecret(`${team}/acr-myregistry`));
      world.cluster.put(account(team, "default", ["acr-myregistry"]));
    }
    return world;
  },
);

/** The namespace has a source. */
const recorded =
  (credential: Partial<Credential>): Given =>
  ({ cluster }) =>
    cluster.put(sourceSecret("demo/acr-myregistry", { credential }));
const host = "myregistry.azurecr.io";
const unknownKind = { kind: "moon", identity: "app-1", slot: "k1" };
const rotated = { slot: "password2", madeAt: "2025-12-20T00:00:00Z", by: "jane@example.com" };

testRows(
  [
    {
      does: "exits with 2 when one namespace is forbidden and a credential of another expires",
      world: () => worldOf(["a", "b"]),
      given: all(typed(`${create} -n a --expires-in 10d`), forbid(within("b"))),
      command: "list --namespaces a,b --expiring-within 14d -o name",
      code: 2,
      stdout: ["secret/acr-myregistry"],
    },
    {
      does: "prints the ServiceAccounts of each Secret in the order of the lists, and reads only lists",
      world: () => worldOf(["team-b", "team-a", "team"]),
      given: ({ cluster }) => {
        for (const team of ["team", "team-a", "team-b"]) cluster.put(sourceSecret(`${team}/acr-myregistry`));
        for (const team of ["team", "team-a"]) cluster.put(account(team, "default", ["acr-myregistry"]));
      },
      command: "list -A --no-headers",
      check: (world, run) => {
        const rows = ["team-a default", "team-b <none>", "team default"].map((text) => text.split(" "));
        prints(
          rows.map(([at, names]) => `${at} acr-myregistry myregistry acr-token never ${names}`),
          0,
          1,
          2,
          3,
          4,
          5,
        )(world, run);
        expect(world.asking.all.filter((text) => !text.startsWith("list "))).toEqual([]);
      },
    },
    {
      does: "prints a credential of an unknown kind as it is recorded",
      given: recorded(unknownKind),
      command: "list -n demo -o wide",
      stdout: /moon +never +<none> +<none> +\S+ +app-1 +<unknown> +k1/,
    },
    ...[
      { until: undefined, cell: "password1 until the next rotation" },
      { until: "2026-01-04T00:00:00Z", cell: "password1 for 3d" },
      { until: "2025-12-31T00:00:00Z", cell: "password1 is due for deletion" },
    ].map(({ until, cell }): Row => {
      const previous = { slot: "password1", madeAt: "2025-10-01T00:00:00Z", ...(until && { until }) };
      const { slot, madeAt: createdAt, by: createdBy } = rotated;
      const printed = { slot: "password1", createdAt: "2025-10-01T00:00:00Z", ...(until && { until }) };
      return {
        does: `prints a rotation with -o wide: ${cell}`,
        given: recorded({ ...rotated, previous }),
        command: "list -n demo -o wide",
        check: (_, { stdout }) =>
          expect(linesOf(stdout).map((text) => text.trim().split(/ {3,}/).slice(7).join("|"))).toEqual([
            "IDENTITY|GRANTS|SLOT|CREATED|PREVIOUS|CREATED-BY",
            `ci-pull|<none>|password2|12d|${cell}|jane@example.com`,
          ]),
        after: [
          {
            command: "list -n demo -o jsonl",
            check: (_, { stdout }) => expect(JSON.parse(stdout).logins).toMatchObject([{ slot, createdAt, createdBy, previous: printed }]),
          },
          { command: "list -n demo", stdout: /^(?!.*PREVIOUS)/s },
        ],
      };
    }),
    {
      does: "prints an unknown expiry for a supplied login",
      world: () => worldOf(["demo"]),
      given: ({ ports }) =>
        type("create --registry myregistry.azurecr.io --username ci --password-stdin --verify=false -n demo", ports, { stdin: "hunter2" }),
      command: "list -n demo --no-headers",
      stdout: / given +<unknown> +<none> /,
    },
    ...[
      { names: ["a", "b", "c"], cell: "a,b,c" },
      { names: ["a", "b", "c", "d"], cell: "a,b + 2 more..." },
    ].map(
      ({ names, cell }): Row => ({
        does: `prints ${cell} for ${names.length} ServiceAccounts, and all with -o wide`,
        given: ({ cluster }) => names.map((name) => cluster.put(account("demo", name, ["acr-myregistry"]))).length,
        command: "list -n demo --no-headers",
        check: prints([cell], 4),
        after: [{ command: "list -n demo --no-headers -o wide", check: prints([names.join(",")], 4) }],
      }),
    ),
  ],
  () => stored("demo"),
);

const auth = (text: string) => ({ auth: Buffer.from(text).toString("base64") });
/** A Secret of this plugin, a manually created one for two registries, and one without a login. */
const both = all(typed(`${line} --expires-in 10d`), ({ cluster }) => {
  cluster.put(pullSecret("demo", "by-hand", { [host]: auth("myregistry:hunter2"), "ghcr.io": auth("jane:hunter2") }));
  cluster.put({ apiVersion: "v1", kind: "Secret", metadata: { name: "else", namespace: "demo" }, type: "Opaque", data: {} });
});
const inArgo = "create --registry myregistry --repository app/web --expires-in 10d -n argocd";
const argo = all(
  ({ cluster }) => addNamespaces(cluster, "argocd"),
  typed(`${inArgo} --for argocd`, `${inArgo} a`, `${inArgo} b`),
  ({ cluster }) => {
    const theirs = { name: "theirs", namespace: "argocd", labels: { "argocd.argoproj.io/secret-type": "repository" } };
    cluster.put({ apiVersion: "v1", kind: "Secret", metadata: theirs, type: "Opaque", data: {} });
  },
);
const ours = {
  apiVersion: "acr-secret/v1",
  kind: "PullSecret",
  namespace: "demo",
  name: "acr-myregistry",
  logins: [{ registries: [host], credential: "acr-token", guessed: false, expiry: "at", expiresAt: "2026-01-11T00:00:00Z" }],
  serviceAccounts: ["default"],
};
const guessed = { registries: [host], credential: "admin", guessed: true, identity: "myregistry", expiry: "unknown", expiresAt: null };
const byHand = { name: "by-hand", logins: [{ registries: ["ghcr.io"], guessed: true, identity: "jane" }, guessed], serviceAccounts: [] };
/** Two Secrets have the same registries in different orders. */
const unordered: Given = ({ cluster }) => {
  for (const [name, hosts] of Object.entries({ one: ["b.azurecr.io", "a.io"], two: ["a.io", "b.azurecr.io"] }))
    cluster.put(pullSecret("demo", name, Object.fromEntries(hosts.map((of) => [of, auth("ci:hunter2")]))));
};

testRows([
  {
    does: "lists another user's Secret with what it seems to hold, marked as a guess",
    given: both,
    command: "list -n demo",
    stdout:
      /^(?!.*\nelse).*\nacr-myregistry +myregistry +acr-token +10d +default +\S+\nby-hand +ghcr\.io,myregistry +admin\? +<unknown> +<none> +\S+\n/s,
  },
  ...[
    { form: "jsonl", read: (stdout: string) => linesOf(stdout).map((text) => JSON.parse(text)) },
    { form: "json", read: (stdout: string) => JSON.parse(stdout).items },
    { form: "yaml", read: (stdout: string) => (load(stdout) as { items: unknown }).items },
  ].map(
    ({ form, read }): Row => ({
      does: `prints PullSecret objects without passwords when -o ${form}`,
      given: both,
      command: `list -n demo -o ${form}`,
      stdout: /^(?!.*(hunter2|password-1|dockerconfigjson))/s,
      check: (_, { stdout }) => expect(read(stdout)).toMatchObject([ours, byHand]),
    }),
  ),
  {
    does: "prints expiry never and a null time when a credential does not expire",
    given: typed(line),
    command: "list -n demo -o json",
    check: (_, { stdout }) =>
      expect(JSON.parse(stdout)).toMatchObject({
        apiVersion: "v1",
        kind: "List",
        items: [{ logins: [{ expiry: "never", expiresAt: null }] }],
      }),
  },
  ...[
    { within: "14d", stdout: ["secret/acr-myregistry"], code: 1 },
    { within: "9d", stdout: [], code: 0 },
  ].map(
    ({ within: time, stdout, code }): Row => ({
      does: `exits with ${code} and counts the Secrets of unknown expiry when --expiring-within ${time}`,
      given: both,
      command: `list -n demo -o name --expiring-within ${time}`,
      code,
      stdout,
      stderr: ["secrets not shown: 1 with unknown expiry"],
    }),
  ),
  {
    does: "lists Secrets of unknown expiry and exits with 1 when --include-unknown",
    given: both,
    command: "list -n demo -o name --expiring-within 9d --include-unknown",
    code: 1,
    stdout: ["secret/by-hand"],
    stderr: [],
  },
  {
    does: "refuses --include-unknown without --expiring-within",
    command: "list -n demo --include-unknown",
    code: 1,
    stderr: ["error: --include-unknown requires --expiring-within", "hint: kubectl acr-secret list --help"],
  },
  ...[
    { registry: "myregistry", names: ["acr-myregistry", "by-hand", "regional"] },
    { registry: "MyRegistry.azurecr.io", names: ["acr-myregistry", "by-hand", "regional"] },
    { registry: "https://myregistry.azurecr.io/", names: ["acr-myregistry", "by-hand", "regional"] },
    {
      registry: `/subscriptions/${"0".repeat(8)}-0000-0000-0000-${"0".repeat(12)}/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/myregistry`,
      names: ["acr-myregistry", "by-hand", "regional"],
    },
    { registry: "myregistry.eastus.geo.azurecr.io", names: ["regional"] },
    { registry: "ghcr.io", names: ["by-hand"] },
    { registry: "labeled", names: ["labeled"] },
    { registry: "my", names: [] },
  ].map(
    ({ registry, names }): Row => ({
      does: `lists the Secrets for one registry when --registry ${registry}`,
      given: all(both, ({ cluster }) => {
        cluster.put(pullSecret("demo", "regional", { "myregistry.eastus.geo.azurecr.io": auth("ci:hunter2") }));
        cluster.put(pullSecret("demo", "labeled", { "https://labeled-a1b2c3.azurecr.io/v1/": auth("ci:hunter2") }));
      }),
      command: `list -n demo -o name --registry ${registry}`,
      stdout: names.map((name) => `secret/${name}`),
    }),
  ),
  ...[
    { field: "expires", names: ["soon", "acr-myregistry", "by-hand"] },
    { field: ".expiresAt", names: ["soon", "acr-myregistry", "by-hand"] },
    { field: "{.metadata.name}", names: ["acr-myregistry", "by-hand", "soon"] },
    { field: "REGISTRY", names: ["by-hand", "acr-myregistry", "soon"] },
  ].map(
    ({ field, names }): Row => ({
      does: `sorts the Secrets when --sort-by ${field}`,
      given: all(both, typed("create soon --registry myregistry --repository app/web -n demo --expires-in 1d")),
      command: `list -n demo -o name --sort-by ${field}`,
      stdout: names.map((name) => `secret/${name}`),
      after: [
        {
          command: `list -n demo -o json --sort-by ${field}`,
          check: (_, { stdout }) => expect(JSON.parse(stdout).items.map(({ name }: { name: string }) => name)).toEqual(names),
        },
      ],
    }),
  ),
  {
    does: "refuses an unknown field of --sort-by",
    command: "list -n demo --sort-by .spec.x",
    code: 1,
    stderr: /^error: invalid --sort-by "\.spec\.x": must be one of namespace, name, /,
  },
  {
    does: "prints the expiry of each login when -o openmetrics",
    given: both,
    command: "list -n demo -o openmetrics",
    stdout:
      /\nacr_secret_expiry_timestamp_seconds\{namespace="demo",secret="acr-myregistry",registry="myregistry\.azurecr\.io",credential="acr-token"\} 1768089600\n.*# EOF\n$/s,
  },
  {
    does: "prints an HTML page without passwords when -o html",
    given: both,
    command: "list -n demo -o html",
    stdout:
      /^<!doctype html>\n(?!.*(hunter2|password-1|dockerconfigjson|aHVudGVy)).*<h1>1 of 2 credentials expires within 14 days<\/h1>.*<code>by-hand</s,
  },
  {
    does: "counts the Secrets that never expire when --expiring-within leaves them out",
    given: all(both, typed(...["one", "two"].map((name) => `create ${name} --registry myregistry --repository app/web -n demo`))),
    command: "list -n demo --expiring-within 9d",
    stdout: [],
    stderr: ["No resources found in demo namespace.", "secrets not shown: 2 never expire, 1 with unknown expiry"],
  },
  ...["list -A", "list -n argocd", "list -A --expiring-within 14d", "list -A -l argocd.argoproj.io/secret-type=repository"].map(
    (command): Row => ({
      does: `lists a Secret for Argo CD in the order of its name: ${command}`,
      given: argo,
      command: `${command} -o name`,
      code: command.includes("--expiring-within") ? 1 : 0,
      stdout: command.includes("-l") ? ["secret/acr-myregistry"] : ["a", "acr-myregistry", "b"].map((name) => `secret/${name}`),
      stderr: any,
    }),
  ),
  {
    does: "prints the registries of a Secret in one order when its keys have another",
    given: unordered,
    command: "list -n demo --no-headers",
    check: prints(["a.io,b", "a.io,b"], 1),
    after: [{ command: "list -n demo --no-headers -o wide", check: prints(["a.io,b", "a.io,b"], 1) }],
  },
  {
    does: "colors an expired credential when color is on",
    given: all(typed(line), recorded({ ...rotated, expiresAt: "2025-12-31T00:00:00Z" })),
    command: "list -n demo",
    options: { env: { FORCE_COLOR: "1" } },
    stdout: /acr-token {4}\u001b\[31mexpired\u001b\[39m {3}default/,
  },
  {
    does: "refuses an invalid --expiring-within",
    command: "list -n demo --expiring-within soon",
    code: 1,
    stderr: /^error: invalid --expiring-within "soon"/,
  },
]);

const platform = recordOf({ expiresAt: "2026-01-11T00:00:00Z", repositories: ["app/web"] });
/** A source with two copies, and a Secret that another tool wrote. */
const shared: Given = ({ cluster, azure }) => {
  addNamespaces(cluster, "platform", "team-a", "team-b");
  azure.putToken("ci-pull", [], "ci-map");
  azure.putScopeMap({ name: "ci-map", actions: ["app/web", "app/api"].map((name) => `repositories/${name}/content/read`) });
  const copies = { "team-b": "uid-of-team-b", "team-a": "uid-of-team-a" };
  cluster.put(sourceSecret("platform/acr", { credential: platform, copies }));
  for (const name of Object.keys(copies)) cluster.put(copySecret(`${name}/acr`, { credential: platform, of: "platform/acr" }));
  cluster.put(pullSecret("platform", "by-hand", { [host]: auth("ci:hunter2") }));
};
/** The same source in a file. The ServiceAccounts of the copies list the Secret. */
const ofFile: Given = (world) => {
  shared(world);
  const copies = { "team-b": "uid-of-team-b", "team-a": "uid-of-team-a" };
  world.cluster.put(
    sourceSecret("platform/acr", {
      credential: { ...platform, file: { home: "platform", name: "teams", serviceAccounts: ["*"] } },
      copies,
    }),
  );
  world.cluster.put(account("team-a", "default", ["acr"]));
  world.cluster.put(account("team-b", "default", ["acr"]));
  world.cluster.put(account("team-b", "ci", ["acr"]));
};
const claimed: readonly { why: string; secret: ReturnType<typeof copySecret> }[] = [
  { why: "its source does not name its namespace", secret: copySecret("demo/acr", { credential: platform, of: "platform/acr" }) },
  {
    why: "it holds another login than its source",
    secret: copySecret("team-a/acr", { credential: { ...platform, identity: "other" }, of: "platform/acr" }),
  },
  {
    why: "it was given an older password",
    secret: copySecret("team-a/acr", { credential: { ...platform, madeAt: "2025-12-01T00:00:00Z" }, of: "platform/acr" }),
  },
  { why: "its source was not found", secret: copySecret("team-a/acr", { credential: platform, of: "elsewhere/acr" }) },
];
const azureCalls = ({ asking }: FakeWorld) => asking.all.filter((text) => /^(findRegistry|listTokens) /.test(text));
const failing = refuse("findRegistry");

testRows([
  {
    does: "prints how many copies a source has, and the source of each copy",
    given: shared,
    command: "list -A",
    stdout: [
      "NAMESPACE   NAME      REGISTRY     CREDENTIAL   EXPIRES     SERVICEACCOUNTS   COPIES                 AGE",
      "platform    acr       myregistry   acr-token    10d         <none>            2                      0s",
      "platform    by-hand   myregistry   acr-token?   <unknown>   <none>            <none>                 0s",
      "team-a      acr       myregistry   acr-token    10d         <none>            copy of platform/acr   0s",
      "team-b      acr       myregistry   acr-token    10d         <none>            copy of platform/acr   0s",
    ],
    check: (world) => expect(azureCalls(world)).toEqual([]),
  },
  {
    does: "prints no column for copies when no Secret has one",
    given: recorded({}),
    command: "list -n demo",
    stdout: /^NAME +REGISTRY +CREDENTIAL +EXPIRES +SERVICEACCOUNTS +AGE\n/,
  },
  {
    does: "names the copies and reads the repositories in Azure once per registry when -o wide",
    given: shared,
    command: "list -n platform,team-a -o wide".replace("-n", "--namespaces"),
    check: (world, run) => {
      const rows = ["NAME IDENTITY GRANTS COPIES", "acr ci-pull app/api,app/web team-a, team-b", "by-hand ci <unknown> <none>"];
      prints(rows, 1, 8, 9, 6)(world, run);
      expect(azureCalls(world)).toEqual([`findRegistry ${host}`, "listTokens "]);
    },
  },
  {
    does: "prints the recorded repositories when Azure cannot be read",
    given: all(shared, failing),
    command: "list -n platform -o wide",
    stdout: /ci-pull +app\/web \(recorded\) +password1/,
  },
  {
    does: "prints no repositories when the token was deleted in Azure",
    given: all(shared, ({ azure }) => azure.removeToken("ci-pull")),
    command: "list -n platform -o wide",
    stdout: /ci-pull +<none> +password1/,
  },
  {
    does: "asks Azure nothing with -o wide when no Secret records an ACR token",
    given: recorded({ kind: "given", slot: undefined }),
    command: "list -n demo -o wide",
    stdout: /given +<unknown>/,
    check: (world) => expect(azureCalls(world)).toEqual([]),
  },
  {
    does: "prints the copies, the source and the recorded repositories of PullSecret objects",
    given: shared,
    command: "list -A -o jsonl",
    check: (world, { stdout }) => {
      const grants = { repositories: ["app/web"], from: "record" };
      const source = { namespace: "platform", name: "acr" };
      expect(linesOf(stdout).map((text) => JSON.parse(text))).toMatchObject([
        { namespace: "platform", name: "acr", copies: ["team-a", "team-b"], logins: [{ guessed: false, grants }] },
        { namespace: "platform", name: "by-hand", logins: [{ guessed: true }] },
        { namespace: "team-a", name: "acr", source, expiresAt: "2026-01-11T00:00:00Z", logins: [{ guessed: false, grants }] },
        { namespace: "team-b", name: "acr", source },
      ]);
      expect(azureCalls(world)).toEqual([]);
    },
  },
  {
    does: "prints one row for each credential of a file when -o wide",
    given: ofFile,
    command: "list -A -o wide",
    check: prints(
      [
        "NAMESPACE NAME SERVICEACCOUNTS COPIES GRANTS FILE",
        "platform acr default,ci team-a, team-b app/api,app/web platform/teams",
        "platform by-hand <none> <none> <unknown> <none>",
      ],
      0,
      1,
      5,
      6,
      9,
      14,
    ),
  },
  {
    does: "prints the file of a source and of its copies when -o jsonl",
    given: ofFile,
    command: "list -A -o jsonl",
    check: (_, { stdout }) =>
      expect(linesOf(stdout).map((text) => JSON.parse(text).file?.name)).toEqual(["teams", undefined, "teams", "teams"]),
  },
  {
    does: "prints who can pull what when -o html",
    given: ofFile,
    command: "list -A -o html",
    stdout:
      /<h2>Who can pull what<\/h2>(.*\n)+.*<code>platform\/acr<\/code><\/th><td>app\/web<\/td><td>team-a, team-b<\/td><td>platform\/teams<\/td><\/tr>\n<\/tbody>/,
  },
  {
    does: "prints no table of repositories when none is known and -o html",
    given: recorded({}),
    command: "list -A -o html",
    check: (_, { stdout }) => expect(stdout).not.toContain("Who can pull what"),
  },
  {
    does: "shortens many copies when -o wide",
    given: ({ cluster }) => {
      addNamespaces(cluster, "platform");
      const copies = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`t-${index + 10}`, "uid"]));
      cluster.put(sourceSecret("platform/acr", { credential: platform, copies }));
    },
    command: "list -n platform -o wide",
    stdout: / t-10, t-11, t-12, t-13, t-14, t-15, t-16, t-17, t-18, t-19 and 2 more /,
  },
  ...claimed.map(
    ({ why, secret }): Row => ({
      does: `prints a row for a copy when ${why} and -o wide`,
      given: all(shared, ({ cluster }) => cluster.put(secret)),
      command: "list -A -o wide",
      check: (_, { stdout }) => expect(stdout).toMatch(new RegExp(`^${secret.metadata.namespace} +acr .* copy of `, "m")),
    }),
  ),
  ...claimed.map(
    ({ why, secret }): Row => ({
      does: `guesses the login of a copy when ${why}`,
      given: all(shared, ({ cluster }) => cluster.put(secret)),
      command: `list -A -o jsonl`,
      check: (_, { stdout }) => {
        const items = linesOf(stdout).map((text) => JSON.parse(text));
        const item = items.find(({ namespace }) => namespace === secret.metadata.namespace);
        expect(item).toMatchObject({ expiry: "unknown", source: {}, logins: [{ credential: "acr-token", guessed: true }] });
      },
    }),
  ),
  {
    does: "finds the copies of a credential that expires soon",
    given: shared,
    command: "list -A -o name --expiring-within 14d",
    code: 1,
    stdout: ["secret/acr", "secret/acr", "secret/acr"],
    stderr: any,
  },
]);
