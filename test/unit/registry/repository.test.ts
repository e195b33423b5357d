import { expect, test } from "vitest";
import type { CliError } from "../../../src/errors.ts";
import { covers, parseRepositoryScope } from "../../../src/registry/repository.ts";

test.for(["app", "team/app", "team/sub/app", "a.b/c_d/e-f", "a--b", "team/*", "*"])("accepts the scope %s", (text) => {
  expect(parseRepositoryScope(text, "myregistry")).toBe(text);
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
])("rejects the scope %j", (text) => {
  expect(() => parseRepositoryScope(text, "myregistry")).toThrow(`invalid repository ${JSON.stringify(text)}`);
});

test.for([
  ["myregistry.azurecr.io/app/web", "myregistry", "app/web"],
  ["myregistry.azurecr.io/app/web", "MyRegistry.azurecr.io", "app/web"],
  ["https://MyRegistry.azurecr.io/team/*", "myregistry", "team/*"],
  ["myregistry.azurecr.io:443/*", "myregistry", "*"],
  ["myregistry-a1b2.azurecr.io/app", "myregistry", "app"],
  ["myregistry.eastus.geo.azurecr.io/app", "myregistry.azurecr.io", "app"],
  ["localhost:5000/app", "localhost:5000", "app"],
  ["ghcr.io/team/app", "ghcr.io", "team/app"],
  // Path segments with the name of a host or of the registry.
  ["ghcr.io/team/app", "myregistry", "ghcr.io/team/app"],
  ["myregistry/app", "myregistry", "myregistry/app"],
  ["a.b/app", "myregistry", "a.b/app"],
] as const)("reads %s in %s as the repository %s", ([text, registry, repository]) => {
  expect(parseRepositoryScope(text, registry)).toBe(repository);
});

test.for([
  { text: "otherregistry.azurecr.io/app", why: "it is not in myregistry", hint: undefined },
  { text: "myregistry.azurecr.us.evil.example:443/app", why: "it is not in myregistry", hint: undefined },
  { text: "app/web:1", why: "use only lowercase letters", hint: "remove the tag or digest: app/web" },
  { text: "myregistry.azurecr.io/app/web:1@sha256:00", why: "use only lowercase letters", hint: "remove the tag or digest: app/web" },
  { text: "myregistry.azurecr.io/", why: "use only lowercase letters", hint: /^specify one repository/ },
  { text: "\u001b[2J:1", why: "use only lowercase letters", hint: /^specify one repository/ },
] as const)("rejects $text for myregistry: $why", ({ text, why, hint }) => {
  expect.assertions(2);
  try {
    parseRepositoryScope(text, "myregistry");
  } catch (error) {
    expect(String(error)).toContain(`invalid repository ${JSON.stringify(text)}: ${why}`);
    expect((error as CliError).hint).toEqual(typeof hint === "object" ? expect.stringMatching(hint) : hint);
  }
});

test.for([
  ["app", "app", true],
  ["app", "app2", false],
  ["team/*", "team/app", true],
  ["team/*", "team/sub/app", true],
  ["team/*", "team", false],
  ["team/*", "team2/app", false],
  ["*", "anything/at/all", true],
] as const)("answers whether %s covers %s: %s", ([scope, repository, expected]) => {
  expect(covers(scope, repository)).toBe(expected);
});
