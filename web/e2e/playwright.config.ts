import { defineConfig } from "@playwright/test";
import { launchOptions } from "./support/chromium";

// Two halves: `sdk` uses the scripts against a server played by the test, for what a real one does rarely or never;
// `product` starts the real binary and pays as a merchant's customer does.
export default defineConfig({
  outputDir: "./test-results",
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 30_000,
  reporter: [["list"]],
  use: {
    trace: "retain-on-failure",
    launchOptions,
  },
  projects: [
    { name: "sdk", testDir: "./sdk" },
    { name: "product", testDir: "./product" },
  ],
});
