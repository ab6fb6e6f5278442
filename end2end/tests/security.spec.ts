// What every answer carries, and whom the server does not listen to.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "../fixtures/test.ts";

test("every page says what may run on it, and nothing else does", async ({ page, ds, request, guard }) => {
  await ds.add("old", 3);
  const segment = await ds.segment("Old ones", "old");
  for (const path of ["/login", ds.page(), ds.page("/segments"), ds.page(`/segments/${segment.id}/delete`), ds.page("/no-such-page")]) {
    const headers = (await request.get(path)).headers();
    const policy = headers["content-security-policy"] ?? "";
    expect.soft(policy, path).toMatch(/default-src 'none'/);
    expect.soft(policy, path).toMatch(/script-src [^;]*'nonce-[^']{16,}'/);
    expect.soft(policy, path).not.toMatch(/'unsafe-inline'|'unsafe-eval'/);
    for (const word of ["form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"]) expect.soft(policy, path).toContain(word);
    expect.soft(headers["x-content-type-options"], path).toBe("nosniff");
    expect.soft(headers["referrer-policy"], path).toBe("same-origin");
    expect.soft(headers["cache-control"], path).toMatch(/no-store/);
    expect.soft(headers["cross-origin-opener-policy"], path).toBe("same-origin");
  }
  const nonce = async () => /'nonce-([^']+)'/.exec((await request.get("/login")).headers()["content-security-policy"] ?? "")?.[1];
  expect(await nonce()).not.toBe(await nonce());
  // No inline style and no inline handler in what the server writes: the policy would block them silently elsewhere.
  guard.expectStatus(404);
  for (const path of [ds.page(), ds.page(`/segments/${segment.id}/delete`), ds.page("/no-such-page")]) {
    await page.goto(path);
    expect.soft(await page.locator("[style], [onclick], [onload], style").count(), path).toBe(0);
  }
});

test("the session's cookie is out of reach of scripts and other sites", async ({ lethe, page, context, ds }) => {
  const body = new URLSearchParams({ name: "viewer", password: lethe.password, next: "/" });
  const answer = await fetch(`${lethe.url}/fn/log_in`, { method: "POST", body, redirect: "manual", headers: { Origin: lethe.url } });
  const cookie = answer.headers.get("set-cookie") ?? "";
  expect(cookie).toMatch(/^sid=[^;]{22,};/);
  expect(cookie).toMatch(/; HttpOnly/i);
  expect(cookie).toMatch(/; SameSite=Lax/i);
  expect(cookie).toMatch(/; Path=\//i);
  await page.goto(ds.page());
  expect(await page.evaluate(() => document.cookie)).toBe("");
  // After the log-out the old cookie opens nothing.
  const before = await context.cookies();
  await page.getByRole("button", { name: "Log out" }).click();
  await expect(page.getByRole("button", { name: "Log in" })).toBeVisible();
  await context.addCookies(before);
  await page.goto(ds.page());
  await expect(page).toHaveURL(/\/login/);
});

test("a form on another site reaches nothing", async ({ page, lethe, ds, guard, request }) => {
  await ds.add("old", 3);
  const segment = await ds.segment("Old ones", "old");
  for (const headers of [{ Origin: "https://evil.example" }, { "Sec-Fetch-Site": "cross-site" }, { "Sec-Fetch-Site": "same-site", Origin: "http://127.0.0.1:1" }, { Origin: "null" }]) {
    const answer = await request.post("/fn/disable_segment", { form: { ds: ds.slug, id: segment.id }, headers, maxRedirects: 0 });
    expect(answer.status(), JSON.stringify(headers)).toBe(403);
  }
  // The same from a browser: the other port is the same site, so the cookie travels and only the check of the origin holds.
  const evil = createServer((_, answer) => {
    const fields = Object.entries({ ds: ds.slug, id: segment.id }).map(([name, value]) => `<input name="${name}" value="${value}">`);
    answer.setHeader("Content-Type", "text/html");
    answer.end(`<title>Win!</title><link rel="icon" href="data:,"><form method="post" action="${lethe.url}/fn/disable_segment">${fields.join("")}<button>Win</button></form>`);
  });
  await new Promise<void>((resolve) => evil.listen(0, "127.0.0.1", resolve));
  try {
    await page.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`);
    guard.expectStatus(403);
    const refused = page.waitForResponse((response) => response.url().endsWith("/fn/disable_segment"));
    await page.getByRole("button", { name: "Win" }).click();
    expect((await refused).status()).toBe(403);
  } finally {
    evil.close();
  }
  expect(await ds.readSegment(segment.id)).toMatchObject({ state: "enabled" });
});

test("doors for machines ignore the browser's session, and doors for browsers ignore tokens", async ({ page, ds, request }) => {
  await page.goto(ds.page());
  for (const path of [`/api/v1${ds.api()}`, `/api/v1${ds.api("/segments")}`]) {
    const answer = await request.get(path);
    expect(answer.status(), path).toBe(401);
    expect(await answer.json()).toMatchObject({ error: { code: "unauthenticated" } });
  }
  for (const path of ["/healthz", "/readyz", "/api/openapi.json", "/api/docs"]) expect((await fetch(new URL(path, page.url()))).status, path).toBe(200);
});

test("the browser's files come packed, tagged, and are not sent twice", async ({ request }) => {
  for (const path of ["/pkg/lethe.wasm", "/pkg/lethe.js", "/pkg/lethe.css"]) {
    const first = await request.get(path, { headers: { "Accept-Encoding": "gzip, br" } });
    expect(first.status(), path).toBe(200);
    const headers = first.headers();
    expect(headers["content-encoding"], path).toBe("br");
    expect(headers["vary"]?.toLowerCase(), path).toContain("accept-encoding");
    expect(headers["x-content-type-options"], path).toBe("nosniff");
    const tag = headers["etag"] ?? "";
    expect(tag, path).toMatch(/^"[^"]+"$/);
    const again = await request.get(path, { headers: { "Accept-Encoding": "gzip, br", "If-None-Match": tag } });
    expect(again.status(), path).toBe(304);
    expect(again.headers()["etag"], path).toBe(tag);
    const plain = await request.get(path, { headers: { "Accept-Encoding": "identity" } });
    expect(plain.headers()["content-encoding"] ?? "identity", path).toBe("identity");
    expect(plain.headers()["etag"], path).not.toBe(tag);
  }
  const font = await request.get("/fonts/inter-latin.woff2");
  expect(font.headers()).toMatchObject({ "content-type": "font/woff2" });
  expect((await request.get("/pkg/..%2f..%2fCargo.toml")).status()).toBe(404);
});
