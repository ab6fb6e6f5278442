// Files about a deletion: the people before they go, what became of them after, the list while they wait. Runs with WASM
// and without.
import type { Download, Locator, Page } from "@playwright/test";
import { readFile } from "node:fs/promises";
import { expect, test } from "../fixtures/test.ts";
import { confirmDelete, fillConfirmation, nobodyLeft, onJob, openDelete, pressConfirm, waitForJob } from "../verbs/deletion.ts";

/** Follows a link that is a file, and reads it. */
async function download(page: Page, link: Locator): Promise<{ name: string; lines: string[] }> {
  const coming = page.waitForEvent("download");
  await link.click();
  const file: Download = await coming;
  const text = await readFile(await file.path(), "utf8");
  return { name: file.suggestedFilename(), lines: text.trimEnd().split(/\r?\n/) };
}

function card(page: Page, name: string): Locator {
  return page.locator("section.card", { has: page.getByRole("heading", { level: 2, name, exact: true }) });
}

const box = (page: Page) => page.getByRole("checkbox", { name: /^Export these people to a file first/ });

test("ticked before the deletion, the file is there after it, until somebody has it wiped", async ({ page, ds }) => {
  await ds.add("old", 40);
  await ds.add("new", 3);
  const segment = await ds.segment("Old ones", "old");
  await page.goto(ds.page(`/segments/${segment.id}`));
  await openDelete(page, 40);
  await expect(box(page)).not.toBeChecked();
  await box(page).check();
  await fillConfirmation(page, { name: "Old", count: 40, consent: true, start: "At once" });
  await pressConfirm(page);
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(box(page), "the tick survives a refusal").toBeChecked();
  const id = await confirmDelete(page, { name: "Old ones", count: 40 });
  await waitForJob(page, nobodyLeft(40));

  const files = card(page, "Files");
  await expect(files).toContainText("40 people");
  await expect(files).toContainText(/still exists: it is kept until \d+ \w+ \d{4}, \d\d:\d\d UTC and then wiped/);
  const csv = await download(page, files.getByRole("link", { name: "CSV, export" }));
  expect(csv.name).toBe(`lethe-${ds.slug}-D-${id}-export.csv`);
  expect(csv.lines[0]).toBe("id,user_id,email,phone,anonymous_ids,first_seen,last_seen,created,group");
  expect(csv.lines).toHaveLength(41);
  const ndjson = await download(page, files.getByRole("link", { name: "NDJSON, export" }));
  expect(ndjson.lines.map((line) => (JSON.parse(line) as { user_id: string }).user_id)).toContain("old-40");

  const results = await download(page, files.getByRole("link", { name: "CSV, results" }));
  expect(results.lines[0]).toBe("profile,identity,outcome,reason");
  expect(results.lines.slice(1).every((line) => /^[0-9a-f]{32},#[0-9a-f]{12},deleted,$/.test(line))).toBe(true);
  expect(results.lines).toHaveLength(41);

  await files.getByRole("button", { name: "Wipe now" }).click();
  await expect(page.getByText("The export has been wiped")).toBeVisible();
  await expect(files).toContainText(/the file was wiped \d\d:\d\d UTC, by administrator/);
  await expect(files.getByRole("link", { name: "CSV, export" })).toHaveCount(0);
  await page.goto(ds.page(`/jobs/${id}`));
  await expect(files.getByRole("button", { name: "Wipe now" })).toHaveCount(0);
});

test("while they wait, the list can be leafed through, searched, exported, and saved as a list", async ({ page, ds, lethe }) => {
  await ds.add("old", 60);
  await ds.add("new", 4);
  await ds.segment("Old ones", "old");
  const job = await ds.start("Old ones", 60, ["--wait-seconds", "86400"]);
  await lethe.until("the list is fixed", async () => (await lethe.job(job.id)).status === "scheduled");
  await page.goto(ds.page(`/jobs/${job.id}`));
  await card(page, "Files").getByRole("link", { name: "See the 60 people" }).click();
  await expect(page.getByRole("heading", { level: 1, name: `People on the list of D-${job.id}` })).toBeVisible();
  const users = page.getByRole("table", { name: "Users" });
  await expect(users.getByRole("row")).toHaveCount(51);
  await page.getByRole("link", { name: "Next" }).click();
  await expect(users.getByRole("row")).toHaveCount(11);
  await page.getByRole("searchbox", { name: /Search by exact/ }).fill("old-7");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(users.getByRole("row")).toHaveCount(2);
  await page.getByRole("searchbox", { name: /Search by exact/ }).fill("new-1");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page.getByText("Nobody has the identity “new-1”")).toBeVisible();
  await page.getByRole("link", { name: "Clear the search" }).click();
  const csv = await download(page, page.getByRole("link", { name: "Export as CSV" }));
  expect(csv.lines).toHaveLength(61);

  const name = page.getByRole("textbox", { name: "Name of the new list" });
  await expect(name).toHaveValue(`Waiting for deletion: Old ones (D-${job.id})`);
  await name.fill("Old ones");
  await page.getByRole("button", { name: "Save as list" }).click();
  await expect(page.getByRole("alert")).toContainText("Another segment has this name");
  await expect(name).toHaveValue("Old ones");
  await expect(name).toBeFocused();
  await name.fill("On their way out");
  await page.getByRole("button", { name: "Save as list" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "On their way out" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Users 60", exact: true })).toBeVisible();
});

test("the list of all profiles is shown with or without those who wait", async ({ page, ds, lethe }) => {
  await ds.add("old", 6);
  await ds.add("new", 4);
  await ds.segment("Old ones", "old");
  await page.goto(ds.page("/profiles"));
  await expect(page.getByRole("navigation", { name: "People who wait for a deletion" })).toHaveCount(0);
  const job = await ds.start("Old ones", 6, ["--wait-seconds", "86400"]);
  await lethe.until("the list is fixed", async () => (await lethe.job(job.id)).status === "scheduled");
  await page.goto(ds.page("/profiles"));
  const users = page.getByRole("table", { name: "Users" });
  await page.getByRole("link", { name: `Waiting for D-${job.id} 6` }).click();
  await expect(page).toHaveURL(new RegExp(`targets=D-${job.id}$`));
  await expect(users.getByRole("row")).toHaveCount(7);
  await page.getByRole("searchbox", { name: /Search by exact/ }).fill("new-1");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page.getByText("Nobody has the identity “new-1”")).toBeVisible();
  await page.getByRole("link", { name: `Without those of D-${job.id}` }).click();
  await expect(users.getByRole("row")).toHaveCount(2);
  await page.goto(ds.page(`/profiles?exclude_targets=D-${job.id}`));
  await expect(users.getByRole("row")).toHaveCount(5);
  await page.getByRole("link", { name: "Everyone" }).click();
  await expect(users.getByRole("row")).toHaveCount(11);
});

test.describe("a viewer", () => {
  test.use({ role: "viewer" });

  test("sees what became of people by hashes, and is offered no export", async ({ page, ds, guard, lethe }) => {
    await ds.add("old", 5);
    await ds.segment("Old ones", "old");
    const job = await ds.start("Old ones", 5, ["--export", "--wait"]);
    await page.goto(ds.page(`/jobs/${job.id}`));
    await onJob(page, "Old ones");
    const files = card(page, "Files");
    await expect(files).toContainText("A copy of these people that still exists");
    for (const name of ["CSV, export", "NDJSON, export"]) await expect(files.getByRole("link", { name })).toHaveCount(0);
    await expect(files.getByRole("button", { name: "Wipe now" })).toHaveCount(0);
    await expect(files.getByRole("link", { name: "CSV with names of those left" })).toHaveCount(0);
    expect((await download(page, files.getByRole("link", { name: "CSV, results" }))).lines).toHaveLength(6);
    guard.expectStatus(403);
    const answer = await page.goto(ds.page(`/jobs/${job.id}/export.csv`));
    expect(answer?.status()).toBe(403);
    const form = { ds: ds.slug, id: job.id };
    const wiped = await page.context().request.post("/fn/wipe_export", { form, headers: { Origin: lethe.url }, maxRedirects: 0 });
    expect(wiped.headers()["location"]).toContain("problem=forbidden");
  });
});
