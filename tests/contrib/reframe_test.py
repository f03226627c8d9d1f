"""contrib/reframe/upout.py against what `upout run` really prints."""
import os
import re
import subprocess
import tempfile
import types
import unittest

from stand_ins import SOURCE, reframe_file

FILE = reframe_file("contrib/reframe/upout.py")
TEST = FILE["UpoutThroughput"]


def functions(kind):
    """Of the class, in their order: (argument of the decorator, function)."""
    marked = [(f.mark, f) for f in vars(TEST).values() if hasattr(f, "mark")]
    return [(mark[1], f) for mark, f in marked if mark[0] == kind]


def made(engine, **variables):
    test = TEST()
    test.engine = engine
    for name, value in variables.items():
        assert hasattr(TEST, name), name
        setattr(test, name, value)
    test.job = types.SimpleNamespace(launcher="mpirun")
    for _, function in functions("run_after") + functions("run_before"):
        function(test)
    return test


def small(engine):
    return made(engine, cores=1, records=1000, seconds=0.3)


def stdout_of(test):
    program = os.path.join(os.environ["UPOUT_BIN"], test.executable)
    return subprocess.run([program] + test.executable_opts, stdout=subprocess.PIPE, check=True).stdout


class Measured(unittest.TestCase):
    """Each engine, run once with the options that the file gives it."""

    @classmethod
    def setUpClass(cls):
        cls.printed = {engine: stdout_of(small(engine)) for engine in TEST.engine}

    def run_of(self, engine):
        test = small(engine)
        test.stdout = os.path.join(self.folder.name, "stdout")
        with open(test.stdout, "wb") as file:
            file.write(self.printed[engine])
        return test

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def change(self, test, before, after):
        with open(test.stdout, encoding="utf-8") as file:
            text = file.read()
        self.assertIn(before, text)
        with open(test.stdout, "w", encoding="utf-8") as file:
            file.write(text.replace(before, after))

    def test_passes_and_has_figures(self):
        for engine in TEST.engine:
            test = self.run_of(engine)
            sane, = functions("sanity")
            self.assertTrue(sane[1](test))
            figures = {f.__name__: (f(test), unit) for unit, f in functions("performance")}
            self.assertEqual({name: unit for name, (_, unit) in figures.items()}, {"throughput": "Mops/s", "p99": "us"})
            self.assertGreater(figures["throughput"][0], 0)
            self.assertGreater(figures["p99"][0], 0)

    def test_fails_if_something_else_ran_or_it_is_wrong(self):
        test = self.run_of("shared-memory")
        is_sane = functions("sanity")[0][1]
        for name, value in (("num_cpus_per_task", 2), ("engine", "shared-nothing"), ("num_tasks", 3)):
            kept = getattr(test, name)
            setattr(test, name, value)
            self.assertRaises(AssertionError, is_sane, test)
            setattr(test, name, kept)
        self.assertTrue(is_sane(test))
        self.change(test, "  yes  ", "  NO   ")
        self.assertRaises(AssertionError, is_sane, test)

    def test_fails_below_the_class_that_is_asked_for(self):
        test = self.run_of("shared-memory")
        is_sane = functions("sanity")[0][1]
        with open(test.stdout, encoding="utf-8") as file:
            printed = re.search(FILE["LATENCY_AND_VERDICT"], file.read(), re.MULTILINE).group(4)
        self.change(test, printed, "unofficial")
        self.assertTrue(is_sane(test))
        test.least = "publishable"
        self.assertRaises(AssertionError, is_sane, test)
        self.change(test, "unofficial", "invalid")
        test.least = "unofficial"
        self.assertRaises(AssertionError, is_sane, test)


class Arranged(unittest.TestCase):
    def test_both_engines_get_all_cores(self):
        threads = made("shared-memory", cores=8)
        self.assertEqual((threads.num_tasks, threads.num_cpus_per_task), (1, 8))
        self.assertEqual(threads.executable_opts[-2:], ["--threads", "8"])
        self.assertEqual(threads.job.launcher, "local")
        ranks = made("shared-nothing", cores=8)
        self.assertEqual((ranks.num_tasks, ranks.num_tasks_per_node, ranks.num_cpus_per_task), (8, 8, 1))
        self.assertNotIn("--threads", ranks.executable_opts)
        self.assertEqual(ranks.job.launcher, "mpirun")

    def test_what_is_known_has_bounds_and_the_rest_has_none(self):
        test = made("shared-memory", known={("a:b", "shared-memory"): (48.0, -0.05, 0.2), ("a:b", "null"): (1.0, 0, 0)})
        self.assertEqual(test.reference["a:b"]["throughput"], (48.0, -0.05, 0.2, "Mops/s"))
        self.assertEqual(test.reference["*"]["throughput"], (0, None, None, "Mops/s"))
        for figures in test.reference.values():
            self.assertEqual(set(figures), {f.__name__ for _, f in functions("performance")})
        self.assertNotIn("a:b", made("shared-nothing", known={("a:b", "shared-memory"): (48.0, -0.05, 0.2)}).reference)

    def test_expressions_are_those_of_the_page(self):
        with open(os.path.join(SOURCE, "docs/result-format.md"), encoding="utf-8") as file:
            block = file.read().split("```regex\n")[1].split("```")[0]
        documented = [line.split(": ", 1)[1] for line in block.splitlines()]
        for name in ("DEPLOYMENT", "THROUGHPUT", "LATENCY_AND_VERDICT"):
            self.assertIn(FILE[name], documented)


if __name__ == "__main__":
    unittest.main()
