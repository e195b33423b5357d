import { expect, test } from "vitest";
import { buildLine, readGoLog, showProgress } from "../../../sandbox/progress.ts";

const log = `go: downloading k8s.io/api v0.37.2
go: downloading golang.org/x/net v0.59.0
internal/unsafeheader
k8s.io/api/core/v1
gopkg.in/yaml.v3
# k8s.io/kubernetes/cmd/kubelet
k8s.io/kubernetes/cmd/kubelet/main.go:3:1: syntax error
k8s.io/half/a/li`;

test("reads downloads and packages from a log of go", () => {
  expect(readGoLog(log)).toEqual({ downloads: 2, packages: 3 });
  expect(readGoLog("")).toEqual({ downloads: 0, packages: 0 });
});

test.for([
  { downloads: 0, packages: 0, total: undefined, seconds: 1.4, line: "building krew 0.4.3: reading its modules, 1 s" },
  { downloads: 41, packages: 7, total: undefined, seconds: 12, line: "building krew 0.4.3: 41 modules downloaded, 12 s" },
  { downloads: 41, packages: 812, total: 2849, seconds: 190, line: "building krew 0.4.3: 28 %, 812 of 2849 packages, 3 m 10 s" },
  { downloads: 0, packages: 2848, total: 2849, seconds: 299.6, line: "building krew 0.4.3: 99 %, 2848 of 2849 packages, 5 m 0 s" },
  { downloads: 0, packages: 0, total: 0, seconds: 3, line: "building krew 0.4.3: linking, 3 s" },
  { downloads: 0, packages: 2849, total: 2849, seconds: 59.7, line: "building krew 0.4.3: linking, 1 m 0 s" },
])("prints $packages of $total packages as: $line", ({ downloads, packages, total, seconds, line }) => {
  expect(buildLine("krew 0.4.3", { downloads, packages }, total, seconds)).toBe(line);
});

/** Returns the written text if lines arrive at these seconds. */
function shown(stream: { isTTY: boolean; columns?: number }, lines: readonly [second: number, line: string][]): string {
  let written = "";
  let now = 0;
  const progress = showProgress({ ...stream, write: (text) => (written += text) }, () => now * 1000);
  for (const [second, line] of lines) {
    now = 1000 + second;
    progress.line(line);
  }
  progress.done();
  return written;
}

test("redraws one line of a terminal, within its width, and clears it at the end", () => {
  const written = shown({ isTTY: true, columns: 12 }, [
    [0, "building a: 1 s"],
    [1, "starting"],
  ]);

  expect(written).toBe("\r\u001b[Kbuilding a:\r\u001b[Kstarting\r\u001b[K");
});

test("prints a line every 20 seconds without a terminal, and when something else begins", () => {
  const written = shown({ isTTY: false }, [
    [0, "building a: 1 s"],
    [19, "building a: 20 s"],
    [20, "building a: 21 s"],
    [21, "building b: 1 s"],
    [22, "building b: 2 s"],
    [23, "starting"],
  ]);

  expect(written).toBe("building a: 1 s\nbuilding a: 21 s\nbuilding b: 1 s\nstarting\n");
});

test.for([
  { isTTY: true, written: "\r\u001b[Kkubectl: is built\n\r\u001b[Kkubectl" },
  { isTTY: false, written: "kubectl: is built\n" },
])("keeps a line that stays, and does not cut it (terminal: $isTTY)", ({ isTTY, written }) => {
  let text = "";
  const { line } = showProgress({ isTTY, columns: 8, write: (more) => (text += more) });

  line("kubectl: is built", "stays");
  line("kubectl: 1 s");

  expect(text).toBe(written);
});
