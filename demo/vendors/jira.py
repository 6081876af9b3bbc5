"""Jira: creates issues. A summary with ``[forbidden]`` is refused as if the project did not allow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from demo.vendors.access import bearer

if TYPE_CHECKING:
    from demo.world import State


def routes(state: State) -> list[web.RouteDef]:
    async def create(request: web.Request) -> web.Response:
        if not bearer(request, state.keys["JIRA_BASIC"], "Basic"):
            return web.json_response({"message": "Client must be authenticated to access this resource."}, status=401)
        fields = (await request.json()).get("fields", {})
        faults = {}
        if not fields.get("summary"):
            faults["summary"] = "You must specify a summary of the issue."
        if not fields.get("project", {}).get("key"):
            faults["project"] = "Specify a valid project ID or key"
        if "[forbidden]" in str(fields.get("summary")):
            faults["summary"] = "You do not have permission to create issues in this project."
        if faults:
            return web.json_response({"errorMessages": [], "errors": faults}, status=400)
        number = 4811 + state.wrote("jira.issue", {"fields": fields})
        key = f"{fields['project']['key']}-{number}"
        link = f"{request.scheme}://{request.host}/jira/rest/api/3/issue/{number}"
        return web.json_response({"id": str(number), "key": key, "self": link}, status=201)

    return [web.post("/jira/rest/api/3/issue", create)]
