"""Every event, method and fault that Slack is known to have is met by a scenario, on each line that has it.

A name counts where a test claims it (``covers``) and the simulator saw it happen there (``covering.py``). The list is
that of docs.slack.dev as far as an app like ours can meet it.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from tests.adapters.slack.covering import COVERED

MESSAGES = (
    "message", "file_share", "thread_broadcast", "message_changed", "message_deleted", "bot_message", "channel_join",
)  # fmt: skip
EVENTS = {
    "app_mention", *(f"{kind} in {where}" for kind, where in product(MESSAGES, ("channel", "group", "im", "mpim"))),
    "app_home_opened(home)", "app_home_opened(messages)", "reaction_added", "reaction_removed",
    "member_joined_channel", "agent_session_stopped", "app_context_changed", "assistant_thread_started",
    "assistant_thread_context_changed", "app_uninstalled", "tokens_revoked", "app_rate_limited",
    "block_actions(message)", "block_actions(ephemeral)", "block_actions(home)", "block_actions(modal)",
    "view_submission", "view_closed", "shortcut", "message_action", "block_suggestion", "slash_commands",
}  # fmt: skip
METHODS = {
    "auth.test", "auth.revoke", "oauth.v2.access", "chat.postMessage", "chat.update", "chat.delete",
    "chat.postEphemeral", "chat.startStream", "chat.appendStream", "chat.stopStream", "chat.getPermalink",
    "chat.scheduleMessage", "assistant.threads.setStatus", "assistant.threads.setSuggestedPrompts",
    "assistant.threads.setTitle", "agents.sessions.setStatus", "agents.sessions.rename", "conversations.replies",
    "conversations.history", "conversations.info", "conversations.list", "conversations.members", "conversations.open",
    "users.info", "users.lookupByEmail", "usergroups.list", "bots.info", "team.info", "views.open", "views.update",
    "views.publish", "reactions.add", "reactions.remove", "files.getUploadURLExternal", "upload",
    "files.completeUploadExternal", "blocks.validate", "response_url",
}  # fmt: skip
FAULTS = {
    # of delivery
    "redelivered", "given up", "duplicate", "out of order",
    # of any call
    "429", "ratelimited", "500", "503", "html", "reset", "silence", "lost",
    # of messages and forms
    "msg_too_long", "msg_blocks_too_long", "invalid_blocks", "not_in_channel", "channel_not_found", "is_archived",
    "user_not_in_channel", "expired_trigger_id", "token_expired", "token_revoked", "missing_scope(needed, provided)",
    # of streams
    "message_not_in_streaming_state", "stopped_by_user", "streaming_state_conflict", "message_not_owned_by_app",
    "invalid_chunks", "msg_blocks_too_many", "channel_type_not_supported", "rate_limited", "unknown_method",
    "method_deprecated", "feature_not_enabled", "missing_recipient_user_id", "missing_recipient_team_id",
}  # fmt: skip
ON_BOTH = EVENTS | METHODS | FAULTS
ONLY = {
    "socket": {
        "apps.connections.open", "timeout", "reset", "deaf", "hung up", "disconnect warning",
        "disconnect refresh_requested", "disconnect link_disabled", "disconnect too_many_websockets",
        *(f"apps.connections.open {fault}" for fault in ("invalid_auth", "ratelimited", "429", "503", "html", "reset")),
    },
    "http": {
        "url_verification", "wrong signature", "old timestamp", "http_timeout", "http_error", "connection_failed",
        "ssl_error", "too_many_redirects", "unknown_error",
    },
}  # fmt: skip


@pytest.fixture
def covered(request: pytest.FixtureRequest) -> set[tuple[str, str]]:
    """Names and lines, when all files that claim some were collected."""
    claims = request.config.stash[COVERED]
    with_claims = {path.name for path in Path(__file__).parent.glob("test_*.py") if "mark.covers(" in path.read_text()}
    if with_claims - {Path(__file__).name} - {file for _, _, file in claims}:
        pytest.skip("only where the whole folder is collected")
    return {(name, line) for name, line, _ in claims}


@pytest.mark.parametrize("line", ["socket", "http"])
def test_everything_on_the_list_has_a_scenario(covered: set[tuple[str, str]], line: str) -> None:
    assert sorted(name for name in ON_BOTH | ONLY[line] if (name, line) not in covered) == []


def test_nothing_is_claimed_that_is_not_on_the_list(covered: set[tuple[str, str]]) -> None:
    assert {name for name, line in covered if name not in ON_BOTH | ONLY[line]} == set()
