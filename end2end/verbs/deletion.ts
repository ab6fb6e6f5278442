// A deletion from the segment's page to its end, through the page.
import { expect, type Locator, type Page } from "@playwright/test";
import { profiles } from "./words.ts";

/** A job of a few hundred people under a limit takes some seconds. */
const JOB_MS = 60_000;

/** What is typed and ticked on the delete page; what is missing is left as the page has it. */
export interface Confirmation {
  name?: string;
  count?: number | string;
  /** Profiles a second at most. */
  rate?: number | string;
  start?: "At once" | "After a waiting period" | "After the running deletion";
  consent?: boolean;
  /** Ticks the box about this many running campaigns. */
  seen?: number;
  /** Whether the box about everyone in the dataset is ticked; ticked where the page has it and nothing is said. */
  everyone?: boolean;
  reason?: string;
  password?: string;
}

/** On a segment's page. */
export async function openDelete(page: Page, count: number): Promise<void> {
  await page.getByRole("link", { name: "Delete All Users in Segment" }).click();
  await expect(page.getByRole("heading", { level: 1, name: `Delete ${profiles(count)}?` })).toBeVisible();
}

export const boxes = {
  name: (page: Page): Locator => page.getByRole("textbox", { name: "Segment name" }),
  count: (page: Page): Locator => page.getByRole("textbox", { name: "Number of profiles" }),
  rate: (page: Page): Locator => page.getByRole("textbox", { name: "At most, profiles a second" }),
  reason: (page: Page): Locator => page.getByRole("textbox", { name: "Reason" }),
  consent: (page: Page): Locator => page.getByRole("checkbox", { name: "I understand that deleted users cannot be recovered" }),
  seen: (page: Page, n: number): Locator => page.getByRole("checkbox", { name: `I have seen that ${n} running campaigns are affected` }),
  password: (page: Page): Locator => page.getByRole("textbox", { name: "Password" }),
};

export async function fillConfirmation(page: Page, said: Confirmation): Promise<void> {
  if (said.start !== undefined) await page.getByRole("radio", { name: new RegExp(`^${said.start}`) }).check();
  if (said.rate !== undefined) await boxes.rate(page).fill(`${said.rate}`);
  if (said.reason !== undefined) await boxes.reason(page).fill(said.reason);
  if (said.name !== undefined) await boxes.name(page).fill(said.name);
  if (said.count !== undefined) await boxes.count(page).fill(`${said.count}`);
  if (said.seen !== undefined) await boxes.seen(page, said.seen).check();
  const everyone = page.getByRole("checkbox", { name: /everyone in the dataset/ });
  if (said.everyone !== false && (await everyone.count()) > 0) await everyone.check();
  if (said.consent !== undefined) await boxes.consent(page).setChecked(said.consent);
  if (said.password !== undefined) await boxes.password(page).fill(said.password);
}

export async function pressConfirm(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Confirm Delete" }).click();
}

/** On the delete page: types, ticks, confirms, and comes out on the page of the job. Gives the job's number. */
export async function confirmDelete(page: Page, said: Confirmation & { name: string }): Promise<string> {
  await fillConfirmation(page, { consent: true, ...said });
  await pressConfirm(page);
  return onJob(page, said.name);
}

/** The page of a job of this segment is open. Gives the job's id. */
export async function onJob(page: Page, segment: string): Promise<string> {
  await expect(page).toHaveURL(/\/jobs\/[^/?]+/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(segment);
  await expect(progressbar(page)).toBeVisible();
  return new URL(page.url()).pathname.split("/").at(-1) ?? "";
}

export function progressbar(page: Page): Locator {
  return page.getByRole("progressbar", { name: "Deletion progress" });
}

/** The region of a job's page that is read out. */
export function announced(page: Page): Locator {
  return page.getByRole("status").filter({ hasText: /start|percent|pausing|paused|resum|finished|cancel|checking|deletion accepted|failed/i }).last();
}

/** On a job's page without JavaScript: lets it come anew by itself. With JavaScript there is nothing to choose. */
export async function follow(page: Page): Promise<void> {
  const way = page.getByRole("link", { name: "follow it" });
  if (await way.isVisible()) await way.click();
}

/** Without JavaScript: back from following to the page that can be steered. */
export async function stand(page: Page): Promise<void> {
  const way = page.getByRole("link", { name: "Stop following it" });
  if (await way.isVisible()) await way.click();
}

/** On a job's page: waits until it shows how the job ended; with WASM it does so by itself, without as soon as it is followed. */
export async function waitForJob(page: Page, outcome: string | RegExp): Promise<void> {
  await follow(page);
  await expect(page.getByRole("heading", { level: 2, name: outcome })).toBeVisible({ timeout: JOB_MS });
}

/** What a finished job says that has left nobody. */
export function nobodyLeft(deleted: number): string {
  return `${profiles(deleted)} deleted, nobody of the list is left`;
}

/** A number of a job's page: `Deleted`, `Spared`, … */
export function tile(page: Page, name: string): Locator {
  // A term and its description; terms have no way to their descriptions by role.
  return page.locator("dl.tiles > div", { has: page.getByText(name, { exact: true }) }).locator("dd").first();
}
