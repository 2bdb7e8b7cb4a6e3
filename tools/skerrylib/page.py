# SPDX-License-Identifier: BSD-2-Clause
"""The page of `skerry bench`: one HTML file with plots as inline SVG, made of nothing but what
bench.json holds, so that each number on it stands there too. It fetches and runs nothing."""

import html
import math

WIDTH, LABEL, LINE = 960, 300, 24       # of a plot, of its labels, of a bar
COLOURS = ("#1b6ca8", "#7fb2d9", "#c0504d", "#e8a33d", "#4f9d69", "#8b6bb1", "#6b6b6b",
           "#b5b5b5", "#2f4858", "#d98880", "#a3c586", "#5dade2")

STYLE = """
body { font: 15px/1.45 sans-serif; max-width: 1000px; margin: 2em auto; color: #222 }
table { border-collapse: collapse; margin: 1em 0 } td, th { padding: .15em .7em; text-align: left }
th { border-bottom: 1px solid #888 } td.n, th.n { text-align: right }
tr.over td { color: #b00 } code, svg text { font-size: 13px } svg { display: block; margin: 1em 0 }
"""

ABOUT = """Instructions under QEMU's <code>-icount shift=0</code>, all exception levels together,
one CPU. A count is the length of a path: it repeats exactly, and it is blind to the price of a
system-register write, an ISB, a TLB or cache miss."""


def page_number(value):
    """A number as the page shows it; bench.json has it to the same digits or more."""
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return f"{value:,.0f}"


def _cell(value, tag="td"):
    if isinstance(value, (int, float)):
        return f'<{tag} class="n">{page_number(value)}</{tag}>'
    return f"<{tag}>{value}</{tag}>"


def _table(head, rows):
    """`rows`: (class of the row or "", cells); text in cells is HTML already."""
    lines = ["<table><tr>" + "".join(
        f'<th class="n">{text}</th>' if number else f"<th>{text}</th>"
        for text, number in zip(head, [isinstance(cell, (int, float)) for cell in rows[0][1]]))
        + "</tr>"]
    for kind, cells in rows:
        lines.append((f'<tr class="{kind}">' if kind else "<tr>") + "".join(map(_cell, cells))
                     + "</tr>")
    return "\n".join(lines) + "</table>"


def _text(x, y, text, anchor="start", kind=""):
    kind = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{kind}>{text}</text>'


def _svg(height, parts):
    return (f'<svg width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}">'
            + "".join(parts) + "</svg>")


def _rect(x, y, width, height, colour):
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" height="{height}" '
            f'fill="{colour}"/>')


def _legend(names, y):
    parts, x = [], LABEL
    for colour, name in zip(COLOURS, names):
        width = 26 + 7.4 * len(name)
        if x + width > WIDTH and x > LABEL:
            x, y = LABEL, y + 20
        parts += [_rect(x, y, 12, 12, colour), _text(x + 17, y + 11, html.escape(name))]
        x += width
    return parts, y + 28


def _grouped(groups, names, logarithmic=False):
    """Bars of `groups`: (label, [value or None of each name])."""
    values = [value for _, row in groups for value in row if value]
    most, least = max(values), min(values)
    parts, y = _legend(names, 4)

    def length(value):
        room = WIDTH - LABEL - 70
        if not logarithmic:
            return room * value / most
        low = math.floor(math.log10(least))
        return room * (math.log10(value) - low) / (math.log10(most) - low)

    for label, row in groups:
        top = y
        for colour, value in zip(COLOURS, row):
            if value:
                parts += [_rect(LABEL, y, length(value), 12, colour),
                          _text(LABEL + length(value) + 5, y + 11, page_number(value), kind="n")]
                y += 15
        parts.append(_text(LABEL - 10, (top + y) / 2 + 4, html.escape(label), "end"))
        y += 10
    return _svg(y, parts)


def _stacked(rows):
    """One bar a row: (label, {part: value}), each part labelled."""
    most = max(sum(parts.values()) for _, parts in rows)
    names = list(dict.fromkeys(name for _, parts in rows for name in parts))
    drawn, y = _legend(names, 4)
    for label, parts in rows:
        x = LABEL
        for name, value in parts.items():
            width = (WIDTH - LABEL - 60) * value / most
            drawn.append(_rect(x, y, width, LINE, COLOURS[names.index(name) % len(COLOURS)]))
            if width > 20:
                drawn.append(_text(x + width / 2, y + 16, page_number(value), "middle", "n"))
            x += width
        drawn.append(_text(x + 6, y + 16, page_number(sum(parts.values())), kind="n"))
        drawn.append(_text(LABEL - 10, y + 16, html.escape(label), "end"))
        y += LINE + 12
    return _svg(y, drawn)


def _code(command):
    return f"<code>{html.escape(command)}</code>"


def _peers(result):
    name, setup = next(iter(result["setups"].items()))
    budgets, rows, groups = result["budgets"].get(name, {}), [], []
    for row, facts in result["rows"].items():
        count = setup["counts"].get(row)
        peers = [facts["peers"][peer] for peer in result["peers"]]
        budget = budgets.get(row, "")
        over = count is None or (budget != "" and count > budget)
        rows.append(("over" if over else "", [html.escape(facts["text"]),
                                              "missing" if count is None else count, budget,
                                              *peers, facts["must"], facts["goal"]]))
        groups.append((facts["text"], [count, *peers]))
    head = ["event", "Skerry", "budget", *result["peers"].values(), "must reach", "goal"]
    return ("<h2>Beside other hypervisors</h2>\n"
            f"<p>Skerry: {html.escape(setup['text'])}. {_code(setup['command'])}</p>\n"
            + _table(head, rows)
            + _grouped(groups, ["Skerry", *result["peers"].values()], logarithmic=True)
            + "<p>The bars' scale is logarithmic.</p>")


def _setups(result):
    setups = result["setups"]
    groups = [(facts["text"], [setup["counts"].get(row) for setup in setups.values()])
              for row, facts in result["rows"].items()]
    head = ["event", *(html.escape(setup["text"]) for setup in setups.values())]
    rows = [("", [html.escape(text), *("missing" if value is None else value for value in values)])
            for text, values in groups]
    commands = [("", [html.escape(setup["text"]), _code(setup["command"])])
                for setup in setups.values()]
    return ("<h2>In each boundary</h2>\n" + _table(head, rows)
            + _grouped(groups, [setup["text"] for setup in setups.values()])
            + _table(["boundary", "command"], commands))


def _phases(result):
    """The short way by its phases; each other way by the functions that it runs."""
    parts = ["<h2>The parts of one access</h2>\n<p>A read of UARTFR, counted in QEMU's trace of "
             "the instructions. The guest's own is not part of it.</p>"]
    fast = [(setup["text"], setup["phases"]) for setup in result["setups"].values()
            if setup["fast_path"]]
    if fast:
        parts.append(_stacked(fast))
    for setup in result["setups"].values():
        rows = [("", [html.escape(name), count]) for name, count in setup["phases"].items()]
        rows.append(("", ["all", sum(setup["phases"].values())]))
        parts.append(f"<details><summary>{html.escape(setup['text'])}: "
                     f"{_code(setup['phases_command'])}</summary>"
                     + _table(["part", "instructions"], rows) + "</details>")
    return "\n".join(parts)


def _linux(result):
    setups = [setup for setup in result["setups"].values() if "linux" in setup]
    if not setups:
        return ""
    parts = ["<h2>Linux</h2>\n<p>Debian's cloud kernel, over the same boot without a hypervisor "
             "(QEMU's machine with EL1 alone).</p>"]
    for row, text in result["linux_rows"].items():
        rows = [("", [html.escape(setup["text"]), setup["linux"]["bare"][row],
                      setup["linux"]["counts"][row], setup["linux"]["percent"][row],
                      _code(setup["linux"]["command"])]) for setup in setups]
        parts.append(f"<h3>{html.escape(text)}</h3>\n"
                     + _table(["boundary", "no hypervisor", "Skerry", "per cent more", "command"],
                              rows))
    return "\n".join(parts)


def page_make(result):
    """The page of what bench.json holds."""
    body = "\n".join(part(result) for part in (_peers, _setups, _phases, _linux))
    return ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            f"<title>Skerry: what isolation costs</title><style>{STYLE}</style></head>\n<body>\n"
            f"<h1>Skerry: what isolation costs</h1>\n<p>{ABOUT}</p>\n{body}\n</body></html>\n")
