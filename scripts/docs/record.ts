import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { missingForNode } from "../../sandbox/node/requirements.ts";
import { type Ground, needsNode, sitDown, typeSteps, withPerson } from "../../sandbox/page.ts";
import type { Progress } from "../../sandbox/progress.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { pushImages } from "../../sandbox/scenery.ts";
import type { Terminal } from "../../sandbox/terminal.ts";
import { withPrints } from "../../sandbox/transcript.ts";
import { packagePlugin } from "../package.ts";
import { root } from "../run.ts";
import { merge } from "./merge.ts";
import { pictured, takePicture } from "./picture.ts";

type Named = { readonly path: string; readonly text: string };

/** The new texts of pages by path, and one sentence for each page that could not be recorded. */
export type Recording = { readonly recorded: Map<string, string>; readonly problems: string[] };

/**
 * Runs the sessions of pages again, each in a new environment as in the tests, and replaces output that no longer matches. An error on one
 * page does not affect the other pages.
 */
export async function recordPages(pages: readonly Named[], progress: Progress): Promise<Recording> {
  const into: Recording = { recorded: new Map(), problems: [] };
  const plain = pages.filter(({ text }) => !needsNode(text));
  const nodes = pages.filter(({ text }) => needsNode(text));
  const { folder: plugin } = await packagePlugin({ progress });
  if (plain.length > 0)
    await onSandbox(false, (sandbox) => each(plain, into, progress, (work) => withPerson(groundOf(sandbox, plugin), work)));
  const lacks = nodes.length > 0 ? await missingForNode() : [];
  if (lacks.length > 0) into.problems.push(...nodes.map(({ path }) => `${path}: its pods run, and a node needs ${lacks.join(", ")}`));
  else
    for (const page of nodes) await onSandbox(true, (sandbox) => each([page], into, progress, (work) => withNode(sandbox, plugin, work)));
  return into;

  async function onSandbox(node: boolean, work: (sandbox: Sandbox) => Promise<void>): Promise<void> {
    const sandbox = await startSandbox({ progress, withNode: node });
    await work(sandbox).finally(() => sandbox.stop());
  }
}

type Seat = (work: (terminal: Terminal) => Promise<string>) => Promise<string>;

async function each(pages: readonly Named[], { recorded, problems }: Recording, progress: Progress, seat: Seat): Promise<void> {
  for (const { path, text } of pages) {
    progress(`typing ${path}`);
    try {
      recorded.set(path, await seat((terminal) => recordSessions(text, terminal)));
      if (path === pictured.page) recorded.set(pictured.image, await seat((terminal) => typeAgain(text, terminal)));
    } catch (error) {
      problems.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** The page creates its namespace itself, and an earlier run has already created it on this cluster. */
async function typeAgain(text: string, terminal: Terminal): Promise<string> {
  await terminal.type("kubectl delete namespace demo");
  return takePicture(text, terminal);
}

/** Runs the sessions of a page. @throws Error if a preparing command fails, because the output would then be wrong */
async function recordSessions(text: string, terminal: Terminal): Promise<string> {
  const prints: string[] = [];
  for await (const { step, printed, code } of typeSteps(text, terminal)) {
    if (step.quiet && code !== 0) throw new Error(`line ${step.line}: \`${step.command}\` failed:\n${printed.trimEnd()}`);
    prints.push(step.quiet ? step.prints : merge(step.prints, printed));
  }
  return withPrints(text, prints);
}

const fakeAz = join(root, "test", "support", "fake-az");

function groundOf({ cluster, binaries }: Sandbox, plugin: string): Ground {
  return { kubeconfig: cluster.kubeconfig, registryBinary: binaries.program("registry"), path: [plugin, binaries.folder, fakeAz] };
}

/**
 * Opens a terminal for the pages that need a node. It uses the sandbox's registries, because the node's container runtime knows only those.
 */
async function withNode({ azure, binaries, cluster, env, folder }: Sandbox, plugin: string, work: (terminal: Terminal) => Promise<string>) {
  await pushImages(azure, await readFile(binaries.program("pause")));
  return work(await sitDown(folder, cluster.kubeconfig, { ...env, PATH: `${plugin}:${env["PATH"]}` }));
}
