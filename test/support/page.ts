import { copyFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject } from "vitest";
import { startAzure } from "../../sandbox/azure/emulator.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { createAuthority } from "../../sandbox/pki.ts";
import { pushImages } from "../../sandbox/scenery.ts";
import { openTerminal } from "../../sandbox/terminal.ts";
import { readTranscript, shows } from "../../sandbox/transcript.ts";

/**
 * Types every command of a page into a real shell, with the packaged plugin behind the real kubectl, and compares what appears.
 * A page has a registry, an Azure and a kubeconfig of its own, and shares the cluster with the other pages.
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
    await copyFile(inject("kubeconfig"), join(home.path, "kubeconfig"));
    const folder = join(home.path, "work");
    await mkdir(folder);
    const terminal = openTerminal({ folder, env: { ...azure.env, ...(await personOf(home.path)) } });
    for (const { line, command, prints, quiet } of readTranscript(await readFile(page, "utf8"))) {
      const { printed, code } = await terminal.type(command);
      const what = `${page}:${line}\n$ ${command}\n${printed}`;
      if (quiet) expect(code, what).toBe(0);
      else expect(shows(prints, printed), `${what}\n--- the page says\n${prints}`).toBe(true);
    }
  } finally {
    await azure.stop();
    await home.remove();
  }
}

/** The environment of somebody who has just logged in, and has nothing but this cluster. */
async function personOf(home: string): Promise<Record<string, string>> {
  return {
    HOME: home,
    KUBECONFIG: join(home, "kubeconfig"),
    KUBECACHEDIR: join(home, "cache"),
    PATH: `${inject("plugin")}:${inject("binaries")}:${process.env["PATH"]}`,
    LANG: "C.UTF-8",
    TERM: "dumb",
  };
}
