"""contrib/apptainer/upout.def: its scripts, as far as they can be run without a container."""
import os
import re
import subprocess
import tempfile
import unittest

SOURCE = os.environ["UPOUT_SOURCE_DIR"]
ENVIRONMENT = os.environ | {"PATH": os.environ["UPOUT_BIN"] + ":" + os.environ["PATH"]}


def sections():
    with open(os.path.join(SOURCE, "contrib/apptainer/upout.def"), encoding="utf-8") as file:
        parts = re.split(r"^%(\w+)$", file.read(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


class Definition(unittest.TestCase):
    def run_section(self, name, *arguments):
        """As Apptainer does it: with /bin/sh, which ends at the first failure."""
        with tempfile.TemporaryDirectory() as folder:
            return subprocess.run(["/bin/sh", "-e", "-c", sections()[name], name, *arguments], cwd=folder, env=ENVIRONMENT,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def test_scripts_are_shell(self):
        for name in ("setup", "post", "environment", "runscript", "test"):
            subprocess.run(["/bin/sh", "-n", "-c", sections()[name]], check=True)

    def test_its_test_passes(self):
        ended = self.run_section("test")
        self.assertEqual(ended.returncode, 0, ended.stdout)

    def test_it_runs_upout(self):
        ended = self.run_section("runscript", "list", "formats")
        self.assertEqual(ended.returncode, 0, ended.stdout)
        self.assertIn("google-benchmark", ended.stdout)

    def test_is_built_by_what_bootstrap_does(self):
        verb, = re.findall(r"\./bootstrap (\w+)", sections()["post"])
        with open(os.path.join(SOURCE, "bootstrap"), encoding="utf-8") as file:
            self.assertRegex(file.read(), rf"(?m)^  {verb}\) ")


if __name__ == "__main__":
    unittest.main()
