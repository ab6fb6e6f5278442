// The receipt of a deletion: what it shows, what can be taken away, and the proof for one person. Runs with WASM and without.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import type { Dataset } from "../fixtures/dataset.ts";
import { expect, test } from "../fixtures/test.ts";

const run = promisify(execFile);

/** Deletes twelve people, and gives the address of their receipt. */
async function deleted(ds: Dataset): Promise<{ id: string; path: string }> {
  await ds.add("old", 12);
  await ds.add("new", 3);
  await ds.segment("Old ones", "old");
  const job = await ds.start("Old ones", 12, ["--wait", "--reason", "Yearly clean-up"]);
  return { id: job.id, path: ds.page(`/jobs/${job.id}/receipt`) };
}

async function download(page: Page, control: Locator): Promise<{ name: string; text: string; path: string }> {
  const coming = page.waitForEvent("download");
  await control.click();
  const file = await coming;
  const path = await file.path();
  return { name: file.suggestedFilename(), text: await readFile(path, "utf8"), path };
}

/** Verifies with the program alone, and gives its exit code. */
async function verify(args: string[]): Promise<{ code: number; text: string }> {
  const binary = process.env.LETHE_BINARY ?? "../target/release/lethe";
  const done = await run(binary, ["receipt", "verify", ...args]).then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    (error: { code: number; stderr: string }) => ({ code: error.code, text: error.stderr }),
  );
  return done;
}

function cell(page: Page, table: string, row: string | RegExp): Locator {
  return page.getByRole("table", { name: table }).getByRole("row").filter({ has: page.getByRole("rowheader", { name: row }) }).getByRole("cell");
}

test("a receipt says what went and what was kept, and verifies by the program alone", async ({ page, ds }) => {
  const { id } = await deleted(ds);
  await page.goto(ds.page(`/jobs/${id}`));
  await page.getByRole("link", { name: "Receipt" }).click();
  await expect(page.getByRole("heading", { level: 1, name: `Receipt D-${id}` })).toBeVisible();
  await expect(cell(page, "Counts", /^Matched/)).toHaveText("12");
  await expect(cell(page, "Counts", /^Deleted/)).toHaveText("12");
  await expect(cell(page, "Counts", "Under legal hold")).toHaveText("0");
  await expect(cell(page, "Stores", "Profiles, identities, events")).toHaveText("Deleted");
  await expect(cell(page, "Stores", "Database file, log, free pages")).toHaveText("Zero left");
  await expect(cell(page, "Stores", "Data warehouse")).toHaveText("Kept");
  await expect(cell(page, "Stores", "Suppression list")).toHaveText("Kept");
  await expect(page.getByText("Yearly clean-up")).toBeVisible();
  const fingerprint = (await page.locator("dt", { hasText: "Fingerprint of the key" }).locator("+ dd").innerText()).trim();

  const receipt = await download(page, page.getByRole("link", { name: "Download receipt" }));
  expect(receipt.name).toBe(`lethe-${ds.slug}-D-${id}-receipt.json`);
  const key = await download(page, page.getByRole("link", { name: "Download public key" }));
  expect(key.name).toBe("lethe-receipt-key.pem");
  const told = await verify([receipt.path, "--key", key.path]);
  expect(told.code).toBe(0);
  expect(told.text).toContain(fingerprint);
  const folder = await mkdtemp(join(tmpdir(), "receipt-"));
  const forged = join(folder, "forged.json");
  await writeFile(forged, receipt.text.replace('"deleted":12', '"deleted":11'));
  expect((await verify([forged, "--key", key.path])).code).toBe(1);
});

test("one person is proven, another is not, and who it was stands nowhere", async ({ page, ds, lethe }) => {
  const { id, path } = await deleted(ds);
  await page.goto(path);
  const box = page.getByRole("textbox", { name: "Exact identity of the person" });
  const look = page.getByRole("button", { name: "Look for this person" });
  await expect(page.getByRole("button", { name: "Download proof" })).toHaveCount(0);
  await look.click();
  await expect(page.getByText("Type the user id, e-mail address")).toBeVisible();

  await box.fill("new-1@example.com");
  await look.click();
  await expect(page.getByRole("status").filter({ hasText: `Not among those whom D-${id} deleted` })).toBeVisible();
  await expect(box, "what was typed stays").toHaveValue("new-1@example.com");
  await expect(page.getByRole("button", { name: "Download proof" })).toHaveCount(0);

  await box.fill("Old-7@example.com");
  await look.click();
  await expect(page.getByRole("status").filter({ hasText: `Among those whom D-${id} deleted` })).toContainText(/entry \d+ of 24/);
  expect(page.url(), "in no address").not.toMatch(/old|example/i);
  const proof = await download(page, page.getByRole("button", { name: "Download proof" }));
  expect(proof.name).toBe(`lethe-${ds.slug}-D-${id}-proof.json`);
  expect(proof.text).not.toContain("old-7");
  expect((await verify([proof.path, "--identity", "old-7@example.com"])).code).toBe(0);
  expect((await verify([proof.path, "--identity", "old-8@example.com"])).code).toBe(1);
  const audit = await (await lethe.rest("admin")).get<{ items: { action: string; detail: unknown }[] }>(`/audit?dataset=${ds.slug}`);
  const asked = audit.items.filter((entry) => entry.action === "receipt.proof_asked");
  expect(asked).toHaveLength(3);
  expect(JSON.stringify(audit)).not.toContain("@example.com");
});

test("a privacy request has a receipt of its own, by which this one person is proven", async ({ page, ds }) => {
  await ds.add("old", 3);
  const { body: entered } = await ds.rest.send<{ id: string }>("POST", ds.api("/privacy-requests"), {
    kind: "erasure", regulation: "gdpr", verified_how: "Answered from the address on file.", identities: [{ value: "old-1@example.com" }],
  });
  const number = `P-${entered.id}`;
  await page.goto(ds.page(`/privacy/${entered.id}/receipt`));
  await expect(page.getByRole("heading", { name: "There is no receipt" })).toBeVisible();
  await expect(page.getByText(`${number} is not over.`)).toBeVisible();
  await ds.rest.send("POST", ds.api(`/privacy-requests/${entered.id}/run`), { consent: true });
  await ds.lethe.until("no byte is left and the receipt is signed", async () => {
    await page.goto(ds.page(`/privacy/${entered.id}`));
    return page.getByRole("link", { name: "Receipt", exact: true }).isVisible();
  });
  await page.getByRole("link", { name: "Receipt", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: `Receipt ${number}` })).toBeVisible();
  await expect(cell(page, "Counts", "Asked for")).toHaveText("1");
  await expect(cell(page, "Counts", "Profiles deleted from the store")).toHaveText("1");
  await expect(cell(page, "Stores", /^Profiles, identities, events/)).toHaveText("Deleted");
  await expect(cell(page, "Stores", /^Database files/)).toHaveText("Zero left");
  await expect(page.getByRole("navigation", { name: "Breadcrumb" }).getByRole("link", { name: `${number}: Erasure` })).toBeVisible();

  const box = page.getByRole("textbox", { name: "Exact identity of the person" });
  await box.fill("old-2@example.com");
  await page.getByRole("button", { name: "Look for this person" }).click();
  await expect(page.getByRole("status").filter({ hasText: `Not among those whom ${number} deleted` })).toBeVisible();
  await box.fill("old-1");
  await page.getByRole("button", { name: "Look for this person" }).click();
  await expect(page.getByRole("status").filter({ hasText: `Among those whom ${number} deleted` })).toContainText("of 2");
  const proof = await download(page, page.getByRole("button", { name: "Download proof" }));
  expect(proof.name).toBe(`lethe-${ds.slug}-${number}-proof.json`);
  expect((await verify([proof.path, "--identity", "old-1"])).code).toBe(0);
  expect((await verify([proof.path, "--identity", "old-2"])).code).toBe(1);
  const receipt = await download(page, page.getByRole("link", { name: "Download receipt" }));
  expect(receipt.name).toBe(`lethe-${ds.slug}-${number}-receipt.json`);
  expect(receipt.text).not.toMatch(/old-1|example/);
});

test.describe("somebody who may not prove", () => {
  test.use({ role: "viewer" });
  test("sees the receipt and who can", async ({ page, ds }) => {
    const { path } = await deleted(ds);
    await page.goto(path);
    await expect(page.getByText("Privacy officers and administrators can prove")).toBeVisible();
    await expect(page.getByRole("textbox", { name: "Exact identity of the person" })).toHaveCount(0);
    await expect(page.getByRole("link", { name: "Download receipt" })).toBeVisible();
  });
});

test("a deletion that is not over has none, and says so", async ({ page, ds }) => {
  await ds.add("old", 5);
  await ds.segment("Old ones", "old");
  const job = await ds.start("Old ones", 5, ["--wait-seconds", "86400"]);
  await page.goto(ds.page(`/jobs/${job.id}/receipt`));
  await expect(page.getByRole("heading", { level: 2, name: "There is no receipt" })).toBeVisible();
  await expect(page.getByText("Its receipt is signed when it is sealed.")).toBeVisible();
});

test("the term of proofs is set by administrators, and a slip is said beside the box", async ({ page }) => {
  await page.goto("/settings/limits");
  const box = page.getByRole("textbox", { name: "Days after which the keys are destroyed" });
  await box.fill("never");
  await page.getByRole("button", { name: "Set term" }).click();
  await expect(page.getByText("Type a whole number of days from 1 to 3653").first()).toBeVisible();
  await expect(box).toHaveValue("never");
  await box.fill("800");
  await page.getByRole("button", { name: "Set term" }).click();
  await expect(page.getByText("The term has been set")).toBeVisible();
  await expect(page.getByText("800 days, set by an administrator")).toBeVisible();
  await box.fill("");
  await page.getByRole("button", { name: "Set term" }).click();
  await expect(page.getByText("731 days, as usual")).toBeVisible();
});

test("it prints to one sheet, without the form and the buttons", async ({ page, ds, javaScriptEnabled }) => {
  const { path } = await deleted(ds);
  await page.goto(path);
  const print = page.getByRole("button", { name: "Print" });
  await expect(print).toHaveCount(javaScriptEnabled === false ? 0 : 1);
  const pdf = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
  expect(pdf.match(/\/Type\s*\/Page\b/g), "one sheet").toHaveLength(1);
  await page.emulateMedia({ media: "print" });
  await expect(page.getByRole("table", { name: "Stores" })).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Exact identity of the person" })).toBeHidden();
  await expect(page.getByText("Fingerprint of the key")).toBeVisible();
});

for (const scheme of ["light", "dark"] as const) {
  test(`everybody can use it, ${scheme}`, async ({ page, ds, javaScriptEnabled }) => {
    const { path } = await deleted(ds);
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(path);
    await page.getByRole("textbox", { name: "Exact identity of the person" }).fill("old-1");
    await page.getByRole("button", { name: "Look for this person" }).click();
    await expect(page.getByRole("button", { name: "Download proof" })).toBeVisible();
    // axe is a script in the page.
    if (javaScriptEnabled !== false) expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  });
}
