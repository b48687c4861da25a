import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: "tests/shared.ts",
    // Most of them wait for a server or for time, and not for a processor.
    minWorkers: 1,
    maxWorkers: 4,
    // A rejection that nobody awaits is a bug of ours: it would end a caller's process.
    dangerouslyIgnoreUnhandledErrors: false,
    testTimeout: 20_000,
  },
});
