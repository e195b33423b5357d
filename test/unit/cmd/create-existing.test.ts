import { expect } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { type Credential, claimKey, credentialKey, credentialOf } from "../../../src/secret/record.ts";
import { line, token } from "../../support/demo.ts";
import { pullSecret, stuckPod } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { annotates, closes } from "../../support/rotating.ts";
import { all, any, before, failed, type Given, type Row, refuse, testRows, typed } from "../../support/rows.ts";

const metadata = { name: "acr-myregistry", namespace: "demo" };
const opaque: Secret = { apiVersion: "v1", kind: "Secret", metadata, type: "Opaque", data: { a: "eA==" } };
const putOpaque: Given = ({ cluster }) => cluster.put(opaque);
const immutable: Given = ({ cluster }) => cluster.put({ ...pullSecret("demo", "acr-myregistry"), immutable: true });
const deletes = /\nhint: use another name, .*\n {2}kubectl delete secret -n demo acr-myregistry\n$/;
const none = ({ azure }: FakeWorld) => expect(azure.tokens.size).toBe(0);

testRows([
  {
    does: "sends a login to no host that only a record names",
    given: all(typed(line), (world) => {
      const { metadata } = secretIn(world) ?? expect.unreachable("no Secret");
      const annotations = { [credentialKey]: JSON.stringify({ ...credentialOf(secretIn(world)), host: "10.0.0.1:6443" }) };
      const login = { username: "u", password: "p" };
      world.cluster.put({ ...pullSecret("demo", metadata.name, { "10.0.0.1:6443": login }), metadata: { ...metadata, annotations } });
    }),
    command: line,
    code: 1,
    stderr: /^error: secret "acr-myregistry" in namespace "demo" holds a credential for 10\.0\.0\.1:6443\n/,
    check: ({ asking }) => expect(asking.all.filter((call) => /^(admits|prove|anyTag)/.test(call))).toEqual([]),
  },
  {
    does: "refuses a Secret that another user created, without any write",
    given: putOpaque,
    command: line,
    code: 1,
    stderr: /^error: secret "acr-myregistry" in namespace "demo" \(type Opaque\) was not created .*\nhint: use another name\n$/,
    check: none,
  },
  {
    does: "refuses a Secret that another user created at once, although it has a claim",
    given: ({ cluster }) => {
      const claim = JSON.stringify({ run: "x", until: new Date(cluster.about.now() + 100_000).toISOString() });
      const secret = pullSecret("demo", metadata.name, { "ghcr.io": { username: "jane", password: "p" } });
      return cluster.put({ ...secret, metadata: { ...metadata, annotations: { [claimKey]: claim } } });
    },
    command: line,
    code: 1,
    stderr: /^error: secret "acr-myregistry" in namespace "demo" \(type kubernetes.io\/dockerconfigjson\) was not created /,
    writes: [],
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
    does: "replaces an invalid login and keeps a label that another team writes at the same time",
    given: all(
      typed(line),
      ({ azure }) => azure.tokens.get(token)?.passwords.clear(),
      before("patch secret demo/acr-myregistry", (world) => {
        const secret = secretIn(world);
        const { metadata: of = { name: "" } } = secret ?? {};
        if (secret) world.cluster.put({ ...secret, metadata: { ...of, labels: { ...of.labels, team: "web" } } }, "team");
      }),
    ),
    command: line,
    stdout: /secret\/acr-myregistry configured\n/,
    leaves: { secret: "alive", slots: "password1", password: "password-2" },
    check: (world) => expect(secretIn(world)?.metadata.labels).toMatchObject({ team: "web" }),
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
      expect(shown.metadata).toMatchObject({ annotations: { [credentialKey]: expect.any(String) } });
      expect(text(shown.data?.[".dockerconfigjson"])).toMatch(/^{ "auths": {"ghcr\.io": .*,"myregistry\.azurecr\.io":/);
    },
  },
]);

const removes: Given = ({ cluster }) => cluster.remove("secret", "demo", "acr-myregistry");
/** The Secret was deleted by hand twice, so that no Secret records the passwords of its token. */
const bothLeft = all(typed(line), removes, typed(line), removes);
const slots = (...names: string[]) => ({ slots: names.join(), secret: names.includes("password1") ? "alive" : "none" });
const unrecorded = new RegExp(
  `^error: no Secret records password1 of ${token}, and another tool may use it\nhint: add --force to end password1 if no pull Secret holds it\n$`,
);

testRows([
  {
    does: "fills the empty slot of its token when its Secret was deleted by hand",
    given: all(typed(line), removes),
    command: line,
    stdout: [
      `scopemap.azurecr.io/${token} unchanged`,
      `token.azurecr.io/${token} configured`,
      "secret/acr-myregistry created",
      "serviceaccount/default unchanged",
    ],
    leaves: slots("password1", "password2"),
  },
  {
    does: "generates its password in the same slot when a user deletes the claimed Secret",
    given: before("prove", removes),
    command: line,
    stdout: any,
    leaves: slots("password1"),
  },
  {
    does: "ends the older of two passwords that no Secret records only with --force",
    given: bothLeft,
    command: line,
    ...failed,
    stdout: [],
    stderr: unrecorded,
    leaves: { slots: "password1,password2", secret: "none" },
    after: [
      {
        command: force,
        stdout: new RegExp(`token.azurecr.io/${token} configured \\(-password1\\)\n`),
        leaves: { slots: "password2,password1", secret: "alive", password: "password-3" },
      },
    ],
  },
  {
    does: "keeps a password that no Secret records and that a pull Secret holds, even with --force",
    given: all(
      typed(line),
      ({ cluster }) => {
        const { metadata: of, ...secret } = cluster.get("secret", "demo", "acr-myregistry") ?? expect.unreachable("no Secret");
        cluster.put({ ...secret, metadata: { name: "other", namespace: of.namespace } }, "kubectl-create");
      },
      removes,
      typed(line),
      removes,
    ),
    command: force,
    ...failed,
    stdout: [],
    stderr: /^error: secret\/other in namespace demo holds password1 of /,
    leaves: { slots: "password1,password2" },
  },
  {
    does: "ends no password that no Secret records when a namespace that may hold it refuses its Secrets",
    given: all(bothLeft, closes("closed", "open")),
    command: force,
    ...failed,
    stderr: /^error: password1 of \S+ stays, because a namespace whose Secrets cannot be listed may hold it/,
    leaves: { slots: "password1,password2" },
  },
  {
    does: "says that it did not look for holders when Secrets may not be listed",
    given: all(bothLeft, refuse("list secret")),
    command: force,
    stdout: any,
    stderr: /^Warning: cannot check whether other Secrets hold the password: /,
    leaves: { secret: "alive" },
  },
]);

/** Another run has claimed the Secret until then. The clock of the API server advances with each wait. */
const claimedUntil = (until: string, row: Partial<Row>): Row => {
  let world: FakeWorld;
  const start = Date.parse("2026-01-01T00:00:00Z");
  let waited = 0;
  return {
    does: "",
    given: all(typed(line), (of) => {
      world = of;
      annotates("demo", { key: claimKey, value: { run: "another", until }, manager: "kubectl-acr-secret" })(of);
    }),
    command: line,
    options: {
      sleep: async (milliseconds) => {
        waited += milliseconds;
        world.cluster.about.now = () => start + waited;
      },
    },
    stdout: any,
    leaves: { secret: "alive", slots: "password1" },
    ...row,
  };
};

testRows([
  claimedUntil("2026-01-01T00:01:00.000Z", {
    does: "waits for the claim of another run, and says until when",
    stderr: ["secret/acr-myregistry in namespace demo: waiting for another run, whose claim ends at 2026-01-01T00:01:05Z"],
  }),
  claimedUntil("2026-01-01T01:00:00.000Z", { does: "ignores a claim that ends later than any run can write" }),
]);

const create = "create --registry myregistry --repository app/web -n evil";
const recordIn = (world: FakeWorld, at: string) =>
  credentialOf(world.cluster.get("secret", at, "acr-myregistry")) ?? expect.unreachable("no record");
const isAlive = (world: FakeWorld, at: string) => world.azure.knows(world.loginIn(at) ?? { username: "", password: "" });

/** A tenant writes a Secret whose record names another namespace's token. */
const forge =
  (record: Partial<Credential>, password?: string): Given =>
  (world) => {
    const { metadata: of, data = {}, ...secret } = world.cluster.get("secret", "a", "acr-myregistry") ?? expect.unreachable("no Secret");
    const config = text(data[".dockerconfigjson"]).replaceAll(/"(?:password|auth)":"[^"]*"/g, (part) =>
      password === undefined ? part : part.startsWith('"auth"') ? `"auth":""` : `"password":"${password}"`,
    );
    const annotations = { [credentialKey]: JSON.stringify({ ...recordIn(world, "a"), ...record }) };
    world.cluster.put(
      {
        ...secret,
        metadata: { name: of.name, namespace: "evil", labels: of.labels ?? {}, annotations },
        data: { ".dockerconfigjson": base64(config) },
      },
      "kubectl-acr-secret",
    );
  };

testRows(
  [
    ...[
      { what: "a guessed password", given: forge({}, "guessed") },
      { what: "an expiry in the past", given: forge({ expiresAt: "2020-01-01T00:00:00Z" }) },
    ].map(
      ({ what, given }): Row => ({
        does: `gives a Secret that records another namespace's token with ${what} a token of its own, and ends nothing`,
        given,
        command: create,
        stdout: /^scopemap\S+ created .*\ntoken\S+ created\nsecret\/acr-myregistry configured\n$/,
        check: (world) => {
          const { identity } = recordIn(world, "a");
          expect(recordIn(world, "evil").identity).not.toBe(identity);
          expect([...(world.azure.tokens.get(identity)?.passwords.keys() ?? [])]).toEqual(["password1"]);
          expect(["a", "evil"].filter((at) => isAlive(world, at))).toEqual(["a", "evil"]);
        },
      }),
    ),
    {
      does: "sends nothing to Azure when a Secret records another namespace's token and its login pulls",
      given: forge({}),
      command: create,
      stdout: ["secret/acr-myregistry unchanged"],
      writes: [],
      check: ({ asking }) => expect(asking.all.filter((call) => /^(?:findRegistry|token|scopeMap)/.test(call))).toEqual([]),
    },
    ...["*", "--force", "web --force", "a\nkubectl delete ns demo"].map(
      (name): Row => ({
        does: `prints no command about a controller when a pod's owner reference has the name ${JSON.stringify(name)}`,
        given: ({ cluster }) => {
          const { metadata: of, ...pod } = stuckPod("evil", "web-1", "myregistry.azurecr.io/app/web:1");
          const owner = { apiVersion: "batch/v1", kind: "Job", name, uid: "o", controller: true };
          cluster.put({ ...pod, metadata: { ...of, ownerReferences: [owner] } });
        },
        command: `${create} --serviceaccount default`,
        stderr: /^(?!.*job\/).*kubectl acr-secret attach -n evil acr-myregistry pod\/web-1 --recreate\n/s,
      }),
    ),
  ],
  async () => {
    const world = await stored("a");
    addNamespaces(world.cluster, "evil");
    return world;
  },
);
