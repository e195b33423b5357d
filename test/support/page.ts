import { readFileSync } from "node:fs";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, inject } from "vitest";
import { type AzureEmulator, startAzure } from "../../sandbox/azure/emulator.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { createAuthority } from "../../sandbox/pki.ts";
import { pushImages } from "../../sandbox/scenery.ts";
import { openTerminal, type Terminal } from "../../sandbox/terminal.ts";
import { readTranscript, shows } from "../../sandbox/transcript.ts";

/** Whether a page speaks of pods that run: test/node plays it. */
export const needsNode = (page: string): boolean => readFileSync(page, "utf8").includes("\n<!-- needs a node -->\n");

/**
 * Plays a page for a person who has just logged in: a registry, an Azure and a kubeconfig of the page's own,
 * the packaged plugin behind the real kubectl, and the cluster that all pages share.
 */
export async function playPage(page: string): Promise<void> {
  const home = await guardedFolder("acr-secret-page-");
  const azure = await startAzure({
    folder: join(home.path, "azure"),
    authority: await createAuthority("acr-secret page"),
    registryBinary: join(inject("binaries"), "registry"),
  });
  try {
    await pushImages(azure);
    const PATH = [inject("plugin"), inject("binaries"), resolve("test/support/fake-az"), process.env["PATH"]].join(":");
    await typePage(page, await sitDown(home.path, inject("kubeconfig"), { ...azure.env, ...azLogin(azure.env), PATH }));
  } finally {
    await azure.stop();
    await home.remove();
  }
}

/** Signs the stand-in for the Azure CLI in as whom the environment describes. */
function azLogin({ AZURE_TENANT_ID = "", AZURE_CLIENT_ID = "", AZURE_CLIENT_SECRET = "" }: AzureEmulator["env"]): Record<string, string> {
  return { FAKE_AZ_TENANT: AZURE_TENANT_ID, FAKE_AZ_CLIENT_ID: AZURE_CLIENT_ID, FAKE_AZ_CLIENT_SECRET: AZURE_CLIENT_SECRET };
}

/** A terminal in a home folder of its own, with its own copy of a kubeconfig. */
export async function sitDown(home: string, kubeconfig: string, env: Readonly<Record<string, string>>): Promise<Terminal> {
  const own = join(home, "kubeconfig");
  await copyFile(kubeconfig, own);
  const folder = join(home, "work");
  await mkdir(folder);
  const person = { HOME: home, KUBECONFIG: own, KUBECACHEDIR: join(home, "cache"), LANG: "C.UTF-8", TERM: "dumb" };
  return openTerminal({ folder, env: { ...env, ...person } });
}

/** Types every command of a page and compares what appears with what the page says. */
export async function typePage(page: string, terminal: Terminal): Promise<void> {
  for (const { line, command, prints, quiet } of readTranscript(await readFile(page, "utf8"))) {
    const { printed, code } = await terminal.type(command);
    const what = `${page}:${line}\n$ ${command}\n${printed}`;
    if (quiet) expect(code, what).toBe(0);
    else expect(shows(prints, printed), `${what}\n--- the page says\n${prints}`).toBe(true);
  }
}
