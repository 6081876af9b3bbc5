"""Names of OpenTelemetry's conventions for generative AI, as of version 1.37 (all still "Development").

They change from version to version, so no other module spells one.
"""

from __future__ import annotations

OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
MODEL = "gen_ai.request.model"
CONVERSATION = "gen_ai.conversation.id"
AGENT = "gen_ai.agent.name"
TOOL = "gen_ai.tool.name"
TOOL_CALL = "gen_ai.tool.call.id"
SENT_TOKENS = "gen_ai.usage.input_tokens"
WRITTEN_TOKENS = "gen_ai.usage.output_tokens"
ERROR = "error.type"

INVOKE_AGENT = "invoke_agent"
CHAT = "chat"
EXECUTE_TOOL = "execute_tool"
