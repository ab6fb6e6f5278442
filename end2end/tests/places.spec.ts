// The list of places: beside the page where there is room, as tabs and a button on a narrow screen. Runs with WASM and without.
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "../fixtures/test.ts";

test("on a narrow screen the further places open from a button, and it says where one is", async ({ page, ds, javaScriptEnabled }) => {
  const nav = page.getByRole("navigation", { name: "Main" });
  const more = nav.getByRole("button", { name: "More" });
  const holds = nav.getByRole("link", { name: "Legal holds" });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(ds.page());
  await expect(nav.getByRole("link", { name: "Segments" })).toBeVisible();
  await expect(holds).toBeHidden();

  await test.step("by the keyboard", async () => {
    await more.focus();
    await page.keyboard.press("Enter");
    await expect(holds).toBeVisible();
    await page.keyboard.press("Tab");
    await expect(nav.getByRole("link", { name: "Reports" })).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(holds).toBeHidden();
    await expect(more).toBeFocused();
  });

  await test.step("by the finger", async () => {
    await more.click();
    await expect(holds).toBeInViewport({ ratio: 1 });
    if (javaScriptEnabled !== false) expect((await new AxeBuilder({ page }).include(".nav").analyze()).violations).toEqual([]);
    await holds.click();
    await expect(page.getByRole("heading", { level: 1, name: "Legal holds" })).toBeVisible();
    await expect(holds, "it is closed again").toBeHidden();
  });

  await test.step("with room for all, all are there", async () => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await expect(holds).toBeVisible();
    await expect(holds).toHaveAttribute("aria-current", "page");
    await expect(more).toBeHidden();
  });
});
