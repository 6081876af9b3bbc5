"""Ranks open tickets by the time left until their SLA is breached."""

import os
from datetime import datetime, timedelta, timezone

import requests

try:
    import matplotlib.pyplot as plt
except ImportError:
    plt = None  # the slim image draws no chart; the table says the same

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


def draw(rows):
    """A bar for each ticket: how long until it breaches, or how long ago it did."""
    minutes = [(breach - now).total_seconds() / 60 for breach, _, _ in rows]
    colours = ["#b3261e" if left < 0 else "#c77700" if left < 30 else "#2f7f86" for left in minutes]
    figure, axes = plt.subplots(figsize=(7, 1 + 0.4 * len(rows)), layout="constrained")
    axes.barh([f"#{ticket['id']}" for _, ticket, _ in rows], minutes, color=colours)
    axes.axvline(0, color="black", linewidth=1)
    axes.invert_yaxis()
    axes.set_xlabel("Minutes until the SLA is breached")
    figure.savefig("/tmp/output/sla.png", dpi=150)  # noqa: S108 - in a container of its own


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
    rows.sort(key=lambda row: row[0])
    for breach, ticket, group in rows:
        minutes = int((breach - now).total_seconds() // 60)
        left = "already breached" if minutes < 0 else f"{minutes // 60} h {minutes % 60:02} min"
        who = (ticket.get("assignee") or {}).get("name", "nobody")
        print(f"| #{ticket['id']} | {ticket['subject']} | {ticket['priority']} | {group} | {who} | {left} |")
    alone = [row[1] for row in rows if not row[1].get("assignee")]
    print(f"\nDo first: #{rows[0][1]['id']}.", end=" ")
    print("Assign: " + ", ".join(f"#{t['id']}" for t in alone) + "." if alone else "All have an assignee.")
    if plt:
        draw(rows)
