// Privacy requests in the console: entered with their clock, verified, carried out, extended, declined, answered, and told to
// recipients. Runs with WASM and without.
import AxeBuilder from "@axe-core/playwright";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import type { Dataset } from "../fixtures/dataset.ts";
import { expect, test } from "../fixtures/test.ts";

/** Rules of axe that WCAG 2.2 AA asks for. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

async function accessible(page: Page, scripted: boolean | undefined): Promise<void> {
  if (scripted === false) return;
  const found = await new AxeBuilder({ page }).withTags(RULES).analyze();
  expect(found.violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html).join(" | ")}`)).toEqual([]);
}

/** Enters a request and stands on its page. */
async function enter(page: Page, ds: Dataset, kind: "Erasure" | "Access" | "Portability", email: string): Promise<void> {
  await page.goto(ds.page("/privacy/new"));
  await page.getByRole("radio", { name: new RegExp(`^${kind}`) }).check();
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("button", { name: "Enter request" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(new RegExp(`^P-\\d+: ${kind}$`));
}

async function verify(page: Page): Promise<void> {
  await page.getByLabel("How the identity was verified").fill("Answered from the address on file.");
  await page.getByRole("button", { name: "Identity is verified" }).click();
  await expect(page.getByText("It is on record how the identity was verified")).toBeVisible();
}

test("an erasure from the letter to the record: verified first, confirmed, told, and nobody is named any more", async ({ page, ds, javaScriptEnabled }) => {
  const heard: { headers: Record<string, unknown>; body: string }[] = [];
  const receiver = createServer((request, answer) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      heard.push({ headers: request.headers, body });
      answer.writeHead(200).end();
    });
  });
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  try {
    const port = (receiver.address() as AddressInfo).port;
    await ds.add("old", 3);

    await page.goto(ds.page("/privacy"));
    await expect(page.getByRole("heading", { name: "Nobody is waiting for an answer" })).toBeVisible();
    await accessible(page, javaScriptEnabled);

    await page.getByRole("link", { name: "Recipients" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Mail house");
    await page.getByLabel("Address").fill("ftp://nowhere");
    await page.getByRole("button", { name: "Add recipient" }).click();
    await expect(page.getByLabel("Address")).toHaveAccessibleDescription(/begins with https/);
    await expect(page.getByLabel("Name", { exact: true })).toHaveValue("Mail house");
    await page.getByLabel("Address").fill(`http://127.0.0.1:${port}/erased`);
    const secret = await page.getByLabel("New signing secret").inputValue();
    await page.getByRole("button", { name: "Add recipient" }).click();
    await expect(page.getByText("will be told of every erasure")).toBeVisible();
    await accessible(page, javaScriptEnabled);

    await page.goto(ds.page("/privacy/new"));
    await accessible(page, javaScriptEnabled);
    await page.getByLabel("How the identity was verified").fill("Later");
    await page.getByRole("button", { name: "Enter request" }).click();
    await expect(page.getByRole("alert")).toContainText("Type at least one identity");
    await expect(page.getByLabel("How the identity was verified")).toHaveValue("Later");

    await enter(page, ds, "Erasure", "old-1@example.com");
    await expect(page.getByRole("heading", { name: /^\d\d days left: answer by / })).toBeVisible();
    await expect(page.getByRole("button", { name: "Erase this person now" })).toHaveCount(0);
    await accessible(page, javaScriptEnabled);
    await page.getByRole("button", { name: "Identity is verified" }).click();
    await expect(page.getByLabel("How the identity was verified")).toHaveAccessibleDescription(/Write in a sentence/);
    await verify(page);
    await page.getByRole("button", { name: "Receipt is confirmed" }).click();
    await expect(page.getByText("receipt was confirmed")).toBeVisible();
    await page.getByRole("button", { name: "Erase this person now" }).click();
    await expect(page.getByRole("alert")).toContainText("Tick the box");
    expect((await ds.figures()).profiles).toBe(3);

    await page.getByLabel("I understand that what is erased cannot be recovered").check();
    await page.getByRole("button", { name: "Erase this person now" }).click();
    await expect(page.getByRole("heading", { name: /^Completed / })).toBeVisible();
    await expect(page.getByText("1 person erased: 1 profile and ")).toBeVisible();
    expect((await ds.figures()).profiles).toBe(2);
    await accessible(page, javaScriptEnabled);

    await ds.lethe.until("the recipient is told", async () => heard.length > 0);
    const { headers, body } = heard[0] ?? { headers: {}, body: "" };
    expect(JSON.parse(body)).toMatchObject({ type: "person_erased", identities: [{ kind: "email", value: "old-1@example.com" }] });
    const mac = createHmac("sha256", secret).update(`${String(headers["lethe-timestamp"])}.${body}`).digest("hex");
    expect(headers["lethe-signature"]).toBe(`v1=${mac}`);

    await expect(async () => {
      await page.reload();
      await expect(page.getByText("Identities removed from the record")).toBeVisible({ timeout: 500 });
    }).toPass();
    await expect(page.getByRole("row", { name: /^Mail house/ })).toContainText("Delivered");
    await expect(page.getByRole("main")).not.toContainText("old-1@example.com");
    await page.goto(ds.page("/privacy?show=ended"));
    await expect(page.getByRole("table", { name: "Privacy requests" })).toContainText(/#[0-9a-f]{12}/);
    await accessible(page, javaScriptEnabled);
  } finally {
    receiver.close();
  }
});

test("an access request: the answer is downloaded, and again, and says what is known", async ({ page, ds }) => {
  await ds.add("old", 2);
  await enter(page, ds, "Access", "old-2@example.com");
  await verify(page);
  await page.getByRole("button", { name: "Make the answer ready" }).click();
  await expect(page.getByRole("heading", { name: /^Completed / })).toBeVisible();
  const coming = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download the answer" }).click();
  const file = await coming;
  expect(file.suggestedFilename()).toMatch(/^P-\d+-access\.json$/);
  const answer = JSON.parse(await readFile(await file.path(), "utf8")) as { records: { place: string; profile: { user_id: string } }[] };
  expect(answer.records[0]).toMatchObject({ place: "store", profile: { user_id: "old-2", email: "old-2@example.com" } });
  await page.reload();
  await expect(page.getByText("Answer downloaded")).toBeVisible();
});

test("the term is extended once with a reason; a request is declined on a ground; the register holds both", async ({ page, ds }) => {
  await enter(page, ds, "Erasure", "nobody@example.com");
  await page.getByText("Extend the term").first().click();
  await page.getByLabel("By", { exact: true }).selectOption("2");
  await page.getByRole("button", { name: "Extend the term" }).click();
  await expect(page.getByLabel("Reason").first()).toHaveAccessibleDescription(/Give a reason/);
  await expect(page.getByLabel("By", { exact: true })).toHaveValue("2");
  await page.getByLabel("Reason").first().fill("Many requests in these weeks.");
  await page.getByRole("button", { name: "Extend the term" }).click();
  await expect(page.getByText("by 2 months. Many requests in these weeks.")).toBeVisible();
  await expect(page.getByText("Extend the term")).toHaveCount(0);

  await page.getByText("Decline it").click();
  await page.getByLabel("Ground").selectOption("unverified");
  await page.getByLabel("Reason").fill("Nobody answered.");
  await page.getByRole("button", { name: "Decline the request" }).click();
  await expect(page.getByRole("heading", { name: /^Declined / })).toBeVisible();
  await expect(page.getByText("GDPR art. 12(2) and 12(6): The identity could not be verified. Nobody answered.")).toBeVisible();
  await expect(page.getByRole("button", { name: /Decline|Cancel the request|Erase/ })).toHaveCount(0);

  await page.goto(ds.page("/privacy"));
  const coming = page.waitForEvent("download");
  await page.getByRole("link", { name: "Register as CSV" }).click();
  const register = await readFile(await (await coming).path(), "utf8");
  expect(register).toContain("declined");
  expect(register).toContain("Many requests in these weeks.");
  expect(register).not.toContain("nobody@example.com");
});

test("who may not handle privacy requests does not see them", async ({ as, ds }) => {
  const page = await as("editor");
  await page.goto(ds.page());
  await expect(page.getByRole("link", { name: "Privacy", exact: true })).toHaveCount(0);
  const answer = await page.request.get(ds.page("/privacy/register.csv"));
  expect(answer.status()).toBe(403);
  await page.close();
  const officer = await as("privacy");
  await officer.goto(ds.page());
  await officer.getByRole("link", { name: "Privacy", exact: true }).click();
  await expect(officer.getByRole("heading", { level: 1 })).toHaveText("Privacy requests");
});
