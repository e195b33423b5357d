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
    why: "the Secret comes first, and references need it",
    facts: facts(),
    plan: ["store secret/acr", "attach serviceaccount/default needs secret/acr", "keep serviceaccount/builder"],
  },
  {
    why: "references don't need an existing Secret",
    facts: facts({ existing }),
    options: { fresh: false },
    plan: ["keep secret/acr", "attach serviceaccount/default", "keep serviceaccount/builder"],
  },
  {
    why: "a restart needs the ServiceAccount of the pod",
    facts: facts({ pods: [pod("web-1", "default"), pod("build-1", "builder")] }),
    plan: [
      "store secret/acr",
      "attach serviceaccount/default needs secret/acr",
      "keep serviceaccount/builder",
      "restart pod/web-1 needs serviceaccount/default",
      "restart pod/build-1 needs serviceaccount/builder",
    ],
  },
])("plans one namespace: $why", ({ facts, options: more, plan }) => {
  expect(lines(planNamespace(facts, { ...options, ...more }, all))).toEqual(plan);
});

test("does not add a Secret to a list twice", () => {
  const changes = planAttaches(facts({ targets: [target("builder", "theirs", "acr")], pods: [pod("build-1", "builder", "theirs")] }), all);

  expect(lines(changes)).toEqual(["keep serviceaccount/builder", "restart pod/build-1 needs serviceaccount/builder"]);
});

test("restarts a pod when its ServiceAccount gets the Secret after the names that both have", () => {
  const changes = planAttaches(facts({ targets: [target("default", "theirs")], pods: [pod("web-1", "default", "theirs")] }), all);

  expect(lines(changes)).toEqual(["attach serviceaccount/default", "restart pod/web-1 needs serviceaccount/default"]);
});

test("does not restart a pod for an image that the Secret cannot pull", () => {
  const changes = planAttaches(facts({ pods: [pod("web-1", "default")] }), {
    restart: "stuck",
    mayPull: (repository) => repository !== "app/web",
  });

  expect(changes.filter(({ act }) => act === "restart")).toEqual([]);
  expect(changes.at(-1)).toMatchObject({ act: "warn", message: expect.stringContaining("app/web") });
});
