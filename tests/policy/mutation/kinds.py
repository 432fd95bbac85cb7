"""What kind of value an expression of a rule has, as far as its text tells: for mutants that make no sense of it.

Cosmic Ray makes of `x is None` only `x is not None`, since None has no order. The same holds for texts and booleans:
nobody orders them in a rule, and where one comparison with a constant becomes another (`== "DAILY"` to `<= "DAILY"`),
the two differ only for texts that the property cannot have. A comparison is unordered if one of its operands is

- a text, None, True, False, or a display of a list, tuple, set or dictionary;
- a name of the module, or an attribute of an imported module, whose value is one of these or a container;
- a call of a function or method, or an attribute, that `policy` annotates as a text, and of a text's own methods.

This is decided from the sources before a mutant is judged. Names of local variables and parameters stay ordered.
"""

from __future__ import annotations

import ast
import importlib
from functools import cache
from pathlib import Path
from types import ModuleType

_POLICY = Path(__file__).resolve().parents[3] / "policy"
_TEXT_METHODS = frozenset(
    ("lower", "upper", "strip", "lstrip", "rstrip", "casefold", "removeprefix", "removesuffix", "replace", "join")
)
_CONTAINERS = (str, bool, type(None), list, tuple, set, frozenset, dict)


def unordered(expression: ast.expr, module: ModuleType) -> bool:
    """Whether the operand has no order that a rule could mean."""
    if isinstance(expression, ast.Constant):
        return expression.value is None or isinstance(expression.value, str | bool)
    if isinstance(expression, ast.JoinedStr | ast.List | ast.Tuple | ast.Set | ast.Dict | ast.ListComp | ast.SetComp):
        return True
    if isinstance(expression, ast.Call):
        return _called(expression.func)
    if isinstance(expression, ast.Name):
        return isinstance(vars(module).get(expression.id, 0), _CONTAINERS)
    if isinstance(expression, ast.Attribute):
        owner = vars(module).get(expression.value.id) if isinstance(expression.value, ast.Name) else None
        if isinstance(owner, ModuleType):
            return isinstance(getattr(owner, expression.attr, 0), _CONTAINERS)
        return expression.attr in _texts()
    return isinstance(expression, ast.BoolOp) and any(unordered(value, module) for value in expression.values)


def _called(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id in {"str", "set", "list", "tuple", "dict", "frozenset", "sorted"} | _texts()
    return isinstance(function, ast.Attribute) and function.attr in _TEXT_METHODS | _texts()


@cache
def _texts() -> frozenset[str]:
    """Functions, methods and attributes that `policy` annotates as a text wherever it declares them."""
    annotated: dict[str, set[str]] = {}
    for path in _POLICY.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.returns is not None:
                annotated.setdefault(node.name, set()).add(ast.unparse(node.returns))
            elif isinstance(node, ast.AnnAssign):
                name = node.target.id if isinstance(node.target, ast.Name) else getattr(node.target, "attr", "")
                annotated.setdefault(name, set()).add(ast.unparse(node.annotation))
    found = {name for name, kinds in annotated.items() if kinds <= {"str", "str | None"}}
    return frozenset(found | _assigned(found))


def _assigned(texts: set[str]) -> set[str]:
    """Attributes that a constructor takes from a parameter, or from a call, that is a text."""
    found: set[str] = set()
    for path in _POLICY.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.FunctionDef) and node.name == "__init__"):
                continue
            arguments = [*node.args.args, *node.args.kwonlyargs]
            given = {a.arg for a in arguments if a.annotation and ast.unparse(a.annotation) in ("str", "str | None")}
            for statement in node.body:
                if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Attribute):
                    value = statement.value
                    called = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in texts
                    if called or (isinstance(value, ast.Name) and value.id in given):
                        found.add(statement.targets[0].attr)
    return found


def module_of(name: str) -> ModuleType:
    """A module of the rules."""
    return importlib.import_module(f"policy.rules.{name}")
