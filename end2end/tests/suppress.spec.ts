// Whoever was deleted does not come back as was chosen, and the page says what was turned away; one identity is looked up,
// entered and lifted by whom it may. Runs with WASM and without.
import type { Locator, Page } from "@playwright/test";
import { people } from "../fixtures/dataset.ts";
import { expect, test } from "../fixtures/test.ts";
import { confirmDelete, fillConfirmation, nobodyLeft, openDelete, pressConfirm, waitForJob } from "../verbs/deletion.ts";

const way = (page: Page, name: string) => page.getByRole("radio", { name: new RegExp(`^${name}`) });
const card = (page: Page, name: string): Locator => page.locator("section.card", { has: page.getByRole("heading", { level: 2, name, exact: true }) });
const said = (page: Page, title: string | RegExp) => expect(page.getByRole("heading", { level: 2, name: title })).toBeVisible();

async function lookUp(page: Page, identity: string): Promise<void> {
  await page.getByRole("textbox", { name: "Identity to look up" }).fill(identity);
  await page.getByRole("button", { name: "Look up" }).click();
}

test("what was chosen on the delete page holds at the door, and the page counts what was turned away", async ({ page, ds, lethe }) => {
  await ds.add("old", 30);
  await ds.add("new", 3);
  const segment = await ds.segment("Old ones", "old");
  await page.goto(ds.page("/suppressions"));
  await expect(page.getByText("Nobody is suppressed")).toBeVisible();
  await page.goto(ds.page(`/segments/${segment.id}`));
  await openDelete(page, 30);
  await expect(way(page, "Refuse late data only")).toBeChecked();
  await way(page, "Refuse all data for good").check();
  await fillConfirmation(page, { name: "Old", count: 30, consent: true, start: "At once" });
  await pressConfirm(page);
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(way(page, "Refuse all data for good"), "the choice survives a refusal").toBeChecked();
  const id = await confirmDelete(page, { name: "Old ones", count: 30 });
  await waitForJob(page, nobodyLeft(30));
  await expect(card(page, "How it came about")).toContainText("Refuse all data for good");

  const back = await lethe.importFile("profiles", ds.slug, people("old", 5));
  expect(back).toMatchObject({ accepted: 0, rejected: 5, suppressed: 5 });
  const bought = "user_id,event,timestamp,value\nold-1,purchase,2026-01-01T10:00:00Z,10\nold-2,visit,2026-01-01T10:00:00Z,\n";
  expect(await lethe.importFile("events", ds.slug, bought)).toMatchObject({ suppressed: 2, suppressed_purchases: 1 });
  expect((await ds.figures()).profiles).toBe(3);

  await page.goto(ds.page("/suppressions"));
  const row = card(page, "By deletion").getByRole("row", { name: new RegExp(`Deletion D-${id}`) });
  await expect(row).toContainText("All data");
  await expect(row).toContainText("for good");
  await expect(row.getByRole("cell").nth(1)).toHaveText("60");
  await expect(row.getByRole("cell").nth(2)).toContainText("7");
  await expect(row.getByRole("cell").nth(2)).toContainText("1 purchase");
  await expect(page.getByRole("main")).not.toContainText("old-1");
});

test("one is looked up and lifted with a reason, and then comes back and is found", async ({ page, ds, lethe, as }) => {
  await ds.add("old", 8);
  await ds.segment("Old ones", "old");
  const job = await ds.start("Old ones", 8, ["--suppress", "forever"]);
  await lethe.until("it is over", async () => (await lethe.job(job.id)).finished_at !== null);
  const officer = await as("privacy");
  await officer.goto(ds.page("/suppressions"));
  await lookUp(officer, "somebody else");
  await expect(officer.getByText("That identity is not on the list")).toBeVisible();
  await lookUp(officer, "old-3@example.com");
  expect(officer.url()).not.toContain("old-3");
  const found = card(officer, "What was found");
  await expect(found).toContainText("E-mail address");
  await found.getByRole("button", { name: "Lift" }).click();
  await expect(officer.getByRole("alert")).toContainText("That was not done");
  const why = found.getByRole("textbox", { name: "Why it is lifted" });
  await expect(why).toHaveAccessibleDescription(/Say why/);
  await why.fill("a customer again");
  await found.getByRole("button", { name: "Lift" }).click();
  await said(officer, /^The suppression has been lifted/);
  const rows = "user_id,email\nsomebody-new,old-3@example.com\n";
  expect(await lethe.importFile("profiles", ds.slug, rows)).toMatchObject({ accepted: 1 });

  await officer.getByRole("button", { name: "Look now" }).click();
  await said(officer, /^It is being looked/);
  await expect(async () => {
    await officer.goto(ds.page("/suppressions"));
    await expect(card(officer, "Who came back")).toContainText("1 of 16 identities", { timeout: 500 });
  }).toPass();
  await page.goto(ds.page("/notices"));
  await expect(page.getByRole("main")).not.toContainText("old-3");
});

test("one is entered by hand, for a term or for good, and who may not does not see the forms", async ({ ds, as, lethe }) => {
  const officer = await as("privacy");
  await officer.goto(ds.page("/suppressions"));
  const form = card(officer, "Enter one by hand");
  await form.getByRole("combobox", { name: "Kind" }).selectOption("User id");
  await form.getByRole("textbox", { name: "Identity" }).fill("stranger");
  await form.getByRole("textbox", { name: "For how many days" }).fill("many");
  await form.getByRole("textbox", { name: "Why" }).fill("asked by phone");
  await form.getByRole("button", { name: "Enter" }).click();
  await expect(officer.getByRole("alert")).toContainText("whole number of days");
  await expect(form.getByRole("textbox", { name: "Why" })).toHaveValue("asked by phone");
  expect(officer.url()).not.toContain("stranger");
  await form.getByRole("textbox", { name: "Identity" }).fill("stranger");
  await form.getByRole("textbox", { name: "For how many days" }).fill("30");
  await form.getByRole("button", { name: "Enter" }).click();
  await said(officer, /^The identity is on the list/);
  await expect(card(officer, "Entered by hand")).toContainText("privacy: asked by phone");
  expect(await lethe.importFile("profiles", ds.slug, "user_id\nstranger\n")).toMatchObject({ accepted: 0, suppressed: 1 });
  const viewer = await as("viewer");
  await viewer.goto(ds.page("/suppressions"));
  await expect(viewer.getByRole("heading", { level: 1, name: "Suppressions" })).toBeVisible();
  await expect(viewer.getByRole("button", { name: "Enter" })).toHaveCount(0);
  await expect(viewer.getByRole("button", { name: "Lift" })).toHaveCount(0);
});
