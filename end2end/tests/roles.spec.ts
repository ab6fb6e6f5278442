// Who may do what: only administrators delete in bulk, on the page and behind it. Runs with WASM and without.
import { expect, test } from "../fixtures/test.ts";
import type { Role } from "../fixtures/lethe.ts";

for (const role of ["editor", "viewer"] satisfies Role[]) {
  test.describe(role, () => {
    test.use({ role });

    test(`${role === "editor" ? "an editor" : "a viewer"} sees no way to delete everyone, and the server refuses it`, async ({ page, ds, guard, lethe, context }) => {
      await ds.add("old", 5);
      const segment = await ds.segment("Old ones", "old");
      await page.goto(ds.page(`/segments/${segment.id}`));
      await expect(page.getByRole("heading", { level: 1, name: "Old ones" })).toBeVisible();
      await expect(page.getByText("Delete All Users in Segment")).toHaveCount(0);
      await expect(page.getByRole("link", { name: "Edit rule" })).toHaveCount(role === "editor" ? 1 : 0);
      await expect(page.getByRole("button", { name: "Refresh count" })).toHaveCount(role === "editor" ? 1 : 0);

      if (role === "viewer") {
        for (const path of ["/segments/new", `/segments/${segment.id}/edit`]) {
          guard.expectStatus(403);
          expect((await page.goto(ds.page(path)))?.status()).toBe(403);
          await expect(page.getByRole("heading", { level: 1, name: "Not allowed" })).toBeVisible();
        }
      }
      for (const tab of role === "viewer" ? ["manage", "members", "nonsense"] : ["members", "nonsense"]) {
        await page.goto(ds.page(`/segments/${segment.id}?tab=${tab}`));
        await expect(page.getByRole("table", { name: "Users" })).toBeVisible();
      }

      guard.expectStatus(403);
      const answer = await page.goto(ds.page(`/segments/${segment.id}/delete`));
      expect(answer?.status()).toBe(403);
      await expect(page.getByRole("heading", { level: 1, name: "Not allowed" })).toBeVisible();
      await expect(page.getByRole("button", { name: "Confirm Delete" })).toHaveCount(0);

      // The form's own door, with everything right but the person.
      const form = {
        "form[ds]": ds.slug,
        "form[segment]": segment.id,
        "form[confirm_name]": "Old ones",
        "form[confirm_count]": "5",
        "form[consent]": "yes",
        "form[start]": "now",
      };
      const posted = await context.request.post("/fn/start_job", { form, headers: { Origin: lethe.url }, maxRedirects: 0 });
      expect(posted.status()).toBe(303);
      expect(posted.headers()["location"]).toContain("problem=forbidden");

      const running = await ds.start("Old ones", 5, ["--wait-seconds", "86400"]);
      await lethe.until("the list is fixed", async () => (await lethe.job(running.id)).status === "scheduled");
      await page.goto(ds.page(`/jobs/${running.id}`));
      await expect(page.getByRole("heading", { level: 1 })).toContainText("Old ones");
      for (const name of ["Pause", "Resume", "Cancel job", "Set speed"]) await expect(page.getByRole("button", { name })).toHaveCount(0);
      for (const deed of ["pause_job", "cancel_job"]) {
        const steered = await context.request.post(`/fn/${deed}`, { form: { ds: ds.slug, id: running.id }, headers: { Origin: lethe.url }, maxRedirects: 0 });
        expect(steered.headers()["location"]).toContain("problem=forbidden");
      }
      expect(await lethe.job(running.id)).toMatchObject({ status: "scheduled" });
      expect((await ds.figures()).profiles).toBe(5);
    });
  });
}

test("a token may do what its scope says, in its own dataset", async ({ ds, lethe }) => {
  await ds.add("old", 5);
  const segment = await ds.segment("Old ones", "old");
  const body = { segment_id: segment.id, consent: true, confirm_name: "Old ones", confirm_count: 5, dry_run: true };
  for (const scope of ["read", "ingest", "privacy"] as const) {
    const token = await lethe.rest(scope, ds.slug);
    expect(await token.send("POST", ds.api("/deletion-jobs"), body), scope).toMatchObject({ status: 403, body: { error: { code: "forbidden" } } });
  }
  const bulk = await lethe.rest("bulk", ds.slug);
  expect(await bulk.send("POST", ds.api("/deletion-jobs"), body)).toMatchObject({ status: 200, body: { id: null, counts: { matched: 5 } } });
  expect(await bulk.send("GET", "/datasets/main")).toMatchObject({ status: 404 });
  expect((await ds.jobs()).length).toBe(0);
});
