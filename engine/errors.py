"""The one exception that carries a sentence for a person."""


class EngineError(ValueError):
    """What was expected and what came, in one sentence; pages and command lines show it as it is."""


def require(condition: bool, sentence: str) -> None:
    """Raise `EngineError(sentence)` unless `condition` holds."""
    if not condition:
        raise EngineError(sentence)


def clause(said: str, most: int) -> str:
    """What a library said as the last part of a sentence: in one line of at most `most` letters, without an end."""
    return " ".join(said.split())[:most].rstrip(".")
