// The demonstration that a newcomer sees first: known people, known numbers, and every page says the same ones.
import type { Page } from "@playwright/test";
import type { Campaign } from "../fixtures/dataset.ts";
import { EVERYONE, LAPSED, LAPSED_COUNT, REMAINING, startDemo } from "../fixtures/demo.ts";
import { expect, test } from "../fixtures/test.ts";
import { boxes, confirmDelete, fillConfirmation, nobodyLeft, openDelete, pressConfirm, tile, waitForJob } from "../verbs/deletion.ts";
import { expectCount, openSegment, openSegments, refreshCount, showDisabled } from "../verbs/segments.ts";
import { logIn } from "../verbs/session.ts";
import { numbers } from "../verbs/words.ts";

interface Impact {
  profiles: number;
  usage: { kind: string; id: string; name: string; status: string; eligible_now: number; eligible_after: number }[];
}

/** What the campaigns' own pages say, by id. */
async function eligibleByPage(page: Page, campaigns: { id: string }[], path: (id: string) => string): Promise<Record<string, string | null>> {
  const said: Record<string, string | null> = {};
  for (const { id } of campaigns) {
    await page.goto(path(id));
    said[id] = await tile(page, "Eligible").textContent();
  }
  return said;
}

test("18,196 lapsed customers go, 5,374 stay, and every page agrees", async ({ as }) => {
  test.slow();
  const { lethe, ds } = await startDemo();
  try {
    const page = await as("", lethe);
    await page.goto("/");
    await logIn(page, "admin", lethe.password);
    await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
    await expect(page).toHaveURL(/\/(d\/cdnow)?$/);
    await expect(tile(page, "Profiles")).toHaveText(numbers(EVERYONE));
    expect(await ds.count("last(purchase) before 1998-01-01")).toBe(LAPSED_COUNT);
    expect(await ds.count("sum(purchase.value) > 500")).toBe(734);
    const revenue = await tile(page, "Revenue, all time").textContent();
    expect(revenue).toContain("2.50");

    await openSegments(page);
    await openSegment(page, LAPSED);
    await expectCount(page, LAPSED_COUNT);
    const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    const impact = await ds.rest.get<Impact>(ds.api(`/segments/${id}/impact`));
    const campaigns = impact.usage.filter((usage) => usage.kind === "campaign");
    const running = campaigns.filter((usage) => usage.status === "active");
    expect(running.length).toBeGreaterThanOrEqual(2);

    await test.step("the delete page lists who leans on it, and wants the running ones seen", async () => {
      await openDelete(page, LAPSED_COUNT);
      const uses = page.getByRole("table", { name: /use this segment/ });
      for (const use of impact.usage) {
        const row = uses.getByRole("row").filter({ has: page.getByRole("link", { name: use.name, exact: true }) });
        await expect(row).toContainText(numbers(use.eligible_now));
        await expect(row).toContainText(numbers(use.eligible_after));
      }
      await fillConfirmation(page, { name: LAPSED, count: "18,196", consent: true });
      await pressConfirm(page);
      await expect(page.getByRole("alert")).toContainText(/campaigns/);
      await expect(boxes.seen(page, running.length)).toHaveAttribute("aria-invalid", "true");
      expect((await ds.figures()).profiles).toBe(EVERYONE);
    });

    const job = await test.step("seen, it starts at once and ends", async () => {
      const started = await confirmDelete(page, { name: LAPSED, seen: running.length });
      await waitForJob(page, nobodyLeft(LAPSED_COUNT));
      await expect(tile(page, "Deleted")).toHaveText(numbers(LAPSED_COUNT));
      return started;
    });

    await test.step("every number on every page agrees", async () => {
      expect(await lethe.job(job)).toMatchObject({ state: "completed", counts: { matched: LAPSED_COUNT, deleted: LAPSED_COUNT, spared: 0, held: 0, failed: 0, gone: 0, left: 0 } });
      expect(await ds.figures()).toMatchObject({ profiles: REMAINING });
      expect(await ds.readSegment(id)).toMatchObject({ state: "disabled", count: { value: 0, exact: true } });
      expect(await ds.count("last(purchase) before 1998-01-01")).toBe(0);
      expect(await ds.count("sum(purchase.value) > 500")).toBeLessThan(734);

      const nav = page.getByRole("navigation", { name: "Main" });
      await nav.getByRole("link", { name: "Overview" }).click();
      await expect(tile(page, "Profiles")).toHaveText(numbers(REMAINING));
      await expect(tile(page, "Revenue, all time")).toHaveText(revenue ?? "");
      await expect(page.getByRole("table", { name: "Recent deletions" }).getByRole("row", { name: new RegExp(`^${LAPSED}.*Completed 18,196 0`) })).toBeVisible();
      await expect(page.getByRole("listitem").filter({ hasText: "is still disabled" }).getByRole("link", { name: LAPSED })).toBeVisible();

      await openSegments(page);
      await showDisabled(page);
      await expect(page.getByRole("row", { name: new RegExp(`^${LAPSED}.*Disabled 0`) })).toBeVisible();
      await openSegment(page, LAPSED);
      await refreshCount(page);
      await expectCount(page, 0);
      await expect(page.getByText("Nobody is left in this segment")).toBeVisible();

      await nav.getByRole("link", { name: "Deletions" }).click();
      await expect(page.getByRole("row", { name: new RegExp(`^${LAPSED}.*Completed 18,196 0 admin`) })).toBeVisible();

      // What the impact foretold is what the campaigns now reach, by their pages and by REST.
      const said = await eligibleByPage(page, campaigns, (campaign) => ds.page(`/campaigns/${campaign}`));
      for (const use of campaigns) {
        expect.soft(said[use.id], use.name).toBe(numbers(use.eligible_after));
        expect.soft((await ds.rest.get<Campaign>(ds.api(`/campaigns/${use.id}`))).eligible, use.name).toBe(use.eligible_after);
      }
    });

    await test.step("a second start keeps what is left", async () => {
      await lethe.kill();
      await lethe.up();
      await page.goto(ds.page());
      await expect(tile(page, "Profiles")).toHaveText(numbers(REMAINING));
    });
  } finally {
    await lethe.stop();
  }
});
