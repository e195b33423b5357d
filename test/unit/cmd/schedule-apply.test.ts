import { expect, test } from "vitest";
import type { Context } from "../../../cmd/context.ts";
import type { Job, KubeObjects, Pod } from "../../../src/objects.ts";
import { type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

const started = Date.parse("2026-01-01T00:00:00Z");
const line = "schedule rotate --registry myregistry --image myregistry.azurecr.io/tools/acr-secret:1";

type State = { readonly job?: Job["status"]; readonly pod?: Pod["status"] };

/** Stores the objects that kubectl would create. */
const applyIn =
  ({ cluster }: FakeWorld): Context["apply"] =>
  async (manifest) => {
    const { items } = JSON.parse(manifest) as { items: KubeObjects["cronjob.batch"][] };
    for (const item of items.filter(({ kind }) => ["CronJob", "Namespace"].includes(kind))) cluster.put(item);
    return { stdout: items.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name} created\n`).join("") };
  };

/** Runs `schedule rotate --apply`. After each second, the first Job and its pod have the next state. */
async function apply(states: readonly State[], { words = "", apply }: { words?: string; apply?: Context["apply"] } = {}) {
  const world = fakeWorld();
  let seconds = 0;
  const sleep = async () => {
    const { job: status, pod } = states[Math.min(seconds, states.length - 1)] ?? {};
    seconds++;
    const [job] = world.cluster.all("job.batch");
    if (!job) return;
    if (status) world.cluster.put({ ...job, status });
    if (!pod) return;
    const { name, namespace = "", uid = "" } = job.metadata;
    const ownerReferences = [{ apiVersion: "batch/v1", kind: "Job", name, uid }];
    const metadata = { name: `${name}-abcde`, namespace, labels: { "job-name": name }, ownerReferences };
    world.cluster.put({ apiVersion: "v1", kind: "Pod", metadata, spec: { containers: [] }, status: pod });
  };
  const now = () => new Date(started + seconds * 1000);
  const ended = await type(`${line} --apply ${words}`, { ...world.ports, sleep, now, apply: apply ?? applyIn(world) });
  return { ...ended, job: world.cluster.all("job.batch")[0], seconds };
}

const complete: Job["status"] = { conditions: [{ type: "Complete", status: "True" }] };
const failed: Job["status"] = { conditions: [{ type: "Failed", status: "True", message: "Job has reached the specified backoff limit" }] };
const waiting = (reason: string, message?: string): Pod["status"] => ({
  containerStatuses: [{ name: "acr-secret", state: { waiting: { reason, ...(message !== undefined && { message }) } } }],
});
const ended = (message: string): Pod["status"] => ({ containerStatuses: [{ name: "acr-secret", state: { terminated: { message } } }] });

test("applies the objects and waits until a first Job succeeds", async () => {
  const { code, stdout, stderr, job, seconds } = await apply([{ pod: waiting("ContainerCreating") }, {}, { job: complete }]);

  expect({ code, seconds }).toEqual({ code: 0, seconds: 3 });
  expect(stdout).toMatch(
    /^namespace\/acr-secret created\n(?:\w+\/acr-secret-rotate created\n){4}job\.batch\/acr-secret-rotate-\w+ created\njob\.batch\/\S+ succeeded\n$/,
  );
  expect(stderr).toBe("hint: kubectl acr-secret schedule status\n");
  expect(job).toMatchObject({
    metadata: {
      namespace: "acr-secret",
      annotations: { "cronjob.kubernetes.io/instantiate": "manual" },
      ownerReferences: [{ kind: "CronJob", name: "acr-secret-rotate", controller: true }],
    },
    spec: { backoffLimit: 0, activeDeadlineSeconds: 600, template: { spec: { serviceAccountName: "acr-secret-rotate" } } },
  });
});

// An error of the first Job ends the command with 1, and the message names the pod's own words and the next command
test.for([
  {
    title: "the Job fails",
    states: [{ job: failed, pod: ended("rotating\nerror: Azure refused\nhint: az login\n") }],
    stderr: /^error: job\/acr-secret-rotate-\w+ failed\n\* rotating\n\* error: Azure refused\nhint: az login\n$/,
  },
  {
    title: "the Job fails with a command on a line below its hint",
    states: [{ job: failed, pod: ended("error: denied\nhint: to see more:\n  kubectl get secrets\n") }],
    stderr: /^error: job\/\S+ failed\n\* error: denied\nhint: kubectl get secrets\n$/,
  },
  {
    title: "the Job fails without a pod",
    states: [{ job: failed }],
    stderr: /^error: job\/\S+ failed\n\* Job has reached the specified backoff limit\nhint: /,
  },
  {
    title: "the image can't be pulled",
    states: [{ pod: waiting("ErrImagePull") }, { pod: waiting("ImagePullBackOff", "Back-off: 401\nforged") }],
    stderr:
      /^error: pod\/\S+ cannot pull myregistry\.azurecr\.io\/tools\/acr-secret:1\n\* Back-off: 401\\x0aforged\nhint: kubectl acr-secret create -n acr-secret --registry myregistry\.azurecr\.io --repository tools\/acr-secret --serviceaccount acr-secret-rotate\n$/,
  },
  {
    title: "an image of another registry can't be pulled",
    states: [{ pod: waiting("ImagePullBackOff") }],
    words: "--image ghcr.io/a/b:1",
    stderr: /^error: pod\/\S+ cannot pull ghcr\.io\/a\/b:1\nhint: kubectl describe pod -n acr-secret \S+\n$/,
  },
  {
    title: "the published image can't be pulled",
    states: [{ pod: waiting("ImagePullBackOff") }],
    words: "--image ghcr.io/kubectl-acr-secret/kubectl-acr-secret:1",
    stderr: /^error: pod\/\S+ cannot pull \S+\nhint: push the image to your registry, and add --image: https:\S+\/schedule\.md\n$/,
  },
  {
    title: "the Secret for Azure is missing",
    states: [{ pod: waiting("CreateContainerConfigError", 'secret "azure" not found') }],
    stderr:
      /^error: pod\/\S+ cannot start\n\* secret "azure" not found\nhint: az ad sp create-for-rbac .* \| kubectl create secret generic azure /,
  },
  {
    title: "the Job does not end in time",
    states: [{}],
    words: "--wait 5s",
    stderr: /^error: timed out waiting for job\/\S+\nhint: kubectl describe job -n acr-secret \S+\n$/,
  },
])("exits with 1 and prints what to do when $title", async ({ states, words, stderr }) => {
  expect(await apply(states, words === undefined ? {} : { words })).toMatchObject({ code: 1, stderr: expect.stringMatching(stderr) });
});

test("starts no Job when kubectl can't apply an object", async () => {
  const failure = 'Error from server (Forbidden): clusterroles "a" is forbidden: User "jane" cannot create it\nError from server: b\n';
  const { code, stdout, stderr, job } = await apply([], { apply: async () => ({ stdout: "namespace/acr-secret created\n", failure }) });

  expect({ code, stdout, job }).toEqual({ code: 2, stdout: "namespace/acr-secret created\n", job: undefined });
  expect(stderr).toBe(`${failure.trimEnd().replace("\n", "\n* ")}\nhint: kubectl acr-secret explain forbidden\n`);
});
