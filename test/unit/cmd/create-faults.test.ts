import { expect } from "vitest";
import { Busy, CliError } from "../../../src/errors.ts";
import { everything, exactly, line, lost, made, nothing, refused, token } from "../../support/demo.ts";
import { is } from "../../support/fakes/asked.ts";
import { linesOf, sharedByTeams, teams, line as teamsLine, watch, worldOf } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { all, any, before, failed, lose, type Row, refuse, type Step, testRows } from "../../support/rows.ts";
import { byName, byOwn, ofOthers, own, withOthers } from "../../support/service-principal.ts";

const unreachable = () => new CliError("unreachable", "cannot reach Azure");
const waits = { ...everything, pod: "waits" };
const again: Step = { command: line, leaves: everything };

const busy = () => new Busy("Azure is throttling requests", 7000);

/** A row in which Azure rejects a call twice and asks to wait. */
function throttled(call: string, row: Partial<Row>): Row {
  const slept: number[] = [];
  return {
    does: `reads the state again after each wait when Azure throttles ${call}`,
    given: refuse(call, busy, 2),
    command: line,
    // The wait for admission is unrelated to Azure
    options: { sleep: async (milliseconds) => void (milliseconds !== 250 && slept.push(milliseconds)) },
    ...row,
    check: ({ asking }) => {
      expect(slept).toEqual([7000, 7000]);
      const calls = asking.all.map((text) => text.split(" ")[0]).filter((name = "") => [call, "token", "scopeMap"].includes(name));
      for (const [at, name] of calls.entries()) if (name === call) expect(calls[at - 1]).not.toBe(call);
    },
  };
}

testRows([
  throttled("generatePassword", { stdout: any, leaves: everything }),
  throttled("deleteToken", { given: all(refuse("prove"), refuse("deleteToken", busy, 2)), ...failed, leaves: nothing }),
  {
    does: "generates no password when another run has generated it while Azure throttled",
    given: ({ asking }) => {
      let times = 0;
      asking.around(async ({ call }, next) => {
        const answered = await next();
        if (call === "generatePassword" && ++times === 1) throw busy();
        return answered;
      });
    },
    command: line,
    options: { sleep: async () => {} },
    stdout: any,
    stderr: any,
    writes: /^(?!(.*generatePassword[^\n]*password1\n){2})/s,
  },
  ...[
    ...["findRegistry", "get secret", "get serviceaccount", "list pod", "token", "create secret demo/acr-myregistry"],
    ...["putScopeMap", "putToken", "generatePassword", "prove", "patch secret demo/acr-myregistry"],
  ].map(
    (call): Row => ({
      does: `rolls back everything when ${call} is rejected`,
      given: refuse(exactly(call)),
      command: line,
      ...failed,
      stderr: [refused().message],

      leaves: nothing,
      after: [again],
    }),
  ),
  ...[
    { call: "patch serviceaccount", stdout: made.slice(0, 3), leaves: { ...waits, attached: "" } },
    { call: "get pod", stdout: made.slice(0, 4), leaves: waits },
    { call: "evict pod", stdout: made.slice(0, 4), leaves: waits },
  ].map(
    ({ call, stdout, leaves }): Row => ({
      does: `keeps the credential that a Secret holds when ${call} is rejected`,
      given: refuse(exactly(call)),
      command: line,
      code: 1,
      stdout,
      stderr: [refused().message],
      writes: any,
      leaves,
      after: [again],
    }),
  ),
  ...[
    { call: "putScopeMap", leaves: nothing },
    { call: "putToken", leaves: nothing },
    // This password looks the same as one that another run created.
    { call: "generatePassword", leaves: { ...nothing, scopeMap: true, slots: "password1" } },
    { call: "create secret demo/acr-myregistry", code: 0, leaves: everything },
    { call: "patch secret demo/acr-myregistry", code: 0, leaves: everything },
    { call: "patch serviceaccount", leaves: waits },
    { call: "evict pod", leaves: everything },
  ].map(
    ({ call, code = 1, leaves }): Row => ({
      does: `leaves nothing unknown when the answer to ${call} is lost`,
      given: lose(exactly(call)),
      command: line,
      code,
      stdout: any,
      stderr: code === 0 ? [] : /^error: the answer was lost\n/,
      writes: any,
      leaves,
      check: (_, { stderr }) => {
        const named = [...stderr.matchAll(/az acr (\S+) delete --registry myregistry --name (\S+)/g)].map(
          ([, kind, name]) => `${kind} ${name}`,
        );
        expect(named).toEqual(call === "generatePassword" ? [`token ${token}`, `scope-map ${token}`] : []);
      },
      after: [{ command: line, leaves: { secret: "alive", attached: "acr-myregistry" } }],
    }),
  ),
  {
    does: "prints the command that deletes a token when the rollback cannot delete it, and rolls back the rest",
    given: all(refuse(exactly("patch secret demo/acr-myregistry")), refuse("deleteToken", unreachable)),
    command: line,
    ...failed,
    stderr: new RegExp(`az acr token delete --registry myregistry --name ${token}`),

    leaves: { ...nothing, scopeMap: true, slots: "password1" },
  },
]);

const clean = { applications: [], principals: 0, roles: 0, secret: "none" };
const theirs = { applications: ["ci: of others"], principals: 1, roles: 0, secret: "none" };
const complete = { principals: 1, roles: 1, secret: "alive" };

testRows([
  ...["findRegistry", "registryFacts", "applications", "createApplication", "createServicePrincipal", "assignRole", "addKey", "prove"]
    .concat("create secret demo/acr-myregistry", "patch secret demo/acr-myregistry")
    .flatMap((call): Row[] => [
      {
        does: `leaves no application when ${call} is rejected, and creates everything when it runs again`,
        given: refuse(call),
        command: byOwn,
        ...failed,
        leaves: clean,
        after: [{ command: byOwn, leaves: complete }],
      },
      {
        does: `leaves no application or a complete one when the answer to ${call} is lost`,
        given: lose(call),
        command: byOwn,
        ...failed,
        code: /secret/.test(call) ? 0 : 1,
        leaves: /secret/.test(call) ? complete : clean,
        after: [{ command: byOwn, leaves: { ...complete, applications: [expect.any(String)] } }],
      },
    ]),
  ...["assignRole", "addKey", "prove", "patch secret demo/acr-myregistry"].flatMap((call): Row[] =>
    [refuse, lose].map((fail) => {
      const succeeds = fail === lose && /secret/.test(call);
      return {
        does: `leaves another user's application as it was when ${call} is ${fail === lose ? "lost" : "rejected"}`,
        world: () => withOthers({ role: false }).world,
        given: fail(call),
        command: ofOthers,
        ...failed,
        code: succeeds ? 0 : 1,
        leaves: succeeds ? { roles: 1, secret: "alive" } : theirs,
      };
    }),
  ),
  {
    does: "deletes only the service principal that it created for another user's application",
    world: () => withOthers({ role: false, principal: false }).world,
    given: refuse("addKey"),
    command: ofOthers,
    ...failed,
    leaves: { ...theirs, principals: 0 },
    after: [{ given: lose("createServicePrincipal"), command: ofOthers, ...failed, leaves: { ...theirs, principals: 0 } }],
  },
  ...[
    { call: "createApplication", stuck: "applications", stderr: new RegExp(`az ad app list --display-name ${own}`) },
    { call: "addKey", stuck: "deleteApplication", stderr: /az ad app delete --id aaaaaaaa-\S+$/m },
  ].map(
    ({ call, stuck, stderr }): Row => ({
      does: `prints the command that cleans up when ${call} is lost and ${stuck} fails`,
      given: all(lose(call), (world) =>
        refuse((asked) => world.asking.all.some((text) => text.startsWith(call)) && is(stuck)(asked), unreachable)(world),
      ),
      command: byOwn,
      code: 1,
      stderr,
      writes: any,
    }),
  ),
  ...[
    { stuck: "removeKey", stderr: /az ad app credential delete --id \S+ --key-id cccccccc-\S+/ },
    { stuck: "unassignRole", stderr: /az role assignment delete --assignee \S+ --scope \/registries\/myregistry --role AcrPull/ },
  ].map(
    ({ stuck, stderr }): Row => ({
      does: `prints the command that cleans up another user's application when ${stuck} fails`,
      world: () => withOthers({ role: false }).world,
      given: all(lose("addKey"), refuse(stuck, unreachable)),
      command: ofOthers,
      code: 1,
      stderr,
      writes: any,
    }),
  ),
  {
    does: "prints the command that lists the passwords when it is unknown whether one was created",
    world: () => withOthers().world,
    given: refuse("addKey", lost),
    command: byName,
    ...failed,
    stderr: /:\n {2}az ad app credential list --id aaaaaaaa-\S+$/m,

    leaves: { ...theirs, roles: 1 },
  },
  {
    does: "keeps an application that another run uses, without its own password",
    given: (world) =>
      refuse("prove", () => {
        const [application] = world.azure.directory.applications;
        const key = { slot: "another", displayName: "acr-secret: secret other in namespace shop", text: "x" };
        if (!application?.keys.some(({ slot }) => slot === key.slot)) application?.keys.push(key);
        return refused();
      })(world),
    command: byOwn,
    ...failed,
    stderr: [refused().message],

    leaves: { applications: [`${own}: acr-secret: secret other in namespace shop`], principals: 1, roles: 1, secret: "none" },
  },
  {
    does: "uses the application that another run created first under the same name",
    given: before("createApplication", ({ azure: { directory } }) => {
      directory.put("ci", { notes: "kubectl acr-secret: secret acr-myregistry in namespace demo", keys: 0 });
      const [{ id } = { id: "" }] = directory.applications;
      directory.access.set(id, { owners: ["o-1"], principalOwners: ["o-1"], otherKeys: [] });
    }),
    command: byName,
    stderr: /"ci" already exists/,
    leaves: { applications: [expect.stringMatching(/^ci: acr-secret: /)], secret: "alive" },
  },
]);

const { live, started } = watch();
const all50 = `${teamsLine} -A --credential-per scope`;
const interruptAt =
  (call: string, count = 1) =>
  ({ asking }: FakeWorld) => {
    let calls = 0;
    return asking.around(async (asked, next) => {
      const answer = await next();
      if (asked.call === call && !asked.dryRun && ++calls === count) live().interrupt();
      return answer;
    });
  };

testRows(
  [
    {
      does: "rolls back the credential when it is interrupted before a Secret holds it",
      given: interruptAt("generatePassword"),
      command: all50,
      options: { started },
      code: 130,
      writes: any,
      check: ({ azure, cluster }) => expect([azure.tokens.size, azure.scopeMaps.size, cluster.all("secret").length]).toEqual([0, 0, 0]),
    },
    {
      does: "prints the command that deletes a token when an interrupted run cannot delete it",
      given: all(interruptAt("generatePassword"), refuse("deleteToken", unreachable)),
      command: all50,
      options: { started },
      code: 130,
      stderr: new RegExp(`az acr token delete --registry myregistry --name ${sharedByTeams}`),
      writes: any,
    },
    {
      does: "finishes the writes in progress when it is interrupted, and a second run does the rest",
      world: () => worldOf(teams(1000)),
      given: interruptAt("create", 200),
      command: all50,
      options: { started },
      code: 130,
      stdout: any,
      writes: any,
      check: ({ cluster, azure, loginIn }, { stdout, stderr }) => {
        const written = cluster.all("secret").length;
        const counts = /^interrupted: (\d+) Secrets? created; (\d+) namespaces left\. .*\n$/.exec(stderr)?.slice(1).map(Number) ?? [];
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1000);
        // Every write is reported, and after the interruption only writes in progress completed.
        expect(linesOf(stdout).filter((one) => one.startsWith("secret/"))).toHaveLength(written);
        expect(written).toBeLessThan(200 + 16);
        expect(azure.knows(loginIn("team-0") ?? { username: "", password: "" })).toBe(true);
      },
      after: [
        {
          command: `${teamsLine} -A`,
          stderr: any,
          check: ({ cluster, asking }, { stdout }) => {
            const created = asking.writes.filter((text) => text.startsWith("create secret")).length;
            expect(linesOf(stdout).filter((one) => /^secret\/\S+ created/.test(one))).toHaveLength(created);
            expect(cluster.all("secret")).toHaveLength(1000);
            expect(cluster.all("serviceaccount").filter(({ imagePullSecrets = [] }) => imagePullSecrets.length === 1)).toHaveLength(1000);
          },
        },
      ],
    },
  ],
  () => worldOf(teams(50)),
);
