import { startDemo } from "../fixtures/demo.ts";
import { expect, test } from "../fixtures/test.ts";
test("look", async ({ as }) => {
  test.slow();
  const { lethe, ds } = await startDemo();
  try {
    const page = await as(await lethe.session("admin"), lethe);
    const seg = await ds.rest.get<{ items: { id: string; name: string }[] }>(ds.api("/segments"));
    const id = seg.items.find((s) => s.name.startsWith("Lapsed: no"))!.id;
    for (const [name, path] of [["campaigns", "/campaigns"], ["campaign", "/campaigns/win-back-spring"], ["edit", "/campaigns/win-back-spring/edit"], ["new", "/campaigns/new?problem=invalid&field=arms&status=draft&name=X&arms=A%0950%0910"], ["usedby", `/segments/${id}?tab=used-by`], ["delete", `/segments/${id}/delete`]] as const) {
      await page.goto(ds.page(path));
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      for (const [v, scheme, w] of [["light", "light", 1280], ["dark", "dark", 1280], ["390", "light", 390]] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize({ width: w, height: 900 });
        await page.screenshot({ path: `/tmp/look-campaigns/${name}-${v}.png`, fullPage: true, animations: "disabled" });
      }
    }
  } finally { await lethe.stop(); }
});
