"""Finds the refund of an order at Stripe and says when the money arrives."""

import os
from datetime import datetime, timezone

import requests

NO_DECIMALS = {"jpy", "krw", "vnd", "clp"}
order = os.environ["order_id"].lstrip("#")


def money(amount, currency):
    value = amount if currency in NO_DECIMALS else amount / 100
    return f"{value:,.0f} {currency.upper()}" if currency in NO_DECIMALS else f"{value:,.2f} {currency.upper()}"


answer = requests.get(
    os.environ["STRIPE_BASE_URL"] + "/v1/refunds",
    headers={"Authorization": f"Bearer {os.environ['STRIPE_API_KEY']}"},
    params={"limit": 100},
    timeout=15,
)
if answer.status_code == 401:
    raise SystemExit("Stripe refused the API key; an operator must set STRIPE_API_KEY again")
if not answer.ok:
    raise SystemExit(f"Stripe answered {answer.status_code}; try again in a minute")

refunds = [r for r in answer.json().get("data", []) if str(r.get("metadata", {}).get("order_id")) == order]
if not refunds:
    print(f"There is no refund for order {order}. If one was promised, it has not been issued yet.")
for refund in refunds:
    day = datetime.fromtimestamp(refund["created"], timezone.utc).strftime("%d %B %Y")
    print(f"Refund for order {order}: {money(refund['amount'], refund['currency'])}, issued {day}")
    status = refund["status"]
    if status == "succeeded":
        print("Status: succeeded. Banks show it 5 to 10 business days after it was issued.")
    elif status == "pending":
        print("Status: pending. It is on its way to the bank; allow 5 to 10 business days.")
    else:
        print(f"Status: {status} ({(refund.get('failure_reason') or 'no reason given').replace('_', ' ')}).")
        print("Next step: ask the customer for another card or bank account and issue it again.")
    if refund.get("metadata", {}).get("invoice_url"):
        print(f"Invoice: {refund['metadata']['invoice_url']}")
