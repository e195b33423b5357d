import { expect } from "vitest";
import { credentialKey } from "../../../src/secret/record.ts";
import { entryOf, line } from "../../support/demo.ts";
import { readOne } from "../../support/desired.ts";
import { teams, worldOf } from "../../support/fakes/fleet.ts";
import type { Run } from "../../support/in-process.ts";
import { all, any, failed, type Given, type Row, testRows, typed } from "../../support/rows.ts";

const schema = /^# yaml-language-server: \$schema=https:\S+\/acr-secret-file-v1.json$/m;

/** Checks that stdout is a file with one entry. */
const prints =
  (entry: object, name = "acr-myregistry") =>
  (_: unknown, { stdout }: Run) => {
    expect(stdout).toMatch(schema);
    expect(readOne(stdout)).toMatchObject([{ name, entries: [entry] }]);
  };

/** A tenant changes the record of the source. */
const recording =
  (repositories: readonly string[]): Given =>
  (world) => {
    const { cluster } = world;
    const secret = cluster.get("secret", "demo", "acr-myregistry") ?? expect.unreachable("no Secret");
    const annotations = { [credentialKey]: JSON.stringify({ ...entryOf(world), repositories }) };
    cluster.put({ ...secret, metadata: { ...secret.metadata, annotations } }, "kubectl-edit");
  };

const scope = { selector: undefined, exclude: [], includeSystem: false };
const source = "create --registry myregistry --repository app/web -n platform";
const three = () => worldOf(["platform", ...teams(3)]);

testRows([
  {
    does: "prints the entry with the repositories of the pods, and writes the Secret with its lifetime",
    command: `${line} -o file`,
    stdout: any,
    check: prints({
      name: "acr-myregistry",
      registry: "myregistry",
      sources: { namespace: "demo" },
      copyTo: undefined,
      repositories: ["app/web"],
      serviceAccounts: ["default"],
      credential: "acr-token",
    }),
    leaves: { secret: "alive", attached: "acr-myregistry" },
    after: [
      {
        given: (world) => expect(entryOf(world)).toMatchObject({ expiresAt: "2026-04-01T00:00:00Z" }),
        command: `${line} -o file`,
        stdout: any,
        stderr: /^Warning: the file grants app\/web only/,
        writes: [],
        check: prints({ repositories: ["app/web"] }),
      },
      {
        command: "create --registry myregistry --repository base/* -n demo --restart=none -o file",
        stdout: any,
        stderr: any,
        check: prints({ repositories: ["app/web", "base/*"], serviceAccounts: [], restart: "none" }),
      },
    ],
  },
  ...["client", "server"].map(
    (dry): Row => ({
      does: `prints the entry and writes nothing with --dry-run=${dry}`,
      command: `${line} -o file --dry-run=${dry} --expires-in 1y6h`,
      stdout: any,
      writes: [],
      check: prints({ repositories: ["app/web"], expiresIn: (365 * 24 + 6) * 3_600_000 }),
    }),
  ),
  {
    does: "prints the login server, patterns of ServiceAccounts and a file name without dots",
    command: "create acr.web --registry https://myregistry.azurecr.io/ --all-serviceaccounts -n demo -o file",
    stdout: any,
    check: prints({ name: "acr.web", registry: "myregistry.azurecr.io", serviceAccounts: ["*"] }, "acr-web"),
  },
  {
    does: "prints a service principal",
    command: `${line} --repository * --service-principal -o file --dry-run=client`,
    stdout: any,
    stderr: any,
    check: prints({ credential: "service-principal", repositories: ["*"] }),
  },
  {
    does: "names the repositories that only the record names, and prints no file when one of them is invalid",
    given: all(typed(line), recording(["app/web", "*"])),
    command: `${line} --repository app/web -o file`,
    stdout: any,
    stderr: /^Warning: \S+ keeps its password, which never expires\. .*\nWarning: the file grants \* only/,
    check: prints({ repositories: ["app/web", "*"] }),
    after: [
      {
        given: recording(["app/web", "a: [b\u202e\n- c"]),
        command: `${line} --repository app/web -o file`,
        code: 1,
        stdout: [],
        stderr: /^Warning: .* never expires\. .*\nerror: -o file:\d+:\d+: invalid repository "a: \[b\\u202e\\n- c"/,
      },
    ],
  },
  {
    does: "prints the home and a name of at most 25 characters, and those of the file that the Secret belongs to",
    command: `create ${"long".repeat(9)} --registry myregistry --repository app/web -n demo -o file --dry-run=client`,
    stdout: any,
    check: prints({ sources: { namespace: "demo" } }, "longlonglonglonglonglongl"),
    after: [
      {
        command: "apply -f -",
        options: {
          stdin:
            "{name: teams, namespace: platform, registry: myregistry, pullSecrets: [{name: acr, namespace: demo, repositories: [app/web]}]}",
        },
        stdout: any,
        stderr: any,
      },
      {
        command: "create acr --registry myregistry --repository app/web -n demo -o file",
        stdout: any,
        stderr: /belongs to file teams in namespace platform/,
        writes: [],
        check: (_, { stdout }) =>
          expect(readOne(stdout)).toMatchObject([{ home: "platform", name: "teams", entries: [{ sources: { namespace: "demo" } }] }]),
      },
    ],
  },
  {
    does: "prints no file when the run fails before the Secret has a credential",
    command: `${line} -o file --registry other`,
    ...failed,
    stdout: [],
  },
]);

testRows(
  [
    {
      does: "prints copies to names and patterns",
      command: `${source} --copy-to team-1,b-* --serviceaccount ci-* -o file`,
      stdout: any,
      stderr: any,
      check: prints({ copyTo: { ...scope, namespaces: { names: ["team-1"], globs: ["b-*"] } }, serviceAccounts: ["ci-*"] }),
    },
    {
      does: "prints copies to labels, and to all namespaces",
      command: `${source} --copy-to-selector team=blue -o file`,
      stdout: any,
      stderr: any,
      check: prints({ copyTo: { ...scope, namespaces: "all", selector: "team=blue" } }),
      after: [
        {
          command: `${source} --copy-to-all -o file`,
          stdout: any,
          stderr: any,
          check: prints({ copyTo: { ...scope, namespaces: "all" } }),
        },
      ],
    },
    {
      does: "warns about copies that the entry does not name",
      given: typed(`${source} --copy-to team-1,team-2`),
      command: `${source} --copy-to team-2,team-0 -o file`,
      stdout: any,
      stderr: /^Warning: .* team-1, .*--copy-to$/m,
      check: prints({ copyTo: { ...scope, namespaces: { names: ["team-2", "team-0"], globs: [] } } }),
    },
  ],
  three,
);

testRows(
  [
    ["--username ci --password-stdin", "--username"],
    ["--entra", "--entra"],
    ["--admin", "--admin"],
    ["--for argocd", "--for"],
    ["--export", "--export"],
    ["--recreate", "--recreate"],
    ["--restart=all", "--restart=all"],
    ["--service-principal=ci", "--service-principal=ci"],
    ["-l app=web", "--selector"],
    ["deployment/web", "deployment"],
    ["pod/web-1", "pod"],
    ["--copy-to-selector a=b=c", "selector"],
  ].map(
    ([flags = "", named = ""]): Row => ({
      does: `rejects ${flags} before any request, and names it`,
      command: `create --registry myregistry --repository app/web -n demo ${flags} -o file`,
      code: 1,
      stdout: [],
      stderr: new RegExp(`^error: -o file.*${named}\\b`),
      writes: [],
      check: ({ asking }) => expect(asking.all).toEqual([]),
    }),
  ),
);
