"""Reads the asker's own time-off balance."""

import os

import requests

user = os.environ.get("GURUBASE_USER_EMAIL", "")
if not user:
    raise SystemExit("I do not know your e-mail address here, so I cannot look up your balance")
answer = requests.get(
    os.environ["HR_BASE_URL"] + "/pto",
    params={"user": user},
    headers={"Authorization": f"Bearer {os.environ['HR_TOKEN']}"},
    timeout=10,
)
if not answer.ok:
    raise SystemExit(f"The HR system answered {answer.status_code}")
data = answer.json()
print(f"{os.environ.get('GURUBASE_USER_NAME', user)} has {data['remaining']} PTO days left this year.")
print(f"Last used on {data['last_used']}.")
if data.get("booked"):
    print(f"Booked: {', '.join(data['booked'])}.")
