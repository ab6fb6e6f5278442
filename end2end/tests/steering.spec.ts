// A job that is steered: paused, resumed, slowed, ended, run again. Runs with WASM and without.
import { expect, test } from "../fixtures/test.ts";
import { announced, confirmDelete, follow, nobodyLeft, openDelete, stand, tile, waitForJob } from "../verbs/deletion.ts";

test("pause stops it, resume goes on, a speed takes effect while it runs, and the counts are exact", async ({ page, ds, lethe }) => {
  await ds.add("old", 200);
  const segment = await ds.segment("Old ones", "old");
  await page.goto(ds.page(`/segments/${segment.id}`));
  await openDelete(page, 200);
  const job = await confirmDelete(page, { name: "Old ones", count: 200, rate: 5, start: "At once" });
  await expect(page.getByText(/(limit|at most).* 5 a second/)).toBeVisible();
  await lethe.until("somebody is deleted", async () => (await lethe.job(job)).counts.deleted > 0);

  await page.getByRole("button", { name: "Pause" }).click();
  await follow(page);
  await expect(announced(page)).toContainText(/^Paused with \d+ of 200 deleted/);
  await expect(page.getByRole("button", { name: "Pause" })).toHaveCount(0);
  const paused = await lethe.job(job);
  expect(paused.status).toBe("paused");
  expect(paused.counts.deleted + paused.counts.left).toBe(200);
  await expect(tile(page, "Deleted")).toHaveText(`${paused.counts.deleted}`);
  await expect(tile(page, "Still to go")).toHaveText(`${paused.counts.left}`);
  // Paused, it keeps its place: another deletion of the dataset is refused.
  await ds.add("other", 3);
  await ds.segment("Others", "other");
  await expect(ds.start("Others", 3)).rejects.toThrow(/running|Old ones/);

  await stand(page);
  await page.getByRole("textbox", { name: "At most, profiles a second" }).fill("100");
  await page.getByRole("button", { name: "Set speed" }).click();
  await expect(page.getByText("The speed limit has been set")).toBeVisible();
  await expect(page.getByRole("textbox", { name: "At most, profiles a second" })).toHaveValue("100");
  expect((await lethe.job(job)).counts).toEqual(paused.counts);

  await page.getByRole("button", { name: "Resume" }).click();
  await waitForJob(page, nobodyLeft(200));
  expect(await lethe.job(job)).toMatchObject({ state: "completed", counts: { matched: 200, deleted: 200, left: 0, failed: 0 } });
  expect((await ds.figures()).profiles).toBe(3);
});

test("a cancel keeps the rest; what is left can be run again with its own confirmation", async ({ page, ds, lethe }) => {
  await ds.add("old", 100);
  await ds.segment("Old ones", "old");
  const job = await ds.start("Old ones", 100, ["--max-rate", "10"]);
  await lethe.until("somebody is deleted", async () => (await lethe.job(job.id)).counts.deleted > 0);
  await page.goto(ds.page(`/jobs/${job.id}`));
  await page.getByRole("button", { name: "Cancel job" }).click();
  await waitForJob(page, /^Cancelled\. \d+ profiles? deleted, \d+ kept$/);
  const { counts, state } = await lethe.job(job.id);
  expect(state).toBe("cancelled");
  expect(counts.deleted + counts.left).toBe(100);
  await expect(tile(page, "Deleted")).toHaveText(`${counts.deleted}`);
  await expect(tile(page, "Left")).toHaveText(`${counts.left}`);
  for (const name of ["Pause", "Resume", "Cancel job"]) await expect(page.getByRole("button", { name })).toHaveCount(0);
  expect((await ds.figures()).profiles).toBe(counts.left);
  expect(await ds.count('attr.group = "old"')).toBe(counts.left);

  await page.getByRole("link", { name: "Run again on what is left" }).click();
  await expect(page.getByRole("heading", { level: 1, name: `Delete ${counts.left} profiles?` })).toBeVisible();
  await confirmDelete(page, { name: "Old ones", count: counts.left, start: "At once" });
  await waitForJob(page, nobodyLeft(counts.left));
  expect((await ds.figures()).profiles).toBe(0);
});

test("a job with a waiting period can be cancelled until then, and nothing has changed", async ({ page, ds, lethe }) => {
  await ds.add("old", 9);
  const segment = await ds.segment("Old ones", "old");
  await page.goto(ds.page(`/segments/${segment.id}`));
  await openDelete(page, 9);
  const job = await confirmDelete(page, { name: "Old ones", count: 9, start: "After a waiting period" });
  // Without JavaScript the page stands as it was loaded, which may have been while the list was still being fixed.
  await lethe.until("the list is fixed", async () => (await lethe.job(job)).status === "scheduled");
  await page.reload();
  await expect(page.getByText(/Starts on .* UTC\. The list is fixed; nobody has been deleted yet/)).toBeVisible();
  expect(await lethe.job(job)).toMatchObject({ status: "scheduled", counts: { matched: 9, deleted: 0 } });
  expect(await ds.readSegment(segment.id)).toMatchObject({ state: "enabled" });
  await page.getByRole("button", { name: "Cancel job" }).click();
  await waitForJob(page, "Cancelled before anybody was deleted");
  expect(await lethe.job(job)).toMatchObject({ state: "cancelled", counts: { deleted: 0 } });
  expect(await ds.readSegment(segment.id)).toMatchObject({ state: "enabled" });
  expect((await ds.figures()).profiles).toBe(9);
});

test("newcomers are counted and never touched, and those who no longer match stay", async ({ page, ds, lethe }) => {
  await ds.add("old", 60);
  await ds.segment("Old ones", "old");
  const job = await ds.start("Old ones", 60, ["--max-rate", "5"]);
  await lethe.until("the list is fixed", async () => (await lethe.job(job.id)).counts.deleted > 0);
  await lethe.run(["job", "pause", job.id]);
  await lethe.until("it is paused", async () => (await lethe.job(job.id)).status === "paused");
  await ds.add("old", 4, 101); // four who were not on the list
  // The last of the list is somebody else by now.
  const moved = "user_id,email,group\nold-60,old-60@example.com,kept\n";
  expect(await lethe.importFile("profiles", ds.slug, moved)).toMatchObject({ accepted: 1, created: 0 });
  await page.goto(ds.page(`/jobs/${job.id}`));
  await page.getByRole("textbox", { name: "At most, profiles a second" }).fill("");
  await page.getByRole("button", { name: "Set speed" }).click();
  await page.getByRole("button", { name: "Resume" }).click();
  await waitForJob(page, "59 profiles deleted, 1 spared, nobody else of the list is left");
  const { counts } = await lethe.job(job.id);
  expect(counts).toMatchObject({ matched: 60, deleted: 59, spared: 1, failed: 0, left: 0, joined_after: 4 });
  await expect(page.getByText(/^.*4 profiles joined the segment after the list was fixed/)).toBeVisible();
  await expect(tile(page, "Spared")).toHaveText("1");
  await expect(page.getByRole("link", { name: "Run again on what is left" })).toBeVisible();
  expect((await ds.figures()).profiles).toBe(5);
});

test("what is typed on the page of a deletion stays while one types, also without JavaScript; following it is a choice", async ({ page, ds, lethe, javaScriptEnabled }) => {
  await ds.add("old", 40);
  await ds.segment("Old ones", "old");
  const waiting = await ds.start("Old ones", 40, ["--wait-seconds", "3600"]);
  await lethe.until("the list is fixed", async () => (await lethe.job(waiting.id)).status === "scheduled");
  await page.goto(ds.page(`/jobs/${waiting.id}`));
  const speed = page.getByRole("textbox", { name: "At most, profiles a second" });
  await speed.fill("12");
  await page.getByText("Start before that").click();
  await expect(page.getByRole("button", { name: "Start now" })).toBeVisible();
  // Longer than the page once took to come anew by itself.
  await page.waitForTimeout(4_000);
  await expect(speed).toHaveValue("12");
  await expect(page.getByRole("button", { name: "Start now" })).toBeVisible();
  await page.getByRole("button", { name: "Set speed" }).click();
  await expect(page.getByText("limited to 12 a second")).toBeVisible();

  if (javaScriptEnabled === false) {
    await page.getByRole("link", { name: "Look again" }).click();
    await expect(speed).toHaveValue("12");
    await page.getByRole("link", { name: "follow it" }).click();
    await expect(page.locator('meta[http-equiv="refresh"]')).toHaveAttribute("content", "30");
    await expect(speed).toHaveCount(0);
    await page.getByRole("link", { name: "Stop following it" }).click();
    await expect(speed).toBeVisible();
  }
  await page.getByText("Start before that").click();
  await page.getByRole("button", { name: "Start now" }).click();
  await waitForJob(page, nobodyLeft(40));
});
