"""contrib/spack/package.py against what the build really looks for."""
import os
import re
import types
import unittest

from stand_ins import SOURCE, spack_file

RECIPE = "contrib/spack/package.py"
DEFINED, CALLS = spack_file(RECIPE)


def text_of(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as file:
        return file.read()


def looked_for():
    """What cmake/UpoutDependencies.cmake looks for, as CMake calls it; what belongs to the compiler aside."""
    text = text_of("cmake/UpoutDependencies.cmake")
    names = re.findall(r"^find_package\((\S+)", text, re.MULTILINE)
    names += re.findall(r"^pkg_check_modules\(\S+ REQUIRED IMPORTED_TARGET ([^\s)]+)", text, re.MULTILINE)
    names += re.findall(r"^find_(?:path|file|library|program)\((\S+)", text, re.MULTILINE)
    # What it can do without is nothing for a recipe.
    lines = [line for line in text.splitlines() if line and not re.match(r"#|pkg_check_modules\(\S+ IMPORTED", line)]
    assert len(names) == len(lines), f"{len(lines)} lines look for something, and {len(names)} were understood"
    return set(names) - {"Threads"}


class Recipe(unittest.TestCase):
    def test_names_what_the_build_looks_for_and_nothing_else(self):
        named = re.findall(r"# .*CMake: (\S+)$", text_of(RECIPE), re.MULTILINE)
        self.assertEqual(len(named), len(set(named)))
        self.assertEqual(set(named), looked_for())

    def test_has_a_package_or_a_file_for_each(self):
        depended_on = {arguments[0].split("@")[0].split()[0] for name, arguments, _ in CALLS if name == "depends_on"}
        self.assertEqual(len(depended_on) - len({"c", "cxx", "cmake", "ninja"}), len(looked_for() - {"CHART_JS"}))
        resource, = [options for name, _, options in CALLS if name == "resource"]
        self.assertRegex(resource["sha256"], "^[0-9a-f]{64}$")

    def test_wants_the_cmake_that_the_build_wants(self):
        version, = re.findall(r"cmake_minimum_required\(VERSION (\S+)\)", text_of("CMakeLists.txt"))
        self.assertIn(("depends_on", (f"cmake@{version}:", ), {"type": "build"}), CALLS)

    def test_configures_with_options_that_there_are(self):
        package = DEFINED["Upout"]()
        package.stage = types.SimpleNamespace(source_path="/stage")
        options = dict(option[2:].split("=", 1) for option in package.cmake_args())
        self.assertEqual(options.pop("CHART_JS"), "/stage/chart.js/dist/chart.min.js")
        variants = {arguments[0] for name, arguments, _ in CALLS if name == "variant"}
        for option, value in options.items():
            self.assertIn(f"option({option} ", text_of("CMakeLists.txt"))
            self.assertIn(value.removeprefix("variant:"), variants)

    def test_builds_what_is_installed(self):
        package = DEFINED["Upout"]()
        package.run_tests = False
        rules = text_of("cmake/UpoutInstall.cmake")
        installed = re.findall(r"^install\(TARGETS (.*?) RUNTIME", rules, re.MULTILINE)[0].split()
        self.assertEqual(package.build_targets, installed + ["manual_pages"])
        self.assertIn("add_custom_target(manual_pages ", rules)
        package.run_tests = True
        self.assertEqual(package.build_targets, [])


if __name__ == "__main__":
    unittest.main()
