"""Ranks open tickets by the time left until their SLA is breached."""

import os
from datetime import datetime, timedelta, timezone

import requests

hours = float(os.environ.get("hours_ahead", "2"))
team = os.environ.get("team", "").lower()
base = os.environ["ZENDESK_BASE_URL"]
now = datetime.now(timezone.utc)

answer = requests.get(
    f"{base}/api/v2/search.json",
    auth=(os.environ["ZENDESK_EMAIL"] + "/token", os.environ["ZENDESK_API_TOKEN"]),
    params={"query": "type:ticket status<solved", "include": "tickets(slas,groups,users)", "per_page": 100},
    timeout=20,
)
if not answer.ok:
    raise SystemExit(f"Zendesk answered {answer.status_code}; check the credentials or try again in a minute")


def next_breach(ticket):
    metrics = ticket.get("slas", {}).get("policy_metrics", [])
    times = [datetime.fromisoformat(m["breach_at"]) for m in metrics if m.get("breach_at")]
    return min(times, default=None)


rows = []
for ticket in answer.json()["results"]:
    breach = next_breach(ticket)
    group = (ticket.get("group") or {}).get("name", "")
    if breach and breach <= now + timedelta(hours=hours) and (not team or team in group.lower()):
        rows.append((breach, ticket, group))

where = f" in {team}" if team else ""
if not rows:
    print(f"No ticket{where} breaches its SLA in the next {hours:g} hours.")
else:
    print(f"{len(rows)} ticket(s){where} breach their SLA in the next {hours:g} hours:\n")
    print("| Ticket | Subject | Priority | Team | Assignee | Breach in |")
    print("| --- | --- | --- | --- | --- | --- |")
    for breach, ticket, group in sorted(rows, key=lambda row: row[0]):
        minutes = int((breach - now).total_seconds() // 60)
        left = "already breached" if minutes < 0 else f"{minutes // 60} h {minutes % 60:02} min"
        who = (ticket.get("assignee") or {}).get("name", "nobody")
        print(f"| #{ticket['id']} | {ticket['subject']} | {ticket['priority']} | {group} | {who} | {left} |")
    alone = [row[1] for row in rows if not row[1].get("assignee")]
    first = min(rows, key=lambda row: row[0])[1]
    print(f"\nDo first: #{first['id']}.", end=" ")
    print("Assign: " + ", ".join(f"#{t['id']}" for t in alone) + "." if alone else "All have an assignee.")
