// Numbers that are kept with the time of their counting: they say so, and are counted anew when one asks or logs in. Runs
// with WASM and without.
import { Dataset } from "../fixtures/dataset.ts";
import { Lethe } from "../fixtures/lethe.ts";
import { expect, test } from "../fixtures/test.ts";
import { openDelete } from "../verbs/deletion.ts";
import { expectCount, openSegment, refreshCount } from "../verbs/segments.ts";
import { logIn } from "../verbs/session.ts";

test("a kept number says when it was counted; the list, the refresh and the delete page say what is", async ({ page, ds }) => {
  await ds.add("old", 5);
  const segment = await ds.segment("Old ones", "old");
  await page.goto(ds.page(`/segments/${segment.id}`));
  await refreshCount(page);
  await expectCount(page, 5);
  await expect(page.getByText(/^5 users, counted .*, exact/)).toBeVisible();
  await ds.add("old", 3, 6);
  await page.goto(ds.page(`/segments/${segment.id}`));
  await expectCount(page, 5);
  await expect(page.getByText(/^5 users, counted .*; the data has changed since/)).toBeVisible();
  expect(await ds.readSegment(segment.id)).toMatchObject({ count: { value: 5, exact: true, stale: true } });
  await expect(page.getByRole("table", { name: "Users" }).getByRole("row", { name: /^old-/ })).toHaveCount(8);
  await openDelete(page, 8); // what is deleted is never a kept number
  await page.goto(ds.page(`/segments/${segment.id}`));
  await refreshCount(page);
  await expectCount(page, 8);
  expect(await ds.readSegment(segment.id)).toMatchObject({ count: { value: 8, exact: true, stale: false } });
});

test("a log-in counts anew what is old", async ({ as }) => {
  const lethe = await Lethe.start();
  try {
    await lethe.addPeople();
    const ds = await Dataset.create(lethe, "shop");
    await ds.add("old", 5);
    const { id } = await ds.segment("Old ones", "old");
    await lethe.run(["segment", "refresh", "Old ones", "--dataset", ds.slug]);
    await ds.add("old", 3, 6);
    expect(await ds.readSegment(id)).toMatchObject({ count: { value: 5 } });
    await lethe.kill();
    await lethe.up({ LETHE_NOW: new Date(Date.now() + 86_400_000).toISOString() });
    const page = await as("", lethe);
    await page.goto(ds.page("/segments"));
    await logIn(page, "viewer", lethe.password);
    await expect(page.getByRole("heading", { level: 1, name: "Segments" })).toBeVisible();
    await lethe.until("it is counted", async () => (await ds.readSegment(id)).count?.value === 8);
    await openSegment(page, "Old ones");
    await expectCount(page, 8);
  } finally {
    await lethe.stop();
  }
});
