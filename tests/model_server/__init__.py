"""A local stand-in for model servers: OpenAI's and Anthropic's wire formats, with faults on demand."""

from tests.model_server.asked import Answer, Asked
from tests.model_server.faults import FAULTS
from tests.model_server.server import ModelServer

__all__ = ["FAULTS", "Answer", "Asked", "ModelServer"]
