import { defineConfig } from "vitest/config";

/** The tiers that talk to a real kube-apiserver: one for each run, started by their global setup. */
const withControlPlane = ["cluster", "docs"];

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
        globalSetup: withControlPlane.includes(tier) ? ["test/support/control-plane-setup.ts"] : [],
      },
    })),
  },
});
