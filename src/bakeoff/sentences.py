"""Figures as a person would say them."""

from bakeoff.significance import Comparison


def say_p(p_value: float) -> str:
    """As `p = 0.34`."""
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"


def say_gap(gap: float) -> str:
    """Four decimals, or as many as show that the gap is not nothing."""
    return f"{gap:.4f}" if abs(gap) >= 0.00005 or gap == 0 else f"{gap:.1g}"


def say_evidence(comparison: Comparison) -> str:
    """As `6 rows against 3, p = 0.34`: what speaks for the first, and for the second."""
    p = say_p(comparison.p_value)
    if comparison.wins is None:
        return p
    return f"{comparison.wins:,} row{'s' if comparison.wins != 1 else ''} against {comparison.losses:,}, {p}"


def say_list(names: list[str]) -> str:
    """As `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def say_interval(interval: tuple[float, float]) -> str:
    """As `0.9883 to 0.9958`."""
    return f"{interval[0]:.4f} to {interval[1]:.4f}"
