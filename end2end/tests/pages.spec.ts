// Every page: at its address and by its link, in light and dark, wide and narrow.
import AxeBuilder from "@axe-core/playwright";
import { furnish } from "../fixtures/furnish.ts";
import { expect, test } from "../fixtures/test.ts";
import { openSegment, openSegments, showDisabled } from "../verbs/segments.ts";

/** Rules of axe that WCAG 2.2 AA asks for. */
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

test("every page opens at its address, and its heading is its title", async ({ page, ds }) => {
  const { pages } = await furnish(ds);
  for (const { path, title } of pages) {
    await test.step(path, async () => {
      const answer = await page.goto(path);
      expect.soft(answer?.status(), path).toBe(200);
      const heading = page.getByRole("heading", { level: 1 });
      await expect.soft(heading, path).toHaveCount(1);
      await expect.soft(heading, path).toHaveText(title);
      expect.soft(await page.title(), path).toBe(await heading.first().textContent());
      await expect.soft(page.getByRole("main"), path).toHaveCount(1);
      expect.soft(await page.locator("html").getAttribute("lang"), path).toBe("en");
    });
  }
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`no page breaks a rule of WCAG 2.2 AA in ${colorScheme}`, async ({ page, ds, guard, as }) => {
    test.slow(); // every page there is, each looked at by axe
    const { pages } = await furnish(ds);
    const signedOut = await as("");
    guard.expectStatus(404);
    const all = [
      ...pages.map(({ path }) => ({ tab: page, path })),
      { tab: page, path: ds.page("/no-such-page") },
      { tab: signedOut, path: "/login" },
      { tab: signedOut, path: "/login?problem=login_failed&name=ada" },
    ];
    for (const { tab, path } of all) {
      await tab.emulateMedia({ colorScheme });
      await tab.goto(path);
      await expect(tab.getByRole("heading", { level: 1 })).toBeVisible();
      const { violations } = await new AxeBuilder({ page: tab }).withTags(WCAG).analyze();
      const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => `${node.target.join(" ")} ${node.any[0]?.message ?? ""}`).join("; ")}`);
      expect.soft(found, path).toEqual([]);
    }
  });
}

test("no page is wider than a narrow screen, and every target can be hit", async ({ page, ds, as, guard }) => {
  const { pages } = await furnish(ds);
  const signedOut = await as("");
  guard.expectStatus(404);
  const all = [...pages.map(({ path }) => ({ tab: page, path })), { tab: page, path: ds.page("/no-such-page") }, { tab: signedOut, path: "/login" }];
  for (const { tab, path } of all) {
    await tab.goto(path);
    for (const width of [390, 320]) {
      await tab.setViewportSize({ width, height: 844 });
      const wide = await tab.evaluate(() => {
        const { clientWidth, scrollWidth } = document.documentElement;
        const beyond = [...document.querySelectorAll("main *, .side *")].filter((e) => e.getBoundingClientRect().right > clientWidth + 1);
        return scrollWidth > clientWidth ? [`${scrollWidth} in ${clientWidth}`, ...beyond.slice(0, 4).map((e) => `${e.tagName}.${e.className}`)] : [];
      });
      expect.soft(wide, `${path} at ${width}`).toEqual([]);
    }
    // WCAG 2.5.8: 24 by 24, except for links within a sentence.
    const small = await tab.evaluate(() =>
      [...document.querySelectorAll("button, input, select, textarea, summary, .btn")]
        .map((e) => (e instanceof HTMLInputElement && e.closest("label") ? e.closest("label") : e))
        .filter((e) => e !== null)
        .map((e) => ({ name: `${e.tagName} ${e.textContent?.trim().slice(0, 30)}`, ...e.getBoundingClientRect().toJSON() }))
        .filter(({ width, height }) => width > 0 && (width < 24 || height < 24))
        .map(({ name, width, height }) => `${name}: ${width} by ${height}`),
    );
    expect.soft(small, path).toEqual([]);
  }
});

test("every page is reached by links, with the keyboard alone where it matters", async ({ page, ds }) => {
  const { segment } = await furnish(ds);
  const nav = page.getByRole("navigation", { name: "Main" });
  const title = (name: string | RegExp) => expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await page.goto("/");
  await title("Overview");
  await page.goto(ds.page());
  await expect(nav.getByRole("link", { name: "Overview" })).toHaveAttribute("aria-current", "page");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();

  await nav.getByRole("link", { name: "Profiles" }).click();
  await title("Profiles");
  await page.getByRole("searchbox", { name: /Exact|Search by exact/ }).fill("old-7");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\?q=old-7/);
  await page.getByRole("table", { name: "Users" }).getByRole("link", { name: "old-7" }).click();
  await title("old-7");
  await page.getByRole("link", { name: segment.name }).click();
  await title(segment.name);
  const parts = page.getByRole("navigation", { name: "Parts of this segment" });
  for (const tab of [/^Rule/, /^Used by/, /^Deletions/, /^Users/]) {
    await parts.getByRole("link", { name: tab }).click();
    await expect(parts.getByRole("link", { name: tab })).toHaveAttribute("aria-current", "page");
  }
  await page.getByRole("link", { name: "Edit rule" }).click();
  await title(/^Edit/);
  await page.getByRole("navigation", { name: "Breadcrumb" }).getByRole("link", { name: segment.name }).click();
  await page.getByRole("link", { name: "Delete All Users in Segment" }).click();
  await title("Delete 60 profiles?");
  await page.getByRole("link", { name: "Keep these profiles" }).click();
  await title(segment.name);

  await openSegments(page);
  await expect(page.getByRole("link", { name: "Gone already" })).toHaveCount(0);
  await showDisabled(page);
  await openSegment(page, "Gone already");
  await page.goBack();
  await expect(page.getByRole("checkbox", { name: "Show disabled" })).toBeChecked();
  await page.getByRole("link", { name: "New segment" }).click();
  await title("New segment");

  await nav.getByRole("link", { name: "Campaigns" }).click();
  await title("Campaigns");
  await page.getByRole("link", { name: "Win-back spring" }).click();
  await title("Win-back spring");
  await nav.getByRole("link", { name: "Deletions" }).click();
  await title("Deletions");
  await page.getByRole("link", { name: "Gone already" }).click();
  await title(/Gone already/);
  await page.getByRole("navigation", { name: "Breadcrumb" }).getByRole("link", { name: "Deletions" }).click();
  await title("Deletions");
});

test("an address that leads nowhere says so with its status", async ({ page, ds, guard }) => {
  for (const path of ["/no-such-page", ds.page("/no-such-page"), ds.page("/segments/999999"), ds.page("/segments/x"), ds.page("/jobs/D-999999"), ds.page("/profiles/999999"), ds.page("/campaigns/none"), "/d/no-such-dataset"]) {
    guard.expectStatus(404);
    const answer = await page.goto(path);
    expect.soft(answer?.status(), path).toBe(404);
    const heading = page.getByRole("heading", { level: 1 });
    await expect.soft(heading, path).toHaveText("Not found");
    expect.soft(await page.title(), path).toBe("Not found");
  }
  await page.getByRole("link", { name: "Go to the overview" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
});

test("what a file brought in is text on the page and never markup", async ({ page, ds, lethe }) => {
  const evil = `"<script>document.title='owned'</script>","<img src=x onerror=alert(1)>@example.com","<b>bold</b>"`;
  await lethe.importFile("profiles", ds.slug, `user_id,email,<i>name</i>\n${evil}\n`);
  await lethe.run(["segment", "create", "<img src=x onerror=alert(1)>", "--dataset", ds.slug, "--kind", "rule", "--rule", "user_id is set"]);
  await page.goto(ds.page("/profiles"));
  await page.getByRole("link", { name: "<script>document.title='owned'</script>" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("<script>document.title='owned'</script>");
  await expect(page.getByText("<i>name</i>")).toBeVisible();
  await page.getByRole("link", { name: "<img src=x onerror=alert(1)>" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("<img src=x onerror=alert(1)>");
  await expect(page.locator("main img, main script, main b:has-text('bold')")).toHaveCount(0);
});
