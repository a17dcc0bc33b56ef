"""Gradient norms, Jacobians and their inner products, what they cost, and whether they are right. Serves questions 2.2 and 2.3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.lazy import lazy_names

PUBLIC = {
    "ORDERS": "contraction",
    "Convention": "cost_table",
    "check": "checks",
    "gradient_norms": "norms",
    "ntk": "kernel",
    "pass_table": "cost_table",
}
__getattr__, __dir__ = lazy_names(__name__, PUBLIC)

if TYPE_CHECKING:  # the same names, for type checkers; tests/test_api.py compares
    from .checks import check as check
    from .contraction import ORDERS as ORDERS
    from .cost_table import Convention as Convention
    from .cost_table import pass_table as pass_table
    from .kernel import ntk as ntk
    from .norms import gradient_norms as gradient_norms
