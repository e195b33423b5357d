import { expect, test } from "vitest";
import { connectionError, isBroken, kubeconfigError, proxyFailure } from "../../../src/cluster/connection-error.ts";

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
])("$kind: $message", ({ sentence, ...error }) => {
  expect(connectionError(sentence)).toMatchObject(error);
});

test.for([
  { stderr: 'error: context "nope" does not exist\n', message: "context was not found for specified context: nope" },
  { stderr: "error: cannot locate context nope\n", message: "context was not found for specified context: nope" },
  { stderr: "error: stat /nope: no such file or directory\n", message: "the kubeconfig /nope does not exist" },
  {
    stderr: "error: current-context must exist in order to minify\n",
    message: "the kubeconfig has no current context, so there is no cluster to talk to",
  },
  { stderr: "W1124 odd\nerror: unknown flag: --bogus\nSee 'kubectl proxy --help' for usage.\n", message: "unknown flag: --bogus" },
  { stderr: "error: unknown flag: --append-server-path\n", message: "this kubectl is older than 1.23, which is needed" },
  { stderr: "", message: "kubectl ended without a word" },
])("kubectl's $stderr is $message", ({ stderr, message }) => {
  expect(kubeconfigError(stderr)).toMatchObject({ kind: "config", message });
});

test("only the proxy fails in plain text", () => {
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
] as const)("%s broke in use: %s", ([sentence, broken]) => {
  expect(isBroken(sentence)).toBe(broken);
});
