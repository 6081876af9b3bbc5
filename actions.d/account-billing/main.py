"""Finds a customer's subscription at Stripe."""

import os
from datetime import datetime, timezone

import requests

email = os.environ["customer_email"].lower()
base = os.environ["STRIPE_BASE_URL"]
headers = {"Authorization": f"Bearer {os.environ['STRIPE_API_KEY']}"}


def get(path, **params):
    answer = requests.get(base + path, headers=headers, params=params, timeout=10)
    if not answer.ok:
        raise SystemExit(f"Stripe answered {answer.status_code}; try again in a minute")
    return answer.json()["data"]


customers = get("/v1/customers/search", query=f'email:"{email}"')
if not customers:
    print(f"There is no account for {email}.")
for customer in customers[:1]:
    subscriptions = get("/v1/subscriptions", customer=customer["id"], limit=1)
    print(f"Account: {customer['name']} <{email}>")
    if not subscriptions:
        print("Plan: none (free)")
    for subscription in subscriptions:
        end = datetime.fromtimestamp(subscription["current_period_end"], timezone.utc).strftime("%d %B %Y")
        print(f"Plan: {subscription['items']['data'][0]['price']['nickname']}")
        print(f"Status: {subscription['status'].replace('_', ' ')}")
        print(f"{'Ends' if subscription['cancel_at_period_end'] else 'Renews'}: {end}")
        if subscription["status"] == "past_due":
            print("Next step: the last payment failed; the customer should update the card.")
