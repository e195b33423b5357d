import { expect, test } from "vitest";
import { portCommand, servingAt, socketCommand, withoutRequestLog } from "../../../src/cluster/proxy-command.ts";

const kubectl = { file: "/opt/my tools/kubectl", flags: ["--context=prod", "--as=jane", "--as-group=a b"] };

test("on a socket, a shell watches kubectl and hands every flag on as it is", () => {
  const { file, args, prefix } = socketCommand(kubectl, "/tmp/x");

  expect([file, args[0], prefix]).toEqual(["/bin/sh", "-c", ""]);
  expect(args.slice(2)).toEqual([
    "/tmp/x",
    "/opt/my tools/kubectl",
    "proxy",
    "--unix-socket=/tmp/x/s",
    "--append-server-path",
    "--context=prod",
    "--as=jane",
    "--as-group=a b",
  ]);
});

test("on a port, only those who know the path are let through", () => {
  const { file, args, prefix } = portCommand(kubectl);

  expect(file).toBe(kubectl.file);
  expect(prefix).toMatch(/^\/[0-9a-f]{32}$/);
  expect(args).toEqual(["proxy", "--port=0", `--api-prefix=${prefix}/`, "--append-server-path", ...kubectl.flags]);
  expect(portCommand(kubectl).prefix).not.toBe(prefix);
});

test.for([
  { stdout: "Starting to serve on /tmp/x/s\n", at: "/tmp/x/s" },
  { stdout: "Starting to serve on 127.0.0.1:40213\n", at: "127.0.0.1:40213" },
  { stdout: "Starting to serve on /tmp/x", at: undefined },
])("$stdout serves at $at", ({ stdout, at }) => {
  expect(servingAt(stdout)).toBe(at);
});

const failed = "E1124 16:01:20.424189   22796 proxy_server.go:147] Error while proxying request:";

test.for([
  { stderr: "To sign in, enter the code ABC\n", shows: "To sign in, enter the code ABC\n", what: "a credential plugin's words" },
  { stderr: "Password: ", shows: "Password: ", what: "a question without a line's end" },
  { stderr: `${failed} EOF\n`, shows: "", what: "no log of a failed request" },
  { stderr: `plugin: no\n${failed} exec\n\nIt looks like\nyou are\n`, shows: "plugin: no\n", what: "nor the lines that go with it" },
  { stderr: `${failed} EOF\nW1124 16:01:21 1 x.go:1] mind\n`, shows: "W1124 16:01:21 1 x.go:1] mind\n", what: "but other logs" },
])("stderr passes on $what", ({ stderr, shows }) => {
  expect(withoutRequestLog(stderr)).toBe(shows);
});
