import { defineConfig } from "vitest/config";

// Runs the unit tests that call the code. Tests that read or bundle the source would check the mutants' switches instead. Tests with
// thousands of repetitions would take hours.
export default defineConfig({
  test: {
    // The tests are slower while they record which code each of them runs
    testTimeout: 30_000,
    include: ["test/unit/**/*.test.ts"],
    exclude: [
      "test/unit/{docs,krew,sandbox,scripts}/**",
      "test/unit/architecture.test.ts",
      "test/unit/cmd/{ten-thousand,races-create}.test.ts",
      "test/unit/manifest/{slips,styles}.test.ts",
    ],
  },
});
