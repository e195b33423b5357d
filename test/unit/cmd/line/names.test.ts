import { expect, test } from "vitest";
import { noWorkloads, objectName } from "../../../../cmd/line/names.ts";

test.for([
  ["Secret", "acr", "acr"],
  ["Secret", "secret/acr", "acr"],
  ["Secret", "Secrets/acr", "acr"],
  ["Secret", "sa", "sa"],
  ["Secret", "My_Secret", "My_Secret"],
  ["ServiceAccount", "sa/web", "web"],
  ["ServiceAccount", "serviceaccount/web", "web"],
  ["ServiceAccount", "serviceaccounts/web", "web"],
  ["Namespace", "ns/team-a", "team-a"],
] as const)("reads the name of a %s from %s: %s", ([kind, word, name]) => {
  expect(objectName(kind, word)).toBe(name);
});

test.for([
  { kind: "Secret", word: "deploy/web", message: 'invalid Secret name "deploy/web"', hint: noWorkloads },
  { kind: "Secret", word: "Deployments.apps/web", message: 'invalid Secret name "Deployments.apps/web"', hint: noWorkloads },
  { kind: "Secret", word: "team/web", message: 'invalid Secret name "team/web"', hint: 'did you mean "web"?' },
  { kind: "Secret", word: "sa/web", message: 'invalid Secret name "sa/web"', hint: "did you mean --serviceaccount=web?" },
  {
    kind: "Secret",
    word: "r.azurecr.io/app/web:1",
    message: 'invalid Secret name "r.azurecr.io/app/web:1"',
    hint: "did you mean check --image r.azurecr.io/app/web:1?",
  },
  { kind: "Secret", word: "a/b/c", message: 'invalid Secret name "a/b/c"', hint: undefined },
  { kind: "Secret", word: "secret/a/b", message: 'invalid Secret name "secret/a/b"', hint: undefined },
  { kind: "Secret", word: "a%2Fb", message: 'invalid Secret name "a%2Fb"', hint: undefined },
  { kind: "Secret", word: "..", message: 'invalid Secret name ".."', hint: undefined },
  { kind: "Secret", word: ".", message: 'invalid Secret name "."', hint: undefined },
  { kind: "Secret", word: "", message: "a Secret must have a name", hint: undefined },
  { kind: "ServiceAccount", word: "sa/", message: "a ServiceAccount must have a name", hint: undefined },
  { kind: "ServiceAccount", word: "default/token", message: 'invalid ServiceAccount name "default/token"', hint: 'did you mean "token"?' },
  { kind: "ServiceAccount", word: "\u001b[2J/x", message: 'invalid ServiceAccount name "\\u001b[2J/x"', hint: 'did you mean "x"?' },
] as const)("rejects $word as the name of a $kind: $hint", ({ kind, word, message, hint }) => {
  let error: unknown;
  try {
    objectName(kind, word);
  } catch (thrown) {
    error = thrown;
  }

  expect(error).toMatchObject({ kind: "usage", message, hint });
});
