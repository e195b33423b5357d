import { expect, test } from "vitest";
import { covers, parseRepositoryScope } from "../../../src/registry/repository.ts";

test.for(["app", "team/app", "team/sub/app", "a.b/c_d/e-f", "a--b", "team/*", "*"])("%s can be a scope", (text) => {
  expect(parseRepositoryScope(text)).toBe(text);
});

test.for([
  "",
  "App",
  "team/",
  "/app",
  "team*",
  "team/*/app",
  "*/app",
  "**",
  "team/app:1",
  "team app",
  "team/app'",
  "../app",
  "team//app",
  `${"a".repeat(256)}`,
])("%j cannot", (text) => {
  expect(() => parseRepositoryScope(text)).toThrow(`invalid repository ${JSON.stringify(text)}`);
});

test.for([
  ["app", "app", true],
  ["app", "app2", false],
  ["team/*", "team/app", true],
  ["team/*", "team/sub/app", true],
  ["team/*", "team", false],
  ["team/*", "team2/app", false],
  ["*", "anything/at/all", true],
] as const)("%s covers %s: %s", ([scope, repository, expected]) => {
  expect(covers(scope, repository)).toBe(expected);
});
