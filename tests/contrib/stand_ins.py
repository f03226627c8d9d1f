"""What contrib's Python files use of ReFrame and Spack, as far as it takes to run them: their texts are executed, and what they ask for
is kept."""
import os
import re
import sys
import types

SOURCE = os.environ["UPOUT_SOURCE_DIR"]


def execute(path, modules, names):
    """The names that a file of the sources defines, run with these modules, and names that its framework puts into its classes."""
    sys.modules.update(modules)
    path = os.path.join(SOURCE, path)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    defined = dict(names)
    exec(compile(text, path, "exec"), defined)
    return defined


def module(name, **members):
    made = types.ModuleType(name)
    made.__dict__.update(members)
    made.__path__ = []
    return made


def marker(kind):
    """A decorator that leaves on a function which kind it is of, and with what argument."""
    def decorator(argument):
        def mark(function):
            function.mark = (kind, argument)
            return function
        return mark
    return decorator


def extractsingle(pattern, path, tag=0, conv=None):
    """As ReFrame's: the first match, `^` and `$` at each line; groups as a tuple if several are asked for."""
    with open(path, encoding="utf-8") as file:
        found = re.search(pattern, file.read(), re.MULTILINE)
    assert found, f"nothing fits {pattern}"
    if isinstance(tag, tuple):
        return tuple(found.group(one) for one in tag)
    return conv(found.group(tag)) if conv else found.group(tag)


def assert_eq(a, b, message=None):
    assert a == b, message or f"{a!r} != {b!r}"
    return True


def assert_in(item, container, message=None):
    assert item in container, message or f"{item!r} is none of {container!r}"
    return True


def reframe_file(path):
    sanity = module("reframe.utility.sanity", extractsingle=extractsingle, assert_eq=assert_eq, assert_in=assert_in, all=all)
    utility = module("reframe.utility", sanity=sanity)
    backends = module("reframe.core.backends", getlauncher=lambda name: lambda: name)
    reframe = module("reframe", simple_test=lambda made: made, RunOnlyRegressionTest=object, utility=utility)
    names = {
        "parameter": list,
        "variable": lambda kind, value: kind(value),
        "run_after": marker("run_after"),
        "run_before": marker("run_before"),
        "performance_function": marker("performance"),
        "sanity_function": lambda function: marker("sanity")(None)(function),
    }
    modules = {"reframe": reframe, "reframe.core": module("reframe.core"), "reframe.core.backends": backends}
    return execute(path, modules | {"reframe.utility": utility, "reframe.utility.sanity": sanity}, names)


def spack_file(path):
    """What it defines, and the calls of its class's body: (directive, its arguments, its options)."""
    calls = []

    def directive(name):
        return lambda *arguments, **options: calls.append((name, arguments, options))

    class CMakePackage:
        define = staticmethod(lambda name, value: f"-D{name}={value}")
        define_from_variant = staticmethod(lambda name, variant: f"-D{name}=variant:{variant}")

    names = ["license", "version", "variant", "resource", "depends_on", "conflicts", "generator"]
    package = module("spack.package", join_path=os.path.join, **{name: directive(name) for name in names})
    cmake = module("cmake", CMakePackage=CMakePackage)
    parents = ["spack", "spack_repo", "spack_repo.builtin", "spack_repo.builtin.build_systems"]
    modules = {name: module(name) for name in parents}
    modules |= {"spack.package": package, "spack_repo.builtin.build_systems.cmake": cmake}
    return execute(path, modules, {}), calls
