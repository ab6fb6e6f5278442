// Legal holds: set on people and on a rule, met by a deletion, ended. Runs with WASM and without.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures/test.ts";

/** Rules of axe that WCAG 2.2 AA asks for. */
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

const box = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });

async function accessible(page: Page, script: boolean): Promise<void> {
  if (!script) return;
  const { violations } = await new AxeBuilder({ page }).withTags(WCAG).analyze();
  expect(violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
}

async function openNew(page: Page, name: string, reason: string): Promise<void> {
  await page.getByRole("link", { name: "New hold" }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: "New legal hold" })).toBeVisible();
  await box(page, "Name").fill(name);
  await box(page, "Reason").fill(reason);
}

test("whoever is held stays, is named with the hold, and goes when it has ended", async ({ page, ds, javaScriptEnabled }) => {
  const script = javaScriptEnabled !== false;
  await ds.add("old", 10);
  const segment = await ds.segment("Old ones", "old");
  await page.goto(ds.page());
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Legal holds" }).click();
  await expect(page.getByRole("heading", { name: "No legal holds" })).toBeVisible();
  await accessible(page, script);

  await test.step("an identity that nobody has is refused by its line, and what was typed stays", async () => {
    await openNew(page, "Matter 17", "Letter of the court of 3 March");
    await box(page, "Identities").fill("old-1\n\nnobody\nold-2@example.com\nnor this one");
    await page.getByRole("button", { name: "Set hold" }).click();
    await expect(page.getByRole("alert")).toContainText("Nobody was put under hold");
    await expect(box(page, "Identities")).toHaveAccessibleDescription(/Lines 2 and 4 name nobody/);
    await expect(box(page, "Name")).toHaveValue("Matter 17");
    await expect(box(page, "Reason")).toHaveValue("Letter of the court of 3 March");
    await accessible(page, script);
    await box(page, "Identities").fill("old-1\nold-2@example.com");
    await page.getByRole("button", { name: "Set hold" }).click();
    await expect(page.getByText("The legal hold is in force")).toBeVisible();
    await expect(page.getByRole("table").getByRole("row")).toHaveCount(3);
    await accessible(page, script);
  });

  await test.step("another one, on a rule", async () => {
    await page.goto(ds.page("/holds"));
    await openNew(page, "Audit", "Request of the authority");
    await page.getByRole("radio", { name: /^Whoever matches a rule/ }).check();
    await box(page, "Rule as text; this is what is saved").fill('user_id in ("old-2", "old-3")');
    await page.getByRole("button", { name: "Set hold" }).click();
    await expect(page.getByText("Holds 2 people now.")).toBeVisible();
    await page.goto(ds.page("/holds"));
    await expect(page.getByText("3 people are held now")).toBeVisible();
    await accessible(page, script);
  });

  await test.step("a deletion leaves them and says so", async () => {
    await page.goto(ds.page(`/segments/${segment.id}/delete`));
    await expect(page.getByText("3, they stay")).toBeVisible();
    const job = await ds.start("Old ones", 10, ["--wait"]);
    expect(job.counts).toMatchObject({ matched: 10, deleted: 7, held: 3 });
    await page.goto(ds.page(`/jobs/${job.id}`));
    await expect(page.getByText("Under the legal hold “Matter 17”.")).toHaveCount(2);
    await expect(page.getByText("Under the legal hold “Audit”.")).toHaveCount(1);
    await page.goto(ds.page("/profiles"));
    await page.getByRole("link", { name: "old-1" }).click();
    await expect(page.getByText("Under the legal hold “Matter 17”")).toBeVisible();
  });

  await test.step("it ends with a reason, and holds nobody any more", async () => {
    await page.goto(ds.page("/holds"));
    await page.getByRole("link", { name: "Matter 17" }).click();
    await page.getByRole("button", { name: "End hold" }).click();
    await expect(box(page, "Reason for ending it")).toHaveAccessibleDescription(/Give a reason/);
    await box(page, "Reason for ending it").fill("Settled");
    await page.getByRole("button", { name: "End hold" }).click();
    await expect(page.getByText("The legal hold has been ended")).toBeVisible();
    await expect(page.getByText("Settled")).toBeVisible();
    await expect(page.getByRole("button", { name: "End hold" })).toHaveCount(0);
    await accessible(page, script);
  });
});

test.describe("as somebody who only looks", () => {
  test.use({ role: "viewer" });
  test("holds are seen and not set", async ({ page, ds }) => {
    await ds.add("old", 1);
    const set = await ds.rest.send("POST", ds.api("/holds"), { name: "Matter", reason: "Court", people: ["old-1"] });
    expect(set.status).toBe(201);
    await page.goto(ds.page("/holds"));
    await expect(page.getByRole("link", { name: "Matter" })).toBeVisible();
    await expect(page.getByRole("link", { name: "New hold" })).toHaveCount(0);
    await page.getByRole("link", { name: "Matter" }).click();
    await expect(page.getByRole("button", { name: "End hold" })).toHaveCount(0);
  });
});
