# Spack's recipe. Put it into a repository of your own (spack repo create), as packages/upout/package.py, and write where your clone
# is in place of `git`. Then: spack install upout
# What a dependency is called in cmake/UpoutDependencies.cmake stands behind it.
from spack_repo.builtin.build_systems.cmake import CMakePackage

from spack.package import *


class Upout(CMakePackage):
    """Scale up or scale out? One storage kernel, measured as a multithreaded
    shared-memory engine and as shared-nothing MPI ranks."""

    homepage = "https://example.org/upout"
    git = "https://example.org/upout.git"

    license("Apache-2.0")

    version("main", branch="main")

    variant("native", default=False, description="Tune for the building machine's processor; every result says so")

    # What the report draws with; Spack has no package of it. CMake: CHART_JS
    resource(
        name="chart.js",
        url="https://registry.npmjs.org/chart.js/-/chart.js-3.9.1.tgz",
        sha256="111e0751796f087a51e94dfed910ccfb1278fd30e584a6e48514dba9ae7e72c6",
        placement="chart.js",
    )

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("ninja", type="build")
    depends_on("pkgconfig", type="build")  # CMake: PkgConfig

    depends_on("mpi@3:")  # CMake: MPI
    depends_on("tbb")  # CMake: TBB
    depends_on("hwloc@2.9:")  # CMake: hwloc
    depends_on("numactl")  # CMake: numa
    depends_on("userspace-rcu@0.13:")  # CMake: liburcu-qsbr
    depends_on("xxhash@0.8:")  # CMake: libxxhash
    depends_on("abseil-cpp@20220623: cxxstd=20")  # CMake: absl
    depends_on("boost@1.74:")  # CMake: Boost
    depends_on("fmt@9:")  # CMake: fmt
    depends_on("openssl@3:")  # CMake: OpenSSL
    depends_on("zlib-api")  # CMake: ZLIB
    depends_on("benchmark@1.7:")  # CMake: benchmark
    depends_on("cli11@2.1: ~precompiled", type="build")  # CMake: CLI11
    depends_on("eigen@3.4:", type="build")  # CMake: Eigen3
    depends_on("googletest@1.12:", type="build")  # CMake: GTest
    depends_on("nlohmann-json@3.11:", type="build")  # CMake: nlohmann_json
    depends_on("tl-expected@1:", type="build")  # CMake: tl-expected
    depends_on("tomlplusplus@3:", type="build")  # CMake: tomlplusplus
    depends_on("valijson@1:", type="build")  # CMake: VALIJSON_INCLUDE_DIR

    conflicts("%gcc@:11", msg="upout is written in C++20")

    generator("ninja")

    @property
    def build_targets(self):
        # The tests take most of the time, and are built if they are to be run: spack install --test=root.
        return [] if self.run_tests else ["upout", "upout-baseline", "manual_pages"]

    def cmake_args(self):
        return [
            self.define_from_variant("UPOUT_NATIVE", "native"),
            self.define("CHART_JS", join_path(self.stage.source_path, "chart.js", "dist", "chart.min.js")),
        ]
