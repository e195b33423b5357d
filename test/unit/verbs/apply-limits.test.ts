import { expect, test } from "vitest";
import { azureName } from "../../../src/secret/azure-words.ts";
import { describeTokens, noRoom, planTokens, withoutRoom } from "../../../src/verbs/apply-limits.ts";

const at = { id: "/registries/One", name: "one", loginServer: "one.azurecr.io", sku: "Basic" };
const making = (name: string, { registry = "one", credential = "acr-token" as const, uid = "u" } = {}) => ({
  source: { kind: "secret", name, namespace: "web" } as const,
  entry: { name, at: `teams.yaml:${name.length}`, registry, credential, repositories: ["app/web"], sources: { namespace: "web" } },
  uid,
});
const principal = { ...making("sp"), entry: { ...making("sp").entry, credential: "service-principal" as const } };
const everywhere = { namespaces: "all", selector: undefined, exclude: [], includeSystem: false } as const;
const tokens = (names: readonly string[], id = at.id) => ({ at: { ...at, id }, names: new Set(names) });

test.for([
  { what: "a new source", made: [making("a")], needs: ["a"] },
  { what: "a source whose token exists, in another case", made: [making("a")], has: [azureName("u", "web", "a").toLowerCase()], needs: [] },
  {
    what: "a source of a namespace that was created again",
    made: [making("a", { uid: "v" })],
    has: [azureName("u", "web", "a")],
    needs: ["a"],
  },
  { what: "a namespace that can't be read", made: [{ ...making("a"), uid: undefined }], needs: [] },
  { what: "a service principal", made: [principal], needs: [] },
  { what: "a registry that can't be read", made: [making("a", { registry: "two" })], needs: [] },
  { what: "a source that two entries name", made: [making("a"), making("a")], needs: ["a"] },
])("counts the tokens of $what", ({ made, has = [], needs }) => {
  const [plan = expect.unreachable("no plan")] = planTokens([{ made, removed: [], tokens: new Map([["one", tokens(has)]]) }]);

  expect({ has: plan.has, needs: plan.needs.map(({ entry }) => entry.name) }).toEqual({ has: has.length, needs });
});

test("counts a registry once when two files spell it differently", () => {
  const plans = planTokens([
    { made: [making("a")], removed: [], tokens: new Map([["one", tokens(["x"])]]) },
    {
      made: [making("b", { registry: "/REGISTRIES/ONE" })],
      removed: [],
      tokens: new Map([["/REGISTRIES/ONE", tokens(["x"], "/REGISTRIES/ONE")]]),
    },
  ]);

  expect(plans.map(({ has, needs }) => [has, needs.length])).toEqual([[1, 2]]);
});

test.for([
  { what: "has room for all", limit: 5, over: [] },
  { what: "has room for some", limit: 4, over: ["ccc"] },
  { what: "is over its limit", limit: 1, over: ["a", "bb", "ccc"] },
  { what: "has no known limit", limit: undefined, over: [] },
])("names the sources without a token when the registry $what", ({ limit, over }) => {
  const [plan = expect.unreachable("no plan")] = planTokens([
    { made: [making("a"), making("bb"), making("ccc")], removed: [], tokens: new Map([["one", tokens(["x", "y"])]]) },
  ]);

  expect(withoutRoom(plan, limit).map(({ entry }) => entry.name)).toEqual(over);
  expect(describeTokens(plan, limit)).toBe(`2 ACR tokens, 5 during the run${limit === undefined ? "" : `, at most ${limit} (Basic)`}`);
  expect(noRoom(plan, 4, plan.needs.slice(2)).message).toMatch(/; no room for ccc \(teams\.yaml:3\)$/);
});

test.for([
  { when: "entries have copies", hint: { when: /nothing uses/, or: /^use a registry of a larger SKU$/ } },
  {
    when: "an entry has eachOf",
    sources: { eachOf: everywhere },
    hint: { when: /nothing uses/, or: /^use copyTo instead of eachOf, or .* SKU$/ },
  },
  {
    when: "an entry was removed",
    removed: [{ host: "one.azurecr.io" }],
    hint: /^removed entries keep .*--prune and without the new entries/,
  },
  { when: "an entry of another registry was removed", removed: [{ host: "two.azurecr.io" }], hint: { when: /nothing uses/, or: /SKU/ } },
])("says how to make room for tokens when $when", ({ sources = { namespace: "web" }, removed = [], hint }) => {
  const one = making("a");
  const made = [{ ...one, entry: { ...one.entry, sources } }];
  const [plan = expect.unreachable("no plan")] = planTokens([{ made, removed, tokens: new Map([["one", tokens(["x"])]]) }]);

  const said = noRoom(plan, 1, plan.needs).hint;

  if (hint instanceof RegExp) expect(said).toMatch(hint);
  else
    expect(said).toMatchObject({
      program: "kubectl acr-secret prune",
      namespace: "",
      when: expect.stringMatching(hint.when),
      or: expect.stringMatching(hint.or),
    });
});
