import { expect } from "vitest";
import { refused } from "../../support/demo.ts";
import { account, pullSecret, stuckPod } from "../../support/fakes/cluster.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import type { Answer } from "../../support/fakes/terminal.ts";
import { type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { all, any, failed, type Given, type Row, refuse, type Step, testRows } from "../../support/rows.ts";
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
const alone = stuckPod("demo", "alone", image, { names: ["acr-myregistry"], owner: "" });

testRows(
  [
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
      world: () => worldOf(["demo", "other"]),
      command: "delete acr -y -n demo",
      ...notFound,
      after: [
        { command: "delete acr -y -n demo --ignore-not-found", stdout: [] },
        { command: "delete acr -y --namespaces demo,other", code: 1 },
        { command: "delete acr -y --namespaces demo,other --ignore-not-found", stdout: [], stderr: ["nothing to do"] },
      ],
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
      does: "refuses to delete a Secret that pods need, and prints the commands to run first",
      given: given(
        put(...["web-1", "web-2", "web-3", "web-4"].map((name) => running(name)), {
          ...alone,
          metadata: { ...alone.metadata, name: "over" },
        }),
      ),
      command: yes,
      code: 1,
      stderr:
        /^error: .* is used by pods over, web-1, web-2 and 2 more; .*\nhint: .*:\n {2}kubectl acr-secret detach -n demo acr-myregistry --serviceaccount default && kubectl rollout restart -n demo deployment\/web\nhint: or --force .*\n$/,
      check: isUntouched,
      after: [{ command: "delete --dry-run=client -n demo", code: 1, stderr: needs }],
    },
    {
      does: "prints only the detach command when it rolls out the workload",
      given: put(deployment(["acr-myregistry"]), running("web-1")),
      command: yes,
      code: 1,
      stderr: /\n {2}kubectl acr-secret detach -n demo acr-myregistry deployment\/web --serviceaccount default\n/,
    },
    {
      does: "prints no command for a pod without a controller",
      given: put(account("demo"), alone),
      command: yes,
      code: 1,
      stderr: /^error: .* is used by pod alone; .*\nhint: (?!kubectl).*--force.*\n$/,
    },
    ...[
      { why: "has ended", pod: { ...running("web-1"), status: { phase: "Succeeded" } } },
      { why: "has images of another registry", pod: running("web-1", { of: "docker.io/library/nginx" }) },
      { why: "does not name it", pod: running("web-1", { names: ["theirs"] }) },
    ].map(
      ({ why, pod }): Row => ({ does: `deletes a Secret when a pod ${why}`, given: put(pod), command: yes, stdout: deleted, stderr: hint }),
    ),
    {
      does: "deletes a Secret that pods need when --force, and warns about the objects that still name it",
      given: put(running("web-1"), job),
      command: `${yes} --force`,
      stdout: deleted,
      stderr: /^Warning: job.batch\/migrate .*\nWarning: pod web-1 .*\nhint: .*\nhint: kubectl acr-secret prune .*\n$/,
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
    {
      does: "deletes the Secrets of the other namespaces when pods of one need it",
      world: () => after(worldOf(["demo", "team-a", "team-b"]), `${making} --serviceaccount default -A --credential-per namespace`),
      given: put(running("web-1")),
      command: "delete acr-myregistry -y -A",
      ...failed,
      stdout: ["team-a", "team-b"].flatMap((at) => deleted.map((text) => `${text} in namespace ${at}`)),
      stderr: /^demo: error: .* is used by pod web-1; .*\nhint: .*:\n {2}.*\nhint: or .*\n2 Secrets deleted, 1 namespace failed\n$/,
      after: [{ command: "delete -y -A", code: 1, stderr: /specify a Secret name when you select more than one namespace/ }],
    },
  ],
  made,
);

const on = (...answers: readonly Answer[]) => ({ answers, env: { CI: undefined } });
const question = "Delete secret/acr-myregistry, and remove its name from serviceaccount/default? [y/N] ";
const inAzure = ["token", "scopemap"].map((kind) => `${kind}.azurecr.io/demo-acr-myregistry-b3ccbab127`).join(" and ");
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
        command: `delete acr${more} ${flags} --namespaces a,team-* --exclude-namespaces team-x`,
        options,
        code: 1,
        stderr: [
          "error: cannot ask for confirmation without a terminal or with -o; add --yes",
          `hint: kubectl acr-secret delete --namespaces a --namespaces 'team-*' --exclude-namespaces team-x acr ${flags} --yes`,
        ],
        check: ({ asking }) => expect(asking.all).toEqual([]),
      }),
    ),
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
      does: "asks about the objects of several namespaces with their counts",
      world: async () => {
        const world = await after(worldOf(["a", "b", "c"]), `${making} --serviceaccount default --namespaces a,b --credential-per scope`);
        for (let index = 0; index < 6; index++) world.cluster.put(account("a", `w${index}`, ["acr-myregistry"]));
        return world;
      },
      command: "delete acr-myregistry -A",
      options: on(false),
      code: 1,
      stderr:
        /^Delete secret\/acr-myregistry in 2 namespaces, and .* serviceaccount\/default in 2 namespaces, (serviceaccount\/w\d in 1 namespace(, | and )){4}2 more\?/,
    },
  ],
  made,
);
