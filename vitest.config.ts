import { defineConfig } from "vitest/config";

/** The tiers that talk to a real kube-apiserver: one for each run, started by their global setup. */
const withControlPlane = ["cluster", "docs"];

/** What starts before a tier's tests, once for a run. */
const setups: Readonly<Record<string, string>> = {
  ...Object.fromEntries(withControlPlane.map((tier) => [tier, "test/support/control-plane-setup.ts"])),
  node: "test/support/node-setup.ts",
};

/** One project for each folder of test/; scripts/test.ts runs them in its order. */
const tiers = ["unit", "cli", "sandbox", "azure", ...withControlPlane, "node", "krew"];

export default defineConfig({
  test: {
    pool: "forks",
    retry: 0,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: tiers.map((tier) => ({
      extends: true,
      test: {
        name: tier,
        include: [`test/${tier}/**/*.test.ts`],
        globalSetup: setups[tier] ?? [],
      },
    })),
  },
});
