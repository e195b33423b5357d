import { load } from "js-yaml";
import { expect } from "vitest";
import { entryMetadata, loginsAnnotation } from "../../../src/secret/entry.ts";
import { line, refused } from "../../support/demo.ts";
import type { Asked } from "../../support/fakes/asked.ts";
import { account, pullSecret } from "../../support/fakes/cluster.ts";
import { linesOf, stored, worldOf } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
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
        command: `list ${scope} --no-headers`,
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
  async () => {
    const world = worldOf(teams);
    await typed(`${create} --namespaces ${teams} --credential-per scope --serviceaccount default`)(world);
    return world;
  },
);

/** Another user changes the Secret and its entries. */
const note =
  (...entries: object[]): Given =>
  ({ cluster }) => {
    const { metadata, ...secret } = cluster.get("secret", "demo", "acr-myregistry") ?? expect.unreachable("no Secret");
    cluster.put(
      { ...secret, metadata: { ...metadata, annotations: { [loginsAnnotation]: JSON.stringify(entries) } } },
      "kubectl-acr-secret",
    );
  };
const host = "myregistry.azurecr.io";
const unknownKind = { hosts: [host], kind: "service-principal", identity: "app-1", keyId: "k1" };
const rotated = {
  hosts: [host],
  kind: "acr-token",
  identity: "ci-pull",
  slot: "password2",
  madeAt: "2025-12-20T00:00:00Z",
  by: "jane@example.com",
};

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
      world: () => stored("team-b", "team-a", "team"),
      given: typed(...["team", "team-a"].map((at) => `attach acr-myregistry --serviceaccount default -n ${at}`)),
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
      does: "prints a credential of an unknown kind as it is recorded, and create does not overwrite it",
      given: note(unknownKind),
      command: "list -n demo -o wide",
      stdout: /service-principal +never +<none> +\S+ +app-1/,
      after: [
        { command: `${create} -n demo`, code: 1, stderr: /holds the credential of "app-1" \(service-principal\)/ },
        {
          command: "attach -n demo --serviceaccount",
          check: ({ cluster }) =>
            expect(cluster.get("secret", "demo", "acr-myregistry")?.metadata.annotations?.[loginsAnnotation]).toBe(
              JSON.stringify([unknownKind]),
            ),
        },
      ],
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
        given: note({ ...rotated, previous }),
        command: "list -n demo -o wide",
        check: (_, { stdout }) =>
          expect(linesOf(stdout).map((text) => text.trim().split(/ {3,}/).slice(6).join("|"))).toEqual([
            "IDENTITY|SLOT|CREATED|PREVIOUS|CREATED-BY",
            `ci-pull|password2|12d|${cell}|jane@example.com`,
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
/** Two Secrets record the same registries in different orders. */
const unordered: Given = ({ cluster }) => {
  for (const [name, hosts] of Object.entries({ one: ["b.azurecr.io", "a.io"], two: ["a.io", "b.azurecr.io"] })) {
    const secret = pullSecret("demo", name);
    const entries = hosts.map((of) => ({ hosts: [of], kind: "given", identity: "ci" }));
    cluster.put({ ...secret, metadata: { ...secret.metadata, ...entryMetadata(entries) } });
  }
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
      /^<!doctype html>\n(?!.*(hunter2|password-1|dockerconfigjson|aHVudGVy)).*<h1>1 of 2 pull secrets expires within 14 days<\/h1>.*<code>by-hand</s,
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
    does: "prints the registries of a Secret in one order when the annotation has another",
    given: unordered,
    command: "list -n demo --no-headers",
    check: prints(["a.io,b", "a.io,b"], 1),
    after: [{ command: "list -n demo --no-headers -o wide", check: prints(["a.io,b", "a.io,b"], 1) }],
  },
  {
    does: "colors an expired credential when color is on",
    given: all(typed(line), note({ ...rotated, expiresAt: "2025-12-31T00:00:00Z" })),
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
