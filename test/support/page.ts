import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, inject } from "vitest";
import { typeSteps, withPerson } from "../../sandbox/page.ts";
import type { Terminal } from "../../sandbox/terminal.ts";
import { shows } from "../../sandbox/transcript.ts";

/**
 * Runs a page in a new environment: a registry, an Azure and a kubeconfig for this page. The packaged plugin, the real kubectl and the
 * cluster are those of all pages.
 */
export async function playPage(page: string): Promise<void> {
  const path = [inject("plugin"), inject("binaries"), resolve("test/support/fake-az")];
  const ground = { kubeconfig: inject("kubeconfig"), registryBinary: join(inject("binaries"), "registry"), path };
  await withPerson(ground, (terminal) => typePage(page, terminal));
}

/** What kubectl logs when a watch ends early, before it starts the next one. */
const endedWatch = /^I\d{4} .* reflector\.go:\d+\] "Warning: watch ended with error".*\n/gm;

/** Types every command of a page and compares its output with the page. */
export async function typePage(page: string, terminal: Terminal): Promise<void> {
  for await (const { step, printed, code } of typeSteps(await readFile(page, "utf8"), terminal)) {
    const what = `${page}:${step.line}\n$ ${step.command}\n${printed}`;
    if (step.quiet) expect(code, what).toBe(0);
    else expect(shows(step.prints, printed.replace(endedWatch, "")), `${what}\n--- the page says\n${step.prints}`).toBe(true);
  }
}
