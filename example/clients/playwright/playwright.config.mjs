import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  workers: 1, // one simulator, whose state the tests share
  timeout: 60_000,
  expect: { timeout: 20_000 },
  reporter: 'line',
  outputDir: process.env.RESULTS,
  use: { launchOptions: { executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] } },
});
