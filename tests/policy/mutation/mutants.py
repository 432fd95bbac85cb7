"""The mutants of a module of the rules, made by the operators of Cosmic Ray."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from tests.policy.mutation.kinds import module_of, unordered

RULES = Path(__file__).resolve().parents[3] / "policy" / "rules"
# A type annotation decides nothing, and these binary operators make no sense between the values of rules.
_SKIPPED = ("RShift", "LShift", "BitXor", "FloorDiv", "Pow", "Mod", "VariableReplacer", "VariableInserter", "NoOp")
# Whether equal texts or numbers are one object is the interpreter's choice: such a mutant has no fixed verdict.
_IDENTITY = re.compile(r"Operator_(Eq|NotEq|Lt|LtE|Gt|GtE)_(Is|IsNot)$")
_COMPARISON = re.compile(r"ReplaceComparisonOperator_(Eq|NotEq|Is|IsNot)_(\w+)$")
_OPPOSITE = {"Eq": "NotEq", "NotEq": "Eq", "Is": "IsNot", "IsNot": "Is"}

Key = tuple[str, str, str]


@dataclass
class Mutant:
    """One changed module: the operator is applied at its `occurrence`-th place, which is in the statement at `line`."""

    module: str
    operator: str
    occurrence: int
    line: int
    statement: int
    function: str
    counted: bool = True
    """False where an order comparison stands in the place of an equality of values without an order."""

    @property
    def key(self) -> Key:
        """What finds the mutant again after other lines have changed; equal lines share it."""
        return self.module, self.operator, "\n".join(self.change())

    @cached_property
    def code(self) -> str | None:
        """The source of the changed module, None where the operator changes nothing."""
        from cosmic_ray import plugins
        from cosmic_ray.mutating import mutate_code

        source = source_of(self.module)
        code = mutate_code(source, plugins.get_operator(f"core/{self.operator}")(), self.occurrence)
        return code if code != source else None

    def change(self) -> list[str]:
        """The lines that the mutant takes away and adds."""
        lines = difflib.unified_diff(
            source_of(self.module).splitlines(), (self.code or "").splitlines(), lineterm="", n=0
        )
        return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def source_of(module: str) -> str:
    """The source of a module of the rules."""
    return (RULES / f"{module}.py").read_text(encoding="utf-8")


def modules(names: list[str]) -> list[str]:
    """The modules of the rules, or those of them that are named."""
    found = sorted(path.stem for path in RULES.glob("*.py") if path.stem != "__init__")
    return [name for name in found if not names or name in names]


def mutants_of(module: str) -> Iterator[Mutant]:
    """Every mutant of a module; annotations, docstrings and texts for people are no subject."""
    from cosmic_ray import plugins
    from cosmic_ray.ast import ast_nodes, get_ast

    source = source_of(module)
    tree = ast.parse(source)
    functions, skipped = _functions(tree)
    comparisons = _unordered_comparisons(tree, module)
    statements = list(statements_of(tree))
    nodes = list(ast_nodes(get_ast(source)))
    for name in sorted(plugins.operator_names()):
        if any(part in name for part in _SKIPPED) or _IDENTITY.search(name):
            continue
        operator = plugins.get_operator(name)()
        positions = [position for node in nodes for position in operator.mutation_positions(node)]
        for occurrence, (start, _) in enumerate(positions):
            line = start[0]
            if line in skipped:
                continue
            function = next((f for f, (first, last) in functions.items() if first <= line <= last), "")
            statement = max((s.lineno for s in statements if s.lineno <= line <= _end(s)), default=line)
            matched = _COMPARISON.search(name)
            counted = not matched or _OPPOSITE[matched[1]] == matched[2] or start not in comparisons
            yield Mutant(module, name.removeprefix("core/"), occurrence, line, statement, function, counted)


def statements_of(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements in functions."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.stmt) and node is not function:
                    yield node


def _end(statement: ast.stmt) -> int:
    return statement.end_lineno or statement.lineno


def _functions(tree: ast.Module) -> tuple[dict[str, tuple[int, int]], set[int]]:
    """Lines of each function's body, by name, and the lines of signatures, which hold types and defaults."""
    functions: dict[str, tuple[int, int]] = {}
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            functions[node.name] = (node.body[0].lineno, node.end_lineno or node.lineno)
            skipped |= set(range(node.lineno, node.body[0].lineno))
        elif isinstance(node, ast.AnnAssign | ast.ImportFrom):
            skipped.add(node.lineno)
    # Decorators declare what a rule is called and how grave it is; the catalogue's tests hold them.
    for node in ast.walk(tree):
        for decorator in getattr(node, "decorator_list", ()):
            skipped |= set(range(decorator.lineno, (decorator.end_lineno or decorator.lineno) + 1))
    return functions, skipped


def _unordered_comparisons(tree: ast.Module, module: str) -> set[tuple[int, int]]:
    """Where the operators stand that compare values without an order."""
    loaded = module_of(module)
    found: set[tuple[int, int]] = set()
    lines = source_of(module).splitlines()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare):
            continue
        operands = [node.left, *node.comparators]
        for left, right in pairwise(operands):
            if unordered(left, loaded) or unordered(right, loaded):
                found |= _between(left, right, lines)
    return found


def _between(left: ast.expr, right: ast.expr, lines: list[str]) -> set[tuple[int, int]]:
    """Every position between two operands: the operator is at one of them. Sources of rules are in ASCII."""
    first = (left.end_lineno or left.lineno, left.end_col_offset or 0)
    last = (right.lineno, right.col_offset)
    return {
        (line, column)
        for line in range(first[0], last[0] + 1)
        for column in range(len(lines[line - 1]) + 1)
        if first <= (line, column) < last
    }
