"""What tests ask of `recommend`, and how the documentation's tables write its answers."""

import fastinit as fi

#: What kinds need besides.
NEEDED = {
    **{kind: {"units": 5} for kind in ("lstm_recurrent", "lstm_bias", "gru_recurrent")},
    "sine_first": {"fans": (3, 256)},
}


def shown(activation: str | None, kind: str = "dense") -> list[str]:
    """The scheme, as one would write it, and the reason."""
    init = fi.recommend(activation, kind, **NEEDED.get(kind, {}))
    params = ", ".join(
        f"{name}={f'{value:.4g}' if isinstance(value, float) else repr(value)}" for name, value in init.params.items()
    )
    name = f"{init.name}({params})" if params else init.name
    if len(init.blocks) > 1:
        name = f"{init.blocks[0][1].name} in each of {len(init.blocks)} blocks"
    elif init.blocks:
        name += f", but {init.blocks[0][1].name} in {init.blocks[0][0]}"
    return [f"`{name}`".replace("fastinit.", "fi."), init.reason]
