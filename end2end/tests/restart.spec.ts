// The server goes away in the middle of a job: the page recovers by itself, and everyone is counted once.
import { Dataset } from "../fixtures/dataset.ts";
import { Lethe } from "../fixtures/lethe.ts";
import { expect, test } from "../fixtures/test.ts";
import { nobodyLeft, progressbar, waitForJob } from "../verbs/deletion.ts";

test("a job survives kill -9 of the server, twice, and the page finds it again", async ({ as, guard }) => {
  const lethe = await Lethe.start();
  try {
    await lethe.addPeople();
    const ds = await Dataset.create(lethe, "shop");
    await ds.add("old", 150);
    await ds.add("new", 50);
    await ds.segment("Old ones", "old");
    const job = await ds.start("Old ones", 150, ["--max-rate", "15"]);
    const page = await as("administrator", lethe);
    guard.expectOutage();
    await page.goto(ds.page(`/jobs/${job.id}`));
    for (const least of [1, 50]) {
      await lethe.until(`${least} are deleted`, async () => (await lethe.job(job.id)).counts.deleted >= least);
      await lethe.kill();
      await expect(page.getByText(/Last update .*, reconnecting/)).toBeVisible();
      await lethe.up();
      await expect(page.getByText(/reconnecting/)).toHaveCount(0);
      await expect(progressbar(page)).toBeVisible();
    }
    await waitForJob(page, nobodyLeft(150));
    expect(await lethe.job(job.id)).toMatchObject({
      state: "completed",
      counts: { matched: 150, deleted: 150, spared: 0, held: 0, failed: 0, gone: 0, left: 0, joined_after: 0 },
    });
    expect(await ds.figures()).toMatchObject({ profiles: 50 });
    expect(await ds.count('attr.group = "old"')).toBe(0);
    expect(await ds.jobs()).toHaveLength(1);
  } finally {
    await lethe.stop();
  }
});
