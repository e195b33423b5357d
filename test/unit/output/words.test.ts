import { expect, test } from "vitest";
import { nameOf } from "../../../src/kinds.ts";
import { grantSuffix, type PlaceDetail, placePrefix, placeSuffix } from "../../../src/output/words.ts";

const secret = { kind: "secret", name: "acr", namespace: "demo" } as const;
const token = { kind: "token.azurecr.io", name: "t" } as const;
const account = { kind: "serviceaccount", name: "default", namespace: "demo" } as const;

const of = (count: number) => Array.from({ length: count }, (_, index) => `r${index}`);

test.for<{ grants: readonly string[] | undefined; suffix: string }>([
  { grants: undefined, suffix: "" },
  { grants: [], suffix: "" },
  { grants: ["app/api", "team/*"], suffix: " (+app/api, +team/*)" },
  { grants: ["*"], suffix: " (+*)" },
  {
    grants: of(10),
    suffix: ` (${of(10)
      .map((name) => `+${name}`)
      .join(", ")})`,
  },
  {
    grants: of(12),
    suffix: ` (${of(10)
      .map((name) => `+${name}`)
      .join(", ")} and 2 more)`,
  },
  // No repository has such a name, but a user who may write a scope map could create it.
  { grants: ["app/web)\nsecret/acr created", "a, +b", 'a"'], suffix: ' (+"app/web)\\nsecret/acr created", +"a, +b", +"a\\"")' },
])("prints the granted repositories as $suffix", ({ grants, suffix }) => {
  expect(grantSuffix({ to: token, result: "configured", grants })).toBe(suffix);
});

test.for<{ where: PlaceDetail; suffix: string; prefix: string }>([
  { where: "one", suffix: "", prefix: "" },
  { where: "namespaces", suffix: " in namespace demo", prefix: "demo: " },
])("formats the place for $where as $suffix", ({ where, suffix, prefix }) => {
  expect([placeSuffix(secret, where), placePrefix(secret, where)]).toEqual([suffix, prefix]);
});

test("omits a missing namespace", () => {
  expect([placeSuffix(token, "namespaces"), placePrefix(token, "namespaces")]).toEqual(["", ""]);
  expect(placePrefix({ kind: "namespace", name: "", namespace: "" }, "namespaces")).toBe("");
});

test("names an object like kubectl", () => {
  expect(nameOf(account)).toBe("serviceaccount/default");
});
