import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { hostileKubeconfig, layOut } from "../../support/hostile/on-a-server.ts";
import { deceives, texts } from "../../support/hostile/texts.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";
import { typeInTerminal } from "../../support/pty.ts";
import { drawn, sampled } from "../../support/sampled.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const lines = [
  ...["", "-o wide", "-o json", "-o yaml", "-o name", "-v=8"].map((form) => `list ${form}`),
  ...["", "-o json", "-o yaml", "-v=8"].map((form) => `check ${form}`),
  "check mine",
  "check --image myregistry.azurecr.io/app/web:1 --serviceaccount web",
  ...["", "-o json", "-o yaml", "-o jsonl"].map((form) => `create mine --registry myregistry --dry-run=client ${form}`),
  "create mine --registry myregistry",
  "create fresh --registry myregistry --repository app/web --serviceaccount web -v=8",
  ...["", "-o json", "-o yaml"].map((form) => `attach mine --all-serviceaccounts ${form}`),
  ...["", "-o yaml"].map((form) => `detach mine --all-serviceaccounts --dry-run=server ${form}`),
  "list --context lost",
  "list -A",
  "check --context lost",
  "version",
  "version -o yaml",
  "__complete list --context ''",
  "__complete attach ''",
];

/** The escape sequences that the spinner uses (ora), and its color. */
const spinner = /\u001b\[(?:0K|2K|1A|1G|\?(?:25|2026)[lh]|36m)|\r(?=\n)/g;

test.for(sampled(texts, 1))(
  "escapes hostile text of a tenant or a kubeconfig on a real API server: $tries",
  { timeout: 180_000 },
  async ({ text }) => {
    const namespace = await newNamespace();
    await layOut(namespace, text);
    const folder = await mkdtemp(join(shell.folder, "hostile-"));
    const env = { KUBECONFIG: await hostileKubeconfig(folder, { namespace, text }) };

    let printed = "";
    for (const line of drawn(lines, 12)) {
      const { stdout, stderr } = await shell.type(`kubectl acr-secret ${line}`, { env });
      expect(deceives(stdout + stderr, { terminal: false, tabs: true }), line).toEqual([]);
      printed += stdout + stderr;
    }
    for (const line of [
      "list -o wide",
      "check",
      "create mine --registry myregistry --force",
      "detach mine --serviceaccount web",
      "list --context lost",
    ]) {
      const { screen } = await typeInTerminal(`kubectl acr-secret ${line}`, {
        env: { ...shell.env, ...env },
        columns: 80,
        question: "nothing is asked",
        answer: "",
      });
      expect(deceives(screen.replace(spinner, ""), { terminal: true, tabs: true }), line).toEqual([]);
      printed += screen;
    }
    expect(printed.includes("evil")).toBe(true);
  },
);
