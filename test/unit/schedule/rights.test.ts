import { describe, expect, test } from "vitest";
import type { Entry } from "../../../src/file/entry.ts";
import { grantable, reasonsOf, rightsToApply, rulesOf } from "../../../src/schedule/rights.ts";
import type { Scope } from "../../../src/scope/scope.ts";

const entry: Entry = {
  at: "teams.yaml:4",
  name: "acr",
  registry: "myregistry",
  sources: { namespace: "platform" },
  copyTo: undefined,
  repositories: ["app/*"],
  serviceAccounts: [],
  credential: "acr-token",
  expiresIn: undefined,
  olderThan: undefined,
  grace: 86_400_000,
  restart: "stuck",
};

const rest = { selector: undefined, exclude: [], includeSystem: false };
const named = (...names: string[]): Scope => ({ ...rest, namespaces: { names, globs: [] } });
const matching = (names: string[], globs: string[]): Scope => ({ ...rest, namespaces: { names, globs } });
const labeled: Scope = { ...rest, namespaces: "all", selector: "team=blue" };
const all: Scope = { ...rest, namespaces: "all" };

/** The rules for all namespaces, and those in each namespace: `VERBS RESOURCE [NAMES]`. */
function rulesFor(...entries: readonly Entry[]): Readonly<Record<string, readonly string[]>> {
  const byNamespace = Map.groupBy(grantable(rightsToApply(entries)), ({ namespace = "*" }) => namespace);
  const lines = [...byNamespace].map(([namespace, rights]) => {
    const rules = rulesOf(rights).map(({ resources, resourceNames, verbs }) =>
      [verbs.join(","), resources.join(), ...(resourceNames ? [`[${resourceNames.join()}]`] : [])].join(" "),
    );
    return [namespace, rules.sort()];
  });
  return Object.fromEntries(lines);
}

const secrets = (...names: string[]) => ["create secrets", `delete,get,patch secrets [${names.join()}]`];
/** Also from one list of all namespaces. */
const listed = (...names: string[]) => ["create secrets", `delete,get,list,patch secrets [${names.join()}]`];
const everywhere = ["get,list namespaces"];
const pods = ["create pods/eviction", "get,list pods"];

describe("rightsToApply", () => {
  test.for<{ when: string; entries: Partial<Entry>[]; rules: Record<string, string[]> }>([
    {
      when: "an entry has a source alone",
      entries: [{}],
      rules: { "*": ["get namespaces [kube-system,platform]"], platform: ["create events", ...secrets("acr")] },
    },
    {
      when: "an entry names the namespaces of its copies and its ServiceAccounts",
      entries: [{ copyTo: named("a", "b"), serviceAccounts: ["default", "ci"] }],
      rules: {
        "*": ["get namespaces [a,b,kube-system,platform]"],
        platform: ["create events", ...secrets("acr")],
        a: [...pods, ...secrets("acr"), "get,patch serviceaccounts [ci,default]"],
        b: [...pods, ...secrets("acr"), "get,patch serviceaccounts [ci,default]"],
      },
    },
    {
      when: "no pod restarts",
      entries: [{ copyTo: named("a"), serviceAccounts: ["default"], restart: "none" }],
      rules: {
        "*": ["get namespaces [a,kube-system,platform]"],
        platform: ["create events", ...secrets("acr")],
        a: [...secrets("acr"), "get,patch serviceaccounts [default]"],
      },
    },
    {
      when: "a pattern selects ServiceAccounts in a named namespace",
      entries: [{ serviceAccounts: ["default", "ci-*"], restart: "none" }],
      rules: {
        "*": ["get namespaces [kube-system,platform]"],
        platform: ["create events", ...secrets("acr"), "get,list,patch serviceaccounts"],
      },
    },
    ...[labeled, all, matching(["a"], ["team-*"])].map((copyTo) => ({
      when: `copies are in the namespaces of ${JSON.stringify(copyTo)}`,
      entries: [{ copyTo, serviceAccounts: ["default"] }],
      rules: {
        "*": [...pods, ...listed("acr"), ...everywhere, "get,list,patch serviceaccounts [default]"],
        platform: ["create events"],
      },
    })),
    {
      when: "each namespace with a label has a source",
      entries: [{ sources: { eachOf: labeled }, serviceAccounts: ["default"], restart: "none" }],
      rules: { "*": ["create events", ...secrets("acr"), ...everywhere, "get,patch serviceaccounts [default]"] },
    },
    {
      when: "each of the named namespaces has a source",
      entries: [{ sources: { eachOf: named("a", "b") } }],
      rules: {
        "*": ["get namespaces [a,b,kube-system]"],
        a: ["create events", ...secrets("acr")],
        b: ["create events", ...secrets("acr")],
      },
    },
    {
      when: "the Secrets of two entries are in one namespace",
      entries: [{}, { name: "other", serviceAccounts: ["default"] }],
      rules: {
        "*": ["get namespaces [kube-system,platform]"],
        platform: ["create events", ...pods, ...secrets("acr", "other"), "get,patch serviceaccounts [default]"],
      },
    },
    {
      when: "one of two entries selects namespaces",
      entries: [{ copyTo: labeled }, { name: "other", serviceAccounts: ["default"], restart: "none" }],
      rules: {
        "*": [...listed("acr"), ...everywhere],
        platform: ["create events", "delete,get,patch secrets [other]", "get,patch serviceaccounts [default]"],
      },
    },
  ])("returns the least rights when $when", ({ entries, rules }) => {
    const sorted = Object.fromEntries(Object.entries(rules).map(([namespace, of]) => [namespace, [...of].sort()]));

    expect(rulesFor(...entries.map((more) => ({ ...entry, ...more })))).toEqual(sorted);
  });

  test.for([
    { copyTo: labeled, lists: ["acr"] },
    { copyTo: all, lists: ["acr"] },
    { copyTo: named("a"), lists: [] },
  ])("lists only the Secrets with the entry's name when copies are in $copyTo", ({ copyTo, lists }) => {
    const rights = rightsToApply([{ ...entry, copyTo, serviceAccounts: ["*"] }]);
    const listing = rights.filter(({ resource, verb }) => resource === "secrets" && ["list", "watch"].includes(verb));

    expect(listing.map(({ name }) => name)).toEqual(lists);
  });
});

test("returns the writes in a namespace of the control plane that is named next to a pattern", () => {
  const rights = rightsToApply([{ ...entry, copyTo: matching(["kube-x"], ["team-*"]) }]);
  const verbs = rights.flatMap(({ resource, namespace, verb }) => (resource === "secrets" && namespace === "kube-x" ? [verb] : []));

  expect(verbs).toEqual(["create", "get", "patch", "delete"]);
});

test("names the entries whose rights have no names of objects", () => {
  const entries = [
    entry,
    { ...entry, at: "teams.yaml:9", copyTo: labeled },
    { ...entry, at: "teams.yaml:14", sources: { eachOf: all }, serviceAccounts: ["ci-*"] },
  ];

  expect(reasonsOf(entries)).toEqual([
    expect.stringMatching(/namespaces.*: teams\.yaml:9, teams\.yaml:14$/),
    expect.stringMatching(/ServiceAccounts.*: teams\.yaml:14$/),
  ]);
  expect(reasonsOf([entry])).toEqual([]);
  expect(reasonsOf(Array(40).fill(entries[1]))).toEqual([expect.stringMatching(/teams\.yaml:9 and 30 more$/)]);
});
