// Coming in: every page asks who is there and leads back. Runs with WASM and without.
import { Dataset } from "../fixtures/dataset.ts";
import { Lethe } from "../fixtures/lethe.ts";
import { expect, test } from "../fixtures/test.ts";
import { boxes, fillConfirmation, nobodyLeft, onJob, pressConfirm, waitForJob } from "../verbs/deletion.ts";
import { logIn, logOut } from "../verbs/session.ts";

test.describe("signed out", () => {
  test.use({ role: "" });

  test("every address leads to the log-in, and from there to where one wanted to go", async ({ page, ds, lethe }) => {
    await ds.add("old", 3);
    const segment = await ds.segment("Old ones", "old");
    const wanted = ds.page(`/segments/${segment.id}?tab=rule`);
    for (const path of ["/", ds.page(), ds.page("/profiles"), ds.page("/jobs"), ds.page(`/segments/${segment.id}/delete`), wanted]) {
      await page.goto(path);
      await expect(page).toHaveURL((url) => url.pathname === "/login" && (url.searchParams.get("next") ?? "/") === path);
      await expect(page.getByRole("heading", { level: 1, name: "Log in" })).toBeVisible();
    }
    await logIn(page, "editor", "not the password");
    await expect(page.getByRole("alert")).toContainText("User name or password is not right");
    await expect(page.getByRole("textbox", { name: "User name" })).toHaveValue("editor");
    await expect(page.getByRole("textbox", { name: "Password" })).toHaveValue("");
    expect(page.url()).not.toContain("not%20the%20password");
    await logIn(page, "nobody-of-this-name", lethe.password);
    await expect(page.getByRole("alert")).toContainText("User name or password is not right");
    await logIn(page, "editor", lethe.password);
    await expect(page).toHaveURL(wanted);
    await expect(page.getByRole("heading", { level: 1, name: "Old ones" })).toBeVisible();
    await logOut(page);
    await page.goto(wanted);
    await expect(page).toHaveURL(/\/login\?next=/);
  });

  test("a log-in never leads to another site", async ({ page, lethe }) => {
    for (const next of ["https://evil.example/", "//evil.example/", "/\\evil.example/"]) {
      await page.goto(`/login?next=${encodeURIComponent(next)}`);
      await logIn(page, "viewer", lethe.password);
      await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
      expect(new URL(page.url()).origin).toBe(lethe.url);
      await logOut(page);
    }
  });
});

test("short addresses lead to the current dataset's", async ({ page }) => {
  for (const [path, title] of [["/profiles", "Profiles"], ["/segments", "Segments"], ["/jobs", "Deletions"], ["/campaigns", "Campaigns"], ["/segments/new", "New segment"]] as const) {
    await page.goto(path);
    await expect(page).toHaveURL(new RegExp(`/d/[^/]+${path}$`));
    await expect(page.getByRole("heading", { level: 1, name: title, exact: true })).toBeVisible();
  }
});

test("a log-in older than five minutes has to give the password again before a deletion", async ({ as, guard }) => {
  const lethe = await Lethe.start();
  try {
    await lethe.addPeople();
    const ds = await Dataset.create(lethe, "shop");
    await ds.add("old", 6);
    const segment = await ds.segment("Old ones", "old");
    const page = await as("administrator", lethe);
    await page.goto(ds.page(`/segments/${segment.id}/delete`));
    await expect(boxes.password(page)).toHaveCount(0);
    // Same address, same directory, ten minutes later.
    guard.expectOutage();
    await lethe.kill();
    await lethe.up({ LETHE_NOW: new Date(Date.now() + 600_000).toISOString() });
    // The page was opened when no password was needed; it is asked for now.
    await fillConfirmation(page, { name: "Old ones", count: 6, consent: true, start: "At once" });
    await pressConfirm(page);
    await expect(page.getByRole("alert")).toContainText(/password/);
    await expect(boxes.password(page)).toBeFocused();
    await boxes.password(page).fill("a guess");
    await pressConfirm(page);
    await expect(page.getByRole("alert")).toContainText("The password is not right");
    await expect(boxes.password(page)).toHaveValue("");
    await expect(boxes.name(page)).toHaveValue("Old ones");
    expect(await ds.jobs()).toEqual([]);
    await boxes.password(page).fill(lethe.password);
    await pressConfirm(page);
    await onJob(page, "Old ones");
    await waitForJob(page, nobodyLeft(6));
  } finally {
    await lethe.stop();
  }
});
