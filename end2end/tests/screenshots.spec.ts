// Pictures of every page for whoever judges their look: test-results/look/. With UPDATE_SCREENSHOT=1 also README's picture.
import type { Page } from "@playwright/test";
import { fileURLToPath } from "node:url";
import type { Dataset } from "../fixtures/dataset.ts";
import { LAPSED, LAPSED_COUNT, startDemo } from "../fixtures/demo.ts";
import { expect, test } from "../fixtures/test.ts";
import { confirmDelete, openDelete, waitForJob } from "../verbs/deletion.ts";

const LOOK = fileURLToPath(new URL("../test-results/look/", import.meta.url));
const README_PICTURE = fileURLToPath(new URL("../../docs/screenshot.png", import.meta.url));
const VIEWS = [
  { name: "light", colorScheme: "light", width: 1280 },
  { name: "dark", colorScheme: "dark", width: 1280 },
  { name: "390", colorScheme: "light", width: 390 },
] as const;

async function look(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready.then(() => 0));
  for (const view of VIEWS) {
    await page.emulateMedia({ colorScheme: view.colorScheme });
    await page.setViewportSize({ width: view.width, height: view.width === 390 ? 844 : 900 });
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: `${LOOK}${name}-${view.name}.png`, fullPage: true, animations: "disabled" });
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 900 });
}

type Open = (name: string, path: string) => Promise<void>;

/** The pages of privacy requests, erasures and holds: empty, then with something on them. */
async function otherDoor(page: Page, ds: Dataset, open: Open): Promise<void> {
  await open("privacy-none", ds.page("/privacy"));
  await open("privacy-new", ds.page("/privacy/new"));
  await open("recipients-none", ds.page("/privacy/recipients"));
  await open("erase", ds.page("/erase"));
  await open("holds-none", ds.page("/holds"));
  await open("hold-new", ds.page("/holds/new"));
  const { items } = await ds.rest.get<{ items: { user_id: string }[] }>(ds.api("/profiles?limit=4"));
  const [first = "", second = "", third = "", fourth = ""] = items.map((item) => item.user_id);
  await ds.rest.send("POST", ds.api("/holds"), { name: "Claim 2026/17", reason: "A dispute about an order.", people: [fourth] });
  const enter = async (kind: string, regulation: string, who: string, verified: boolean) => {
    const how = verified ? { verified_how: "Answered from the address on file." } : {};
    const identities = [{ value: who }];
    const made = await ds.rest.send<{ id: string }>("POST", ds.api("/privacy-requests"), { kind, regulation, identities, ...how });
    expect(made.status).toBe(201);
    return made.body.id;
  };
  const erasure = await enter("erasure", "gdpr", first, true);
  await enter("erasure", "ccpa", second, false);
  const access = await enter("access", "gdpr", third, true);
  const held = await enter("erasure", "gdpr", fourth, true);
  await open("request-open", ds.page(`/privacy/${erasure}`));
  for (const id of [erasure, access, held]) await ds.rest.send("POST", ds.api(`/privacy-requests/${id}/run`), { consent: true });
  await open("privacy", ds.page("/privacy"));
  await open("privacy-ended", ds.page("/privacy?show=ended"));
  await ds.lethe.until("the receipt is signed", async () => {
    await page.goto(ds.page(`/privacy/${erasure}`));
    return page.getByRole("link", { name: "Receipt", exact: true }).isVisible();
  });
  await look(page, "request-completed");
  await open("request-access", ds.page(`/privacy/${access}`));
  await open("request-declined", ds.page(`/privacy/${held}`));
  await open("request-receipt", ds.page(`/privacy/${erasure}/receipt`));
  await open("erase-after", ds.page("/erase"));
  await open("holds", ds.page("/holds"));
  await open("hold", ds.page("/holds/1"));
}

test("pictures of every page", async ({ as, guard }) => {
  test.slow();
  const { lethe, ds } = await startDemo();
  try {
    const out = await as("", lethe);
    await out.goto("/login");
    await look(out, "login");
    const page = await as(await lethe.session("admin"), lethe);
    const open = async (name: string, path: string) => {
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await look(page, name);
    };
    await open("overview-before", ds.page());
    await open("profiles", ds.page("/profiles"));
    await page.getByRole("table", { name: "Users" }).getByRole("link").first().click();
    await expect(page.getByRole("heading", { level: 1 })).not.toHaveText("Profiles");
    await look(page, "profile");
    await open("profiles-nobody", ds.page("/profiles?q=nobody"));
    await open("segments", ds.page("/segments"));
    await open("segment-new", ds.page("/segments/new?rule=last%28purchase%29+before+1998-01-01&name=Lapsed&look=1"));
    await open("segment-new-wrong", ds.page("/segments/new?rule=lst%28purchase%29+before&look=1"));
    await open("campaigns", ds.page("/campaigns"));
    await page.getByRole("table", { name: "Campaigns" }).getByRole("link").first().click();
    await expect(page.getByRole("heading", { level: 1 })).not.toHaveText("Campaigns");
    await look(page, "campaign");
    await open("jobs-none", ds.page("/jobs"));

    await page.goto(ds.page("/segments"));
    await page.getByRole("link", { name: LAPSED, exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: LAPSED })).toBeVisible();
    const segment = new URL(page.url()).pathname;
    await look(page, "segment");
    for (const tab of ["rule", "used-by", "deletions"]) await open(`segment-${tab}`, `${segment}?tab=${tab}`);
    await open("segment-edit", `${segment}/edit`);
    await page.goto(segment);
    await openDelete(page, LAPSED_COUNT);
    await look(page, "delete");
    await open("delete-refused", `${segment}/delete?problem=name_mismatch&field=confirm_name&confirm_name=lapsed&confirm_count=18196&consent=yes`);

    await page.goto(`${segment}/delete`);
    await page.getByRole("checkbox", { name: /^I have seen that/ }).check();
    const job = await confirmDelete(page, { name: LAPSED, count: LAPSED_COUNT, rate: 1_000, reason: "Not seen for years" });
    await lethe.until("a part is deleted", async () => (await lethe.job(job)).counts.deleted > LAPSED_COUNT / 5);
    await page.getByRole("button", { name: "Pause" }).click();
    await expect(page.getByRole("button", { name: "Resume" })).toBeVisible();
    await page.goto(ds.page(`/jobs/${job}`));
    await look(page, "job-paused");
    await open("overview-running", ds.page());
    await open("delete-while-running", `${segment}/delete`);
    await page.goto(ds.page(`/jobs/${job}`));
    await lethe.run(["job", "resume", job]);
    await expect(page.getByText("You can close this page")).toBeVisible();
    await lethe.until("most of it is done", async () => (await lethe.job(job)).counts.deleted > LAPSED_COUNT / 2);
    await expect(page.getByText(/^[5-9]\d %$/).first()).toBeVisible();
    if (process.env["UPDATE_SCREENSHOT"] === "1") await page.screenshot({ path: README_PICTURE, animations: "disabled" });
    await look(page, "job-running");
    await waitForJob(page, /18,196 profiles deleted/);
    await look(page, "job-finished");
    await open("job-report", ds.page(`/jobs/${job}/report`));
    await open("reports", ds.page("/reports"));
    await open("reports-all-time", ds.page("/reports?from=1997-01-01&to=1998-07-01"));
    await open("warehouse", ds.page("/warehouse"));
    await open("segment-after", segment);
    await open("segments-after", ds.page("/segments?disabled=yes"));
    await open("overview-after", ds.page());
    await open("jobs", ds.page("/jobs"));
    await open("receipt", ds.page(`/jobs/${job}/receipt`));
    await open("suppressions", ds.page("/suppressions"));
    await open("live", ds.page("/live"));
    await otherDoor(page, ds, open);
    guard.expectStatus(404);
    await open("not-found", ds.page("/no-such-page"));
  } finally {
    await lethe.stop();
  }
});
