import { expect } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { copiesData, copiesKey, copyLabel } from "../../../src/secret/record.ts";
import { lost } from "../../support/demo.ts";
import { namespace, pullSecret } from "../../support/fakes/cluster.ts";
import { copied, stored, watch } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { expire, host, isAlive, on, recordIn, slotsOf, writesRecord } from "../../support/rotating.ts";
import { all, any, before, failed, type Given, type Row, refuse, testRows, typed } from "../../support/rows.ts";

const name = "acr-myregistry";
const token = "a-acr-myregistry-wpczflrggshlex5n";
const azure = `token.azurecr.io/${token}`;
const line = `rotate ${name} -n a`;
const now = `${line} --grace 0`;
const ended = `${azure} configured (-password1)`;
const source = [`${azure} configured`, `secret/${name} configured`];
const inB = `secret/${name} configured in namespace b`;
const inC = `secret/${name} configured in namespace c`;

const alive =
  (...names: string[]) =>
  (world: FakeWorld) =>
    expect(["a", "b", "c", "other"].filter((at) => isAlive(world, at))).toEqual(names);
const slots =
  (...left: string[]) =>
  (world: FakeWorld) =>
    expect(slotsOf(world)).toEqual(left);
const both =
  (...checks: ((world: FakeWorld) => unknown)[]) =>
  (world: FakeWorld) => {
    for (const check of checks) check(world);
  };
const secretIn = ({ cluster }: FakeWorld, at: string): Secret => cluster.get("secret", at, name) ?? expect.unreachable("no Secret");
const sameAsSource =
  (...names: string[]) =>
  (world: FakeWorld) =>
    expect(names.map((at) => world.loginIn(at))).toEqual(names.map(() => world.loginIn("a")));

const { live, started } = watch();
/** A tenant takes the login out of a copy. */
const takeOut: Given = ({ cluster }) => void cluster.put({ ...pullSecret("b", name), metadata: secretMetadata(cluster, "b") });

/** A tenant removes the label of a copy. */
const unlabel: Given = ({ cluster }) => {
  const { labels: { [copyLabel]: _, ...labels } = {}, ...metadata } = secretMetadata(cluster, "b");
  cluster.put({ ...cluster.get("secret", "b", name), metadata: { ...metadata, labels } } as Secret);
};
/** A deletion was killed once it had taken the login out of the source. */
const emptied: Given = (world) => {
  const secret = secretIn(world, "a");
  const config = Buffer.from('{"auths":{}}').toString("base64");
  world.cluster.put({ ...secret, data: { ...secret.data, ".dockerconfigjson": config } }, "kubectl-acr-secret");
};
/** The run may list no Secrets, once it has found its sources. */
const unlisted = before("get secret a/", (world) => refuse("list secret")(world));

testRows(
  [
    {
      does: "gives the copies the new password before it ends the replaced one",
      command: now,
      stdout: [...source, inB, inC, ended],
      writes: /generatePassword(?=.*patch secret a\/)(?=.*patch secret b\/)(?=.*patch secret c\/).*patch secret.*clearPassword/s,
      check: both(alive("a", "b", "c"), slots("password2"), sameAsSource("b", "c")),
      after: [{ command: line, stdout: [...source, inB, inC], check: both(alive("a", "b", "c"), sameAsSource("b", "c")) }],
    },
    ...["client", "server"].map(
      (how): Row => ({
        does: `prints the copies and changes nothing when --dry-run=${how}`,
        command: `${now} --dry-run=${how}`,
        stdout: [...source, inB, inC, ended].map((text) => `${text} (${how === "server" ? "server " : ""}dry run)`),
        writes: [],
      }),
    ),
    {
      does: "completes the copies and generates no password when an earlier rotation was killed after the source",
      given: async (world) => {
        const old = secretIn(world, "b");
        await typed(line)(world);
        world.cluster.put(old, "kubectl-acr-secret");
      },
      command: line,
      stdout: [`secret/${name} unchanged`, inB],
      writes: /^(?!.*generatePassword)/s,
      check: both(alive("a", "b", "c"), sameAsSource("b", "c")),
    },
    {
      does: "creates no copy that was deleted",
      given: ({ cluster }) => cluster.remove("secret", "b", name),
      command: now,
      stdout: [...source, inC, ended],
      check: both(alive("a", "c"), slots("password2")),
    },
    {
      does: "writes no copy in a namespace that was created again",
      given: ({ cluster }) => {
        cluster.remove("namespace", "", "b");
        cluster.put(namespace("b", { uid: "another" }));
      },
      command: now,
      stdout: [...source, inC],
      stderr: any,
      check: alive("a", "b", "c"),
    },
    {
      does: "names a Secret in the way that is not a copy, and succeeds",
      given: (world) => {
        world.cluster.remove("secret", "b", name);
        world.cluster.put(pullSecret("b", name));
      },
      command: now,
      stdout: [...source, inC, ended],
      stderr: [`secret "${name}" in namespace "b" is not a copy of secret "${name}" in namespace "a"`],
      writes: /^(?!.*secret b\/)/s,
    },
    {
      does: "fails and keeps the replaced password when a tenant has made a copy immutable",
      given: (world) => void world.cluster.put({ ...secretIn(world, "b"), immutable: true }, "kubectl-acr-secret"),
      command: now,
      ...failed,
      stdout: [...source, inC],
      stderr: new RegExp(`b: error: .* is immutable\n[^]*Warning: password1 of ${token} stays`),
      check: both(alive("a", "b", "c"), slots("password1", "password2")),
    },
    {
      does: "keeps the replaced password when a copy may not be written, and ends it when the copy was written",
      given: refuse("patch secret b/"),
      command: now,
      ...failed,
      stdout: [...source, inC],
      stderr: new RegExp(`Forbidden.*\nWarning: password1 of ${token} stays, because secret/${name} in namespace b could not be written\n`),
      check: both(alive("a", "b", "c"), slots("password1", "password2")),
      after: [
        {
          command: now,
          stdout: [`secret/${name} unchanged`, inB, ended],
          check: both(alive("a", "b", "c"), slots("password2"), sameAsSource("b", "c")),
        },
      ],
    },
    {
      does: "ends the replaced password at once when --grace 0 --force and a copy may not be written",
      given: refuse("patch secret b/"),
      command: `${now} --force`,
      ...failed,
      stdout: [...source, inC, ended],
      stderr: new RegExp(`Forbidden.*\nWarning: secret/${name} in namespace b held password1 of ${token}, which has ended\n`),
      check: both(alive("a", "c"), slots("password2")),
      after: [{ command: line, stdout: [`secret/${name} unchanged`, inB], check: both(alive("a", "b", "c"), sameAsSource("b", "c")) }],
    },
    {
      does: "gives a missed copy the current password when --grace 0 --force and a filter skips its source later",
      given: refuse("patch secret b/"),
      command: `${now} --force`,
      ...failed,
      stdout: any,
      stderr: any,
      check: alive("a", "c"),
      after: [
        { command: "rotate -A --expiring-within 1d", stdout: [inB], stderr: any, check: both(alive("a", "b", "c"), slots("password2")) },
      ],
    },
    {
      does: "completes a rotation when a tenant has made a copy immutable and Secrets may not be listed",
      given: (world) => void world.cluster.put({ ...secretIn(world, "b"), immutable: true }, "kubectl-acr-secret"),
      command: line,
      ...failed,
      stdout: [...source, inC],
      stderr: any,
      after: [
        {
          given: unlisted,
          command: line,
          ...failed,
          stdout: [`secret/${name} unchanged`],
          stderr: any,
          check: both(alive("a", "b", "c"), slots("password1", "password2")),
        },
      ],
    },
    {
      does: "keeps the replaced password when a tenant has unlabeled a copy and Secrets may not be listed",
      given: all(unlabel, unlisted),
      command: now,
      stdout: [...source, inC],
      stderr: any,
      check: both(alive("a", "b", "c"), slots("password1", "password2")),
    },
    {
      does: "refuses to end a password that a copy without its label holds when the source has lost its login",
      given: all(unlabel, typed(line), emptied, unlisted),
      command: now,
      ...failed,
      stdout: [],
      stderr: new RegExp(`password1 of ${token} stays, because secret/${name} in namespace b holds it`),
      check: alive("b", "c"),
    },
    {
      does: "rotates the source and the other copies when a copy may not be read, and completes when it runs again",
      given: refuse("get secret b/"),
      command: now,
      ...failed,
      stdout: [...source, inC],
      stderr: new RegExp(`^b: .*Forbidden.*\nWarning: password1 of ${token} stays, because secret/${name} in namespace b could not be`),
      check: both(alive("a", "b", "c"), slots("password1", "password2")),
      after: [
        { given: refuse("get secret b/"), command: now, ...failed, stdout: [`secret/${name} unchanged`], check: alive("a", "b", "c") },
        { command: now, stdout: [`secret/${name} unchanged`, inB, ended], check: both(alive("a", "b", "c"), slots("password2")) },
      ],
    },
    {
      does: "rotates the source and the other copies each time when the namespace of a copy may not be read",
      given: refuse("get namespace b"),
      command: now,
      ...failed,
      stdout: [...source, inC],
      check: both(alive("a", "b", "c"), slots("password1", "password2"), sameAsSource("c")),
      after: [
        {
          ...on("2026-01-03T00:00:00Z", refuse("get namespace b")),
          command: line,
          ...failed,
          check: both(alive("a", "c"), sameAsSource("c")),
        },
        {
          ...on("2026-01-05T00:00:00Z", refuse("get namespace b")),
          command: line,
          ...failed,
          check: both(alive("a", "c"), sameAsSource("c")),
        },
      ],
    },
    {
      does: "replaces a password in the last third of its life when the namespace of a copy may not be read",
      ...on(
        "2026-01-01T12:00:00Z",
        typed(line),
        expire("password1", "2026-01-01T11:00:00Z"),
        writesRecord("a", { expiresAt: "2026-01-01T16:00:00Z" }),
        refuse("get namespace b"),
      ),
      command: line,
      ...failed,
      writes: /generatePassword/,
      check: sameAsSource("c"),
    },
    {
      does: "keeps the replaced password when another user changes a copy to a Secret of their own",
      given: before("patch secret b/acr-myregistry", ({ cluster }) => void cluster.put(pullSecret("b", name))),
      command: now,
      ...failed,
      stderr: new RegExp(`secret "${name}" in namespace "b" is not a copy`),
      check: slots("password1", "password2"),
    },
    {
      does: "completes the copies for a day when a tenant takes the login out of one, and then replaces the password",
      given: all(typed(line), takeOut),
      command: line,
      stdout: [`secret/${name} unchanged`, inB],
      check: both(alive("a", "b", "c"), sameAsSource("b", "c")),
      after: [
        {
          ...on("2026-01-02T01:00:00Z", takeOut),
          command: line,
          stdout: [ended, ...source, inB, inC],
          check: both(alive("a", "b", "c"), sameAsSource("b", "c")),
        },
      ],
    },
    {
      does: "replaces a password at once when --grace 0 --force, although a tenant has taken the login out of a copy",
      given: all(typed(line), takeOut),
      command: `${now} --force`,
      stdout: [ended, ...source, inB, inC, `${azure} configured (-password2)`],
      check: both(alive("a", "b", "c"), slots("password1"), sameAsSource("b", "c")),
    },
    {
      does: "gives a copy that an earlier rotation missed the current password before it ends the one before",
      given: refuse("patch secret b/"),
      command: line,
      ...failed,
      check: both(alive("a", "b", "c"), slots("password1", "password2")),
      after: [
        {
          ...on("2026-01-02T01:00:00Z"),
          command: line,
          stdout: [ended, ...source, inB, inC],
          writes: /patch secret b\/.*clearPassword/s,
          check: both(alive("a", "b", "c"), sameAsSource("b", "c")),
        },
      ],
    },
    {
      does: "keeps the replaced password a day later when the API server does not answer to the write of a copy that holds it",
      given: refuse("patch secret b/"),
      command: line,
      ...failed,
      after: [
        {
          ...on("2026-01-02T01:00:00Z", refuse("patch secret b/", lost)),
          command: line,
          ...failed,
          stdout: [],
          check: both(alive("a", "b", "c"), slots("password1", "password2")),
        },
      ],
    },
    {
      does: "keeps the logins of other registries in a copy",
      given: (world) => {
        const { metadata } = secretIn(world, "b");
        const { username = "", password = "" } = world.loginIn("b") ?? {};
        world.cluster.put({ ...pullSecret("b", name, { [host]: { username, password }, "docker.io": { auth: "YTpi" } }), metadata });
      },
      command: now,
      stdout: [...source, inB, inC, ended],
      check: (world) => {
        const { auths } = JSON.parse(Buffer.from(secretIn(world, "b").data?.[".dockerconfigjson"] ?? "", "base64").toString());
        expect(auths["docker.io"]).toEqual({ auth: "YTpi" });
        expect(isAlive(world, "b")).toBe(true);
      },
    },
    ...[`rotate ${name} -n b`, "rotate -n b"].map(
      (command): Row => ({
        does: `prints the command for the source of a copy when ${command}`,
        command,
        code: 1,
        stderr: [
          `error: secret "${name}" in namespace "b" is a copy of secret "${name}" in namespace "a"`,
          `hint: kubectl acr-secret rotate -n a ${name}`,
        ],
      }),
    ),
    {
      does: "prints no command when the source of a named copy does not record its namespace",
      given: (world) => {
        const secret = secretIn(world, "a");
        world.cluster.put({ ...secret, data: { ...secret.data, [copiesKey]: copiesData({ c: "uid-of-c" }) ?? "" } });
      },
      command: `rotate ${name} -n b`,
      code: 1,
      stderr: [`error: secret "${name}" in namespace "b" is a copy of secret "${name}" in namespace "a"`, "hint: rotate that Secret"],
    },
    {
      does: "gives nothing to a Secret that only says that it is a copy",
      given: ({ cluster }) => {
        cluster.put(namespace("other", { uid: "uid-of-other" }));
        cluster.put({ ...pullSecret("other", name), metadata: { ...secretMetadata(cluster, "b"), namespace: "other" } });
      },
      command: "rotate -A --grace 0",
      stdout: any,
      stderr: any,
      writes: /^(?!.*secret other\/)/s,
      check: both(alive("a", "b", "c"), slots("password2")),
    },
    {
      does: "exits with 130 between two copies, and completes when it runs again",
      given: before("patch secret b/acr-myregistry", () => live().interrupt()),
      options: { started },
      command: now,
      ...failed,
      code: 130,
      stderr: any,
      check: both(alive("a", "b", "c"), slots("password1", "password2")),
      after: [{ command: now, stdout: any, check: both(alive("a", "b", "c"), slots("password2"), sameAsSource("b", "c")) }],
    },
  ],
  () => copied("a", "b", "c"),
);

function secretMetadata(cluster: FakeWorld["cluster"], at: string) {
  const {
    uid: _,
    resourceVersion: __,
    managedFields: ___,
    ...metadata
  } = (cluster.get("secret", at, name) ?? expect.unreachable("no Secret")).metadata;
  return metadata;
}

/** Another pull Secret holds the login of the source. */
const held =
  (more: (secret: Secret) => Secret = (secret) => secret): Given =>
  (world) => {
    world.cluster.put(namespace("other", { uid: "uid-of-other" }));
    const { username = "", password = "" } = world.loginIn("a") ?? {};
    world.cluster.put(more(pullSecret("other", "theirs", { [host]: { username, password } })));
  };
const argo = (secret: Secret): Secret => {
  const { auths } = JSON.parse(Buffer.from(secret.data?.[".dockerconfigjson"] ?? "", "base64").toString());
  const all = { url: host, type: "helm", ...auths[host] };
  const data = Object.fromEntries(Object.entries(all).map(([key, value]) => [key, Buffer.from(String(value)).toString("base64")]));
  const metadata = { ...secret.metadata, labels: { "argocd.argoproj.io/secret-type": "repository" } };
  return { ...secret, metadata, type: "Opaque", data };
};
const labelled = (secret: Secret): Secret => ({ ...secret, metadata: { ...secret.metadata, labels: { [copyLabel]: "a" } } });
const stays = `password1 of ${token} stays, because secret/theirs in namespace other holds it`;
const later = `${stays}. The next rotation after 2026-01-02T00:00:02Z ends it`;

testRows(
  [
    ...[
      { what: "a pull Secret of another tool", given: held() },
      { what: "a repository of Argo CD", given: held(argo) },
      { what: "a Secret that says that it is a copy", given: held(labelled) },
    ].map(
      ({ what, given }): Row => ({
        does: `keeps the replaced password for a day when it is held by ${what}`,
        given,
        command: now,
        stdout: source,
        stderr: [later],
        check: slots("password1", "password2"),
        after: [
          { command: line, stdout: [`secret/${name} unchanged`], stderr: [later] },
          {
            ...on("2026-01-02T01:00:00Z"),
            command: line,
            stdout: [ended, ...source],
            stderr: [`Warning: secret/theirs in namespace other held password1 of ${token}, which has ended`],
            check: (world) => {
              expect([recordIn(world, "a").slot, isAlive(world, "a"), isAlive(world, "other", "theirs")]).toEqual([
                "password1",
                true,
                false,
              ]);
            },
          },
        ],
      }),
    ),
    {
      does: "refuses a second rotation within a day when a Secret holds the replaced password, but fails no run on several Secrets",
      given: all(held(), typed(line)),
      command: line,
      code: 1,
      stderr: [`error: ${stays} until 2026-01-02T00:00:02Z`, "hint: run rotate with --grace 0 --force to end it now"],
      writes: /^(?!.*(generate|clear)Password)/s,
      after: [{ command: "rotate -A", stdout: [], stderr: [`Warning: a: ${stays} until 2026-01-02T00:00:02Z`, "nothing to do"] }],
    },
    {
      does: "ends the replaced password at once when --force, and names the Secret that held it",
      given: held(),
      command: `${now} --force`,
      stdout: [...source, ended],
      stderr: [`Warning: secret/theirs in namespace other held password1 of ${token}, which has ended`],
      check: slots("password2"),
    },
    {
      does: "ends a held password at once when the next run has --force",
      given: all(held(), typed(line)),
      command: `${now} --force`,
      stdout: [ended, ...source, `${azure} configured (-password2)`],
      stderr: [`Warning: secret/theirs in namespace other held password1 of ${token}, which has ended`],
      check: slots("password1"),
    },
    {
      does: "ends the replaced password when a Secret holds its user name with a wrong password",
      given: (world) => {
        world.cluster.put(namespace("other", { uid: "uid-of-other" }));
        world.cluster.put(pullSecret("other", "theirs", { [host]: { username: token, password: "guess" } }));
      },
      command: now,
      stdout: [...source, ended],
      check: slots("password2"),
    },
    {
      does: "keeps the replaced password when the registry can't test the login that a Secret holds",
      given: all(held(), ({ asking }) =>
        asking.around(async ({ call }, next) => (call === "admits" ? { verdict: "unreachable", message: "no route" } : next())),
      ),
      command: now,
      stdout: source,
      stderr: [later],
      check: slots("password1", "password2"),
    },
    {
      does: "keeps the replaced password past its grace period when a Secret holds it, in a run that is not due",
      given: all(held(), typed(`${line} --grace 1h`)),
      command: line,
      code: 1,
      stderr: /in its grace period/,
      writes: any,
      after: [
        {
          ...on("2026-01-01T02:00:00Z"),
          command: "rotate -A --expiring-within 14d",
          stdout: [],
          stderr: [later, "nothing to do", "skipped 1: never expires"],
          check: slots("password1", "password2"),
        },
      ],
    },
  ],
  () => stored("a"),
);
