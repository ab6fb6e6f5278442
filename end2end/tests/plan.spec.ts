// A deletion in several jobs: the limit that makes them, what the delete page says beforehand, one progress over all of
// them, and leaving one out. On a server of its own, because the limit holds for all of one. Runs with WASM and without.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { Dataset } from "../fixtures/dataset.ts";
import { Lethe } from "../fixtures/lethe.ts";
import { expect, test } from "../fixtures/test.ts";
import { boxes, confirmDelete, fillConfirmation, follow, onJob, openDelete, pressConfirm } from "../verbs/deletion.ts";

/** Rules of axe that WCAG 2.2 AA asks for. */
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

let own: Lethe;
let datasets = 0;

test.beforeAll(async () => {
  own = await Lethe.start({ env: { LETHE_PAGE_WAIT_SECONDS: "0" } });
  await own.addPeople();
});
test.afterAll(async () => own.stop());

async function shop(): Promise<Dataset> {
  datasets += 1;
  return Dataset.create(own, `plans-${datasets}`);
}

async function limit(seconds: number | "default"): Promise<void> {
  await own.run(["limits", "set", "--job-seconds-max", `${seconds}`]);
}

async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(WCAG).analyze();
  expect(violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
}

const planBar = (page: Page) => page.getByRole("progressbar", { name: "Plan progress" });
const planRow = (page: Page, n: number) => page.getByRole("table", { name: "Jobs of the plan, in order" }).getByRole("row", { name: new RegExp(`^Job ${n} `) });
const longest = (page: Page) => page.getByRole("textbox", { name: "One job may take at most" });

test("an administrator sets the longest job; a mistake is said beside the box and what was typed is kept", async ({ as, javaScriptEnabled }) => {
  const page = await as(await own.session("administrator"), own);
  await limit("default");
  await page.goto("/settings/limits");
  await expect(page.getByRole("heading", { level: 1, name: "Limits" })).toBeVisible();
  await expect(page.getByText("5 days, as usual")).toBeVisible();
  await expect(longest(page)).toHaveValue("5");
  for (const wrong of ["0", "soon", "9,000,000"]) {
    await longest(page).fill(wrong);
    await page.getByRole("combobox", { name: "Unit" }).selectOption("minutes");
    await page.getByRole("button", { name: "Set limit" }).click();
    await expect(page.getByRole("alert")).toContainText(/Type a whole number/);
    await expect(longest(page)).toHaveValue(wrong);
    await expect(longest(page)).toHaveAttribute("aria-invalid", "true");
    await expect(longest(page)).toBeFocused();
    await expect(page.getByRole("combobox", { name: "Unit" })).toHaveValue("minutes");
  }
  await longest(page).fill("90");
  await page.getByRole("button", { name: "Set limit" }).click();
  await expect(page.getByText("The limit has been set")).toBeVisible();
  await expect(page.getByText("90 minutes, set by an administrator")).toBeVisible();
  await page.reload();
  await expect(longest(page)).toHaveValue("90");
  if (javaScriptEnabled !== false) await accessible(page);
  expect(await own.run(["limits", "show"])).toMatchObject({ job_seconds_max: 5_400, job_seconds_set: true });
  await page.getByRole("button", { name: "Back to 5 days" }).click();
  await expect(page.getByText("5 days, as usual")).toBeVisible();

  const viewer = await as(await own.session("viewer"), own);
  await viewer.goto("/settings/limits");
  await expect(viewer.getByText("An administrator of the whole installation can change it.").first()).toBeVisible();
  await expect(viewer.getByRole("button", { name: "Set limit" })).toHaveCount(0);
});

test("what takes too long is several jobs: said before, one progress over all of them, done by themselves", async ({ as, javaScriptEnabled }) => {
  const script = javaScriptEnabled !== false;
  const ds = await shop();
  await ds.add("old", 60);
  await ds.add("new", 10);
  const segment = await ds.segment("Old ones", "old");
  await limit(2);
  const page = await as(await own.session("administrator"), own);
  await page.goto(ds.page(`/segments/${segment.id}`));
  await openDelete(page, 60);
  await expect(page.getByText("One job is enough: it may take up to 2 seconds.")).toBeVisible();
  if (script) {
    await boxes.rate(page).pressSequentially("10");
    await expect(page.getByText(/^It would take about .*, in 3 jobs one after another\.$/)).toBeVisible();
  }
  // The address carries the speed, so that the whole page reckons with it, without WASM too.
  await page.goto(ds.page(`/segments/${segment.id}/delete?max_rate=10`));
  await expect(page.getByRole("heading", { level: 2, name: "This will be 3 jobs" })).toBeVisible();
  await expect(page.getByText("One job may take 2 seconds at most, and this takes longer.")).toBeVisible();
  await expect(page.getByText("Job 3: 20 profiles")).toBeVisible();
  await expect(page.getByText(/^At your limit of 10 profiles a second\./)).toBeVisible();
  if (script) await accessible(page);
  const first = Number(await confirmDelete(page, { name: "Old ones", count: 60, rate: 10, start: "At once" }));

  await follow(page);
  await expect(page.getByText("this is job 1 of 3")).toBeVisible();
  await expect(planBar(page)).toBeVisible();
  await expect(planRow(page, 3)).toContainText("Queued");
  const card = page.locator("section", { has: page.getByRole("heading", { name: "The whole plan" }) });
  await expect(card.getByText("of 60 deleted")).toBeVisible();
  // Nobody touches anything from here on.
  await expect(page.getByText("All 3 jobs have run to their end: nobody of the list is left.")).toBeVisible({ timeout: 60_000 });
  await expect(card.getByText("60 of 60 deleted")).toBeVisible();
  await expect(page.getByRole("heading", { level: 2, name: "20 profiles deleted, nobody of the list is left" })).toBeVisible();
  await expect(page.getByText(/^estimated .* \(.*\), took /)).toBeVisible();
  expect(await ds.figures()).toMatchObject({ profiles: 10 });
  for (const id of [first, first + 1, first + 2]) {
    expect(await own.job(`${id}`)).toMatchObject({ state: "completed", counts: { matched: 20, deleted: 20 } });
  }
  await planRow(page, 2).getByRole("link").click();
  await expect(page.getByText("this is job 2 of 3")).toBeVisible();
  await page.goto(ds.page("/jobs"));
  await expect(page.getByText(`D-${first + 1}, job 2 of 3`)).toBeVisible();
});

test("one job of a plan is left out by itself, and cancelling ends those behind it", async ({ as, javaScriptEnabled }) => {
  const ds = await shop();
  await ds.add("old", 60);
  await ds.segment("Old ones", "old");
  await limit(2);
  const job = await ds.start("Old ones", 60, ["--max-rate", "10", "--wait-seconds", "3600"]);
  await own.until("the list is fixed", async () => (await own.job(job.id)).status === "scheduled");
  const page = await as(await own.session("administrator"), own);
  const second = `${Number(job.id) + 1}`;
  await page.goto(ds.page(`/jobs/${second}`));
  await expect(page.getByText("Job 2 of 3 of a plan.")).toBeVisible();
  if (javaScriptEnabled !== false) await accessible(page);
  await page.getByRole("button", { name: "Cancel only this job" }).click();
  await follow(page);
  await expect(page.getByRole("heading", { level: 2, name: "Cancelled before anybody was deleted" })).toBeVisible({ timeout: 30_000 });
  expect(await own.job(`${Number(job.id) + 2}`)).toMatchObject({ status: "queued" });
  await planRow(page, 1).getByRole("link").click();
  await page.getByRole("button", { name: "Cancel job" }).click();
  await follow(page);
  await expect(page.getByText("3 jobs of 3 jobs cancelled. 60 of the list are kept.")).toBeVisible({ timeout: 30_000 });
  expect(await ds.figures()).toMatchObject({ profiles: 60 });
});

test("a very large share of the dataset needs a tick of its own on the page", async ({ as }) => {
  const ds = await shop();
  await ds.add("old", 1_000);
  await ds.add("new", 100);
  const segment = await ds.segment("Old ones", "old");
  await limit("default");
  const page = await as(await own.session("administrator"), own);
  await page.goto(ds.page(`/segments/${segment.id}`));
  await openDelete(page, 1_000);
  await expect(page.getByRole("heading", { level: 2, name: "This is most of the dataset" })).toBeVisible();
  const most = page.getByRole("checkbox", { name: "I have seen that 90 % of the dataset goes" });
  await fillConfirmation(page, { name: "Old ones", count: 1_000, consent: true, start: "At once" });
  await pressConfirm(page);
  await expect(page.getByRole("alert")).toContainText("Most of the dataset would go.");
  await expect(most).toBeFocused();
  await expect(boxes.name(page)).toHaveValue("Old ones");
  expect(await ds.jobs()).toEqual([]);
  await most.check();
  await pressConfirm(page);
  await onJob(page, "Old ones");
});

test("the overview shows a long plan by the job whose turn it is, and what has ended before it", async ({ as }) => {
  const ds = await shop();
  await ds.add("gone", 5);
  await ds.add("old", 80);
  await ds.segment("Gone already", "gone");
  await ds.segment("Old ones", "old");
  await limit("default");
  await ds.start("Gone already", 5, ["--wait"]);
  await limit(1);
  const first = await ds.start("Old ones", 80, ["--max-rate", "10"]);
  const page = await as(await own.session("administrator"), own);
  await own.until("the list is fixed", async () => (await ds.jobs()).length > 6);
  await own.run(["job", "pause", first.id]);
  await page.goto(ds.page());
  const ways = page.getByRole("main").getByRole("link", { name: "Open job" });
  await expect(ways).toHaveCount(1);
  await expect(ways).toHaveAttribute("href", new RegExp(`/jobs/${first.id}$`));
  await expect(page.getByRole("table", { name: "Recent deletions" }).getByRole("row", { name: /^Gone already/ })).toBeVisible();
  await own.run(["job", "cancel", first.id]);
  await limit("default");
});
