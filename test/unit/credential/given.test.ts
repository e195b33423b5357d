import { expect, test } from "vitest";
import { given } from "../../../src/credential/given.ts";
import { plugin } from "../../../src/hint.ts";

const stdin = { isTTY: false, read: async () => "" };

const again = plugin("create", "--registry", "r");
const asked = { identity: { source: "auto" }, verify: true, force: false, wait: 0, repositories: [], again } as const;

/** Checks a command line with this user name and registry. */
const check = (username: string, registry: string) => () =>
  given.parse({ ...asked, flags: { username, "password-stdin": true }, registry }, stdin);

test.for([
  "myregistry",
  "myregistry.azurecr.io",
  "MyRegistry.azurecr.io",
  "localhost:5000",
  "a-b.example:65535",
  "10.0.0.1:5000",
  "[::1]:5000",
])("accepts the registry %s", (registry) => {
  expect(check("ci", registry)).not.toThrow();
});

test.for([
  "a.io/../x",
  "a.io/",
  "https://a.io",
  "http://a.io",
  "ci:hunter2@a.io",
  "a.io?x",
  "a..io",
  "-a.io",
  "a.io-",
  "a.io:",
  "a.io:0",
  "a.io:65536",
  "a.io:http",
  "a b.io",
  "a.io\n",
  "a\u001b[31m.io",
  "ä.io",
])("rejects the registry %j without printing it", (registry) => {
  expect(check("ci", registry)).toThrow(
    expect.objectContaining({
      kind: "usage",
      message: "--registry must be a registry's name or its login server, HOST or HOST:PORT, without a path or a user",
    }),
  );
});

test.for([
  { username: "ci\n", message: "--username must not contain control characters" },
  { username: "ci\u001b[31m", message: "--username must not contain control characters" },
  { username: "ci\u0085", message: "--username must not contain control characters" },
  { username: "a:b", message: "--username must not be empty nor contain a colon" },
  { username: "", message: "--username must not be empty nor contain a colon" },
])("rejects the user name $username", ({ username, message }) => {
  expect(check(username, "a.io")).toThrow(expect.objectContaining({ kind: "usage", message }));
});
