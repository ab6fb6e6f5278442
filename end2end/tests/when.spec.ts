// When a deletion starts, what becomes of it while it waits, deletions that recur, and who hears of it. Runs with WASM and without.
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createHmac } from "node:crypto";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { Dataset } from "../fixtures/dataset.ts";
import { Lethe } from "../fixtures/lethe.ts";
import { expect, test } from "../fixtures/test.ts";
import { boxes, fillConfirmation, nobodyLeft, onJob, openDelete, pressConfirm, waitForJob } from "../verbs/deletion.ts";

const startBox = (page: Page) => page.getByRole("textbox", { name: "Date and time" });
const startZone = (page: Page) => page.getByRole("combobox", { name: "Time zone of the start" });

/** `2026-11-27T09:00`, so many days from now, by UTC. */
function days(n: number, time = "09:00"): string {
  return `${new Date(Date.now() + n * 864e5).toISOString().slice(0, 10)}T${time}`;
}

/** `27 Nov 2026` of such a text. */
function dayWords(text: string): string {
  return new Date(`${text}:00Z`).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).replace("Sept", "Sep");
}

async function openDeleteOf(page: Page, ds: Dataset, segment: { id: string }, count: number): Promise<void> {
  await page.goto(ds.page(`/segments/${segment.id}`));
  await openDelete(page, count);
}

async function startAt(page: Page, when: string, zone: string): Promise<void> {
  await page.getByRole("radio", { name: /^At a date and time/ }).check();
  await startBox(page).fill(when);
  await startZone(page).fill(zone);
}

test("a start by the clock on the wall: refused where it makes no sense, kept where it does, cancelled from wherever one is", async ({ page, ds }) => {
  await ds.add("old", 20);
  const segment = await ds.segment("Old ones", "old");
  await openDeleteOf(page, ds, segment, 20);
  await fillConfirmation(page, { name: "Old ones", count: 20, consent: true });

  await test.step("in the past, too far ahead, by no clock, and at a time that the clock skips", async () => {
    const spring = new Date().getUTCMonth() < 2 ? new Date().getUTCFullYear() : new Date().getUTCFullYear() + 1;
    const last = new Date(Date.UTC(spring, 2, 31));
    const sunday = new Date(last.getTime() - last.getUTCDay() * 864e5).toISOString().slice(0, 10);
    for (const [when, zone, box, why] of [
      [days(-2), "UTC", startBox, /has passed/],
      [days(400), "UTC", startBox, /within a year/],
      [`${sunday}T02:30`, "Europe/Berlin", startBox, /daylight saving/],
      [days(2), "Mars/Olympus", startZone, /no such time zone/],
    ] as const) {
      await startAt(page, when, zone);
      await pressConfirm(page);
      await expect(page.getByRole("alert")).toContainText(why);
      await expect(box(page)).toHaveAttribute("aria-invalid", "true");
      await expect(box(page)).toHaveAccessibleDescription(why);
      await expect(page.getByRole("radio", { name: /^At a date and time/ })).toBeChecked();
      await expect(startBox(page)).toHaveValue(when);
      await expect(boxes.name(page)).toHaveValue("Old ones");
    }
    expect(await ds.jobs()).toEqual([]);
  });

  const when = days(3);
  await startAt(page, when, "Asia/Tokyo");
  await pressConfirm(page);
  const job = await onJob(page, "Old ones");
  const local = `${dayWords(when)}, 09:00 (Asia/Tokyo), that is ${dayWords(when)}, 00:00 UTC`;
  await ds.lethe.until("the list is fixed", async () => (await ds.lethe.job(job)).state === "scheduled");
  await page.reload();
  await expect(page.getByRole("banner").or(page.getByRole("main")).getByText(`Starts on ${local}`).first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Cancel job" })).toBeVisible();

  await test.step("the segment and the overview say so too", async () => {
    await page.goto(ds.page());
    await expect(page.getByRole("main").getByText(`Starts on ${local}`)).toBeVisible();
    await expect(page.getByRole("button", { name: "Cancel job" })).toBeVisible();
    await page.goto(ds.page(`/segments/${segment.id}`));
    await expect(page.getByRole("heading", { name: `A deletion of 20 users of this segment starts on ${local}` })).toBeVisible();
  });

  await page.getByRole("button", { name: "Cancel job" }).click();
  await onJob(page, "Old ones");
  await waitForJob(page, /0 profiles deleted|Cancelled/i);
  expect((await ds.figures()).profiles).toBe(20);
  expect((await ds.readSegment(segment.id)).state).toBe("enabled");
});

test("a waiting deletion: its quiet hours change, and it can be started now", async ({ page, ds }) => {
  await ds.add("old", 20);
  const segment = await ds.segment("Old ones", "old");
  await openDeleteOf(page, ds, segment, 20);
  await fillConfirmation(page, { name: "Old ones", count: 20, consent: true, start: "After a waiting period" });
  await pressConfirm(page);
  const job = await onJob(page, "Old ones");
  await ds.lethe.until("the list is fixed", async () => (await ds.lethe.job(job)).state === "scheduled");
  await page.reload();

  const quiet = page.getByText("Change the quiet hours");
  await quiet.click();
  await page.getByLabel("Rest from").fill("22:00");
  await page.getByLabel("until", { exact: true }).fill("22:00");
  await page.getByRole("button", { name: "Set quiet hours" }).click();
  await expect(page.getByRole("alert")).toContainText(/not when they begin/);
  await page.getByLabel("until", { exact: true }).fill("06:00");
  await page.getByRole("combobox", { name: "Time zone of these hours" }).fill("Europe/Berlin");
  await page.getByRole("button", { name: "Set quiet hours" }).click();
  await expect(page.getByText("The quiet hours have been set")).toBeVisible();
  await expect(page.getByText("22:00 to 06:00 (Europe/Berlin)")).toHaveCount(2); // what holds, and how it came about
  await quiet.click();
  await page.getByLabel("Rest from").fill("");
  await page.getByLabel("until", { exact: true }).fill("");
  await page.getByRole("button", { name: "Set quiet hours" }).click();
  await expect(page.getByText("22:00 to 06:00 (Europe/Berlin)")).toHaveCount(0);

  await page.getByText("Start before that").click();
  await page.getByRole("button", { name: "Start now" }).click();
  await waitForJob(page, nobodyLeft(20));
  expect((await ds.figures()).profiles).toBe(0);

  await test.step("and who asked is told", async () => {
    await page.goto(ds.page("/notices"));
    const told = page.getByRole("listitem").filter({ hasText: `D-${job} “Old ones”: completed` });
    await expect(told).toContainText("20 of 20 on the list were deleted.");
    await told.getByRole("button", { name: "Mark as read" }).click();
    await expect(told.getByRole("button", { name: "Mark as read" })).toHaveCount(0);
    await told.getByRole("link").first().click();
    await onJob(page, "Old ones");
  });
});

test("a deletion that recurs: confirmed once, refused where it was not, listed, and stopped", async ({ page, ds, as }) => {
  await ds.add("old", 20);
  const segment = await ds.segment("Old ones", "old");
  await page.goto(ds.page(`/segments/${segment.id}`));
  await page.getByRole("link", { name: "Delete on a schedule" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Recurring deletion of Old ones" })).toBeVisible();
  const press = () => page.getByRole("button", { name: "Confirm recurring deletion" }).click();

  await page.getByRole("radio", { name: /^Every month/ }).check();
  await page.getByRole("textbox", { name: "Day of the month" }).fill("32");
  await press();
  await expect(page.getByRole("alert")).toContainText("from 1 to 31");
  await page.getByRole("textbox", { name: "Day of the month" }).fill("31");
  await page.getByLabel("Time of day").fill("04:30");
  await page.getByRole("combobox", { name: "Time zone", exact: true }).fill("Europe/Berlin");
  await boxes.name(page).fill("Old ones");
  await page.getByRole("textbox", { name: "At most, profiles in one run" }).fill("many");
  await press();
  await expect(page.getByRole("alert")).toContainText("most people");
  await page.getByRole("textbox", { name: "At most, profiles in one run" }).fill("1,000");
  await press();
  await expect(page.getByRole("alert")).toContainText("cannot be recovered");
  await expect(page.getByRole("textbox", { name: "Day of the month" })).toHaveValue("31");
  await page.getByRole("checkbox", { name: /cannot be recovered, and that this recurs/ }).check();
  await press();

  await expect(page.getByRole("heading", { level: 1, name: /^R-\d+: Old ones$/ })).toBeVisible();
  await expect(page.getByText("Due every month on day 31, or the last day of a shorter month, at 04:30 (Europe/Berlin).")).toBeVisible();
  await expect(page.getByText("The segment is enabled again")).toBeVisible();
  await expect(page.getByText("It was not due yet")).toBeVisible();
  const here = page.url();

  await test.step("there is one for a segment, and the list has it", async () => {
    await page.goto(ds.page(`/recurring/new?segment=${segment.id}`));
    await expect(page.getByText("This segment has a recurring deletion already")).toBeVisible();
    await page.goto(ds.page("/jobs"));
    await page.getByRole("link", { name: "Recurring deletions" }).click();
    await expect(page.getByRole("row", { name: /Old ones.*Active.*1,000.*04:30 \(Europe\/Berlin\).*administrator/ })).toBeVisible();
  });

  await test.step("the segment says so too", async () => {
    await page.goto(ds.page(`/segments/${segment.id}`));
    await expect(page.getByRole("heading", { name: /^Whoever is in this segment goes every month on day 31/ })).toBeVisible();
  });

  await test.step("who may not delete sees it and has no way to stop it", async () => {
    const other = await as("viewer");
    await other.goto(here);
    await expect(other.getByRole("heading", { level: 1, name: /Old ones/ })).toBeVisible();
    await expect(other.getByRole("button", { name: "Stop it" })).toHaveCount(0);
  });

  await page.goto(here);
  await page.getByRole("button", { name: "Stop it" }).click();
  await expect(page.getByRole("heading", { name: /^Stopped by administrator/ })).toBeVisible();
  await expect(page.getByRole("button", { name: "Stop it" })).toHaveCount(0);
  expect((await ds.figures()).profiles).toBe(20);
});

test("when it is due it deletes whoever matches then, enables the segment again, and says what was missed", async ({ as, guard }) => {
  guard.expectOutage(); // the server is killed twice, and Chromium may still be fetching an icon
  const lethe = await Lethe.start({ env: { LETHE_NOW: "2026-01-30T20:00:00Z", LETHE_PAGE_WAIT_SECONDS: "0" } });
  try {
    await lethe.addPeople();
    const ds = await Dataset.of(lethe, "main");
    await ds.add("old", 12);
    const segment = await ds.segment("Old ones", "old");
    const page = await as("administrator", lethe);
    await page.goto(ds.page(`/recurring/new?segment=${segment.id}`));
    await page.getByRole("textbox", { name: "Day of the month" }).fill("31");
    await boxes.name(page).fill("Old ones");
    await page.getByRole("textbox", { name: "At most, profiles in one run" }).fill("15");
    await page.getByRole("checkbox", { name: /cannot be recovered, and that this recurs/ }).check();
    await page.getByRole("button", { name: "Confirm recurring deletion" }).click();
    await expect(page.getByText("31 Jan 2026, 03:00 (UTC)")).toBeVisible();
    await page.waitForLoadState("networkidle"); // what is half fetched would be complained about
    await page.goto("about:blank"); // a page that asks on would ask with a session that has ended by then

    await lethe.kill();
    await lethe.up({ LETHE_NOW: "2026-01-31T03:05:00Z" });
    await lethe.until("the first run is over", async () => (await ds.figures()).profiles === 0);
    await lethe.until("the segment is enabled again", async () => (await ds.readSegment(segment.id)).state === "enabled");
    await ds.add("old", 16, 100);
    await lethe.kill();
    await lethe.up({ LETHE_NOW: "2026-02-28T03:05:00Z" });
    const then = await as("administrator", lethe);
    await lethe.until("the second run is decided", async () => (await ds.rest.get<{ items: unknown[] }>(ds.api("/recurring-jobs/1/runs"))).items.length === 2);
    await then.goto(ds.page("/recurring/1"));
    const refused = then.getByRole("row", { name: /28 Feb 2026, 03:00 UTC.*Refused.*at most 15 were confirmed/ });
    await expect(refused).toBeVisible();
    await expect(then.getByRole("row", { name: /31 Jan 2026, 03:00 UTC.*Completed.*Segment enabled again.*12.*12/ })).toBeVisible();
    expect((await ds.figures()).profiles).toBe(16);
    await then.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Notices 2 not read" }).click();
    await expect(then.getByRole("listitem").filter({ hasText: "R-1 “Old ones”: a run was refused" })).toBeVisible();
    await then.getByRole("button", { name: "Mark all as read" }).click();
    await expect(then.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Notices", exact: true })).toBeVisible();
  } finally {
    await lethe.stop();
  }
});

/** Something that takes webhooks, on a free port. */
async function receiver(came: { headers: IncomingMessage["headers"]; body: string }[]): Promise<{ server: Server; url: string }> {
  const server = createServer((request, answer) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      came.push({ headers: request.headers, body });
      answer.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

test("notices leave by a signed webhook, and a test says what happened", async ({ page, ds, as }) => {
  const came: { headers: IncomingMessage["headers"]; body: string }[] = [];
  const { server, url } = await receiver(came);
  try {
    await page.goto("/settings/notifications");
    await page.getByRole("textbox", { name: "Address", exact: true }).fill("ftp://nowhere/");
    await page.getByRole("button", { name: "Save webhook" }).click();
    await expect(page.getByRole("alert")).toContainText("begins with https://");
    await page.getByRole("textbox", { name: "Address", exact: true }).fill(url);
    const secret = await page.getByRole("textbox", { name: "New signing secret" }).inputValue();
    await page.getByRole("button", { name: "Save webhook" }).click();
    await expect(page.getByText("The webhook has been saved")).toBeVisible();
    expect(await page.content(), "the secret is shown once").not.toContain(secret);

    await page.getByRole("button", { name: "Send a test request" }).click();
    await expect(page.getByRole("heading", { name: "The test went out: Webhook" })).toBeVisible();
    await expect(page.getByText("127.0.0.1 answered 204.").first()).toBeVisible();

    await ds.add("old", 5);
    const segment = await ds.segment("Old ones", "old");
    await openDeleteOf(page, ds, segment, 5);
    await fillConfirmation(page, { name: "Old ones", count: 5, consent: true, start: "At once" });
    await pressConfirm(page);
    await onJob(page, "Old ones");
    await waitForJob(page, nobodyLeft(5));
    await page.goto("about:blank");
    await ds.lethe.until("the notice has arrived", async () => came.some((one) => one.body.includes(ds.slug)));
    const one = came.find((request) => request.body.includes(ds.slug));
    const expected = createHmac("sha256", secret).update(`${one?.headers["lethe-timestamp"]}.${one?.body}`).digest("hex");
    expect(one?.headers["lethe-signature"]).toBe(`v1=${expected}`);
    expect(one?.body).not.toContain("example.com");

    const viewer = await as("viewer");
    await viewer.goto("/settings/notifications");
    await expect(viewer.getByRole("heading", { name: "Your e-mail" })).toBeVisible();
    await expect(viewer.getByRole("heading", { name: "Webhook" })).toHaveCount(0);
    await viewer.getByRole("textbox", { name: "Send my notices to" }).fill("nobody");
    await viewer.getByRole("button", { name: "Save address" }).click();
    await expect(viewer).toHaveURL(/settings\/notifications/);
    await viewer.close();
  } finally {
    await page.goto("/settings/notifications");
    const remove = page.getByRole("button", { name: "Remove webhook" });
    if ((await remove.count()) > 0) await remove.click();
    await page.goto("about:blank");
    server.closeAllConnections();
    server.close();
  }
});
