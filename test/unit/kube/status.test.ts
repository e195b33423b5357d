import { expect, test } from "vitest";
import { Conflict } from "../../../src/errors.ts";
import { connectionError, isBroken, kubeconfigError, proxyFailure, saysAbsent, statusError } from "../../../src/kube/status.ts";

const status = (code: number, reason: string, message: string, details: object = {}) => ({
  status: code,
  phrase: reason,
  text: JSON.stringify({ kind: "Status", code, reason, message, details }),
});

test.for([
  {
    answer: status(401, "Unauthorized", "Unauthorized"),
    kind: "unauthenticated",
    message: "You must be logged in to the server (Unauthorized)",
  },
  {
    answer: status(403, "Forbidden", 'secrets "acr" is forbidden: User "jane" cannot get resource "secrets"'),
    kind: "forbidden",
    message: 'Error from server (Forbidden): secrets "acr" is forbidden: User "jane" cannot get resource "secrets"',
  },
  {
    answer: status(404, "NotFound", 'namespaces "nope" not found', { name: "nope" }),
    kind: "notFound",
    message: 'Error from server (NotFound): namespaces "nope" not found',
  },
  {
    answer: status(422, "Invalid", "…", { kind: "Secret", name: "acr", causes: [{ field: "type", message: "field is immutable" }] }),
    kind: "invalid",
    message: 'The Secret "acr" is invalid: type: field is immutable',
  },
  {
    answer: status(422, "Invalid", "…", {
      kind: "Secret",
      name: "acr",
      causes: [
        { field: "type", message: "field is immutable" },
        { field: "data[.dockerconfigjson]", message: "Required value" },
      ],
    }),
    kind: "invalid",
    message: 'The Secret "acr" is invalid: \n* type: field is immutable\n* data[.dockerconfigjson]: Required value',
  },
  {
    answer: status(422, "Invalid", "fieldManager is required"),
    kind: "invalid",
    message: "The request is invalid: fieldManager is required",
  },
  {
    answer: status(504, "Timeout", "the server was unable to return a response in time"),
    kind: "timeout",
    message: "Error from server (Timeout): the server was unable to return a response in time",
  },
  {
    answer: status(500, "InternalError", "Internal error occurred: failed calling webhook"),
    kind: "unreachable",
    message: "Error from server (InternalError): Internal error occurred: failed calling webhook",
  },
  {
    answer: { status: 502, phrase: "Bad Gateway", text: "<html>\n<h1>bad</h1>" },
    kind: "unreachable",
    message: "Error from server (Bad Gateway): <html>",
  },
])("converts $answer.status to $kind: $message", ({ answer, kind, message }) => {
  expect(statusError(answer)).toMatchObject({ kind, message });
});

test.for([
  { reason: "Conflict", message: 'Operation cannot be fulfilled on serviceaccounts "default": the object has been modified' },
  { reason: "AlreadyExists", message: 'secrets "acr" already exists' },
])("converts a 409 for $reason to a Conflict", ({ reason, message }) => {
  const error = statusError(status(409, reason, message));

  expect(error).toBeInstanceOf(Conflict);
  expect(error.message).toBe(`Error from server (${reason}): ${message}`);
});

test("distinguishes a missing kind from a missing object", () => {
  expect(saysAbsent(status(404, "NotFound", "", { name: "acr" }))).toBe(true);
  expect(saysAbsent(status(404, "NotFound", "the server could not find the requested resource"))).toBe(false);
  expect(saysAbsent({ text: "<html>" })).toBe(false);
});

const pluginMissing = `getting credentials: exec: executable kubelogin not found

It looks like you are trying to use a client-go credential plugin that is not installed.

To learn more about this feature, consult the documentation available at:
      https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins

az aks install-cli`;

test.for([
  {
    sentence: "dial tcp 10.0.0.1:6443: connect: connection refused",
    kind: "unreachable",
    message: "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?",
  },
  {
    sentence: "dial tcp [::1]:6443: connect: connection refused",
    kind: "unreachable",
    message: "The connection to the server [::1]:6443 was refused - did you specify the right host or port?",
  },
  {
    sentence: "connect ECONNREFUSED 10.96.0.1:443",
    kind: "unreachable",
    message: "The connection to the server 10.96.0.1:443 was refused - did you specify the right host or port?",
  },
  {
    sentence: "dial tcp: lookup nope.invalid: no such host",
    kind: "unreachable",
    message: "Unable to connect to the server: dial tcp: lookup nope.invalid: no such host",
  },
  {
    sentence: "dial tcp 10.0.0.1:6443: i/o timeout",
    kind: "timeout",
    message: "Unable to connect to the server: dial tcp 10.0.0.1:6443: i/o timeout",
  },
  {
    sentence: "getting credentials: exec: executable aws failed with exit code 1",
    kind: "unauthenticated",
    message: "Unable to connect to the server: getting credentials: exec: executable aws failed with exit code 1",
  },
  {
    sentence: pluginMissing,
    kind: "unauthenticated",
    message: "Unable to connect to the server: getting credentials: exec: executable kubelogin not found",
    hint: "az aks install-cli",
  },
])("converts a connection error to $kind: $message", ({ sentence, ...error }) => {
  expect(connectionError(sentence)).toMatchObject(error);
});

test.for([
  { stderr: 'error: context "nope" does not exist\n', message: "context was not found for specified context: nope" },
  { stderr: "error: cannot locate context nope\n", message: "context was not found for specified context: nope" },
  { stderr: "error: stat /nope: no such file or directory\n", message: "the kubeconfig /nope does not exist" },
  {
    stderr: "error: current-context must exist in order to minify\n",
    message: "the kubeconfig has no current context",
  },
  { stderr: "W1124 odd\nerror: unknown flag: --bogus\nSee 'kubectl proxy --help' for usage.\n", message: "unknown flag: --bogus" },
  { stderr: "error: unknown flag: --append-server-path\n", message: "kubectl 1.23 or later is required" },
  { stderr: "", message: "kubectl ended without a message" },
])("converts the stderr $stderr of kubectl to $message", ({ stderr, message }) => {
  expect(kubeconfigError(stderr)).toMatchObject({ kind: "config", message });
});

test("reads only a plain text response as a failure of the proxy", () => {
  const plain = { status: 500, type: "text/plain; charset=utf-8", text: "EOF\n" };

  expect(proxyFailure(plain)).toBe("EOF");
  expect(proxyFailure({ ...plain, type: "application/json", text: "{}" })).toBeUndefined();
  expect(proxyFailure({ ...plain, status: 200 })).toBeUndefined();
});

test.for([
  ["EOF", true],
  ["read tcp 10.0.0.2:40000->10.0.0.1:6443: read: connection reset by peer", true],
  ["http2: client connection lost", true],
  ["dial tcp 10.0.0.1:6443: connect: connection refused", false],
  ["getting credentials: exec: executable aws failed with exit code 1", false],
] as const)("recognizes a broken connection in %s: %s", ([sentence, broken]) => {
  expect(isBroken(sentence)).toBe(broken);
});

test.for([
  { of: "a right that the user lacks", owner: "platform", message: 'User "jane" cannot get resource "secrets"' },
  {
    of: "the policy of a schedule",
    owner: "platform",
    message:
      "ValidatingAdmissionPolicy 'teams' with binding 'teams' denied request: the files of the schedule do not name or select this object",
  },
  { of: "another policy", owner: "namespace", message: "ValidatingAdmissionPolicy 'x' with binding 'x' denied request: no" },
  { of: "a quota", owner: "namespace", message: "exceeded quota: few, requested: secrets=1" },
])("names the $owner as the owner of an obstacle when the API server refuses because of $of", ({ owner, message }) => {
  expect(statusError(status(403, "Forbidden", `secrets "acr" is forbidden: ${message}`))).toMatchObject({ owner });
});
