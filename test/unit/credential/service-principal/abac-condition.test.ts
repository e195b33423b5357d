import { expect, test } from "vitest";
import { conditionOf, repositoriesIn } from "../../../../src/credential/service-principal/roles.ts";

const others =
  "!(ActionMatches{'Microsoft.ContainerRegistry/registries/repositories/content/read'}) AND " +
  "!(ActionMatches{'Microsoft.ContainerRegistry/registries/repositories/metadata/read'})";
const name = "@Request[Microsoft.ContainerRegistry/registries/repositories:name]";

test.for([
  { repositories: ["*"], condition: undefined },
  { repositories: ["app/web", "*"], condition: undefined },
  { repositories: ["app/web"], condition: `((${others}) OR (${name} StringEqualsIgnoreCase 'app/web'))` },
  {
    repositories: ["app/web", "team/*"],
    condition: `((${others}) OR (${name} StringEqualsIgnoreCase 'app/web' OR ${name} StringStartsWithIgnoreCase 'team/'))`,
  },
])("writes the condition of $repositories: $condition", ({ repositories, condition }) => {
  expect(conditionOf(repositories)).toBe(condition);
  expect(repositoriesIn(condition)).toEqual(condition === undefined ? ["*"] : repositories);
});

test.for(["it's", "app/web' OR 1=1", "App", "team*", "", "/x", "a\n"])("rejects %j in a condition", (odd) => {
  expect(() => conditionOf(["app/web", odd])).toThrow("invalid repository name");
});

test.for([
  "",
  "x",
  `((${others}) OR (${name} StringEquals 'app/web'))`,
  `((${others}) OR (${name} StringEqualsIgnoreCase 'App'))`,
  `((${others}) OR (${name} StringStartsWithIgnoreCase 'team'))`,
  `((${others}) OR (${name} StringEqualsIgnoreCase 'app/web')) `,
  `((${others}) AND (${name} StringEqualsIgnoreCase 'app/web'))`,
])("reads no repositories from the condition %s", (condition) => {
  expect(repositoriesIn(condition)).toBeUndefined();
});
