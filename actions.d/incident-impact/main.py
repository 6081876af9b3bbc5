"""Lists the accounts that an incident touches and drafts the message to them."""

import os

import requests

incident = os.environ["incident_type"]
region = os.environ.get("region", "all")

answer = requests.get(
    os.environ["ANALYTICS_BASE_URL"] + "/v1/impact",
    headers={"Authorization": f"Bearer {os.environ['ANALYTICS_API_KEY']}"},
    params={"type": incident, "region": region},
    timeout=15,
)
if not answer.ok:
    raise SystemExit(f"The analytics service answered {answer.status_code}")

accounts = sorted(answer.json()["accounts"], key=lambda account: -account["failed_requests"])
print(f"{len(accounts)} account(s) affected by the {incident} issue, region {region}:\n")
print("| Account | Plan | Region | Failed requests |")
print("| --- | --- | --- | --- |")
for account in accounts:
    print(f"| {account['name']} | {account['plan']} | {account['region']} | {account['failed_requests']:,} |")
first = [account["name"] for account in accounts if account["plan"] == "Enterprise"]
if first:
    print(f"\nCall first (Enterprise): {', '.join(first)}.")
print(
    f"\nDraft message:\n> Subject: {incident.capitalize()} affecting {'our service' if region == 'all' else region}\n"
    "> We see a problem that may touch your account and are working on it. "
    "We will write again within the hour; the status page has the latest."
)
