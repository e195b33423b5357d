import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  chartPrograms,
  controlPlanePrograms,
  krewPrograms,
  nodePrograms,
  registryPrograms,
  releasePrograms,
  signingPrograms,
  windowsPrograms,
} from "../sandbox/tools.ts";
import {
  az,
  emulator,
  modelChecker,
  nodeParts,
  type Preparation,
  packageManagers,
  plugin,
  programs,
  release,
  shells,
  wine,
} from "./prepare.ts";
import { root } from "./run.ts";

/** A tier is a checker of the whole checkout, or the vitest project over test/NAME. */
export type Tier = {
  readonly name: string;
  readonly checker?: { readonly script: string; readonly args: readonly string[] };
  readonly needs: readonly Preparation[];
};

const controlPlane = programs(...controlPlanePrograms);
const registry = programs(...registryPrograms);

/** Every tier, in the order they run: what is quick and likely to fail comes first. */
const all: readonly Tier[] = [
  { name: "types", checker: { script: "typescript/bin/tsc", args: ["-p", "."] }, needs: [] },
  {
    name: "lint",
    checker: { script: "@biomejs/biome/bin/biome", args: ["check", "--diagnostic-level=warn", "--error-on-warnings", "."] },
    needs: [],
  },
  { name: "unused", checker: { script: "knip/bin/knip.js", args: [] }, needs: [] },
  { name: "unit", needs: [] },
  { name: "cli", needs: [] },
  { name: "protocol", needs: [modelChecker] },
  { name: "sandbox", needs: [controlPlane, registry] },
  { name: "azure", needs: [registry] },
  { name: "cluster", needs: [controlPlane, registry, programs(...chartPrograms), plugin] },
  { name: "docs", needs: [controlPlane, registry, plugin] },
  { name: "shells", needs: [shells, controlPlane, registry, plugin] },
  { name: "az", needs: [az, controlPlane, registry, plugin] },
  { name: "node", needs: [nodeParts, controlPlane, registry, programs(...nodePrograms), plugin] },
  { name: "channels", needs: [packageManagers, programs("kubectl", ...releasePrograms), plugin] },
  { name: "reproduced", needs: [release] },
  { name: "release", needs: [emulator, wine, release, controlPlane, registry, programs(...windowsPrograms)] },
  { name: "signing", needs: [release, programs(...signingPrograms)] },
  { name: "krew", needs: [controlPlane, registry, programs(...krewPrograms), release] },
];

/** The tiers that have something to run: a folder without tests is not a tier yet. */
export function tiers(): Tier[] {
  return all.filter(({ name, checker }) => checker || hasTests(join(root, "test", name)));
}

function hasTests(folder: string): boolean {
  try {
    return readdirSync(folder, { recursive: true }).some((name) => name.toString().endsWith(".test.ts"));
  } catch {
    return false;
  }
}
