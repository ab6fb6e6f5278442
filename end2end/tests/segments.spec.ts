// What is done with segments on their page: members by hand and by file, copies, disabling, enabling with a look before,
// removing, history. Runs with WASM and without.
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures/test.ts";
import { enableSegment, expectCount, refreshCount } from "../verbs/segments.ts";

const parts = (page: Page) => page.getByRole("navigation", { name: "Parts of this segment" });

async function openPart(page: Page, name: string): Promise<void> {
  await parts(page).getByRole("link", { name: new RegExp(`^${name}`) }).click();
  await expect(parts(page).getByRole("link", { name: new RegExp(`^${name}`) })).toHaveAttribute("aria-current", "page");
}

async function loadFile(page: Page, mode: string, ids: string[]): Promise<void> {
  await page.getByRole("radio", { name: new RegExp(`^${mode}`) }).check();
  const buffer = Buffer.from(["user_id", ...ids, ""].join("\n"));
  await page.getByLabel("File", { exact: true }).setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer });
  await page.getByRole("button", { name: "Load file" }).click();
}

const done = (page: Page, title: string | RegExp) => expect(page.getByRole("heading", { level: 2, name: title })).toBeVisible();

test("people join and leave a manual segment one by one", async ({ page, ds, lethe }) => {
  await ds.add("guest", 3);
  await lethe.run(["segment", "create", "Guests", "--dataset", ds.slug, "--kind", "manual"]);
  await page.goto(ds.page("/segments"));
  await page.getByRole("link", { name: "Guests" }).click();
  await openPart(page, "Members");
  const identity = page.getByRole("textbox", { name: "User id, e-mail, phone or anonymous id" });
  await identity.fill("guest-2@example.com");
  await page.getByRole("button", { name: "Add to segment" }).click();
  await done(page, "The person is a member now");
  await identity.fill("guest-2");
  await page.getByRole("button", { name: "Add to segment" }).click();
  await done(page, "The person was a member already");
  await identity.fill("nobody");
  await page.getByRole("button", { name: "Add to segment" }).click();
  await expect(page.getByRole("alert")).toContainText("That was not done");
  await expect(identity).toHaveValue("nobody");
  await expect(identity).toHaveAttribute("aria-invalid", "true");
  await expect(identity).toHaveAccessibleDescription(/Nobody in this dataset has that identity/);
  await expect(identity).toBeFocused();
  await openPart(page, "Users");
  await expectCount(page, 1);
  await openPart(page, "Members");
  await identity.fill("guest-2");
  await page.getByRole("button", { name: "Remove from segment" }).click();
  await done(page, "The person is no member any more");
  await openPart(page, "History");
  const rows = page.getByRole("table", { name: "What happened to this segment" }).getByRole("row");
  await expect(rows.nth(1)).toContainText(/administrator.*Profile \d+ removed/);
  await expect(rows.nth(2)).toContainText(/Profile \d+ added/);
  await expect(rows.nth(3)).toContainText("Created");
  await expect(page.getByRole("main")).not.toContainText("guest-2");
});

test("a file adds, removes and replaces members, and its report survives a reload", async ({ page, ds, lethe, as }) => {
  await ds.add("guest", 6);
  const { id } = await lethe.run<{ id: string }>(["segment", "create", "Newsletter", "--dataset", ds.slug, "--kind", "list"]);
  await page.goto(ds.page(`/segments/${id}?tab=members`));
  await page.getByRole("button", { name: "Load file" }).click();
  await expect(page.getByRole("alert")).toContainText("Choose a file first");
  await expect(page.getByLabel("File", { exact: true })).toHaveAttribute("aria-invalid", "true");

  await loadFile(page, "Add", ["guest-1", "guest-2", "who-is-this", "guest-3"]);
  await done(page, "3 people joined, 1 row was not taken");
  const notes = page.getByRole("table", { name: "Rows that were not taken" });
  await expect(notes.getByRole("row").nth(1)).toHaveText(/4\s*no profile has this identity/);
  await expect(page.getByRole("main")).not.toContainText("who-is-this");
  await page.reload();
  await done(page, "3 people joined, 1 row was not taken");

  await loadFile(page, "Remove", ["guest-1"]);
  await done(page, "1 person left");
  await loadFile(page, "Replace", ["guest-4", "guest-5"]);
  await done(page, "4 people joined or left");
  await openPart(page, "Users");
  await expectCount(page, 2);
  expect(await ds.count('in segment "Newsletter"')).toBe(2);

  await openPart(page, "Members");
  await loadFile(page, "Replace", ["who-is-this"]);
  await done(page, "The file was not taken");
  await expect(page.getByText("the list was left as it is")).toBeVisible();
  expect(await ds.count('in segment "Newsletter"')).toBe(2);
  await openPart(page, "History");
  await expect(page.getByRole("table")).toContainText("Members replaced by a file: 2 people joined, 2 people left");

  // Who may only look has no such tab, and no such door.
  const viewer = await as("viewer");
  await viewer.goto(ds.page(`/segments/${id}?tab=members`));
  await expect(viewer.getByRole("button", { name: "Load file" })).toHaveCount(0);
  await expect(parts(viewer).getByRole("link", { name: "Members" })).toHaveCount(0);
});

test("a segment is cloned under a name of its own", async ({ page, ds }) => {
  await ds.add("old", 4);
  const segment = await ds.segment("Old ones", "old");
  await page.goto(ds.page(`/segments/${segment.id}`));
  await page.getByRole("link", { name: "Clone" }).click();
  const name = page.getByRole("textbox", { name: "Name of the copy" });
  await expect(name).toHaveValue("Copy of Old ones");
  await name.fill("Old ones");
  await page.getByRole("button", { name: "Clone segment" }).click();
  await expect(name).toHaveAccessibleDescription(/Another segment has this name/);
  await expect(name).toHaveValue("Old ones");
  await name.fill("Trial");
  await page.getByRole("button", { name: "Clone segment" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Trial" })).toBeVisible();
  await done(page, "The segment has been cloned. This is the copy");
  await expectCount(page, 4);
  await openPart(page, "History");
  await expect(page.getByRole("table")).toContainText("Created as a copy of “Old ones”");
});

test("a segment is disabled with its meaning said, and enabled with a look at who would join", async ({ page, ds }) => {
  await ds.add("old", 5);
  const segment = await ds.segment("Old ones", "old");
  await ds.campaign("Win-back", "active", [segment]);
  await ds.campaign("Summer sale", "draft", [segment]);
  await page.goto(ds.page(`/segments/${segment.id}?tab=manage`));
  await expect(page.getByText("Nobody joins or leaves a disabled segment")).toBeVisible();
  await expect(page.getByRole("button", { name: "Disable segment" })).toBeHidden();
  await page.getByText("Disable this segment…").click();
  await page.getByRole("button", { name: "Disable segment" }).click();
  await done(page, "The segment is disabled: nobody joins it");
  await expect(page.getByText("nobody joins; 5 profiles match its rule")).toBeVisible();

  await ds.add("old", 3, 6);
  await page.goto(ds.page());
  await expect(page.getByText("is still disabled. Nobody joins it.")).toBeVisible();
  await page.getByRole("link", { name: "Preview and enable" }).click();
  await expectCount(page, 5);
  await refreshCount(page);
  await expectCount(page, 5);
  await expect(page.getByText(/3 profiles join; 8 profiles match its rule \(counted .*, exact\)/)).toBeVisible();
  await expect(page.getByText("That affects running campaigns: “Win-back”. It is also used by “Summer sale”.")).toBeVisible();
  await enableSegment(page);
  await expectCount(page, 8);
  await openPart(page, "History");
  const table = page.getByRole("table");
  await expect(table).toContainText("Disabled: nobody joins");
  await expect(table).toContainText("Enabled: people join again");
  await page.goto(ds.page());
  await expect(page.getByText("is still disabled")).toHaveCount(0);
});

test("a segment that is used stays, and one that is not is removed while its people stay", async ({ page, ds }) => {
  await ds.add("old", 4);
  const segment = await ds.segment("Old ones", "old");
  const built = await ds.ruled("Old with e-mail", 'in segment "Old ones" and email is set');
  await page.goto(ds.page(`/segments/${segment.id}?tab=manage`));
  await expect(page.getByText("It is still used, so it cannot be removed.")).toBeVisible();
  await expect(page.getByRole("main").getByRole("link", { name: "Old with e-mail" })).toBeVisible();
  await page.goto(ds.page(`/segments/${built.id}?tab=manage`));
  await page.getByText("Remove this segment…").click();
  await page.getByRole("button", { name: "Remove segment" }).click();
  await done(page, "The segment has been removed. Its people stay");
  await expect(page.getByRole("link", { name: "Old with e-mail" })).toHaveCount(0);
  expect((await ds.figures()).profiles).toBe(4);
});

test("a changed rule is in the history with the one before, and a circle is refused by its box", async ({ page, ds }) => {
  const segment = await ds.ruled("Known", 'email = "ada@example.org"');
  await ds.ruled("On it", 'in segment "Known"');
  await page.goto(ds.page(`/segments/${segment.id}/edit`));
  const rule = page.getByRole("textbox", { name: "Rule" });
  await rule.fill('in segment "On it"');
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("alert")).toContainText("refers to this segment itself");
  await expect(rule).toHaveValue('in segment "On it"');
  await rule.fill("phone is set");
  await page.getByRole("button", { name: "Save changes" }).click();
  await done(page, "The segment has been changed");
  await openPart(page, "History");
  const changed = page.getByRole("row", { name: /Rule changed/ });
  await expect(changed).toContainText("phone is set");
  await expect(changed).toContainText(/email = "[^"@]+"/);
  await expect(page.getByRole("main")).not.toContainText("ada@example.org");
});
