// What is done with segments, through the page.
import { expect, type Page } from "@playwright/test";
import { numbers } from "./words.ts";

/** Follows the links from wherever the page is. */
export async function openSegments(page: Page): Promise<void> {
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Segments" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Segments" })).toBeVisible();
}

export async function openSegment(page: Page, name: string): Promise<void> {
  await page.getByRole("table", { name: "Segments" }).getByRole("link", { name, exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name, exact: true })).toBeVisible();
}

/** From the list of segments to the page of the new one. */
export async function createSegment(page: Page, name: string, rule: string): Promise<void> {
  await page.getByRole("link", { name: "New segment" }).first().click();
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByRole("textbox", { name: "Rule" }).fill(rule);
  await page.getByRole("button", { name: "Create segment" }).click();
  await expect(page.getByRole("heading", { level: 1, name, exact: true })).toBeVisible();
}

/** On a segment's page: how many users it says there are, by the tab and beside the list. */
export async function expectCount(page: Page, n: number): Promise<void> {
  await expect(page.getByRole("link", { name: `Users ${numbers(n)}`, exact: true })).toBeVisible();
  await expect(page.getByText(new RegExp(`^${numbers(n)} users?, counted .*(, exact|; the data has changed since)`))).toBeVisible();
}

/** On a segment's page: counts anew. */
export async function refreshCount(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Refresh count" }).click();
  await expect(page.getByText("Counted just now")).toBeVisible();
}

/** On a disabled segment's page. */
export async function enableSegment(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Enable segment" }).click();
  await expect(page.getByText("The segment is enabled")).toBeVisible();
}

/** On the list of segments: whether the disabled ones are listed too. */
export async function showDisabled(page: Page): Promise<void> {
  await page.getByRole("checkbox", { name: "Show disabled" }).check();
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page.getByRole("checkbox", { name: "Show disabled" })).toBeChecked();
}
