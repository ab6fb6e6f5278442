import { Dataset } from "../fixtures/dataset.ts";
import { Lethe } from "../fixtures/lethe.ts";
import { expect, test } from "../fixtures/test.ts";
import { fillConfirmation, pressConfirm, confirmDelete } from "../verbs/deletion.ts";
const VIEWS = [
  { name: "light", colorScheme: "light", width: 1280 },
  { name: "dark", colorScheme: "dark", width: 1280 },
  { name: "390", colorScheme: "light", width: 390 },
] as const;
test("look", async ({ as }) => {
  test.slow();
  const own = await Lethe.start({ env: { LETHE_PAGE_WAIT_SECONDS: "0" } });
  await own.addPeople();
  try {
    const ds = await Dataset.create(own, "shop");
    await ds.add("old", 1200); await ds.add("new", 300);
    const s = await ds.segment("Old ones", "old");
    await ds.campaign("Win-back", "active", [s]);
    await own.run(["limits", "set", "--job-seconds-max", "6"]);
    const page = await as(await own.session("administrator"), own);
    const look = async (name: string) => {
      for (const v of VIEWS) {
        await page.emulateMedia({ colorScheme: v.colorScheme });
        await page.setViewportSize({ width: v.width, height: 900 });
        await page.screenshot({ path: `/tmp/plan-look/${name}-${v.name}.png`, fullPage: true, animations: "disabled" });
      }
      await page.setViewportSize({ width: 1280, height: 900 });
    };
    await page.goto("/settings/limits"); await look("limits");
    await page.goto("/settings/limits?problem=invalid&field=longest&longest=soon&unit=hours"); await look("limits-wrong");
    await page.goto(ds.page(`/segments/${s.id}/delete`)); await look("delete-one");
    await page.goto(ds.page(`/segments/${s.id}/delete?max_rate=80`)); await look("delete-plan");
    await fillConfirmation(page, { name: "Old ones", count: 1200, rate: 80, consent: true, start: "At once" });
    await page.getByRole("checkbox", { name: /I have seen that 1 running/ }).check();
    await page.getByRole("checkbox", { name: /I have seen that 80/ }).check();
    await pressConfirm(page);
    await expect(page.getByText("this is job 1 of 3")).toBeVisible();
    await page.waitForTimeout(2500);
    await look("job-running");
    await expect(page.getByText(/All 3 jobs have run/)).toBeVisible({ timeout: 60000 });
    await look("job-over");
    await page.goto(ds.page("/jobs")); await look("jobs");
    await ds.add("old", 400, 5000);
    await page.goto(ds.page(`/segments/${s.id}/delete`)); await look("delete-measured");
  } finally { await own.stop(); }
});
