import { expect } from "vitest";
import { claimKey } from "../../../src/secret/record.ts";
import { lost, token } from "../../support/demo.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { stored, watch, worldOf } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import {
  clockAt,
  closes,
  expire,
  heldBack,
  host,
  isAlive,
  makeByHand,
  on,
  recordIn,
  slotsOf,
  writesRecord,
} from "../../support/rotating.ts";
import { all, answer, any, before, failed, type Given, type Row, refuse, testRows, typed } from "../../support/rows.ts";

const azure = `token.azurecr.io/${token}`;
const line = "rotate acr-myregistry -n demo";
const now = `${line} --grace 0`;
const rotated = [`${azure} configured`, "secret/acr-myregistry configured"];

let first: ReturnType<FakeWorld["loginIn"]>;
/** Remembers the login before the run. */
const remember: Given = ({ loginIn }) => {
  first = loginIn("demo");
};
const knowsFirst = ({ azure: { knows } }: FakeWorld) => first !== undefined && knows(first);
const slots =
  (...left: string[]) =>
  (world: FakeWorld) => {
    expect(slotsOf(world)).toEqual(left);
    expect(isAlive(world, "demo")).toBe(true);
  };
/** Azure shows no password in so many reads. */
const hidesPasswords =
  (reads: number): Given =>
  ({ asking }) => {
    let left = reads;
    asking.around(async ({ call }, next) => {
      const token = await next();
      return call === "token" && left-- > 0 ? { ...(token as object), passwords: [] } : token;
    });
  };
/** Another pull Secret holds the password that was replaced. */
const held: Given = ({ cluster }) => {
  cluster.put(pullSecret("other", "theirs", { [host]: first ?? expect.unreachable("no login") }));
};
const generatesNone = /^(?!.*generatePassword)/s;

testRows(
  [
    ...["myregistry", "MyRegistry", "MyRegistry.azurecr.io", "/subscriptions/s/resourceGroups/g/providers/p/registries/MyRegistry"].map(
      (registry): Row => ({
        does: `rotates the Secret when --registry is ${registry}`,
        command: `${line} --registry ${registry}`,
        stdout: rotated,
      }),
    ),
    {
      does: "replaces the password, and ends it in the next rotation",
      given: remember,
      command: line,
      stdout: rotated,
      writes: /^(?!.*clearPassword)/s,
      check: (world) => {
        expect(recordIn(world, "demo")).toMatchObject({ slot: "password2", previous: { slot: "password1" } });
        expect([knowsFirst(world), isAlive(world, "demo")]).toEqual([true, true]);
      },
      after: [
        {
          command: line,
          stdout: [`${azure} configured (-password1)`, ...rotated],
          check: (world) => {
            expect(recordIn(world, "demo")).toMatchObject({ slot: "password1", previous: { slot: "password2" } });
            expect([knowsFirst(world), isAlive(world, "demo")]).toEqual([false, true]);
          },
        },
      ],
    },
    ...["0", "0s", "0m", "0h", "0d"].map(
      (grace): Row => ({
        does: `ends the replaced password at once when --grace ${grace}`,
        command: `rotate -n demo --grace ${grace}`,
        stdout: [...rotated, `${azure} configured (-password1)`],
        check: (world) => {
          slots("password2")(world);
          expect(recordIn(world, "demo").previous).toBeUndefined();
        },
      }),
    ),
    {
      does: "keeps the replaced password for the grace period, and ends it in the first run after that",
      command: `${line} --grace 24h`,
      stdout: rotated,
      check: (world) => expect(recordIn(world, "demo").previous?.until).toBe("2026-01-02T00:00:02.000Z"),
      after: [
        {
          ...on("2026-01-01T12:00:00Z"),
          command: line,
          code: 1,
          stderr: [
            `error: password1 of ${token} is in its grace period until 2026-01-02T00:00:02Z`,
            "hint: run the command again after that time: only one replaced password is kept",
          ],
          writes: /^(patch secret demo\/acr-myregistry\n){2}$/,
        },
        { ...on("2026-01-01T12:00:00Z"), command: "rotate -A", stdout: [], stderr: ["nothing to do", "skipped 1: in its grace period"] },
        {
          ...on("2026-01-02T00:01:00Z"),
          command: "rotate -A --expiring-within 14d",
          stdout: [],
          stderr: ["nothing to do", "skipped 1: never expires"],
          writes: [],
          check: slots("password1", "password2"),
        },
        {
          ...on("2026-01-02T00:02:00Z"),
          command: "rotate -A --expiring-within 14d",
          stdout: [`${azure} configured (-password1)`],
          stderr: ["1 password deleted", "skipped 1: never expires"],
          writes: generatesNone,
          check: slots("password2"),
        },
        { ...on("2026-01-03T00:00:00Z"), command: "rotate -A --expiring-within 14d", stdout: [], stderr: any, writes: [] },
      ],
    },
    {
      does: "ends a replaced password in its grace period when --grace 0 --force",
      given: typed(`${line} --grace 24h`),
      command: `${now} --force`,
      stdout: [`${azure} configured (-password1)`, ...rotated, `${azure} configured (-password2)`],
      check: slots("password1"),
    },
    {
      does: "keeps a password that a Secret holds when --force and the source is not due",
      ...on("2026-01-01T03:00:00Z"),
      given: all(remember, typed(`${line} --grace 1h`), held, clockAt("2026-01-01T03:00:00Z")),
      command: "rotate -A --expiring-within 1d --grace 0 --force",
      stdout: any,
      stderr: any,
      check: slots("password1", "password2"),
    },
    {
      does: "rotates when a Secret holds the replaced password, which has expired",
      ...on("2026-01-01T03:00:00Z"),
      given: all(remember, typed(`${line} --grace 24h`), held, expire("password1"), clockAt("2026-01-01T03:00:00Z")),
      command: line,
      stdout: [`${azure} configured (-password1)`, ...rotated],
      stderr: any,
      check: slots("password1", "password2"),
    },
    ...[{ madeAt: "2025-01-01T00:00:00Z" }, { slot: "password2" }].map(
      (more): Row => ({
        does: `fails when --grace 0 --force and the record has another ${Object.keys(more)[0]}, until the password that works has ended`,
        given: all(remember, writesRecord("demo", more)),
        command: `${now} --force`,
        ...failed,
        stderr: /password1 of \S+ still works, and no Secret records it/,
        check: (world) => expect([knowsFirst(world), isAlive(world, "demo")]).toEqual([true, true]),
        after: [
          {
            command: `${now} --force`,
            stdout: any,
            check: (world) => expect([knowsFirst(world), isAlive(world, "demo")]).toEqual([false, true]),
          },
        ],
      }),
    ),
    ...[
      { how: "client", suffix: "(dry run)" },
      { how: "server", suffix: "(server dry run)" },
    ].flatMap(({ how, suffix }): Row[] => [
      {
        does: `prints all steps and changes nothing when --dry-run=${how}`,
        command: `${now} --dry-run=${how}`,
        stdout: [...rotated, `${azure} configured (-password1)`].map((text) => `${text} ${suffix}`),
        writes: [],
      },
      {
        does: `prints the end of the password before when --dry-run=${how}`,
        given: typed(line),
        command: `${line} --dry-run=${how}`,
        stdout: [`${azure} configured (-password1)`, ...rotated].map((text) => `${text} ${suffix}`),
        writes: [],
      },
    ]),
    ...[
      { output: "--diff", code: 1, stdout: /- {2}\.dockerconfigjson: "\*\*\* \(before\)"\n\+ {2}\.dockerconfigjson: "\*\*\* \(after\)"/ },
      { output: "-o name", stdout: ["secret/acr-myregistry"] },
      { output: "-o json", stdout: /"\.dockerconfigjson": "\*\*\*"/ },
      { output: "-o yaml", stdout: /\.dockerconfigjson: "\*\*\*"/ },
      { output: "-o jsonl", stdout: /"object":"secret\/acr-myregistry","result":"configured","because":"holds another credential"/ },
    ].map(
      ({ output, code = 0, stdout }): Row => ({
        does: `prints no password when ${output}`,
        command: `${now} ${output}`,
        code,
        stdout,
        check: ({ azure: { tokens }, cluster }, run) => {
          const passwords = [...tokens.values()].flatMap(({ passwords: of }) => [...of.values()].map(({ text }) => text));
          const data = cluster.all("secret").flatMap(({ data: of = {} }) => Object.values(of));
          expect([...passwords, ...data].filter((text) => run.stdout.includes(text))).toEqual([]);
        },
      }),
    ),
    {
      does: "creates an Event in each rotation",
      command: line,
      after: [
        {
          command: line,
          check: ({ cluster }) => {
            const uid = cluster.get("secret", "demo", "acr-myregistry")?.metadata.uid;
            const one = { type: "Normal", reason: "Rotated", message: `now holds another password of ${token}`, involvedObject: { uid } };
            expect(cluster.all("event")).toMatchObject([one, one]);
          },
        },
      ],
    },
    {
      does: "succeeds and warns when it may not create an Event",
      given: refuse("create event"),
      command: line,
      stdout: rotated,
      stderr: /^Warning: no Event was created.*\n\* .*Forbidden.*\n$/,
    },
    {
      does: "removes a password that cannot pull",
      given: answer("prove", { verdict: "refused", message: "no" }),
      command: line,
      ...failed,
      stderr: /^(waiting up to 2 minutes for Azure: .*\n){2}error: /,
      check: slots("password1"),
    },
    {
      does: "stores a password that was not proven when --verify=false",
      given: answer("prove", { verdict: "unreachable", message: "no route" }),
      command: `${line} --verify=false`,
      stdout: rotated,
      check: ({ asking }) => expect(asking.all.filter((call) => /^(prove|admits|anyTag)/.test(call))).toEqual([]),
      after: [{ given: answer("prove", { verdict: "unreachable", message: "no route" }), command: line, ...failed }],
    },
    {
      does: "generates no password when it may not write the Secret",
      given: refuse("patch secret demo/acr-myregistry"),
      command: line,
      code: 1,
      stderr: /Forbidden/,
      writes: generatesNone,
    },
    {
      does: "replaces a password that the registry refuses",
      given: ({ azure: { tokens } }) => {
        const password = tokens.get(token)?.passwords.get("password1") ?? expect.unreachable("no password");
        tokens.get(token)?.passwords.set("password1", { ...password, text: "expired" });
      },
      command: line,
      stdout: rotated,
      stderr: /^waiting up to 2 minutes for Azure: .*\n$/,
      check: slots("password1", "password2"),
    },
    {
      does: "waits and keeps the password when Azure does not show it yet and the registry accepts it",
      given: all(remember, hidesPasswords(2)),
      command: line,
      stdout: rotated,
      check: (world) => {
        expect(recordIn(world, "demo")).toMatchObject({ slot: "password2", previous: { slot: "password1" } });
        expect([knowsFirst(world), isAlive(world, "demo")]).toEqual([true, true]);
      },
    },
    {
      does: "waits and generates no other password when Azure does not show the new one yet",
      given: all(remember, ({ asking }) => {
        let generated = false;
        let old = 2;
        asking.around(async ({ call }, next) => {
          generated ||= call === "generatePassword";
          const token = await next();
          return call === "token" && generated && old-- > 0 ? { ...(token as object), passwords: [] } : token;
        });
      }),
      command: now,
      stdout: [...rotated, `${azure} configured (-password1)`],
      writes: /^(?!.*generatePassword.*generatePassword)/s,
      check: slots("password2"),
    },
    {
      does: "replaces a password that was deleted in Azure",
      given: ({ azure: { tokens } }) => void tokens.get(token)?.passwords.delete("password1"),
      command: line,
      stdout: rotated,
      check: slots("password1"),
    },
    {
      does: "warns once of the rights of a token that pushes",
      given: ({ azure }) => {
        const map = azure.scopeMaps.get(token) ?? expect.unreachable("no scope map");
        azure.putScopeMap({ ...map, actions: [...map.actions, "repositories/app/web/content/write"] });
      },
      command: line,
      stdout: rotated,
      stderr: [`Warning: token "${token}" can do more than pull: app/web push`],
    },
    {
      does: "names the deleted password when -o jsonl",
      command: `${now} -o jsonl`,
      stdout: /"result":"configured","because":"another password replaced it","slot":"password1"}\n/,
    },
    {
      does: "prints no flag of create when it may not read the namespace",
      given: refuse("get namespace demo"),
      command: line,
      code: 1,
      stderr: /Forbidden.*\nhint: ask an administrator for the right to get namespace demo\n$/,
      writes: generatesNone,
    },
    {
      does: "says that it did not look at other Secrets when it may not list them",
      given: refuse(({ call, at }) => call === "list" && (at === "secret" || at === "namespace")),
      command: now,
      stdout: any,
      stderr: /^Warning: cannot check whether other Secrets hold the password: .*Forbidden.*\n$/,
      check: slots("password2"),
    },
    {
      does: "keeps the replaced password when a namespace that may hold it refuses its Secrets, and names it",
      given: closes("closed", "open"),
      command: now,
      ...failed,
      stderr: heldBack(/password1 of \S+ stays, because a namespace whose Secrets cannot be listed may hold it/),
      check: slots("password1", "password2"),
      after: [{ given: closes("closed", "open"), command: `${now} --force`, ...failed, stderr: heldBack(/^/), check: slots("password1") }],
    },
    {
      does: "refuses another rotation while a namespace that may hold the replaced password refuses its Secrets",
      given: all(typed(line), closes("closed", "open")),
      command: now,
      ...failed,
      stderr: /^error: password1 of \S+ stays, because a namespace whose Secrets cannot be listed may hold it until 2026-01-02/,
      check: slots("password1", "password2"),
    },
    {
      does: "ends the replaced password when it may list only the Secrets of its own namespace",
      given: all(
        closes("closed"),
        refuse(({ call, at, namespace: of }) => call === "list" && at.startsWith("secret") && of !== "demo"),
      ),
      command: now,
      stdout: any,
      stderr: /^Warning: cannot check whether other Secrets hold the password: .*Forbidden.*\n$/,
      check: slots("password2"),
    },
    {
      does: "fails when it may not list the Secrets of the namespace",
      given: refuse(({ call, at }) => call === "list" && at.startsWith("secret")),
      command: now,
      code: 1,
      stderr: /Forbidden/,
    },
  ],
  () => stored("demo"),
);

const theirs: Given = (world) => makeByHand(world, "password2");
const full = `no Secret records password2 of ${token}, and another tool may use it`;
const { live, started } = watch();
/** Interrupts the run at its first call of this kind. */
const interruptAt = (call: string): Given => before(call, () => live().interrupt());

/** Another run claims the Secret until the run has waited this often. */
function claimed(waits: number) {
  let world: FakeWorld | undefined;
  let time = Date.parse("2026-01-01T00:00:00Z");
  let left = waits;
  const claim = () => {
    const { metadata, ...secret } = world?.cluster.get("secret", "demo", "acr-myregistry") ?? expect.unreachable("no Secret");
    const { [claimKey]: _, ...annotations } = metadata.annotations ?? {};
    const other = { [claimKey]: JSON.stringify({ run: "other", until: new Date(time + 60_000).toISOString() }) };
    world?.cluster.put({ ...secret, metadata: { ...metadata, annotations: { ...annotations, ...(left > 0 && other) } } });
  };
  const given: Given = (of) => {
    world = of;
    of.cluster.about.now = () => time;
    claim();
  };
  const sleep = async (milliseconds: number) => {
    time += milliseconds;
    left--;
    claim();
  };
  return { given, options: { sleep } };
}

testRows(
  [
    {
      does: "keeps the password that a person generated in the other slot",
      given: theirs,
      command: line,
      code: 1,
      stderr: [`error: ${full}`, "hint: add --force to end password2 if no pull Secret holds it"],
      writes: generatesNone,
      check: slots("password1", "password2"),
    },
    ...(["password1", "password2"] as const).map(
      (slot): Row => ({
        does: `uses the slot of ${slot} when that has expired, and a person generated password2`,
        given: all(theirs, expire(slot)),
        command: line,
        stdout: rotated,
        writes: new RegExp(`^(?!.*clearPassword).*generatePassword \\S+ ${slot}`, "s"),
        check: slots("password1", "password2"),
      }),
    ),
    {
      does: "ends the password that a person generated when --force",
      given: theirs,
      command: `${line} --force`,
      stdout: [`${azure} configured (-password2)`, ...rotated],
      check: slots("password1", "password2"),
    },
    {
      does: "keeps the password that a person generated when a pull Secret holds it and --force",
      given: async (world) => {
        const password = await makeByHand(world, "password2");
        world.cluster.put(pullSecret("kube-system", "theirs", { [host]: { username: token, password } }));
      },
      command: `${line} --force`,
      code: 1,
      stderr: [`error: secret/theirs in namespace kube-system holds password2 of ${token}`],
      writes: generatesNone,
      check: slots("password1", "password2"),
    },
    {
      does: "keeps a password that a person generates while it runs",
      given: before("patch secret demo/acr-myregistry", theirs),
      command: line,
      code: 1,
      stderr: new RegExp(full),
      writes: any,
      check: slots("password1", "password2"),
    },
    {
      does: "rotates no disabled token, and prints no command that enables it",
      given: ({ azure: { tokens } }) => {
        for (const one of tokens.values()) one.status = "disabled";
      },
      command: line,
      code: 1,
      stderr: [`error: the ACR token "${token}" is disabled`, "hint: find out why before you enable it: its passwords may have leaked"],
      writes: generatesNone,
    },
    {
      does: "prints the command that creates a deleted token again",
      given: ({ azure: { removeToken } }) => removeToken(token),
      command: line,
      code: 1,
      stderr: [`error: "${token}" was deleted from ${host}`, `hint: kubectl acr-secret create -n demo acr-myregistry --registry ${host}`],
      writes: generatesNone,
    },
    {
      does: "refuses an exported credential, and prints the command that exports it again",
      given: writesRecord("demo", { isExported: true }),
      command: line,
      code: 1,
      stderr: [
        'error: secret "acr-myregistry" was exported, so it is not rotated in the cluster',
        `hint: kubectl acr-secret create -n demo acr-myregistry --registry ${host} --export`,
      ],
      writes: generatesNone,
    },
    ...[
      { why: "the Secret does not exist", command: "rotate other -n demo", stderr: /secrets "other" not found\nhint: / },
      { why: "the namespace has no Secret", command: "rotate -n kube-system", stderr: /^error: found no pull secrets to rotate\nhint: / },
      {
        why: "the Secret has no login for the registry",
        command: `${line} --registry other`,
        stderr: /^error: secret "acr-myregistry" holds no login of this plugin for other\nhint: .* create .*--registry other/,
      },
      { why: "the namespace does not exist", command: "rotate -n nosuch", stderr: /namespaces "nosuch" not found/ },
      {
        why: "another tool created the Secret",
        given: ({ cluster }: FakeWorld) => void cluster.put(pullSecret("demo", "theirs")),
        command: "rotate theirs -n demo",
        stderr: /^error: secret "theirs" holds no login of this plugin\nhint: /,
      },
    ].map((row): Row => ({ ...row, does: `fails when ${row.why}`, code: 1 })),
    {
      does: "refuses an immutable Secret, and prints the command that deletes it",
      given: ({ cluster }) => {
        const secret = cluster.get("secret", "demo", "acr-myregistry") ?? expect.unreachable("no Secret");
        cluster.put({ ...secret, immutable: true });
      },
      command: line,
      code: 1,
      stderr:
        /^error: secret "acr-myregistry" in namespace "demo" is immutable\nhint: .*\n {2}kubectl delete secret -n demo acr-myregistry\n$/,
      after: [{ command: `${line} --dry-run=client`, code: 1, stderr: /is immutable/ }],
    },
    ...[
      { when: "before it generates a password", call: "scopeMap", left: ["password1"] },
      { when: "while it proves the password", call: "prove", left: ["password1"] },
    ].map(
      ({ when, call, left }): Row => ({
        does: `exits with 130 and keeps the Secret when it is interrupted ${when}`,
        given: interruptAt(call),
        command: line,
        options: { started },
        ...failed,
        code: 130,
        stderr: [],
        check: slots(...left),
        after: [{ command: line, stdout: rotated, check: slots("password1", "password2") }],
      }),
    ),
    {
      does: "prints the lost response when the write of the password is lost, and completes when it runs again",
      given: ({ asking }) => {
        let writes = 0;
        return asking.around(async (asked, next) => {
          if (asked.port === "cluster" && asked.writes && ++writes >= 3) throw lost();
          return next();
        });
      },
      command: line,
      ...failed,
      stderr: /^error: the answer was lost\n/,
      check: (world) => expect(isAlive(world, "demo")).toBe(true),
      after: [{ ...on("2026-01-01T00:10:00Z"), command: line, stdout: any, check: slots("password1", "password2") }],
    },
    {
      does: "waits for the claim of another run, and says for how long",
      ...claimed(2),
      command: line,
      stdout: rotated,
      stderr: ["secret/acr-myregistry in namespace demo: waiting for another run, whose claim ends at 2026-01-01T00:01:05Z"],
    },
    {
      does: "gives up when other runs claim the Secret for five minutes",
      ...claimed(1000),
      command: line,
      code: 1,
      stderr:
        /waiting for another run.*\nerror: another run is writing secret "acr-myregistry" in namespace "demo" until .*\nhint: run the command again after that time\n$/,
    },
  ],
  () => stored("demo"),
);

const supplied: Given = async ({ ports }) => {
  const words = `create --registry ${host} --username jane --password-stdin -n a`;
  expect(await type(words, ports, { stdin: "given" })).toMatchObject({ code: 0 });
};
const by =
  (sub: string | undefined, time = "2026-01-01T00:10:00Z"): Given =>
  ({ azure: { entra } }) => {
    entra.claims["sub"] = sub;
    entra.now = new Date(time);
  };
/** A user with the password `p` puts a login of their own into the Secret. */
const edited = (password: string): Given =>
  all(typed("create --registry myregistry --repository app/web -n a"), ({ azure, cluster }) => {
    azure.users.set("ci", "p");
    const { metadata } = cluster.get("secret", "a", "acr-myregistry") ?? expect.unreachable("no Secret");
    cluster.put({ ...pullSecret("a", "acr-myregistry", { [host]: { username: "ci", password } }), metadata });
  });
const keysOf = (world: FakeWorld) => world.azure.directory.applications[0]?.keys.map(({ slot }) => slot) ?? [];
let keys: string[];
/** No command: anyone in the namespace can write the record. */
const replaceIt = "hint: run create again with the flags that created it";

testRows(
  [
    {
      does: "refuses the admin user's login, and prints in words how to replace it",
      given: typed(`create --registry ${host} --admin -n a`),
      command: "rotate acr-myregistry -n a",
      code: 1,
      stderr: [
        `error: the login for ${host} in secret "acr-myregistry" cannot be rotated by this plugin: all users of the admin user share its passwords`,
        replaceIt,
      ],
    },
    {
      does: "refuses a supplied login, and prints in words how to replace it",
      given: supplied,
      command: "rotate acr-myregistry -n a",
      code: 1,
      stderr: [
        `error: the login for ${host} in secret "acr-myregistry" cannot be rotated by this plugin: only its owner can replace it`,
        replaceIt,
      ],
    },
    ...[
      { what: "a supplied login", given: supplied },
      { what: "a token of another Azure identity", given: all(by("tom"), typed("create --registry myregistry --entra -n a"), by("jane")) },
      {
        what: "an expired token of another Azure identity",
        given: all(by("tom"), typed("create --registry myregistry --entra -n a"), by("jane", "2026-01-02T00:00:00Z")),
        options: { now: () => new Date("2026-01-02T00:00:00Z") },
      },
      { what: "a login that a user has put into the Secret", given: edited("p") },
    ].flatMap(({ what, given, options = {} }): Row[] =>
      ["", " --strict"].flatMap((flag): Row[] => [
        {
          does: `rotates the others, and counts ${what} in one line, with rotate -A${flag}`,
          given: all(given, typed("create --registry myregistry --repository app/web -n b")),
          command: `rotate -A${flag}`,
          options,
          stdout: /^token\S+ configured\nsecret\/acr-myregistry configured in namespace b\n$/,
          stderr: ["1 Secret configured", "skipped 1: cannot be rotated by this plugin (secret/acr-myregistry in namespace a)"],
        },
        {
          does: `succeeds when there is only ${what}, with rotate -A${flag}`,
          given,
          command: `rotate -A${flag}`,
          options,
          stdout: [],
          stderr: ["nothing to do", "skipped 1: cannot be rotated by this plugin (secret/acr-myregistry in namespace a)"],
          writes: /^(?!.*generatePassword)/s,
        },
      ]),
    ),
    {
      does: "refuses to replace a login that a user has put into the Secret, except with --force",
      given: edited("p"),
      command: "rotate acr-myregistry -n a",
      code: 1,
      stderr:
        /^error: secret "acr-myregistry" holds a login of "ci", and not the recorded one of "a-\S+"\nhint: add --force to replace it\n$/,
      writes: /^(patch secret a\/acr-myregistry\n){2}$/,
      check: ({ loginIn }) => expect(loginIn("a")?.username).toBe("ci"),
      after: [
        {
          command: "rotate acr-myregistry -n a --force",
          stdout: /^secret\/acr-myregistry configured$/m,
          check: (world) => expect(isAlive(world, "a")).toBe(true),
        },
      ],
    },
    {
      does: "replaces a login that a user has put into the Secret when the registry rejects it",
      given: edited("wrong"),
      command: "rotate -A",
      stdout: /secret\/acr-myregistry configured in namespace a\n$/,
      stderr: ["1 Secret configured"],
      check: (world) => expect(isAlive(world, "a")).toBe(true),
    },
    {
      does: "skips an exported credential in a run on several Secrets",
      given: all(
        typed("create --registry myregistry --repository app/web -n a"),
        writesRecord("a", { isExported: true }),
        typed("create --registry myregistry --repository app/web -n b"),
      ),
      command: "rotate -A",
      stdout: /secret\/acr-myregistry configured in namespace b\n$/,
      stderr: ["1 Secret configured", "skipped 1: cannot be rotated by this plugin (secret/acr-myregistry in namespace a)"],
    },
    {
      does: "refuses a kind of credential that this version does not know",
      given: all(typed("create --registry myregistry --repository app/web -n a"), writesRecord("a", { kind: "smart-card" })),
      command: "rotate acr-myregistry -n a",
      code: 1,
      stderr: ['error: secret "acr-myregistry" holds a smart-card, which this version does not support', "hint: install a newer version"],
    },
    {
      does: "refuses to renew a token of another Azure identity",
      given: all(by("tom"), typed(`create --registry myregistry --entra -n a`), by("jane")),
      command: "rotate acr-myregistry -n a",
      code: 1,
      stderr: /another Azure identity/,
      writes: any,
      after: [{ given: by(undefined), command: "rotate acr-myregistry -n a", code: 1, stderr: /another Azure identity/, writes: any }],
    },
    {
      does: "renews a token of an Azure identity in the first half of its lifetime",
      given: all(by("tom"), typed(`create --registry myregistry --entra -n a`)),
      command: "rotate -n a",
      stdout: ["secret/acr-myregistry configured"],
      stderr: /^Warning: secret\/acr-myregistry expires at 2026-01-01T03:10:00Z\. Until then/,
    },
    {
      does: "ends the replaced key when another Secret has a key of the same application",
      given: all(
        typed(
          `create --registry ${host} --service-principal=ci -n a`,
          `create --registry ${host} --service-principal=ci -n b`,
          "rotate -n a",
        ),
        (world) => {
          keys = keysOf(world);
        },
      ),
      command: "rotate -n a",
      stderr: any,
      check: (world) => {
        const [replaced, other, current] = keys;
        expect(keysOf(world)).toEqual([other, current, expect.any(String)]);
        expect(keysOf(world)).not.toContain(replaced);
        expect(isAlive(world, "b")).toBe(true);
      },
    },
    {
      does: "adds one key to a service principal, and ends the key before in the next rotation",
      given: all(typed(`create --registry ${host} --service-principal -n a`), (world) => {
        world.azure.directory.applications[0]?.keys.push({ slot: "others-00", displayName: "of others", text: "o" });
        keys = keysOf(world);
      }),
      command: "rotate -n a",
      stderr: any,
      check: (world) => {
        expect(keysOf(world)).toEqual([...keys, expect.any(String)]);
        keys = keysOf(world);
      },
      after: [
        { command: "rotate -n a", stderr: any, check: (world) => expect(keysOf(world)).toEqual([...keys.slice(1), expect.any(String)]) },
      ],
    },
    {
      does: "names prune when --grace 0 --force, and a password of a service principal is left that no Secret records",
      given: all(
        typed(`create --registry ${host} --service-principal -n a`),
        ({ cluster }) => cluster.remove("secret", "a", "acr-myregistry"),
        typed(`create --registry ${host} --service-principal -n a`),
      ),
      command: "rotate -n a --grace 0 --force",
      ...failed,
      stderr: /still works, and no Secret records it\nhint: .*prune/s,
    },
  ],
  () => {
    const world = worldOf(["a", "b"]);
    world.azure.admin.set("password", "admin-1");
    world.azure.users.set("jane", "given");
    return world;
  },
);
