import { expect } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { statusError } from "../../../src/kube/status.ts";
import type { Secret } from "../../../src/objects.ts";
import {
  claimKey,
  claimOf,
  copiesData,
  copiesKey,
  copiesOf,
  copyLabel,
  credentialKey,
  credentialOf,
  sourceKey,
} from "../../../src/secret/record.ts";
import { lost, refused } from "../../support/demo.ts";
import type { Asked } from "../../support/fakes/asked.ts";
import { account, namespace, pullSecret, stuckPod } from "../../support/fakes/cluster.ts";
import { teams, worldOf } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { annotates, closes, heldBack, makeByHand } from "../../support/rotating.ts";
import { all, any, before, failed, type Given, printed, refuse, type Step, testRows, typed } from "../../support/rows.ts";

type Lines = Readonly<Record<string, string>>;

const blue: Lines = {
  name: "acr-blue",
  namespace: "platform",
  copyTo: "{names: [team-*]}",
  repositories: "[app/web]",
  serviceAccounts: "[default]",
};
const red: Lines = { ...blue, name: "acr-red" };
const own: Lines = { name: "acr", eachOf: "{names: [own-*]}", repositories: "[app/web]", serviceAccounts: "[default]" };

const host = "myregistry.azurecr.io";

const entryOf = (entry: Lines): string =>
  Object.entries(entry)
    .filter(([, value]) => value !== "")
    .map(([key, value], index) => `${index === 0 ? "  - " : "    "}${key}: ${value}\n`)
    .join("");
const fileOf = (...entries: readonly Lines[]): string =>
  `name: teams\nnamespace: platform\nregistry: myregistry\npullSecrets:\n${entries.map(entryOf).join("")}`;
/** Another client writes the list of a ServiceAccount. */
const listsIn =
  (of: string, names: readonly string[]): Given =>
  ({ cluster }) => {
    const there = cluster.get("serviceaccount", "team-0", of) ?? expect.unreachable("no ServiceAccount");
    cluster.put({ ...there, imagePullSecrets: names.map((name) => ({ name })) });
  };
/** A copy, as an old read shows it. */
let copyBefore: Secret | undefined;
const nothingOf = "name: teams\nnamespace: platform\nregistry: myregistry\npullSecrets: []\n";
/** The same entries in a file of the same name with another home. */
const elsewhere = (...entries: readonly Lines[]): string => fileOf(...entries).replace("namespace: platform", "namespace: team-0");

const applies = (text: string, more: Partial<Step> & { readonly flags?: string } = {}): Step => ({
  command: `apply -f -${more.flags ?? ""}`,
  stdout: any,
  stderr: any,
  writes: any,
  ...more,
  options: { stdin: text, ...more.options },
});
/** The same file again writes nothing, in the cluster and in Azure. */
const nothingMore = (text: string, more: Parameters<typeof applies>[1] = {}): Step => applies(text, { writes: [], ...more });

const secretIn = ({ cluster }: FakeWorld, at: string, name = "acr-blue") => cluster.get("secret", at, name);
const lists = ({ cluster }: FakeWorld, at: string, of = "default") =>
  (cluster.get("serviceaccount", at, of)?.imagePullSecrets ?? []).map(({ name }) => name);
const grants = ({ azure }: FakeWorld, at = "platform", name = "acr-blue"): readonly string[] =>
  [...azure.scopeMaps.values()].flatMap(({ description, actions }) =>
    description.includes(`secret ${name} in namespace ${at} `)
      ? actions.filter((action) => action.endsWith("content/read")).map((action) => action.split("/").slice(1, -2).join("/"))
      : [],
  );
const redOfTeam: Lines = { ...red, namespace: "team-0" };
const blueOfTeam: Lines = { ...blue, namespace: "own-1" };
const ofPrincipal: Lines = { credential: "service-principal", repositories: "['*']" };
const principal: Lines = { ...blue, ...ofPrincipal };
const appOf = (world: FakeWorld) => world.loginIn("own-1", "mine")?.username;
/** A user writes the description of a Secret, with the file of the first scope map, into the notes of an application. */
const notesFile =
  (secret: string, of: string): Given =>
  ({ azure }) => {
    const [, file] = / by file (\S+)/.exec([...azure.scopeMaps.values()][0]?.description ?? "") ?? [];
    const called = (name: string) => azure.directory.applications.find(({ displayName }) => displayName.includes(`-${name}-`));
    Object.assign(called(of) ?? expect.unreachable("no application"), { notes: `${called(secret)?.notes} by file ${file}` });
  };
const bluesApi: Lines = { ...blue, copyTo: "{names: [own-1]}", repositories: "[app/api]" };
const ownIn = (at: string): Lines => ({ ...own, eachOf: `{names: [${at}]}` });
const robot: Given = ({ azure }) => {
  azure.users.set("robot", "p");
};
/** Another run applies a file. */
const applied =
  (text: string, flags = ""): Given =>
  async ({ ports }) =>
    expect(await type(`apply -f -${flags}`, ports, { stdin: text })).toMatchObject({ code: 0 });
/** Another run applies a file that takes over the Secret of own-1. */
const adoptsOwn = applied(elsewhere(ownIn("own-1")), " --adopt own-1/acr --yes");
const bluesOwn: Lines = { ...own, name: "acr-blue", eachOf: "{names: [own-1]}", repositories: "[app/api]" };
const redOwn: Lines = { ...own, name: "acr-red", eachOf: "{names: [team-0]}" };
const bothOwn: Lines = { ...own, repositories: "[app/web, app/api]" };
const bluesSame: Lines = { ...own, eachOf: "{selector: team=blue}", repositories: "[app/api]" };
const redsOwn: Lines = { ...own, eachOf: "{selector: team=red}" };
const loose = { stdout: any, stderr: any, writes: any } as const;
const madeAt = (world: FakeWorld, at = "platform", name?: string) => credentialOf(secretIn(world, at, name))?.madeAt;
const pulls = (world: FakeWorld, at: string, name = "acr-blue") => {
  const login = world.loginIn(at, name);
  return login !== undefined && world.azure.knows(login);
};
const copies = (world: FakeWorld) => Object.keys(copiesOf(secretIn(world, "platform")));

const attach =
  (at: string, of: string, name = "acr-blue"): Given =>
  ({ cluster }) => {
    const found = cluster.get("serviceaccount", at, of) ?? account(at, of);
    cluster.put({ ...found, imagePullSecrets: [...(found.imagePullSecrets ?? []), { name }] }, "kubectl-edit");
  };
const accounts =
  (at: string, ...names: readonly string[]): Given =>
  ({ cluster }) => {
    for (const name of names) cluster.put(account(at, name));
  };
const megabyte = "x".repeat(900_000);
/** Adds 1 MB to ServiceAccounts. */
const enlarges =
  (at: string, ...names: readonly string[]): Given =>
  ({ cluster }) => {
    for (const name of names) {
      const { metadata, ...rest } = cluster.get("serviceaccount", at, name) ?? account(at, name);
      cluster.put(
        { ...rest, metadata: { ...metadata, annotations: { ...metadata.annotations, text: megabyte } } } as never,
        "kubectl-edit",
      );
    }
  };
const records =
  (at: string, name: string, change: object, manager = "kubectl-edit"): Given =>
  (world) => {
    const secret = secretIn(world, at, name) ?? expect.unreachable("no Secret");
    const annotations = { ...secret.metadata.annotations, [credentialKey]: JSON.stringify({ ...credentialOf(secret), ...change }) };
    world.cluster.put({ ...secret, metadata: { ...secret.metadata, annotations } }, manager);
  };
const removes =
  (at: string, name = "acr-blue"): Given =>
  ({ cluster }) =>
    cluster.remove("secret", at, name);
const labeled =
  (name: string, team: string): Given =>
  ({ cluster }) => {
    const { metadata, ...rest } = cluster.get("namespace", "", name) ?? expect.unreachable("no namespace");
    cluster.put({ ...rest, metadata: { ...metadata, labels: { ...metadata.labels, team } } } as never);
  };
/** A user copies the login of a Secret. */
const holds =
  (at: string, name: string, from: string, of = "acr-blue"): Given =>
  (world) => {
    const { username = "", password = "" } = world.loginIn(from, of) ?? {};
    world.cluster.put(pullSecret(at, name, { [host]: { username, password } }), "kubectl-create");
  };
const hostsIn = (world: FakeWorld, at: string, name: string): Readonly<Record<string, unknown>> => {
  const { auths } = JSON.parse(Buffer.from(secretIn(world, at, name)?.data?.[".dockerconfigjson"] ?? "", "base64").toString());
  return auths;
};
const logins = (world: FakeWorld, at: string, name: string) => Object.keys(hostsIn(world, at, name));
/** A user adds a login for another registry. */
const adds =
  (at: string, name: string, server: string): Given =>
  (world) => {
    const auths = { ...hostsIn(world, at, name), [server]: { auth: "amFuZTpw" } };
    const secret = secretIn(world, at, name) ?? expect.unreachable("no Secret");
    const data = { ".dockerconfigjson": Buffer.from(JSON.stringify({ auths })).toString("base64") };
    world.cluster.put({ ...secret, data }, "kubectl-edit");
  };
const addsData =
  (at: string, name: string): Given =>
  (world) => {
    const secret = secretIn(world, at, name) ?? expect.unreachable("no Secret");
    world.cluster.put({ ...secret, data: { ...secret.data, "ca.crt": "Y2E=" } }, "kubectl-edit");
  };
const foreign: Given = ({ cluster }) =>
  cluster.put(pullSecret("team-1", "acr-blue", { "ghcr.io": { auth: "amFuZTpw" } }), "kubectl-create");
const later =
  (time: string): Given =>
  ({ azure, cluster }) => {
    azure.clock.made = () => Date.parse(time);
    cluster.about.now = () => Date.parse(time);
  };
const forbidden = (message: string) =>
  statusError({ status: 403, phrase: "Forbidden", text: JSON.stringify({ kind: "Status", reason: "Forbidden", message }) });
const quota = () => forbidden('secrets "acr" is forbidden: exceeded quota: few, requested: secrets=1');
const forbid = (what: string) => () => forbidden(`${what} is forbidden: User "system:serviceaccount:acr:x" cannot get resource`);
const immutable =
  (at: string, name = "acr"): Given =>
  (world) =>
    world.cluster.put({ ...(secretIn(world, at, name) ?? expect.unreachable("no Secret")), immutable: true }, "kubectl-edit");
const endsPasswords: Given = ({ azure }) => {
  for (const { passwords } of azure.tokens.values()) passwords.clear();
};
const aging: Lines = { ...own, expiresIn: "90d", rotate: "{olderThan: 30d}" };
const agingCopies: Lines = { ...blue, expiresIn: "90d", rotate: "{olderThan: 30d}" };
const forgeCopies =
  (at: string, copies: object): Given =>
  ({ cluster }) => {
    const s = cluster.get("secret", at, "acr") ?? expect.unreachable("none");
    cluster.put({ ...s, data: { ...s.data, "acr-secret.copies": Buffer.from(JSON.stringify(copies)).toString("base64") } }, "kubectl-edit");
  };

const twoOwn: Lines = { ...own, eachOf: "{names: [own-1, own-2]}" };
/** The tenant of a namespace writes a list of copies into its source. */
const listsOther =
  (at: string): Given =>
  ({ cluster }) => {
    const secret = secretIn({ cluster } as FakeWorld, at, "acr") ?? expect.unreachable("no source");
    cluster.put({ ...secret, data: { ...secret.data, [copiesKey]: copiesData({ other: "x" }) ?? "" } });
  };
const onlySecond: Lines = { eachOf: "{names: [own-2]}" };

const green: Lines = { ...blue, copyTo: "{selector: team=green}" };
/** A user deletes a ServiceAccount, and creates it again as it was. */
const again =
  (at: string, name: string): Given =>
  ({ cluster }) => {
    const { metadata, ...rest } = cluster.get("serviceaccount", at, name) ?? expect.unreachable("no ServiceAccount");
    cluster.remove("serviceaccount", at, name);
    cluster.put({ ...rest, metadata: { ...metadata, uid: "another" } } as never, "kubectl-create");
  };
const actionsOf = (repository: string) => ["content/read", "metadata/read"].map((right) => `repositories/${repository}/${right}`);

type FakeAzure = FakeWorld["azure"];
type ScopeMap = Pick<Parameters<FakeAzure["putScopeMap"]>[0], "name" | "actions"> & { readonly description: string };
const editMap = ({ scopeMaps, putScopeMap }: FakeAzure, edit: (map: ScopeMap) => ScopeMap) => {
  for (const map of scopeMaps.values()) putScopeMap(edit(map));
};
const notes =
  (edit: (before: string) => string): Given =>
  ({ azure }) => {
    for (const one of azure.directory.applications) Object.assign(one, { notes: edit(one.notes) });
  };
/** The field manager of this plugin. */
const ours = "kubectl-acr-secret";
const idOfRegistry =
  "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/myregistry";
/** A user grants base/os in Azure. */
const grantsMore: Given = ({ azure }) => editMap(azure, (map) => ({ ...map, actions: [...map.actions, ...actionsOf("base/os")] }));
const withId = (file: string) => file.replace("registry: myregistry", `registry: ${idOfRegistry}`);

const world = () => worldOf(["platform", ...teams(2), "own-1", "own-2"]);

const tenants = Array.from({ length: 40 }, (_, index) => `own-${index}`);
/** Milliseconds that a run has slept. */
let slept = 0;
const claimed = { run: "x", until: "2026-01-01T00:02:00.000Z" };
/** Sleeping advances the clock of the cluster. */
const passes: Given = ({ cluster }) => {
  let now = Date.parse("2026-01-01T00:00:00Z");
  slept = 0;
  cluster.about.now = () => now;
  pass = (milliseconds) => {
    slept += milliseconds;
    now += milliseconds;
  };
};
/** Another run claims the Secrets of 40 namespaces. */
const claimAll: Given = (world) => {
  passes(world);
  const claim = { key: claimKey, value: claimed, name: "acr", manager: "kubectl-edit" };
  for (const at of tenants) annotates(at, claim)(world);
};
let pass = (_: number): void => {};

/** A namespace is deleted with its Secrets, and created again. */
const createdAgain =
  (name: string): Given =>
  ({ cluster }) => {
    cluster.remove("namespace", "", name);
    for (const { metadata } of cluster.all("secret").filter((one) => one.metadata.namespace === name))
      cluster.remove("secret", name, metadata.name);
    cluster.put(namespace(name, { uid: "another" }));
  };
const withApi: Given = ({ azure }) => {
  azure.images.add("app/api:1");
};
const abac: Given = (world) => {
  world.azure.facts.mode = "abac";
  withApi(world);
};
const fileIn = (world: FakeWorld, at: string, name = "acr") => credentialOf(secretIn(world, at, name))?.file?.home;
const makesBoth = (name: string, at: string, more = "") =>
  typed(`create ${name} -n ${at} --registry myregistry --repository app/web,app/api${more}`);
const timesOut = () => new CliError("timeout", "timed out");
const isOwnListed = ({ cluster }: FakeWorld) =>
  expect(cluster.get("serviceaccount", "own-2", "default")?.imagePullSecrets).toEqual([{ name: "acr" }]);
const uidIn = ({ cluster }: FakeWorld, name: string) => cluster.get("namespace", "", name)?.metadata.uid ?? "";
/** A login before the command line. */
let kept: ReturnType<FakeWorld["loginIn"]>;
const both: Lines = { ...blue, repositories: "[app/web, app/api]" };
const twoTeams: Lines = { ...own, name: "acr-blue", eachOf: "{names: [team-0, team-1]}" };
const apiOfRed: Lines = { ...red, repositories: "[app/api]" };

testRows(
  [
    {
      does: "apply writes the source and its copies of an entry, and nothing in the next run",
      ...applies(fileOf(blue)),
      check: (world) => {
        expect(credentialOf(secretIn(world, "platform"))?.file).toEqual({ home: "platform", name: "teams", serviceAccounts: ["default"] });
        expect(copies(world)).toEqual(["team-0", "team-1"]);
        expect(lists(world, "team-0")).toEqual(["acr-blue"]);
        expect(grants(world)).toEqual(["app/web"]);
        expect([...world.azure.scopeMaps.values()][0]?.description).toMatch(/ by file [0-9a-f]{16}$/);
      },
      after: [
        nothingMore(fileOf(blue), { stderr: ["3 namespaces unchanged"] }),
        nothingMore(fileOf(blue), { stdout: [], flags: " --quiet" }),
      ],
    },
    {
      does: "apply writes nothing when it is a dry run",
      ...applies(fileOf(blue, own), { flags: " --dry-run=client", writes: [] }),
      after: [nothingMore(fileOf(blue, own), { flags: " --diff", code: 1 })],
    },
    {
      does: "apply grants and takes away repositories when they change",
      ...applies(fileOf(blue)),
      check: (world) => void world.azure.images.add("app/api:1"),
      after: [
        applies(fileOf({ ...blue, repositories: "[app/api]" }), { check: (world) => expect(grants(world)).toEqual(["app/api"]) }),
        nothingMore(fileOf({ ...blue, repositories: "[app/api]" })),
      ],
    },
    {
      does: "apply warns when a repository does not exist yet",
      ...applies(fileOf({ ...blue, repositories: "[app/web, app/new]" }), { stderr: /Warning: .*app\/new/ }),
      after: [nothingMore(fileOf({ ...blue, repositories: "[app/web, app/new]" }))],
    },
    {
      does: "apply warns once when several entries have paths without an image",
      ...applies(fileOf({ ...blue, repositories: "[app/*]" }, { ...own, repositories: "[app/*, base/*]" }), {
        stderr: [
          "Warning: 2 paths of myregistry.azurecr.io could not be verified: found no pod that uses an image below app/*, base/*",
          "5 Secrets created",
        ],
      }),
    },
    {
      does: "apply takes a copy and its reference away when the namespace is not selected, and keeps those of a person",
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf({ ...blue, copyTo: "{names: [team-0]}" }), {
          given: all(accounts("team-1", "jane"), attach("team-1", "jane")),
          stderr:
            /serviceaccount\/jane still lists secret\/acr-blue.*\n.*detach -n team-1 --dangling\n.*stays known in team-1 until the next rotation[\s\S]*rotate -n platform acr-blue --grace 0 --force/,
          check: (world) => {
            expect(copies(world)).toEqual(["team-0"]);
            expect(secretIn(world, "team-1")).toBeUndefined();
            expect([lists(world, "team-1"), lists(world, "team-1", "jane"), lists(world, "team-0")]).toEqual([
              [],
              ["acr-blue"],
              ["acr-blue"],
            ]);
          },
        }),
        nothingMore(fileOf({ ...blue, copyTo: "{names: [team-0]}" })),
      ],
    },
    {
      does: "apply serves the other namespaces when it may not read one that is not selected any more",
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf({ ...blue, copyTo: "{names: [team-0]}" }), {
          ...failed,
          given: all(removes("team-0"), refuse("get namespace team-1"), refuse("get secret team-1/")),
          check: (world) => expect([pulls(world, "team-0"), copies(world)]).toEqual([true, ["team-0", "team-1"]]),
        }),
      ],
    },
    {
      does: "apply keeps a copy in the list when each namespace gets a source and the run may not read that of the copy",
      ...applies(fileOf({ ...blue, namespace: "own-1", copyTo: "{names: [own-1, team-0, team-1]}" })),
      after: [
        applies(fileOf({ ...blue, namespace: "", copyTo: "", eachOf: "{names: [own-1, team-0]}" }), {
          given: refuse("get namespace team-1"),
          stderr: /own-1: its copies in team-1 stay/,
          check: (world) => expect(Object.keys(copiesOf(secretIn(world, "own-1")))).toEqual(["team-1"]),
        }),
        applies(fileOf({ ...blue, namespace: "", copyTo: "", eachOf: "{names: [own-1, team-0]}" }), {
          check: (world) => expect([secretIn(world, "team-1"), lists(world, "team-1")]).toEqual([undefined, []]),
        }),
      ],
    },
    {
      does: "apply rotates, and warns, when a team lists a namespace in its source that the run may not read",
      ...applies(fileOf(aging)),
      after: [
        applies(fileOf(aging), {
          given: all(later("2026-02-01T00:00:00Z"), listsOther("own-1"), refuse("get namespace other")),
          stderr: /Warning: other: /,
          writes: /generatePassword own-1-acr-/,
          check: (world) => expect([pulls(world, "own-1", "acr"), pulls(world, "own-2", "acr")]).toEqual([true, true]),
        }),
      ],
    },
    {
      does: "apply ends the credential of a team that leaves when its source lists a namespace that the run may not read",
      ...applies(fileOf({ ...own, eachOf: "{names: [own-1, own-2]}" })),
      after: [
        applies(fileOf({ ...own, eachOf: "{names: [own-2]}" }), {
          ...failed,
          given: all(listsOther("own-1"), refuse("get namespace other", forbid('namespaces "other"'))),
          check: (world) => expect([pulls(world, "own-1", "acr"), pulls(world, "own-2", "acr")]).toEqual([false, true]),
        }),
      ],
    },
    {
      does: "apply keeps a source that is to become a copy, and fails, when it has copies that no entry names",
      ...applies(fileOf({ ...blue, namespace: "own-1", copyTo: "{names: [own-1, team-0, team-1]}" })),
      after: [
        applies(fileOf({ ...blue, copyTo: "{names: [own-1, team-0]}" }), {
          ...failed,
          stderr: /secret\/acr-blue in namespace own-1 stays, because it has copies in team-1/,
          check: (world) => expect(Object.keys(copiesOf(secretIn(world, "own-1")))).toEqual(["team-0", "team-1"]),
        }),
        applies(fileOf({ ...blue, namespace: "own-1", copyTo: "{names: [own-1, team-0]}" }), {
          check: (world) => expect([secretIn(world, "team-1"), lists(world, "team-1")]).toEqual([undefined, []]),
        }),
      ],
    },
    {
      does: "apply keeps the copies when a pattern matches nothing, and takes them away with --prune",
      ...applies(fileOf(blue)),
      after: [
        nothingMore(fileOf({ ...blue, copyTo: "{names: [taem-*]}" }), { check: (world) => expect(copies(world)).toHaveLength(2) }),
        applies(fileOf({ ...blue, copyTo: "{names: [taem-*]}" }), {
          flags: " --prune --yes",
          check: (world) => expect(copies(world)).toEqual([]),
        }),
      ],
    },
    {
      does: "apply removes the references that it has added when the ServiceAccounts change, and no other",
      ...applies(fileOf({ ...blue, serviceAccounts: '[default, "ci-*"]' })),
      given: all(accounts("team-0", "ci-a", "ci-b"), attach("team-0", "ci-b")),
      check: (world) => expect(["ci-a", "ci-b"].map((one) => lists(world, "team-0", one))).toEqual([["acr-blue"], ["acr-blue"]]),
      after: [
        applies(fileOf(blue), {
          check: (world) => {
            expect(["default", "ci-a", "ci-b"].map((one) => lists(world, "team-0", one))).toEqual([["acr-blue"], [], ["acr-blue"]]);
            expect(world.cluster.get("serviceaccount", "team-0", "ci-a")?.metadata.annotations ?? {}).toEqual({});
            expect(credentialOf(secretIn(world, "platform"))?.file?.serviceAccounts).toEqual(["default"]);
          },
        }),
        nothingMore(fileOf(blue)),
      ],
    },
    {
      does: "apply creates passwords for 90 days when the file has no lifetime",
      ...applies(fileOf(blue)),
      check: (world) => expect(credentialOf(secretIn(world, "platform"))?.expiresAt).toBe("2026-04-01T00:00:00Z"),
    },
    {
      does: "apply says in a dry run, and in no other, which entries have passwords that never expire",
      ...applies(fileOf(own, { ...blue, expiresIn: "never" }), {
        flags: " --dry-run",
        stderr: /^Warning: new passwords never expire: \S+:\d+$/m,
        writes: /^$/,
      }),
      after: [
        applies(fileOf(own, { ...blue, expiresIn: "never" }), {
          stderr: /^(?!.*never expire)/s,
          check: (world) => expect(credentialOf(secretIn(world, "platform"))?.expiresAt).toBeUndefined(),
        }),
        nothingMore(fileOf(own, { ...blue, expiresIn: "never" })),
      ],
    },
    {
      does: "apply rotates when the file wants a shorter life, and not when it wants a longer one",
      ...applies(fileOf({ ...blue, expiresIn: "90d" })),
      after: [
        applies(fileOf({ ...blue, expiresIn: "30d" }), {
          check: (world) => {
            expect(credentialOf(secretIn(world, "platform"))?.previous?.until).toMatch(/^2026-01-02/);
            expect(pulls(world, "team-0")).toBe(true);
          },
        }),
        nothingMore(fileOf({ ...blue, expiresIn: "30d" })),
        nothingMore(fileOf({ ...blue, expiresIn: "365d" })),
      ],
    },
    {
      does: "apply rotates when a password is older than the file allows, and waits while the one before it works",
      ...applies(fileOf({ ...blue, rotate: "{olderThan: 60d}" })),
      after: [
        applies(fileOf({ ...blue, rotate: "{olderThan: 60d}" }), {
          given: later("2026-03-05T00:00:00Z"),
          check: (world) => expect(madeAt(world)).toMatch(/^2026-03-05/),
        }),
        nothingMore(fileOf({ ...blue, rotate: "{olderThan: 60d}" }), { given: later("2026-03-05T12:00:00Z") }),
        applies(fileOf({ ...blue, rotate: "{olderThan: 60d}" }), {
          given: later("2026-03-06T01:00:00Z"),
          check: (world) => expect(credentialOf(secretIn(world, "platform"))?.previous).toBeUndefined(),
        }),
      ],
    },
    {
      does: "apply keeps the replaced password when its file has changed and a copy may not be read",
      ...applies(fileOf({ ...blue, rotate: "{olderThan: 60d}" })),
      after: [
        applies(fileOf({ ...blue, rotate: "{olderThan: 60d}" }), {
          given: all(later("2026-03-05T00:00:00Z"), refuse("get secret team-1/")),
          ...failed,
        }),
        applies(fileOf({ ...blue, rotate: "{olderThan: 60d}", repositories: "[app/web, app/api]" }), {
          given: all(later("2026-03-06T01:00:00Z"), refuse("get secret team-1/"), refuse("list secret")),
          ...failed,
          check: (world) => expect(pulls(world, "team-1")).toBe(true),
        }),
      ],
    },
    {
      does: "apply replaces the credential with one of another kind",
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf({ ...blue, credential: "service-principal", repositories: "['*']" }), {
          check: (world) => {
            expect(credentialOf(secretIn(world, "platform"))?.kind).toBe("service-principal");
            expect(pulls(world, "team-0")).toBe(true);
            expect([world.azure.tokens.size, world.azure.scopeMaps.size]).toEqual([0, 0]);
          },
        }),
        nothingMore(fileOf({ ...blue, credential: "service-principal", repositories: "['*']" })),
      ],
    },
    {
      does: "apply notes the file in the application of a Secret that it takes over, and deletes it with --prune",
      ...applies(fileOf({ ...blue, credential: "service-principal", repositories: "['*']" }, own)),
      given: typed("create acr-blue --registry myregistry --service-principal -n platform"),
      check: ({ azure }) =>
        expect([...azure.directory.applications.values()].map(({ notes }) => notes)).toEqual([
          expect.stringMatching(/ by file [0-9a-f]{16}$/),
        ]),
      after: [
        nothingMore(fileOf({ ...blue, credential: "service-principal", repositories: "['*']" }, own)),
        applies(fileOf(own), {
          flags: " --prune --yes",
          check: ({ azure }) => expect([...azure.directory.applications.values()]).toEqual([]),
        }),
      ],
    },
    {
      does: "apply refuses repositories for a service principal when the registry has no roles for them",
      ...applies(fileOf({ ...blue, credential: "service-principal" })),
      ...failed,
      stderr: /no roles for single repositories/,
    },
    {
      does: "apply names an entry that was removed, and deletes it with --prune",
      ...applies(fileOf(blue, own)),
      after: [
        nothingMore(fileOf(own), { stderr: /secret\/acr-blue belongs to file teams[\s\S]*apply -f=- --prune$/m }),
        applies(fileOf(own), {
          flags: " --prune",
          ...failed,
          stderr: /cannot ask[^\n]*\n\* Delete .* and secret\/acr-blue in namespaces /,
          writes: [],
        }),
        applies(fileOf(own), {
          flags: " --prune",
          ...failed,
          given: ({ cluster }) => {
            const image = "myregistry.azurecr.io/app/web:1";
            for (const name of ["a", "b"]) cluster.put(stuckPod("team-0", name, image, { names: ["acr-blue"] }));
          },
          stderr: /cannot ask[^\n]*\n\* 2 pods in team-0 need secret\/acr-blue in namespace platform\. Delete /,
          writes: [],
        }),
        applies(fileOf(own), {
          flags: " --prune --yes",
          check: (world) => {
            expect(["platform", ...teams(2)].map((at) => secretIn(world, at))).toEqual([undefined, undefined, undefined]);
            expect([lists(world, "team-0"), lists(world, "own-1")]).toEqual([[], ["acr"]]);
            expect(world.azure.tokens.size).toBe(2);
          },
        }),
        nothingMore(fileOf(own), { flags: " --prune --yes" }),
      ],
    },
    {
      does: "apply gives each namespace of eachOf its own credential, and takes it away when it is not selected",
      ...applies(fileOf(own)),
      check: (world) => expect(world.loginIn("own-1", "acr")?.username).not.toBe(world.loginIn("own-2", "acr")?.username),
      after: [
        nothingMore(fileOf(own)),
        applies(fileOf({ ...own, eachOf: "{names: [own-2]}" }), {
          given: all(accounts("own-1", "jane"), attach("own-1", "jane", "acr")),
          check: (world) => {
            expect(secretIn(world, "own-1", "acr")).toBeUndefined();
            expect([lists(world, "own-1"), lists(world, "own-1", "jane")]).toEqual([[], ["acr"]]);
            expect(world.azure.tokens.size).toBe(1);
            expect(pulls(world, "own-2", "acr")).toBe(true);
          },
        }),
        nothingMore(fileOf({ ...own, eachOf: "{names: [own-2]}" })),
      ],
    },
    ...[
      { what: "the application of another team", identity: (world: FakeWorld) => world.loginIn("own-2", "acr")?.username },
      { what: "an unknown application", identity: () => "aaaaaaaa-0000-4000-8000-0000000000ff" },
    ].map(({ what, identity }) => ({
      does: `apply ends the application of a Secret of eachOf when a team records ${what}`,
      ...applies(fileOf({ ...own, ...ofPrincipal })),
      after: [
        applies(fileOf({ ...ownIn("own-2"), ...ofPrincipal }), {
          given: (world) => records("own-1", "acr", { identity: identity(world) }, ours)(world),
          check: (world) => {
            expect(secretIn(world, "own-1", "acr")).toBeUndefined();
            expect(world.azure.directory.applications).toHaveLength(1);
            expect(pulls(world, "own-2", "acr")).toBe(true);
          },
        }),
      ],
    })),
    ...[
      { what: "another application", of: "mine", stderr: /^(?!.*acr-foo)/s },
      { what: "its own application", of: "acr-foo", stderr: /acr-foo in namespace platform belongs to no file now, so it stays$/m },
    ].map(({ what, of, stderr }) => ({
      does: `apply --prune keeps a Secret of create in the home when someone writes the file into the notes of ${what}`,
      given: all(
        typed("create acr-foo -n platform --registry myregistry --service-principal --repository *"),
        typed("create mine -n own-1 --registry myregistry --service-principal --repository *"),
      ),
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf(blue), {
          flags: " --prune --yes",
          given: notesFile("acr-foo", of),
          stderr,
          check: (world) => expect([pulls(world, "platform", "acr-foo"), pulls(world, "own-1", "mine")]).toEqual([true, true]),
        }),
      ],
    })),
    {
      does: "apply deletes the copies of a source outside of the home when its record names no file",
      ...applies(fileOf(blueOfTeam)),
      after: [
        applies(nothingOf, {
          flags: " --prune --yes",
          given: records("own-1", "acr-blue", { file: undefined }, ours),
          check: (world) => {
            expect([world.cluster.all("secret"), world.azure.tokens.size]).toEqual([[], 0]);
            expect([lists(world, "team-0"), lists(world, "team-1")]).toEqual([[], []]);
          },
        }),
      ],
    },
    ...[
      {
        what: "a copy moves to an entry of another file",
        from: blue,
        to: [elsewhere({ ...blueOfTeam, copyTo: "{names: [team-1]}" }), fileOf({ ...blue, copyTo: "{names: [team-0]}" })],
      },
      {
        what: "a copy of another file replaces a Secret of eachOf",
        from: { ...own, name: "acr-blue", eachOf: "{names: [team-0, team-1]}" },
        to: [elsewhere({ ...blueOfTeam, copyTo: "{names: [team-1]}" }), fileOf({ ...own, name: "acr-blue", eachOf: "{names: [team-0]}" })],
      },
      {
        what: "a Secret of eachOf of another file replaces a copy",
        from: blue,
        to: [elsewhere({ ...own, name: "acr-blue", eachOf: "{names: [team-1]}" }), fileOf({ ...blue, copyTo: "{names: [team-0]}" })],
      },
      { what: "an entry gives its copies to another one of its name", from: blue, to: [fileOf({ ...blue, copyTo: "" }, blueOfTeam)] },
    ].map(({ what, from, to }) => ({
      does: `apply writes all Secrets in one run when ${what}`,
      ...applies(fileOf(from)),
      after: [
        applies(to.join("---\n"), { check: (world) => expect([pulls(world, "team-0"), pulls(world, "team-1")]).toEqual([true, true]) }),
        nothingMore(to.join("---\n"), { flags: " --prune --yes" }),
      ],
    })),
    {
      does: "apply ends the credential of a Secret of eachOf that was deleted",
      ...applies(fileOf(own)),
      after: [
        applies(fileOf({ ...own, eachOf: "{names: [own-2]}" }), {
          given: removes("own-1", "acr"),
          check: (world) => expect(world.azure.tokens.size).toBe(1),
        }),
      ],
    },
    {
      does: "apply ends the credential of a namespace that was created again",
      ...applies(fileOf(own)),
      after: [
        applies(fileOf(own), {
          given: all(
            removes("own-1", "acr"),
            ({ cluster }) => cluster.remove("namespace", "", "own-1"),
            ({ cluster }) => cluster.put(namespace("own-1", { uid: "another" })),
          ),
          check: (world) => {
            expect(world.azure.tokens.size).toBe(2);
            expect(pulls(world, "own-1", "acr")).toBe(true);
          },
        }),
        nothingMore(fileOf(own)),
      ],
    },
    ...[["app/web", "app/other"], []].map((repositories) => ({
      does: `apply grants what the file says when another user has changed the scope map to [${repositories.join(", ")}]`,
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf(blue), {
          given: ({ azure: { scopeMaps } }) => {
            const actions = repositories.map((one) => `repositories/${one}/content/read`);
            for (const map of scopeMaps.values()) Object.assign(map, { actions });
          },
          check: (world) => expect(grants(world)).toEqual(["app/web"]),
        }),
        nothingMore(fileOf(blue)),
      ],
    })),
    {
      does: "apply takes over a Secret of create, and refuses that of another file",
      ...applies(fileOf(blue)),
      given: typed("create acr-blue --registry myregistry --repository app/web -n platform"),
      check: (world) => expect(credentialOf(secretIn(world, "platform"))?.file?.name).toBe("teams"),
      after: [
        applies(fileOf(blue).replace("name: teams", "name: others"), { ...failed, stderr: /belongs to file teams/ }),
        nothingMore(fileOf(blue)),
      ],
    },
    {
      does: "apply repairs a copy that was deleted, and one that was edited",
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf(blue), { given: removes("team-0"), check: (world) => expect(pulls(world, "team-0")).toBe(true) }),
        nothingMore(fileOf(blue)),
      ],
    },
    {
      does: "apply makes a source again that was deleted, while its token has an empty slot",
      ...applies(fileOf({ ...blue, expiresIn: "90d" })),
      after: [
        applies(fileOf({ ...blue, expiresIn: "90d" }), {
          given: removes("platform"),
          check: (world) => expect(["platform", "team-0"].map((at) => pulls(world, at))).toEqual([true, true]),
        }),
        nothingMore(fileOf({ ...blue, expiresIn: "90d" })),
        applies(fileOf({ ...blue, expiresIn: "90d" }), {
          ...failed,
          given: removes("platform"),
          stderr: /create .*acr-blue .*--expires-in 90d --force/,
        }),
        {
          command: "create -n platform acr-blue --registry myregistry --repository app/web --expires-in 90d --force",
          stdout: any,
          stderr: any,
          writes: any,
          check: (world) => expect(["platform", "team-0"].map((at) => pulls(world, at))).toEqual([true, true]),
        },
        applies(fileOf({ ...blue, expiresIn: "90d" })),
        nothingMore(fileOf({ ...blue, expiresIn: "90d" })),
      ],
    },
    {
      does: "apply skips a namespace whose own Secret is in the way with --skip-blocked, and fails without it",
      ...applies(fileOf(blue)),
      ...failed,
      given: foreign,
      check: (world) => expect(pulls(world, "team-0")).toBe(true),
      after: [applies(fileOf(blue), { flags: " --skip-blocked", stderr: /Warning: namespace "team-1" is blocked: / })],
    },
    ...(["", " --skip-blocked"] as const).map((flags) => ({
      does: `apply${flags} keeps a working login that a team has put into its source when a rotation is due`,
      ...applies(fileOf({ ...own, rotate: "{olderThan: 60d}" })),
      after: [
        applies(fileOf({ ...own, rotate: "{olderThan: 60d}" }), {
          flags,
          ...(flags === "" ? failed : { stderr: /Warning: namespace "own-1" is blocked: secret "acr" holds a login of "ci"/ }),
          given: all(later("2026-03-05T00:00:00Z"), ({ azure, cluster }) => {
            azure.users.set("ci", "p");
            const { metadata } = cluster.get("secret", "own-1", "acr") ?? expect.unreachable("no Secret");
            cluster.put({ ...pullSecret("own-1", "acr", { "myregistry.azurecr.io": { username: "ci", password: "p" } }), metadata });
          }),
          check: (world) => {
            expect(world.loginIn("own-1", "acr")?.username).toBe("ci");
            expect(madeAt(world, "own-2", "acr")).toMatch(/^2026-03-05/);
          },
        }),
      ],
    })),
    {
      does: "apply names a namespace that lacks a ServiceAccount, and gives it the copy",
      ...applies(fileOf({ ...blue, serviceAccounts: "[default, ci]" }), {
        flags: " --skip-blocked",
        stderr: /namespace "team-0" is blocked: .*"ci" not found/,
      }),
      check: (world) => expect(lists(world, "team-0")).toEqual(["acr-blue"]),
    },
    {
      does: "apply skips a namespace whose quota is used up, and makes its Secret when it is lifted",
      ...applies(fileOf(own), { flags: " --skip-blocked", stderr: /namespace "own-1" is blocked: .*exceeded quota/ }),
      given: refuse("create secret own-1/", quota, 1),
      after: [
        applies(fileOf(own), { flags: " --skip-blocked", check: (world) => expect(pulls(world, "own-1", "acr")).toBe(true) }),
        nothingMore(fileOf(own)),
      ],
    },
    ...[
      { what: "source", file: fileOf(aging), at: "own-1", name: "acr", other: "own-2", ends: "2026-04-01", isRotated: false },
      { what: "copy", file: fileOf(agingCopies), at: "team-1", name: "acr-blue", other: "team-0", ends: "2026-02-02", isRotated: true },
    ].flatMap(({ what, file, at, name, other, ends, isRotated }) => [
      {
        does: `apply --skip-blocked warns of a blocked ${what} with its expiry and the next step, and fails in the last third of its life`,
        ...applies(file),
        after: [
          applies(file, {
            flags: " --skip-blocked",
            given: all(immutable(at, name), later("2026-02-01T00:00:00Z")),
            stderr: new RegExp(
              `^Warning: namespace "${at}" is blocked: .*is immutable; its password works until 2026-04-01\\S+; use another name.*:\n.*delete secret -n ${at} ${name}$`,
              "m",
            ),
            check: (world: FakeWorld) => expect(pulls(world, other, name)).toBe(true),
          }),
          // The others have a new password since, and the one of the copy is in its grace period
          applies(file, {
            ...(isRotated ? failed : loose),
            flags: " --skip-blocked",
            stderr: isRotated ? /is immutable, and its password ends at 2026-02-02/ : any,
          }),
          applies(file, {
            ...failed,
            flags: " --skip-blocked",
            given: later("2026-03-05T00:00:00Z"),
            stderr: new RegExp(`is immutable, and its password ends at ${ends}`),
          }),
        ],
      },
      {
        does: `apply --skip-blocked fails when the password of a blocked ${what} has ended`,
        ...applies(file),
        after: [
          applies(file, {
            ...failed,
            flags: " --skip-blocked",
            given: all(immutable(at, name), endsPasswords),
            stderr: /is immutable, and its password has ended/,
            check: (world: FakeWorld) => expect(pulls(world, other, name)).toBe(true),
          }),
        ],
      },
    ]),
    {
      does: "apply --skip-blocked fails when a blocked source still pulls a repository that its entry does not name any more",
      ...applies(fileOf({ ...own, repositories: "[app/web, app/api]" })),
      after: [
        applies(fileOf(own), {
          ...failed,
          flags: " --skip-blocked",
          given: immutable("own-1", "acr"),
          stderr: /is immutable, and its credential still pulls app\/api/,
          check: (world) =>
            expect([grants(world, "own-1", "acr"), grants(world, "own-2", "acr")]).toEqual([["app/api", "app/web"], ["app/web"]]),
        }),
      ],
    },
    {
      does: "apply --skip-blocked fails when other users have filled both slots of a token",
      ...applies(fileOf(own)),
      after: [
        applies(fileOf(own), {
          ...failed,
          flags: " --skip-blocked",
          given: (world) => {
            endsPasswords(world);
            const name = world.loginIn("own-1", "acr")?.username ?? "";
            for (const slot of ["password1", "password2"] as const) world.azure.generate(name, slot);
          },
          stderr: /no Secret records password\d of own-1-acr-/,
        }),
      ],
    },
    {
      does: "apply --skip-blocked fails when Azure does not answer",
      ...applies(fileOf(own), {
        ...failed,
        flags: " --skip-blocked",
        given: refuse("putToken", lost),
        options: { sleep: async () => {} },
      }),
    },
    {
      does: "apply --skip-blocked fails when the Secrets are those of another file",
      ...applies(fileOf(own)),
      after: [
        applies(fileOf(own).replace("name: teams", "name: others"), {
          ...failed,
          flags: " --skip-blocked",
          stderr: /belongs to file teams/,
        }),
      ],
    },
    ...[
      { what: "the file now has another registry", isNew: true, code: 1 },
      { what: "a team has recorded another registry", isNew: false, code: 0 },
    ].map(({ what, isNew, code }) => ({
      does: `apply --skip-blocked ${code === 0 ? "succeeds" : "fails"} when ${what}`,
      ...applies(fileOf(own)),
      after: [
        applies(fileOf(own), {
          ...{ code, flags: " --skip-blocked", stderr: /holds a credential for firstregistry\.azurecr\.io/ },
          given: all(records("own-1", "acr", { host: "firstregistry.azurecr.io" }), ({ azure }) => {
            // The new registry has no object of the source
            if (isNew) editMap(azure, (map) => ({ ...map, description: "" }));
          }),
        }),
      ],
    })),
    {
      does: "apply replaces no source with a copy when another run has claimed it",
      ...applies(fileOf(own)),
      after: [
        applies(fileOf({ ...blue, name: "acr", namespace: "own-1", copyTo: "{names: [own-2]}" }), {
          ...failed,
          given: annotates("own-2", { key: claimKey, value: claimed, name: "acr", manager: "kubectl-edit" }),
          stderr: /error: another run is writing secret "acr" in namespace "own-2"/,
          check: (world) => expect([claimOf(secretIn(world, "own-2", "acr"))?.run, pulls(world, "own-2", "acr")]).toEqual(["x", true]),
        }),
      ],
    },
    {
      does: "apply --skip-blocked fails when a copy is that of another source",
      ...applies(fileOf({ ...blue, name: "acr", namespace: "own-1" })),
      after: [
        applies(elsewhere({ ...blue, name: "acr" }), { ...failed, flags: " --skip-blocked", stderr: /is not a copy of secret "acr"/ }),
      ],
    },
    ...[
      { what: "is immutable", blocks: immutable("own-1") },
      {
        what: "is claimed",
        blocks: annotates("own-1", { key: claimKey, value: claimed, name: "acr", manager: "kubectl-edit" }),
      },
    ].map(({ what, blocks }) => ({
      does: `apply --skip-blocked revokes the credential of a team that is not selected when its Secret ${what}`,
      ...applies(fileOf(own)),
      after: [
        applies(fileOf({ ...own, ...onlySecond }), {
          flags: " --skip-blocked",
          given: blocks,
          check: (world: FakeWorld) => expect([world.azure.tokens.size, pulls(world, "own-2", "acr")]).toEqual([1, true]),
        }),
      ],
    })),
    {
      does: "apply gives the Secret to the ServiceAccounts of other namespaces when those of a tenant are too large",
      ...applies(fileOf({ ...blue, serviceAccounts: '[default, "ci-*"]' }), {
        flags: " --skip-blocked",
        given: all(enlarges("team-0", "ci-0", "ci-1", "ci-2"), accounts("team-1", "ci-1", "ci-2")),
        stderr: /^Warning: namespace "team-0" is blocked: the ServiceAccounts .*\n.*, 1 namespace blocked\n$/,
      }),
      check: (world) => {
        expect(["ci-0", "ci-1", "ci-2"].map((of) => lists(world, "team-0", of))).toEqual([["acr-blue"], ["acr-blue"], []]);
        expect(lists(world, "team-1", "ci-2")).toEqual(["acr-blue"]);
      },
      after: [
        applies(fileOf({ ...blue, serviceAccounts: '[default, "ci-*"]' }), { flags: " --skip-blocked", given: accounts("team-0", "ci-2") }),
        ...[
          [["acr-blue"], []],
          [[], []],
        ].map((left) =>
          applies(fileOf({ ...blue, serviceAccounts: "[default]" }), {
            flags: " --skip-blocked",
            given: enlarges("team-0", "ci-0", "ci-1", "ci-2"),
            check: (world) => expect([lists(world, "team-0", "ci-2"), lists(world, "team-1", "ci-2")]).toEqual(left),
          }),
        ),
        nothingMore(fileOf({ ...blue, serviceAccounts: "[default]" })),
      ],
    },
    {
      does: "apply names a namespace whose waiting pods are too large, and restarts some",
      ...applies(fileOf(blue), {
        given: ({ cluster }) => {
          for (const at of ["a", "b", "c"]) {
            const pod = stuckPod("team-0", at, "myregistry.azurecr.io/app/web:1");
            cluster.put({ ...pod, metadata: { ...pod.metadata, annotations: { text: megabyte } } });
          }
        },
        stderr: /Warning: team-0: only the first waiting pods were read/,
      }),
      check: ({ cluster }) => expect(["a", "b", "c"].filter((at) => cluster.get("pod", "team-0", at))).toEqual(["c"]),
      after: [nothingMore(fileOf(blue), { writes: ["evict pod team-0/c"] })],
    },
    {
      does: "apply lists all Secrets a few times when it takes many Secrets away",
      ...applies(fileOf(own), { given: (world) => addNamespaces(world.cluster, ...tenants) }),
      after: [
        applies(fileOf(twoOwn), {
          given: ({ asking }) => {
            asking.around(async ({ call, at }, next) => {
              if (`${call} ${at}`.startsWith("list secret")) await new Promise((resolve) => setTimeout(resolve, 2));
              return next();
            });
          },
          check: ({ asking }) => expect(asking.all.filter((call) => call.startsWith("list secret")).length).toBeLessThan(150),
        }),
      ],
    },
    {
      does: "apply with --skip-blocked waits for the claims of few namespaces",
      ...applies(fileOf(own), { given: (world) => addNamespaces(world.cluster, ...tenants) }),
      after: [
        applies(fileOf(own), {
          flags: " --skip-blocked",
          given: claimAll,
          stderr: /namespace "own-39" is blocked: another run is writing/,
          options: { sleep: async (milliseconds) => pass(milliseconds) },
          // Eight times five seconds
          check: () => expect(slept).toBeLessThan(40_000),
        }),
      ],
    },
    {
      does: "apply skips a namespace whose Secret records another token, and makes the others",
      ...applies(fileOf(own)),
      after: [
        applies(fileOf(own), {
          flags: " --skip-blocked",
          given: all(records("own-1", "acr", { identity: "other" }), (world) => addNamespaces(world.cluster, "own-3")),
          check: (world) => expect(pulls(world, "own-3", "acr")).toBe(true),
        }),
      ],
    },
    {
      does: "apply with --prune revokes a credential that another Secret holds, and names that Secret",
      ...applies(fileOf(blue, own)),
      after: [
        applies(fileOf(own), {
          flags: " --prune --yes",
          given: holds("team-1", "by-hand", "platform"),
          stderr: /^Warning: platform: secret\/by-hand in namespace team-1 held platform-acr-blue-\w+, which is revoked$/m,
          check: (world) => expect([grants(world), pulls(world, "team-1", "by-hand")]).toEqual([[], false]),
        }),
      ],
    },
    {
      does: "apply revokes the credential of a team that is not selected when the team and another namespace hold it",
      ...applies(fileOf(own)),
      after: [
        applies(fileOf({ ...own, ...onlySecond }), {
          given: all(holds("own-1", "mine", "own-1", "acr"), holds("team-0", "kept", "own-1", "acr")),
          stderr: /^(?!.*mine)Warning: own-1: secret\/kept in namespace team-0 held own-1-acr-\w+, which is revoked$/m,
          check: (world) => expect([world.azure.tokens.size, pulls(world, "own-1", "mine")]).toEqual([1, false]),
        }),
        nothingMore(fileOf({ ...own, ...onlySecond })),
      ],
    },
    ...[
      { what: "the host", change: { host: "myregistry-evil.azurecr.io" } },
      { what: "another registry", change: { host: "evilregistry.azurecr.io" } },
      { what: "the kind", change: { kind: "other" } },
      { what: "an exported credential", change: { isExported: true } },
      { what: "the file", change: { file: { home: "platform", name: "others", serviceAccounts: [] } } },
      { what: "the token", change: { identity: "other" } },
    ].flatMap(({ what, change }) =>
      ["", " --skip-blocked"].map((flags) => ({
        does: `apply${flags} revokes the credential of a team that is not selected when the team has changed ${what} in its record`,
        ...applies(fileOf(own)),
        after: [
          applies(fileOf({ ...own, ...onlySecond }), {
            flags,
            given: records("own-1", "acr", change),
            check: (world: FakeWorld) =>
              expect([world.azure.tokens.size, secretIn(world, "own-1", "acr"), pulls(world, "own-2", "acr")]).toEqual([
                1,
                undefined,
                true,
              ]),
          }),
          nothingMore(fileOf({ ...own, ...onlySecond })),
        ],
      })),
    ),
    {
      does: "apply keeps data of the team in the Secret whose credential it revokes when its record names another token",
      ...applies(fileOf(own)),
      after: [
        applies(fileOf({ ...own, ...onlySecond }), {
          given: all(records("own-1", "acr", { identity: "other" }), addsData("own-1", "acr")),
          check: (world) => {
            expect(world.azure.tokens.size).toBe(1);
            expect(secretIn(world, "own-1", "acr")?.data).toMatchObject({ "ca.crt": "Y2E=" });
          },
        }),
      ],
    },
    {
      does: "apply keeps a login of the team in the Secret whose credential it revokes when its record names another token",
      ...applies(fileOf(own)),
      after: [
        applies(fileOf({ ...own, ...onlySecond }), {
          given: all(records("own-1", "acr", { identity: "other" }), adds("own-1", "acr", "ghcr.io")),
          check: (world) => {
            expect(world.azure.tokens.size).toBe(1);
            expect(logins(world, "own-1", "acr")).toEqual(["myregistry.azurecr.io", "ghcr.io"]);
          },
        }),
      ],
    },
    ...[
      { what: "copyTo instead of eachOf", from: { ...own, name: "acr-blue", eachOf: "{names: [team-0, team-1]}" }, to: blue },
      { what: "eachOf instead of copyTo", from: blue, to: { ...own, name: "acr-blue", eachOf: "{names: [team-0, team-1]}" } },
      { what: "another namespace", from: blue, to: { ...blue, namespace: "own-1" } },
    ].flatMap(({ what, from, to }) => [
      {
        does: `apply with --prune replaces the credentials when the entry has ${what}`,
        ...applies(fileOf(from)),
        after: [
          applies(fileOf(to), {
            flags: " --prune --yes",
            check: (world: FakeWorld) => {
              const count = "eachOf" in to ? 2 : 1;
              expect([pulls(world, "team-0"), pulls(world, "team-1"), world.azure.tokens.size]).toEqual([true, true, count]);
              expect([lists(world, "team-0"), lists(world, "team-1")]).toEqual([["acr-blue"], ["acr-blue"]]);
            },
          }),
          nothingMore(fileOf(to)),
          applies(fileOf(own), {
            flags: " --prune --yes",
            check: (world: FakeWorld) => expect(["team-0", "team-1"].map((at) => secretIn(world, at))).toEqual([undefined, undefined]),
          }),
        ],
      },
      {
        does: `apply with --prune keeps the credentials when the entry has ${what} and Azure refuses the new ones`,
        ...applies(fileOf(from)),
        after: [
          applies(fileOf(to), {
            ...failed,
            flags: " --prune --yes",
            given: refuse("putScopeMap", () => new CliError("forbidden", "HTTP 403")),
            stderr: /keeps its earlier credential, because .* was not written/,
            check: (world: FakeWorld) => expect([pulls(world, "team-0"), pulls(world, "team-1")]).toEqual([true, true]),
          }),
          applies(fileOf(to), { flags: " --prune --yes" }),
          nothingMore(fileOf(to), { flags: " --prune --yes" }),
        ],
      },
    ]),
    {
      does: "apply keeps the copy of a namespace that moves to another entry until the new copy is written",
      ...applies(fileOf({ ...blue, copyTo: "{names: [team-0]}" }, { ...red, copyTo: "{names: [team-1]}" })),
      after: [
        applies(fileOf({ ...blue, copyTo: "{names: [team-1]}" }, { ...red, copyTo: "{names: [team-0]}" }), {
          ...failed,
          given: refuse("create secret team-0/acr-red"),
          stderr:
            /^(?!(?:.*Forbidden){2}).*error: secret\/acr-blue in namespace team-0 keeps its earlier credential, because .* was not written/s,
          check: (world) =>
            expect([pulls(world, "team-0"), lists(world, "team-0"), pulls(world, "team-1"), secretIn(world, "team-1", "acr-red")]).toEqual([
              true,
              ["acr-blue"],
              true,
              undefined,
            ]),
        }),
        applies(fileOf({ ...blue, copyTo: "{names: [team-1]}" }, { ...red, copyTo: "{names: [team-0]}" }), {
          stdout: /^(?!(?:.*secret\/acr-blue unchanged in namespace platform){2})/s,
          check: (world) => expect([lists(world, "team-0"), lists(world, "team-1")]).toEqual([["acr-red"], ["acr-blue"]]),
        }),
        nothingMore(fileOf({ ...blue, copyTo: "{names: [team-1]}" }, { ...red, copyTo: "{names: [team-0]}" })),
      ],
    },
    {
      does: "apply with --prune takes an entry away when another entry fails in other namespaces",
      ...applies(fileOf(blue, own)),
      after: [
        applies(fileOf({ ...blue, repositories: "[app/api]" }), {
          ...failed,
          flags: " --prune --yes",
          given: refuse("putScopeMap", () => new CliError("forbidden", "HTTP 403")),
          check: (world) => expect([pulls(world, "team-0"), world.azure.tokens.size]).toEqual([true, 1]),
        }),
      ],
    },
    {
      does: "apply with --prune keeps an entry when the namespaces of a new one cannot be read",
      ...applies(fileOf(own)),
      after: [
        applies(fileOf({ ...own, name: "acr-new", eachOf: "{selector: team=own}" }), {
          ...failed,
          flags: " --prune --yes",
          given: refuse("list namespace"),
          check: (world) => expect([pulls(world, "own-1", "acr"), pulls(world, "own-2", "acr")]).toEqual([true, true]),
        }),
      ],
    },
    {
      does: "apply ends the credential of another kind when the Secret was deleted before its kind changed",
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf({ ...blue, credential: "service-principal", repositories: "['*']" }), {
          given: removes("platform"),
          check: ({ azure }) => expect([azure.tokens.size, azure.directory.applications.length]).toEqual([0, 1]),
        }),
      ],
    },
    {
      does: "apply keeps the credential of another kind while another Secret holds it",
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf({ ...blue, credential: "service-principal", repositories: "['*']" }), {
          given: holds("own-1", "kept", "platform"),
          stderr: /Warning: platform-acr-blue-\w+ is not revoked, because secret\/kept in namespace own-1 holds it/,
          check: (world) => expect(pulls(world, "own-1", "kept")).toBe(true),
        }),
        applies(fileOf({ ...blue, credential: "service-principal", repositories: "['*']" }), {
          given: all(removes("own-1", "kept"), closes("closed", "open")),
          ...{ code: 1, stderr: heldBack(/is not revoked, because a namespace whose Secrets cannot be listed may hold it/) },
          check: ({ azure }) => expect(azure.tokens.size).toBe(1),
        }),
        applies(fileOf({ ...blue, credential: "service-principal", repositories: "['*']" }), {
          check: ({ azure }) => expect(azure.tokens.size).toBe(0),
        }),
      ],
    },
    {
      does: "apply keeps the credential of another kind that another run gives to the source again",
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf(principal), {
          ...failed,
          given: all(refuse("list secret", forbid("secrets")), before("token platform", applied(fileOf(blue)))),
          stderr: /error: another run is writing secret\/acr-blue in namespace platform, so platform-acr-blue-\w+ stays/,
          check: (world) => expect(["platform", "team-0"].map((at) => pulls(world, at))).toEqual([true, true]),
        }),
      ],
    },
    {
      does: "apply has claimed the source when it ends its credential of another kind",
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf(principal), {
          given: before("deleteToken", (world) => expect(claimOf(secretIn(world, "platform"))?.until).toBe("2026-01-01T00:02:00.000Z")),
          check: (world) => expect([claimOf(secretIn(world, "platform")), world.azure.tokens.size]).toEqual([undefined, 0]),
        }),
        nothingMore(fileOf(principal)),
      ],
    },
    {
      does: "apply ends the credential of another kind when a team makes its Secret immutable",
      ...applies(fileOf(own)),
      after: [
        applies(fileOf({ ...own, ...ofPrincipal }), {
          given: before("token own-1", immutable("own-1")),
          check: ({ azure }) => expect(azure.tokens.size).toBe(0),
        }),
      ],
    },
    {
      does: "apply keeps the credential of a deleted Secret that a user creates again",
      ...applies(fileOf(own)),
      after: [
        applies(fileOf(ownIn("own-2")), {
          ...failed,
          given: all(
            removes("own-1", "acr"),
            before("token own-1", typed("create acr -n own-1 --registry myregistry --repository app/web --force")),
          ),
          stderr: /error: another run is writing secret\/acr in namespace own-1, so own-1-acr-\w+ stays/,
          check: (world) => expect(pulls(world, "own-1", "acr")).toBe(true),
        }),
      ],
    },
    {
      does: "apply does not make a copy of a Secret that a team has labeled as a copy of another source",
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf(blue), {
          ...failed,
          given: (world) => {
            const secret = secretIn(world, "team-1") ?? expect.unreachable("no Secret");
            const labels = { ...secret.metadata.labels, [copyLabel]: "own-1" };
            const annotations = { ...secret.metadata.annotations, [sourceKey]: JSON.stringify({ namespace: "own-1", name: "acr" }) };
            world.cluster.put({ ...secret, metadata: { ...secret.metadata, labels, annotations } }, "kubectl-edit");
          },
          stderr: /is not a copy of secret "acr-blue"/,
        }),
      ],
    },
    {
      does: "apply prints the command that rotates a Secret when both slots of its token have a password",
      ...applies(fileOf({ ...blue, expiresIn: "never" })),
      after: [
        applies(fileOf({ ...blue, expiresIn: "90d" }), {
          ...failed,
          given: async (world) => void (await makeByHand(world, "password2")),
          stderr: /^ {2}kubectl acr-secret rotate -n platform acr-blue --force$/m,
        }),
        { command: printed, stdout: any, writes: any },
        applies(fileOf({ ...blue, expiresIn: "90d" })),
        nothingMore(fileOf({ ...blue, expiresIn: "90d" })),
      ],
    },
    {
      does: "apply with --prune takes nothing of an entry away when the namespaces cannot be listed",
      ...applies(fileOf(own)),
      after: [
        applies(fileOf(own), {
          ...failed,
          flags: " --prune --yes",
          given: refuse("list namespace"),
          check: ({ azure }) => expect(azure.tokens.size).toBe(2),
        }),
      ],
    },
    {
      does: "apply keeps a Secret of an entry when the namespaces of the entry cannot be read and another file copies its Secret there",
      ...applies(fileOf({ ...own, eachOf: "{selector: team=own}" }), { given: labeled("own-1", "own") }),
      after: [
        applies(
          [fileOf({ ...own, eachOf: "{selector: team=own}" }), elsewhere({ ...redOfTeam, name: "acr", copyTo: "{names: [own-1]}" })].join(
            "---\n",
          ),
          {
            ...failed,
            given: refuse("list namespace", () => new CliError("timeout", "timed out"), 1),
            check: (world) => {
              expect([madeAt(world, "own-1", "acr"), madeAt(world, "team-0", "acr")]).not.toContain(undefined);
              expect(pulls(world, "own-1", "acr")).toBe(true);
            },
          },
        ),
      ],
    },
    {
      does: "apply with --prune keeps a source when its namespace cannot be read",
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf(blue), {
          ...failed,
          flags: " --prune --yes",
          given: refuse("get namespace platform", () => new CliError("timeout", "timed out"), 1),
          check: ({ azure }) => expect(azure.tokens.size).toBe(1),
        }),
      ],
    },
    ...[
      { what: "makes", entry: own },
      { what: "takes away", entry: ownIn("own-2") },
    ].map(({ what, entry }) => ({
      does: `apply keeps the reference of a deleted Secret when it ${what} that of another team, which lists its namespace`,
      ...applies(fileOf(own)),
      after: [
        applies(fileOf(entry), {
          given: all(
            (world) => forgeCopies("own-1", { "own-2": world.cluster.get("namespace", "", "own-2")?.metadata.uid ?? "" })(world),
            removes("own-2", "acr"),
            refuse("create secret own-2/acr", () => new CliError("forbidden", "HTTP 403", { owner: "namespace" })),
          ),
          code: 1,
          check: (world) => expect(lists(world, "own-2")).toEqual(["acr"]),
        }),
      ],
    })),
    {
      does: "apply keeps the reference of a deleted Secret of another file when a team lists its namespace",
      ...applies(fileOf(ownIn("own-1"))),
      after: [
        applies(elsewhere(ownIn("own-2"))),
        applies(fileOf(ownIn("own-1")), {
          given: all(
            (world) => forgeCopies("own-1", { "own-2": world.cluster.get("namespace", "", "own-2")?.metadata.uid ?? "" })(world),
            removes("own-2", "acr"),
          ),
          check: (world) => expect(lists(world, "own-2")).toEqual(["acr"]),
        }),
      ],
    },
    {
      does: "apply changes no other namespace when a team records copies there",
      ...applies(fileOf(twoOwn)),
      after: [
        applies(fileOf(twoOwn), {
          flags: " --skip-blocked",
          given: all(forgeCopies("own-1", { "own-2": "x", other: "x" }), refuse("get namespace other", forbid('namespaces "other"'))),
          check: (world) => expect(world.asking.writes.filter((call) => call.includes("own-2"))).toEqual([]),
        }),
      ],
    },
    {
      does: "apply makes a Secret as the first of two entries says when their patterns overlap",
      ...applies(fileOf(own, { ...own, eachOf: "{names: ['*-1']}", repositories: "[app/api]" }), failed),
      after: [nothingMore(fileOf(own, { ...own, eachOf: "{names: ['*-1']}", repositories: "[app/api]" }), { code: 1, stdout: any })],
    },
    ...[
      { what: "the ServiceAccounts", change: { file: { home: "platform", name: "teams", serviceAccounts: ["default", "x"] } } },
      { what: "an exported credential", change: { isExported: true }, more: { expiresIn: "30d" } },
    ].map(({ what, change, more = own }) => ({
      does: `apply with --skip-blocked succeeds when a team has changed ${what} in its record`,
      ...applies(fileOf(own)),
      after: [
        applies(fileOf({ ...own, ...more }), {
          flags: " --skip-blocked",
          given: all(records("own-1", "acr", change), refuse("get serviceaccount own-1/x", forbid('serviceaccounts "x"'))),
          check: (world) => expect(pulls(world, "own-2", "acr")).toBe(true),
        }),
      ],
    })),
    {
      does: "apply rotates the others when a team has recorded no time as the end of a grace period",
      ...applies(fileOf(own)),
      after: [
        applies(fileOf({ ...own, expiresIn: "30d" }), {
          flags: " --skip-blocked",
          given: (world) => {
            const { slot, madeAt } = credentialOf(secretIn(world, "own-1", "acr")) ?? {};
            return records("own-1", "acr", { previous: { slot, madeAt, until: "x" } })(world);
          },
          check: (world) => expect(credentialOf(secretIn(world, "own-2", "acr"))?.previous).toBeDefined(),
        }),
      ],
    },
    {
      does: "apply keeps the credential of a home that was created again while the selector of its copies matches nothing",
      given: all(labeled("team-0", "green"), labeled("team-1", "green")),
      ...applies(fileOf(green)),
      after: [
        applies(fileOf(green), {
          given: all(removes("platform"), labeled("team-0", "red"), labeled("team-1", "red"), ({ cluster }) => {
            cluster.remove("namespace", "", "platform");
            cluster.put(namespace("platform", { uid: "another" }));
          }),
          check: (world) => expect([pulls(world, "team-0"), pulls(world, "team-1"), world.azure.tokens.size]).toEqual([true, true, 2]),
        }),
        applies(fileOf(green), {
          given: all(labeled("team-0", "green"), labeled("team-1", "green")),
          check: (world) => expect([pulls(world, "team-0"), pulls(world, "team-1"), world.azure.tokens.size]).toEqual([true, true, 1]),
        }),
      ],
    },
    {
      does: "apply keeps the credential of a namespace that was created again when it cannot make the new one",
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf(blue), {
          ...failed,
          given: all(
            ({ cluster }) => cluster.remove("namespace", "", "platform"),
            ({ cluster }) => cluster.put(namespace("platform", { uid: "another" })),
            removes("platform"),
            refuse("putToken", () => new CliError("conflict", "too many tokens")),
            refuse("list secret"),
          ),
          check: (world) => expect(pulls(world, "team-0")).toBe(true),
        }),
        applies(fileOf(blue), { check: (world) => expect([pulls(world, "team-0"), world.azure.tokens.size]).toEqual([true, 1]) }),
      ],
    },
    {
      does: "apply keeps the source of an entry that was removed when an entry with eachOf has its name",
      ...applies(fileOf({ ...blue, name: "acr" }, own)),
      after: [
        nothingMore(fileOf(own), {
          stderr: /secret\/acr belongs to file teams, which no longer names it/,
          check: (world) => expect(["platform", "team-0"].map((at) => pulls(world, at, "acr"))).toEqual([true, true]),
        }),
      ],
    },
    {
      does: "apply names an entry whose copies no namespace selects",
      ...applies(fileOf({ ...blue, copyTo: "{selector: team=none}" })),
      check: (_, { stderr }) => expect(stderr).toMatch(/^platform: no namespace matches copyTo of acr-blue$/m),
    },
    {
      does: "apply says once for all its entries that the home of a file does not exist",
      given: ({ cluster }) => cluster.remove("namespace", "", "platform"),
      ...applies(fileOf(blue, red), {
        code: 1,
        stderr: [
          'platform: Error from server (NotFound): namespaces "platform" not found',
          "hint: kubectl create namespace platform",
          "1 namespace failed",
        ],
      }),
    },
    {
      does: "apply makes and takes away the other Secrets when a named namespace does not exist",
      ...applies(fileOf(own, { ...blue, copyTo: "{names: [team-0, team-9]}" }), { code: 1, stderr: /namespaces "team-9" not found/ }),
      check: (world) => expect(pulls(world, "team-0")).toBe(true),
      after: [
        applies(fileOf({ ...own, eachOf: "{names: [own-1, own-9]}" }), {
          flags: " --skip-blocked",
          stderr: /Warning: namespace "own-9" is blocked: .*not found/,
          check: (world) => expect(["own-1", "own-2"].map((at) => pulls(world, at, "acr"))).toEqual([true, false]),
        }),
      ],
    },
    {
      does: "apply fails, and ends the credential of a named namespace, when that namespace was deleted",
      ...applies(fileOf(twoOwn)),
      after: [
        applies(fileOf(twoOwn), {
          ...failed,
          given: all(removes("own-2", "acr"), ({ cluster }) => cluster.remove("namespace", "", "own-2")),
          check: (world) => expect([pulls(world, "own-1", "acr"), world.azure.tokens.size]).toEqual([true, 1]),
        }),
      ],
    },
    ...[
      { what: "a given login", flags: "--username robot --password-stdin", stdin: "p" },
      { what: "the login of the admin user", flags: "--admin", stdin: "" },
    ].map(({ what, flags, stdin }) => ({
      does: `apply refuses ${what}, also with --adopt`,
      given: ({ azure }: FakeWorld) => {
        azure.users.set("robot", "p");
        azure.admin.set("password", "q");
      },
      command: `create acr-blue -n platform --registry myregistry ${flags} --repository app/web`,
      ...{ stdout: any, stderr: any, writes: any, options: { stdin } },
      after: ["", " --adopt platform/acr-blue --yes", " --skip-blocked"].map((more) =>
        applies(fileOf(blue), {
          flags: more,
          code: 1,
          writes: [],
          stderr: /which apply cannot create\n.*:\n.*delete -n platform acr-blue$/m,
        }),
      ),
    })),
    ...[
      { what: "a repository", flags: "--repository app/web,app/api", lost: "app/api", entry: blue },
      { what: "a copy", flags: "--repository app/web --copy-to team-0,team-1,own-1", lost: "the copy in own-1", entry: blue },
      {
        what: "another kind of credential",
        flags: "--service-principal --repository *",
        lost: "service-principal \\S+, \\*",
        entry: blue,
      },
    ].map(({ what, flags, lost, entry }) => ({
      does: `apply takes over a Secret of create that loses ${what} only with --adopt, which lists it`,
      given: typed(`create acr-blue -n platform --registry myregistry ${flags}`),
      ...applies(fileOf(entry), {
        code: 1,
        writes: [],
        stderr: new RegExp(
          `secret/acr-blue in namespace platform belongs to no file; .*loses ${lost}\n.*\n.*apply -f=- --adopt platform/acr-blue$`,
          "m",
        ),
      }),
      after: [
        applies(fileOf(entry), { flags: " --adopt platform/acr-blue", code: 1, writes: [], stderr: /--adopt platform\/acr-blue --yes$/m }),
        applies(fileOf(entry), {
          flags: " --adopt platform/acr-blue --dry-run=client",
          writes: [],
          stderr: new RegExp(`Warning: platform: secret/acr-blue belonged to no file and loses ${lost}$`, "m"),
        }),
        applies(fileOf(entry), {
          flags: " --adopt platform/acr-blue",
          code: 1,
          writes: [],
          options: { answers: [false], env: { CI: undefined } },
          stderr: new RegExp(`adopt secret/acr-blue in namespace platform, which loses ${lost}.*\\?`, "i"),
        }),
        applies(fileOf(entry), {
          flags: " --adopt platform/acr-blue --yes",
          check: (world) =>
            expect([copies(world), grants(world), pulls(world, "team-1")]).toEqual([["team-0", "team-1"], ["app/web"], true]),
        }),
        nothingMore(fileOf(entry)),
      ],
    })),
    {
      does: "apply replaces a login of another application only with --adopt",
      given: all(
        typed("create mine -n own-1 --registry myregistry --service-principal --repository *"),
        // The user chooses this application for another Secret
        (world) => typed(`create acr-blue -n platform --registry myregistry --service-principal=${appOf(world)} --repository *`)(world),
      ),
      ...applies(fileOf(principal), {
        ...failed,
        writes: [],
        stderr: /platform belongs to no file; otherwise it loses service-principal \S+\n.*\n.*apply -f=- --adopt platform\/acr-blue$/m,
        check: (world) => expect(world.loginIn("platform", "acr-blue")?.username).toBe(appOf(world)),
      }),
      after: [
        applies(fileOf(principal), {
          flags: " --adopt platform/acr-blue --yes",
          check: (world) => expect([pulls(world, "platform"), pulls(world, "own-1", "mine")]).toEqual([true, true]),
        }),
        nothingMore(fileOf(principal)),
      ],
    },
    {
      does: "apply takes over an application of create without a word",
      given: typed("create acr-blue -n platform --registry myregistry --service-principal --repository *"),
      ...applies(fileOf(principal), { stderr: /^(?!.*belong)/s }),
    },
    {
      does: "apply refuses a Secret of create that loses a copy when another entry has copies",
      given: typed("create acr-blue -n platform --registry myregistry --repository app/web --copy-to team-0,team-1"),
      ...applies(fileOf({ ...blue, copyTo: "{names: [team-0]}" }, red), {
        code: 1,
        stderr: /acr-blue in namespace platform belongs to no file; otherwise it loses the copy in team-1/,
        check: (world) => expect([pulls(world, "team-1"), pulls(world, "team-1", "acr-red")]).toEqual([true, true]),
      }),
    },
    {
      does: "apply takes over a Secret of create without a word when nothing is lost",
      given: typed("create acr-blue -n platform --registry myregistry --repository app/web --copy-to team-0"),
      ...applies(fileOf({ ...blue, repositories: "[app/*]" }), { stderr: /^(?!.*belong)/s }),
      check: (world) => expect(credentialOf(secretIn(world, "platform"))?.file?.home).toBe("platform"),
      after: [nothingMore(fileOf({ ...blue, repositories: "[app/*]" }))],
    },
    {
      does: "apply --skip-blocked names a Secret of a team with the command that adopts it, and makes the others",
      given: typed("create acr -n own-1 --registry myregistry --repository app/web,app/api"),
      ...applies(fileOf(own), {
        flags: " --skip-blocked",
        stderr:
          /^Warning: namespace "own-1" is blocked: .*app\/api; to let the file take it over, run:\n {2}.*apply -f=- --skip-blocked --adopt own-1\/acr$/m,
      }),
      check: (world) => {
        expect([grants(world, "own-1", "acr"), pulls(world, "own-2", "acr")]).toEqual([["app/api", "app/web"], true]);
      },
      after: [applies(fileOf(own), { ...failed, check: (world) => expect(grants(world, "own-1", "acr")).toHaveLength(2) })],
    },
    {
      does: "apply takes nothing of a file of the same name away when its home differs",
      ...applies(fileOf(own)),
      given: (world) => addNamespaces(world.cluster, "two"),
      after: [
        applies(elsewhere({ ...own, eachOf: "{names: [two]}" }), {
          flags: " --prune --yes",
          check: (world) => expect(["own-1", "own-2", "two"].map((at) => pulls(world, at, "acr"))).toEqual([true, true, true]),
        }),
        nothingMore(fileOf(own), { flags: " --prune --yes" }),
      ],
    },
    {
      does: "apply takes over a Secret of another file only with --adopt, although nothing is lost",
      ...applies(fileOf(own)),
      after: [
        applies(elsewhere(twoOwn), { ...failed, writes: [], stderr: /belongs to file teams in namespace platform\n/ }),
        // The tenant writes another file into its record
        applies(elsewhere(twoOwn), {
          given: records("own-1", "acr", { file: { home: "team-0", name: "teams", serviceAccounts: [] } }, ours),
          ...failed,
          writes: [],
          stderr: /own-1 belongs to another file\n/,
        }),
        applies(elsewhere(twoOwn), {
          given: records("own-1", "acr", { kind: "service-principal" }, ours),
          ...failed,
          writes: [],
          stderr: /own-1 belongs to another file; /,
        }),
        applies(elsewhere(twoOwn), {
          given: records(
            "own-1",
            "acr",
            { kind: "acr-token", file: { home: "platform", name: "teams", serviceAccounts: ["default"] } },
            ours,
          ),
          flags: " --adopt own-1/acr,own-2/acr --yes",
        }),
        nothingMore(elsewhere(twoOwn)),
        applies(fileOf(own), { ...failed, writes: [], stderr: /belongs to file teams in namespace team-0\n/ }),
      ],
    },
    {
      does: "apply takes over a deleted Secret of another file only with --adopt",
      ...applies(fileOf(blue)),
      after: [
        applies(elsewhere(bluesApi), {
          given: removes("platform"),
          ...failed,
          writes: [],
          stderr: /platform belongs to another file; otherwise it loses app\/web\n.*\n.*apply -f=- --adopt platform\/acr-blue$/m,
          check: (world) => expect([grants(world), pulls(world, "team-0")]).toEqual([["app/web"], true]),
        }),
        applies(elsewhere(bluesApi), {
          flags: " --adopt platform/acr-blue --yes",
          check: (world) => expect([grants(world), pulls(world, "own-1")]).toEqual([["app/api"], true]),
        }),
        nothingMore(elsewhere(bluesApi)),
      ],
    },
    ...[
      { order: "first", files: [elsewhere(ownIn("own-1")), fileOf(ownIn("own-2"))] },
      { order: "last", files: [fileOf(ownIn("own-2")), elsewhere(ownIn("own-1"))] },
    ].map(({ order, files }) => ({
      does: `apply keeps a Secret that the ${order} file of the run takes over from another`,
      ...applies(fileOf(own)),
      after: [
        applies(files.join("---\n"), {
          flags: " --adopt own-1/acr --prune --yes",
          check: (world) => expect(pulls(world, "own-1", "acr")).toBe(true),
        }),
        nothingMore(files.join("---\n"), { flags: " --prune --yes" }),
      ],
    })),
    {
      does: "apply --skip-blocked fails when a team blocks the Secret that moves to another file, and its credential stays",
      ...applies(fileOf(own)),
      after: [
        applies([fileOf(ownIn("own-2")), elsewhere(ownIn("own-1"))].join("---\n"), {
          ...failed,
          flags: " --skip-blocked",
          given: all(holds("own-2", "kept", "own-1", "acr"), removes("own-1", "acr"), holds("own-1", "acr", "own-2", "kept")),
          stderr: /error: secret\/acr in namespace own-1 keeps its earlier credential, because .* was not written/,
        }),
      ],
    },
    {
      does: "apply --prune ends the credential of a Secret that another file of the run takes over with another kind",
      ...applies(fileOf(blue)),
      after: [
        applies([nothingOf, elsewhere(principal)].join("---\n"), {
          flags: " --adopt platform/acr-blue --prune --yes",
          check: (world) => expect([pulls(world, "team-0"), world.azure.tokens.size]).toEqual([true, 0]),
        }),
      ],
    },
    {
      does: "apply --skip-blocked keeps the credential of a Secret that another run has claimed to take it over",
      ...applies(fileOf(own)),
      after: [
        applies(elsewhere(ownIn("own-1")), {
          flags: " --adopt own-1/acr --yes",
          given: all(
            passes,
            before("putScopeMap own-1", async ({ ports }) => {
              const options = { stdin: fileOf(ownIn("own-2")), sleep: async (milliseconds: number) => pass(milliseconds) };
              const ran = await type("apply -f - --skip-blocked", ports, options);
              expect(ran).toMatchObject({
                code: 1,
                stderr: expect.stringMatching(/error: another run is writing secret\/acr in namespace own-1, so own-1-acr-\w+ stays/),
              });
            }),
          ),
          check: (world) => expect(pulls(world, "own-1", "acr")).toBe(true),
        }),
        applies(fileOf(ownIn("own-2")), { check: (world) => expect(pulls(world, "own-1", "acr")).toBe(true) }),
      ],
    },
    {
      does: "apply keeps a Secret with its copies that the first file of the run takes over from another",
      ...applies(fileOf(blueOfTeam)),
      after: [
        applies([elsewhere(blueOfTeam), nothingOf].join("---\n"), {
          flags: " --adopt own-1/acr-blue --prune --yes",
          check: (world) => expect(["own-1", "team-0", "team-1"].map((at) => pulls(world, at))).toEqual([true, true, true]),
        }),
      ],
    },
    ...["get namespace own-1", "get secret own-1/acr", "patch secret own-1/acr"].map((call) => ({
      does: `apply keeps a Secret that another run takes over before ${call}`,
      ...applies(fileOf(own)),
      after: [
        applies(fileOf(ownIn("own-2")), {
          given: before("listTokens", before(call, adoptsOwn)),
          code: 1,
          stderr: /secret\/acr in namespace own-1 belongs to .*, so it stays/,
          check: (world) => expect(pulls(world, "own-1", "acr")).toBe(true),
        }),
      ],
    })),
    ...[
      { what: "a login", given: robot, command: "create acr -n own-1 --registry myregistry --username robot --password-stdin" },
      {
        what: "a token in a namespace that was created again",
        given: ({ cluster }: FakeWorld) => {
          cluster.remove("namespace", "", "own-1");
          cluster.put(namespace("own-1", { uid: "another" }));
        },
        command: "create acr -n own-1 --registry myregistry --repository app/web,app/api",
      },
    ].map(({ what, given, command }) => ({
      does: `apply doesn't write a copy over ${what} that a team has created under its name`,
      ...applies(fileOf(own)),
      after: [
        { ...loose, command, given: all(removes("own-1", "acr"), given), options: { stdin: "p" } },
        applies(fileOf(ownIn("own-2"), { ...blue, name: "acr", copyTo: "{names: [own-1]}" }), {
          code: 1,
          stderr: /secret "acr" in namespace "own-1" is not a copy of/,
          check: (world) =>
            expect([pulls(world, "own-1", "acr"), credentialOf(secretIn(world, "own-1", "acr"))]).toEqual([true, expect.anything()]),
        }),
      ],
    })),
    ...[
      { what: "token", entry: own, flags: "--repository app/api" },
      {
        what: "application",
        entry: { ...own, ...ofPrincipal },
        flags: "--service-principal --repository *",
      },
    ].map(({ what, entry, flags }) => ({
      does: `create refuses the ${what} of a deleted Secret of a file`,
      ...applies(fileOf(entry)),
      after: [
        {
          command: `create acr -n own-1 --registry myregistry ${flags}`,
          given: removes("own-1", "acr"),
          ...failed,
          writes: [],
          stderr:
            /secret\/acr in namespace own-1 belongs to a file of apply, .*\nhint: apply that file, use another name, or add --force .*$/m,
        },
        applies(fileOf(entry), { check: (world) => expect(pulls(world, "own-1", "acr")).toBe(true) }),
        { ...loose, command: `create acr -n own-1 --registry myregistry ${flags}` },
      ],
    })),
    {
      does: "apply takes over a service principal of a team only with --adopt when Azure describes a token of the file",
      ...applies(fileOf(own)),
      after: [
        {
          ...loose,
          command: "create acr -n own-1 --registry myregistry --service-principal --repository *",
          given: removes("own-1", "acr"),
        },
        applies(fileOf(own), {
          code: 1,
          stderr: /own-1 belongs to no file; otherwise it loses service-principal/,
          writes: [],
          check: (world) => expect(pulls(world, "own-1", "acr")).toBe(true),
        }),
      ],
    },
    {
      does: "apply --prune keeps a Secret that gets a copy after the question",
      ...applies(fileOf(blue, red)),
      after: [
        applies(fileOf(red), {
          flags: " --prune",
          options: { answers: [true], env: { CI: undefined } },
          given: before(
            "listTokens",
            before("listTokens", typed("create acr-blue -n platform --registry myregistry --repository app/web --copy-to team-*,own-1")),
          ),
          code: 1,
          stderr: /error: the copy in namespace own-1 of secret\/acr-blue in namespace platform was not in the question, so it stays/,
          check: (world) => expect(["own-1", "team-0"].map((at) => pulls(world, at))).toEqual([true, true]),
        }),
      ],
    },
    {
      does: "apply --prune keeps a Secret that a user creates again after the question",
      ...applies(fileOf({ ...blue, copyTo: "{names: [none-*]}" }, red)),
      after: [
        applies(fileOf(red), {
          flags: " --prune",
          options: { answers: [true], env: { CI: undefined } },
          given: before(
            "listTokens",
            before("listTokens", all(removes("platform"), applied(fileOf({ ...blue, copyTo: "{names: [none-*]}" }, red)))),
          ),
          code: 1,
          stderr: /error: secret\/acr-blue in namespace platform was not in the question, so it stays/,
          check: (world) => expect(pulls(world, "platform")).toBe(true),
        }),
        applies(fileOf(red), { flags: " --prune --yes", check: (world) => expect(secretIn(world, "platform")).toBeUndefined() }),
      ],
    },
    {
      does: "apply --prune keeps a Secret when the one that replaces it in another file could not be made",
      ...applies(fileOf(blue)),
      after: [
        applies([nothingOf, elsewhere({ ...red, namespace: "team-0" })].join("---\n"), {
          given: refuse("putToken"),
          flags: " --prune --yes",
          code: 1,
          check: (world) => expect(["team-0", "team-1"].map((at) => pulls(world, at))).toEqual([true, true]),
        }),
      ],
    },
    {
      does: "apply replaces a copy by a credential of the namespace's own when another entry has copies, too",
      ...applies(fileOf(blue, red)),
      after: [
        applies(fileOf({ ...blue, copyTo: "{names: [team-0]}" }, red, { ...ownIn("team-1"), name: "acr-blue" }), {
          check: (world) =>
            expect([copies(world), pulls(world, "team-1"), madeAt(world, "team-1")]).toEqual([["team-0"], true, expect.any(String)]),
        }),
        nothingMore(fileOf({ ...blue, copyTo: "{names: [team-0]}" }, red, { ...ownIn("team-1"), name: "acr-blue" })),
      ],
    },
    {
      does: "apply keeps the copy of a namespace that moves to another file until the new copy is written",
      ...applies(fileOf(blue)),
      after: [
        applies(
          [fileOf({ ...blue, copyTo: "{names: [team-0]}" }), elsewhere({ ...redOfTeam, copyTo: "{names: [team-1]}" })].join("---\n"),
          {
            given: refuse("putToken"),
            ...failed,
            stderr: /error: secret\/acr-blue in namespace team-1 keeps its earlier credential, because .* was not written/,
            check: (world) => expect([pulls(world, "team-1"), lists(world, "team-1")]).toEqual([true, ["acr-blue"]]),
          },
        ),
        applies(
          [fileOf({ ...blue, copyTo: "{names: [team-0]}" }), elsewhere({ ...redOfTeam, copyTo: "{names: [team-1]}" })].join("---\n"),
          {
            check: (world) => expect([pulls(world, "team-1", "acr-red"), lists(world, "team-1")]).toEqual([true, ["acr-red"]]),
          },
        ),
      ],
    },
    {
      does: "apply keeps a repository that moves to another entry until the Secret of that entry is made",
      given: (world) => void world.azure.images.add("app/api:1"),
      ...applies(fileOf({ ...blue, repositories: "[app/web, app/api]" })),
      after: [
        applies(fileOf({ ...red, repositories: "[app/api]" }, blue), {
          given: refuse("putToken"),
          ...failed,
          stderr: /error: secret\/acr-blue in namespace platform keeps app\/api, because .* was not written/,
          check: (world) => expect(grants(world).toSorted()).toEqual(["app/api", "app/web"]),
        }),
        applies(fileOf({ ...red, repositories: "[app/api]" }, blue), { check: (world) => expect(grants(world)).toEqual(["app/web"]) }),
        nothingMore(fileOf({ ...red, repositories: "[app/api]" }, blue)),
      ],
    },
    {
      does: "apply keeps the reference of a ServiceAccount that moves to another entry until the Secret of that entry is made",
      given: all(accounts("team-0", "ci"), accounts("team-1", "ci")),
      ...applies(fileOf({ ...blue, serviceAccounts: "[default, ci]" })),
      after: [
        applies(fileOf({ ...red, serviceAccounts: "[ci]" }, blue), {
          given: refuse("putToken"),
          ...failed,
          stderr: /error: serviceaccount\/ci in namespace team-0 keeps its earlier credential, because .* was not written/,
          check: (world) => expect(["team-0", "team-1"].map((at) => lists(world, at, "ci"))).toEqual([["acr-blue"], ["acr-blue"]]),
        }),
        applies(fileOf({ ...red, serviceAccounts: "[ci]" }, blue), {
          check: (world) => expect(["team-0", "team-1"].map((at) => lists(world, at, "ci"))).toEqual([["acr-red"], ["acr-red"]]),
        }),
        nothingMore(fileOf({ ...red, serviceAccounts: "[ci]" }, blue)),
      ],
    },
    {
      does: "apply --prune asks although a tenant has written the file into its record",
      ...applies(fileOf(blue, own)),
      after: [
        { ...loose, command: "create mine -n team-0 --registry myregistry --repository app/web" },
        applies(fileOf(own), {
          given: records("team-0", "mine", { file: { home: "platform", name: "teams", serviceAccounts: [] } }),
          flags: " --prune",
          options: { answers: [true], env: { CI: undefined } },
          stderr: /Warning: team-0: secret\/mine records file teams in namespace platform, .*so it stays/,
          check: (world) => expect([pulls(world, "team-0", "mine"), secretIn(world, "platform")]).toEqual([true, undefined]),
        }),
      ],
    },
    {
      does: "apply names the namespaces that refuse their Secrets once, and fails",
      ...applies(fileOf(blue, own)),
      after: [
        applies(fileOf(blue, own), { given: closes("closed", "open"), code: 1, writes: [], stderr: heldBack(/^/) }),
        applies(fileOf(blue), {
          given: closes("closed", "open"),
          ...{ flags: " --prune --yes", code: 1, stderr: heldBack(/^(?!.*cannot check)/s) },
          check: (world) => expect([secretIn(world, "own-1", "acr"), world.azure.tokens.size]).toEqual([undefined, 1]),
        }),
        applies(fileOf(blue), { given: closes("closed", "open"), flags: " --skip-blocked" }),
        nothingMore(fileOf(blue), {
          given: refuse(({ call, at, namespace: of }) => call === "list" && at.startsWith("secret") && of !== "platform"),
        }),
      ],
    },
    {
      does: "apply finds a removed Secret in each namespace when it may not list those of the cluster",
      ...applies(fileOf(blue, own)),
      after: [
        applies(fileOf(own), {
          given: all(closes("kube-closed", "open"), ({ azure }) => editMap(azure, (map) => ({ ...map, description: "of terraform" }))),
          ...{ code: 1, stderr: /error: secret\/acr-blue records file teams in namespace platform/ },
        }),
      ],
    },
    {
      does: "apply repairs the record of its Secret when a team has written another file into it",
      ...applies(fileOf(own)),
      after: [
        applies(fileOf(own), {
          given: records("own-1", "acr", { file: { home: "x", name: "y", serviceAccounts: [] } }, ours),
          check: (world) => expect(credentialOf(secretIn(world, "own-1", "acr"))?.file?.home).toBe("platform"),
        }),
        nothingMore(fileOf(own)),
      ],
    },
    {
      does: "apply fails when no entry makes the Secret that --adopt names",
      ...applies(fileOf(blue), { ...failed, flags: " --adopt platform/acr-bleu --yes", stderr: /no entry makes secret\/acr-bleu/ }),
    },
    ...[
      { what: "a text of another tool", text: () => "managed by terraform" },
      { what: "a description without the file", text: (before: string) => before.replace(/ by file.*/, "") },
      { what: "the id of another cluster", text: (before: string) => before.replace(/ of cluster \S+/, " of cluster 01234567") },
    ].map(({ what, text }) => ({
      does: `apply repairs the description in Azure when it is ${what}`,
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf(blue), {
          given: ({ azure }: FakeWorld) => editMap(azure, ({ description, ...map }) => ({ ...map, description: text(description) })),
          check: ({ azure }: FakeWorld) =>
            expect([...azure.scopeMaps.values()][0]?.description).toMatch(/ of cluster (?!01234567)[0-9a-f]{8} by file [0-9a-f]{16}$/),
        }),
        nothingMore(fileOf(blue)),
      ],
    })),
    {
      does: "apply repairs the notes of an application in Azure, and fails when another tool has written them",
      ...applies(fileOf({ ...blue, credential: "service-principal", repositories: "['*']" })),
      after: [
        applies(fileOf({ ...blue, credential: "service-principal", repositories: "['*']" }), {
          given: notes((before) => before.replace(/ of cluster.*/, " of cluster 01234567")),
          check: ({ azure }) =>
            expect([...azure.directory.applications.values()].map(({ notes }) => notes)).toEqual([expect.stringMatching(/ by file \S+$/)]),
        }),
        nothingMore(fileOf({ ...blue, credential: "service-principal", repositories: "['*']" })),
        applies(fileOf({ ...blue, credential: "service-principal", repositories: "['*']" }), {
          ...failed,
          given: notes(() => "managed by terraform"),
          stderr: /already exists, and this plugin did not create it/,
        }),
      ],
    },
    ...[
      {
        what: "a scope map that grants pushing",
        edit: ({ azure }: FakeWorld) =>
          editMap(azure, ({ actions, ...map }) => ({ ...map, actions: [...actions, "repositories/app/web/content/write"] })),
        says: /can do more than pull: app\/web push/,
      },
      {
        what: "a token with another scope map",
        edit: ({ azure }: FakeWorld) => {
          for (const token of azure.tokens.values()) Object.assign(token, { scopeMapId: "/x/scopeMaps/_repositories_push" });
        },
        says: /has the scope map "_repositories_push"/,
      },
      {
        what: "a disabled token",
        edit: ({ azure }: FakeWorld) => {
          for (const token of azure.tokens.values()) Object.assign(token, { status: "disabled" });
        },
        says: /is disabled\nhint: (?!.*az )/,
      },
    ].map(({ what, edit, says }) => ({
      does: `apply fails when Azure shows ${what}`,
      ...applies(fileOf(blue)),
      after: [applies(fileOf(blue), { given: edit, flags: " --verify=false", ...failed, writes: /^(patch secret .*\n)*$/, stderr: says })],
    })),
    {
      does: "apply names a removed Secret that Azure does not describe any more, and keeps it",
      ...applies(fileOf(blue, own)),
      after: [
        applies(fileOf(own), {
          ...failed,
          given: ({ azure }) =>
            editMap(azure, ({ description, ...map }) => ({
              ...map,
              description: description.includes("acr-blue") ? "managed by terraform" : description,
            })),
          flags: " --prune --yes",
          writes: [],
          stderr: /error: secret\/acr-blue records file teams in namespace platform.*\n.*\n.*delete -n platform acr-blue --revoke$/m,
        }),
        applies(fileOf(own), { given: refuse("list secret"), flags: " --prune --yes" }),
      ],
    },
    {
      does: "apply prints no command that deletes a removed Secret when another file is adopting it",
      ...applies(fileOf(blue, own)),
      after: [
        applies(fileOf(own), {
          ...failed,
          given: ({ azure }) =>
            editMap(azure, ({ description, ...map }) => ({
              ...map,
              description: description.includes("acr-blue") ? description.replace(/by file .*/, `by file ${"0".repeat(16)}`) : description,
            })),
          flags: " --prune --yes",
          writes: [],
          stderr:
            /secret\/acr-blue records file teams in namespace platform.*\nhint: apply the file that has adopted it again\n(?![\s\S]*--revoke)/,
        }),
      ],
    },
    {
      does: "apply takes a Secret away once when the file spells its registry in two ways",
      ...applies(fileOf(blue, { ...own, registry: "myregistry.azurecr.io" })),
      after: [
        nothingMore(fileOf(blue, { ...own, registry: "myregistry.azurecr.io" })),
        applies(fileOf(blue, { ...onlySecond, name: "acr", repositories: "[app/web]", registry: "myregistry.azurecr.io" }), {
          stdout: /^(?!(?:.*\n)*secret\/acr unchanged in namespace own-1)(?:.*\n)*secret\/acr deleted in namespace own-1\n/,
        }),
      ],
    },
    {
      does: "apply ends nothing when one spelling of the registry is not found, and it may not list the Secrets",
      ...applies(fileOf(blue, { ...own, registry: idOfRegistry })),
      after: [
        applies(fileOf(blue, { ...own, registry: idOfRegistry }), {
          ...failed,
          given: all(refuse(`findRegistry ${idOfRegistry}`, refused, 1), refuse("list secret", forbid("secrets"))),
          stderr: /^(?!.*another run is writing)/s,
          check: (world) => expect([pulls(world, "own-1", "acr"), pulls(world, "own-2", "acr")]).toEqual([true, true]),
        }),
      ],
    },
    {
      does: "apply succeeds with the id of a registry when another registry has its name",
      ...applies(withId(fileOf({ ...blue, expiresIn: "90d" }))),
      given: refuse(({ call, at }) => call === "findRegistry" && at === "myregistry"),
      after: [
        applies(withId(fileOf({ ...blue, expiresIn: "30d" })), { check: (world) => expect(pulls(world, "team-0")).toBe(true) }),
        applies(withId(fileOf(own)), { flags: " --prune --yes", check: ({ azure }) => expect(azure.tokens.size).toBe(2) }),
      ],
    },
    {
      does: "apply deletes all Secrets of a file without entries only with --prune",
      ...applies(fileOf(blue, own)),
      after: [
        nothingMore(nothingOf, { stderr: /(?:belongs to file teams[\s\S]*){3}/, check: ({ azure }) => expect(azure.tokens.size).toBe(3) }),
        applies(nothingOf, {
          flags: " --prune --yes",
          check: ({ azure, cluster }) => expect([azure.tokens.size, cluster.all("secret")]).toEqual([0, []]),
        }),
      ],
    },
    {
      does: "create and delete warn that the next apply undoes the change of a Secret of a file",
      ...applies(fileOf(blue)),
      after: [
        {
          command: "create acr-blue -n platform --registry myregistry --repository app/web,base/os",
          stdout: any,
          stderr:
            /Warning: secret\/acr-blue belongs to file teams in namespace platform, so the next apply takes away what the file does not name$/m,
        },
        {
          command: "delete acr-blue -n platform --revoke --yes",
          stdout: any,
          stderr: /Warning: secret\/acr-blue belongs to file teams in namespace platform, so the next apply makes it again$/m,
        },
      ],
    },
    {
      does: "apply --prune keeps a source that was not in the question",
      given: all(labeled("own-1", "green"), labeled("own-2", "green")),
      ...applies(fileOf({ ...own, eachOf: "{selector: team=green}" }, { ...own, name: "old", eachOf: "{names: [own-1]}" })),
      after: [
        applies(fileOf({ ...own, eachOf: "{selector: team=green}" }), {
          flags: " --prune",
          options: { answers: [true], env: { CI: undefined } },
          // The labels are removed while the user reads the question
          given: before("listTokens", before("listTokens", all(labeled("own-1", "red"), labeled("own-2", "red")))),
          code: 1,
          stderr: /secret\/acr in namespace own-1 was not in the question, so it stays/,
          check: (world) =>
            expect([pulls(world, "own-1", "acr"), pulls(world, "own-2", "acr"), secretIn(world, "own-1", "old")]).toEqual([
              true,
              true,
              undefined,
            ]),
        }),
      ],
    },
    {
      does: "apply --prune names everything that it takes away when it cannot ask",
      given: accounts("team-0", "ci-a"),
      ...applies(fileOf({ ...blue, repositories: "[app/web, base/os]", serviceAccounts: "[default, ci-a]" })),
      code: 1,
      after: [
        applies(fileOf({ ...blue, copyTo: "{names: [team-0]}" }), {
          given: refuse("list pod team-1"),
          ...{ flags: " --dry-run=client", writes: [] },
          stderr: /Warning: team-1: cannot list the pods that need secret\/acr-blue in namespace team-1: /,
        }),
        applies(fileOf({ ...blue, copyTo: "{names: [team-0]}" }), {
          given: all(adds("team-1", "acr-blue", "ghcr.io"), ({ cluster }) =>
            cluster.put(stuckPod("team-1", "a", "myregistry.azurecr.io/app/web:1", { names: ["acr-blue"] })),
          ),
          ...{ flags: " --prune", ...failed, writes: [] },
          stderr: new RegExp(
            "\\* 1 pod in team-1 needs secret/acr-blue in namespace team-1\\. withdraw base/os from scopemap\\S+, and remove a login from secret/acr-blue in namespace team-1, " +
              "and remove its name from serviceaccount/ci-a in namespace team-0 and serviceaccount/default in namespace team-1\\?",
            "i",
          ),
        }),
      ],
    },
    ...[
      { what: "a copy", happens: labeled("team-1", "red"), stays: "secret/acr-blue in namespace team-1" },
      {
        what: "a repository",
        happens: grantsMore,
        stays: "repository base/os of secret/acr-blue in namespace platform",
      },
      { what: "a reference of a ServiceAccount", happens: again("team-0", "ci-a"), stays: "serviceaccount/ci-a in namespace team-0" },
    ].map(({ what, happens, stays }) => ({
      does: `apply --prune keeps ${what} that was not in the question`,
      given: all(labeled("team-0", "green"), labeled("team-1", "green"), accounts("team-0", "ci-a"), accounts("team-1", "ci-a")),
      ...applies(fileOf({ ...green, repositories: "[app/web, app/api]", serviceAccounts: "[default, ci-a]" })),
      after: [
        applies(fileOf(green), {
          flags: " --prune",
          options: { answers: [true], env: { CI: undefined } },
          given: before("listTokens", before("listTokens", happens)),
          code: 1,
          stderr: new RegExp(`error: ${stays} was not in the question, so it stays`),
          check: (world) =>
            expect({
              copies: copies(world),
              granted: grants(world).toSorted(),
              listed: [lists(world, "team-0", "ci-a"), lists(world, "team-1", "ci-a")],
            }).toEqual({
              copies: ["team-0", "team-1"],
              granted: what === "a repository" ? ["app/web", "base/os"] : ["app/web"],
              listed: [what.includes("ServiceAccount") ? ["acr-blue"] : [], what === "a copy" ? ["acr-blue"] : []],
            }),
        }),
        applies(fileOf(green), { flags: " --prune --yes" }),
        nothingMore(fileOf(green), { flags: " --prune --yes" }),
      ],
    })),
    {
      does: "apply --adopt refuses a Secret that loses more than the question has said",
      ...applies(fileOf(blue), {
        flags: " --adopt platform/acr-blue",
        options: { answers: [true], env: { CI: undefined } },
        given: all(
          typed("create acr-blue -n platform --registry myregistry --repository app/web,app/api --copy-to team-0"),
          before("listTokens", before("listTokens", grantsMore)),
        ),
        code: 1,
        stderr:
          /error: secret\/acr-blue in namespace platform, which belonged to no file and loses app\/api, base\/os, was not in the question/,
        writes: [],
      }),
    },
    {
      does: "apply --prune keeps a source that it would have kept when it asked",
      ...applies(fileOf(blue, own)),
      after: [
        applies(fileOf(own), {
          flags: " --prune",
          options: { answers: [], env: { CI: undefined } },
          given: all(
            records("platform", "acr-blue", { file: { home: "platform", name: "other", serviceAccounts: [] } }),
            before(
              "listTokens",
              before("listTokens", records("platform", "acr-blue", { file: { home: "platform", name: "teams", serviceAccounts: [] } })),
            ),
          ),
          code: 1,
          stderr: /error: secret\/acr-blue in namespace platform was not in the question, so it stays/,
          check: (world) => expect(pulls(world, "team-0")).toBe(true),
        }),
      ],
    },
    {
      does: "apply --prune asks and deletes nothing when the dry run fails",
      ...applies(fileOf(blue, own)),
      after: [
        applies(fileOf(blue), {
          flags: " --prune",
          options: { answers: [true], env: { CI: undefined } },
          given: refuse("listTokens", () => new CliError("forbidden", "HTTP 403"), 1),
          ...failed,
          stderr: /the dry run failed, so nothing was asked or changed\n\* .*HTTP 403/,
          writes: [],
        }),
      ],
    },
    ...[
      { what: "Azure could not be read", unread: refuse("listTokens", timesOut, 1) },
      { what: "its namespace could not be read", unread: refuse("get namespace platform", refused, 1) },
    ].map(({ what, unread }) => ({
      does: `apply takes over no deleted Secret of another file when ${what}`,
      ...applies(fileOf(blue)),
      after: [
        applies(elsewhere(bluesApi), {
          ...failed,
          given: all(removes("platform"), unread),
          writes: [],
          check: (world: FakeWorld) => expect([grants(world), pulls(world, "team-0")]).toEqual([["app/web"], true]),
        }),
      ],
    })),
    {
      does: "apply takes over no deleted Secret of another file when the roles of principals may not be read",
      ...applies(fileOf(principal)),
      after: [
        applies(elsewhere({ ...principal, copyTo: "{names: [own-1]}" }), {
          ...failed,
          given: all(removes("platform"), refuse("servicePrincipalRoles")),
          writes: [],
          check: (world) => expect(pulls(world, "team-0")).toBe(true),
        }),
      ],
    },
    {
      does: "apply takes over a deleted Secret of create that loses a repository only with --adopt",
      ...applies(fileOf({ ...blue, copyTo: "{names: [own-1]}" }), {
        ...failed,
        given: all(makesBoth("acr-blue", "platform", " --copy-to team-0,team-1"), removes("platform")),
        stderr: /loses app\/api\n.*\n.*--adopt platform\/acr-blue$/m,
        writes: [],
        check: (world) => expect(grants(world)).toEqual(["app/api", "app/web"]),
      }),
    },
    {
      does: "apply keeps a Secret that another file adopts during the run",
      ...applies(fileOf(ownIn("own-1"))),
      after: [
        applies(fileOf(ownIn("own-1")), {
          ...failed,
          given: before("listTokens", before("get secret own-1/acr", adoptsOwn)),
          check: (world) => expect(fileIn(world, "own-1")).toBe("team-0"),
        }),
      ],
    },
    {
      does: "apply withdraws no repository that a user grants a Secret of create during the run",
      ...applies(fileOf(ownIn("own-1")), {
        ...failed,
        given: all(
          typed("create acr -n own-1 --registry myregistry --repository app/web"),
          before("listTokens", before("get secret own-1/acr", typed("create acr -n own-1 --registry myregistry --repository app/api"))),
        ),
        check: (world) => expect(grants(world, "own-1", "acr")).toEqual(["app/api", "app/web"]),
      }),
    },
    {
      does: "apply makes no Secret in a namespace that is created again during the run",
      ...applies(fileOf(own), {
        ...failed,
        given: before("listTokens", before("get secret own-1/acr", createdAgain("own-1"))),
        check: (world) => expect([pulls(world, "own-1", "acr"), pulls(world, "own-2", "acr")]).toEqual([false, true]),
      }),
    },
    {
      does: "apply gives no copy to a namespace that is created again while the login is kept",
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf(blue), {
          ...failed,
          given: before("get secret team-0/acr-blue", createdAgain("team-0")),
          check: (world) => expect([pulls(world, "team-0"), pulls(world, "team-1")]).toEqual([false, true]),
        }),
      ],
    },
    ...[
      { what: "a Secret of create", at: "platform", name: "acr-blue", file: fileOf(blue, { ...apiOfRed, copyTo: "{names: [own-1]}" }) },
      {
        what: "a Secret of create in the namespace of a team",
        at: "own-1",
        name: "acr",
        file: fileOf(own, { ...blue, repositories: "[app/api]" }),
      },
    ].map(({ what, at, name, file }) => ({
      does: `apply takes over ${what} only with --adopt when another entry gets a repository of it`,
      ...applies(file, {
        ...failed,
        given: makesBoth(name, at),
        stderr: new RegExp(`${at} belongs to no file; otherwise it loses app/api$`, "m"),
        check: (world: FakeWorld) => expect(grants(world, at, name)).toEqual(["app/api", "app/web"]),
      }),
    })),
    {
      does: "apply takes over a Secret of create with copies only with --adopt when no namespace matches now",
      ...applies(fileOf(green), {
        ...failed,
        given: typed("create acr-blue -n platform --registry myregistry --repository app/web --copy-to team-0,team-1"),
        stderr: /otherwise it loses the copy in team-0, the copy in team-1$/m,
        writes: [],
      }),
    },
    {
      does: "apply takes over a Secret of a team with copies only with --adopt when a namespace of a copy may not be read",
      ...applies(fileOf(ownIn("own-1")), {
        ...failed,
        given: all(
          typed("create acr -n own-1 --registry myregistry --repository app/web --copy-to team-1"),
          refuse("get namespace team-1"),
        ),
        stderr: /otherwise it loses the copy in team-1$/m,
        writes: [],
      }),
    },
    {
      does: "apply --adopt asks once when repositories move to another entry",
      ...applies(elsewhere({ ...both, namespace: "platform" })),
      after: [
        applies(fileOf({ ...blue, copyTo: "{names: [team-0]}" }, { ...apiOfRed, copyTo: "{names: [team-1]}" }), {
          flags: " --adopt platform/acr-blue",
          options: { answers: [true], env: { CI: undefined } },
          check: (world) => expect([grants(world), fileIn(world, "platform", "acr-blue")]).toEqual([["app/web"], "platform"]),
        }),
      ],
    },
    ...[
      {
        what: "its Secret was deleted",
        given: all(removes("platform"), refuse("create secret team-1/acr-red", quota)),
        from: blue,
        to: { ...blue, name: "acr-red" },
      },
      {
        what: "its namespace was created again",
        given: all(createdAgain("platform"), refuse("create secret team-1/acr-red", quota)),
        from: blue,
        to: { ...blue, name: "acr-red" },
      },
      {
        what: "its Secret becomes a copy",
        given: refuse("patch secret team-1/acr-blue", quota),
        from: blue,
        to: { ...blue, namespace: "own-1", copyTo: "{names: [platform, team-0, team-1]}" },
      },
    ].map(({ what, given, from, to }) => ({
      does: `apply --prune keeps a credential while a copy of the next one is blocked, and ${what}`,
      ...applies(fileOf(from)),
      after: [
        applies(fileOf(to), {
          ...failed,
          flags: " --prune --yes --skip-blocked",
          given,
          stderr: /keeps its earlier credential/,
          check: (world: FakeWorld) => expect(pulls(world, "team-1")).toBe(true),
        }),
      ],
    })),
    ...[
      { what: "of eachOf", file: fileOf(ownIn("own-1"), blue) },
      { what: "of an entry for its namespace", file: fileOf({ ...own, eachOf: "", namespace: "own-1" }) },
    ].map(({ what, file }) => ({
      does: `apply keeps the reference of a deleted Secret of another file when a Secret ${what} lists its namespace`,
      ...applies(file),
      after: [
        applies(elsewhere(ownIn("own-2"))),
        applies(file, {
          given: all((world) => forgeCopies("own-1", { "own-2": uidIn(world, "own-2") })(world), removes("own-2", "acr")),
          check: (world: FakeWorld) => {
            isOwnListed(world);
            expect(secretIn(world, "own-2", "acr")).toBeUndefined();
          },
        }),
      ],
    })),
    ...[
      { what: "of a token", given: abac, credential: "acr-token" },
      { what: "of a token that was not read", given: refuse("get namespace platform", refused, 1), credential: "acr-token" },
      { what: "of a service principal", given: abac, credential: "service-principal" },
    ].map(({ what, given, credential }) => ({
      does: `apply keeps a repository ${what} while another entry that gets it is blocked`,
      ...applies(fileOf({ ...both, credential }), { given: abac }),
      after: [
        applies(fileOf({ ...blue, credential }, { ...apiOfRed, credential }), {
          ...failed,
          flags: " --skip-blocked",
          given: all(given, refuse("create secret team-1/acr-red", quota)),
          stderr: /keeps app\/api, because .* was not written/,
          check: (world: FakeWorld) => expect(credentialOf(secretIn(world, "platform"))?.repositories).toEqual(["app/api", "app/web"]),
        }),
      ],
    })),
    {
      does: "apply takes away a repository that a user has added to the condition of a role",
      ...applies(fileOf({ ...blue, credential: "service-principal" }), { given: abac }),
      after: [
        applies(fileOf({ ...blue, credential: "service-principal" }), {
          given: all(typed("create other -n own-1 --registry myregistry --service-principal --repository app/web,app/api"), ({ azure }) => {
            const [first, second] = azure.directory.assignments;
            Object.assign(first ?? {}, { condition: second?.condition });
          }),
          stdout: /-app\/api/,
        }),
      ],
    },
    ...[
      { what: "the kind of its own changes", given: withApi },
      { what: "the kind of its own changes, and Azure does not show the one before", given: abac },
    ].map(({ what, given }) => ({
      does: `apply keeps the login of a copy that waits for another entry when ${what}`,
      ...applies(fileOf({ ...principal, copyTo: "{names: [own-1, team-1]}" })),
      // The second run has stored the new kind already
      after: ["first", "second"].map(() =>
        applies(fileOf({ ...both, name: "acr-both", copyTo: "{names: [own-1, team-1]}" }, { ...blue, copyTo: "{names: [team-0]}" }), {
          ...failed,
          flags: " --skip-blocked",
          given: all(given, refuse("create secret team-1/acr-both", quota)),
          check: (world: FakeWorld) =>
            expect([pulls(world, "team-1"), world.loginIn("team-1", "acr-blue")?.username]).toEqual([
              true,
              expect.stringMatching(/^aaaaaaaa-/),
            ]),
        }),
      ),
    })),
    {
      does: "apply keeps the login of a kind while another entry that also changes its kind is blocked",
      ...applies(fileOf(principal, { ...principal, name: "acr-red", copyTo: "{names: [team-0]}" }), { given: withApi }),
      after: [
        ...["first", "second"].map(() =>
          applies(fileOf(blue, apiOfRed), {
            ...failed,
            flags: " --skip-blocked --prune --yes",
            given: refuse("create secret team-1/acr-red", quota),
            check: (world: FakeWorld) =>
              expect([pulls(world, "team-1"), world.loginIn("team-1", "acr-blue")?.username]).toEqual([
                true,
                expect.stringMatching(/^aaaaaaaa-/),
              ]),
          }),
        ),
        applies(fileOf(blue, apiOfRed), { flags: " --prune --yes" }),
        nothingMore(fileOf(blue, apiOfRed), { flags: " --prune --yes" }),
      ],
    },
    ...[
      {
        what: "the source of a team, whose token is still there, replaces the copy",
        before: [fileOf(bluesOwn), fileOf({ ...blue, copyTo: "{names: [own-1]}" })],
        to: fileOf(bluesOwn, { ...red, copyTo: "{names: [own-1]}" }),
        at: "own-1",
        blocked: ["create secret own-1/acr-red"],
      },
      {
        what: "a ServiceAccount moves to it",
        before: [fileOf({ ...both, copyTo: "{names: [team-0]}", serviceAccounts: "[ci]" }, { ...redOwn, ...ofPrincipal })],
        to: fileOf(
          { ...bluesOwn, eachOf: "{names: [team-0]}", repositories: "[app/web]", serviceAccounts: "[ci]" },
          { ...redOwn, repositories: "[app/api]", serviceAccounts: "[default, ci]" },
        ),
        at: "team-0",
        account: "ci",
        blocked: ["patch serviceaccount team-0/ci", "patch secret team-0/acr-red"],
      },
      {
        what: "its source is in the namespace, for the pods of others",
        before: [
          fileOf(
            { ...both, namespace: "team-0", copyTo: "{names: [team-0]}" },
            { ...both, name: "acr-red", namespace: "team-0", copyTo: "{names: [team-1]}" },
          ),
        ],
        to: fileOf(
          { ...blue, copyTo: "{names: [team-0]}" },
          { ...red, namespace: "own-2", copyTo: "{names: [team-0, team-1]}", repositories: "[app/api]" },
        ),
        at: "team-0",
        blocked: ["patch serviceaccount team-0/default", "patch secret team-0/acr-red"],
      },
    ].flatMap(({ what, before: files, to, at, account: of = "default", blocked }) =>
      blocked.map((call) => ({
        does: `apply keeps what a copy pulls while another entry is blocked (${call}), and ${what}`,
        ...applies(files[0] ?? "", { given: all(withApi, accounts("team-0", "default", "ci")) }),
        after: [
          ...files.slice(1).map((file) => applies(file)),
          ...["first", "second"].map(() =>
            applies(to, {
              ...failed,
              flags: " --skip-blocked",
              given: refuse(call, quota),
              check: (world: FakeWorld) => {
                const granted = lists(world, at, of).flatMap((name) => {
                  const { username = "" } = world.loginIn(at, name) ?? {};
                  return world.azure.scopeMaps.get(username)?.actions ?? [];
                });
                expect(granted.join()).toContain("app/web/content/read");
                expect(granted.join()).toContain(what.startsWith("the source") ? "app/web" : "app/api/content/read");
              },
            }),
          ),
        ],
      })),
    ),
    {
      does: "apply keeps a copy when the label of its namespace moves to an entry whose namespaces are read already",
      ...applies(fileOf(redsOwn, green), { given: all(labeled("own-1", "red"), labeled("own-2", "green"), labeled("team-1", "green")) }),
      after: [
        applies(fileOf(redsOwn, green), {
          ...failed,
          given: all(labeled("team-0", "red"), before("generatePassword", labeled("own-2", "red"))),
          check: (world) => expect([lists(world, "own-2"), pulls(world, "own-2")]).toEqual([["acr-blue"], true]),
        }),
        applies(fileOf(redsOwn, green)),
        nothingMore(fileOf(redsOwn, green), { check: (world) => expect(pulls(world, "own-2", "acr")).toBe(true) }),
      ],
    },
    {
      does: "apply keeps a repository that Azure grants and the record of a killed run does not name while another entry is blocked",
      ...applies(fileOf({ ...bluesOwn, repositories: "[app/web]" }), { given: all(withApi, accounts("own-1", "default")) }),
      after: [
        applies(
          fileOf(
            { ...blue, copyTo: "{names: [own-1]}", repositories: "[app/api]" },
            { ...red, copyTo: "{names: [own-1]}", repositories: "[base/os]" },
          ),
          {
            ...failed,
            flags: " --skip-blocked",
            given: all(grantsMore, refuse("create secret own-1/acr-red", quota)),
            check: (world) => expect(grants(world, "own-1")).toContain("base/os"),
          },
        ),
      ],
    },
    {
      does: "apply narrows no credential while an entry that gets the repository is not made: its namespaces are not read",
      ...applies(fileOf(bothOwn), { given: withApi }),
      after: [
        applies(fileOf(own, { ...redOwn, eachOf: "{selector: team=red}", repositories: "[app/api]" }), {
          ...failed,
          given: all(labeled("own-1", "red"), refuse("list namespace", refused, 1)),
          check: (world) => expect(grants(world, "own-1", "acr")).toEqual(["app/api", "app/web"]),
        }),
      ],
    },
    {
      does: "apply narrows no credential while an entry that gets the repository is not made: it has the same name",
      ...applies(fileOf(redsOwn, bluesSame), { given: all(withApi, labeled("own-1", "blue"), labeled("own-2", "red")) }),
      after: [
        applies(fileOf({ ...redsOwn, eachOf: "{names: [own-*]}" }, bluesSame), {
          ...failed,
          check: (world) => expect(grants(world, "own-1", "acr")).toContain("app/api"),
        }),
      ],
    },
    {
      does: "apply removes the references of a copy when a source with other ServiceAccounts replaces it",
      ...applies(fileOf({ ...blue, copyTo: "{names: [own-1]}" }), { given: accounts("own-1", "ci") }),
      after: [
        applies(fileOf({ ...bluesOwn, repositories: "[app/web]", serviceAccounts: "[ci]" }), {
          flags: " --prune --yes",
          check: (world) => expect([lists(world, "own-1"), lists(world, "own-1", "ci")]).toEqual([[], ["acr-blue"]]),
        }),
        nothingMore(fileOf({ ...bluesOwn, repositories: "[app/web]", serviceAccounts: "[ci]" }), { flags: " --prune --yes" }),
      ],
    },
    {
      does: "apply keeps the logins of a kind when each of two entries waits for the other",
      ...applies(fileOf({ ...principal, copyTo: "{names: [team-0]}" }, { ...principal, name: "acr-red", copyTo: "{names: [team-1]}" }), {
        given: withApi,
      }),
      after: [
        applies(fileOf(blue, apiOfRed), {
          ...failed,
          flags: " --prune --yes",
          stderr: /apply one of the two changes first/,
          check: (world) => expect([pulls(world, "team-0"), pulls(world, "team-1", "acr-red")]).toEqual([true, true]),
        }),
        applies(fileOf({ ...blue, copyTo: "{names: [team-0]}" }, { ...principal, name: "acr-red" }), { flags: " --prune --yes" }),
        applies(fileOf(blue, apiOfRed), { flags: " --prune --yes" }),
      ],
    },
    {
      does: "apply keeps a repository of a deleted source while another entry that gets a copy of it is blocked",
      ...applies(fileOf(blue), { given: abac }),
      // The second run finds a source that lists only its own copies
      after: [removes("platform"), () => undefined].map((given) =>
        applies(fileOf({ ...blue, copyTo: "{names: [team-1]}", repositories: "[app/api]" }, { ...red, copyTo: "{names: [team-0]}" }), {
          ...failed,
          flags: " --skip-blocked",
          given: all(given, refuse("create secret team-0/acr-red", quota)),
          check: (world) => expect([grants(world), pulls(world, "team-0")]).toEqual([["app/api", "app/web"], true]),
        }),
      ),
    },
    {
      does: "apply takes the copy of a source outside of the home away when its namespace may not be read",
      ...applies(fileOf({ ...blue, namespace: "own-1" })),
      after: [
        applies(fileOf({ ...blue, namespace: "own-1", copyTo: "{names: [team-0]}" }), {
          flags: " --skip-blocked",
          given: refuse("get namespace team-1"),
          check: (world) => expect([pulls(world, "team-0"), pulls(world, "team-1"), lists(world, "team-1")]).toEqual([true, false, []]),
        }),
      ],
    },
    ...[
      { what: "source", to: { ...own, name: "acr-blue", eachOf: "{names: [team-1]}" } },
      { what: "copy", to: { ...blueOfTeam, copyTo: "{names: [team-1]}" } },
    ].map(({ what, to }) => ({
      does: `apply replaces no copy by a ${what} when another file has adopted its source during the run`,
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf(to), {
          ...failed,
          flags: " --prune --yes",
          given: before("listTokens", before("get namespace team-1", applied(elsewhere({ ...blue }), " --adopt platform/acr-blue --yes"))),
          check: (world: FakeWorld) => {
            expect([fileIn(world, "platform", "acr-blue"), pulls(world, "team-1")]).toEqual(["team-0", true]);
            expect(world.loginIn("team-1", "acr-blue")).toEqual(world.loginIn("platform", "acr-blue"));
          },
        }),
      ],
    })),
    {
      does: "apply replaces no copy by a source when another file adopts the copy's source while the new password is made",
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf({ ...own, name: "acr-blue", eachOf: "{names: [team-1]}" }), {
          ...failed,
          flags: " --prune --yes",
          given: before("generatePassword", applied(elsewhere({ ...blue, namespace: "platform" }), " --adopt platform/acr-blue --yes")),
          check: (world) => expect(world.loginIn("team-1", "acr-blue")).toEqual(world.loginIn("platform", "acr-blue")),
        }),
      ],
    },
    ...[
      { what: "eachOf becomes copyTo", from: fileOf(own), to: fileOf({ ...blue, name: "acr", copyTo: "{names: [own-*]}" }) },
      {
        what: "a source moves, and its namespace gets a copy",
        from: fileOf(blueOfTeam),
        to: fileOf({ ...blue, copyTo: "{names: [own-1, 'team-*']}" }),
      },
    ].map(({ what, from, to }) => ({
      does: `apply --prune --dry-run prints no deletion of a Secret that the run keeps when ${what}`,
      ...applies(from),
      after: [
        applies(to, { flags: " --prune --dry-run=client", writes: [], stdout: /^(?!.*secret\/\S+ deleted).*token\S+ deleted/s }),
        applies(to, { flags: " --prune --yes", stdout: /^(?!.*secret\/\S+ deleted).*token\S+ deleted/s }),
      ],
    })),
    {
      does: "apply keeps the references of a copy that it drops when another file adopts the source during the run",
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf({ ...blue, copyTo: "{names: [team-0]}" }), {
          ...failed,
          given: before(
            "get secret team-1/acr-blue",
            applied(elsewhere({ ...blue, namespace: "platform" }), " --adopt platform/acr-blue --yes"),
          ),
          check: (world) => expect([lists(world, "team-1"), pulls(world, "team-1")]).toEqual([["acr-blue"], true]),
        }),
      ],
    },
    {
      does: "apply changes no kind of credential while another entry that gets a repository of it is blocked",
      ...applies(fileOf({ ...principal, copyTo: "{names: [team-1]}" }), { given: withApi }),
      after: [
        applies(fileOf({ ...blue, copyTo: "{names: [team-1]}" }, { ...apiOfRed, copyTo: "{names: [team-1]}" }), {
          ...failed,
          flags: " --skip-blocked",
          given: refuse("create secret team-1/acr-red", quota),
          stderr: /keeps its earlier credential/,
          check: (world) => expect(world.loginIn("team-1", "acr-blue")?.username).toMatch(/^aaaaaaaa-/),
        }),
        applies(fileOf({ ...blue, copyTo: "{names: [team-1]}" }, { ...apiOfRed, copyTo: "{names: [team-1]}" }), {
          check: (world) => expect([pulls(world, "team-1"), pulls(world, "team-1", "acr-red")]).toEqual([true, true]),
        }),
      ],
    },
    ...[
      {
        what: "a Secret of eachOf by a copy",
        from: { ...own, name: "acr-blue", eachOf: "{names: [team-1]}", repositories: "[app/web, app/api]" },
        to: { ...blue, copyTo: "{names: [team-1]}" },
      },
      {
        what: "a copy by a Secret of eachOf",
        from: { ...both, copyTo: "{names: [team-1]}" },
        to: { ...own, name: "acr-blue", eachOf: "{names: [team-1]}" },
      },
      {
        what: "a copy by that of another source",
        from: { ...both, copyTo: "{names: [team-1]}" },
        to: { ...blueOfTeam, copyTo: "{names: [team-1]}" },
      },
    ].map(({ what, from, to }) => ({
      does: `apply replaces no ${what.replace(/^a /, "")} while another entry that gets a repository of it is blocked`,
      ...applies(fileOf(from), { given: withApi }),
      after: [
        ...["first", "second"].map(() =>
          applies(fileOf(to, { ...apiOfRed, copyTo: "{names: [team-1]}" }), {
            ...failed,
            flags: " --skip-blocked --prune --yes",
            given: refuse("create secret team-1/acr-red", quota),
            stderr: /keeps its earlier credential/,
            check: (world: FakeWorld) => {
              expect(pulls(world, "team-1")).toBe(true);
              const { username = "" } = world.loginIn("team-1", "acr-blue") ?? {};
              expect([...(world.azure.scopeMaps.get(username)?.actions ?? [])].join()).toContain("app/api/content/read");
            },
          }),
        ),
        applies(fileOf(to, { ...apiOfRed, copyTo: "{names: [team-1]}" }), {
          flags: " --prune --yes",
          check: (world: FakeWorld) => expect([pulls(world, "team-1"), pulls(world, "team-1", "acr-red")]).toEqual([true, true]),
        }),
        nothingMore(fileOf(to, { ...apiOfRed, copyTo: "{names: [team-1]}" }), { flags: " --prune --yes" }),
      ],
    })),
    ...[
      { what: "eachOf becomes copyTo", from: { ...twoTeams, ...ofPrincipal }, to: { ...blue, copyTo: "{names: [team-0, team-1]}" } },
      { what: "copyTo becomes eachOf", from: { ...principal, copyTo: "{names: [team-0, team-1]}" }, to: twoTeams },
    ].map(({ what, from, to }) => ({
      does: `apply --skip-blocked fails when the kind changes and ${what}, until it may read roles`,
      ...applies(fileOf(from)),
      after: [
        applies(fileOf(to), { ...failed, flags: " --skip-blocked", given: refuse("servicePrincipalRoles") }),
        applies(fileOf(to), {
          flags: " --skip-blocked",
          check: (world: FakeWorld) => expect([pulls(world, "team-0"), pulls(world, "team-1")]).toEqual([true, true]),
        }),
      ],
    })),
    {
      does: "apply keeps the credential of a home that was created again while a copy that moves to another entry is blocked",
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf({ ...blue, copyTo: "{names: [team-0]}" }, { ...red, copyTo: "{names: [team-1]}" }), {
          ...failed,
          flags: " --skip-blocked",
          given: all(createdAgain("platform"), refuse("create secret team-1/acr-red", quota)),
          stderr: /keeps its earlier credential/,
          check: (world) => expect([pulls(world, "team-0"), pulls(world, "team-1")]).toEqual([true, true]),
        }),
      ],
    },
    {
      does: "apply keeps a replaced credential while a copy of its deleted source is blocked, and Secrets may not be listed",
      ...applies(fileOf(principal, { ...ownIn("own-2"), ...ofPrincipal })),
      after: [
        applies(
          fileOf({ ...blue, copyTo: "{names: [team-1]}" }, { ...red, copyTo: "{names: [team-0]}" }, { ...ownIn("own-2"), ...ofPrincipal }),
          {
            ...failed,
            flags: " --skip-blocked",
            given: all(removes("platform"), refuse("create secret team-0/acr-red", quota), refuse("list secret")),
            stderr: /keeps its earlier credential/,
            check: (world) => expect([pulls(world, "team-0"), pulls(world, "team-1")]).toEqual([true, true]),
          },
        ),
      ],
    },
    {
      does: "apply --prune keeps the references of a deleted Secret of another file when a Secret outside of the home lists its namespace",
      ...applies(fileOf(own, { ...blueOfTeam, name: "acr", namespace: "team-1", copyTo: "" })),
      after: [
        applies(elsewhere({ ...ownIn("own-2"), name: "acr-2" })),
        applies(fileOf(ownIn("own-1")), {
          flags: " --prune --yes",
          given: all(
            (world) => forgeCopies("team-1", { "own-2": uidIn(world, "own-2") })(world),
            removes("own-2", "acr"),
            attach("own-2", "default", "acr"),
          ),
          check: (world) => expect(lists(world, "own-2")).toContain("acr"),
        }),
      ],
    },
    {
      does: "apply --skip-blocked fails when a blocked Secret records the file, and Azure does not describe it",
      ...applies(fileOf(aging)),
      after: [
        applies(fileOf(aging), {
          ...failed,
          flags: " --skip-blocked",
          given: all(immutable("own-1"), endsPasswords, ({ azure }) => editMap(azure, (map) => ({ ...map, description: "by hand" }))),
        }),
      ],
    },
    {
      does: "apply writes no login into a Secret of a namespace that is created again during the run",
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf({ ...blue, credential: "service-principal", repositories: "['*']" }), {
          ...failed,
          given: before("get secret team-0/acr-blue", (world) => {
            const copy = secretIn(world, "team-0") ?? expect.unreachable("no copy");
            createdAgain("team-0")(world);
            world.cluster.put(copy, "kubectl-create");
          }),
          check: (world) => expect(world.loginIn("team-0", "acr-blue")).not.toEqual(world.loginIn("team-1", "acr-blue")),
        }),
      ],
    },
    {
      does: "apply keeps a path while an entry for a part of it is blocked",
      ...applies(fileOf({ ...blue, repositories: "[app/*]" }), { given: withApi }),
      after: [
        applies(fileOf(blue, apiOfRed), {
          ...failed,
          flags: " --skip-blocked",
          given: refuse("create secret team-1/acr-red", quota),
          check: (world) => expect(grants(world)).toContain("app/*"),
        }),
        applies(fileOf(blue, apiOfRed), {
          check: (world) => expect([grants(world), pulls(world, "team-1", "acr-red")]).toEqual([["app/web"], true]),
        }),
      ],
    },
    ...[
      { what: "a deleted Secret of another file, of another kind", given: removes("platform") },
      { what: "the place of a Secret of another file, whose namespace was created again", given: createdAgain("platform") },
    ].map(({ what, given }) => ({
      does: `apply takes over ${what}, only with --adopt`,
      ...applies(fileOf({ ...both, ...(what.endsWith("kind") ? ofPrincipal : {}) }), { given: withApi }),
      after: [
        applies(elsewhere({ ...blue, copyTo: "{names: [team-0]}", repositories: "[app/api]" }), {
          ...failed,
          given,
          writes: [],
          stderr: /belongs to another file; otherwise it loses/,
          check: (world: FakeWorld) => expect(pulls(world, "team-0")).toBe(true),
        }),
      ],
    })),
    {
      does: "apply keeps a repository of a shared source that becomes eachOf, while another entry for a copy of it is blocked",
      ...applies(fileOf({ ...both, namespace: "team-0", copyTo: "{names: [own-1]}" }), { given: withApi }),
      after: [
        applies(
          fileOf(
            { ...own, name: "acr-blue", eachOf: "{names: [team-0, own-1]}", repositories: "[app/api]" },
            { ...red, copyTo: "{names: [own-1]}" },
          ),
          {
            ...failed,
            given: refuse("create secret own-1/acr-red", quota),
            check: (world) => expect([grants(world, "team-0"), pulls(world, "own-1")]).toEqual([["app/api", "app/web"], true]),
          },
        ),
      ],
    },
    {
      does: "apply withdraws a repository when someone has edited the description in Azure",
      ...applies(fileOf(both), { given: withApi }),
      after: [
        applies(fileOf(blue), {
          given: ({ azure }) => editMap(azure, (map) => ({ ...map, description: "by hand" })),
          stdout: /-app\/api/,
        }),
      ],
    },
    {
      does: "apply --skip-blocked only warns of a team's own Secret with copies",
      ...applies(fileOf(own, blue), {
        flags: " --skip-blocked",
        given: typed("create acr -n own-1 --registry myregistry --repository app/web --copy-to team-1"),
        stderr: /^Warning: namespace "own-1" is blocked: .*loses the copy in team-1/m,
        check: (world) => expect(pulls(world, "team-1", "acr")).toBe(true),
      }),
    },
    {
      does: "apply writes all Secrets in one run when the namespaces of a source and of its copy become those of eachOf",
      ...applies(fileOf({ ...blueOfTeam, copyTo: "{names: [own-2]}" })),
      after: [
        applies(fileOf({ ...own, name: "acr-blue" }), {
          check: (world) => expect([pulls(world, "own-1"), pulls(world, "own-2"), world.azure.tokens.size]).toEqual([true, true, 2]),
        }),
        nothingMore(fileOf({ ...own, name: "acr-blue" }), { flags: " --prune --yes" }),
      ],
    },
    {
      does: "apply gives a copy that waits for another entry the new password of its source",
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf({ ...blue, copyTo: "{names: [team-0]}" }, { ...red, copyTo: "{names: [team-1]}" }), {
          ...failed,
          flags: " --skip-blocked",
          given: all(endsPasswords, refuse("create secret team-1/acr-red", quota)),
          check: (world) => expect([pulls(world, "team-0"), pulls(world, "team-1")]).toEqual([true, true]),
        }),
      ],
    },
    ...[
      {
        when: "Azure refuses the new one",
        given: refuse("generatePassword own-1-acr-blue", () => new CliError("forbidden", "HTTP 403")),
        pulled: true,
      },
      { when: "Azure gives the new one", given: () => undefined },
    ].map(({ when, given }) => ({
      does: `apply takes a copy away only after the narrower Secret that replaces it when ${when}`,
      ...applies(fileOf({ ...both, copyTo: "{names: [own-1, team-0]}" }), { given: withApi }),
      after: [
        applies(fileOf({ ...both, copyTo: "{names: [team-0]}" }, { ...own, name: "acr-blue", eachOf: "{names: [own-1]}" }), {
          ...(when.endsWith("refuses the new one") ? failed : {}),
          given,
          check: (world: FakeWorld) => expect([pulls(world, "own-1"), lists(world, "own-1")]).toEqual([true, ["acr-blue"]]),
        }),
      ],
    })),
    {
      does: "apply keeps a repository while a source that changes its kind and gets it is blocked",
      ...applies(fileOf({ ...both, credential: "service-principal", copyTo: "{names: [team-0]}" }, { ...both, name: "acr-red" }), {
        given: abac,
      }),
      after: [
        applies(fileOf(blue, apiOfRed), {
          ...failed,
          flags: " --skip-blocked",
          given: refuse("create secret team-1/acr-blue", quota),
          check: (world) => expect(grants(world, "platform", "acr-red")).toEqual(["app/api", "app/web"]),
        }),
      ],
    },
    ...[
      { what: "it may not read roles", given: refuse("servicePrincipalRoles") },
      { what: "it may not read the cluster's id", given: refuse("get namespace kube-system") },
      { what: "Azure does not list its tokens", given: refuse("listTokens", timesOut, 1) },
    ].map(({ what, given }) => ({
      does: `apply replaces no copy of another file's deleted source when ${what}`,
      ...applies(fileOf(principal), { given: withApi }),
      after: [
        applies(elsewhere({ ...blue, namespace: "platform", copyTo: "{names: [team-0]}", repositories: "[app/api]" }), {
          ...failed,
          given: all(removes("platform"), given),
          stderr: /--adopt platform\/acr-blue/,
          check: (world: FakeWorld) =>
            expect([pulls(world, "team-0"), world.loginIn("team-0", "acr-blue")?.username]).toEqual([
              true,
              expect.stringMatching(/^aaaaaaaa-/),
            ]),
        }),
      ],
    })),
    {
      does: "apply keeps the credential of a source when an old read shows a copy in its place",
      ...applies(fileOf({ ...blue, name: "acr", copyTo: "{names: [own-1]}" })),
      check: (world) => {
        copyBefore = secretIn(world, "own-1", "acr");
      },
      after: [
        applies(fileOf(own)),
        applies(fileOf({ ...blue, name: "acr", copyTo: "{names: [own-1]}" }), {
          ...failed,
          flags: " --prune --yes",
          given: ({ asking }) => {
            let left = 1;
            const isOld = ({ call, at }: Asked) => call === "get" && at === "secret own-1/acr" && left-- > 0;
            asking.around(async (asked, next) => (isOld(asked) ? copyBefore : next()));
          },
          check: (world) => expect(pulls(world, "own-1", "acr")).toBe(true),
        }),
      ],
    },
    ...[
      {
        what: "a person attaches it again after another client had removed it",
        given: all(listsIn("jane", []), typed("attach acr-blue --serviceaccount jane -n team-0")),
      },
      {
        what: "a person adds it again after detach --dangling",
        given: all(
          ({ cluster }) => void cluster.remove("secret", "team-0", "acr-blue"),
          typed("detach --dangling -n team-0"),
          listsIn("jane", ["acr-blue"]),
        ),
      },
    ].map(({ what, given }) => ({
      does: `apply keeps a reference when ${what}`,
      ...applies(fileOf({ ...blue, serviceAccounts: "[default, jane]" }), {
        given: ({ cluster }) => {
          for (const at of ["platform", "team-0", "team-1"]) cluster.put(account(at, "jane"));
        },
      }),
      after: [applies(fileOf(blue), { given, check: (world: FakeWorld) => expect(lists(world, "team-0", "jane")).toEqual(["acr-blue"]) })],
    })),
    {
      does: "apply --prune fails when it may not read the cluster's id",
      ...applies(fileOf(blue)),
      after: [
        applies(nothingOf, {
          ...failed,
          flags: " --prune --yes",
          given: refuse("get namespace kube-system"),
          check: (world) => expect(pulls(world, "platform")).toBe(true),
        }),
      ],
    },
    {
      does: "apply --prune names a Secret that another tool manages when it ends its credential",
      ...applies(fileOf(blue)),
      after: [
        applies(nothingOf, {
          flags: " --prune --yes",
          given: (world) => {
            const { metadata, ...rest } = secretIn(world, "platform", "acr-blue") ?? expect.unreachable("no Secret");
            const labels = { ...metadata.labels, "app.kubernetes.io/managed-by": "Helm" };
            world.cluster.put({ ...rest, metadata: { ...metadata, labels } }, "helm");
          },
          stderr: /secret\/acr-blue in namespace platform stays\. It holds platform-acr-blue-\w+, which is revoked/,
          check: (world) => expect([pulls(world, "platform"), secretIn(world, "platform", "acr-blue")]).toEqual([false, expect.anything()]),
        }),
      ],
    },
    {
      does: "apply makes its deleted source again when it may not read roles",
      ...applies(fileOf(blue)),
      after: [
        applies(fileOf(blue), {
          given: all(removes("platform"), refuse("servicePrincipalRoles")),
          check: (world) => expect(world.loginIn("team-0", "acr-blue")).toEqual(world.loginIn("platform", "acr-blue")),
        }),
      ],
    },
    {
      does: "apply replaces no copy of a deleted source when Azure describes it as another file's, too",
      ...applies(fileOf({ ...principal, copyTo: "{names: [team-0]}" }), { given: withApi }),
      after: [
        applies(elsewhere({ ...both, namespace: "platform" }), { flags: " --adopt platform/acr-blue --yes" }),
        applies(fileOf({ ...own, name: "acr-blue", eachOf: "{names: [team-1]}" }), {
          ...failed,
          given: removes("platform"),
          check: (world) =>
            expect(
              [...(world.azure.scopeMaps.get(world.loginIn("team-1", "acr-blue")?.username ?? "")?.actions ?? []).values()].join(),
            ).toContain("app/api"),
        }),
      ],
    },
    {
      does: "apply changes no kind of credential back while another entry that gets a repository of it is blocked",
      ...applies(fileOf({ ...blue, credential: "service-principal" }), { given: abac }),
      after: [
        applies(fileOf(both)),
        applies(fileOf({ ...blue, credential: "service-principal" }, apiOfRed), {
          ...failed,
          flags: " --skip-blocked",
          given: refuse("create secret team-1/acr-red", quota),
          check: (world) => expect(world.loginIn("team-1", "acr-blue")?.username).toMatch(/^platform-acr-blue-/),
        }),
      ],
    },
    ...[
      { what: "was deleted", from: principal, given: removes("platform") },
      { what: "was in a namespace that was created again", from: both, given: createdAgain("platform") },
    ].map(({ what, from, given }) => ({
      does: `apply writes no narrower login into the copies of a source that ${what} while another entry is blocked`,
      ...applies(fileOf(from), { given: withApi }),
      after: [
        applies(fileOf(blue, apiOfRed), {
          ...failed,
          flags: " --skip-blocked",
          given: all(
            (world: FakeWorld) => {
              kept = world.loginIn("team-1", "acr-blue");
            },
            given,
            refuse("create secret team-1/acr-red", quota),
          ),
          check: (world: FakeWorld) => expect([world.loginIn("team-1", "acr-blue"), pulls(world, "team-1")]).toEqual([kept, true]),
        }),
      ],
    })),
    {
      does: "apply --skip-blocked fails when a blocked copy has the login of another kind than its source",
      ...applies(fileOf(principal)),
      after: ["first", "second"].map(() =>
        applies(fileOf(blue), { ...failed, flags: " --skip-blocked", given: immutable("team-1", "acr-blue") }),
      ),
    },
    ...[
      {
        what: "a copy moves to another source that pulls less",
        from: [
          { ...both, namespace: "own-1", copyTo: "{names: [team-0, team-1]}" },
          { ...blue, copyTo: "{names: [own-2]}" },
        ],
        to: [
          { ...both, namespace: "own-1", copyTo: "{names: [team-0]}" },
          { ...blue, copyTo: "{names: [own-2, team-1]}" },
        ],
      },
      {
        what: "the copies of a source get another source, and it becomes one of eachOf",
        from: [{ ...blue, namespace: "own-1" }],
        to: [blue, { ...own, name: "acr-blue", eachOf: "{names: [own-1]}", repositories: "[app/web, app/api]" }],
      },
    ].map(({ what, from, to }) => ({
      does: `apply keeps the references to a copy when ${what}`,
      ...applies(fileOf(...from), { given: withApi }),
      after: [
        applies(fileOf(...to), {
          check: (world: FakeWorld) => {
            expect([lists(world, "team-0"), lists(world, "team-1")]).toEqual([["acr-blue"], ["acr-blue"]]);
            expect([pulls(world, "team-0"), pulls(world, "team-1")]).toEqual([true, true]);
          },
        }),
        nothingMore(fileOf(...to), { flags: " --prune --yes" }),
      ],
    })),
    {
      does: "apply keeps a repository of a source that has become eachOf, while another entry for its old copies is blocked",
      ...applies(fileOf({ ...both, namespace: "own-1", copyTo: "{names: [team-1]}" }), { given: withApi }),
      after: ["first", "second"].map(() =>
        applies(
          fileOf(
            { ...red, repositories: "[app/web, app/api]", copyTo: "{names: [team-1]}" },
            { ...own, name: "acr-blue", eachOf: "{names: [own-1]}" },
          ),
          {
            ...failed,
            flags: " --skip-blocked",
            given: refuse("create secret team-1/acr-red", quota),
            check: (world) => expect([grants(world, "own-1"), pulls(world, "team-1")]).toEqual([["app/api", "app/web"], true]),
          },
        ),
      ),
    },
    { does: "apply fails when no file is named", command: "apply", code: 1, stderr: any },
    {
      does: "apply fails when --prune could delete without an answer",
      ...applies(fileOf(blue), { flags: " --prune", ...failed, writes: [] }),
    },
  ],
  world,
);
