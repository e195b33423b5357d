import { defineConfig } from "vitest/config";

const controlPlane = "test/support/control-plane-setup.ts";

/** The folders of test/, each a project of its own, and what starts before its tests, once for a run. */
const tiers: Readonly<Record<string, string[]>> = {
  unit: [],
  cli: [],
  protocol: [],
  sandbox: [],
  azure: [],
  cluster: [controlPlane],
  docs: [controlPlane],
  shells: [controlPlane],
  az: [controlPlane],
  node: ["test/support/node-setup.ts"],
  release: [controlPlane],
  krew: [controlPlane],
  channels: [],
  signing: [],
};

export default defineConfig({
  test: {
    pool: "forks",
    // The default leaves one core free: on two cores, one file would run at a time.
    maxWorkers: "100%",
    retry: 0,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: Object.entries(tiers).map(([name, globalSetup]) => ({
      extends: true,
      test: {
        name,
        globalSetup,
        include: [`test/${name}/**/*.test.ts`],
        // The unit tests share no state, and load each module once for a worker
        isolate: name !== "unit",
        // Each page of the documentation uses the processor much of the time
        maxConcurrency: name === "docs" ? 2 : 5,
      },
    })),
  },
});
