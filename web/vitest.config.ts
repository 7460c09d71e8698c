import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["{sdk,window,demo}/**/*.test.ts"], environment: "happy-dom" },
});
