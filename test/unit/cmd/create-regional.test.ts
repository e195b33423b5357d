import { expect } from "vitest";
import { demo, line, token } from "../../support/demo.ts";
import { pullSecret, stuckPod } from "../../support/fakes/cluster.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { all, answer, any, before, failed, type Given, type Row, type Step, testRows, typed, unchanged } from "../../support/rows.ts";

const home = "myregistry.azurecr.io";
const east = "myregistry.eastus.geo.azurecr.io";
const west = "myregistry.westeurope.geo.azurecr.io";
const regional = `${line} --include-regional`;

const hosts =
  (...names: string[]): Given =>
  ({ azure }) => {
    azure.facts.regional = names;
  };

/** Creates a world with a registry in two regions. */
function geo() {
  const world = demo();
  hosts(east, west)(world);
  return world;
}

const secretIn = ({ cluster }: FakeWorld, namespace = "demo") => cluster.get("secret", namespace, "acr-myregistry");
const textIn = (world: FakeWorld, namespace?: string) =>
  Buffer.from(secretIn(world, namespace)?.data?.[".dockerconfigjson"] ?? "", "base64").toString();

/** Returns the keys in a Secret, each with its password. */
const keysIn = (world: FakeWorld, namespace?: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(JSON.parse(textIn(world, namespace)).auths as Record<string, { password: string }>).map(([key, of]) => [
      key,
      of.password,
    ]),
  );

/** Checks that the Secret has one password under all hosts, which its annotation records. */
const under =
  (password: string, ...names: string[]) =>
  (world: FakeWorld) => {
    const keys = names.length > 0 ? names : [home, east, west];
    expect(keysIn(world)).toEqual(Object.fromEntries(keys.map((key) => [key, password])));
  };
const records =
  (...entries: string[]) =>
  (world: FakeWorld) =>
    expect(
      JSON.parse(secretIn(world)?.metadata.annotations?.["acr-secret/logins"] ?? "[]").map(
        (one: { kind: string; hosts: string[] }) => `${one.kind} ${one.hosts}`,
      ),
    ).toEqual(entries);
const everywhere = records(`acr-token ${home},${east},${west}`);

/** Another user changes the logins and keeps the annotation. */
const edit =
  (change: (auths: Record<string, unknown>) => unknown): Given =>
  (world) => {
    const { auths } = JSON.parse(textIn(world));
    change(auths);
    const secret = secretIn(world) ?? expect.unreachable("no Secret");
    world.cluster.put({ ...secret, data: pullSecret("demo", "x", auths).data ?? {} }, "kubectl-acr-secret");
  };
const noPassword: Given = ({ azure }) => azure.tokens.get(token)?.passwords.clear();
const adds = (more: string, check = under("password-1")): Step => ({
  command: `${regional}${more}`,
  stdout: /secret\/acr-myregistry configured\n/,
  check,
});
const proofsAt = ({ asking }: FakeWorld, host: string) =>
  asking.all.filter((text) => /^(prove|admits) /.test(text) && text.includes(host)).length;
const proves = (inEast: number, inWest: number) => (world: FakeWorld) =>
  expect([proofsAt(world, east), proofsAt(world, west)]).toEqual([inEast, inWest]);
const atWest = ({ call, at }: { call: string; at: string }) => call === "prove" && at.includes(west);
const given = "--username ci --password-stdin";
const hunter2 = { stdin: "hunter2" };
const user: Given = ({ azure }) => azure.users.set("ci", "hunter2");
const many = "create --registry myregistry --repository app/web --credential-per scope --namespaces demo,other";
const byHand = (host: string, more = ""): Step => ({
  command: `create acr-myregistry --registry ${host} ${given} --repository app/web -n demo${more}`,
  options: hunter2,
  stderr: any,
});

testRows(
  [
    {
      does: "writes the login under the registry's regional hosts too, and keeps all in a second run with and without the flag",
      command: regional,
      stdout: /secret\/acr-myregistry created\nserviceaccount\/default patched\npod\/web-1 restarted\n/,
      check: (world) => {
        under("password-1")(world);
        everywhere(world);
      },
      after: [unchanged(regional), unchanged(line)],
    },
    { does: "adds the regional hosts to an existing Secret with its password", given: typed(line), ...adds("") },
    ...["", " --include-regional"].map(
      (more): Row => ({
        does: `writes a new password under all hosts, and under one that Azure no longer names, when it runs with${more || "out the flag"}`,
        given: all(typed(regional), noPassword, hosts(west)),
        command: `${line}${more}`,
        check: (world) => {
          under("password-2")(world);
          everywhere(world);
        },
      }),
    ),
    {
      does: "ignores images on regional hosts without the flag, and grants and restarts their pods with it",
      given: ({ cluster, azure }) => {
        cluster.put(stuckPod("demo", "api-1", `${west}/app/api:1`));
        azure.images.add("app/api:1");
      },
      command: line,
      stdout: /^(?!.*api)/s,
      stderr: any,
      after: [
        {
          command: `${regional} --repositories-from-pods`,
          stdout: [
            `scopemap.azurecr.io/${token} configured (+app/api)`,
            `token.azurecr.io/${token} unchanged`,
            "secret/acr-myregistry configured",
            "serviceaccount/default unchanged",
            "pod/api-1 restarted",
          ],
        },
        {
          given: ({ cluster }) => cluster.put(stuckPod("demo", "late-1", `${east}/app/late:1`)),
          command: line,
          stderr: /Warning: pods use app\/late, /,
        },
      ],
    },
    {
      does: "repairs a regional host that another user removed or changed only with the flag",
      given: all(
        typed(regional),
        edit((auths) => {
          delete auths[east];
          auths[west] = { username: "x", password: "y" };
        }),
      ),
      ...adds(""),
      after: [{ given: edit((auths) => delete auths[east]), command: line, check: under("password-1", home, west) }],
    },
    ...[
      { more: "", stderr: new RegExp(`holds a credential for ${east}\nhint: .* --merge .* --force .*\n$`) },
      { more: " --merge", stderr: new RegExp(`login for ${east} that this plugin did not add\nhint: (?!.*--merge).* --force .*\n$`) },
    ].map(
      ({ more, stderr }): Row => ({
        does: `replaces another user's login for a regional host only with --force: --include-regional${more}`,
        given: all(
          typed(line),
          edit((auths) => Object.assign(auths, { [east]: { username: "jane", password: "p" } })),
        ),
        command: `${regional}${more}`,
        code: 1,
        stderr,
        after: [adds(`${more} --force`)],
      }),
    ),
    {
      does: "adds all hosts to another user's Secret when --merge is given, and records them as one login",
      given: ({ cluster }) => {
        const data = { ".dockerconfigjson": Buffer.from('{ "auths": {"ghcr.io": {"auth":"amFuZTpw"}} }').toString("base64") };
        cluster.put({ ...pullSecret("demo", "acr-myregistry"), data }, "kubectl-create");
      },
      command: `${regional} --merge`,
      check: (world) => {
        const logins = [home, east, west].map((host) => `"${host}":{[^{}]+}`);
        expect(textIn(world)).toMatch(new RegExp(`^{ "auths": {"ghcr\\.io": {"auth":"amFuZTpw"},${logins}} }$`));
        everywhere(world);
      },
      after: [unchanged(`${line} --merge`), unchanged(`${regional} --merge`)],
    },
    {
      does: "keeps a host that another run adds between the read and the write",
      given: all(
        typed(line),
        hosts(west),
        before(
          "patch secret demo/acr-myregistry",
          edit((auths) => Object.assign(auths, { [east]: auths[home] })),
        ),
      ),
      command: regional,
      check: under("password-1"),
    },
    {
      does: "adds the hosts to the namespaces that lack them when they share a credential",
      given: all(
        ({ cluster }) => addNamespaces(cluster, "kube-system", "other"),
        typed(many),
        hosts(east),
        typed(`${many.replace(",other", "")} --include-regional`),
      ),
      command: many,
      stdout: /^(?!.*configured)/s,
      stderr: any,
      after: [
        {
          command: `${many} --include-regional`,
          stdout: /secret\/acr-myregistry unchanged in namespace demo\nsecret\/acr-myregistry configured in namespace other\n/,
          stderr: any,
          check: (world) => expect(Object.keys(keysIn(world, "other"))).toEqual([home, east]),
        },
      ],
    },
    {
      does: "writes a supplied login under all hosts when the registry is named by one of them",
      given: user,
      command: `create --registry ${west} ${given} --include-regional -n demo`,
      options: hunter2,
      stdout: /secret\/acr-myregistry created\n/,
      stderr: any,
      check: under("hunter2"),
    },
    {
      does: "proves a new login at each regional host, and a valid login only at hosts that its Secret lacks",
      given: hosts(east),
      command: regional,
      check: proves(1, 0),
      after: [{ given: hosts(east, west), command: regional, check: proves(0, 1) }],
    },
    ...["refused", "blocked", "not-checked"].map(
      (verdict): Row => ({
        does: `rolls back the login when a regional host answers ${verdict}`,
        given: answer(atWest, { verdict, message: "no" }),
        command: regional,
        ...failed,
        stderr: new RegExp(`^error: regional host ${west} .*: no`),
        leaves: { secret: "none", tokens: [] },
      }),
    ),
    {
      does: "accepts a regional host whose replica lacks the image",
      given: answer(atWest, { verdict: "not-found", message: "not there yet" }),
      command: regional,
    },
    { does: "asks no regional host when --verify=false", command: `${regional} --verify=false`, stderr: any, check: proves(0, 0) },
    ...[
      {
        what: "the regional endpoints are off",
        names: [],
        stderr: /^error: .*\nhint: .* --include-regional\nhint: .*:\n {2}az acr update --name myregistry --regional-endpoints enabled\n$/,
      },
      {
        what: "the registry is no Premium registry",
        names: [],
        sku: "Standard",
        stderr: /^error: .* Standard, .*\nhint: .* --include-regional\n$/,
      },
      {
        what: "Azure names hosts of another registry",
        names: ["others.eastus.geo.azurecr.io"],
        stderr: new RegExp(`^error: Azure returned .* others.eastus.geo.azurecr.io, .* ${home}\n`),
      },
      {
        what: "a login is supplied for a registry that is not found in Azure",
        names: [],
        typed: `create --registry theirs.azurecr.io ${given}`,
        stderr: /^error: --include-regional: theirs.azurecr.io .*\nhint: .* --registry NAME.REGION.geo.azurecr.io --merge\n$/,
      },
    ].map(
      ({ what, names, sku = "Premium", typed: command = line, stderr }): Row => ({
        does: `writes nothing when ${what}`,
        world: () => demo({ sku }),
        given: hosts(...names),
        command: `${command} --include-regional`,
        options: hunter2,
        code: 1,
        stderr,
      }),
    ),
    {
      does: "lists each regional host only with -o wide",
      given: typed(regional),
      command: "list -n demo --no-headers",
      stdout: /^\S+ +myregistry /,
      after: [{ command: "list -n demo --no-headers -o wide", stdout: new RegExp(`^\\S+ +myregistry,${east},${west} `) }],
    },
    {
      does: "adds a regional host by its own run when Azure is not asked, and keeps the login server's",
      given: user,
      ...byHand(home),
      after: [
        { ...byHand(east, " --merge"), stdout: /secret\/acr-myregistry configured\n/, check: records(`given ${home}`, `given ${east}`) },
        { ...byHand(home), check: under("hunter2", home, east) },
      ],
    },
  ],
  geo,
);
