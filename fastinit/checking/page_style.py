"""The page's style sheet: light and dark as the reader's system asks, and on paper always light."""

from __future__ import annotations

from fastinit.checking import drawing
from fastinit.checking.drawing import Colors


def _variables(colors: Colors) -> str:
    return "".join(f"--{name}: {value}; " for name, value in colors._asdict().items())


STYLE = (
    f"""
:root {{ {_variables(drawing.LIGHT)}}}
@media screen and (prefers-color-scheme: dark) {{ :root {{ {_variables(drawing.DARK)}}} }}
"""
    + """
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { padding: 1.5rem clamp(1rem, 3vw, 3rem) 3rem; }
h1 { margin: 0; font-size: 2rem; line-height: 1.3; }
p { margin: 0.3rem 0; max-width: 60rem; overflow-wrap: anywhere; }
h1.healthy { color: var(--healthy); }
h1.sick, tr.sick .verdict { color: var(--sick); }
.remedy, .small, thead th { color: var(--muted); }
.small { font-size: 13px; margin-top: 1rem; }
.scroll { overflow-x: auto; margin-top: 1rem; }
table { border-collapse: separate; border-spacing: 0; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 0 0.7rem; text-align: left; white-space: nowrap; font-weight: normal; }
thead th { vertical-align: bottom; padding-bottom: 0.3rem; border-bottom: 1px solid var(--faint); }
tbody th { position: sticky; left: 0; z-index: 1; background: var(--paper); }
tbody tr.sick th { box-shadow: inset 3px 0 var(--sick); }
td { height: 30px; }
.number { text-align: right; }
td.verdict { white-space: normal; min-width: 16ch; }
svg { display: block; overflow: visible; }
svg.axis { margin: 0.2rem 0 0; }
svg text { fill: var(--muted); font-size: 10px; text-anchor: middle; }
.drawing { padding-inline: 1rem; }
.faint { stroke: var(--faint); fill: none; }
.band { fill: var(--band); }
polygon { stroke: currentColor; fill: currentColor; fill-opacity: 0.45; stroke-linejoin: round; }
g path { stroke: currentColor; stroke-width: 1.5; fill: none; }
g circle, g rect { fill: currentColor; }
.activations { color: var(--activations); }
.gradients { color: var(--gradients); }
@media (max-width: 40rem) { tbody th { max-width: 9rem; white-space: normal; overflow-wrap: anywhere; } }
@page { size: landscape; margin: 1cm; }
@media print { .scroll { overflow: visible; } tr { break-inside: avoid; } table { font-size: 9px; } }
"""
)
