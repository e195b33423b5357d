import { afterAll, expect, test } from "vitest";
import { adding } from "../../support/adding.ts";
import { attachTo, ours, placeOf, r, web } from "../../support/check-shell.ts";
import { create } from "../../support/kubectl.ts";
import { openShell } from "../../support/plugin.ts";
import { rewriting } from "../../support/rewriting.ts";

// Compares what `check` says of templates with what it says of pods that the API server has admitted.
const shell = await openShell();
afterAll(() => shell.stop());

const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));

/** Creates 20 CronJobs, and a pod with the same spec for each. @returns a function that returns the causes, by their owners */
async function generated(change: (namespace: string) => Promise<unknown>) {
  let state = seed;
  const oneOf = <T>(...all: readonly T[]): T => {
    // Numerical Recipes, 7.1: a linear congruential generator
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return all[Math.floor((state / 2 ** 32) * all.length)] as T;
  };
  const at = await placeOf(shell);
  const { namespace } = at;
  await at.typed(ours("mine"), attachTo("none"), "kubectl create serviceaccount good -n N");
  await at.typed(`kubectl patch serviceaccount good -n N -p '{"imagePullSecrets":[{"name":"mine"}]}'`);
  await change(namespace);
  const names = Array.from({ length: 40 }, (_, index) => `w-${index}`);
  const objects = names.map((name) => {
    const image = oneOf(web, `${r}/app/web:1`, `${r}/app/api:1`, `${r}/app/web:9`, "otherregistry.azurecr.io/app/web:1");
    const spec = {
      serviceAccountName: oneOf("default", "good"),
      imagePullSecrets: oneOf(undefined, undefined, [{ name: "own" }], [{ name: "mine" }]),
      restartPolicy: "Never",
      containers: [{ name: "app", image }],
    };
    const metadata = { labels: { team: oneOf("blue", "red") } };
    const job = { suspend: true, schedule: "0 0 * * *", jobTemplate: { spec: { template: { metadata, spec } } } };
    return [
      { apiVersion: "batch/v1", kind: "CronJob", metadata: { name, namespace }, spec: job },
      { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name, namespace }, spec },
    ];
  });
  await create(objects.flat());
  const causes = async (more = "") => {
    const items = (await at.check(more)).items as unknown as readonly Owned[];
    return new Map(items.flatMap(({ owners, cause }) => owners.map(({ kind, name }) => [`${kind}/${name}`, cause] as const)));
  };
  return { at, names, causes };
}

test.for([
  { what: "a policy adds the Secret", change: adding },
  { what: "a policy rewrites the registry", change: (namespace: string) => rewriting(namespace, web) },
])(`says the same of 40 templates as of their pods when $what (SEED=${seed})`, { timeout: 120_000 }, async ({ change }) => {
  const { names, causes } = await generated(change);
  const found = await causes();

  expect(names.map((name) => `${name} ${found.get(`cronjob/${name}`)}`)).toEqual(
    names.map((name) => `${name} ${found.get(`pod/${name}`)}`),
  );
  expect(new Set(found.values()).size).toBeGreaterThan(1);
});

test(`calls no pull broken for a user who may not read Secrets (SEED=${seed})`, { timeout: 120_000 }, async () => {
  const { at, causes } = await generated(async () => undefined);
  await at.typed("kubectl create rolebinding viewer --clusterrole view --user viewer -n N");
  const known = await causes();
  const seen = await causes("--as viewer");

  const pulling = [...known].filter(([, cause]) => cause === "pulls").map(([owner]) => owner);
  expect(pulling.length).toBeGreaterThan(0);
  expect(new Set(pulling.map((owner) => seen.get(owner)))).toEqual(new Set(["not-checked"]));
});

type Owned = { readonly cause: string; readonly owners: readonly { readonly kind: string; readonly name: string }[] };
