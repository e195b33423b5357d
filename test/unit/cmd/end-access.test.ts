import { expect, test } from "vitest";
import { worldOf } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";
import { nodesHint } from "../../support/rows.ts";

const file = (repository: string, namespaces: string) =>
  `name: f\nnamespace: demo\nregistry: myregistry\npullSecrets: [{name: acr, copyTo: {names: [${namespaces}]}, repositories: [${repository}]}]\n`;
const create = { line: "create --registry myregistry --repository app/web -n demo", stdin: "" };
const apply = (repository: string, namespaces = "a, b") => ({ line: "apply -f -", stdin: file(repository, namespaces) });
const then = (line: string) => ({ line, stdin: "" });

test.for([
  { ...then("delete acr-myregistry --revoke -y -n demo"), before: create, says: true },
  { ...then("delete acr-myregistry --revoke -y -n demo --dry-run=client"), before: create, says: false },
  { ...then("delete acr-myregistry --revoke -y -n demo -o name"), before: create, says: false },
  { ...then("delete acr-myregistry -y -n demo"), before: create, says: false },
  { ...then("rotate acr-myregistry --grace 0 --force -n demo"), before: create, says: true },
  { ...then("rotate acr-myregistry --grace 0 -n demo"), before: create, says: false },
  { ...apply("app/api"), before: apply("app/web"), says: true },
  { ...apply("app/web", "a"), before: apply("app/web"), says: true },
  { ...apply("app/web"), before: apply("app/web"), says: false },
])("says $says that nodes still start images after: $line $stdin", async ({ line, stdin, before, says }) => {
  const { ports } = worldOf(["demo", "a", "b"]);
  expect(await type(before.line, ports, { stdin: before.stdin })).toMatchObject({ code: 0, stderr: expect.not.stringMatching(nodesHint) });

  const { code, stderr } = await type(line, ports, { stdin });

  expect({ code, says: nodesHint.test(stderr) }, stderr).toEqual({ code: 0, says });
});
