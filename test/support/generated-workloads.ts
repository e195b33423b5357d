import { type Cause, causes } from "../../src/check/cause.ts";
import { readWaiting } from "../../src/kubelet/message.ts";
import type { Pod } from "../../src/objects.ts";
import { chanceFrom } from "./fakes/chance.ts";
import { create, getJson, kubectl } from "./kubectl.ts";
import type { NodeWorld } from "./node-world.ts";
import { until } from "./until.ts";

export const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));

const r = "myregistry.azurecr.io";

/** The lists of pull secrets, by their names. `mine` can pull web, and `api` can pull api. */
const lists = {
  none: [],
  right: ["mine"],
  api: ["api"],
  absent: ["nosuch"],
  server: ["server"],
  rejected: ["rejected"],
  second: ["rejected", "mine"],
  partly: ["nosuch", "mine"],
  malformed: ["mine", "malformed"],
} as const;
type List = keyof typeof lists;

const kinds = ["pod", "deployment", "job", "cronjob"] as const;

export type Workload = { readonly name: string; readonly kind: (typeof kinds)[number]; readonly image: string } & {
  readonly account: List;
  readonly list: List;
  readonly team: "blue" | "red";
};

/** Creates a namespace with images, Secrets, ServiceAccounts, and a pod that lists all of the Secrets. */
export async function prepare(world: Pick<NodeWorld, "push" | "addToken">, namespace: string) {
  const images = [
    `${r}/${namespace}/web:1`,
    `${r}/${namespace}/api:1`,
    ...["other", "open"].map((of) => `${of}registry.azurecr.io/${namespace}/web:1`),
  ];
  const [digest] = await Promise.all(images.map((image) => world.push(image, "waits")));
  const passwords = await Promise.all(["web", "api"].map((name) => world.addToken(`${name}-${namespace}`, [`${namespace}/${name}`])));
  const secret = (name: string, entry: object, server = r) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace },
    type: "kubernetes.io/dockerconfigjson",
    stringData: { ".dockerconfigjson": JSON.stringify({ auths: { [server]: entry } }) },
  });
  const web = { username: `web-${namespace}`, password: passwords[0] };
  const secrets = [
    secret("mine", web),
    secret("api", { username: `api-${namespace}`, password: passwords[1] }),
    secret("server", web, "otherregistry.azurecr.io"),
    secret("rejected", { ...web, password: "wrong" }),
    secret("malformed", { auth: "!" }),
  ];
  const names = Object.entries(lists);
  await create([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    ...secrets,
    ...names.map(([name, of]) => ({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name, namespace },
      imagePullSecrets: references(of),
    })),
  ]);
  // A kubelet pulls without a Secret that it can't read yet. It keeps reading the Secrets of this pod
  const containers = [{ name: "app", image: images[0] }];
  const spec = { ...basics, imagePullSecrets: references(secrets.map(({ metadata }) => metadata.name)), containers };
  await create([{ apiVersion: "v1", kind: "Pod", metadata: { name: "holder", namespace, labels: { workload: "holder" } }, spec }]);
  await until(async () => (await pulled(namespace)).has("holder"), 60);
  return {
    web: images[0] as string,
    images: [...images, images[0] as string, `${r}/${namespace}/web:9`, `${r}/${namespace}/web@${digest}`, `${r}/${namespace}/none:1`],
  };
}

const basics = { terminationGracePeriodSeconds: 0, automountServiceAccountToken: false };
const references = (names: readonly string[]) => names.map((name) => ({ name }));

/** Creates 40 workloads that start no pod yet. @returns them */
export async function generate(namespace: string, images: readonly string[]): Promise<Workload[]> {
  const chance = chanceFrom(seed);
  const oneOf = <T>(...all: readonly T[]) => all[chance(all.length)] as T;
  const all = Object.keys(lists) as List[];
  const workloads = Array.from({ length: 40 }, (_, index): Workload => {
    const kind = kinds[index % kinds.length] as Workload["kind"];
    const account = oneOf<List>("none", "none", "right", "right", ...all);
    return {
      name: `w-${index}`,
      kind,
      image: oneOf(...images),
      account,
      list: oneOf<List>("none", "none", "right", "right", ...all),
      team: oneOf("blue", "red"),
    };
  });
  await create(workloads.map((one) => objectOf(one, namespace)));
  return workloads;
}

function objectOf({ name, kind, image, account, list, team }: Workload, namespace: string): object {
  const labels = { workload: name, team };
  const metadata = { name, namespace };
  const own = lists[list].length > 0 ? { imagePullSecrets: references(lists[list]) } : {};
  const spec = { ...basics, ...own, serviceAccountName: account, containers: [{ name: "app", image, imagePullPolicy: "Always" }] };
  const template = { metadata: { labels }, spec };
  const ending = { template: { ...template, spec: { ...spec, restartPolicy: "Never" } } };
  return {
    pod: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { ...metadata, labels },
      spec: { ...spec, schedulingGates: [{ name: "test/starts-later" }] },
    },
    deployment: { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { replicas: 0, selector: { matchLabels: labels }, template } },
    job: { apiVersion: "batch/v1", kind: "Job", metadata, spec: { suspend: true, ...ending } },
    cronjob: {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata,
      spec: { suspend: true, schedule: "0 0 1 1 *", jobTemplate: { spec: ending } },
    },
  }[kind];
}

/** Starts a pod of each workload. @returns the failures of each pod, none if it pulled */
export async function start(namespace: string, workloads: readonly Workload[]): Promise<Pulled> {
  const of = (wanted: Workload["kind"]) => workloads.filter(({ kind }) => kind === wanted).map(({ name }) => name);
  const at = ["-n", namespace];
  await kubectl(["patch", "pod", ...of("pod"), "--type=json", "-p", '[{"op":"remove","path":"/spec/schedulingGates"}]', ...at]);
  await kubectl(["scale", "deployment", ...of("deployment"), "--replicas=1", ...at]);
  await kubectl(["patch", "job", ...of("job"), "-p", '{"spec":{"suspend":false}}', ...at]);
  for (const name of of("cronjob")) await kubectl(["create", "job", name, `--from=cronjob/${name}`, ...at]);
  await until(async () => (await pulled(namespace)).size === workloads.length + 1, 120);
  return pulled(namespace);
}

type Pulled = ReadonlyMap<string, readonly string[]>;

/** Returns the causes of the failures of each pod whose kubelet has pulled or failed. */
async function pulled(namespace: string): Promise<Pulled> {
  const { items } = await getJson<{ items: readonly Pod[] }>("pods", "-l", "workload", "-n", namespace);
  return new Map(
    items.flatMap(({ metadata: { labels }, status }) => {
      const [{ imageID, state } = {}] = status?.containerStatuses ?? [];
      const failures = imageID ? [] : readWaiting(state?.waiting ?? {}).map(({ cause }) => cause);
      return imageID || failures.length > 0 ? [[labels?.["workload"] ?? "", failures] as const] : [];
    }),
  );
}

type Item = { readonly cause: Cause; readonly owners: readonly { readonly kind: string; readonly name: string }[] };

/**
 * Compares what a check printed (`-o json`) with what the kubelet did.
 * @returns the workloads whose verdict is wrong, those without a verdict, and the number of those that pulled
 */
export function compare(workloads: readonly Workload[], output: string, done: Pulled) {
  const { items } = JSON.parse(output) as { items: readonly Item[] };
  const rows = workloads.map((one) => {
    const of = items.filter(({ owners }) => owners.some(({ kind, name }) => kind === one.kind && name === one.name));
    const failures = done.get(one.name) ?? [];
    const text = `${Object.values(one).join(" ")}: check says ${of.map(({ cause }) => cause).join(", ") || "nothing"}, the kubelet ${failures.join(", ") || "pulls"}`;
    return { text, said: of.map(({ cause }) => pulls(cause, failures)), pulls: failures.length === 0 };
  });
  return {
    wrong: rows.filter((row) => row.said.length > 1 || row.said[0] === !row.pulls).map(({ text }) => text),
    unknown: rows.filter(({ said }) => said[0] === "unknown" || said.length === 0).map(({ text }) => text),
    pulled: rows.filter((row) => row.pulls).length,
  };
}

/** Whether a verdict says that the kubelet pulls. An identity is a login for each image of its registry, even if that doesn't exist. */
function pulls(cause: Cause, failures: readonly string[]): boolean | "unknown" {
  if (cause === "by-identity") return !failures.includes("not-found") || "unknown";
  return causes[cause].severity !== "failure" && causes[cause].pulls;
}
