"""What the kit says when a table or an input cannot be used."""


class Refused(Exception):
    """A plain sentence for the person who asked: the field or column, what is wrong, and what to do next."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
