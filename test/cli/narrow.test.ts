import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { screenOf } from "../../sandbox/screen.ts";
import { oneNamespace } from "../support/one-namespace.ts";
import { openTerminal } from "../support/pty.ts";

// Runs the real process on a pseudo-terminal. test/unit/terminal tests the output of every verb.
const folder = await mkdtemp(join(tmpdir(), "narrow-"));
afterAll(() => rm(folder, { recursive: true, force: true }));
const kubectl = join(folder, "kubectl");
await writeFile(kubectl, oneNamespace);
await chmod(kubectl, 0o755);

const entry = join(import.meta.dirname, "../../cmd/kubectl-acr_secret.ts");
const plugin = [process.execPath, "--disable-warning=ExperimentalWarning", entry].join(" ");
const env = { PATH: process.env["PATH"] ?? "", HOME: folder, TMPDIR: folder, KUBECTL_PATH: kubectl, NAMES: JSON.stringify(["default"]) };

test.for<{ line: string; columns: number; shows: string[] }>([
  {
    line: "list -n demo",
    columns: 40,
    shows: [
      "NAME   REGISTRY     CREDENTIAL   EXPIRES",
      "     SERVICEACCOUNTS   AGE",
      "acr    myregistry   given        <unknow",
      "n>   <none>            <unknown>",
    ],
  },
  {
    line: "detach acr -n demo --nonsense",
    columns: 40,
    shows: ["error: unknown flag: --nonsense", "hint: kubectl acr-secret detach --help"],
  },
  {
    line: "attach -n demo acr",
    columns: 40,
    shows: ["error: no target specified; these target", "s use its registry and lack secret/acr:", "serviceaccount/default"],
  },
  { line: "attach --help", columns: 40, shows: ["Add a pull secret to ServiceAccounts and", "workloads."] },
])("wraps the output of $line on $columns columns", async ({ line, columns, shows }) => {
  const { screen } = await openTerminal(`${plugin} ${line}`, { env, columns, rows: 24 }).end;
  const rows = await screenOf(screen, columns);

  expect(rows.map(({ text }) => text).slice(0, shows.length)).toEqual(shows);
});
