import { copyFile, mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { type AzureEmulator, startAzure } from "./azure/emulator.ts";
import { quickDelays } from "./azure/faults.ts";
import { guardedFolder } from "./guard.ts";
import { createAuthority } from "./pki.ts";
import { pushImages } from "./scenery.ts";
import { openTerminal, type Terminal } from "./terminal.ts";
import { readTranscript, type Step } from "./transcript.ts";

/** Shared by all pages: a cluster, the registry's program, and the folders at the start of PATH. */
export type Ground = { readonly kubeconfig: string; readonly registryBinary: string; readonly path: readonly string[] };

/** A step of a page, with its output and exit code. */
export type Typed = { readonly step: Step; readonly printed: string; readonly code: number };

/** Whether a page needs a node with running pods. @param markdown the page's text */
export const needsNode = (markdown: string): boolean => markdown.includes("\n<!-- needs a node -->\n");

/**
 * Runs `work` with a new environment: a registry, an Azure, a kubeconfig and a folder for programs (`~/.local/bin`). All of it is removed
 * when `work` ends.
 */
export async function withPerson<T>({ kubeconfig, registryBinary, path }: Ground, work: (terminal: Terminal) => Promise<T>): Promise<T> {
  const home = await guardedFolder("acr-secret-page-");
  try {
    const authority = await createAuthority("acr-secret page");
    const azure = await startAzure({ folder: join(home.path, "azure"), authority, registryBinary, delays: quickDelays });
    try {
      await pushImages(azure);
      const PATH = [join(home.path, ".local", "bin"), ...path, process.env["PATH"]].join(delimiter);
      return await work(await sitDown(home.path, kubeconfig, { ...azure.env, ...azLogin(azure.env), PATH }));
    } finally {
      await azure.stop();
    }
  } finally {
    await home.remove();
  }
}

/** Signs the fake Azure CLI in with the identity in the environment. */
function azLogin({ AZURE_TENANT_ID = "", AZURE_CLIENT_ID = "", AZURE_CLIENT_SECRET = "" }: AzureEmulator["env"]): Record<string, string> {
  return { FAKE_AZ_TENANT: AZURE_TENANT_ID, FAKE_AZ_CLIENT_ID: AZURE_CLIENT_ID, FAKE_AZ_CLIENT_SECRET: AZURE_CLIENT_SECRET };
}

/** Opens a terminal in a new home folder, with a copy of a kubeconfig. */
export async function sitDown(home: string, kubeconfig: string, env: Readonly<Record<string, string>>): Promise<Terminal> {
  const own = join(home, "kubeconfig");
  await copyFile(kubeconfig, own);
  const folder = join(home, "work");
  await mkdir(folder);
  const person = { HOME: home, KUBECONFIG: own, KUBECACHEDIR: join(home, "cache"), LANG: "C.UTF-8", TERM: "dumb" };
  return openTerminal({ folder, env: { ...env, ...person } });
}

/** Types every command of a page in order. @param markdown the page's text */
export async function* typeSteps(markdown: string, terminal: Terminal): AsyncGenerator<Typed> {
  for (const step of readTranscript(markdown)) yield { step, ...(await terminal.type(step.command)) };
}
