// The rows of a rule: what only WASM does. The text beside them is what is posted, so both always agree.
import type { Locator, Page } from "@playwright/test";
import { expect, test } from "../fixtures/test.ts";

const text = (page: Page): Locator => page.getByRole("textbox", { name: "Rule" });
const found = (page: Page): Locator => page.getByRole("status").filter({ hasText: /match|expected/i });
const box = (page: Page, what: string, row: string): Locator => page.getByLabel(`${what} of condition ${row}`, { exact: true });

async function openBuilder(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole("group", { name: "Conditions" })).toBeVisible();
}

test("a nested rule is built in rows, its text agrees, its people are counted, and it is saved", async ({ page, ds, lethe }) => {
  await ds.add("old", 12);
  await ds.add("new", 5);
  await ds.ruled("VIP", 'user_id in ("old-1", "old-2")');
  await lethe.importFile("events", ds.slug, ["user_id,event,timestamp,value,campaign_id", "old-3,purchase,2019-01-03T10:00:00Z,25,", "old-4,impression,2019-01-03T10:00:00Z,,summer", ""].join("\n"));
  await openBuilder(page, ds.page("/segments/new"));
  await expect(page.getByText("No condition yet: everyone would be in this segment.")).toBeVisible();
  await page.getByRole("textbox", { name: "Name" }).fill("Built");

  await page.getByRole("button", { name: "Add condition to all conditions" }).click();
  await box(page, "Attribute", "1").fill("group");
  // An unfinished row is never left out of the text: it could match more people than meant.
  await expect(text(page)).toHaveValue("attr.group = ");
  await expect(page.getByRole("group", { name: "Condition 1" })).toContainText("This condition is not finished: a box is empty.");
  await box(page, "Attribute", "1").press("Enter"); // sends nothing
  await box(page, "Value", "1").fill("old");
  await expect(text(page)).toHaveValue('attr.group = "old"');
  await expect(found(page)).toContainText("12 profiles match");

  await page.getByRole("button", { name: "Add group to all conditions" }).click();
  await box(page, "Field", "2.1").selectOption("In segment");
  await box(page, "Segment", "2.1").selectOption("VIP");
  await page.getByRole("button", { name: "Add condition to group 2" }).click();
  await box(page, "Field", "2.2").selectOption("Number of events");
  await box(page, "Kind of event", "2.2").fill("purchase");
  await box(page, "Operator", "2.2").selectOption("is at least");
  await box(page, "Value", "2.2").fill("1");
  await expect(text(page)).toHaveValue('attr.group = "old" and (in segment "VIP" or count(purchase) >= 1)');
  await expect(found(page)).toContainText("3 profiles match");
  await page.getByRole("group", { name: "Condition 2.1" }).getByRole("checkbox").check();
  await expect(text(page)).toHaveValue('attr.group = "old" and (not in segment "VIP" or count(purchase) >= 1)');
  await page.getByLabel("How many of group 2 must hold").selectOption("None of these holds");
  await expect(text(page)).toHaveValue('attr.group = "old" and not (not in segment "VIP" or count(purchase) >= 1)');
  await expect(found(page)).toContainText("2 profiles match");

  await page.getByRole("button", { name: "Create segment" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Built" })).toBeVisible();
  const made = (await ds.rest.get<{ items: { name: string; rule: string }[] }>(ds.api("/segments"))).items.find((it) => it.name === "Built");
  expect(made?.rule).toBe('attr.group = "old" and not (not in segment "VIP" or count(purchase) >= 1)');
});

test("figures over events have where and a time, and bucket has its share", async ({ page, ds }) => {
  await openBuilder(page, ds.page("/segments/new"));
  await page.getByRole("button", { name: "Add condition to all conditions" }).click();
  await box(page, "Field", "1").selectOption("Sum of values");
  await box(page, "Kind of event", "1").fill("Order Completed");
  await page.getByRole("button", { name: "Add where" }).click();
  await box(page, "Property 1", "1").fill("sku");
  await box(page, "Operator of property 1", "1").selectOption("is one of");
  await box(page, "Value of property 1", "1").fill("A, B");
  await box(page, "Time", "1").selectOption("in the last days");
  await box(page, "Number of days", "1").fill("30");
  await box(page, "Operator", "1").selectOption("is between");
  await box(page, "Value", "1").fill("2");
  await box(page, "Second value", "1").fill("5");
  await expect(text(page)).toHaveValue('sum("Order Completed".value where sku in ("A", "B"), last 30 days) between 2 and 5');
  await page.getByRole("button", { name: "Add condition to all conditions" }).click();
  await box(page, "Field", "2").selectOption("Share of people");
  await box(page, "First percent", "2").fill("0");
  await box(page, "Last percent", "2").fill("12.5");
  await expect(text(page)).toHaveValue(/ and bucket\(0, 12\.5\)$/);
  await page.getByRole("button", { name: "Remove condition 1" }).click();
  await expect(text(page)).toHaveValue("bucket(0, 12.5)");
});

test("the text makes the rows, mistakes are shown at their place, and what rows cannot show stays", async ({ page, ds }) => {
  await ds.add("old", 3);
  await openBuilder(page, ds.page("/segments/new"));
  await text(page).fill('(attr.group = "old" or email contains "@example") and last_seen is not set');
  await expect(page.getByRole("group", { name: "Group 1" })).toBeVisible();
  await expect(box(page, "Value", "1.2")).toHaveValue("@example");
  await expect(box(page, "Operator", "2")).toHaveValue("is not set");
  await expect(found(page)).toContainText("3 profiles match");

  await text(page).fill("emial is set and phone is set");
  await expect(found(page)).toHaveText("Expected a condition at character 1, found emial; did you mean email?");
  await expect(text(page)).toHaveAttribute("aria-invalid", "true");
  await expect(text(page)).toHaveAccessibleDescription(/did you mean email/);
  await expect(page.locator("mark")).toHaveText("emial");
  await expect(page.getByText("The rows come back when the text can be read.")).toBeVisible();
  await text(page).fill("email is set and in segment \"Nobody\"");
  await expect(found(page)).toContainText("Expected the name of a segment of this dataset");
  await expect(page.locator("mark")).toHaveText('"Nobody"');

  const many = Array.from({ length: 60 }, (_, i) => i).join(", ");
  await text(page).fill(`attr.n in (${many}) or email is set`);
  await expect(page.getByRole("group", { name: "Condition 1" })).toContainText("it stays as text");
  await box(page, "Operator", "2").selectOption("is not set");
  await expect(text(page)).toHaveValue(`attr.n in (${many}) or email is not set`);
});

test("names and values of the data are offered, the cursor stays where it is", async ({ page, ds }) => {
  await ds.add("old", 3);
  await openBuilder(page, ds.page("/segments/new"));
  await page.getByRole("button", { name: "Add condition to all conditions" }).click();
  await expect(page.locator("#words-attributes option")).toHaveCount(1);
  await box(page, "Attribute", "1").fill("group");
  await box(page, "Value", "1").focus();
  await expect(page.locator('#words-values option[value="old"]')).toHaveCount(1);
  await box(page, "Operator", "1").focus();
  await box(page, "Operator", "1").selectOption("contains");
  await expect(box(page, "Operator", "1")).toBeFocused();
  await expect(text(page)).toHaveValue("attr.group contains ");
  // A mistake in another row changes its words with every key; the keys must not land elsewhere for it.
  await page.getByRole("button", { name: "Add condition to all conditions" }).click();
  await box(page, "Value", "1").press("Home");
  await box(page, "Value", "1").pressSequentially("old", { delay: 20 });
  await expect(box(page, "Value", "1")).toHaveValue("old");
  await expect(page.getByRole("group", { name: "Condition 2" })).toContainText("not finished");
});

test("an edited rule opens in rows", async ({ page, ds }) => {
  await ds.add("old", 3);
  const segment = await ds.segment("Old ones", "old");
  await openBuilder(page, ds.page(`/segments/${segment.id}/edit`));
  await expect(box(page, "Attribute", "1")).toHaveValue("group");
  await box(page, "Value", "1").fill("new");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Old ones" })).toBeVisible();
  expect(await ds.readSegment(segment.id)).toMatchObject({ rule: 'attr.group = "new"' });
});

test("a job's page whose session has ended leads to the log-in and back", async ({ page, ds, guard }) => {
  await ds.add("old", 60);
  await ds.segment("Old ones", "old");
  const job = await ds.start("Old ones", 60, ["--max-rate", "1"]);
  await page.goto(ds.page(`/jobs/${job.id}`));
  await expect(page.getByText("You can close this page")).toBeVisible();
  guard.expectStatus(401);
  await page.context().clearCookies();
  await expect(page.getByRole("button", { name: "Log in" })).toBeVisible();
  expect(new URL(page.url()).searchParams.get("next")).toBe(ds.page(`/jobs/${job.id}`));
});

test("a number never stands beside a rule that it was not counted for", async ({ page, ds }) => {
  await ds.add("old", 12);
  await openBuilder(page, ds.page("/segments/new"));
  await text(page).fill('attr.group = "old"');
  await expect(page.getByText(/^12 profiles match/)).toBeVisible();
  await page.route("**/fn/look_at_rule*", (route) => route.fulfill({ status: 200, contentType: "application/json", body: "{" }));
  await text(page).fill('attr.group = "new"');
  await expect(page.getByText(/^Who matches could not be counted\./)).toBeVisible();
  await expect(page.getByText(/12 profiles match/)).toHaveCount(0);
});
