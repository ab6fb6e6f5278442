// A person who asked to be erased: found on the console in the store and in the warehouse, shown with all that goes, erased.
// Runs with WASM and without.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures/test.ts";
import type { Role } from "../fixtures/lethe.ts";

const who = (page: Page) => page.getByRole("textbox", { name: "User id, e-mail, phone or anonymous id" });
const consent = (page: Page) => page.getByRole("checkbox", { name: "I understand that an erased person cannot be recovered" });
const erase = (page: Page) => page.getByRole("button", { name: "Erase this person" });
const done = (page: Page, title: string) => expect(page.getByRole("heading", { level: 2, name: title })).toBeVisible();
const erasures = (page: Page) => page.getByRole("table", { name: "Erasures, newest first" }).getByRole("row");

async function lookUp(page: Page, text: string): Promise<void> {
  await who(page).fill(text);
  await page.getByRole("button", { name: "Look up" }).click();
  await expect(who(page)).toHaveValue(text);
}

test.describe("a privacy officer", () => {
  test.use({ role: "privacy" });

  test("is told that nobody has been erased yet, and what nobody has", async ({ page, ds }) => {
    await page.goto(ds.page("/profiles"));
    await page.getByRole("link", { name: "Erase a person" }).click();
    await done(page, "Nobody has been erased yet");
    await lookUp(page, "somebody");
    await done(page, "Nobody is known by that");
    await expect(erase(page)).toHaveCount(0);
  });

  test("erases a person from their page, once it is ticked", async ({ page, ds, guard, javaScriptEnabled }) => {
    await ds.add("old", 3);
    await ds.lethe.importFile("events", ds.slug, "user_id,event,timestamp,value\nold-2,purchase,2026-01-02T10:00:00Z,5\n");
    await page.goto(ds.page("/profiles"));
    await page.getByRole("link", { name: "old-2", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "old-2" })).toBeVisible();
    const profile = page.url();
    await page.getByRole("link", { name: "Erase this person" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Erase a person" })).toBeVisible();
    await expect(page.getByText("old-2@example.com")).toBeVisible();
    await expect(page.getByRole("link", { name: "The profile" })).toBeVisible();
    if (javaScriptEnabled !== false) {
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, help }) => `${id}: ${help}`)).toEqual([]);
    }

    await erase(page).click();
    await expect(page.getByRole("alert")).toContainText("That was not done");
    await expect(consent(page)).toHaveAttribute("aria-invalid", "true");
    await expect(who(page)).toHaveValue("old-2");
    await consent(page).check();
    await erase(page).click();
    await done(page, "The person has been erased");
    await expect(page.getByRole("status")).toContainText("1 event went from the store; 1 profile and 1 event went from the warehouse");
    await page.reload();
    await expect(erasures(page)).toHaveCount(2);
    await expect(erasures(page).nth(1)).toContainText("privacy");
    await expect(page.getByRole("main")).not.toContainText("old-2");

    await lookUp(page, "old-2@example.com");
    await done(page, "Nobody is known by that");
    guard.expectStatus(404);
    expect((await page.goto(profile))?.status()).toBe(404);
    expect((await ds.figures()).profiles).toBe(2);
  });
});

test("whom a bulk deletion took out is found by the copy that it left, and goes from there", async ({ page, ds, lethe }) => {
  await ds.add("old", 4);
  const segment = await ds.segment("Old ones", "old");
  await page.goto(ds.page(`/segments/${segment.id}/delete`));
  await expect(page.getByRole("main").getByRole("link", { name: "Erase a person" })).toHaveAttribute("href", ds.page("/erase"));
  const job = await ds.start("Old ones", 4);
  await expect.poll(async () => (await lethe.job(job.id)).finished_at, { timeout: 60_000 }).not.toBeNull();
  await page.goto(ds.page("/warehouse"));
  await page.getByRole("link", { name: "Erase a person" }).click();
  await lookUp(page, "old-3");
  await expect(page.getByText("Nothing is left there")).toBeVisible();
  await expect(page.getByRole("main").getByRole("link", { name: /^D-\d+$/ })).toBeVisible();
  await consent(page).check();
  await erase(page).click();
  await done(page, "The person has been erased");
  await expect(page.getByRole("status")).toContainText("0 events went from the store; 1 profile and 0 events went from the warehouse");
  await lookUp(page, "old-3");
  await done(page, "Nobody is known by that");
});

for (const role of ["editor", "viewer", "approver"] satisfies Role[]) {
  test.describe(role, () => {
    test.use({ role });

    test(`of the role ${role} nobody sees the way or is let through`, async ({ page, ds, guard, lethe, context }) => {
      await ds.add("old", 1);
      await page.goto(ds.page("/profiles"));
      await expect(page.getByRole("link", { name: "Erase a person" })).toHaveCount(0);
      await page.getByRole("link", { name: "old-1", exact: true }).click();
      await expect(page.getByRole("heading", { level: 1, name: "old-1" })).toBeVisible();
      await expect(page.getByRole("link", { name: "Erase this person" })).toHaveCount(0);
      guard.expectStatus(403);
      expect((await page.goto(ds.page("/erase?who=old-1")))?.status()).toBe(403);
      await expect(page.getByRole("heading", { level: 1, name: "Not allowed" })).toBeVisible();
      const form = { ds: ds.slug, who: "old-1", understood: "yes" };
      const posted = await context.request.post("/fn/erase_person", { form, headers: { Origin: lethe.url }, maxRedirects: 0 });
      expect(posted.headers()["location"]).toContain("problem=forbidden");
      expect((await ds.figures()).profiles).toBe(1);
    });
  });
}
