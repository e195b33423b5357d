import { expect } from "vitest";
import { Busy } from "../../../src/errors.ts";
import { claimOf } from "../../../src/secret/record.ts";
import { everything, exactly, line, lost, made, nothing, refused, token } from "../../support/demo.ts";
import { watch } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { clockAt } from "../../support/rotating.ts";
import { any, before, failed, type Given, lose, type Row, refuse, type Step, testRows, waitLine } from "../../support/rows.ts";

const waits = { ...everything, pod: "waits" };
const again: Step = { command: line, stdout: any, leaves: everything };
const own = "demo-acr-myregistry-wpglvmjhiai25iab";
const busy = () => new Busy("Azure is throttling requests", 7000);

/** The claim of the run before has ended. */
const later = clockAt("2026-01-01T00:10:00Z");

/** A row in which Azure rejects a call twice and asks to wait. */
function throttled(call: string): Row {
  const slept: number[] = [];
  return {
    does: `waits as long as Azure asks when it throttles ${call}`,
    given: refuse(call, busy, 2),
    command: line,
    // The wait for admission is unrelated to Azure
    options: { sleep: async (milliseconds) => void (milliseconds !== 250 && slept.push(milliseconds)) },
    stdout: made,
    stderr: waitLine,
    leaves: everything,
    check: () => expect(slept).toEqual([7000, 7000]),
  };
}

testRows([
  ...["putScopeMap", "putToken", "generatePassword"].map(throttled),
  ...[
    ...["findRegistry", "get secret", "get serviceaccount", "list pod", "token", "create secret demo/acr-myregistry"],
    ...["putScopeMap", "putToken", "generatePassword", "prove"],
  ].map(
    (call): Row => ({
      does: `reverses everything and prints the error when ${call} is rejected`,
      given: refuse(exactly(call)),
      command: line,
      ...failed,
      stdout: [],
      stderr: [refused().message],
      leaves: nothing,
      after: [again],
    }),
  ),
  {
    does: "reverses everything when the proof fails and Azure throttles",
    given: (world) => {
      refuse("deleteToken", busy, 2)(world);
      return refuse("prove")(world);
    },
    command: line,
    ...failed,
    stdout: [],
    leaves: nothing,
  },
  {
    does: "keeps its claim when Azure does not answer to a reversal, which it may still apply",
    given: (world) => {
      refuse("deleteToken", lost)(world);
      return refuse("prove")(world);
    },
    command: line,
    ...failed,
    stdout: [],
    check: ({ cluster }) => expect(claimOf(cluster.get("secret", "demo", "acr-myregistry"))).toBeDefined(),
    after: [{ given: later, ...again }],
  },
  {
    does: "keeps what it created in Azure for the next run when the Secret cannot be patched",
    given: refuse(exactly("patch secret demo/acr-myregistry")),
    command: line,
    ...failed,
    stdout: [],
    stderr: [refused().message, `* the changes in Azure were not rolled back: ${refused().message}`],
    leaves: { ...nothing, scopeMap: true, slots: "password1", secret: "empty" },
    after: [{ given: later, ...again }],
  },
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
  {
    does: "keeps the passwords of a token that another client creates in between",
    given: before("putScopeMap", ({ azure }) => void azure.putToken(own, ["password1"])),
    command: line,
    ...failed,
    check: ({ azure }) => expect([...(azure.tokens.get(own)?.passwords.keys() ?? [])]).toEqual(["password1"]),
  },
  {
    does: "creates everything when the response to generatePassword is lost",
    given: lose("generatePassword"),
    command: line,
    stdout: any,
    stderr: waitLine,
    leaves: { ...everything, password: "password-2" },
  },
]);

const { live, started } = watch();
const interruptAt =
  (call: string): Given =>
  ({ asking }: FakeWorld) =>
    asking.around(async (asked, next) => {
      const answer = await next();
      if (asked.call === call) live().interrupt();
      return answer;
    });

testRows([
  {
    does: "reverses everything when it is interrupted before the Secret has the login",
    given: interruptAt("generatePassword"),
    command: line,
    options: { started },
    code: 130,
    stdout: [],
    stderr: [],
    writes: any,
    leaves: nothing,
    check: ({ azure }) => expect([azure.tokens.has(token), azure.scopeMaps.has(token)]).toEqual([false, false]),
    after: [again],
  },
  {
    does: "counts no namespace as done when it is interrupted before the Secret has the login",
    given: interruptAt("generatePassword"),
    command: `${line} --copy-to demo`,
    options: { started },
    code: 130,
    stdout: [],
    stderr: ["interrupted: nothing was done. Run the same command again to continue."],
    writes: any,
    leaves: nothing,
  },
]);
