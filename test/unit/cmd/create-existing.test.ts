import { expect } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { line, token } from "../../support/demo.ts";
import { pullSecret, stuckPod } from "../../support/fakes/cluster.ts";
import { shared, stored } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { copyOf, isAlive, notedSecret, noteIn, slotsOf } from "../../support/rotating.ts";
import { all, any, before, failed, type Given, type Row, testRows, typed } from "../../support/rows.ts";

const metadata = { name: "acr-myregistry", namespace: "demo" };
const opaque: Secret = { apiVersion: "v1", kind: "Secret", metadata, type: "Opaque", data: { a: "eA==" } };
const putOpaque: Given = ({ cluster }) => cluster.put(opaque);
const immutable: Given = ({ cluster }) => cluster.put({ ...pullSecret("demo", "acr-myregistry"), immutable: true });
const deletes = /\nhint: use another name, .*\nhint: kubectl delete secret -n demo acr-myregistry\n$/;
const none = ({ azure }: FakeWorld) => expect(azure.tokens.size).toBe(0);

testRows([
  {
    does: "refuses a Secret that another user created, without any write",
    given: putOpaque,
    command: line,
    code: 1,
    stderr: /^error: secret "acr-myregistry" in namespace "demo" \(type Opaque\) was not created .*\nhint: use another name\n$/,
    check: none,
  },
  ...[
    { what: "another type", given: putOpaque, problem: "has type Opaque instead of kubernetes.io/dockerconfigjson" },
    { what: "an immutable Secret", given: immutable, problem: "is immutable" },
  ].map(
    ({ what, given, problem }): Row => ({
      does: `prints the command that deletes ${what} when --force is given, without any write`,
      given,
      command: `${line} --force`,
      code: 1,
      stderr: new RegExp(`^error: secret "acr-myregistry" in namespace "demo" ${problem}.*${deletes.source}`),
      writes: [],
      check: none,
    }),
  ),
]);

const base64 = (text: string) => Buffer.from(text).toString("base64");
const text = (data: string | undefined) => Buffer.from(data ?? "", "base64").toString();
const labels = { "app.kubernetes.io/managed-by": "Helm" };
const theirs = `{ "auths": {"ghcr.io": {"auth":"${base64("jane:p")}"}} }\n`;
/** Creates another user's pull secret. */
const put =
  (config = theirs): Given =>
  ({ cluster }) => {
    const data = { ".dockerconfigjson": base64(config) };
    cluster.put({ ...pullSecret("demo", "acr-myregistry"), metadata: { ...metadata, labels }, data }, "kubectl-create");
  };
const secretIn = ({ cluster }: FakeWorld) => cluster.get("secret", "demo", "acr-myregistry");
const textIn = (world: FakeWorld) => text(secretIn(world)?.data?.[".dockerconfigjson"]);
const force = `${line} --force`;
const added = /^{ "auths": {"ghcr\.io": {"auth":"amFuZTpw"},"myregistry\.azurecr\.io":{"username":"[^"]+",[^{}]+}} }\n$/;

testRows([
  {
    does: "writes a login to another user's Secret only with --force, and keeps the bytes of its other logins and its labels",
    given: put(),
    command: line,
    code: 1,
    stderr: /\nhint: .* --force to overwrite the login for myregistry.azurecr.io\n$/,
    after: [
      {
        command: force,
        stdout: /secret\/acr-myregistry configured\nserviceaccount\/default patched\n/,
        leaves: { secret: "alive" },
        check: (world) => {
          expect(textIn(world)).toMatch(added);
          expect(secretIn(world)?.metadata.labels).toEqual({ ...labels, "app.kubernetes.io/managed-by": "kubectl-acr-secret" });
        },
      },
      { command: line, stdout: /secret\/acr-myregistry unchanged\n/, writes: [] },
    ],
  },
  {
    does: "keeps a login that another user adds between the read and the write",
    given: all(
      put(),
      before("patch secret demo/acr-myregistry", (world) => {
        const secret = secretIn(world);
        const data = { ".dockerconfigjson": base64(textIn(world).replace('"auths": {', '"auths": {"quay.io":{},')) };
        if (secret) world.cluster.put({ ...secret, data }, "kubectl-edit");
      }),
    ),
    command: force,
    check: (world) => expect(textIn(world)).toMatch(/^{ "auths": {"quay\.io":{},"ghcr\.io": .*"myregistry\.azurecr\.io":/),
  },
  {
    does: "replaces another user's login for the registry with --force, and keeps the others",
    given: put(`{"auths":{"myregistry.azurecr.io":{"auth":"${base64("a:b")}"},"ghcr.io":{}}}`),
    command: force,
    check: (world) => expect(textIn(world)).toMatch(/^{"auths":{"myregistry\.azurecr\.io":{"username":.*},"ghcr\.io":{}}}$/),
  },
  {
    does: "keeps the bytes of a login that another user added to the plugin's Secret",
    given: all(typed(line), (world) => {
      const secret = secretIn(world);
      const data = { ".dockerconfigjson": base64(textIn(world).replace('{"auths":{', '{ "auths": {"ghcr.io": {"auth":"amFuZTpw"},')) };
      if (secret) world.cluster.put({ ...secret, data }, "kubectl-acr-secret");
      world.azure.tokens.get(token)?.passwords.clear();
    }),
    command: line,
    stdout: /secret\/acr-myregistry configured\n/,
    check: (world) => expect(textIn(world)).toMatch(/^{ "auths": {"ghcr\.io": {"auth":"amFuZTpw"},"myregistry\.azurecr\.io":{[^{}]+}}}$/),
  },
  {
    does: "shows the whole Secret when --dry-run=client",
    given: put(),
    command:
      "create --registry myregistry.azurecr.io --username ci --password-stdin --verify=false --force -n demo --dry-run=client -o json",
    options: { stdin: "p" },
    stderr: any,
    writes: [],
    check: (_, { stdout }) => {
      const shown = JSON.parse(stdout) as Secret;
      expect(shown.metadata).toMatchObject({ annotations: { "acr-secret/logins": expect.any(String) } });
      expect(text(shown.data?.[".dockerconfigjson"])).toMatch(/^{ "auths": {"ghcr\.io": .*,"myregistry\.azurecr\.io":/);
    },
  },
]);

/** Any client can use this field manager. */
const manager = "kubectl-acr-secret";
const create = "create --registry myregistry --repository app/web";
const both = `${create} --namespaces a,b --credential-per scope`;
const guess = { username: shared, password: "guessed" };
const aliveIn = (world: FakeWorld, ...names: string[]) => names.filter((at) => isAlive(world, at));
const forge: Given = (world) => world.cluster.put(notedSecret("a", "acr-myregistry", [noteIn(world, "a")], guess), manager);

/** Creates Secrets, and a namespace `evil` whose tenant knows the name of their token. */
async function withEvil(...names: string[]): Promise<FakeWorld> {
  const world = await stored(...names);
  addNamespaces(world.cluster, "evil");
  return world;
}

testRows(
  [
    ...[
      {
        what: "a guessed password",
        put: (world: FakeWorld) => {
          const note = noteIn(world, "a");
          world.cluster.put(notedSecret("evil", "acr-myregistry", [note], { ...guess, username: note.identity }), manager);
        },
      },
      {
        what: "an expiry in the past",
        put: (world: FakeWorld) =>
          world.cluster.put(copyOf(world, "a", { at: "evil", notes: { expiresAt: "2020-01-01T00:00:00Z" } }), manager),
      },
    ].map(
      (row): Row => ({
        does: `gives a Secret that records another namespace's token with ${row.what} a token of its own, and revokes nothing`,
        given: row.put,
        command: `${create} -n evil`,
        stderr: /^Warning: secret\/acr-myregistry .*\n$/,
        check: (world) => {
          const { identity } = noteIn(world, "a");
          expect(noteIn(world, "evil").identity).not.toBe(identity);
          expect(slotsOf(world, identity)).toEqual(["password1"]);
          expect(aliveIn(world, "a", "evil")).toEqual(["a", "evil"]);
        },
      }),
    ),
    {
      does: "keeps a shared password when one Secret records it and holds another one",
      world: () => stored("a", "b"),
      given: forge,
      command: both,
      stderr: ["2 Secrets configured"],
      check: (world) => {
        expect(slotsOf(world, shared)).toContain("password1");
        expect(aliveIn(world, "a", "b")).toEqual(["a", "b"]);
      },
    },
    ...["*", "--force", "web --force", "a\nkubectl delete ns demo"].map(
      (name): Row => ({
        does: `prints no command about a controller when a pod's owner reference has the name ${JSON.stringify(name)}`,
        given: ({ cluster }) => {
          const { metadata: of, ...pod } = stuckPod("evil", "web-1", "myregistry.azurecr.io/app/web:1");
          const owner = { apiVersion: "batch/v1", kind: "Job", name, uid: "o", controller: true };
          cluster.put({ ...pod, metadata: { ...of, ownerReferences: [owner] } });
        },
        command: `${create} -n evil --serviceaccount default`,
        stderr: /^(?!.*job\/).*kubectl acr-secret attach -n evil acr-myregistry pod\/web-1 --recreate\n/s,
      }),
    ),
    ...[
      { why: "the registry is not asked", more: "--verify=false", verdict: undefined },
      { why: "the registry cannot be reached", more: "", verdict: "unreachable" },
      { why: "the registry throttles", more: "", verdict: "throttled" },
    ].map(
      ({ why, more, verdict }): Row => ({
        does: `replaces no login by one that a user of another namespace wrote when ${why}`,
        world: () => stored("a", "b"),
        given: all(forge, ({ asking }) => {
          if (verdict) asking.around(async ({ port }, next) => (port === "registry" ? { verdict, message: "no answer" } : next()));
        }),
        command: `${both} ${more}`.trim(),
        ...failed,
        stderr: /b: error: secret "acr-myregistry" in namespace "b" holds another login for myregistry.azurecr.io, and/,
        check: (world) => expect(isAlive(world, "b")).toBe(true),
        after: [{ command: `${both} ${more} --force`, stderr: any }],
      }),
    ),
  ],
  () => withEvil("a"),
);
