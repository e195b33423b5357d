import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { printWarning } from "../../../src/output/error.ts";
import { type Asked, refusing } from "../../support/fakes/asked.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { sourceSecret } from "../../support/records.ts";
import { cronJob, event, job, pod, waiting } from "../../support/situations/schedules.ts";

/** Returns the line that `apply` prints. */
function blocks(namespace: string, reason: string): string {
  let text = "";
  const write = (some: string) => {
    text += some;
  };
  printWarning({ write, isTTY: false, columns: 80 }, {}, `namespace "${namespace}" is blocked: ${reason}`);
  return text.trimEnd();
}

const quota = "pods is forbidden: exceeded quota: compute";

type Given = (world: FakeWorld) => void;
type Objects = readonly Parameters<FakeWorld["cluster"]["put"]>[0][];

const put =
  (...objects: Objects): Given =>
  ({ cluster }) => {
    for (const object of objects) cluster.put(object);
  };

/** The status of the pod has what `apply` has printed. */
const printed = (message: string, ...objects: Objects): Given =>
  put(cronJob(), job("00", "Complete"), pod("00", { phase: "Succeeded", state: { terminated: { message } } }), ...objects);

/** A source in a file, whose password lives since October. */
const due = (name: string, home: string, expiresAt = "2026-01-05T00:00:00Z") =>
  sourceSecret(`demo/${name}`, {
    credential: { madeAt: "2025-10-01T00:00:00Z", expiresAt, file: { home, name: "teams", serviceAccounts: [] } },
  });

const forbids =
  (call: string, kind: string): Given =>
  ({ asking }) => {
    const isIt = (asked: Asked) => asked.call === call && asked.at.startsWith(kind);
    asking.around(refusing(isIt, () => new CliError("forbidden", "it is forbidden")));
  };

const both =
  (...all: readonly Given[]): Given =>
  (world) => {
    for (const one of all) one(world);
  };

type Row = {
  readonly when: string;
  readonly given: Given;
  /** `status subject: next` of each finding. */
  readonly finds: readonly string[];
  /** What the messages must name. */
  readonly names?: readonly string[];
  readonly code: number;
};

const blocked = "failed namespace/blue-1: kubectl logs -n acr-secret pod/teams-00-a";
const healthy = "ok cronjob/teams: undefined";
const describeJob = "failed cronjob/teams: kubectl describe -n acr-secret job/teams-00";
const describePod = "failed cronjob/teams: kubectl describe -n acr-secret pod/teams-00-a";
const explain = "kubectl acr-secret explain forbidden";

const rows: readonly Row[] = [
  { when: "no CronJob has its label", given: () => {}, finds: ["ok schedules: undefined"], code: 0 },
  {
    when: "the last run succeeded",
    given: put(cronJob(), job("00", "Complete")),
    finds: [healthy],
    names: ["last success: 2026-01-01T10:00:30Z"],
    code: 0,
  },
  {
    when: "no run has succeeded yet",
    given: put({ ...cronJob(), status: {} }),
    finds: [healthy],
    names: ["no run has succeeded yet"],
    code: 0,
  },
  ...[
    { when: "no run has succeeded since a password of its file is due", home: "acr-secret", success: "2025-11-01T00:00:00Z", isLate: true },
    { when: "a run has succeeded since", home: "acr-secret", success: "2025-12-16T00:00:00Z", isLate: false },
    { when: "the password that is due is of another home", home: "blue", success: "2025-11-01T00:00:00Z", isLate: false },
  ].map(({ when, home, success, isLate }) => ({
    when,
    given: put(
      { ...cronJob(), status: { lastSuccessfulTime: success } },
      ...[due("acr", home), due("expired", home, "2025-10-08T00:00:00Z")],
    ),
    finds: isLate ? [healthy, "warning cronjob/teams: kubectl acr-secret explain schedules"] : [healthy],
    names: isLate ? ["since secret/acr in namespace demo is due for rotation; it expires at 2026-01-05T00:00:00Z"] : [],
    code: 1,
  })),
  ...[
    { when: "its own password has expired", end: "2025-12-31T00:00:00Z", status: "failed", word: "expired" },
    { when: "its own password expires within two weeks", end: "2026-01-14T12:00:00.123Z", status: "warning", word: "expires" },
    { when: "its own password expires later", end: "2026-01-16T00:00:00Z" },
    { when: "the end of its own password is no time", end: "soon" },
  ].map(({ when, end, status, word }) => ({
    when,
    given: put(cronJob({}, { annotations: { "acr-secret/password-expires-at": end } })),
    finds: status ? [healthy, `${status} cronjob/teams: kubectl acr-secret explain schedules`] : [healthy],
    names: status ? [`signs in to Azure ${word} at ${end}`] : [],
    code: Number(status === "failed"),
  })),
  {
    when: "it is suspended",
    given: put(cronJob({ suspend: true }), job("00", "Complete")),
    finds: ["warning cronjob/teams: kubectl acr-secret explain schedules"],
    names: ["suspended; last success: 2026-01-01T10:00:30Z"],
    code: 0,
  },
  {
    when: "the last run failed",
    given: put(cronJob(), job("00", "Failed"), pod("00", { phase: "Failed" })),
    finds: ["failed cronjob/teams: kubectl logs -n acr-secret job/teams-00"],
    names: ["the last run failed; last success: 2026-01-01T10:00:30Z"],
    code: 1,
  },
  {
    when: "a run failed and the next one has started",
    given: put(cronJob(), job("00", "Failed"), job("05"), pod("05", { phase: "Running" })),
    finds: [describeJob],
    names: ["the last run failed"],
    code: 1,
  },
  {
    when: "its pod cannot pull the image",
    given: put(cronJob(), job("00"), pod("00", waiting("ImagePullBackOff", "Back-off pulling image\nnow"))),
    finds: ["failed cronjob/teams: kubectl acr-secret check -n acr-secret pod/teams-00-a"],
    names: ["ImagePullBackOff: Back-off pulling image now"],
    code: 1,
  },
  {
    when: "its pod lacks a Secret",
    given: put(cronJob(), job("00"), pod("00", waiting("CreateContainerConfigError", 'secret "azure" not found'))),
    finds: [describePod],
    names: ['CreateContainerConfigError: secret "azure" not found'],
    code: 1,
  },
  {
    when: "no node can run its pod",
    given: put(
      cronJob(),
      job("00"),
      pod("00", { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/1 nodes" }] }),
    ),
    finds: [describePod],
    names: ["Unschedulable: 0/1 nodes"],
    code: 1,
  },
  { when: "its pod is starting", given: put(cronJob(), job("00"), pod("00", waiting("ContainerCreating"))), finds: [healthy], code: 0 },
  {
    when: "a quota refuses the pod",
    given: put(cronJob(), job("00"), event("job-00", "2026-01-01T10:01:00Z", quota)),
    finds: [describeJob],
    names: [quota],
    code: 1,
  },
  {
    when: "a quota refused the pod until the deadline",
    given: put(cronJob(), job("00", "Failed"), event("job-00", "2026-01-01T10:01:00Z", quota)),
    finds: [describeJob],
    names: [quota],
    code: 1,
  },
  {
    when: "a quota refused the pod of a run that succeeded",
    given: put(cronJob(), job("00", "Complete"), event("job-00", "2026-01-01T10:01:00Z", quota)),
    finds: [healthy],
    code: 0,
  },
  {
    when: "a Job has only its label",
    given: put(cronJob(), job("00", "Failed", "other")),
    finds: [healthy],
    code: 0,
  },
  {
    when: "its last run names blocked namespaces",
    given: printed([blocks("blue-1", 'secret "acr" is immutable'), blocks("Blue 2", "x"), "  unchanged"].join("\n")),
    finds: [healthy, blocked],
    names: ['namespace blue-1 is blocked: secret "acr" is immutable'],
    code: 1,
  },
  {
    when: "its last run names many blocked namespaces",
    given: printed(Array.from({ length: 8 }, (_, at) => blocks(`blue-${at}`, "quota")).join("\n")),
    finds: [
      healthy,
      ...["0", "1", "2", "3", "4"].map((at) => blocked.replace("blue-1", `blue-${at}`)),
      "failed others: kubectl logs -n acr-secret pod/teams-00-a",
    ],
    names: ["more namespaces are blocked"],
    code: 1,
  },
  {
    when: "only an earlier run names a blocked namespace",
    given: printed(blocks("blue-1", "quota"), job("05", "Complete"), pod("05", { phase: "Succeeded" })),
    finds: [healthy],
    code: 0,
  },
  {
    when: "the output of another verb names a blocked namespace",
    given: printed(
      blocks("blue-1", "quota"),
      cronJob({ jobTemplate: { spec: { template: { spec: { containers: [{ name: "acr-secret", args: ["check", "-A"] }] } } } } }),
    ),
    finds: [healthy],
    code: 0,
  },
  {
    when: "you may not list CronJobs",
    given: both(put(cronJob()), forbids("list", "cronjob")),
    finds: [`unknown schedules: ${explain}`],
    code: 0,
  },
  ...["job", "pod acr-secret", "event"].map((kind) => ({
    when: `you may not list ${kind}s`,
    given: both(put(cronJob()), forbids("list", kind)),
    finds: [`unknown cronjob/teams: ${explain}`],
    code: 0,
  })),
  {
    when: "there are more than twenty, of which the oldest are checked",
    given: put(
      ...Array.from({ length: 22 }, (_, at) => {
        return cronJob({}, { name: `a-${at}`, namespace: "blue", creationTimestamp: `2026-01-01T11:${40 - at}:00Z` });
      }),
      cronJob({}, { creationTimestamp: "2026-01-01T10:00:00Z" }),
    ),
    finds: [
      healthy,
      ...Array.from({ length: 19 }, (_, at) => `ok cronjob/a-${21 - at}: undefined`),
      "unknown others: kubectl get cronjobs --all-namespaces --selector acr-secret/schedule",
    ],
    code: 0,
  },
];

test.for(rows)("finds the state of a schedule when $when", async ({ given, finds, names = [], code }) => {
  const world = fakeWorld();
  addNamespaces(world.cluster, "kube-system", "demo", "acr-secret", "blue");
  given(world);

  const ran = await type("doctor -n demo -o json", world.ports);

  const items: readonly Record<"id" | "subject" | "status" | "next" | "message", string>[] = JSON.parse(ran.stdout).items;
  const found = items.filter(({ id }) => id === "schedules");
  expect(found.map(({ status, subject, next }) => `${status} ${subject}: ${next}`)).toEqual(finds);
  const messages = found.map(({ message }) => message).join("\n");
  for (const name of names) expect(messages).toContain(name);
  expect(ran.code).toBe(code);
  expect(world.asking.writes).toEqual([]);
});

test("escapes the reason of a blocked namespace", async () => {
  const world = fakeWorld();
  addNamespaces(world.cluster, "kube-system", "demo", "acr-secret");
  printed('Warning: namespace "blue-1" is blocked: \u001b[2J\u202e')(world);

  const { stdout } = await type("doctor -n demo", world.ports);

  expect(stdout).toContain("✗ schedules: namespace blue-1 is blocked: \\x1b[2J\\u202e\n  kubectl logs -n acr-secret pod/teams-00-a\n");
});
