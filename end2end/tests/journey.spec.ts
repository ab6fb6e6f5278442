// From a file of people to nobody left, as a marketer does it. Runs with WASM and without.
import { people } from "../fixtures/dataset.ts";
import type { Imported } from "../fixtures/lethe.ts";
import { expect, test } from "../fixtures/test.ts";
import { confirmDelete, nobodyLeft, openDelete, progressbar, tile, waitForJob } from "../verbs/deletion.ts";
import { createSegment, enableSegment, expectCount, openSegment, openSegments, refreshCount, showDisabled } from "../verbs/segments.ts";

const NAME = "Lapsed: nothing since 2020";
const RULE = "last(purchase) before 2020-01-01";

function purchases(group: string, n: number, day: string): string {
  const rows = Array.from({ length: n }, (_, i) => `${group}-${i + 1},purchase,${day}T12:00:00Z,${i + 1}.50`);
  return ["user_id,event,timestamp,value", ...rows, ""].join("\n");
}

test("a segment's people are imported, looked at, deleted, and gone", async ({ page, ds, lethe }) => {
  await test.step("people and purchases come in by the command line and by REST", async () => {
    const byCli = await lethe.importFile("profiles", ds.slug, people("old", 60) + "old-1,old-1@example.com,old\n,,nobody\n");
    expect(byCli).toMatchObject({ accepted: 61, created: 60, rejected: 1, errors: [{ line: 63 }] });
    const ingest = await lethe.rest("ingest", ds.slug);
    const byRest = await ingest.send<Imported>("POST", ds.api("/imports/profiles"), people("new", 40));
    expect(byRest).toMatchObject({ status: 200, body: { accepted: 40, created: 40, updated: 0, rejected: 0 } });
    expect(await lethe.importFile("events", ds.slug, purchases("old", 60, "2019-05-01"))).toMatchObject({ accepted: 60, created: 0 });
    expect(await ingest.send("POST", ds.api("/imports/events"), purchases("new", 40, "2024-05-01"))).toMatchObject({ status: 200, body: { accepted: 40 } });
    expect(await ds.figures()).toMatchObject({ profiles: 100, named: 100, events: 100 });
  });

  await test.step("the segment is made in the console", async () => {
    await page.goto(ds.page());
    await openSegments(page);
    await createSegment(page, NAME, RULE);
    await expectCount(page, 60);
  });
  const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  const segment = await ds.readSegment(id);
  expect(segment).toMatchObject({ name: NAME, state: "enabled", count: { value: 60, exact: true } });
  const { id: active } = await ds.campaign("Win-back spring", "active", [segment]);
  await ds.campaign("Last call", "active", [], [segment]);
  await ds.campaign("Summer sale", "draft", [segment]);

  await test.step("the impact names who leans on it, before anything is deleted", async () => {
    await page.reload();
    await openDelete(page, 60);
    const uses = page.getByRole("table", { name: /use this segment/ });
    await expect(uses.getByRole("row", { name: /Win-back spring.*Active 60 0/ })).toBeVisible();
    await expect(uses.getByRole("row", { name: /Last call.*Active 40 40/ })).toBeVisible();
    await expect(uses.getByRole("row", { name: /Summer sale.*Draft 60 0/ })).toBeVisible();
    await expect(page.getByRole("main")).toContainText("100 a second");
    await expect(page.getByRole("main")).toContainText("data warehouse keeps its copy: 60 profiles and 60 events");
    expect((await ds.figures()).profiles).toBe(100);
  });

  await test.step("name, number and consent start it; its page shows how it goes and how it ended", async () => {
    const job = await confirmDelete(page, { name: NAME, count: 60, seen: 2, start: "At once", rate: 30, reason: "Spring cleaning" });
    await waitForJob(page, nobodyLeft(60));
    await expect(page.getByRole("heading", { level: 1 })).toContainText(NAME);
    await expect(progressbar(page)).toHaveJSProperty("value", 100);
    await expect(tile(page, "Deleted")).toHaveText("60");
    await expect(tile(page, "Left")).toHaveText("0");
    await expect(page.getByText("Spring cleaning")).toBeVisible();
    await expect(page.getByText("Nobody joined the segment meanwhile")).toBeVisible();
    expect(await lethe.job(job)).toMatchObject({
      state: "completed",
      counts: { matched: 60, deleted: 60, spared: 0, held: 0, failed: 0, gone: 0, left: 0, joined_after: 0 },
    });
  });

  await test.step("the segment is empty, disabled and says so", async () => {
    await openSegments(page);
    await expect(page.getByRole("link", { name: NAME, exact: true })).toHaveCount(0);
    await showDisabled(page);
    await openSegment(page, NAME);
    await expect(page.getByText("This segment is disabled")).toBeVisible();
    await expect(page.getByText("Nobody is left in this segment")).toBeVisible();
    await refreshCount(page);
    await expectCount(page, 0);
  });

  await test.step("enabling brings it back to work, and the others were never touched", async () => {
    await enableSegment(page);
    await expect(page.getByText("This segment is disabled")).toHaveCount(0);
    expect(await ds.readSegment(id)).toMatchObject({ state: "enabled", count: { value: 0, exact: true } });
    expect(await ds.figures()).toMatchObject({ profiles: 40, events: 40 });
    expect(await ds.rest.get(ds.api(`/campaigns/${active}`))).toMatchObject({ eligible: 0 });
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Overview" }).click();
    await expect(tile(page, "Profiles")).toHaveText("40");
    await expect(page.getByRole("table", { name: "Recent deletions" }).getByRole("row", { name: new RegExp(`${NAME}.*Completed 60 0`) })).toBeVisible();
  });
});

test("people can be put on a list and deleted from it", async ({ page, ds, lethe }) => {
  await ds.add("guest", 12);
  await lethe.run(["segment", "create", "Newsletter", "--dataset", ds.slug, "--kind", "list"]);
  const rows = ["user_id", "guest-1", "guest-2", "guest-3", "nobody-knows-me", ""].join("\n");
  await lethe.importFile("lists", ds.slug, rows, ["--list", "Newsletter", "--replace"]);
  const members = await ds.count('in segment "Newsletter"');
  expect(members).toBeGreaterThanOrEqual(3);
  await page.goto(ds.page("/segments"));
  await openSegment(page, "Newsletter");
  await refreshCount(page);
  await expectCount(page, members);
  await openDelete(page, members);
  await confirmDelete(page, { name: "Newsletter", count: members, start: "At once" });
  await waitForJob(page, nobodyLeft(members));
  expect(await ds.count('in segment "Newsletter"')).toBe(0);
  expect(await ds.count('attr.group = "guest"')).toBe(9);
});
