"""Sends with the stock library for Python, unmodified: send.py HOST WRITE_KEY COUNT plain|gzip. Fails where the library says
that anything was not delivered."""

import sys
from datetime import datetime, timezone

from segment.analytics.client import Client

host, write_key, count, packing = sys.argv[1:5]
failed = []
name = f"python-{packing}"
client = Client(
    write_key,
    host=host,
    gzip=packing == "gzip",
    on_error=lambda error, _: failed.append(str(error)),
    max_queue_size=100_000,
)
at = datetime(2026, 1, 5, 10, 0, 0, 250_000, tzinfo=timezone.utc)
client.page(anonymous_id=f"{name}-visitor", name="Home", properties={"url": "https://shop.example/"}, timestamp=at)
client.identify(f"{name}-1", {"email": f"{name}@Example.com", "plan": "pro", "age": 36}, anonymous_id=f"{name}-visitor")
client.track(f"{name}-1", "Order Completed", {"revenue": 39.95, "currency": "USD"}, timestamp=at)
client.track(f"{name}-1", "Campaign Impression", {"campaign_id": "spring"}, timestamp=at)
client.group(f"{name}-1", "acme", {"name": "Acme Ltd"})
client.screen(f"{name}-1", name="Start", timestamp=at)
client.identify(f"{name}-old", {"city": "Bern"})
client.alias(f"{name}-old", f"{name}-1")
for i in range(int(count)):
    client.track(f"{name}-many-{i % 10}", "Clicked", {"n": i})
client.flush()
client.join()
if failed:
    sys.exit("; ".join(failed))
