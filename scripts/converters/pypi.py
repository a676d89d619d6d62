"""What the converters of PyPI make of every tool: JSON on stdin and stdout."""

import copy
import importlib.metadata
import json
import sys

from agents.strict_schema import ensure_strict_json_schema
from google.genai import _mcp_utils, types
from mcp.types import Tool
from pydantic_ai.profiles.google import GoogleJsonSchemaTransformer
from pydantic_ai.profiles.openai import OpenAIJsonSchemaTransformer


def openai_agents(tool):
    return ensure_strict_json_schema(tool["inputSchema"])


def genai_mcp(tool):
    (made,) = _mcp_utils.mcp_to_gemini_tool(
        Tool.model_validate(tool)
    ).function_declarations
    return made.parameters_json_schema or plain(made.parameters)


def genai_schema(tool):
    schema = types.JSONSchema.model_validate(tool["inputSchema"])
    return plain(
        types.Schema.from_json_schema(json_schema=schema, api_option="GEMINI_API")
    )


def plain(model):
    return model.model_dump(mode="json", exclude_none=True)


def pydantic_openai(tool):
    return OpenAIJsonSchemaTransformer(tool["inputSchema"], strict=True).walk()


def pydantic_google(tool):
    return GoogleJsonSchemaTransformer(tool["inputSchema"], strict=None).walk()


CONVERTERS = {
    "openai-agents, strict": ("openai-agents", openai_agents),
    "google-genai, mcp": ("google-genai", genai_mcp),
    "google-genai, Schema": ("google-genai", genai_schema),
    "pydantic-ai, OpenAI strict": ("pydantic-ai-slim", pydantic_openai),
    "pydantic-ai, Google": ("pydantic-ai-slim", pydantic_google),
}


def attempt(convert, tool):
    try:
        return {"schema": convert(copy.deepcopy(tool))}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:200]}


tools = json.load(sys.stdin)
json.dump(
    [
        {
            "name": name,
            "version": importlib.metadata.version(package),
            "made": {tool["name"]: attempt(convert, tool) for tool in tools},
        }
        for name, (package, convert) in CONVERTERS.items()
    ],
    sys.stdout,
    default=str,
)
