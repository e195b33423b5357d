import { afterAll, expect, test } from "vitest";
import { create, getJson, kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";
import { sampled } from "../../support/sampled.ts";
import { type TargetName, targetObject } from "../../support/situations/target-objects.ts";
import { until } from "../../support/until.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const secret = (namespace: string) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "acr", namespace },
  type: "kubernetes.io/dockerconfigjson",
  data: { ".dockerconfigjson": Buffer.from('{"auths":{}}').toString("base64") },
});

type Object_ = { readonly metadata: Record<string, unknown>; readonly status?: unknown };

/** Annotations in which controllers count the versions of an object's template. */
const counts = ["deployment.kubernetes.io/revision", "deprecated.daemonset.template.generation"];

/** Returns an object without the fields that every write changes, and without its status. */
async function fieldsOf(kind: string, namespace: string): Promise<object> {
  const { metadata, status: _, ...rest } = await getJson<Object_>(kind, "web", "-n", namespace);
  const { managedFields, resourceVersion, generation, annotations = {}, ...kept } = metadata;
  const written = Object.entries(annotations as object).filter(([key]) => !counts.includes(key));
  return { ...rest, metadata: { ...kept, annotations: Object.fromEntries(written) } };
}

const changeable: readonly { kind: TargetName; called: string; list: string }[] = [
  { kind: "serviceaccount", called: "serviceaccount", list: "{.imagePullSecrets}" },
  { kind: "deployment", called: "deployment.apps", list: "{.spec.template.spec.imagePullSecrets}" },
  { kind: "statefulset", called: "statefulset.apps", list: "{.spec.template.spec.imagePullSecrets}" },
  { kind: "daemonset", called: "daemonset.apps", list: "{.spec.template.spec.imagePullSecrets}" },
  { kind: "replicaset", called: "replicaset.apps", list: "{.spec.template.spec.imagePullSecrets}" },
  { kind: "replicationcontroller", called: "replicationcontroller", list: "{.spec.template.spec.imagePullSecrets}" },
  { kind: "cronjob", called: "cronjob.batch", list: "{.spec.jobTemplate.spec.template.spec.imagePullSecrets}" },
];

const lists: readonly { names?: readonly (string | undefined)[]; before: string; with_: string }[] = [
  { before: "", with_: '[{"name":"acr"}]' },
  {
    names: ["theirs", "b", "a"],
    before: '[{"name":"theirs"},{"name":"b"},{"name":"a"}]',
    with_: '[{"name":"theirs"},{"name":"b"},{"name":"a"},{"name":"acr"}]',
  },
  {
    names: ["theirs", undefined, "a"],
    before: '[{"name":"theirs"},{},{"name":"a"}]',
    with_: '[{"name":"theirs"},{},{"name":"a"},{"name":"acr"}]',
  },
];

/** A list that is not empty, for each form of a list: that of an account, that of a template, and that of a template in a template. */
const inTestGate = ({ kind, names }: { kind: TargetName; names?: readonly unknown[] }) =>
  ["serviceaccount", "deployment", "cronjob"].includes(kind) && names?.[1] === "b";

test.for(
  sampled(
    changeable.flatMap((row) => lists.map((of) => ({ ...row, ...of }))),
    inTestGate,
  ),
)(
  "changes only the list when it attaches and detaches twice: $kind with $names",
  { timeout: 60_000 },
  async ({ kind, called, list, names, before, with_ }) => {
    const namespace = await newNamespace();
    await create([secret(namespace), targetObject(kind, { namespace }, names)]);
    const type = (verb: string, more = "") => shell.type(`kubectl acr-secret ${verb} acr ${kind}/web -n ${namespace} ${more}`);
    const listed = () => kubectl(["get", kind, "web", "-n", namespace, "-o", `jsonpath=${list}`]);
    const fields = await fieldsOf(kind, namespace);
    expect(await listed()).toBe(before);

    for (const run of ["client", "server"]) {
      expect(await type("attach", `--dry-run=${run}`)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(`^${called}/web patched \\(.*dry run\\)\n`),
      });
      expect(await listed()).toBe(before);
    }
    expect(await type("attach")).toMatchObject({ code: 0, stdout: `${called}/web patched\n` });
    expect(await listed()).toBe(with_);
    expect(await type("attach")).toMatchObject({ code: 0, stdout: `${called}/web unchanged\n`, stderr: "" });
    expect(await type("detach")).toMatchObject({ code: 0, stdout: `${called}/web patched\n` });
    expect(await listed()).toBe(before);
    expect(await fieldsOf(kind, namespace)).toEqual(fields);
    expect(await type("detach")).toMatchObject({ code: 0, stdout: `${called}/web unchanged\n`, stderr: "" });
  },
);

test("refuses an object that a controller creates, and names the controller", async () => {
  const namespace = await newNamespace();
  await create([secret(namespace), targetObject("deployment", { namespace })]);
  const name = () => kubectl(["get", "replicasets", "-n", namespace, "-o", "jsonpath={.items[*].metadata.name}"]);
  await until(async () => (await name()) !== "");

  const ended = await shell.type(`kubectl acr-secret attach -n ${namespace} acr rs/${await name()}`);

  expect(ended.stderr).toBe(
    `error: replicaset.apps/${await name()} is created from the template of Deployment web; change that template instead\nhint: kubectl acr-secret attach -n ${namespace} acr deployment/web\n`,
  );
  const all = (kinds: string) => shell.type(`kubectl acr-secret attach -n ${namespace} acr ${kinds} --all`);
  expect(await all("replicasets")).toMatchObject({
    code: 1,
    stderr: `error: no replicaset in namespace "${namespace}"\nhint: kubectl get -n ${namespace} replicasets\n`,
  });
  expect(await all("replicasets,deployments")).toMatchObject({ code: 0, stdout: "deployment.apps/web patched\n" });
});
