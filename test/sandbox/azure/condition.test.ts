import { expect, test } from "vitest";
import { actionMatches, parseCondition } from "../../../sandbox/azure/condition.ts";

test.for([
  { pattern: "*", action: "A/b/read", matches: true },
  { pattern: "*/read", action: "A/b/read", matches: true },
  { pattern: "*/read", action: "A/b/write", matches: false },
  { pattern: "*/read", action: "A/read/write", matches: false },
  { pattern: "Microsoft.Authorization/*/Write", action: "microsoft.authorization/roleAssignments/write", matches: true },
  { pattern: "Microsoft.Authorization/*/Write", action: "Microsoft.Authorization/Write", matches: false },
  { pattern: "A/b/read", action: "a/B/READ", matches: true },
  { pattern: "A/b", action: "A/b/read", matches: false },
  { pattern: "a*a", action: "a", matches: false },
  { pattern: "a/*/b/*/c", action: "a/x/b/y/c", matches: true },
  { pattern: "a/*/b/*/c", action: "a/x/y/c", matches: false },
])("matches $pattern with $action: $matches", ({ pattern, action, matches }) => {
  expect(actionMatches(pattern, action)).toBe(matches);
});

const read = { action: "Read", attributes: { name: "app/web" } };

test.for([
  { text: "ActionMatches{'Read'}", holds: true },
  { text: "!(ActionMatches{'Read'})", holds: false },
  { text: "! ActionMatches{'Write'} AND @Request[name] StringEquals 'app/web'", holds: true },
  { text: "@Request[name] StringEquals 'APP/web'", holds: false },
  { text: "@Request[NAME] StringEqualsIgnoreCase 'APP/web'", holds: true },
  { text: "@Request[name] StringStartsWith 'app/'", holds: true },
  { text: "@Request[name] StringNotStartsWith 'app/'", holds: false },
  { text: "@Request[tag] StringNotEquals 'x'", holds: false },
  { text: "ActionMatches{'Read'} OR ActionMatches{'a'} AND ActionMatches{'b'}", holds: true },
  { text: "(ActionMatches{'Read'} OR ActionMatches{'a'}) AND ActionMatches{'b'}", holds: false },
  { text: "ActionMatches{'Read'} && (ActionMatches{'b'} || !ActionMatches{'c'})", holds: true },
])("evaluates $text: $holds", ({ text, holds }) => {
  expect(parseCondition(text)(read)).toBe(holds);
});

test.for([
  "",
  "(",
  "ActionMatches{'Read'",
  "ActionMatches{'Read'} ActionMatches{'Read'}",
  "@Request[name] StringEquals app",
  "@Request[name] StringEquals {'app'}",
  "@Request[name] ForAnyOfAnyValues:StringEquals 'app'",
  "@Request[name] Sounds 'app'",
  "ActionMatches{'Read'} AND",
])("rejects the condition %j", (text) => {
  expect(() => parseCondition(text)).toThrow();
});
