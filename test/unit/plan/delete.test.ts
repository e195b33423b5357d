import { expect, test } from "vitest";
import { nameOf } from "../../../src/kinds.ts";
import { planDelete } from "../../../src/plan/delete.ts";
import type { ExistingSecret } from "../../../src/plan/existing-secret.ts";
import type { Target } from "../../../src/usage/references.ts";

type DeleteFacts = Parameters<typeof planDelete>[0];

const to = { kind: "secret", namespace: "demo", name: "acr" } as const;
const entry = { hosts: ["r.azurecr.io"], kind: "acr-token", identity: "t" };
const existing = (more: Partial<ExistingSecret> = {}): ExistingSecret => ({
  uid: "u",
  version: "7",
  type: "kubernetes.io/dockerconfigjson",
  immutable: false,
  entries: [entry],
  hosts: ["r.azurecr.io"],
  others: [],
  pulls: "unknown",
  ...more,
});

const target = (kind: Target["to"]["kind"], name: string, ...names: readonly string[]): Target => ({
  to: { kind, namespace: "demo", name },
  names,
  version: "1",
});
const job: Target = { ...target("job.batch", "migrate", "acr"), recreation: { never: "has begun its work" } };
const pod = (name: string, kind = "Deployment") => ({ name, from: { kind, name: "web" } });

const facts = (more: Partial<DeleteFacts> = {}): DeleteFacts => ({
  to,
  existing: existing(),
  targets: [
    target("serviceaccount", "default", "acr", "x"),
    target("serviceaccount", "other", "x"),
    target("deployment.apps", "web", "acr"),
  ],
  needingPods: [],
  ...more,
});

/** Formats each step as a line, with its object and its dependencies. */
const lines = (plan: ReturnType<typeof planDelete>) =>
  plan.map((change) => {
    const needs = [change.needs ?? []].flat().map(nameOf).join(" ");
    return change.act === "warn" ? change.message : `${change.act} ${nameOf(change.to)}${needs && ` needs ${needs}`}`;
  });

const options = { force: false, revoke: false };
const references = ["rehearse secret/acr", "detach serviceaccount/default needs secret/acr", "detach deployment.apps/web needs secret/acr"];
const all = "secret/acr serviceaccount/default deployment.apps/web";

test.for<{ why: string; facts: DeleteFacts; options?: Partial<typeof options>; plan: string[] }>([
  { why: "the Secret is deleted last", facts: facts(), plan: [...references, `remove secret/acr needs ${all}`] },
  {
    why: "the annotation stays until the credentials are revoked",
    facts: facts(),
    options: { revoke: true },
    plan: [...references, `withdraw secret/acr needs ${all}`],
  },
  { why: "no list contains it", facts: facts({ targets: [] }), plan: ["rehearse secret/acr", "remove secret/acr needs secret/acr"] },
  {
    why: "the Secret does not exist, and lists contain its name",
    facts: facts({ existing: undefined, targets: [...facts().targets, job] }),
    plan: ["detach serviceaccount/default", "detach deployment.apps/web"],
  },
  { why: "neither the Secret nor its name exists", facts: facts({ existing: undefined, targets: [] }), plan: [] },
  {
    why: "a list cannot be changed",
    facts: facts({ targets: [job] }),
    plan: ["rehearse secret/acr", "remove secret/acr needs secret/acr", "job.batch/migrate cannot be changed and still lists secret/acr"],
  },
  {
    why: "--force deletes a Secret that pods need, with a warning",
    facts: facts({ targets: [], needingPods: [pod("a"), pod("b"), pod("c"), pod("d")] }),
    options: { force: true },
    plan: [
      "rehearse secret/acr",
      "remove secret/acr needs secret/acr",
      "pods a, b, c and 1 more list secret/acr and may fail to pull again",
    ],
  },
])("plans the deletion of a Secret: $why", ({ facts: of, options: more, plan }) => {
  expect(lines(planDelete(of, { ...options, ...more }))).toEqual(plan);
});

test("deletes the annotation of an immutable Secret together with the Secret", () => {
  const plan = planDelete(facts({ existing: existing({ immutable: true }) }), { force: false, revoke: true });
  expect(plan.at(-1)).toMatchObject({ act: "withdraw", immutable: true });
});

test.for<{ why: string; facts: DeleteFacts; message: string; hint: unknown }>([
  {
    why: "one pod needs it",
    facts: facts({ targets: [], needingPods: [pod("a")] }),
    message: 'secret "acr" in namespace "demo" is used by pod a; create another credential first, otherwise new pods cannot pull',
    hint: {
      do: "steps",
      when: "when the other credential is attached",
      steps: [{ kubectl: "rollout restart", namespace: "demo", args: ["deployment/web"], or: "--force to delete it anyway" }],
    },
  },
  {
    why: "pods of a template with its name and of a template without rollouts need it",
    facts: facts({ needingPods: [pod("a"), pod("b", "ReplicaSet"), pod("c", "Strange")] }),
    message: 'secret "acr" in namespace "demo" is used by pods a, b and c; create another credential first, otherwise new pods cannot pull',
    hint: {
      do: "steps",
      when: "when the other credential is attached",
      steps: [
        {
          verb: "detach",
          secret: "acr",
          namespace: "demo",
          serviceaccounts: ["default"],
          targets: ["deployment/web"],
          or: "--force to delete it anyway",
        },
      ],
    },
  },
  {
    why: "a pod without a controller needs it",
    facts: facts({ targets: [], needingPods: [pod("a", "Pod")] }),
    message: 'secret "acr" in namespace "demo" is used by pod a; create another credential first, otherwise new pods cannot pull',
    hint: "delete it after the pods have ended, or add --force to delete it anyway",
  },
  {
    why: "another tool created it",
    facts: facts({ existing: existing({ entries: undefined }) }),
    message: 'secret "acr" in namespace "demo" (type kubernetes.io/dockerconfigjson) was not created by kubectl acr-secret',
    hint: "use another name, or add --force to delete it",
  },
  {
    why: "another tool added a login to it",
    facts: facts({ existing: existing({ hosts: ["r.azurecr.io", "https://docker.io/v1", "quay.io"] }) }),
    message: 'secret "acr" in namespace "demo" also holds a login for https://docker.io/v1, quay.io',
    hint: "add --force to delete that login too",
  },
])("refuses to delete a Secret when $why", ({ facts: of, message, hint }) => {
  expect(() => planDelete(of, options)).toThrow(expect.objectContaining({ kind: "conflict", message, hint }));
});
