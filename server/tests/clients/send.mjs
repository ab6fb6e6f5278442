// Sends with the stock library for Node, unmodified: send.mjs FOLDER HOST WRITE_KEY COUNT. Fails where the library says that
// anything was not delivered.
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, host, writeKey, count] = process.argv.slice(2);
const { Analytics } = createRequire(join(folder, "package.json"))("@segment/analytics-node");
const analytics = new Analytics({ writeKey, host, flushAt: 20, flushInterval: 200, maxRetries: 3 });
analytics.on("error", (error) => {
  console.error(error.code, error.reason);
  process.exitCode = 1;
});

const at = new Date("2026-01-05T10:00:00.250Z");
analytics.page({ anonymousId: "node-visitor", name: "Home", properties: { url: "https://shop.example/" }, timestamp: at });
analytics.identify({ userId: "node-1", anonymousId: "node-visitor", traits: { email: "Node@Example.com", plan: "pro", age: 36 } });
analytics.track({
  userId: "node-1",
  event: "Order Completed",
  properties: { order_id: "o-1", revenue: 39.95, currency: "USD", products: [{ sku: "a", quantity: 2 }] },
  timestamp: at,
});
analytics.track({ userId: "node-1", event: "Campaign Impression", properties: { campaign_id: "spring" }, timestamp: at });
analytics.group({ userId: "node-1", groupId: "acme", traits: { name: "Acme Ltd" } });
analytics.screen({ userId: "node-1", name: "Start", timestamp: at });
analytics.identify({ userId: "node-old", traits: { city: "Bern" } });
await analytics.flush();
analytics.alias({ userId: "node-1", previousId: "node-old" });
for (let i = 0; i < Number(count); i += 1) {
  analytics.track({ userId: `node-many-${i % 10}`, event: "Clicked", properties: { n: i } });
}
await analytics.closeAndFlush();
