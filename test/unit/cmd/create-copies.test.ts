import { expect } from "vitest";
import { ProxyEnded } from "../../../src/errors.ts";
import { claimKey, claimOf, copiesData, copiesKey, copiesOf, credentialKey, sourceKey } from "../../../src/secret/record.ts";
import { counted } from "../../../src/wording.ts";
import { exactly, refused, unchecked } from "../../support/demo.ts";
import { namespace, pullSecret, stuckPod } from "../../support/fakes/cluster.ts";
import { linesOf, teams, watch, worldOf } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { all, any, before, failed, type Given, type Row, refuse, testRows, typed, unchanged } from "../../support/rows.ts";

const name = "acr-myregistry";
const source = "create --registry myregistry --repository app/web -n platform";
const toTeams = `${source} --copy-to team-*`;
const supplied = "create --registry myregistry.azurecr.io --repository app/web --username ci --password-stdin -n platform --copy-to team-*";
const attached = `${toTeams} --serviceaccount default`;
const token = "platform-acr-myregistry-4ij6jg3buuuxhkst";
const three = () => worldOf(["platform", ...teams(3)]);
const made = [`scopemap.azurecr.io/${token} created (+app/web)`, `token.azurecr.io/${token} created`];
const secrets = (result: string, ...names: readonly string[]) => names.map((at) => `secret/${name} ${result} in namespace ${at}`);

const copyIn = ({ cluster }: FakeWorld, at: string) => cluster.get("secret", at, name);
const recorded = (world: FakeWorld) => copiesOf(copyIn(world, "platform"));
/** The namespaces with a Secret of the source's login. */
const holders = (world: FakeWorld) =>
  world.cluster
    .all("secret")
    .flatMap(({ metadata: { namespace: at = "" } }) => (world.loginIn(at)?.username === token ? at : []))
    .sort();
const holds =
  (...names: readonly string[]) =>
  (world: FakeWorld) => {
    expect(holders(world)).toEqual(names);
    expect(names.every((at) => world.azure.knows(world.loginIn(at) ?? { username: "", password: "" }))).toBe(true);
  };
const joins: Given = ({ cluster }) => addNamespaces(cluster, "team-new");
/** A namespace is deleted with everything in it, and created again. */
const recreates =
  (at: string): Given =>
  ({ cluster }) => {
    cluster.remove("secret", at, name);
    cluster.remove("namespace", "", at);
    cluster.put(namespace(at, { uid: "another" }));
  };
const edits =
  (at: string, edit: (secret: NonNullable<ReturnType<typeof copyIn>>) => object): Given =>
  (world) => {
    const secret = copyIn(world, at) ?? expect.unreachable("no Secret");
    world.cluster.put({ ...secret, ...edit(secret) }, "kubectl-edit");
  };
const theirs: Given = ({ cluster }) => cluster.put(pullSecret("team-1", name, { "ghcr.io": { auth: "amFuZTpw" } }), "kubectl-create");
const inTheWay = `team-1: error: secret "${name}" in namespace "team-1" is not a copy of secret "${name}" in namespace "platform"`;

testRows(
  [
    {
      does: "gives a source no copy of itself in a namespace that has the name of a member of each JavaScript object",
      world: () => worldOf(["constructor", "b"]),
      command: `create ${name} --registry myregistry --repository app/web -n constructor --copy-to b,constructor`,
      stdout: any,
      stderr: any,
      check: ({ cluster }) => expect(cluster.all("secret")).toHaveLength(2),
    },
    {
      does: "gives the matching namespaces a copy with its source, and writes nothing when it runs again",
      command: toTeams,
      stdout: [...made, ...secrets("created", "platform", ...teams(3))],
      stderr: ["4 Secrets created"],
      check: (world) => {
        holds("platform", ...teams(3))(world);
        expect(recorded(world)).toEqual(Object.fromEntries(teams(3).map((at) => [at, `uid-of-${at}`])));
        const { labels, annotations } = copyIn(world, "team-1")?.metadata ?? {};
        expect(labels).toEqual({ "app.kubernetes.io/managed-by": "kubectl-acr-secret", "acr-secret/copy-of": "platform" });
        expect(JSON.parse(annotations?.[sourceKey] ?? "")).toEqual({ namespace: "platform", name, madeAt: expect.any(String) });
        expect(Object.keys(annotations ?? {})).toEqual([sourceKey]);
      },
      after: [
        unchanged(toTeams, {
          stderr: ["4 namespaces unchanged"],
          check: ({ asking }) => expect(asking.all.filter((call) => /^(?:findRegistry|token|scopeMap)/.test(call))).toEqual([]),
        }),
      ],
    },
    ...[
      { flags: "--copy-to team-0,team-2", copies: ["team-0", "team-2"] },
      { flags: "--copy-to team-0 --copy-to team-1", copies: ["team-0", "team-1"] },
      { flags: "--copy-to team-?,web", copies: [...teams(3), "web"] },
      { flags: "--copy-to platform,web", copies: ["web"] },
      { flags: "--copy-to kube-system", copies: ["kube-system"] },
      { flags: "--copy-to-all", copies: [...teams(3), "web"] },
      { flags: "--copy-to-selector tier=front", copies: ["web"] },
      { flags: "--copy-to zzz*", copies: [] },
    ].map(
      ({ flags, copies }): Row => ({
        does: `writes copies to [${copies}] when ${flags}`,
        given: ({ cluster }) => {
          cluster.put(namespace("web", { labels: { tier: "front" } }));
          cluster.put(namespace("gone", { labels: { tier: "front" }, deletionTimestamp: "2026-01-01T00:00:00Z" }));
        },
        command: `${source} ${flags}`,
        stderr: copies.length === 0 ? ["platform: no namespace matches", "1 Secret created"] : any,
        check: (world) => {
          expect(Object.keys(recorded(world))).toEqual(copies);
          holds(...["platform", ...copies].sort())(world);
        },
      }),
    ),
    ...[
      { others: ["team-0", "team-1"], copies: ["team-0", "team-1"] },
      // Many namespaces are read with one list
      { others: teams(100), copies: teams(100) },
      { others: ["team-*"], copies: teams(3) },
      { others: [], copies: [] },
    ].map(
      ({ others, copies }): Row => ({
        does: `skips a named namespace that is being deleted, and writes copies to ${copies.length} others, when --copy-to has ${others.length} more`,
        world: () => worldOf(["platform", ...teams(Math.max(3, copies.length))]),
        given: ({ cluster }) => cluster.put(namespace("ending", { deletionTimestamp: "2026-01-01T00:00:00Z" })),
        command: `${source} --copy-to ${["ending", ...others].join(",")}`,
        stderr: ["platform: skipped namespaces that are being deleted: ending", `${counted(copies.length + 1, "Secret")} created`],
        check: (world) => {
          expect(Object.keys(recorded(world))).toEqual([...copies].sort());
          holds(...["platform", ...copies].sort())(world);
        },
      }),
    ),
    {
      does: "refuses a named namespace that does not exist, before the first write",
      command: `${source} --copy-to team-0,nope`,
      code: 1,
      stderr: /^Error from server \(NotFound\): namespaces "nope" not found\nhint: kubectl get namespaces\n$/,
    },
    ...["--copy-to-all", "--copy-to-selector a=b", "--for argocd", "--export"].map(
      (other): Row => ({
        does: `refuses --copy-to with ${other}`,
        command: `${source} --copy-to team-0 ${other}`,
        code: 1,
        stderr: /cannot be used together/,
        check: ({ asking }) => expect(asking.all).toEqual([]),
      }),
    ),
    {
      does: "gives a namespace that was added later a copy, and sends nothing to Azure",
      given: all(typed(toTeams), joins),
      command: toTeams,
      stdout: [...secrets("unchanged", "platform", ...teams(3)), ...secrets("created", "team-new")],
      stderr: ["1 Secret created, 4 namespaces unchanged"],
      // The copy is recorded before it is written. The claim ends with the last write
      writes: ["patch", "patch", "create", "patch"].map((call) => `${call} secret ${call === "create" ? "team-new" : "platform"}/${name}`),
      check: holds("platform", ...teams(3), "team-new"),
      after: [unchanged(toTeams, { stderr: any })],
    },
    {
      does: "keeps the recorded copies without copy flags, and makes a deleted one again",
      given: all(typed(toTeams), joins, ({ cluster }) => cluster.remove("secret", "team-1", name)),
      command: source,
      stdout: [
        `secret/${name} unchanged`,
        ...secrets("unchanged", "team-0"),
        ...secrets("created", "team-1"),
        ...secrets("unchanged", "team-2"),
      ],
      check: holds("platform", ...teams(3)),
    },
    {
      does: "continues with the other copies when one may not be read",
      given: all(
        typed(toTeams),
        ({ cluster }) => teams(3).map((at) => cluster.remove("secret", at, name)).length,
        refuse("get secret team-1/"),
      ),
      command: source,
      ...failed,
      stderr: [`team-1: ${refused().message}`],
      check: holds("platform", "team-0", "team-2"),
      after: [{ command: source, stdout: any, check: holds("platform", ...teams(3)) }],
    },
    {
      does: "keeps the copy of a namespace that is not selected any more, and names it",
      given: typed(attached),
      command: `${source} --copy-to team-0,team-1 --serviceaccount default`,
      stdout: any,
      stderr: ["platform: team-2 keeps its copy, although not selected", "4 namespaces unchanged"],
      check: (world) => {
        holds("platform", ...teams(3))(world);
        expect(Object.keys(recorded(world))).toEqual(teams(3));
      },
    },
    {
      does: "gives no copy to a namespace that is created again while the password is made",
      given: before(`generatePassword ${token} password1`, recreates("team-1")),
      command: attached,
      ...failed,
      stderr: /team-1: error: namespace "team-1" was deleted during the run, so nothing is written to a new one/,
      check: holds("platform", "team-0", "team-2"),
    },
    {
      does: "gives no copy to a namespace that was created again under a recorded name, and forgets it",
      given: all(typed(toTeams), recreates("team-1")),
      command: source,
      stdout: any,
      check: (world) => {
        holds("platform", "team-0", "team-2")(world);
        expect(Object.keys(recorded(world))).toEqual(["team-0", "team-2"]);
      },
      after: [
        {
          command: toTeams,
          stderr: ["1 Secret created, 3 namespaces unchanged"],
          check: (world) => expect(recorded(world)).toEqual({ "team-0": "uid-of-team-0", "team-1": "another", "team-2": "uid-of-team-2" }),
        },
      ],
    },
    ...[
      {
        what: "holds another password",
        edit: () => ({ data: pullSecret("", "", { "myregistry.azurecr.io": { auth: "YTpi" } }).data ?? {} }),
      },
      { what: "holds no login", edit: () => ({ data: {} }) },
      {
        what: "names another password of its source",
        edit: ({ metadata }: { metadata: { annotations?: object } }) => ({
          metadata: {
            ...metadata,
            annotations: { ...metadata.annotations, [sourceKey]: JSON.stringify({ namespace: "platform", name, madeAt: "2030" }) },
          },
        }),
      },
    ].map(
      ({ what, edit }): Row => ({
        does: `puts a copy right that ${what}`,
        given: all(typed(toTeams), edits("team-1", edit)),
        command: toTeams,
        stdout: [...secrets("unchanged", "platform", "team-0"), ...secrets("configured", "team-1"), ...secrets("unchanged", "team-2")],
        stderr: ["1 Secret configured, 3 namespaces unchanged"],
        check: holds("platform", ...teams(3)),
        after: [unchanged(toTeams, { stderr: any })],
      }),
    ),
    {
      does: "keeps the bytes of a login for another registry that a tenant added to a copy",
      given: all(
        typed(toTeams),
        edits("team-1", () => ({ data: pullSecret("", "", { "ghcr.io": { auth: "amFuZTpw" } }).data ?? {} })),
      ),
      command: toTeams,
      stderr: any,
      check: (world) => {
        holds("platform", ...teams(3))(world);
        expect(Buffer.from(copyIn(world, "team-1")?.data?.[".dockerconfigjson"] ?? "", "base64").toString()).toContain('"ghcr.io":');
      },
    },
    ...[
      { what: "that another tool created", given: theirs },
      {
        what: "whose label and record claim that this plugin created it",
        given: all(
          theirs,
          edits("team-1", ({ metadata }) => ({
            metadata: {
              ...metadata,
              labels: { "app.kubernetes.io/managed-by": "kubectl-acr-secret" },
              annotations: { [credentialKey]: JSON.stringify({ kind: "acr-token", host: "myregistry.azurecr.io", identity: token }) },
            },
          })),
        ),
      },
      {
        what: "whose label and annotation name another source",
        given: all(
          theirs,
          edits("team-1", ({ metadata }) => ({
            metadata: {
              ...metadata,
              labels: { "acr-secret/copy-of": "elsewhere" },
              annotations: { [sourceKey]: JSON.stringify({ namespace: "platform", name }) },
            },
          })),
        ),
      },
    ].map(
      ({ what, given }): Row => ({
        does: `refuses to overwrite a Secret in the way ${what}, and continues with the other namespaces`,
        given,
        command: attached,
        ...failed,
        stderr: [inTheWay, "3 Secrets created, 1 namespace failed"],
        check: (world) => {
          holds("platform", "team-0", "team-2")(world);
          expect(world.cluster.get("serviceaccount", "team-1", "default")?.imagePullSecrets ?? []).toEqual([]);
        },
        after: [{ command: `${attached} --force`, ...failed, stderr: /^team-1: error: .* is not a copy/ }],
      }),
    ),
    {
      does: "takes a Secret that claims to be a copy of the source for one, in a namespace that the flags select",
      given: all(
        theirs,
        edits("team-1", ({ metadata }) => ({
          metadata: {
            ...metadata,
            labels: { "acr-secret/copy-of": "platform" },
            annotations: { [sourceKey]: JSON.stringify({ namespace: "platform", name }) },
          },
        })),
      ),
      command: toTeams,
      stderr: any,
      check: holds("platform", ...teams(3)),
    },
    {
      does: "gives no login to a namespace whose Secret claims to be a copy and that the source does not record",
      given: all(joins, typed(`${source} --copy-to team-0`), (world) => {
        const { metadata, ...copy } = copyIn(world, "team-0") ?? expect.unreachable("no copy");
        const { labels = {}, annotations = {} } = metadata;
        world.cluster.put({ ...copy, metadata: { name, namespace: "team-new", labels, annotations }, data: {} });
      }),
      command: source,
      stdout: [`secret/${name} unchanged`, ...secrets("unchanged", "team-0")],
      check: holds("platform", "team-0"),
    },
    {
      does: "attaches the copies in their namespaces, and not in the namespace of the source",
      given: ({ cluster }) => {
        for (const at of ["platform", ...teams(3)]) cluster.put(stuckPod(at, "web-1", "myregistry.azurecr.io/app/web:1"));
      },
      command: attached,
      stderr: ["4 Secrets created"],
      check: ({ cluster }) => {
        const lists = cluster.all("serviceaccount").filter(({ imagePullSecrets = [] }) => imagePullSecrets.length > 0);
        expect(lists.map(({ metadata }) => metadata.namespace).sort()).toEqual(teams(3));
        expect(cluster.all("pod").map(({ metadata }) => metadata.namespace)).toEqual(["platform"]);
      },
      after: [
        unchanged(attached, { stderr: any }),
        { command: `${source} --serviceaccount default`, stdout: /serviceaccount\/default patched\npod\/web-1 restarted\n/ },
      ],
    },
    {
      does: "attaches the source too when the flags select its namespace",
      command: `${source} --copy-to-all --serviceaccount default`,
      stderr: any,
      check: ({ cluster }) => expect(cluster.get("serviceaccount", "platform", "default")?.imagePullSecrets).toEqual([{ name }]),
    },
    {
      does: "continues with the other namespaces when one is forbidden, and gives it its copy in the next run",
      given: refuse("create secret team-1/"),
      command: attached,
      ...failed,
      stderr: [`team-1: ${refused().message}`, "3 Secrets created, 1 namespace failed"],
      check: holds("platform", "team-0", "team-2"),
      after: [{ command: attached, stderr: ["1 Secret created, 3 namespaces unchanged"], check: holds("platform", ...teams(3)) }],
    },
    {
      does: "continues with the other namespaces when the ServiceAccount of one may not be patched",
      given: refuse("patch serviceaccount team-1/"),
      command: attached,
      ...failed,
      stderr: /^team-1: .*\n(?:hint: .*\n)?3 Secrets created, 1 namespace failed\n$/,
      check: holds("platform", ...teams(3)),
    },
    {
      does: "reads each namespace by itself when the whole cluster may not be listed",
      world: () => worldOf(["platform", ...teams(20)]),
      given: refuse(({ call, at }) => call === "list" && (at === "serviceaccount" || at === "secret")),
      command: attached,
      stderr: ["21 Secrets created"],
    },
    {
      does: "reads each named namespace when they are many and may not be listed",
      world: () => worldOf(["platform", ...teams(20)]),
      given: refuse(({ call }) => call === "list"),
      command: `${source} --copy-to ${teams(20).join(",")}`,
      stdout: any,
      stderr: ["21 Secrets created"],
      check: holds("platform", ...teams(20).sort()),
    },
    ...[
      {
        does: "prints the command for the source, and asks Azure nothing, when the namespace has a copy",
        given: typed(toTeams),
        hint: `kubectl acr-secret create -n platform ${name} --registry myregistry --repository app/api`,
      },
      {
        does: "prints no command when the named source of a copy does not record the namespace",
        given: all(typed(toTeams), ({ cluster }) => {
          const secret = cluster.get("secret", "platform", name) ?? expect.unreachable("no Secret");
          cluster.put({ ...secret, data: { ...secret.data, [copiesKey]: copiesData({ "team-0": "uid-of-team-0" }) ?? "" } });
        }),
        hint: "use another name",
      },
      {
        does: "prints no command when the source of a copy was deleted",
        given: all(typed(toTeams), ({ cluster }) => cluster.remove("secret", "platform", name)),
        hint: "use another name",
      },
    ].map(
      ({ does, given, hint }): Row => ({
        does,
        given,
        command: "create --registry myregistry --repository app/api --exact -n team-1 --serviceaccount default --force",
        code: 1,
        stderr: [`error: secret "${name}" in namespace "team-1" is a copy of secret "${name}" in namespace "platform"`, `hint: ${hint}`],
        check: ({ asking }) => expect(asking.all.filter((call) => /^findRegistry/.test(call))).toEqual([]),
      }),
    ),
    {
      does: "gives a supplied login to all copies, proves it once, and writes nothing in the next run",
      given: ({ azure }) => azure.users.set("ci", "hunter2"),
      command: supplied,
      options: { stdin: "hunter2" },
      stderr: [unchecked, "4 Secrets created"],
      check: ({ asking, loginIn }) => {
        expect(teams(3).map((at) => loginIn(at)?.username)).toEqual(["ci", "ci", "ci"]);
        expect(asking.all.filter((text) => text.startsWith("prove"))).toHaveLength(2);
      },
      after: [
        {
          command: supplied,
          options: { stdin: "hunter2" },
          stdout: any,
          stderr: ["4 namespaces unchanged"],
          writes: [],
        },
        {
          given: ({ cluster }) => {
            const { metadata, ...secret } = cluster.get("secret", "platform", name) ?? expect.unreachable("no source");
            const claim = JSON.stringify({ run: "killed", until: "2020-01-01T00:00:00Z" });
            cluster.put(
              { ...secret, metadata: { ...metadata, annotations: { ...metadata.annotations, [claimKey]: claim } } },
              "kubectl-acr-secret",
            );
          },
          command: supplied,
          options: { stdin: "hunter2" },
          stdout: any,
          stderr: ["4 namespaces unchanged"],
          check: ({ cluster }) => expect(claimOf(cluster.get("secret", "platform", name))).toBeUndefined(),
        },
      ],
    },
    {
      does: "replaces an invalid login in the source and in all copies",
      given: all(typed(toTeams), ({ azure }) => azure.tokens.get(token)?.passwords.clear()),
      command: toTeams,
      stderr: ["4 Secrets configured"],
      check: holds("platform", ...teams(3)),
    },
    {
      does: "ends the replaced password only when every copy has the new one",
      given: all(typed(`${toTeams} --expires-in 30d`), refuse("patch secret team-1/")),
      command: toTeams,
      options: { now: () => new Date("2026-03-01T00:00:00Z") },
      ...failed,
      stderr:
        /^team-1: .*\nWarning: password1 of \S+ stays, because secret\/acr-myregistry in namespace team-1 could not be written\n(?:hint: .*\n)?3 Secrets configured, 1 namespace failed\n$/,
      check: ({ azure }) => expect([...(azure.tokens.get(token)?.passwords.keys() ?? [])]).toEqual(["password1", "password2"]),
    },
    {
      does: "ends with one error when kubectl proxy ends, and a rerun does the rest",
      given: ({ asking }) => {
        let ended = false;
        return asking.around(async (asked, next) => {
          ended ||= exactly("create secret team-1/")(asked);
          if (ended && asked.port === "cluster") throw new ProxyEnded();
          return next();
        });
      },
      command: toTeams,
      code: 1,
      stdout: any,
      stderr: /^error: kubectl proxy ended\nhint: run the command again\n$/,
      writes: any,
    },
  ],
  three,
);

const dry = (suffix: string) => [...made, ...secrets("created", "platform", ...teams(3))].map((text) => `${text} ${suffix}`);

testRows(
  [
    {
      does: "writes nothing when --dry-run=client",
      command: `${toTeams} --dry-run=client`,
      stdout: dry("(dry run)"),
      stderr: ["4 Secrets created (dry run)"],
      writes: [],
      check: ({ asking }) => expect(asking.all.filter((text) => text.endsWith("(dry run)"))).toEqual([]),
    },
    {
      does: "asks the server about each copy when --dry-run=server",
      given: refuse("create secret team-1/"),
      command: `${toTeams} --dry-run=server`,
      ...failed,
      stdout: dry("(server dry run)").filter((text) => !text.includes("team-1")),
      stderr: [`team-1: ${refused().message}`, "3 Secrets created, 1 namespace failed (server dry run)"],
      writes: [],
    },
    {
      does: "shows a new copy and the changed list of the source when --diff",
      given: all(typed(toTeams), joins),
      command: `${toTeams} --diff`,
      code: 1,
      stdout: /^--- secret\/acr-myregistry in namespace team-new\n[\s\S]*\+ {4}acr-secret\/copy-of: platform\n/,
      stderr: any,
      writes: [],
    },
    {
      does: "prints the source and its copies when -o json",
      command: `${toTeams} -o json`,
      stderr: any,
      check: (_, { stdout }) => {
        const { items } = JSON.parse(stdout) as { items: { kind: string; metadata: { namespace: string } }[] };
        expect(items.map(({ kind, metadata }) => `${kind} ${metadata.namespace}`)).toEqual([
          "Secret platform",
          ...teams(3).map((at) => `Secret ${at}`),
        ]);
      },
    },
    {
      does: "prints the namespace of each outcome when -o jsonl",
      command: `${toTeams} --serviceaccount default -o jsonl`,
      stderr: any,
      check: (_, { stdout }) => {
        const outcomes = linesOf(stdout).map((text) => JSON.parse(text) as Record<string, unknown>);
        expect(outcomes.map((one) => [one["namespace"], one["object"], one["result"]].join(" "))).toEqual([
          ` scopemap.azurecr.io/${token} created`,
          ` token.azurecr.io/${token} created`,
          `platform secret/${name} created`,
          ...teams(3).flatMap((at) => [`${at} secret/${name} created`, `${at} serviceaccount/default patched`]),
        ]);
      },
    },
  ],
  three,
);

const { live, started } = watch();
/** Interrupts the run at the response to a call. */
const interruptAt =
  (call: string, count = 1): Given =>
  ({ asking }) => {
    let calls = 0;
    return asking.around(async (asked, next) => {
      const answer = await next();
      if (asked.call === call && asked.at.startsWith("secret team-") && ++calls === count) live().interrupt();
      return answer;
    });
  };

testRows(
  [
    {
      does: "says how many namespaces an interruption leaves, and a rerun does the rest",
      world: () => worldOf(["platform", ...teams(1000)]),
      given: interruptAt("create", 200),
      command: attached,
      options: { started },
      code: 130,
      stdout: any,
      writes: any,
      check: ({ cluster }, { stdout, stderr }) => {
        const written = cluster.all("secret").length;
        const counts = /^interrupted: (\d+) Secrets? created; (\d+) namespaces left\. .*\n$/.exec(stderr)?.slice(1).map(Number) ?? [];
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1001);
        // Every write is reported, and after the interruption only writes in progress completed
        expect(linesOf(stdout).filter((one) => one.startsWith("secret/"))).toHaveLength(written);
        expect(written).toBeLessThan(201 + 16);
      },
      after: [
        {
          command: attached,
          stderr: any,
          check: ({ cluster }) => {
            expect(cluster.all("secret")).toHaveLength(1001);
            expect(cluster.all("serviceaccount").filter(({ imagePullSecrets = [] }) => imagePullSecrets.length === 1)).toHaveLength(1000);
          },
        },
      ],
    },
    {
      does: "ends its claim when an interruption ends the repair of copies",
      world: () => worldOf(["platform", "team-0", "team-1"]),
      given: all(
        typed(`${source} --copy-to team-0,team-1`),
        ({ cluster }) => {
          for (const at of ["team-0", "team-1"]) cluster.remove("secret", at, name);
        },
        interruptAt("create"),
      ),
      command: `${source} --copy-to team-0,team-1`,
      options: { started },
      code: 130,
      stdout: any,
      stderr: any,
      writes: /^patch secret platform\/(?=.*create secret team-0\/).*patch secret platform\//s,
      check: ({ cluster }) => expect(claimOf(cluster.get("secret", "platform", name))).toBeUndefined(),
    },
    {
      does: "prints the singular for one namespace that an interruption leaves",
      world: () => worldOf(["platform", ...teams(17)]),
      given: interruptAt("create", 16),
      command: `${source} --copy-to "team-*"`,
      options: { started },
      code: 130,
      stdout: any,
      stderr: ["interrupted: 17 Secrets created; 1 namespace left. Run the same command again to continue."],
      writes: any,
    },
  ],
  three,
);
