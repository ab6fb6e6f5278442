// Campaigns through their pages: made, changed, started and ended; what other systems run; and a change between the look
// and the confirmation of a deletion. Runs with WASM and without.
import type { Page } from "@playwright/test";
import type { Dataset } from "../fixtures/dataset.ts";
import { expect, test } from "../fixtures/test.ts";
import { fillConfirmation, openDelete, pressConfirm } from "../verbs/deletion.ts";

const HEADER = "id,kind,name,status,include,exclude,owner,link";

/** On the form of a campaign: an arm of its A/B test. */
async function typeArm(page: Page, number: number, name: string, from: string, to: string): Promise<void> {
  await page.getByRole("textbox", { name: `Name of arm ${number}` }).fill(name);
  await page.getByRole("textbox", { name: `Arm ${number} from, percent` }).fill(from);
  await page.getByRole("textbox", { name: `Arm ${number} to, percent` }).fill(to);
}

/** On a campaign's page: a number of its first row. */
function figure(page: Page, name: string) {
  return page.locator("dl.tiles > div", { has: page.getByText(name, { exact: true }) }).locator("dd").first();
}

async function register(ds: Dataset, ...rows: string[]): Promise<void> {
  const report = await ds.lethe.importFile("campaigns", ds.slug, [HEADER, ...rows, ""].join("\n"));
  expect(report.errors).toEqual([]);
}

test("a campaign is made, refused with everything kept, changed, started, paused and ended", async ({ page, ds }) => {
  await ds.add("old", 40);
  await ds.add("vip", 5);
  await ds.segment("Old ones", "old");
  await ds.ruled("Everyone known", "user_id is set");
  await ds.segment("Guests", "vip");

  await test.step("made, after a refusal", async () => {
    await page.goto(ds.page("/campaigns"));
    await page.getByRole("link", { name: "New campaign" }).first().click();
    await expect(page.getByRole("heading", { level: 1, name: "New campaign" })).toBeVisible();
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Spring: test of two");
    await page.getByRole("checkbox", { name: "Reach Everyone known" }).check();
    await page.getByRole("checkbox", { name: "Leave out Guests" }).check();
    await page.getByLabel("Ends").fill("2099-01-31T12:00");
    await typeArm(page, 1, "Short", "0", "50");
    await typeArm(page, 2, "Long", "49.5", "100");
    await page.getByRole("button", { name: "Create campaign" }).click();
    await expect(page.getByRole("alert")).toContainText("no ranges overlap");
    await expect(page.getByRole("textbox", { name: "Name", exact: true })).toHaveValue("Spring: test of two");
    await expect(page.getByRole("checkbox", { name: "Reach Everyone known" })).toBeChecked();
    await expect(page.getByRole("checkbox", { name: "Leave out Guests" })).toBeChecked();
    await expect(page.getByRole("checkbox", { name: "Reach Old ones" })).not.toBeChecked();
    await expect(page.getByLabel("Ends")).toHaveValue("2099-01-31T12:00");
    await expect(page.getByRole("textbox", { name: "Name of arm 2" })).toHaveValue("Long");
    await page.getByRole("textbox", { name: "Arm 2 from, percent" }).fill("50");
    await page.getByRole("button", { name: "Create campaign" }).click();
    await expect(page.getByText("The campaign has been created")).toBeVisible();
    await expect(page.getByRole("heading", { level: 1, name: "Spring: test of two" })).toBeVisible();
    await expect(figure(page, "Eligible")).toHaveText("40");
  });

  await test.step("its arms add up to the people whom it reaches", async () => {
    const arms = page.getByRole("table", { name: "Arms of the A/B test" });
    const counts = await arms.getByRole("row").locator("td:last-child").allTextContents();
    expect(counts.map(Number).reduce((sum, n) => sum + n, 0)).toBe(40);
    const { arms: said } = await ds.rest.get<{ arms: { name: string; from: number; to: number; eligible: number }[] }>(ds.api("/campaigns/spring-test-of-two"));
    expect(said.map(({ name, from, to }) => [name, from, to])).toEqual([["Short", 0, 50], ["Long", 50, 100]]);
    expect(said.map(({ eligible }) => `${eligible}`)).toEqual(counts);
  });

  await test.step("changed", async () => {
    await page.getByRole("link", { name: "Edit", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Edit Spring: test of two" })).toBeVisible();
    await page.getByRole("checkbox", { name: "Reach Everyone known" }).uncheck();
    await page.getByRole("checkbox", { name: "Reach Old ones" }).check();
    await page.getByRole("checkbox", { name: "Leave out Old ones" }).check();
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByRole("alert")).toContainText("either reached or left out");
    await page.getByRole("checkbox", { name: "Leave out Old ones" }).uncheck();
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Spring");
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByText("The campaign has been changed")).toBeVisible();
    await expect(page.getByRole("heading", { level: 1, name: "Spring", exact: true })).toBeVisible();
    await expect(page.getByRole("main").getByRole("link", { name: "Old ones" })).toBeVisible();
    await expect(page.getByText("31 Jan 2099, 12:00 UTC")).toBeVisible();
  });

  await test.step("changed by two at once: the second is told, keeps what was typed, and decides", async () => {
    await page.getByRole("link", { name: "Edit", exact: true }).click();
    await ds.rest.send("PATCH", ds.api("/campaigns/spring-test-of-two"), { name: "Summer" });
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Autumn");
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByRole("alert")).toContainText("Somebody else has changed this");
    await expect(page.getByRole("heading", { level: 1, name: "Edit Summer" })).toBeVisible();
    await expect(page.getByRole("textbox", { name: "Name", exact: true })).toHaveValue("Autumn");
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Autumn", exact: true })).toBeVisible();
  });

  await test.step("started, paused, resumed and ended, and then it stays ended", async () => {
    for (const [button, then] of [["Start", "Active"], ["Pause", "Paused"], ["Resume", "Active"], ["End", "Ended"]] as const) {
      await page.getByRole("button", { name: button, exact: true }).click();
      await expect(page.getByText("The campaign's status has been changed")).toBeVisible();
      await expect(page.locator(".top .badge")).toHaveText(then);
    }
    await expect(page.getByRole("button", { name: /^(Start|Pause|Resume|End)$/ })).toHaveCount(0);
    const refused = await ds.rest.send<{ error: { code: string; message: string } }>("PATCH", ds.api("/campaigns/spring-test-of-two"), { status: "active" });
    expect([refused.status, refused.body.error.code]).toEqual([409, "state_refused"]);
    expect(refused.body.error.message).toContain("stays ended");
    const refusal = ds.page("/campaigns/spring-test-of-two?problem=state_refused&field=status");
    await page.goto(refusal);
    await expect(page.getByRole("alert")).toContainText("An ended one stays ended");
  });
});

test("what other systems run stands beside the campaigns, and the page says how much it knows", async ({ page, ds }) => {
  await ds.add("old", 12);
  await ds.add("vip", 3);
  const old = await ds.segment("Old ones", "old");
  await ds.ruled("Old or guests", 'in segment "Old ones" or attr.group = "vip"');
  const usedBy = ds.page(`/segments/${old.id}?tab=used-by`);
  const nothing = ds.page(`/segments/${(await ds.segment("Guests", "vip")).id}?tab=used-by`);

  await test.step("no list was given", async () => {
    await page.goto(nothing);
    await expect(page.getByText("Lethe knows nothing of other systems’ uses")).toBeVisible();
    await expect(page.getByText("Nothing uses this segment")).toHaveCount(0);
    await page.goto(ds.page("/campaigns"));
    await expect(page.getByText("Lethe knows nothing of other systems’ uses")).toBeVisible();
  });

  await register(
    ds,
    "j1,journey,Welcome back,active,Old ones,,CRM team,https://journeys.example.com/1",
    "e1,export,Nightly export,paused,Old or guests,,,",
  );

  await test.step("direct and through another segment, with status, owner and link", async () => {
    await page.goto(usedBy);
    const table = page.getByRole("table", { name: /use this segment/ });
    const journey = table.getByRole("row").filter({ hasText: "Welcome back" });
    await expect(journey).toContainText("Journey, includes this segment");
    await expect(journey).toContainText("CRM team");
    await expect(journey).toContainText("active");
    await expect(journey.getByRole("link", { name: "Welcome back" })).toHaveAttribute("href", "https://journeys.example.com/1");
    await expect(journey.getByRole("cell")).toContainText(["active", "12", "0"]);
    const nightly = table.getByRole("row").filter({ hasText: "Nightly export" });
    await expect(nightly).toContainText("Export, includes it through “Old or guests”");
    await expect(nightly.getByRole("cell")).toContainText(["paused", "15", "3"]);
    await expect(page.getByText(/Other systems’ uses as of the list given .*, just now/)).toBeVisible();
    await page.goto(nothing);
    await expect(page.getByText("Nothing uses this segment")).toBeVisible();
  });

  await test.step("the delete page warns of what runs elsewhere, and asks for no tick", async () => {
    await page.goto(ds.page(`/segments/${old.id}/delete`));
    await expect(page.getByRole("heading", { name: "Another system runs something on these people" })).toBeVisible();
    await expect(page.getByText("“Welcome back” will reach nobody, 12 now.")).toBeVisible();
    await expect(page.getByRole("checkbox", { name: /I have seen that/ })).toHaveCount(0);
    await expect(page.getByRole("table", { name: /use this segment/ }).getByText("Welcome back")).toBeVisible();
  });

  await test.step("what a list leaves out stays, is shown as old, and can be removed", async () => {
    await register(ds, "j1,journey,Welcome back,active,Old ones,,CRM team,https://journeys.example.com/1");
    await page.goto(ds.page("/campaigns"));
    const table = page.getByRole("table", { name: "What other systems run on segments" });
    await expect(table.getByRole("row").filter({ hasText: "Nightly export" })).toContainText("Not in the last list");
    await expect(table.getByRole("row").filter({ hasText: "Welcome back" })).not.toContainText("Not in the last list");
    await page.getByRole("button", { name: "Remove Nightly export" }).click();
    await expect(page.getByText("It has been removed from what other systems run")).toBeVisible();
    await expect(table.getByText("Nightly export")).toHaveCount(0);
  });

  await test.step("an empty list is said so", async () => {
    await register(ds);
    await page.goto(nothing);
    await expect(page.getByText(/the last list of them .* was empty/)).toBeVisible();
    await expect(page.getByText("Nothing uses this segment")).toHaveCount(0);
  });
});

test("a status that changes between the look and the confirmation is caught", async ({ page, ds }) => {
  await ds.add("old", 20);
  const segment = await ds.segment("Old ones", "old");
  const campaign = await ds.campaign("Win-back", "draft", [segment]);
  await register(ds, "j1,journey,Welcome back,paused,Old ones,,,");
  const confirm = async () => {
    await page.goto(ds.page(`/segments/${segment.id}`));
    await openDelete(page, 20);
    await fillConfirmation(page, { name: "Old ones", count: 20, consent: true, start: "At once" });
  };
  await confirm();
  await ds.rest.send("PATCH", ds.api(`/campaigns/${campaign.id}`), { status: "scheduled" });
  await pressConfirm(page);
  await expect(page.getByRole("alert")).toContainText("has changed since you saw this page");
  expect(await ds.jobs()).toEqual([]);

  await confirm();
  await register(ds, "j1,journey,Welcome back,active,Old ones,,,");
  await pressConfirm(page);
  await expect(page.getByRole("alert")).toContainText("has changed since you saw this page");
  expect(await ds.jobs()).toEqual([]);
});

test("a campaign's page explains a disabled segment, and names the deletions and segments that lean on it", async ({ page, ds }) => {
  await ds.add("old", 8);
  await ds.add("gone", 5);
  const segment = await ds.segment("Old ones", "old");
  const campaign = await ds.campaign("Win-back", "active", [segment, await ds.segment("Gone ones", "gone")]);
  await ds.rest.send("POST", ds.api(`/segments/${segment.id}/disable`));
  await ds.add("old", 4, 100);
  await page.goto(ds.page(`/campaigns/${campaign.id}`));
  await expect(page.getByRole("heading", { name: "A segment behind this campaign is disabled" })).toBeVisible();
  await expect(page.getByText("nobody joins it")).toBeVisible();
  await expect(figure(page, "Eligible")).toHaveText("13");
  await expect(page.getByText("It was shown to nobody in these days.")).toBeVisible();

  await ds.ruled("Saw it", 'count(impression where campaign_id = "win-back") >= 1');
  await ds.rest.send("POST", ds.api("/decisions"), { user_id: "old-1" });
  await ds.start("Gone ones", 5, ["--on-active-campaign", "proceed", "--wait"]);
  await page.reload();
  await expect(figure(page, "Eligible")).toHaveText("8");
  await expect(page.getByRole("img", { name: /Impressions per day since/ })).toBeVisible();
  await page.getByText("Show as a table").click();
  await expect(page.getByRole("table", { name: /Impressions per day since/ }).getByRole("row").last()).toContainText("1");
  await expect(page.getByRole("table", { name: "Deletions that take people from this campaign" }).getByRole("link", { name: "Gone ones" })).toBeVisible();
  await expect(page.getByRole("main").getByRole("link", { name: "Saw it" })).toBeVisible();
});

test.describe("for somebody who may only look", () => {
  test.use({ role: "viewer" });
  test("a campaign shows no button, and its forms are refused", async ({ page, ds, guard }) => {
    const campaign = await ds.campaign("Win-back", "active", []);
    await page.goto(ds.page(`/campaigns/${campaign.id}`));
    await expect(page.getByRole("heading", { level: 1, name: "Win-back" })).toBeVisible();
    await expect(page.getByRole("button", { name: /^(Start|Pause|Resume|End)$/ })).toHaveCount(0);
    await expect(page.getByRole("link", { name: "Edit", exact: true })).toHaveCount(0);
    guard.expectStatus(403);
    const answer = await page.goto(ds.page("/campaigns/new"));
    expect(answer?.status()).toBe(403);
    await expect(page.getByRole("heading", { level: 1, name: "Not allowed" })).toBeVisible();
  });
});
