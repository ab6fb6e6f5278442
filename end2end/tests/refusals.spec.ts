// What is refused before anybody is deleted: the reason stands by its box, what was typed is kept, nobody is gone. Runs
// with WASM and without.
import type { Page } from "@playwright/test";
import type { Dataset } from "../fixtures/dataset.ts";
import { expect, test } from "../fixtures/test.ts";
import { boxes, fillConfirmation, follow, nobodyLeft, onJob, openDelete, pressConfirm, waitForJob } from "../verbs/deletion.ts";

/** The page is back, says so, and leads to the box. */
async function expectRefusal(page: Page, box: ReturnType<typeof boxes.name>, why: RegExp): Promise<void> {
  await expect(page).toHaveURL(/\/delete\?/);
  await expect(page.getByRole("alert")).toContainText(why);
  await expect(box).toHaveAttribute("aria-invalid", "true");
  await expect(box).toHaveAccessibleDescription(why);
  await expect(box).toBeFocused();
}

async function expectNothingDone(ds: Dataset, profiles: number): Promise<void> {
  expect(await ds.jobs()).toEqual([]);
  expect((await ds.figures()).profiles).toBe(profiles);
}

test("a wrong name, a wrong number, missing consent and an unseen campaign are each refused by their box", async ({ page, ds }) => {
  await ds.add("old", 30);
  const segment = await ds.segment("Old ones", "old");
  await ds.campaign("Win-back", "active", [segment]);
  await ds.campaign("Last call", "active", [segment]);
  await page.goto(ds.page(`/segments/${segment.id}`));
  await openDelete(page, 30);

  await test.step("nothing typed at all", async () => {
    await pressConfirm(page);
    await expect(page.getByRole("alert")).toBeVisible();
    await expectNothingDone(ds, 30);
  });

  await test.step("missing consent", async () => {
    await fillConfirmation(page, { name: "Old ones", count: 30, seen: 2, rate: "1,000", reason: "Because", start: "At once" });
    await pressConfirm(page);
    await expectRefusal(page, boxes.consent(page), /cannot be recovered/);
    await expect(boxes.name(page)).toHaveValue("Old ones");
    await expect(boxes.count(page)).toHaveValue("30");
    await expect(boxes.rate(page)).toHaveValue("1,000");
    await expect(boxes.reason(page)).toHaveValue("Because");
    await expect(boxes.seen(page, 2)).toBeChecked();
    await expectNothingDone(ds, 30);
  });

  await test.step("a wrong name: case counts", async () => {
    await fillConfirmation(page, { name: "old ones", consent: true });
    await pressConfirm(page);
    await expectRefusal(page, boxes.name(page), /not the segment's name/);
    await expect(boxes.name(page)).toHaveValue("old ones");
    await expect(boxes.consent(page)).toBeChecked();
    await expectNothingDone(ds, 30);
  });

  await test.step("a wrong number, and no number", async () => {
    await fillConfirmation(page, { name: "Old ones", count: 31 });
    await pressConfirm(page);
    await expectRefusal(page, boxes.count(page), /number/i);
    await expect(boxes.count(page)).toHaveValue("31");
    await boxes.count(page).fill("thirty");
    await pressConfirm(page);
    await expectRefusal(page, boxes.count(page), /number of profiles/i);
    await expect(boxes.count(page)).toHaveValue("thirty");
    await expectNothingDone(ds, 30);
  });

  await test.step("running campaigns that were not ticked", async () => {
    await boxes.count(page).fill("30");
    await boxes.seen(page, 2).uncheck();
    await pressConfirm(page);
    await expectRefusal(page, boxes.seen(page, 2), /campaigns/);
    await expectNothingDone(ds, 30);
  });

  await test.step("a speed that is none", async () => {
    await fillConfirmation(page, { seen: 2, rate: "fast" });
    await pressConfirm(page);
    await expect(page.getByRole("alert")).toBeVisible();
    await expect(boxes.rate(page)).toHaveValue("fast");
    await expectNothingDone(ds, 30);
  });

  await test.step("put right, it goes through: separators and white space do not count", async () => {
    await boxes.rate(page).fill("");
    await fillConfirmation(page, { name: " Old ones ", count: " 3 0 ", seen: 2, consent: true, start: "At once" });
    await pressConfirm(page);
    await onJob(page, "Old ones");
    await waitForJob(page, nobodyLeft(30));
    expect((await ds.figures()).profiles).toBe(0);
  });
});

test("a number that has moved since the page was opened is refused, and the new one is shown", async ({ page, ds }) => {
  await ds.add("old", 20);
  await ds.add("new", 5);
  const segment = await ds.segment("Old ones", "old");
  await page.goto(ds.page(`/segments/${segment.id}`));
  await openDelete(page, 20);
  await fillConfirmation(page, { name: "Old ones", count: 20, consent: true, start: "At once" });
  await ds.add("old", 3, 21); // a colleague imports meanwhile
  await pressConfirm(page);
  await expectRefusal(page, boxes.count(page), /has changed|moved/);
  await expect(page.getByRole("heading", { level: 1, name: "Delete 23 profiles?" })).toBeVisible();
  await expect(boxes.name(page)).toHaveValue("Old ones");
  await expectNothingDone(ds, 28);
  await boxes.count(page).fill("23");
  await pressConfirm(page);
  await onJob(page, "Old ones");
  await waitForJob(page, nobodyLeft(23));
  expect((await ds.figures()).profiles).toBe(5);
});

test("a segment that was changed since the page was opened is refused", async ({ page, ds }) => {
  await ds.add("old", 20);
  await ds.add("new", 20);
  const segment = await ds.segment("Chosen", "old");
  await page.goto(ds.page(`/segments/${segment.id}`));
  await openDelete(page, 20);
  await fillConfirmation(page, { name: "Chosen", count: 20, consent: true, start: "At once" });
  // As many people, but others: the number alone would not tell.
  const changed = await ds.rest.send("PATCH", ds.api(`/segments/${segment.id}`), { rule: 'attr.group = "new"' });
  expect(changed.status).toBe(200);
  await pressConfirm(page);
  await expect(page.getByRole("alert")).toContainText(/changed since you saw this page/);
  await expect(boxes.name(page)).toHaveValue("Chosen");
  await expectNothingDone(ds, 40);
});

test("a second deletion is refused while one runs, with the running one named, or waits behind it", async ({ page, ds, lethe }) => {
  await ds.add("first", 200);
  await ds.add("second", 10);
  await ds.segment("First", "first");
  const segment = await ds.segment("Second", "second");
  const running = await ds.start("First", 200, ["--max-rate", "1"]);
  await page.goto(ds.page(`/segments/${segment.id}/delete`));
  await expect(page.getByText("Another deletion is running in this dataset")).toBeVisible();
  await expect(page.getByRole("main").getByRole("link", { name: /D-\d+, First/ })).toHaveAttribute("href", new RegExp(`/jobs/${running.id}$`));
  await fillConfirmation(page, { name: "Second", count: 10, consent: true, start: "At once" });
  await pressConfirm(page);
  await expect(page.getByRole("alert")).toContainText(/One (deletion )?runs at a time/);
  await expect(page.getByRole("main").getByRole("link", { name: /D-\d+, First/ })).toBeVisible();
  await expect(boxes.name(page)).toHaveValue("Second");
  expect((await ds.jobs()).map((job) => job.id)).toEqual([running.id]);
  expect(await ds.count('attr.group = "second"')).toBe(10);

  // The same by REST: 409 with the running one's number.
  const body = { segment_id: segment.id, consent: true, confirm_name: "Second", confirm_count: 10 };
  const refused = await ds.rest.send<{ error: { code: string; message: string } }>("POST", ds.api("/deletion-jobs"), body);
  expect(refused).toMatchObject({ status: 409, body: { error: { code: "job_active" } } });
  expect(refused.body.error.message).toContain("First");

  await page.getByRole("radio", { name: /^After the running deletion/ }).check();
  await pressConfirm(page);
  const queued = await onJob(page, "Second");
  await follow(page);
  await expect(page.getByText("This one starts by itself after it")).toBeVisible();
  expect((await lethe.job(queued)).status).toBe("queued");
  await lethe.run(["job", "cancel", running.id]);
  await waitForJob(page, nobodyLeft(10));
  expect(await lethe.job(running.id)).toMatchObject({ state: "cancelled" });
  expect(await lethe.job(queued)).toMatchObject({ state: "completed", counts: { matched: 10, deleted: 10, left: 0 } });
});

test("a rule that matches everyone needs a word of its own", async ({ page, ds }) => {
  await ds.add("old", 8);
  const segment = await ds.ruled("Everybody", "bucket(0, 100)");
  await page.goto(ds.page(`/segments/${segment.id}/delete`));
  const everyone = page.getByRole("checkbox", { name: /everyone in the dataset/ });
  await fillConfirmation(page, { name: "Everybody", count: 8, consent: true, start: "At once", everyone: false });
  await pressConfirm(page);
  await expectRefusal(page, everyone, /everyone in the dataset/);
  await expectNothingDone(ds, 8);
  await everyone.check();
  await pressConfirm(page);
  await onJob(page, "Everybody");
  await waitForJob(page, nobodyLeft(8));
});
