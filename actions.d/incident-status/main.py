"""Reads the open incidents of the status page."""

import os

import requests

answer = requests.get(
    f"{os.environ['STATUSPAGE_BASE_URL']}/v1/pages/{os.environ['STATUSPAGE_PAGE_ID']}/incidents/unresolved",
    headers={"Authorization": f"OAuth {os.environ['STATUSPAGE_API_KEY']}"},
    timeout=15,
)
if not answer.ok:
    raise SystemExit(f"Statuspage answered {answer.status_code}; look at the status page itself")

incidents = answer.json()
if not incidents:
    print("No open incident on the status page. Ask for browser, time and a screenshot: it may be a single case.")
for incident in incidents[:3]:
    print(f"Open incident: {incident['name']} (impact {incident['impact']}, {incident['status']})")
    parts = ", ".join(part["name"] for part in incident.get("components", []))
    if parts:
        print(f"Affected: {parts}")
    updates = incident.get("incident_updates", [])
    if updates:
        print(f"Latest update: {updates[0]['body']}")
    print(f"Follow it: {incident['shortlink']}")
code = os.environ.get("error_code")
if incidents and code and any(code in incident["name"] for incident in incidents):
    print(f"The error {code} is part of this incident.")
