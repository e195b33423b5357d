import { expect } from "vitest";
import { copiesData, copiesKey, copiesOf } from "../../../src/secret/record.ts";
import { lost, refused } from "../../support/demo.ts";
import { account, namespace, pullSecret, stuckPod } from "../../support/fakes/cluster.ts";
import { teams, worldOf } from "../../support/fakes/fleet.ts";
import type { Answer } from "../../support/fakes/terminal.ts";
import { type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { all, any, before, failed, type Given, type Row, refuse, type Step, testRows, typed } from "../../support/rows.ts";
import { after, deployment, everythingIn, image, made, making, running } from "../../support/situations/deleting.ts";

const yes = "delete -y -n demo";
const hint = /^hint: .*\nhint: kubectl acr-secret prune -n demo --registry myregistry\n$/;
const patched = "serviceaccount/default patched";
const deleted = [patched, "secret/acr-myregistry deleted"];
const listIn = ({ cluster }: FakeWorld, name: string) => cluster.get("serviceaccount", "demo", name)?.imagePullSecrets;
const notFound: Partial<Step> = {
  code: 1,
  stderr: /^Error from server \(NotFound\).*"acr" not found\nhint: kubectl acr-secret list -n demo\n$/,
};

let untouched: ReturnType<typeof everythingIn>;
const remember: Given = (world) => {
  untouched = everythingIn(world);
};
const isUntouched = (world: FakeWorld) => expect(everythingIn(world)).toEqual(untouched);
/** Runs before each check that nothing has changed. */
const given = (...givens: Given[]) => all(...givens, remember);
const needs = /^error: secret "acr-myregistry" in namespace "demo" is used by pods? /;
const theirs = pullSecret("demo", "theirs", { "docker.io": { auth: "YTpi" } });
const job = {
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "migrate", namespace: "demo" },
  spec: { template: { spec: { containers: [], imagePullSecrets: [{ name: "acr-myregistry" }] } } },
} as const;
const put =
  (...objects: Parameters<FakeWorld["cluster"]["put"]>[0][]): Given =>
  ({ cluster }) => {
    for (const object of objects) cluster.put(object);
  };
/** A run has created the Secret and claims it. */
const claimedUntil =
  (until: string): Given =>
  ({ cluster }) => {
    const secret = pullSecret("demo", "acr-myregistry");
    const claim = JSON.stringify({ run: "x", until, identity: "demo-acr-1", created: true });
    const labels = { "app.kubernetes.io/managed-by": "kubectl-acr-secret" };
    cluster.put({ ...secret, metadata: { ...secret.metadata, labels, annotations: { "acr-secret/claim": claim } } });
  };
const alone = stuckPod("demo", "alone", image, { names: ["acr-myregistry"], owner: "" });

testRows(
  [
    {
      does: "names what a killed create may have left when the Secret has no login yet",
      given: claimedUntil("2000-01-01T00:00:00Z"),
      command: "delete acr-myregistry --yes -n demo",
      stdout: deleted,
      stderr: /may have created demo-acr-1 in Azure.*\n.*prune -n demo --registry REGISTRY\n$/,
    },
    {
      does: "refuses to delete a Secret that another run has only claimed, and deletes it after the end of the claim",
      given: claimedUntil("2026-01-01T00:01:00Z"),
      command: "delete acr-myregistry --yes -n demo",
      ...failed,
      stderr: /another run is writing secret "acr-myregistry"/,
      check: ({ cluster }) => expect(cluster.get("secret", "demo", "acr-myregistry")).toBeDefined(),
      after: [{ given: claimedUntil("2025-12-31T00:00:00Z"), command: "delete acr-myregistry --yes -n demo", stdout: any, stderr: any }],
    },
    {
      does: "removes the references, then deletes the Secret, and prints what still exists in Azure",
      given: put(
        account("demo", "worker", ["theirs", "acr-myregistry", "mine"]),
        account("demo", "other", ["theirs"]),
        deployment(["acr-myregistry", "theirs"]),
      ),
      command: "delete acr-myregistry --yes -n demo",
      stdout: [patched, "serviceaccount/worker patched", "deployment.apps/web patched", "secret/acr-myregistry deleted"],
      stderr: hint,
      writes: /delete secret demo\/acr-myregistry\n$/,
      check: (world) => {
        expect([listIn(world, "worker"), listIn(world, "default")]).toEqual([[{ name: "theirs" }, { name: "mine" }], undefined]);
        expect(world.azure.tokens.size).toBe(1);
      },
    },
    {
      does: "deletes the only pull secret of the namespace when no name is given",
      command: "delete -y -n demo -o name",
      stdout: ["serviceaccount/default", "secret/acr-myregistry"],
      after: [{ command: yes, code: 1, stderr: /^error: .*\nhint: kubectl acr-secret list -n demo\n$/ }],
    },
    {
      does: "fails when neither the Secret nor a reference exists, except with --ignore-not-found",
      world: () => worldOf(["demo"]),
      command: "delete acr -y -n demo",
      ...notFound,
      after: [{ command: "delete acr -y -n demo --ignore-not-found", stdout: [] }],
    },
    {
      does: "removes the references when the Secret was deleted before",
      given: ({ cluster }) => cluster.remove("secret", "demo", "acr-myregistry"),
      command: "delete acr-myregistry -y -n demo",
      stdout: [patched],
    },
    ...["", "server "].map(
      (how): Row => ({
        does: `asks no question and changes nothing when --dry-run=${how.trim() || "client"}`,
        command: `delete --dry-run=${how.trim() || "client"} -n demo`,
        stdout: deleted.map((text) => `${text} (${how}dry run)`),
        writes: [],
      }),
    ),
    {
      does: "shows the deleted Secret without its values when --diff",
      command: "delete --diff -n demo",
      code: 1,
      stdout:
        /^-- name: acr-myregistry\n--- secret\/acr-myregistry\n\+\+\+ secret\/acr-myregistry\n@@ -1,12 \+0,0 @@\n.*- {2}.dockerconfigjson: "\*\*\*"\n/ms,
      stderr: [],
    },
    {
      does: "refuses to delete a Secret that pods need, and prints the command to run first",
      given: given(
        put(...["web-1", "web-2", "web-3", "web-4"].map((name) => running(name)), {
          ...alone,
          metadata: { ...alone.metadata, name: "over" },
        }),
      ),
      command: yes,
      code: 1,
      stderr: [
        'error: secret "acr-myregistry" in namespace "demo" is used by pods over, web-1, web-2 and 2 more; create another credential first, otherwise new pods cannot pull',
        "hint: kubectl acr-secret detach -n demo acr-myregistry --where-used",
        "hint: or --force to delete it anyway",
      ],
      check: isUntouched,
      after: [{ command: "delete --dry-run=client -n demo", code: 1, stderr: needs }],
    },
    ...[
      { why: "has ended", pod: { ...running("web-1"), status: { phase: "Succeeded" } } },
      { why: "has images of another registry", pod: running("web-1", { of: "docker.io/library/nginx" }) },
      { why: "does not name it", pod: running("web-1", { names: ["theirs"] }) },
    ].map(
      ({ why, pod }): Row => ({ does: `deletes a Secret when a pod ${why}`, given: put(pod), command: yes, stdout: deleted, stderr: hint }),
    ),
    {
      does: "deletes a Secret that pods need when --force, and warns about objects that can't be changed",
      given: put(running("web-1"), job),
      command: `${yes} --force`,
      stdout: deleted,
      stderr: /^Warning: job.batch\/migrate cannot be changed and still lists secret\/acr-myregistry\nhint: .*\nhint: .* prune .*\n$/,
    },
    {
      does: "deletes another user's Secret only with --force",
      world: () => worldOf(["demo"]),
      given: given(put(theirs, account("demo", "default", ["theirs"]))),
      command: "delete theirs -y -n demo",
      code: 1,
      stderr: /^error: secret "theirs" in namespace "demo" .*\nhint: .* --force .*\n$/,
      check: isUntouched,
      after: [{ command: "delete theirs -y --force -n demo", stdout: [patched, "secret/theirs deleted"] }],
    },
    {
      does: "deletes another user's login in its own Secret only with --force",
      given: ({ cluster }) => {
        const secret = cluster.get("secret", "demo", "acr-myregistry") ?? expect.unreachable("no Secret");
        const { auths } = JSON.parse(Buffer.from(secret.data?.[".dockerconfigjson"] ?? "", "base64").toString());
        const { data = {} } = pullSecret("demo", "x", { ...auths, "docker.io": { auth: "YTpi" } });
        cluster.put({ ...secret, data });
      },
      command: yes,
      code: 1,
      stderr: /docker.io\nhint: .* --force .*\n$/,
      after: [{ command: `${yes} --force`, stderr: any }],
    },
    {
      does: "removes no reference when the Secret may not be deleted",
      given: given(refuse("delete secret")),
      command: yes,
      code: 1,
      stderr: [refused().message],
      writes: any,
      check: isUntouched,
    },
    {
      does: "keeps the Secret when a reference could not be removed",
      given: all(put(account("demo", "worker", ["acr-myregistry"])), refuse("patch serviceaccount demo/worker")),
      command: yes,
      ...failed,
      stdout: [patched],
      stderr: [refused().message],
      check: ({ cluster }) => expect(cluster.get("secret", "demo", "acr-myregistry")).toBeDefined(),
    },
  ],
  made,
);

const on = (...answers: readonly Answer[]) => ({ answers, env: { CI: undefined } });
const question = "Delete secret/acr-myregistry, and remove its name from serviceaccount/default? [y/N] ";
const inAzure = ["token", "scopemap"].map((kind) => `${kind}.azurecr.io/demo-acr-myregistry-wpglvmjhiai25iab`).join(" and ");
const flags = "--revoke --force --ignore-not-found --tenant t.example";

testRows(
  [
    {
      does: "deletes when the answer is yes",
      command: "delete -n demo",
      options: on(true),
      stdout: deleted,
      stderr: /^.*serviceaccount\/default\? \[y\/N\] y\nhint: /,
    },
    {
      does: "deletes nothing when the answer is no",
      command: "delete acr-myregistry -n demo",
      options: on(false),
      code: 1,
      stderr: [`${question}n`, "error: aborted; nothing was deleted"],
    },
    {
      does: "exits with 130 when the question is interrupted",
      command: "delete -n demo",
      options: on("ctrl-c"),
      code: 130,
      stderr: new RegExp(`^${question.replace(/[?[\]]/g, "\\$&")}$`),
    },
    ...[
      { why: "there is no terminal", options: {} },
      { why: "CI is set", options: { answers: [true], env: { CI: "true" } } },
      { why: "the output is for programs", options: on(true), more: " -o name" },
    ].map(
      ({ why, options, more = "" }): Row => ({
        does: `requires --yes when ${why}`,
        world: () => fakeWorld(),
        command: `delete acr${more} ${flags} -n a`,
        options,
        code: 1,
        stderr: [
          "error: cannot ask for confirmation without a terminal or with -o; add --yes",
          `hint: kubectl acr-secret delete -n a acr --revoke --force --yes --ignore-not-found --tenant t.example`,
        ],
        writes: [],
      }),
    ),
    {
      does: "names the copies that it would delete when there is no terminal",
      world: () => after(worldOf(["demo", "b", "c"]), `${making} --serviceaccount default -n demo --copy-to b,c`),
      command: "delete acr-myregistry -n demo",
      code: 1,
      stderr: [
        "error: cannot ask for confirmation without a terminal or with -o; add --yes",
        "* Delete secret/acr-myregistry and secret/acr-myregistry in namespaces b, c, and remove its name from serviceaccount/default in namespaces b, c?",
        "hint: kubectl acr-secret delete -n demo acr-myregistry --yes",
      ],
      writes: [],
      after: [{ command: "delete acr -n demo", ...notFound }],
    },
    {
      does: "asks no question when the delete is refused",
      given: put(running("web-1")),
      command: "delete -n demo",
      options: on(),
      code: 1,
      stderr: needs,
      after: [{ command: "delete acr -n demo", options: on(), ...notFound }],
    },
    {
      does: "asks about the objects in Azure when --revoke",
      command: "delete --revoke -n demo",
      options: on(false),
      code: 1,
      stderr: new RegExp(`^Delete secret/acr-myregistry, ${inAzure}, and .* serviceaccount/default\\?`),
    },
    {
      does: "names the copies in other namespaces with their references",
      world: async () => {
        const world = await after(worldOf(["demo", "b", "c"]), `${making} --serviceaccount default -n demo --copy-to b,c`);
        for (let index = 0; index < 6; index++) world.cluster.put(account("b", `w${index}`, ["acr-myregistry"]));
        return world;
      },
      command: "delete acr-myregistry -n demo",
      options: on(false),
      code: 1,
      stderr:
        /^Delete secret\/acr-myregistry and secret\/acr-myregistry in namespaces b, c, and remove its name from serviceaccount\/default in namespaces b, c, (serviceaccount\/w\d in namespace b(, | and )?){6}\?/,
    },
    {
      does: "names at most ten of the namespaces with a copy",
      world: () => after(worldOf(["demo", ...teams(12)]), `${making} -n demo --copy-to-all`),
      command: "delete acr-myregistry -n demo",
      options: on(false),
      code: 1,
      stderr:
        /^Delete secret\/acr-myregistry and secret\/acr-myregistry in namespaces team-0, (team-\d+(, )?){11}\nDelete secret\/acr-myregistry and secret\/acr-myregistry in namespaces team-0, (team-\d+,? ){9}and 2 more\? /,
    },
  ],
  made,
);

const withCopies = () => after(worldOf(["demo", "b", "c"]), `${making} --serviceaccount default -n demo --copy-to b,c`);
const inB = ["secret/acr-myregistry deleted in namespace b", "serviceaccount/default patched in namespace b"];
const inC = ["secret/acr-myregistry deleted in namespace c", "serviceaccount/default patched in namespace c"];
const isListedInB = ({ cluster }: FakeWorld) =>
  expect(cluster.get("serviceaccount", "b", "default")?.imagePullSecrets).toEqual([{ name: "acr-myregistry" }]);
const ofB = { metadata: { name: "acr-myregistry", namespace: "b" } };
const copies = ({ cluster }: FakeWorld) => Object.keys(copiesOf(cluster.get("secret", "demo", "acr-myregistry")));
const namespaces =
  (...left: string[]) =>
  ({ cluster }: FakeWorld) =>
    expect(cluster.all("secret").map(({ metadata }) => metadata.namespace)).toEqual(left);
const source =
  'secret "acr-myregistry" in namespace "b" is a copy of secret "acr-myregistry" in namespace "demo", which holds the credential';

/** A pod in another namespace that needs the copy there. */
const runningIn = (namespace: string, name: string) => {
  const pod = running(name);
  return { ...pod, metadata: { ...pod.metadata, namespace } };
};
const needsCopies = put(runningIn("b", "web-1"), runningIn("b", "web-2"), runningIn("c", "web-1"));
const neededInCopies =
  /^error: secret "acr-myregistry" in namespace "demo" is used by 2 pods in b, 1 pod in c; .*\nhint: add --force to delete it anyway\n$/;

testRows(
  [
    {
      does: "refuses to delete a source when pods need its copies, and deletes it with --force",
      given: given(needsCopies),
      command: yes,
      code: 1,
      stderr: neededInCopies,
      check: isUntouched,
      after: [
        { command: "delete --dry-run=client -n demo", code: 1, stderr: neededInCopies },
        { command: `${yes} --force`, stdout: any, stderr: any, check: namespaces() },
      ],
    },
    {
      does: "names the pods of the namespace of a source before those of its copies",
      given: given(put(running("web-1")), needsCopies),
      command: yes,
      code: 1,
      stderr:
        /is used by pod web-1, 2 pods in b, 1 pod in c; .*\nhint: .* detach -n demo acr-myregistry --where-used\nhint: or --force .*\n$/,
      check: isUntouched,
    },
    {
      does: "deletes a source when pods need the Secret of a tenant in the place of a copy",
      given: put(runningIn("b", "web-1"), { ...pullSecret("b", "acr-myregistry"), ...ofB }),
      command: yes,
      stdout: [...inC, "secret/acr-myregistry deleted"],
      stderr: hint,
    },
    ...["pod b", "secret b/"].map(
      (at): Row => ({
        does: `deletes nothing when a ${at} cannot be read, and so may be in use`,
        given: given(refuse((asked) => `${asked.at}`.startsWith(at) && ["list", "get"].includes(asked.call))),
        command: yes,
        ...failed,
        check: isUntouched,
      }),
    ),
    {
      does: "deletes the copies of a source with their references, and then the source",
      command: yes,
      stdout: [...inB, ...inC, "secret/acr-myregistry deleted"],
      stderr: hint,
      writes: /delete secret b\/.*delete secret demo\/acr-myregistry\n$/s,
      check: namespaces(),
    },
    ...["client", "server"].map(
      (how): Row => ({
        does: `prints the copies and changes nothing when --dry-run=${how}`,
        command: `${yes} --dry-run=${how}`,
        stdout: [...inB, ...inC, "secret/acr-myregistry deleted"].map((text) => `${text} (${how === "server" ? "server " : ""}dry run)`),
        writes: [],
      }),
    ),
    {
      does: "leaves a Secret in the way of a copy, and the references to it",
      given: ({ cluster }) => void cluster.put({ ...pullSecret("b", "acr-myregistry"), ...ofB }),
      command: yes,
      stdout: [...inC, "secret/acr-myregistry deleted"],
      stderr: hint,
      check: (world) => {
        namespaces("b")(world);
        isListedInB(world);
      },
    },
    {
      does: "leaves the references to a Secret that a tenant puts in the place of a copy while it runs",
      given: before("delete secret b/acr-myregistry", ({ cluster }) => void cluster.put({ ...pullSecret("b", "acr-myregistry"), ...ofB })),
      command: yes,
      stdout: /^(?!.*serviceaccount\/default patched in namespace b)/s,
      stderr: hint,
      check: (world) => {
        namespaces("b")(world);
        isListedInB(world);
      },
    },
    {
      does: "removes the references to a copy that was deleted",
      given: ({ cluster }) => cluster.remove("secret", "b", "acr-myregistry"),
      command: yes,
      stdout: [inB[1] ?? "", ...inC, "secret/acr-myregistry deleted"],
      stderr: hint,
      check: namespaces(),
    },
    {
      does: "leaves a copy and the references to it in a namespace that was created again",
      given: ({ cluster }) => {
        cluster.remove("namespace", "", "b");
        cluster.put(namespace("b", { uid: "another" }));
      },
      command: yes,
      stdout: [...inC, "secret/acr-myregistry deleted"],
      stderr: hint,
      check: (world) => {
        namespaces("b")(world);
        isListedInB(world);
      },
    },
    {
      does: "removes the login and the label of a copy with logins of other registries, and leaves the references to it",
      given: ({ cluster }) => {
        const { metadata, ...secret } = cluster.get("secret", "b", "acr-myregistry") ?? expect.unreachable("no Secret");
        const { auths } = JSON.parse(Buffer.from(secret.data?.[".dockerconfigjson"] ?? "", "base64").toString());
        cluster.put({ ...pullSecret("b", "x", { ...auths, "docker.io": { auth: "YTpi" } }), metadata });
      },
      command: yes,
      stdout: ["secret/acr-myregistry configured in namespace b", ...inC, "secret/acr-myregistry deleted"],
      stderr: hint,
      check: (world) => {
        isListedInB(world);
        const { cluster } = world;
        const { metadata, data = {} } = cluster.get("secret", "b", "acr-myregistry") ?? expect.unreachable("no Secret");
        expect([metadata.labels, metadata.annotations]).toEqual([{}, {}]);
        expect(JSON.parse(Buffer.from(data[".dockerconfigjson"] ?? "", "base64").toString()).auths).toEqual({
          "docker.io": { auth: "YTpi" },
        });
      },
    },
    {
      does: "keeps the source when a copy may not be deleted, and deletes both when it runs again",
      given: refuse("delete secret b/"),
      command: yes,
      ...failed,
      stdout: inC,
      stderr: /Forbidden/,
      check: (world) => {
        namespaces("demo", "b")(world);
        isListedInB(world);
        expect(copies(world)).toContain("b");
      },
      after: [
        {
          command: yes,
          stdout: [...inB, "secret/acr-myregistry deleted"],
          stderr: hint,
          check: namespaces(),
        },
      ],
    },
    {
      does: "deletes a copy with its references, and takes its namespace out of the record of the source",
      command: "delete -y -n b",
      stdout: deleted,
      stderr: [],
      check: (world) => {
        namespaces("demo", "c")(world);
        expect(copies(world)).toEqual(["c"]);
      },
      after: [
        {
          command: "create acr-myregistry --registry myregistry -n demo --serviceaccount default",
          stdout: any,
          check: namespaces("demo", "c"),
        },
      ],
    },
    {
      does: "deletes a copy that a user has made under another name, and leaves the list of the source",
      given: ({ cluster }) => {
        const secret = cluster.get("secret", "b", "acr-myregistry") ?? expect.unreachable("no Secret");
        const { labels, annotations } = secret.metadata;
        cluster.put({ ...secret, metadata: { name: "mine", namespace: "b", labels, annotations } });
      },
      command: "delete mine -y -n b",
      stdout: ["secret/mine deleted"],
      stderr: [],
      check: (world) => {
        namespaces("demo", "b", "c")(world);
        expect(copies(world)).toEqual(["b", "c"]);
      },
    },
    {
      does: "changes nothing when the API server does not answer to the write of the source, and deletes the copy when it runs again",
      given: refuse("patch secret demo/", lost),
      command: "delete -y -n b",
      ...failed,
      check: namespaces("demo", "b", "c"),
      after: [{ command: "delete -y -n b", stdout: deleted, stderr: [], check: (world) => expect(copies(world)).toEqual(["c"]) }],
    },
    {
      does: "deletes a copy and warns when it may not write the source",
      given: refuse("patch secret demo/"),
      command: "delete -y -n b",
      stdout: deleted,
      stderr:
        /^Warning: .*secret\/acr-myregistry in namespace demo still lists namespace b, so create makes the copy again: .*Forbidden.*\n$/,
      check: namespaces("demo", "c"),
    },
    {
      does: "deletes a copy and warns when it may not read the source",
      given: refuse("get secret demo/"),
      command: "delete -y -n b",
      stdout: deleted,
      stderr:
        /^Warning: .*secret\/acr-myregistry in namespace demo may still list namespace b, so create makes the copy again: .*Forbidden.*\n$/,
      check: namespaces("demo", "c"),
    },
    {
      does: "refuses to revoke a copy, and prints the command for its source",
      command: "delete -y -n b --revoke",
      code: 1,
      stderr: [`error: ${source}`, "hint: kubectl acr-secret delete -n demo acr-myregistry --revoke"],
    },
    {
      does: "prints no command for a source that does not record the namespace",
      given: ({ cluster }) => {
        const secret = cluster.get("secret", "demo", "acr-myregistry") ?? expect.unreachable("no Secret");
        cluster.put({ ...secret, data: { ...secret.data, [copiesKey]: copiesData({ c: "uid-of-c" }) ?? "" } });
      },
      command: "delete -y -n b --revoke",
      code: 1,
      stderr: [`error: ${source}`, "hint: omit --revoke"],
      after: [
        {
          command: "delete -y -n b",
          stdout: deleted,
          stderr: [],
          writes: /^(?!.*secret demo)/s,
          check: (world) => expect(copies(world)).toEqual(["c"]),
        },
      ],
    },
  ],
  withCopies,
);

/** Answers yes, and acts before the first request after the question. */
function meanwhile(act: Given): Pick<Row, "given" | "options"> {
  let isAsked = false;
  const sees = (text: string) => {
    isAsked ||= text.includes("[y/N]");
  };
  const given: Given = (world) => {
    const undo = world.asking.around(async (_, next) => {
      if (isAsked) {
        undo();
        await act(world);
        remember(world);
      }
      return next();
    });
  };
  return { given, options: { ...on(true), sees } };
}
const asked = (what: string, command = "delete acr-myregistry --revoke -n demo") =>
  ({
    command,
    ...failed,
    stdout: [],
    stderr: new RegExp(`y\nerror: ${what} was not in the question, so it stays\nhint: run the command again\n$`),
    check: isUntouched,
  }) as const;
const withOther = async () => {
  const world = await after(worldOf(["demo", "b", "c"]), `${making} --serviceaccount default -n demo`);
  put(theirs)(world);
  return world;
};
const inDemo = "secret/acr-myregistry in namespace demo";

testRows(
  [
    {
      does: "keeps a source that gets copies after the question",
      ...meanwhile(typed(`${making} --serviceaccount default -n demo --copy-to b,c`)),
      ...asked(`the copy in namespace b of ${inDemo}`),
    },
    {
      does: "keeps a source that replaces another one after the question",
      ...meanwhile(
        typed("delete acr-myregistry -n demo --yes", "create --registry myregistry --service-principal --serviceaccount default -n demo"),
      ),
      ...asked(inDemo),
    },
    {
      does: "keeps a source that gets another credential after the question",
      ...meanwhile(typed("create acr-myregistry --registry myregistry --service-principal --serviceaccount default -n demo --force")),
      ...asked(inDemo),
    },
    {
      does: "keeps a source that gets another credential while the run claims it",
      given: before(
        "patch secret demo/acr-myregistry",
        typed("create acr-myregistry --registry myregistry --service-principal --serviceaccount default -n demo --force"),
      ),
      options: on(true),
      ...asked(inDemo),
      check: ({ azure, cluster }) => {
        expect([azure.tokens.size, azure.directory.applications.length]).toEqual([1, 1]);
        expect(cluster.get("serviceaccount", "demo", "default")?.imagePullSecrets).toEqual([{ name: "acr-myregistry" }]);
      },
    },
    {
      does: "keeps a Secret and its references when a workload lists it after the question",
      ...meanwhile(put(deployment(["acr-myregistry"]))),
      ...asked("deployment.apps/web in namespace demo", "delete -n demo"),
    },
    {
      does: "keeps a source that replaces the Secret of another tool after the question, even with --force",
      ...meanwhile(
        all(
          ({ cluster }) => cluster.remove("secret", "demo", "theirs"),
          typed("create theirs --registry myregistry --repository app/web --serviceaccount default -n demo --copy-to b"),
        ),
      ),
      ...asked("secret/theirs in namespace demo", "delete theirs --force -n demo"),
    },
    {
      does: "keeps a Secret that is created after a question about its references",
      world: async () => {
        const world = await withOther();
        world.cluster.remove("secret", "demo", "acr-myregistry");
        return world;
      },
      ...meanwhile(typed(`${making} --serviceaccount default -n demo`)),
      ...asked(inDemo, "delete acr-myregistry -n demo"),
    },
    {
      does: "deletes a source that was rotated after the question",
      ...meanwhile(typed("rotate -n demo")),
      command: "delete acr-myregistry --revoke -n demo",
      stderr: any,
      check: ({ azure }) => expect(azure.tokens.size).toBe(0),
    },
  ],
  withOther,
);

testRows(
  [
    {
      does: "keeps a copy that is created after the question, and the references to it",
      ...meanwhile(typed(`${making} --serviceaccount default -n demo`)),
      world: async () => {
        const world = await withCopies();
        world.cluster.remove("secret", "b", "acr-myregistry");
        return world;
      },
      command: "delete -n demo",
      ...failed,
      stdout: inC,
      stderr: /error: .*secret\/acr-myregistry in namespace b was not in the question, so it stays/,
      check: (world) => {
        namespaces("demo", "b")(world);
        isListedInB(world);
      },
    },
  ],
  withCopies,
);
