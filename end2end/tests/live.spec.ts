// What only WASM does: a page that moves by itself, says so aloud, and helps while one types.
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures/test.ts";
import { nobodyLeft, openDelete, progressbar, waitForJob } from "../verbs/deletion.ts";

/** Collects everything that the page's status region says, in order. */
async function listen(page: Page): Promise<string[]> {
  const heard: string[] = [];
  await page.exposeFunction("heard", (text: string) => {
    if (text !== "" && heard.at(-1) !== text) heard.push(text);
  });
  await page.evaluate(() => {
    const say = (globalThis as unknown as { heard: (text: string) => void }).heard;
    for (const region of document.querySelectorAll("main [role=status]")) {
      const now = () => say(region.textContent ?? "");
      now();
      new MutationObserver(now).observe(region, { characterData: true, childList: true, subtree: true });
    }
  });
  return heard;
}

test("a job is announced at its start, at quarters and at its end, and nothing between", async ({ page, ds }) => {
  await ds.add("old", 120);
  const segment = await ds.segment("Old ones", "old");
  const job = await ds.start("Old ones", 120, ["--max-rate", "10"]);
  await page.goto(ds.page(`/jobs/${job.id}`));
  const heard = await listen(page);
  await expect(page.getByText("You can close this page")).toBeVisible();
  await expect(progressbar(page)).toHaveAttribute("max", "100");
  await expect(page.getByText(/^\d+ of 120 deleted$/)).toBeVisible();
  await expect(page.getByText(/Last update \d\d:\d\d:\d\d UTC/)).toBeVisible();
  await waitForJob(page, nobodyLeft(120));
  const words = [/^Deletion (accepted|started)/, /^Deletion started/, /^25 percent done/, /^50 percent done/, /^75 percent done/, /Checking who is left/, /^Finished\. 120 profiles deleted, nobody/];
  const order = heard.map((text) => words.findLastIndex((word) => word.test(text)));
  expect(order, heard.join(" | ")).not.toContain(-1);
  expect(order, heard.join(" | ")).toEqual([...new Set(order)].sort((a, b) => a - b));
  expect(heard.filter((text) => text.includes("percent")).length, heard.join(" | ")).toBeGreaterThanOrEqual(2);
  expect(heard.at(-1)).toMatch(words.at(-1) ?? /./);
  expect(await ds.readSegment(segment.id)).toMatchObject({ state: "disabled" });
});

test("the rule box counts while one types, the boxes say when they match", async ({ page, ds }) => {
  await ds.add("old", 7);
  await ds.add("new", 2);
  await page.goto(ds.page("/segments/new"));
  const rule = page.getByRole("textbox", { name: "Rule" });
  const found = page.getByRole("status").filter({ hasText: /match|expected|rule/i });
  await expect(async () => {
    await rule.fill("");
    await rule.pressSequentially('attr.group = "old"');
    await expect(found).toContainText("7 profiles match", { timeout: 5_000 });
  }).toPass();
  await rule.fill("attr.group = ");
  await expect(rule).toHaveAttribute("aria-invalid", "true");
  await rule.fill('attr.group = "new"');
  await expect(found).toContainText("2 profiles match");
  await expect(rule).not.toHaveAttribute("aria-invalid", "true");
  await page.getByRole("textbox", { name: "Name" }).fill("New ones");
  await page.getByRole("button", { name: "Create segment" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "New ones" })).toBeVisible();
  await openDelete(page, 2);
  const name = page.getByRole("textbox", { name: "Segment name" });
  await expect(async () => {
    await name.fill("New one");
    await expect(name).toHaveAccessibleDescription(/Does not match yet/, { timeout: 2_000 });
  }).toPass();
  await name.fill("New ones");
  await expect(name).toHaveAccessibleDescription(/^Matches/);
  await page.getByRole("textbox", { name: "At most, profiles a second" }).fill("1");
  await expect(page.getByText(/It would take/)).toBeVisible();
});
