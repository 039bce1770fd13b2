"""What further servers, gateways and networks say when they refuse, as they really word it."""

from __future__ import annotations

Refusal = tuple[int, object, str, str]
"""Status, body, the cause that a person would name, and words of the server that must be kept."""


def told(message: str, **more: object) -> dict:
    return {"error": {"message": message, **more}}


MORE_CAUSES: dict[str, Refusal] = {
    "Azure, deployment": (
        404,
        {
            "error": {
                "code": "DeploymentNotFound",
                "message": "The API deployment for this resource does not exist.",
            }
        },
        "model",
        "deployment for this resource",
    ),
    "Azure, filter": (
        400,
        told(
            "The response was filtered due to the prompt triggering content management policy.",
            code="content_filter",
        ),
        "moderation",
        "filtered",
    ),
    "Azure, subscription key": (
        401,
        told("Access denied due to invalid subscription key or wrong API endpoint.", code="401"),
        "key",
        "invalid subscription key",
    ),
    "Bedrock gateway, access": (
        403,
        {
            "message": "You don't have access to the model with the specified model ID.",
            "type": "AccessDenied",
        },
        "model",
        "access to the model",
    ),
    "Google, quota": (
        429,
        [{"error": {"code": 429, "message": "Resource has been exhausted", "status": "RESOURCE_EXHAUSTED"}}],
        "rate",
        "exhausted",
    ),
    "Google, quota per day": (
        429,
        told("You exceeded your current quota: GenerateRequestsPerDayPerProjectPerModel-FreeTier"),
        "allowance",
        "PerDay",
    ),
    "Google, model": (
        404,
        told("models/gemini-9 is not found for API version v1beta, or is not supported", status="NOT_FOUND"),
        "model",
        "gemini-9",
    ),
    "Google, key expired": (
        400,
        told("API key expired. Please renew the API key.", status="INVALID_ARGUMENT"),
        "key",
        "API key expired",
    ),
    "Google, service off": (
        403,
        told("Generative Language API has not been used in project 12 before or it is disabled."),
        "key",
        "disabled",
    ),
    "Mistral": (401, {"detail": "Unauthorized"}, "key", "Unauthorized"),
    "Mistral, model": (
        400,
        {"object": "error", "message": "Invalid model: stand-in", "type": "invalid_model"},
        "model",
        "Invalid model",
    ),
    "Groq, tokens per minute": (
        429,
        told(
            "Rate limit reached for model stand-in on tokens per minute (TPM): Limit 6000",
            code="rate_limit_exceeded",
        ),
        "rate",
        "TPM",
    ),
    "Groq, tokens per day": (
        429,
        told(
            "Rate limit reached for model stand-in on tokens per day (TPD): Limit 100000. Please try again in 7m12s."  # noqa: E501  # the words of a server
        ),
        "allowance",
        "TPD",
    ),
    "Groq, request too large": (
        413,
        told("Request too large for model stand-in on tokens per minute (TPM)", code="rate_limit_exceeded"),
        "context",
        "too large",
    ),
    "Groq, decommissioned": (
        400,
        told(
            "The model stand-in has been decommissioned and is no longer supported.",
            code="model_decommissioned",
        ),
        "model",
        "decommissioned",
    ),
    "DeepSeek, balance": (
        402,
        told("Insufficient Balance", type="unknown_error"),
        "credit",
        "Insufficient Balance",
    ),
    "DeepSeek, busy": (503, told("Service is too busy."), "failed_there", "too busy"),
    "OpenRouter, credits": (
        402,
        told("This request requires more credits, or fewer max_tokens.", code=402),
        "credit",
        "more credits",
    ),
    "OpenRouter, key limit": (
        403,
        told("Key limit exceeded (total limit).", code=403),
        "credit",
        "Key limit",
    ),
    "OpenRouter, no user": (401, told("User not found.", code=401), "key", "User not found"),
    "OpenRouter, free models per day": (
        429,
        told("Rate limit exceeded: free-models-per-day", code=429),
        "allowance",
        "per-day",
    ),
    "OpenAI, quota": (
        429,
        told(
            "You exceeded your current quota, please check your plan.",
            type="insufficient_quota",
            code="insufficient_quota",
        ),
        "credit",
        "check your plan",
    ),
    "OpenAI, billing": (
        429,
        told("Billing hard limit has been reached", code="billing_hard_limit_reached"),
        "credit",
        "hard limit",
    ),
    "OpenAI, organisation": (
        401,
        told("You must be a member of an organization to use the API", type="invalid_request_error"),
        "key",
        "organization",
    ),
    "OpenAI, model of others": (
        404,
        told("The model `stand-in` does not exist or you do not have access to it.", code="model_not_found"),
        "model",
        "does not exist",
    ),
    "Anthropic, overloaded": (
        529,
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        "failed_there",
        "Overloaded",
    ),
    "Anthropic, too long": (
        400,
        {
            "type": "error",
            "error": {"type": "invalid_request_error", "message": "prompt is too long: 210000 tokens"},
        },
        "context",
        "too long",
    ),
    "vLLM, too long": (
        400,
        {"object": "error", "message": "This model's maximum context length is 4096 tokens.", "code": 400},
        "context",
        "4096 tokens",
    ),
    "vLLM, no such model": (
        404,
        {"object": "error", "message": "The model `stand-in` does not exist.", "type": "NotFoundError"},
        "model",
        "does not exist",
    ),
    "Ollama, not pulled": (404, told("model 'stand-in' not found, try pulling it first"), "model", "pulling"),
    "Ollama, no memory": (
        500,
        told("model requires more system memory (12.1 GiB) than is available (7.5 GiB)"),
        "failed_there",
        "system memory",
    ),
    "LM Studio, none loaded": (
        400,
        told("No models loaded. Please load a model in the developer page."),
        "model",
        "No models loaded",
    ),
    "llama.cpp, loading": (
        503,
        told("Loading model", type="unavailable_error"),
        "failed_there",
        "Loading model",
    ),
    "LiteLLM, budget": (
        400,
        told("ExceededBudget: Budget has been exceeded! Current cost: 5.1"),
        "credit",
        "Budget",
    ),
    "Cloudflare, blocked": (
        403,
        "<!DOCTYPE html><html><title>Attention Required! | Cloudflare</title></html>",
        "filter",
        "Cloudflare",
    ),
    "Cloudflare, origin": (
        522,
        "<html><title>522: Connection timed out</title></html>",
        "failed_there",
        "522",
    ),
    "Cloudflare, challenge": (403, "<html><title>Just a moment...</title></html>", "filter", "Just a moment"),
    "nginx, no upstream": (502, "<html><title>502 Bad Gateway</title></html>", "failed_there", "502"),
    "nginx, too large": (413, "<html><title>413 Request Entity Too Large</title></html>", "context", "413"),
    "Zscaler": (451, "<html><title>Website blocked</title></html>", "filter", "blocked"),
    "hotel network": (200, "<html><title>Welcome to our WiFi</title></html>", "web_page", "WiFi"),
    "a site for people": (405, "<html><title>405 Not Allowed</title></html>", "path", "405"),
    "Gradio": (404, {"detail": "Not Found"}, "path", "Not Found"),
    "Jupyter": (404, {"message": "404 : Not Found", "reason": None}, "path", "Not Found"),
    "region in French words": (
        403,
        told("This model is not available in your region.", code="region_blocked"),
        "region",
        "in your region",
    ),
    "zero data retention": (
        404,
        told("No endpoints available matching your guardrail restrictions and data policy."),
        "policy",
        "data policy",
    ),
    "unavailable for law": (
        451,
        told("This model is unavailable for legal reasons in your country."),
        "region",
        "in your country",
    ),
    "too early": (425, told("Too Early"), "failed_there", "Too Early"),
    "gone": (410, told("This model version was retired on 2026-01-01."), "model", "retired"),
    "concurrency": (429, told("Too many concurrent requests. Please slow down."), "rate", "concurrent"),
}
