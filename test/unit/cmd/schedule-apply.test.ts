import { expect, test } from "vitest";
import type { Context } from "../../../cmd/context.ts";
import { CliError, Interrupted } from "../../../src/errors.ts";
import type { Job, KubeObjects, Pod } from "../../../src/objects.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type Live, type } from "../../support/in-process.ts";

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

const role = { name: "ACR pull tokens", permissions: [{ actions: ["Microsoft.ContainerRegistry/registries/read"], notActions: [] }] };
/** Creates a world whose cluster names an issuer, and whose Azure has the role for ACR tokens. */
function worldWithRole(): FakeWorld {
  const world = fakeWorld();
  world.cluster.kubelets.issuer = "https://cluster.blob.core.windows.net/one";
  world.azure.directory.definitions.set("guid", role);
  return world;
}

/** Runs `schedule rotate --apply`. After each second, the first Job and its pod have the next state. */
async function apply(
  states: readonly State[],
  { words = "", apply, world = fakeWorld() }: { words?: string; apply?: Context["apply"]; world?: FakeWorld } = {},
) {
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
    spec: { backoffLimit: 0, activeDeadlineSeconds: 630, template: { spec: { serviceAccountName: "acr-secret-rotate" } } },
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
    title: "the container can't be created",
    states: [{ pod: waiting("CreateContainerError", "no command") }],
    stderr: /^error: pod\/\S+ cannot start\n\* no command\nhint: kubectl describe pod -n acr-secret \S+\n$/,
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

test("names the running Job when it is interrupted", async () => {
  const world = fakeWorld();
  let live: Live | undefined;
  const sleep = async () => {
    live?.interrupt();
    throw new Interrupted();
  };

  const ended = await type(`${line} --apply`, { ...world.ports, sleep, apply: applyIn(world) }, { started: (one) => (live = one) });

  expect(ended).toMatchObject({
    code: 130,
    stderr: expect.stringMatching(/^error: interrupted; job\/acr-secret-rotate-\w+ continues\nhint: kubectl acr-secret schedule status\n$/),
  });
});

test("gives each first Job a name of its own", async () => {
  const world = fakeWorld();
  const now = () => new Date(started);
  const sleep = async () => {
    for (const job of world.cluster.all("job.batch")) world.cluster.put({ ...job, status: complete });
  };
  const run = () => type(`${line} --apply`, { ...world.ports, now, sleep, apply: applyIn(world) });

  expect([(await run()).code, (await run()).code]).toEqual([0, 0]);
  expect(world.cluster.all("job.batch")).toHaveLength(2);
});

test("starts no Job when kubectl can't apply an object", async () => {
  const failure = 'Error from server (Forbidden): clusterroles "a" is forbidden: User "jane" cannot create it\nError from server: b\n';
  const { code, stdout, stderr, job } = await apply([], { apply: async () => ({ stdout: "namespace/acr-secret created\n", failure }) });

  expect({ code, stdout, job }).toEqual({ code: 2, stdout: "namespace/acr-secret created\n", job: undefined });
  expect(stderr).toBe(`${failure.trimEnd().replace("\n", "\n* ")}\nhint: kubectl acr-secret explain forbidden\n`);
});

/** What is in Azure. */
const inAzure = ({ azure }: FakeWorld) => ({ identities: [...azure.identities.all.values()], assignments: azure.directory.assignments });

test("creates an identity before the objects, and applies them with its client ID", async () => {
  const world = worldWithRole();
  const manifests: string[] = [];
  const apply_: Context["apply"] = (manifest, kube) => {
    manifests.push(manifest);
    return applyIn(world)(manifest, kube);
  };

  const first = await apply([{ job: complete }], { world, words: "--with-identity", apply: apply_ });
  const second = await apply([{ job: complete }], { world, words: "--with-identity", apply: apply_ });

  const name = "acr-secret-acr-secret-rotate-[0-9a-f]{10}";
  expect(first.stdout).toMatch(
    new RegExp(
      `^identity\\S+/${name} created\nfederatedcredential\\S+/${name} created\nroleassignment\\S+/ACR-pull-tokens-on-myregistry created\nnamespace/`,
    ),
  );
  expect(second.stdout).toMatch(/^(\S+\.azure\.com\S+ unchanged\n){3}namespace\//);
  expect(inAzure(world)).toMatchObject({
    identities: [{ credentials: [{ subject: "system:serviceaccount:acr-secret:acr-secret-rotate" }] }],
    assignments: [{ principalId: "principal-1", role: "guid" }],
  });
  expect(manifests).toEqual(Array(2).fill(expect.stringContaining('"azure.workload.identity/client-id": "client-1"')));
});

test.for<{ when: string; exists?: true; change: (world: FakeWorld, id: string) => void; stderr: RegExp }>([
  {
    when: "you may not read the issuer",
    change: ({ asking }) => asking.around(refusing(is("issuer"), () => new CliError("forbidden", "no"))),
    stderr: /^error: no\n/,
  },
  {
    when: "the role does not exist",
    change: ({ azure }) => azure.directory.definitions.clear(),
    stderr:
      /^error: role "ACR pull tokens" does not exist in Azure\nhint: az role definition create --role-definition '\{"Name":"ACR pull tokens",/,
  },
  {
    when: "the role allows more",
    change: ({ azure }) => azure.directory.definitions.set("guid", { ...role, permissions: [{ actions: ["*"], notActions: [] }] }),
    stderr:
      /^error: role "ACR pull tokens" allows more than this plugin needs: \*\nhint: az role definition list --name 'ACR pull tokens'\n$/,
  },
  {
    when: "another user created the identity",
    exists: true,
    change: ({ azure }, id) => {
      const identity = azure.identities.all.get(id);
      if (identity) azure.identities.all.set(id, { ...identity, ours: false });
    },
    stderr: /^error: managed identity \S+ has other uses than this schedule\nhint: az identity federated-credential list --ids \S+\n$/,
  },
  {
    when: "the identity trusts another subject",
    exists: true,
    change: ({ azure }, id) => {
      const other = { name: "other", issuer: "https://evil.example", subject: "me", audiences: [] };
      azure.identities.all.get(id)?.credentials.push(other);
    },
    stderr: /^error: managed identity \S+ has other uses than this schedule\n/,
  },
])("changes nothing with --with-identity when $when", async ({ exists, change, stderr }) => {
  const world = worldWithRole();
  if (exists) await apply([{ job: complete }], { world, words: "--with-identity" });
  change(world, inAzure(world).identities[0]?.id ?? "");
  const before = structuredClone(inAzure(world));

  const ended = await apply([], { world, words: "--with-identity" });

  expect(ended).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(stderr) });
  expect(inAzure(world)).toEqual(before);
});
