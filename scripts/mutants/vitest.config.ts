import { defineConfig } from "vitest/config";

// The unit tests that call the code. Those that read its text, or bundle it, would judge the mutants' switches instead.
export default defineConfig({
  test: { include: ["test/unit/**/*.test.ts"], exclude: ["test/unit/{docs,krew,sandbox,scripts}/**", "test/unit/architecture.test.ts"] },
});
