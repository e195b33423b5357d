import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  clientPrograms,
  controlPlanePrograms,
  encryptionPrograms,
  krewPrograms,
  nodePrograms,
  prosePrograms,
  readerPrograms,
  registryPrograms,
  secretlessPrograms,
  signingPrograms,
  windowsPrograms,
  workflowPrograms,
} from "../sandbox/tools.ts";
import {
  az,
  browser,
  emulator,
  nodeParts,
  type Preparation,
  plugin,
  programs,
  recipes,
  release,
  reportParsers,
  shells,
  wine,
} from "./prepare.ts";
import { root } from "./run.ts";

/** `test` is the gate for contributors (`npm test`). `release` contains the tests that only a release needs (`npm run test:release`). */
export type Gate = "test" | "release";

/** A tier is a checker of the whole checkout, or the vitest project over test/NAME. */
export type Tier = {
  readonly name: string;
  readonly gate: Gate;
  /** The release gate runs it, too, with every row of the tables from which the test gate takes a sample (test/support/sampled.ts). */
  readonly sampled?: true;
  /** Its tests often wait for other processes, so more files run at a time than the machine has cores. */
  readonly waits?: true;
  readonly checker?: { readonly script: string; readonly args: readonly string[] };
  readonly needs: readonly Preparation[];
  /** Starts of paths. After a change of such a file, `--changed` runs the whole tier, not only the tests that import the file. */
  readonly brokenBy?: readonly string[];
  /** Tests that `--changed` always runs, because they read files that they do not import. */
  readonly always?: readonly string[];
};

/** The sources of the built plugin. */
const product = ["cmd/", "src/", "scripts/bundle", "scripts/package", "tsconfig.json"];
const toolVersions = "sandbox/tools/";

const controlPlane = programs(...controlPlanePrograms);
const registry = programs(...registryPrograms);

/** Every tier in the order of execution: quick ones that are likely to fail come first. */
const all: readonly Tier[] = [
  { name: "types", gate: "test", checker: { script: "typescript/bin/tsc", args: ["-p", "."] }, needs: [] },
  {
    name: "lint",
    gate: "test",
    checker: { script: "@biomejs/biome/bin/biome", args: ["check", "--diagnostic-level=warn", "--error-on-warnings", "."] },
    needs: [],
  },
  { name: "unused", gate: "test", checker: { script: "knip/bin/knip.js", args: [] }, needs: [] },
  {
    name: "unit",
    gate: "test",
    sampled: true,
    needs: [],
    always: ["architecture", "docs/", "krew/", "release/", "scripts/docs/", "scripts/house"].map((start) => `test/unit/${start}`),
  },
  {
    name: "prose",
    gate: "test",
    needs: [programs(...prosePrograms)],
    brokenBy: ["cmd/", "src/", "test/", "scripts/", "sandbox/", "docs/", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"],
  },
  { name: "cli", gate: "test", needs: [], brokenBy: product },
  { name: "sandbox", gate: "test", needs: [controlPlane, registry], brokenBy: ["sandbox/"] },
  {
    name: "azure",
    gate: "test",
    sampled: true,
    needs: [registry, programs(...clientPrograms)],
    brokenBy: ["sandbox/azure/", toolVersions, "test/support/fake-az/"],
  },
  {
    name: "cluster",
    gate: "test",
    sampled: true,
    waits: true,
    needs: [controlPlane, registry, plugin],
    brokenBy: [...product, "sandbox/", "docs/rbac.json"],
  },
  {
    name: "docs",
    gate: "test",
    needs: [recipes, controlPlane, registry, plugin],
    brokenBy: [...product, "sandbox/", "docs/", "README.md", "scripts/docs", "test/support/fake-az/"],
  },
  { name: "shells", gate: "test", needs: [shells, controlPlane, registry, plugin], brokenBy: [...product, toolVersions] },
  { name: "browser", gate: "release", needs: [browser], brokenBy: ["src/output/html/"] },
  {
    name: "az",
    gate: "release",
    needs: [az, controlPlane, registry, plugin],
    brokenBy: ["src/azure/", "sandbox/python.ts", "sandbox/tools/az/"],
  },
  { name: "formats", gate: "release", needs: [reportParsers], brokenBy: ["src/output/", "sandbox/python.ts", "sandbox/tools/parsers/"] },
  {
    name: "differential",
    gate: "release",
    needs: [programs(...readerPrograms)],
    brokenBy: ["src/kubelet/", "src/kube/kubeconfig", "src/schedule/", "src/file/", "src/output/", `${toolVersions}kubernetes-1.37/`],
  },
  { name: "large", gate: "release", needs: [controlPlane, registry, plugin], brokenBy: ["src/kube/", "src/source/", "src/verbs/"] },
  {
    name: "soak",
    gate: "release",
    needs: [controlPlane, registry, plugin],
    brokenBy: ["src/credential/", "src/kube/", "src/source/", "src/verbs/"],
  },
  { name: "swarm", gate: "release", needs: [] },
  { name: "record", gate: "release", needs: [] },
  {
    name: "node",
    gate: "test",
    sampled: true,
    needs: [nodeParts, controlPlane, registry, programs(...nodePrograms), plugin],
    brokenBy: [...product, "sandbox/", "scripts/release/image"],
  },
  {
    name: "secretless",
    gate: "release",
    needs: [nodeParts, programs(...controlPlanePrograms, ...registryPrograms, ...nodePrograms, ...secretlessPrograms)],
    brokenBy: ["cmd/secretless", "src/secretless/", "src/verbs/secretless", "sandbox/node/", "sandbox/tools/credential-provider/"],
  },
  {
    name: "export",
    gate: "release",
    needs: [nodeParts, controlPlane, registry, programs(...nodePrograms, ...encryptionPrograms), plugin],
    brokenBy: [
      "cmd/create/",
      "src/source/",
      "src/verbs/create",
      "docs/export.md",
      ...["age", "sops", "sealed-secrets"].map((name) => `${toolVersions}${name}/`),
    ],
  },
  {
    name: "release",
    gate: "release",
    needs: [emulator, wine, release, controlPlane, registry, programs(...windowsPrograms, ...workflowPrograms)],
    brokenBy: [
      ...["bundle", "package", "platforms", "release"].map((name) => `scripts/${name}`),
      ...[".github/", "package-lock.json", `${toolVersions}actionlint/`],
    ],
  },
  {
    name: "signing",
    gate: "release",
    needs: [release, programs(...signingPrograms)],
    brokenBy: ["scripts/release", "scripts/verify", "sandbox/tools/cosign/"],
  },
  {
    name: "krew",
    gate: "release",
    needs: [controlPlane, registry, programs(...krewPrograms), release],
    brokenBy: ["scripts/krew", "krew-manifest/", "plugin.yaml", "sandbox/tools/krew/"],
  },
];

/** Returns the tiers of a gate. */
export function tiersOf(gate: Gate): Tier[] {
  return tiers().filter((tier) => tier.gate === gate || (gate === "release" && tier.sampled === true));
}

/** Returns the tiers that have something to run. A folder without tests does not count as a tier. */
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
