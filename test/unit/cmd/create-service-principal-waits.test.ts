import { expect } from "vitest";
import { Busy, NotYet } from "../../../src/errors.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { all, answer, any, failed, type Given, lose, type Row, refuse, testRows, typed, waitLine } from "../../support/rows.ts";
import { byName, byOwn, ofOthers, withOthers } from "../../support/service-principal.ts";

/** How long a run waits, in milliseconds, before it lists the applications with the name of the one that it created. */
const listDelay = 2000;
const alive = { principals: 1, roles: 1, secret: "alive" };
const clean = { applications: [], principals: 0, roles: 0, secret: "none" };
const others =
  (role = true) =>
  () =>
    withOthers({ role }).world;
const busy = (retryAfter?: number) => () => new Busy("Graph carries out another write", retryAfter);
const notYet = () => new NotYet("forbidden", "Azure has not heard of it");
const proving = (verdict: string, times?: number) => answer("prove", { verdict, message: "not yet" }, times);
const forever = Number.POSITIVE_INFINITY;

/** A row whose waits take no time. `waits`: all of them in milliseconds, or their sum. If they are long, the run says what it waits for. */
function waiting({ waits, check, ...row }: Omit<Row, "options"> & { readonly waits: readonly number[] | number }): Row {
  const slept: number[] = [];
  // The wait for admission to read a ServiceAccount's list is unrelated to Azure.
  const sleep = async (milliseconds: number) => void (milliseconds !== 250 && slept.push(milliseconds));
  const sum = typeof waits === "number" ? waits : waits.reduce((all, each) => all + each, 0);
  return {
    stderr: row.code === undefined && sum - listDelay > 10_000 ? waitLine : undefined,
    ...row,
    options: { sleep },
    check: async (world, run) => {
      expect(typeof waits === "number" ? slept.reduce((sum, each) => sum + each, 0) : slept).toEqual(waits);
      await check?.(world, run);
    },
  };
}

/** The registry knows a role only after 240 seconds. */
const lateRole: Given = ({ asking }) => {
  let proofs = 0;
  // The pauses are 1, 2, 4 and then 5 seconds.
  return asking.around(async ({ call }, next) =>
    call === "prove" && ++proofs <= 50 ? { verdict: "out-of-scope", message: "not yet" } : next(),
  );
};
/** Graph does not list a new application three times. */
const unlisted: Given = ({ asking, azure }: FakeWorld) => {
  let lists = 0;
  asking.around(async ({ call }, next) =>
    call === "applications" && azure.directory.applications.length > 0 && lists++ < 3 ? [] : next(),
  );
};

testRows([
  ...[
    { call: "createServicePrincipal", times: 3, waits: [1000, 2000, 4000] },
    { call: "assignRole", times: 2, waits: [1000, 2000] },
    { call: "addKey", times: 5, waits: [1000, 2000, 4000, 5000, 5000] },
  ].map(({ call, times, waits }) =>
    waiting({
      does: `retries ${call} until Azure knows the new object`,
      given: refuse(call, notYet, times),
      command: byOwn,
      leaves: alive,
      waits: [listDelay, ...waits],
    }),
  ),
  ...[
    { call: "createApplication", waits: [1000, 2000, listDelay] },
    { call: "createServicePrincipal", waits: [listDelay, 1000, 2000] },
    { call: "addKey", waits: [listDelay, 1000, 2000] },
  ].map(({ call, waits }) =>
    waiting({
      does: `retries ${call} when Graph rejects concurrent writes`,
      given: refuse(call, busy(), 2),
      command: byOwn,
      leaves: alive,
      waits,
    }),
  ),
  waiting({
    does: "retries addKey of an existing application when Graph rejects concurrent writes",
    world: others(),
    given: refuse("addKey", busy(), 1),
    command: byName,
    stderr: /^Warning: application "ci" .*\n$/,
    waits: [1000],
  }),
  ...[
    { call: "addKey", undone: "deleteApplication", command: byOwn, leaves: clean, waits: [listDelay, 1000, 2000] },
    {
      call: "prove",
      undone: "removeKey",
      command: byName,
      world: others(),
      leaves: { applications: ["ci: of others"], secret: "none" },
      waits: [1000, 2000],
    },
  ].map(({ call, undone, ...row }) =>
    waiting({
      does: `retries ${undone} of a rollback when Graph rejects concurrent writes`,
      given: all(refuse(call), refuse(undone, busy(), 2)),
      ...failed,
      ...row,
    }),
  ),
  ...[
    { call: "removeKey", world: others(), made: byName, left: ["ci: of others"] },
    { call: "deleteApplication", made: byOwn, left: [] },
  ].map(({ call, world, made, left }) =>
    waiting({
      does: `retries ${call} of a revocation when Graph rejects concurrent writes`,
      world,
      given: all(typed(made), refuse(call, busy(), 2)),
      command: "delete acr-myregistry -n demo --revoke --yes",
      leaves: { applications: left, secret: "none" },
      waits: [1000, 2000],
    }),
  ),
  ...[
    { retryAfter: 7000, wait: "20s", waits: [7000, 7000], told: [`waiting up to 20 seconds for Azure: ${busy()().message}`] },
    { retryAfter: 7000, wait: "6s", waits: [] },
    { retryAfter: undefined, wait: "10s", waits: [1000, 2000, 4000, 3000] },
  ].map(({ retryAfter, wait, waits, told = [] }) =>
    waiting({
      does: `stops after --wait ${wait} when Graph asks to retry after ${retryAfter} ms`,
      given: refuse("addKey", busy(retryAfter)),
      command: `${byOwn} --wait ${wait}`,
      ...failed,
      stderr: [...told, `error: ${busy()().message}`, "hint: run the command again"],
      leaves: clean,
      waits: [listDelay, ...waits],
    }),
  ),
  waiting({
    does: "waits a minute for a permission in Microsoft Graph that may be missing, and rolls back",
    given: refuse("createServicePrincipal", () => Object.assign(new NotYet("forbidden", "denied"), { most: 60_000 })),
    command: byOwn,
    ...failed,
    stderr: ["waiting up to 60 seconds for Azure: denied", "error: denied"],
    leaves: clean,
    waits: listDelay + 60_000,
  }),
  ...["createServicePrincipal", "addKey"].map((call) =>
    waiting({
      does: `waits for ${call} no longer than --wait, and rolls back`,
      given: refuse(call, notYet),
      command: `${byOwn} --wait 10s`,
      ...failed,
      leaves: clean,
      waits: [listDelay, 1000, 2000, 4000, 3000],
    }),
  ),
  ...["addKey", "assignRole"].map((call) =>
    waiting({
      does: `does not wait for ${call} of an existing application`,
      world: others(false),
      given: refuse(call, notYet),
      command: ofOthers,
      ...failed,
      waits: [],
    }),
  ),
  ...["refused", "out-of-scope"].flatMap((verdict) => [
    waiting({
      does: `proves a login that is ${verdict} 20 times`,
      given: proving(verdict, 20),
      command: byOwn,
      leaves: alive,
      waits: [listDelay, 1000, 2000, 4000, ...Array(17).fill(5000)],
    }),
    waiting({
      does: `rolls back a login that stays ${verdict} for 10 minutes with a new role`,
      given: proving(verdict),
      command: byOwn,
      ...failed,
      stderr: /cannot pull/,
      leaves: clean,
      waits: listDelay + 600_000,
    }),
  ]),
  waiting({
    does: "rolls back a login that stays out of scope for --wait",
    given: proving("out-of-scope", forever),
    command: `${byOwn} --wait 3m`,
    ...failed,
    leaves: clean,
    waits: listDelay + 180_000,
  }),
  waiting({
    does: "waits for a role that Azure replicates in 240 seconds",
    given: lateRole,
    command: byOwn,
    leaves: alive,
    waits: listDelay + 7000 + 47 * 5000,
  }),
  waiting({
    does: "waits 3 minutes for a new password when the role existed",
    world: others(),
    given: proving("refused"),
    command: byName,
    ...failed,
    waits: 180_000,
  }),
  waiting({
    does: "does not wait when an existing role does not cover a repository",
    world: others(),
    given: proving("out-of-scope"),
    command: byName,
    ...failed,
    waits: [],
  }),
  waiting({
    does: "retries to remove a password that Azure has not replicated",
    world: others(),
    given: all(refuse("prove"), refuse("removeKey", notYet, 2)),
    command: byName,
    ...failed,
    leaves: { applications: ["ci: of others"], secret: "none" },
    waits: [1000, 2000],
  }),
  waiting({
    does: "continues with the application whose answer was lost, and deletes the second one that it created before Graph listed the first",
    given: all(lose("createApplication"), unlisted),
    command: byOwn,
    stderr: any,
    leaves: { ...alive, applications: [expect.stringMatching(/^[^,]* #[0-9a-f]{8}$/)] },
    waits: [60_000, listDelay, 1000, 2000],
  }),
]);
