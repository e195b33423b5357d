import { expect, test } from "vitest";
import { nameOf } from "../../../src/kinds.ts";
import { type PlanInput, planAttaches, planNamespace } from "../../../src/plan/namespace.ts";
import { entry, existing, host, to } from "../../support/situations/existing-secret.ts";

const account = (name: string) => ({ kind: "serviceaccount", namespace: "demo", name }) as const;
const target = (name: string, ...names: string[]) => ({ to: account(name), names, version: "7" });
const pod = (name: string, of: string, ...names: string[]) => ({
  to: { kind: "pod", namespace: "demo", name } as const,
  uid: `uid-${name}`,
  account: of,
  repositories: ["app/web"],
  names,
  waits: "image" as const,
  fails: true,
  owner: { kind: "ReplicaSet", name: "web" },
});
const facts = (more: Partial<PlanInput> = {}): PlanInput => ({
  to,
  existing: undefined,
  targets: [target("default"), target("builder", "acr")],
  pods: [],
  ...more,
});
const options = { entry, host, fresh: true, force: false, merge: false };
const all: Parameters<typeof planAttaches>[1] = { restart: "stuck", mayPull: () => true };

/** Formats each step as a line, with its object and its dependencies. */
const lines = (plan: ReturnType<typeof planNamespace>) =>
  plan.map(({ act, to, needs }) => `${act} ${nameOf(to)}${[needs ?? []].flat().map((ref) => ` needs ${nameOf(ref)}`)}`);

test.for<{ why: string; facts: PlanInput; options?: Partial<typeof options>; plan: string[] }>([
  {
    why: "the Secret comes first, and nobody is to refer to one that could not be written",
    facts: facts(),
    plan: ["store secret/acr", "attach serviceaccount/default needs secret/acr", "keep serviceaccount/builder"],
  },
  {
    why: "a Secret that stands already is there to be referred to",
    facts: facts({ existing }),
    options: { fresh: false },
    plan: ["keep secret/acr", "attach serviceaccount/default", "keep serviceaccount/builder"],
  },
  {
    why: "a pod waits for its ServiceAccount, whoever else does",
    facts: facts({ pods: [pod("web-1", "default"), pod("build-1", "builder")] }),
    plan: [
      "store secret/acr",
      "attach serviceaccount/default needs secret/acr",
      "keep serviceaccount/builder",
      "restart pod/web-1 needs serviceaccount/default",
      "restart pod/build-1 needs serviceaccount/builder",
    ],
  },
  {
    why: "what is lost by force is told before others are touched",
    facts: facts({ existing: { ...existing, hosts: [host, "docker.io"] } }),
    options: { force: true },
    plan: ["store secret/acr", "warn secret/acr", "attach serviceaccount/default needs secret/acr", "keep serviceaccount/builder"],
  },
])("$why", ({ facts, options: more, plan }) => {
  expect(lines(planNamespace(facts, { ...options, ...more }, all))).toEqual(plan);
});

test("a ServiceAccount that carries the Secret already does not carry it twice", () => {
  const changes = planAttaches(facts({ targets: [target("builder", "theirs", "acr")], pods: [pod("build-1", "builder", "theirs")] }), all);

  expect(lines(changes)).toEqual(["keep serviceaccount/builder", "restart pod/build-1 needs serviceaccount/builder"]);
});

test("a pod goes when its ServiceAccount is only now given the Secret, behind the names that both have", () => {
  const changes = planAttaches(facts({ targets: [target("default", "theirs")], pods: [pod("web-1", "default", "theirs")] }), all);

  expect(lines(changes)).toEqual(["attach serviceaccount/default", "restart pod/web-1 needs serviceaccount/default"]);
});

test("a pod does not go for an image that the Secret may not pull", () => {
  const changes = planAttaches(facts({ pods: [pod("web-1", "default")] }), {
    restart: "stuck",
    mayPull: (repository) => repository !== "app/web",
  });

  expect(changes.filter(({ act }) => act === "restart")).toEqual([]);
  expect(changes.at(-1)).toMatchObject({ act: "warn", message: expect.stringContaining("app/web") });
});

test("who will undo a change is told behind it, and of none that is not made", () => {
  const drift = { by: "argocd", name: "web", does: "undoes" } as const;
  const targets = [
    { ...target("default"), drift },
    { ...target("builder", "acr"), drift },
  ];

  expect(lines(planAttaches(facts({ targets }), all))).toEqual([
    "attach serviceaccount/default",
    "warn serviceaccount/default needs serviceaccount/default",
    "keep serviceaccount/builder",
  ]);
});
