// How the end-to-end tests run: Debian's Chromium where there is one, and two workers, each with a server of its own.
import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";
import type { Options } from "./fixtures/test.ts";

const chromium = "/usr/bin/chromium";
const installed = existsSync(chromium) ? { executablePath: chromium } : {};

// What a person relies on before WASM has loaded and without it.
const worksWithoutScript = ["journey", "places", "refusals", "steering", "counts", "doors", "roles", "plan", "campaigns", "when", "reports", "export", "segments", "holds", "erasure", "receipts", "suppress", "opendsr", "returned"].map((name) => `**/${name}.spec.ts`);

export default defineConfig<Options>({
  testDir: "tests",
  outputDir: "test-results",
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [["list"], ["json", { outputFile: "test-results/report.json" }]],
  use: {
    viewport: { width: 1280, height: 900 },
    locale: "en-GB",
    timezoneId: "UTC",
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
    trace: "retain-on-failure",
    launchOptions: {
      ...installed,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "chromium" },
    { name: "no-js", use: { javaScriptEnabled: false }, testMatch: worksWithoutScript },
  ],
});
