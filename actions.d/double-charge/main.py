"""Tells two real charges from one charge and its hold."""

import os
from datetime import datetime, timezone

import requests

email = os.environ["customer_email"].lower()
amount = os.environ.get("amount")

answer = requests.get(
    os.environ["STRIPE_BASE_URL"] + "/v1/charges",
    headers={"Authorization": f"Bearer {os.environ['STRIPE_API_KEY']}"},
    params={"limit": 100},
    timeout=15,
)
if not answer.ok:
    raise SystemExit(f"Stripe answered {answer.status_code}; try again in a minute")

charges = [c for c in answer.json()["data"] if (c["billing_details"].get("email") or "").lower() == email]
if amount:
    charges = [c for c in charges if abs(c["amount"] / 100 - float(amount)) < 0.005]
if not charges:
    print(f"No charges found for {email}" + (f" of {float(amount):.2f}" if amount else "") + ".")
    raise SystemExit(0)

print(f"{len(charges)} charge(s) for {email}:")
for charge in charges:
    day = datetime.fromtimestamp(charge["created"], timezone.utc).strftime("%d %b %Y %H:%M UTC")
    kind = "refunded" if charge["refunded"] else "paid" if charge["captured"] else "hold, not captured"
    print(f"- {charge['id']}: {charge['amount'] / 100:.2f} {charge['currency'].upper()}, {kind}, {day}")

paid = [c for c in charges if c["captured"] and not c["refunded"]]
holds = [c for c in charges if not c["captured"]]
same = len(paid) - len({c["amount"] for c in paid})
if same:
    print("Finding: a real double charge. Refund one of the paid charges above.")
elif holds:
    print("Finding: one payment and one hold of the bank. The hold falls away by itself within 7 days; refund nothing.")
else:
    print("Finding: no double charge.")
