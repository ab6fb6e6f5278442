// Reports, what a deletion changed, and the warehouse: the figures are worked out by hand. Runs with WASM and without.
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures/test.ts";
import type { Dataset } from "../fixtures/dataset.ts";
import type { Job } from "../fixtures/lethe.ts";

const DAY = 864e5;

/** Ten people of each group; each has one purchase of 2.50 and one impression of a campaign, some days ago. */
async function fill(ds: Dataset): Promise<void> {
  await ds.add("go", 10);
  await ds.add("stay", 10);
  const at = (days: number) => new Date(Date.now() - days * DAY).toISOString();
  const rows = ["go", "stay"].flatMap((group) =>
    Array.from({ length: 10 }, (_, i) => [
      `${group}-${i + 1},page_view,${at(5 + i)},,`,
      `${group}-${i + 1},purchase,${at(4 + i)},2.50,`,
      `${group}-${i + 1},impression,${at(3)},,win-back`,
    ]),
  );
  await ds.lethe.importFile("events", ds.slug, ["user_id,event,timestamp,value,campaign_id", ...rows.flat(), ""].join("\n"));
}

/** Deletes the ten who go, and comes back when it is over. */
async function deleted(ds: Dataset): Promise<Job> {
  const segment = await ds.segment("Those who go", "go");
  await ds.campaign("Win-back", "active", [segment]);
  return ds.start("Those who go", 10, ["--on-active-campaign", "proceed", "--wait"]);
}

function tile(page: Page, name: string) {
  return page.locator("dl.tiles > div", { has: page.getByText(name, { exact: true }) }).locator("dd").first();
}

function cells(page: Page, table: string, row: string) {
  return page.getByRole("table", { name: table }).getByRole("row").filter({ has: page.getByRole("rowheader", { name: row }) }).getByRole("cell");
}

test("an empty dataset says what reports would show", async ({ page, ds }) => {
  await page.goto(ds.page("/reports"));
  await expect(page.getByRole("heading", { level: 2, name: "There is nothing to report yet" })).toBeVisible();
});

test("the dashboard tells accumulated from aggregated, and marks deletions on its charts", async ({ page, ds }) => {
  await fill(ds);
  await page.goto(ds.page());
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Reports" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Reports" })).toBeVisible();
  await expect(tile(page, "Profiles")).toHaveText("20");
  await expect(tile(page, "Their purchases")).toHaveText("$50.00");
  await expect(tile(page, "Revenue, all time")).toHaveText("$50.00");

  const job = await deleted(ds);
  await page.getByRole("button", { name: "Refresh" }).click();
  await expect(page.getByText("The figures are being counted anew")).toBeVisible();
  // What the people who are there count for has fallen by half; what was ever recorded has not moved.
  await expect(tile(page, "Profiles")).toHaveText("10");
  await expect(tile(page, "Their purchases")).toHaveText("$25.00");
  await expect(tile(page, "Revenue, all time")).toHaveText("$50.00");
  await expect(tile(page, "Impressions, all time")).toHaveText("20");
  await expect(page.getByText("It does not move when people are deleted.")).toBeVisible();
  await expect(page.getByText("It falls when people are deleted.")).toBeVisible();
  await expect(page.getByRole("listitem").filter({ hasText: "Viewed a page" })).toContainText("10");
  await expect(cells(page, "Impressions and clicks by campaign", "win-back")).toHaveText(["20", "10", "10", "0", "0"]);

  const chart = page.getByRole("group", { name: "Revenue a week" });
  await expect(chart).toBeVisible();
  await expect(chart.getByRole("link", { name: /10 profiles deleted, Those who go/ })).toHaveAttribute("href", ds.page(`/jobs/${job.id}`));
  await page.getByText("Show as table: Revenue a week").click();
  const table = page.getByRole("table", { name: /^Revenue a week/ });
  await expect(table.getByRole("row").filter({ hasText: "$" }).first()).toBeVisible();

  await page.getByRole("navigation", { name: "Ready ranges" }).getByRole("link", { name: "30 days" }).click();
  await expect(page.getByRole("group", { name: "Revenue a day" })).toBeVisible();
  await expect(page).toHaveURL(/from=\d{4}-\d\d-\d\d&to=\d{4}-\d\d-\d\d/);
  await page.goto(ds.page("/reports?from=2026-05-01&to=2026-01-01"));
  await expect(page.getByText("Type two dates such as 2026-11-24")).toBeVisible();
  await page.getByRole("textbox", { name: "From" }).fill("2001-01-01");
  await page.getByRole("textbox", { name: "To" }).fill("2001-02-01");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page.getByText("Nothing in these days.").first()).toBeVisible();
  await page.getByRole("link", { name: "What it changed" }).waitFor({ state: "detached" });
});

test("a deletion's report has every metric before and after, and why it moved", async ({ page, ds }) => {
  await fill(ds);
  const job = await deleted(ds);
  await page.goto(ds.page(`/jobs/${job.id}`));
  await page.getByRole("link", { name: "What it changed" }).click();
  await expect(page.getByRole("heading", { level: 1, name: `What D-${job.id} changed` })).toBeVisible();
  await expect(cells(page, "People who are there", "Purchase value")).toHaveText(["$50.00", "$25.00", "\u2212$25.00", "25.00 USD went with the deleted people."]);
  await expect(cells(page, "People who are there", "Profiles").first()).toHaveText("20");
  await expect(cells(page, "Ever recorded", "Revenue, all time")).toHaveText(["$50.00", "$50.00", "$0.00", "Not taken back when people go."]);
  await expect(cells(page, "Impressions of campaigns, projected and measured", "win-back")).toHaveText(["20", "10", "\u221210", "\u221210", "As projected."]);
});

test("the warehouse says what it keeps, a term is set, and rows go when it is over", async ({ page, ds, lethe }) => {
  await fill(ds);
  const job = await deleted(ds);
  await page.goto(ds.page());
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Warehouse" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Warehouse" })).toBeVisible();
  await expect(tile(page, "Profiles")).toHaveText("20");
  await expect(tile(page, "Events")).toHaveText("60");
  await expect(page.getByText("up to date")).toBeVisible();
  await expect(cells(page, "What the warehouse keeps of deleted people", "Those who go").nth(1)).toHaveText("10");
  await expect(page.getByText("but not from the data warehouse")).toBeVisible();
  await expect(page.getByText("kept until they are erased through the privacy door")).toBeVisible();

  const days = page.getByRole("textbox", { name: "Keep rows of deleted people, days" });
  await days.fill("a month");
  await page.getByRole("button", { name: "Set term" }).click();
  await expect(page.getByText("Type a whole number of days from 1 to 36,500").first()).toBeVisible();
  await expect(days).toHaveValue("a month");
  await days.fill("30");
  await page.getByRole("button", { name: "Set term" }).click();
  await expect(page.getByText("How long the warehouse keeps deleted people has been set")).toBeVisible();
  await expect(page.getByText(/^Rows are kept 30 days\. The next are removed on /)).toBeVisible();
  await page.reload();
  await expect(days).toHaveValue("30");

  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "CSV of Deleted people" }).click()]);
  expect(download.suggestedFilename()).toBe(`${ds.slug}-warehouse-deleted_people.csv`);
  const stream = await download.createReadStream();
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  expect(text.trim().split("\r\n")).toHaveLength(11);
  expect(text).toContain(`D-${job.id}`);
  expect((await lethe.job(job.id)).state).toBe("completed");
});

for (const role of ["viewer", "editor"] as const) {
  test.describe(role, () => {
    test.use({ role });

    test(`a${role === "editor" ? "n" : ""} ${role} sees reports and warehouse, and takes nothing away`, async ({ page, ds, context, lethe }) => {
      await fill(ds);
      await page.goto(ds.page("/reports"));
      await expect(tile(page, "Profiles")).toHaveText("20");
      await expect(page.getByRole("button", { name: "Refresh" })).toHaveCount(role === "editor" ? 1 : 0);
      await page.goto(ds.page("/warehouse"));
      await expect(tile(page, "Events")).toHaveText("60");
      await expect(page.getByRole("button", { name: "Set term" })).toHaveCount(0);
      await expect(page.getByRole("link", { name: /^CSV/ })).toHaveCount(0);
      const file = await context.request.get(ds.page("/warehouse/profiles.csv"));
      expect(file.status()).toBe(403);
      expect(await file.text()).toBe("Your role does not allow this. Ask an administrator.\n");
      const posted = await context.request.post("/fn/set_warehouse_keep", { form: { ds: ds.slug, days: "1", sure: "yes" }, headers: { Origin: lethe.url }, maxRedirects: 0 });
      expect(posted.headers()["location"]).toContain("problem=forbidden");
    });
  });
}
