"""The schemes that rules name: each once, by its position."""

from __future__ import annotations

from fastinit.common.errors import reject_value
from fastinit.laws.spec import Spec
from fastinit.schemes.register import REGISTER, Configured, get

#: In place of a scheme's position: the array is left as it is.
KEEP = -1


class Keep:
    """A rule of `initialize`: the array is left as it is."""

    __slots__ = ()
    __module__ = "fastinit"  # where pickles find the one

    def __repr__(self) -> str:
        return "fastinit.keep"

    def __reduce__(self) -> str:
        return "keep"


keep = Keep()


class Schemes:
    """The distinct schemes that rules and their functions name, by position."""

    def __init__(self):
        self.specs: list[Spec] = []
        self._by_name: dict[str, int] = {}
        self._by_id: dict[int, int] = {id(keep): KEEP}
        self._by_blocks: dict[tuple, int] = {}
        self._held: list[object] = []  # so that nothing else gets their identity

    def known(self, scheme: object) -> int | None:
        """The position of what has been added, or is equal to it as far as that is found at once."""
        if type(scheme) is str:
            return self._by_name.get(scheme)
        return self._by_id.get(id(scheme.spec if type(scheme) is Configured else scheme))

    def add(self, scheme: object) -> int | None:
        """Its position; None if it is neither a scheme nor a scheme's name nor `keep`."""
        if isinstance(scheme, str):
            if scheme == "keep":
                reject_value("get", "name", "a scheme's name; to leave an array as it is, fastinit.keep itself", scheme)
            position = self._add_configured(get(scheme))
            self._by_name[str.__str__(scheme)] = position
            return position
        if isinstance(scheme, Configured):
            return self._add_configured(scheme)
        if any(scheme is public for public in REGISTER.values()):
            self._held.append(scheme)
            position = self._by_id[id(scheme)] = self._add_spec(scheme.configured({}))
            return position
        return None

    def _add_configured(self, scheme: Configured) -> int:
        if not scheme.blocks:
            return self._add_spec(scheme.spec)
        # A specification with blocks is another each time. Found again by its parts, its laws are computed once.
        key = self._parts_of(scheme)
        position = self._by_blocks.get(key)
        if position is None:
            position = self._by_blocks[key] = self._add_spec(scheme.spec)
        return position

    def _parts_of(self, scheme: Configured) -> tuple:
        plain = REGISTER[scheme.name].configured(dict(scheme.params))
        self._held.append(plain)
        return id(plain), *((repr(index), self._parts_of(other)) for index, other in scheme.blocks)

    def _add_spec(self, spec: Spec) -> int:
        position = self._by_id.setdefault(id(spec), len(self.specs))
        if position == len(self.specs):
            self.specs.append(spec)
        return position
