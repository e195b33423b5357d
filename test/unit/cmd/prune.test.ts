import { expect } from "vitest";
import { CliError } from "../../../src/errors.ts";
import type { Metadata } from "../../../src/objects.ts";
import { claimKey, credentialKey } from "../../../src/secret/record.ts";
import { type Asked, is } from "../../support/fakes/asked.ts";
import { linesOf, watch, worldOf } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { descriptionOf, here, hold, host, leftOver, nameIn, putToken } from "../../support/leftovers.ts";
import { all, any, before, failed, type Given, type Row, refuse, testRows, whileBusy } from "../../support/rows.ts";

const line = "prune --registry myregistry";
const yes = `${line} --yes`;
const here_ = descriptionOf("demo");
const ofDemo = nameIn("demo");
/** The tokens of the namespaces `a` and `b` of `leftOver`. */
const [kept, name] = [nameIn("a"), nameIn("b")];
const deleted = [`token.azurecr.io/${name} deleted`, `scopemap.azurecr.io/${name} deleted`];
const nothing = { command: yes, stdout: [], stderr: ["no leftovers found"], writes: [] };
const later = { now: () => new Date("2026-03-01T00:00:00Z") };
const tokens =
  (...names: string[]) =>
  ({ azure }: FakeWorld) =>
    expect([...azure.tokens.keys()]).toEqual(names);
const changed =
  (at: string): Given =>
  ({ azure }) =>
    azure.times.set(name, { madeAt: "2026-01-01T00:00:00Z", changedAt: at });
const put =
  (token: string, of: string, ...slots: "password1"[]): Given =>
  (world) =>
    putToken(world, token, of, slots);
const again = "create acr-myregistry -n b --registry myregistry --repository app/web --verify=false";
const { live, started } = watch();
/** A copy of the deleted Secret in a namespace whose Secrets the user may not list. The user lists those of the others one by one. */
const copiedTo =
  (namespace: string): Given =>
  (world) => {
    addNamespaces(world.cluster, namespace);
    hold(world, namespace, { username: name, password: "p" });
    return refuse(unlistable(namespace))(world);
  };
const unlistable =
  (...namespaces: string[]) =>
  ({ call, at, namespace }: Asked) =>
    call === "list" && at.startsWith("secret") && (namespace === undefined || namespaces.includes(namespace));
const json = (stdout: string) => linesOf(stdout).map((text) => JSON.parse(text));

const secretIn = ({ cluster }: FakeWorld) => cluster.get("secret", "a", "acr-myregistry") ?? expect.unreachable("no Secret");
const afterStock =
  (act: Given): Given =>
  (world) =>
    world.asking.around(async (asked, next) => {
      const answered = await next();
      if (is("listTokens")(asked)) await act(world);
      return answered;
    });
const row = { apiVersion: "acr-secret/v1", kind: "Leftover", what: "token", credential: "acr-token", cluster: here };
const orphan = { ...row, object: `token.azurecr.io/${name}`, identity: name, state: "orphan", willDelete: true };

testRows(
  [
    {
      does: "lists a token whose Secret was deleted, and deletes it with its scope map when --yes",
      command: line,
      stdout: new RegExp(
        `^NAME +KIND +FOR +AGE +LAST USE +STATE *\n${name} +token +secret acr-myregistry in namespace b +59d +<unknown> +orphan *\n$`,
      ),
      stderr: /^1 .* --yes\n$/,
      writes: [],
      after: [{ command: yes, stdout: deleted, writes: [`deleteToken ${name}`, `deleteScopeMap ${name}`], check: tokens(kept) }, nothing],
    },
    {
      does: "exits with 130 when it is interrupted between a token and its scope map, and completes when it runs again",
      given: before(`deleteToken ${name}`, () => live().interrupt()),
      command: yes,
      options: { started },
      ...failed,
      code: 130,
      stdout: deleted.slice(0, 1),
      stderr: /interrupted. Run the same command again to continue.\n$/,
      after: [{ command: yes, stdout: deleted.slice(1), check: ({ azure }) => expect([...azure.scopeMaps.keys()]).toEqual([kept]) }],
    },
    {
      does: "ignores tokens of others, and counts those of other and of unknown clusters",
      world: () => worldOf(["a"]),
      given: all(
        put("theirs", "the pipeline's", "password1"),
        put("other-acr", descriptionOf("demo", { cluster: "00000000" }), "password1"),
        put("older-acr", descriptionOf("demo", { cluster: undefined }), "password1"),
      ),
      command: `${line} --no-headers`,
      stdout:
        /^older-acr +token +secret acr-myregistry in namespace demo +59d +<unknown> +unknown *\nother-acr +token .* other cluster *\n$/,
      stderr: /^hint: kept 1, .* --context of each\nhint: kept 1, .* delete them in Azure\n$/,
      after: [{ command: yes, stdout: any, stderr: any, writes: [] }],
    },
    {
      does: "deletes a token without a cluster when its namespace is in this cluster",
      world: () => worldOf(["demo"]),
      given: put(ofDemo, descriptionOf("demo", { cluster: undefined }), "password1"),
      command: yes,
      check: tokens(),
    },
    ...["scopemap.azurecr.io", "token.azurecr.io"].map(
      (at): Row => ({
        does: `deletes the ${at} that a killed run left`,
        world: () => worldOf(["a"]),
        given: all(put(ofDemo, here_), ({ azure }) => at.startsWith("scopemap") && azure.removeToken(ofDemo)),
        command: yes,
        stdout: new RegExp(`^${at}/${ofDemo} deleted\n`),
        check: ({ azure }) => expect([azure.tokens.size, azure.scopeMaps.size]).toEqual([0, 0]),
      }),
    ),
    {
      does: "keeps the token of another user whose scope map has a copy of the description of this plugin",
      world: () => worldOf(["demo"]),
      given: put("ci-deploy", here_, "password1"),
      command: `${yes} --older-than 0s`,
      stdout: any,
      stderr: /^hint: kept 1, .* delete them in Azure\n$/,
      writes: [],
    },
    {
      does: "keeps a scope map that another token uses",
      world: () => worldOf(["a"]),
      given: ({ azure }) => {
        azure.putScopeMap({ name: "demo-acr", description: here_, actions: [] });
        azure.putToken("theirs", ["password1"], "demo-acr");
      },
      ...nothing,
      after: [
        {
          command: `${line} -o wide --no-headers`,
          stdout: /^demo-acr +scope map .* in use +[0-9a-f]{8} +demo-acr +<none>\n$/,
          stderr: any,
        },
      ],
    },
    {
      does: "keeps a token whose scope map another token uses",
      world: () => worldOf(["a"]),
      given: all(put("demo-acr", here_, "password1"), ({ azure }) => azure.putToken("theirs", ["password1"], "demo-acr")),
      ...nothing,
      command: `${yes} --older-than 0s`,
    },
    {
      does: "keeps an object that changed a few minutes ago by Azure's clock",
      given: changed("2026-02-28T23:51:00Z"),
      command: yes,
      stdout: /too recent \(.* 10m ago, .* --older-than\)/,
      stderr: /^hint: kept 1, changed less than 10m ago; .* --older-than\n$/,
      writes: [],
    },
    {
      does: "keeps everything when Azure's clock is unknown",
      given: ({ azure }) => {
        azure.clock.at = undefined;
      },
      command: yes,
      stdout: /too recent/,
      stderr: any,
      writes: [],
    },
    ...[
      { what: "list secret", stderr: /^Warning: .*\n\* .*Forbidden.*\nhint: kept 2, .* --context of each\n$/ },
      { what: "get namespace kube-system", stderr: /^Warning: .*\n\* .*namespace kube-system\b.*\nhint: kept 1, .* --context of each\n$/ },
    ].map(
      ({ what, stderr }): Row => ({
        does: `deletes nothing of the cluster when ${what} is forbidden`,
        given: refuse(what),
        command: yes,
        code: 1,
        stdout: /other cluster/,
        stderr,
        writes: [],
      }),
    ),
    ...["kube-system", "kube-flux"].map(
      (namespace): Row => ({
        does: `keeps a token that a copy in ${namespace} may hold when its Secrets cannot be listed`,
        given: copiedTo(namespace),
        command: yes,
        code: 1,
        stdout: /^NAME .*\n.* unknown *\n$/,
        stderr: new RegExp(
          `^Warning: .* could not be listed\n\\* cannot list the Secrets of ${namespace}\nhint: .* add --force\nhint: kept 1, .* in Azure\n$`,
        ),
        writes: [],
        check: tokens(kept, name),
      }),
    ),
    {
      does: "deletes a token that kube-system may hold when --force, and keeps one whose Secret was there",
      given: all(put(nameIn("kube-system"), descriptionOf("kube-system"), "password1"), refuse(unlistable("kube-system"))),
      command: `${yes} --force`,
      stdout: deleted,
      check: tokens(kept, nameIn("kube-system")),
    },
    {
      does: "keeps a token when --force, and its Secret records a copy in kube-flux, which may hold it",
      given: (world) => {
        copiedTo("kube-flux")(world);
        hold(world, "b", { username: "other", password: "p" });
        const secret = world.cluster.get("secret", "b", "acr-myregistry") ?? expect.unreachable("no Secret");
        const copies = Buffer.from(JSON.stringify({ "kube-flux": "uid" })).toString("base64");
        world.cluster.put({ ...secret, data: { ...secret.data, "acr-secret.copies": copies } });
      },
      command: `${yes} --force`,
      stdout: any,
      stderr: any,
      writes: [],
      check: tokens(kept, name),
    },
    ...[
      { what: "list secret", calls: is("list secret"), says: /Forbidden/ },
      { what: "get namespace kube-system", calls: is("get namespace kube-system"), says: /namespace kube-system/ },
      { what: "the list of one namespace", calls: unlistable("kube-system"), says: /the Secrets of kube-system/ },
    ].map(
      ({ what, calls, says }): Row => ({
        does: `fails and keeps the token when ${what} is forbidden in the last look`,
        given: (world) => {
          let isLast = false;
          return all(
            before("listTokens", () => {
              isLast = true;
            }),
            refuse((asked) => isLast && calls(asked)),
          )(world);
        },
        command: yes,
        ...failed,
        stderr: new RegExp(`^error: ${name} is kept: .* listed again\n\\* .*${says.source}`),
        writes: [],
        check: tokens(kept, name),
      }),
    ),
    {
      does: "fails when the cluster does not answer",
      given: refuse("list secret", () => new CliError("unreachable", "Unable to connect to the server: no")),
      command: line,
      code: 1,
      stderr: ["Unable to connect to the server: no"],
    },
    {
      does: "keeps a token when a Secret records it before it is deleted",
      given: afterStock((world) => {
        hold(world, "b", { username: "other", password: "p" }, { identity: name, slot: "password1" });
      }),
      command: yes,
      stdout: [`token.azurecr.io/${name} unchanged`],
      stderr: new RegExp(`^Warning: ${name} is kept: .* Secret .*\n$`),
      writes: [],
    },
    {
      does: "keeps a token when its password is regenerated before it is deleted",
      given: afterStock(({ azure }) => azure.putToken(name, ["password1", "password2"])),
      command: yes,
      stderr: new RegExp(`^Warning: ${name} is kept: .* changed .*\n$`),
      writes: [],
    },
    {
      does: "keeps a token when its Secret is created again during the last look at the Secrets",
      given: ({ asking, ports }) => {
        let lists = 0;
        return asking.around(async (asked, next) => {
          // Each look has three lists of Secrets
          if (is("list secret")(asked) && ++lists === 6) expect(await type(again, ports)).toMatchObject({ code: 0 });
          return next();
        });
      },
      command: yes,
      stdout: [`token.azurecr.io/${name} unchanged`],
      stderr: new RegExp(`^Warning: ${name} is kept: it has changed since\n$`),
      check: tokens(kept, name),
    },
    {
      does: "keeps a token when its Secret is restored while Azure is busy",
      given: whileBusy("deleteToken", (world) => hold(world, "b", { username: name, password: "p" }, { slot: "password1" })),
      command: yes,
      stdout: [`token.azurecr.io/${name} unchanged`],
      stderr: new RegExp(`\nWarning: ${name} is kept: a Secret now holds it\n$`),
      writes: any,
      check: tokens(kept, name),
    },
    {
      does: "fails and prints no command when the Secrets cannot be listed again while Azure is busy",
      given: whileBusy("deleteToken", refuse("list secret")),
      command: yes,
      ...failed,
      stderr: new RegExp(`\nerror: ${name} is kept: .* listed again\n\\* .*Forbidden.*\n$`),
      check: tokens(kept, name),
    },
    {
      does: "keeps a scope map when another token gets it after the deletion of its own",
      given: ({ asking, azure }) => {
        const undo = asking.around(async (asked, next) => {
          const answered = await next();
          if (!is(`deleteToken ${name}`)(asked)) return answered;
          undo();
          azure.putToken("ci", ["password1"], name);
        });
        return undo;
      },
      command: yes,
      stdout: [`token.azurecr.io/${name} deleted`, `scopemap.azurecr.io/${name} unchanged`],
      stderr: any,
      check: ({ azure }) => expect([...azure.scopeMaps.keys()].sort()).toEqual([kept, name]),
    },
    {
      does: "keeps a scope map when its token is created again after the deletion",
      given: ({ asking, ports }) => {
        const undo = asking.around(async (asked, next) => {
          const answered = await next();
          if (!is(`deleteToken ${name}`)(asked)) return answered;
          undo();
          expect(await type(again, ports)).toMatchObject({ code: 0 });
        });
        return undo;
      },
      command: yes,
      stdout: [`token.azurecr.io/${name} deleted`, `scopemap.azurecr.io/${name} unchanged`],
      stderr: new RegExp(`^Warning: ${name} is kept: it has changed since\n$`),
      check: ({ azure }) => expect([...azure.scopeMaps.keys()].sort()).toEqual([kept, name]),
    },
    {
      does: "deletes nothing when the answer on a terminal is no",
      command: line,
      options: { answers: [false], env: { CI: undefined } },
      ...failed,
      stderr: /^Remove 1 from registry myregistry\? \[y\/N\] n\nerror: .*\n$/,
      writes: [],
      after: [
        {
          command: line,
          options: { answers: [true], env: { CI: undefined } },
          stdout: new RegExp(`token.azurecr.io/${name} deleted\n`),
          stderr: /\[y\/N\] y\n$/,
        },
      ],
    },
    ...["", "server "].map(
      (how): Row => ({
        does: `deletes nothing when --dry-run=${how.trim() || "client"}`,
        command: `${line} --dry-run=${how.trim() || "client"}`,
        stdout: deleted.map((text) => `${text} (${how}dry run)`),
        writes: [],
      }),
    ),
    {
      does: "prints the leftovers as lines of JSON",
      command: `${line} -o jsonl`,
      stderr: any,
      check: (_, { stdout }) =>
        expect(json(stdout)).toMatchObject([
          { ...orphan, for: "secret acr-myregistry in namespace b", passwords: [{ slot: "password1" }] },
          { object: `token.azurecr.io/${kept}`, state: "in use", willDelete: false },
        ]),
      after: [
        {
          command: `${line} -o json`,
          stderr: any,
          check: (_, { stdout }) =>
            expect(JSON.parse(stdout)).toMatchObject({ kind: "LeftoverList", items: [orphan, { state: "in use" }] }),
        },
        { command: `${line} -o name`, stdout: [`token.azurecr.io/${name}`], stderr: any },
      ],
    },
    {
      does: "prints the deletions as JSON",
      command: `${line} -o json --dry-run`,
      check: (_, { stdout }) =>
        expect(JSON.parse(stdout)).toMatchObject({
          kind: "OutcomeList",
          items: [{ object: `token.azurecr.io/${name}`, result: "deleted", dryRun: "client" }, { result: "deleted" }],
        }),
      after: [
        { command: `${line} -o jsonl --dry-run`, check: (_, { stdout }) => expect(json(stdout)).toHaveLength(2) },
        { command: `${yes} -o name`, stdout: [`token.azurecr.io/${name}`, `scopemap.azurecr.io/${name}`] },
      ],
    },
    {
      does: "prints the command that deletes what it cannot delete, and exits with 1",
      given: refuse("deleteToken"),
      command: yes,
      ...failed,
      stderr: new RegExp(`^Error .*\nWarning: .*:\n  az acr token delete --registry myregistry --name ${name}\n$`),
      check: ({ azure }) => expect(azure.scopeMaps.has(name)).toBe(true),
    },
    {
      does: "treats objects as recent for the time of --older-than",
      given: changed("2026-02-28T23:00:00Z"),
      command: `${line} --older-than 2h`,
      stdout: /too recent/,
      stderr: any,
      after: ["30m", "0s"].map((time) => ({ command: `${line} --older-than ${time}`, stdout: /orphan/, stderr: any })),
    },
    ...["soon", "-5m", "-1s", "-1h30m"].map(
      (time): Row => ({
        does: `refuses --older-than ${time}`,
        command: `${line} --older-than=${time}`,
        code: 1,
        stderr: new RegExp(`invalid --older-than "${time}"`),
      }),
    ),
    { does: "requires --registry", command: "prune", code: 1, stderr: /"registry" not set/ },
    ...(
      [
        { what: "the label of another tool", change: { labels: { "app.kubernetes.io/managed-by": "Helm" } } },
        { what: "no label", change: { labels: {} } },
        { what: "neither label nor annotation", change: { labels: {}, annotations: {} } },
        { what: "an annotation that cannot be read", change: { labels: {}, annotations: { [credentialKey]: "{" } } },
        { what: "no login", change: {}, data: {} },
        {
          what: "a claim that names the token",
          change: { annotations: { [claimKey]: JSON.stringify({ run: "r", until: "2026-01-01T00:00:00Z", identity: kept }) } },
          data: {},
        },
        {
          what: "the form of an Argo CD repository",
          change: { labels: { "argocd.argoproj.io/secret-type": "repository" }, annotations: {} },
          type: "Opaque",
          data: Object.fromEntries(
            Object.entries({ url: `oci://${host}`, username: kept, password: "p" }).map(([key, text]) => [
              key,
              Buffer.from(text).toString("base64"),
            ]),
          ),
        },
      ] as { what: string; change: Partial<Metadata>; type?: string; data?: Record<string, string> }[]
    ).map(
      ({ what, change, ...more }): Row => ({
        does: `keeps the token of a Secret with ${what}`,
        given: (world) => {
          const { metadata, ...secret } = secretIn(world);
          world.cluster.remove("secret", "a", "acr-myregistry");
          world.cluster.put({ ...secret, ...more, metadata: { ...metadata, ...change } });
        },
        command: `${yes} --older-than 0s`,
        stdout: deleted,
        check: tokens(kept),
      }),
    ),
  ],
  leftOver,
  later,
);

/** Exports of the Secret in namespace `demo`, with their times, and one of the Secret in `other`. */
/** The names of the exports of namespace demo, and of the one of namespace other. */
const [held, newest, alone, foreign] = [
  nameIn("demo", "held"),
  nameIn("demo", "newest"),
  nameIn("other", "alone"),
  nameIn("demo", "foreign"),
];

const exported = (): FakeWorld => {
  const world = worldOf(["demo", "other"]);
  const days = { old: 1, held: 2, middle: 3, newest: 4 };
  for (const [random, day] of Object.entries(days)) {
    const name = nameIn("demo", random);
    const at = `2026-02-0${day}T00:00:00Z`;
    const login = putToken(world, name, descriptionOf("demo", { isExported: true }));
    world.azure.times.set(name, { madeAt: at, changedAt: at });
    if (name === held) hold(world, "other", login);
  }
  putToken(world, alone, descriptionOf("other", { isExported: true }));
  putToken(world, foreign, descriptionOf("demo", { isExported: true, cluster: "00000000" }));
  return world;
};

testRows(
  [
    {
      does: "keeps all exported credentials without --exported",
      command: yes,
      stdout: new RegExp(`${alone} .* exported`),
      stderr: /^hint: kept 1, created for other clusters; .*\nhint: kept 4, exported .* --exported\n$/,
      writes: [],
    },
    {
      does: "deletes exported credentials, except the newest of each Secret and those that a Secret holds, when --exported",
      command: `${yes} --exported --older-than 24h`,
      check: tokens(held, newest, alone, foreign),
      after: [{ command: `${yes} --exported=all`, check: tokens(held, foreign) }],
    },
    ...["", " --older-than 720h"].map(
      (age): Row => ({
        does: `keeps an exported credential of the last ${age === "" ? "24 hours" : "30 days"} when --exported${age}`,
        given: ({ azure }) => {
          for (const name of azure.tokens.keys()) {
            const at = `2026-02-${age === "" ? "28T00:00:01" : "27T23:59:59"}Z`;
            azure.times.set(name, { madeAt: at, changedAt: at });
          }
        },
        command: `${line} --exported=all${age}`,
        stdout: /^(?!.*orphan)/s,
        stderr: any,
      }),
    ),
    { does: "refuses --exported=some", command: `${line} --exported=some`, code: 1, stderr: /--exported/ },
  ],
  exported,
  later,
);
