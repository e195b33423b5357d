import { expect } from "vitest";
import { managedBy, type Secret } from "../../../src/objects.ts";
import { loginsAnnotation } from "../../../src/secret/entry.ts";
import { exactly, refused } from "../../support/demo.ts";
import { shared, stored, teams, worldOf } from "../../support/fakes/fleet.ts";
import { idOfTwo, sharedByClusters, twoClusters } from "../../support/fakes/two-clusters.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { renamed } from "../../support/other-token.ts";
import { copyOf, isAlive, logins, madeAtOf, makeByHand, noteIn, slotsOf } from "../../support/rotating.ts";
import { all, any, before, failed, type Given, type Row, refuse, testRows, typed } from "../../support/rows.ts";

const name = "acr-myregistry";
const now = `rotate ${name} -n a --grace 0`;
const create = "create --registry myregistry --repository app/web";
const [first, second] = ["password1", "password2"];
const configured = `token.azurecr.io/${shared} configured`;
const both = { a: second, b: second };
const slots =
  (...left: string[]) =>
  (world: FakeWorld) =>
    expect(slotsOf(world)).toEqual(left);
const secretIn = ({ cluster }: FakeWorld, at: string, of = name): Secret =>
  cluster.get("secret", at, of) ?? expect.unreachable("no Secret");
const checks =
  (...each: ((world: FakeWorld) => unknown)[]) =>
  (world: FakeWorld) => {
    for (const check of each) check(world);
  };
let old: ReturnType<FakeWorld["loginIn"]>;
const remember: Given = ({ loginIn }) => {
  old = loginIn("a");
};
const isOld = (known: boolean) => (world: FakeWorld) => expect(old && world.azure.knows(old)).toBe(known);
/** A step that fails, and generates no password. */
const refuses = { command: now, ...failed, writes: /^(?!.*generatePassword)/s };

/** Another tool writes its name into the label, and keeps the annotation. */
const relabel =
  (manager: string | undefined): Given =>
  (world) => {
    const { metadata, ...secret } = secretIn(world, "b");
    world.cluster.put({ ...secret, metadata: { ...metadata, labels: manager === undefined ? {} : { [managedBy.key]: manager } } });
  };
/** Copies a Secret without its annotations, like a tool that copies only the data. */
const copyData: Given = (world) => {
  addNamespaces(world.cluster, "copy");
  const { metadata: _, ...secret } = copyOf(world, "a", { at: "copy" });
  world.cluster.put({ ...secret, metadata: { name, namespace: "copy" } });
};
const copyWorks = (world: FakeWorld) => expect([isAlive(world, "a"), isAlive(world, "copy")]).toEqual([true, true]);
const force = /kubectl acr-secret rotate (?=.*-n b)(?=.*--force)(?=.*acr-myregistry)/;

testRows(
  [
    {
      does: "gives all Secrets that share a credential the new password, whichever of them is named",
      world: () => stored("a", "b", "c"),
      command: now.replace("-n a", "-n b"),
      stdout: [configured, ...["a", "b", "c"].map((at) => `secret/${name} configured in namespace ${at}`), `${configured} (-password1)`],
      stderr: ["3 Secrets configured"],
      writes: /^(?!(.*generatePassword){2}).*generatePassword/s,
      check: logins({ ...both, c: second }),
    },
    {
      does: "gives a Secret of another name in a namespace that is not selected the new password too",
      given: (world) => {
        addNamespaces(world.cluster, "far");
        world.cluster.put(copyOf(world, "a", { at: "far", name: "copy" }), "kubectl-acr-secret");
      },
      command: now,
      stdout: /secret\/copy configured in namespace far\n/,
      stderr: any,
      check: (world) => expect(isAlive(world, "far", "copy")).toBe(true),
    },
    ...["patch", "get"].map(
      (verb): Row => ({
        does: `keeps the password before when the ${verb} of one Secret is forbidden, and deletes it in a later run without a new password`,
        world: () => stored("a", "b", "c"),
        given: refuse(exactly(`${verb} secret b/${name}`)),
        command: now,
        ...failed,
        stderr: new RegExp(`Forbidden.*password1 of ${shared} is kept because secret/${name} in namespace b holds it`, "s"),
        check: logins({ a: second, b: first, c: second }),
        after: [
          { given: refuse(exactly(`${verb} secret b/${name}`)), ...refuses },
          {
            command: now,
            stdout: [
              ...["a unchanged", "b configured", "c unchanged"].map((one) => `secret/${name} ${one.slice(2)} in namespace ${one[0]}`),
              `${configured} (-password1)`,
            ],
            stderr: any,
            writes: /^(?!.*generatePassword)/s,
            check: slots(second),
          },
        ],
      }),
    ),
    {
      does: "keeps a field of another manager and the password before, until --force takes it over",
      given: (world) => {
        const secret = secretIn(world, "b");
        world.cluster.put({ ...secret, data: {} }, "helm");
        world.cluster.put(secret, "helm");
      },
      command: now,
      ...failed,
      stderr: new RegExp(`conflict with "helm".*because secret/${name} in namespace b holds it`, "s"),
      check: logins({ a: second, b: first }),
      after: [{ command: `${now} --force`, stderr: any, check: checks(logins(both), slots(second)) }],
    },
    ...[
      { when: "before it is read", call: `get secret b/${name}`, anew: false },
      { when: "before it is written", call: `patch secret b/${name}`, anew: false },
      { when: "and created again before it is written", call: `patch secret b/${name}`, anew: true },
    ].map(
      ({ when, call, anew }): Row => ({
        does: `writes no login to a Secret that another user deletes ${when}`,
        given: (world) => {
          const theirs = { ...copyOf(world, "b", { at: "b" }), data: { ".dockerconfigjson": btoa('{"auths":{}}') } };
          before(call, ({ cluster }) => {
            cluster.remove("secret", "b", name);
            if (anew) cluster.put(theirs);
          })(world);
        },
        command: `rotate ${name} -n a`,
        stderr: any,
        check: (world) => {
          expect([isAlive(world, "a"), world.loginIn("b")]).toEqual([true, undefined]);
          expect(world.cluster.get("secret", "b", name) !== undefined).toBe(anew);
        },
      }),
    ),
    {
      does: "rotates the Secrets of one namespace and retires nothing when the Secrets of others may not be listed",
      given: refuse(({ call, at }) => call === "list" && at === "secret"),
      command: now,
      stderr: new RegExp(`password1 of ${shared} is kept`),
      check: logins({ a: second, b: first }),
      // The other slot has a password that Secrets may use which this user cannot list.
      after: [
        {
          given: refuse(({ call, at }) => call === "list" && at === "secret"),
          ...refuses,
          stderr: new RegExp(`password1 .*"${shared}" may be in use\nhint: .* cannot list .*--force`),
        },
      ],
    },
    {
      does: "rotates a namespace's own Secret again and again when the Secrets of others may not be listed",
      world: () => stored("a"),
      given: all(
        refuse(({ call, at }) => call === "list" && at === "secret"),
        ...Array(3).fill(typed(`rotate ${name} -n a`)),
      ),
      command: `rotate ${name} -n a`,
      stderr: any,
      check: logins({ a: first }),
    },
    {
      does: "fails when no Secret may be listed",
      world: () => stored("a"),
      given: refuse(({ call, at }) => call === "list" && at.startsWith("secret")),
      command: now,
      code: 1,
      stderr: [refused().message],
    },
    {
      does: "needs two requests per namespace",
      world: () => stored(...teams(200)),
      command: now.replace("-n a", "-n team-0"),
      stderr: any,
      check: (world) => {
        expect(world.asking.all.length).toBeLessThan(2 * 200 + 50);
        logins(Object.fromEntries(teams(200).map((at) => [at, second])))(world);
      },
    },
    ...[
      { what: "a token of another name", line: `${create} --credential-per scope`, renames: renamed("ci-pull") },
      { what: "a service principal", line: "create --registry myregistry --credential-per scope --service-principal ci" },
    ].map(
      ({ what, line, renames = () => {} }): Row => ({
        does: `rotates a namespace that shares ${what} since a rotation with the others, and retires the password before`,
        world: () => worldOf(["a", "b", "c"]),
        given: all(
          typed(`${line} --namespaces a,b`),
          renames,
          remember,
          typed(`rotate ${name} -n a`, `${line} --namespaces a,b,c`),
          (world) => expect(noteIn(world, "c")).toEqual(noteIn(world, "a")),
        ),
        command: now.replace("-n a", "-n c"),
        stdout: new RegExp(`secret/${name} configured in namespace c\n`),
        stderr: any,
        check: checks(isOld(false), (world) => expect(["a", "b", "c"].filter((at) => isAlive(world, at))).toEqual(["a", "b", "c"])),
      }),
    ),
    ...["kyverno", "Helm", undefined].map(
      (manager): Row => ({
        does: `keeps the password of a Secret with the label ${manager}, now and in the next rotation`,
        given: relabel(manager),
        command: now,
        stderr: new RegExp(`secret/${name} in namespace b also holds.*${force.source}`, "s"),
        writes: /^(?!.*secret b\/)/s,
        check: logins({ a: second, b: first }),
        after: [{ ...refuses, check: logins({ a: second, b: first }) }],
      }),
    ),
    {
      does: "gives a Secret of another tool the password and our label when --force is given",
      given: relabel("kyverno"),
      command: `rotate ${name} -n b --force --grace 0`,
      stderr: any,
      check: checks(logins(both), slots(second), (world) =>
        expect(secretIn(world, "b").metadata.labels).toMatchObject({ [managedBy.key]: managedBy.value }),
      ),
    },
    {
      does: "keeps the password of a copy without annotations, now and in the next rotation",
      world: () => stored("a"),
      given: copyData,
      command: now,
      stderr: new RegExp(`secret/${name} in namespace copy also holds`),
      check: copyWorks,
      after: [{ ...refuses, check: copyWorks }],
    },
    {
      does: "rotates again when the copy has been copied again",
      world: () => stored("a"),
      given: copyData,
      command: `rotate ${name} -n a`,
      stderr: any,
      check: logins({ a: second }),
      after: [{ given: copyData, command: `rotate ${name} -n a`, stderr: any, check: logins({ a: first }) }],
    },
    {
      does: "ignores a login that the registry rejects",
      world: () => stored("a"),
      given: all(copyData, (world) => {
        const dead = { auths: { "myregistry.azurecr.io": { username: noteIn(world, "a").identity, password: "expired" } } };
        const data = { ".dockerconfigjson": Buffer.from(JSON.stringify(dead)).toString("base64") };
        world.cluster.put({ ...secretIn(world, "copy"), data });
      }),
      command: now,
      check: slots(second),
    },
    {
      does: "keeps the password that an Opaque Secret for Argo CD holds without our label",
      world: () => stored("a"),
      given: async (world) => {
        addNamespaces(world.cluster, "argocd");
        const { identity } = noteIn(world, "a");
        await typed("create chart --registry myregistry --repository app/web --for argocd -n argocd")(world);
        const password = await makeByHand(world, "password2", identity);
        old = { username: identity, password };
        const { metadata, ...chart } = secretIn(world, "argocd", "chart");
        const { [managedBy.key]: _, ...labels } = metadata.labels ?? {};
        const entry = { ...noteIn(world, "a"), slot: "password2", madeAt: madeAtOf(world, identity, "password2") };
        const annotations = { ...metadata.annotations, [loginsAnnotation]: JSON.stringify([entry]) };
        const base64 = (text: string) => Buffer.from(text).toString("base64");
        const data = { ...chart.data, username: base64(identity), password: base64(password) };
        world.cluster.put({ ...chart, metadata: { ...metadata, labels, annotations }, data });
      },
      command: now,
      stderr: any,
      check: isOld(true),
      after: [{ command: now, stderr: any, check: checks(isOld(true), (world) => expect(isAlive(world, "a")).toBe(true)) }],
    },
    {
      does: "warns in a schedule when a Secret of another tool expires in time",
      given: (world) => {
        const { metadata, ...secret } = secretIn(world, "b");
        const [entry] = JSON.parse(metadata.annotations?.[loginsAnnotation] ?? "[]");
        const annotations = { [loginsAnnotation]: JSON.stringify([{ ...entry, identity: "ci-pull", expiresAt: "2026-01-02T00:00:00Z" }]) };
        world.cluster.put({ ...secret, metadata: { ...metadata, labels: { [managedBy.key]: "Helm" }, annotations } });
      },
      command: "rotate -A --expiring-within 14d",
      stderr: new RegExp(`secret "${name}" in namespace "b" .* ci-pull .*${force.source}`, "s"),
      after: [
        { command: "rotate -n b --expiring-within 14d", code: 1 },
        { command: "rotate -n b --expiring-within 1h", stdout: [], stderr: any },
      ],
    },
  ],
  () => stored("a", "b"),
);

const inOne = `rotate ${name} -n a --context one`;
const areAlive = (world: FakeWorld) => expect(["one", "two"].filter((at) => isAlive(world, "a", name, at))).toEqual(["one", "two"]);
const ofTwo = sharedByClusters(`${create} -n a --credential-per scope`);

testRows(
  [
    {
      does: "keeps the password of another cluster by the default grace",
      given: ofTwo,
      command: inOne,
      stderr: any,
      check: areAlive,
    },
    {
      does: "keeps the password of another cluster that Azure names",
      given: ofTwo,
      command: `${inOne} --grace 0`,
      stderr: new RegExp(`cluster ${idOfTwo} may hold it.*--force`, "s"),
      check: areAlive,
      // The next rotation would revoke it.
      after: [{ command: `${inOne} --grace 0`, code: 1, writes: any, stderr: /--force/, check: areAlive }],
    },
    {
      does: "deletes the password before of another cluster when --force",
      given: ofTwo,
      command: `${inOne} --force --grace 0`,
      stderr: /^(?!.*cluster)/,
      check: slots(second),
    },
    {
      does: "keeps the password of another cluster when too many clusters share it to be named",
      given: all(ofTwo, ({ azure }) => {
        for (const { name: of, actions, description = "" } of azure.scopeMaps.values())
          azure.putScopeMap({ name: of, actions, description: description.replace(/ of clusters .*/, "") });
      }),
      command: `${inOne} --grace 0`,
      stderr: /--force/,
      check: areAlive,
      after: [
        {
          command: `delete ${name} --revoke -y -n a --context one`,
          ...failed,
          check: (world) => expect(isAlive(world, "a", name, "two")).toBe(true),
        },
      ],
    },
  ],
  () => twoClusters("a"),
);
