// Two at once: two tabs, a double click, a repeated request, are one deletion.
import { expect, test } from "../fixtures/test.ts";
import { fillConfirmation, nobodyLeft, onJob, pressConfirm, waitForJob } from "../verbs/deletion.ts";

test("two tabs confirm at once: one job, and the other tab is told", async ({ page, context, ds, lethe }) => {
  await ds.add("old", 80);
  const segment = await ds.segment("Old ones", "old");
  const tabs = [page, await context.newPage()];
  for (const tab of tabs) {
    await tab.goto(ds.page(`/segments/${segment.id}/delete`));
    await fillConfirmation(tab, { name: "Old ones", count: 80, consent: true, rate: 20, start: "At once" });
  }
  await Promise.all(tabs.map(pressConfirm));
  await Promise.all(tabs.map((tab) => expect(tab).toHaveURL(/\/jobs\/|problem=/)));
  const [won, lost] = tabs[0]?.url().includes("/jobs/") ? tabs : tabs.toReversed();
  if (won === undefined || lost === undefined) throw new Error("two tabs were opened");
  const job = await onJob(won, "Old ones");
  await expect(lost.getByRole("alert")).toContainText(/not finished yet|is running|runs at a time/);
  await expect(lost.getByRole("main").getByRole("link", { name: /Open job|D-\d+/ }).first()).toHaveAttribute("href", new RegExp(`/jobs/${job}$`));
  await waitForJob(won, nobodyLeft(80));
  expect(await ds.jobs()).toHaveLength(1);
  expect(await lethe.job(job)).toMatchObject({ state: "completed", counts: { matched: 80, deleted: 80 } });
});

test("a double click is one deletion", async ({ page, ds }) => {
  await ds.add("old", 10);
  const segment = await ds.segment("Old ones", "old");
  await page.goto(ds.page(`/segments/${segment.id}/delete`));
  await fillConfirmation(page, { name: "Old ones", count: 10, consent: true, start: "At once" });
  await page.getByRole("button", { name: "Confirm Delete" }).dblclick();
  await onJob(page, "Old ones");
  await waitForJob(page, nobodyLeft(10));
  expect(await ds.jobs()).toHaveLength(1);
});

test("going back and sending the same page again leads to the same job", async ({ page, ds }) => {
  await ds.add("old", 10);
  const segment = await ds.segment("Old ones", "old");
  const path = ds.page(`/segments/${segment.id}/delete`);
  let sent = "";
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/fn/start_job")) sent = request.postData() ?? "";
  });
  await page.goto(path);
  await fillConfirmation(page, { name: "Old ones", count: 10, consent: true, start: "At once" });
  await pressConfirm(page);
  const job = await onJob(page, "Old ones");
  await waitForJob(page, nobodyLeft(10));
  const headers = { "Content-Type": "application/x-www-form-urlencoded", Origin: new URL(page.url()).origin };
  const again = await page.request.post("/fn/start_job", { data: sent, headers, maxRedirects: 0 });
  expect(again.status()).toBe(303);
  expect(again.headers()["location"]).toContain(`/jobs/${job}`);
  expect(await ds.jobs()).toHaveLength(1);
});
