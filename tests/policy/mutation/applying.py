"""Putting changed code of a module of the rules into the module that the tests have imported."""

from __future__ import annotations

import ast
import builtins
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

from tests.policy.mutation.kinds import module_of
from tests.policy.mutation.mutants import source_of, statements_of

_HIT = "__hit__"


def apply_code(name: str, code: types.CodeType) -> None:
    """Put functions, methods and constants of the compiled source into the module, and the settings of its rules."""
    module = module_of(name)
    changed = types.ModuleType(module.__name__)
    changed.__file__ = module.__file__
    # A dataclass looks its module up by name while it is made.
    original = sys.modules[module.__name__]
    sys.modules[module.__name__] = changed
    try:
        exec(code, changed.__dict__)
    finally:
        sys.modules[module.__name__] = original
    for key, value in vars(changed).items():
        present = vars(module).get(key)
        if isinstance(value, types.FunctionType) and isinstance(present, types.FunctionType):
            _replace(present, value)
        elif isinstance(value, type) and isinstance(present, type) and value.__module__ == module.__name__:
            for method, function in vars(value).items():
                if isinstance(function, types.FunctionType) and isinstance(
                    vars(present).get(method), types.FunctionType
                ):
                    _replace(vars(present)[method], function)
                elif isinstance(function, property) and isinstance(vars(present).get(method), property):
                    setattr(present, method, function)
        elif not key.startswith("__") and key != "RULES":
            setattr(module, key, value)
    for rule, other in zip(_rules(module), _rules(changed), strict=False):
        # A check that a function has made is in no variable of the module.
        _replace(rule.check, other.check)
        for setting in ("severity", "scope", "types", "needs", "parameters"):
            object.__setattr__(rule, setting, getattr(other, setting))


def note_statements(names: Sequence[str], hit: Callable[[tuple[str, int]], Any]) -> None:
    """Have each statement in a function of the modules call `hit` with the module and the statement's line."""
    setattr(builtins, _HIT, hit)
    for name in names:
        tree = ast.parse(source_of(name))
        noted = {id(statement) for statement in statements_of(tree)}
        for node in ast.walk(tree):
            for block in ("body", "orelse", "finalbody"):
                statements = getattr(node, block, None)
                if isinstance(statements, list):
                    setattr(node, block, [s for given in statements for s in _noting(given, name, noted)])
        apply_code(name, compile(ast.fix_missing_locations(tree), source_of_file(name), "exec"))


def source_of_file(name: str) -> str:
    """The path of a module, for tracebacks."""
    return str(module_of(name).__file__)


def _noting(statement: ast.AST, name: str, noted: set[int]) -> list[Any]:
    if id(statement) not in noted:
        return [statement]
    line = statement.lineno  # type: ignore[attr-defined]
    place = ast.Tuple([ast.Constant(name), ast.Constant(line)], ast.Load())
    call = ast.Expr(ast.Call(ast.Name(_HIT, ast.Load()), [place], []))
    return [ast.copy_location(call, statement), statement]


def _rules(module: types.ModuleType) -> list[Any]:
    rules = getattr(module, "RULES", None)
    return rules.rules if rules is not None else []


def _replace(present: types.FunctionType, value: types.FunctionType) -> None:
    if len(present.__code__.co_freevars) == len(value.__code__.co_freevars):
        present.__code__ = value.__code__
        present.__defaults__ = value.__defaults__
        present.__kwdefaults__ = value.__kwdefaults__
