import { expect, test } from "vitest";
import type { Right } from "../../../src/kube/port.ts";
import { policyFor } from "../../../src/schedule/policy.ts";

const right = (verb: string, resource: string, namespace?: string, name?: string): Right => ({
  group: "",
  verb,
  resource,
  namespace,
  name,
});

type Policy = {
  readonly matchConstraints: { readonly resourceRules: readonly { readonly resources: readonly string[] }[] };
  readonly variables: readonly { readonly name: string; readonly expression: string }[];
};

test("limits each write to its namespaces and names, and no read", () => {
  const rights = [
    ...["create", "get", "patch", "delete"].flatMap((verb) => [
      right(verb, "secrets", undefined, "acr"),
      right(verb, "secrets", "kube-system", "acr"),
      right(verb, "secrets", "platform", "acr-blue"),
    ]),
    right("patch", "serviceaccounts"),
    right("create", "pods/eviction", "platform"),
    right("list", "pods"),
  ];
  const { matchConstraints, variables } = policyFor(rights, "jane") as Policy;

  expect(matchConstraints.resourceRules.map(({ resources }) => resources)).toEqual([["pods/eviction", "secrets", "serviceaccounts"]]);
  expect(JSON.parse(variables.find(({ name }) => name === "places")?.expression ?? "")).toEqual({
    "secrets/acr": ["*", "kube-system"],
    "secrets/acr-blue": ["platform"],
    "serviceaccounts/*": ["*"],
    "pods/*": ["platform"],
  });
});
