import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    // A rejection that nobody awaits is a bug of ours: it would end a caller's process.
    dangerouslyIgnoreUnhandledErrors: false,
    testTimeout: 20_000,
  },
});
