// Forms that come back: what was typed is there, nothing of it is in an address, and the page says why in the words of whoever
// refused. Runs with WASM and without.
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures/test.ts";
import { boxes, fillConfirmation, pressConfirm } from "../verbs/deletion.ts";

const rule = (page: Page) => page.getByRole("textbox", { name: "Rule" });

/** Posts a form as its page would, and opens the page that it leads to. */
async function post(page: Page, origin: string, action: string, form: Record<string, string>): Promise<string> {
  const answer = await page.request.post(action, { form, headers: { Origin: origin }, maxRedirects: 0 });
  expect(answer.status()).toBe(303);
  const location = answer.headers()["location"] ?? "";
  await page.goto(location);
  return location;
}

test("a long rule comes back whole, by a short address that names nobody", async ({ page, ds }) => {
  await ds.add("old", 3);
  await ds.segment("Taken", "old");
  const ids = Array.from({ length: 900 }, (_, n) => `"old-${n}@example.com"`).join(", ");
  const long = `email in (${ids})`;
  await page.goto(ds.page("/segments/new"));
  await page.getByRole("textbox", { name: "Name" }).fill("Taken");
  await rule(page).fill(long);
  await page.getByRole("button", { name: "Count without saving" }).click();
  await expect(page).toHaveURL(/returned=/);
  await expect(page.getByText(/^3 profiles match.* exact\.$/)).toBeVisible();
  await expect(rule(page)).toHaveValue(long);
  expect(page.url().length).toBeLessThan(300);

  await page.getByRole("button", { name: "Create segment" }).click();
  await expect(page.getByRole("alert")).toContainText("Another segment has this name.");
  expect(page.url().length).toBeLessThan(300);
  expect(page.url()).not.toContain("example.com");
  await page.reload();
  await expect(rule(page)).toHaveValue(long);
  await expect(page.getByRole("textbox", { name: "Name" })).toHaveValue("Taken");
});

test("a form comes back to whoever sent it and to nobody else", async ({ page, ds, lethe, as }) => {
  await ds.segment("Taken", "old");
  const form = { ds: ds.slug, name: "Taken", kind: "rule", rule: 'email = "ada@example.com"' };
  const location = await post(page, lethe.url, "/fn/create_segment", form);
  await expect(rule(page)).toHaveValue(form.rule);
  const other = await as("editor");
  await other.goto(location);
  await expect(rule(other)).toHaveValue("");
});

test("a refused speed leaves the quiet hours as they are", async ({ page, ds, lethe }) => {
  await ds.add("old", 10);
  await ds.segment("Old ones", "old");
  const job = await ds.start("Old ones", 10, ["--wait-seconds", "3600"]);
  await lethe.until("the list is fixed", async () => (await lethe.job(job.id)).status === "scheduled");
  await post(page, lethe.url, "/fn/set_job_quiet", { "form[ds]": ds.slug, "form[id]": job.id, "form[quiet_from]": "22:00", "form[quiet_to]": "06:00", "form[quiet_zone]": "UTC" });
  await expect(page.getByText("The quiet hours have been set")).toBeVisible();
  await boxes.rate(page).fill("fast");
  await page.getByRole("button", { name: "Set speed" }).click();
  await expect(page.getByRole("alert")).toContainText("whole number");
  await expect(boxes.rate(page)).toHaveValue("fast");
  await page.getByText("Change the quiet hours").click();
  await expect(page.getByLabel("Rest from")).toHaveValue("22:00");
  await expect(page.getByLabel("until", { exact: true })).toHaveValue("06:00");
  // A refused change of the hours themselves comes back as it was typed.
  await page.getByLabel("Rest from").fill("");
  await page.getByRole("button", { name: "Set quiet hours" }).click();
  await expect(page.getByRole("alert")).toContainText("when the quiet hours begin");
  await expect(page.getByLabel("Rest from")).toHaveValue("");
  await expect(page.getByLabel("until", { exact: true })).toHaveValue("06:00");
});

test("a refusal is said in its own words: paused already, over already", async ({ page, ds, lethe }) => {
  await ds.add("old", 10);
  await ds.segment("Old ones", "old");
  const job = await ds.start("Old ones", 10, ["--wait-seconds", "3600"]);
  const form = { ds: ds.slug, id: job.id };
  await post(page, lethe.url, "/fn/pause_job", form);
  await post(page, lethe.url, "/fn/pause_job", form);
  await expect(page.getByRole("alert")).toContainText(`D-${job.id} is paused already.`);
  await post(page, lethe.url, "/fn/cancel_job", form);
  await lethe.until("it is cancelled", async () => (await lethe.job(job.id)).state === "cancelled");
  await post(page, lethe.url, "/fn/resume_job", form);
  await expect(page.getByRole("alert")).toContainText(`D-${job.id} is over (cancelled).`);
});

test("a deletion that is paused before its start does not start, and says so", async ({ page, ds, lethe }) => {
  await ds.add("old", 10);
  const segment = await ds.segment("Old ones", "old");
  const job = await ds.start("Old ones", 10, ["--wait-seconds", "3600"]);
  await lethe.run(["job", "pause", job.id]);
  await lethe.until("it is paused", async () => (await lethe.job(job.id)).status === "paused");
  await page.goto(ds.page(`/jobs/${job.id}`));
  await expect(page.getByText("It does not start as long as it is paused.")).toBeVisible();
  await expect(page.getByText("It keeps its place")).toHaveCount(0);
  await expect(page.getByText("Start before that")).toHaveCount(0);
  await post(page, lethe.url, "/fn/start_job_now", { ds: ds.slug, id: job.id });
  await expect(page.getByRole("alert")).toContainText(`D-${job.id} is paused. Resume it first, then let it start.`);
  await page.goto(ds.page(`/segments/${segment.id}`));
  await expect(page.getByRole("heading", { level: 2, name: "A deletion of 10 users of this segment is paused before its start" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Open its waiting deletion" })).toBeVisible();
});

test("a disabled segment is renamed; its rule stands there and cannot be changed", async ({ page, ds, lethe }) => {
  const segment = await ds.segment("Old ones", "old");
  await post(page, lethe.url, "/fn/disable_segment", { ds: ds.slug, id: segment.id });
  await page.goto(ds.page(`/segments/${segment.id}/edit`));
  await expect(page.getByText('attr.group = "old"')).toBeVisible();
  await expect(page.getByText("The segment is disabled, so its rule cannot be changed")).toBeVisible();
  await expect(rule(page)).toHaveCount(0);
  await page.getByRole("textbox", { name: "Name" }).fill("Older ones");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Older ones" })).toBeVisible();
  // A page that was opened before the segment was disabled still sends the rule.
  const late = { ds: ds.slug, id: segment.id, name: "Oldest", rule: 'attr.group = "old"' };
  await post(page, lethe.url, "/fn/update_segment", late);
  await expect(page.getByRole("heading", { level: 1, name: "Oldest" })).toBeVisible();
  await post(page, lethe.url, "/fn/update_segment", { ...late, rule: 'attr.group = "new"' });
  await expect(page.getByRole("alert")).toContainText("its rule cannot be changed");
});

test("a recurring deletion of everyone is refused with its reason, not with a box that is not there", async ({ page, ds }) => {
  await ds.add("old", 5);
  const segment = await ds.ruled("Everybody", "bucket(0, 100)");
  await page.goto(ds.page(`/recurring/new?segment=${segment.id}`));
  await boxes.name(page).fill("Everybody");
  await page.getByRole("textbox", { name: "At most, profiles in one run" }).fill("5");
  await page.getByRole("checkbox", { name: /^I understand that deleted users cannot be recovered/ }).check();
  await page.getByRole("button", { name: "Confirm recurring deletion" }).click();
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("Everyone in the dataset is deleted by hand or not at all.");
  await expect(alert).not.toContainText("Tick the box");
  await expect(alert.getByRole("link")).toHaveCount(0);
});

test("a refused webhook keeps the secret that was shown, and emptied boxes stay empty", async ({ page, lethe }) => {
  await page.goto("/settings/notifications");
  const secret = page.getByRole("textbox", { name: "New signing secret" });
  const shown = await secret.inputValue();
  await page.getByRole("textbox", { name: "Address", exact: true }).fill("ftp://nowhere/");
  await page.getByRole("button", { name: "Save webhook" }).click();
  await expect(page.getByRole("alert")).toContainText("begins with https://");
  await expect(secret).toHaveValue(shown);
  expect(page.url()).not.toContain(shown);
  await page.getByRole("textbox", { name: "Address", exact: true }).fill("http://127.0.0.1:9/");
  await secret.fill("short");
  await page.getByRole("button", { name: "Save webhook" }).click();
  await expect(secret).toHaveAccessibleDescription(/at least 32 characters/);

  await post(page, lethe.url, "/fn/set_address", { address: "ada@example.org" });
  await expect(page.getByText("Your address has been saved")).toBeVisible();
  const server = { "form[smtp_host]": "mail.example.org", "form[smtp_port]": "587", "form[smtp_tls]": "starttls", "form[smtp_user]": "ada", "form[smtp_secret]": "x", "form[smtp_from]": "lethe@example.org" };
  await post(page, lethe.url, "/fn/set_smtp", server);
  await page.getByRole("textbox", { name: "User name at the mail server" }).fill("");
  await page.getByRole("textbox", { name: "Sender" }).fill("nobody");
  await page.getByRole("button", { name: "Save mail server" }).click();
  await expect(page.getByRole("alert")).toContainText("sender's address");
  await expect(page.getByRole("textbox", { name: "User name at the mail server" })).toHaveValue("");
  await expect(page.getByRole("textbox", { name: "Send my notices to" })).toHaveValue("ada@example.org");
  await page.getByRole("button", { name: "Remove mail server" }).click();
  await post(page, lethe.url, "/fn/set_address", { address: "" });
});

test("a start that is offered no more is not taken for one at once", async ({ page, ds, lethe }) => {
  await ds.add("first", 50);
  await ds.add("second", 10);
  await ds.segment("First", "first");
  const segment = await ds.segment("Second", "second");
  const running = await ds.start("First", 50, ["--max-rate", "1"]);
  await page.goto(ds.page(`/segments/${segment.id}/delete`));
  await fillConfirmation(page, { name: "Second", count: 11, consent: true, start: "After the running deletion" });
  await lethe.run(["job", "cancel", running.id]);
  await lethe.until("it is cancelled", async () => (await lethe.job(running.id)).state === "cancelled");
  await pressConfirm(page);
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(page.getByRole("radio", { name: /^After the running deletion/ })).toHaveCount(0);
  await expect(page.getByRole("radio", { name: /^At once/ })).toBeChecked();

  const form = { "form[ds]": ds.slug, "form[segment]": segment.id, "form[confirm_name]": "Second", "form[confirm_count]": "10", "form[consent]": "yes" };
  const location = await post(page, lethe.url, "/fn/start_job", form);
  expect(location).toContain("field=start");
  await expect(page.getByRole("alert")).toContainText("Choose when the deletion starts.");
  expect((await ds.jobs()).map((job) => job.id)).toEqual([running.id]);
});

test("everyone in the dataset needs the tick that the page shows, by whichever rule", async ({ page, ds }) => {
  await ds.add("old", 8);
  const segment = await ds.segment("Old ones", "old");
  await page.goto(ds.page(`/segments/${segment.id}/delete`));
  await fillConfirmation(page, { name: "Old ones", count: 8, consent: true, start: "At once", everyone: false });
  await pressConfirm(page);
  const everyone = page.getByRole("checkbox", { name: /everyone in the dataset/ });
  await expect(page.getByRole("alert")).toContainText("This would delete everyone in the dataset.");
  await expect(everyone).toBeFocused();
  expect(await ds.jobs()).toEqual([]);
});
