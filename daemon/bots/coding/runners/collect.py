"""Tells which tests the files named define and which lines hold code. It reads them only: nothing of the request runs."""
import ast
import re
import sys

sys.path.insert(0, "/runners")
from sherin_channel import open_channel

send = open_channel()


def base_names(class_node):
    for base in class_node.bases:
        yield base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")


def own_tests(class_node):
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node.name for node in class_node.body if isinstance(node, functions) and node.name.startswith("test")]


def tests_of(tree):
    """Class.method of each test, as they stand; those of a class above in the same file, too."""
    methods = {}
    cases = {"TestCase", "IsolatedAsyncioTestCase"}
    found = []
    for node in tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        above = list(base_names(node))
        inherited = [name for base in above for name in methods.get(base, [])]
        methods[node.name] = list(dict.fromkeys(inherited + own_tests(node)))
        if cases.intersection(above):
            cases.add(node.name)
            found += [f"{node.name}.{name}" for name in methods[node.name]]
    return list(dict.fromkeys(found))


def code_lines(code):
    lines = {line for _, _, line in code.co_lines() if line}
    for constant in code.co_consts:
        if hasattr(constant, "co_lines"):
            lines |= code_lines(constant)
    return lines


for name in sys.argv[1:]:
    try:
        with open(f"/task/{name}", encoding="utf-8") as file:
            text = file.read()
        tree = ast.parse(text, name)
        code = compile(text, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) else ""
        send(file=name, problem=f"{name}{line}: {type(error).__name__}: {getattr(error, 'msg', error)}")
    else:
        is_test = re.fullmatch(r"test_\w*\.py", name)
        send(file=name, tests=tests_of(tree) if is_test else [], code=sorted(code_lines(code)))
