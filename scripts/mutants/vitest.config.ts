import { defineConfig } from "vitest/config";

// The unit tests that call the code. Those that read its text, or bundle it, would judge the mutants' switches instead; those that do
// one thing thousands of times would take hours.
export default defineConfig({
  test: {
    include: ["test/unit/**/*.test.ts"],
    exclude: [
      "test/unit/{docs,krew,sandbox,scripts}/**",
      "test/unit/architecture.test.ts",
      "test/unit/cmd/{ten-thousand,two-runs}.test.ts",
      "test/unit/manifest/{slips,styles}.test.ts",
    ],
  },
});
