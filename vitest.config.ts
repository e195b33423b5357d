import { defineConfig } from "vitest/config";

const controlPlane = "test/support/control-plane-setup.ts";

/** The folders of test/, each a vitest project, and their global setup files, which run once per test run. */
const tiers: Readonly<Record<string, string[]>> = {
  unit: [],
  prose: [],
  cli: [],
  sandbox: [],
  azure: [],
  cluster: [controlPlane],
  docs: [controlPlane],
  shells: [controlPlane],
  browser: [],
  az: [controlPlane],
  formats: [],
  differential: [],
  large: [controlPlane],
  soak: [controlPlane],
  swarm: [],
  record: [],
  node: ["test/support/node-setup.ts"],
  secretless: [],
  export: ["test/support/node-setup.ts"],
  release: [controlPlane],
  krew: [controlPlane],
  signing: [],
};

export default defineConfig({
  test: {
    pool: "forks",
    // The default leaves one core free, so that on two cores only one file would run at a time.
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
        // The unit tests share no state. Without isolation, each worker loads each module only once.
        isolate: name !== "unit",
        // Each page of the documentation, and each run of vitest, uses the processor for much of its time.
        maxConcurrency: name === "docs" || name === "record" ? 2 : 5,
      },
    })),
  },
});
