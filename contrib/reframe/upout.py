# A regression test for ReFrame 4: the throughput of each engine on one node, and that its data verify.
#
#   reframe -c contrib/reframe/upout.py -r --system=mycluster:compute
#   reframe -c contrib/reframe/upout.py -r -S cores=64 -S records=100000000
#
# Figures that were good once stand in `known`, by system and partition; what is not there is reported and not compared.
import reframe as rfm
import reframe.utility.sanity as sn
from reframe.core.backends import getlauncher

# One row of the table that `upout run` prints; docs/result-format.md has these expressions, and upholds them.
DEPLOYMENT = r'^(shared-memory|shared-nothing|null) +([0-9]+) x ([0-9]+)(, ([0-9]+) clients?)?[ ]{2}'
THROUGHPUT = r'[ ]{2}([0-9]+\.[0-9]+) +([0-9]+\.[0-9]+) to ([0-9]+\.[0-9]+)[ ]{2}'
LATENCY_AND_VERDICT = r'[ ]{2}([0-9]+\.[0-9]+|-) +([0-9]+\.[0-9]+|-) +(yes|NO|n/a) +(publishable|unofficial|invalid)$'


@rfm.simple_test
class UpoutThroughput(rfm.RunOnlyRegressionTest):
    descr = 'upout: what one engine carries on one node'
    valid_systems = ['*']
    valid_prog_environs = ['*']
    executable = 'upout'
    exclusive_access = True
    time_limit = '10m'
    tags = {'upout', 'performance'}

    engine = parameter(['shared-memory', 'shared-nothing'])

    workload = variable(str, value='ycsb-c')
    records = variable(int, value=1000000)
    # Of the node: so many threads, or ranks of one thread.
    cores = variable(int, value=4)
    seconds = variable(float, value=12.0)
    # What a run has to be at least: 'unofficial', or 'publishable' where the node is set up for measuring.
    least = variable(str, value='unofficial')
    # (system:partition, engine) -> millions of operations a second, and by which shares a run may be below and above it:
    # {('mycluster:compute', 'shared-memory'): (48.0, -0.05, 0.20)}
    known = variable(dict, value={})

    @run_after('init')
    def ask_for_the_engine(self):
        ranks = self.cores if self.engine == 'shared-nothing' else 1
        self.num_tasks = ranks
        self.num_tasks_per_node = ranks
        self.num_cpus_per_task = self.cores // ranks
        self.executable_opts = [
            'run', '--engine', self.engine, '--workload', self.workload, '-p', f'recordcount={self.records}',
            '--seconds', f'{self.seconds:g}', '--quiet'
        ]
        if self.engine == 'shared-memory':
            self.executable_opts += ['--threads', str(self.cores)]

    @run_after('init')
    def compare_with_what_is_known(self):
        reference = {'*': {'throughput': (0, None, None, 'Mops/s'), 'p99': (0, None, None, 'us')}}
        for (system, engine), (throughput, below, above) in self.known.items():
            if engine == self.engine:
                reference[system] = {'throughput': (throughput, below, above, 'Mops/s'), 'p99': (0, None, None, 'us')}
        # At once: what is put into a reference piece by piece goes by other rules for the names of systems.
        self.reference = reference

    @run_before('run')
    def start_threads_without_a_launcher(self):
        # Launchers bind what they start, mpirun to one core; threads find their cores themselves.
        if self.engine == 'shared-memory':
            self.job.launcher = getlauncher('local')()

    @sanity_function
    def ran_as_asked_and_verified(self):
        asked = (self.engine, str(self.num_tasks), str(self.num_cpus_per_task))
        good = ['publishable'] if self.least == 'publishable' else ['publishable', 'unofficial']
        return sn.all([
            sn.assert_eq(sn.extractsingle(DEPLOYMENT, self.stdout, (1, 2, 3)), asked),
            sn.assert_eq(sn.extractsingle(LATENCY_AND_VERDICT, self.stdout, 3), 'yes', 'the data did not verify'),
            sn.assert_in(sn.extractsingle(LATENCY_AND_VERDICT, self.stdout, 4), good)
        ])

    @performance_function('Mops/s')
    def throughput(self):
        return sn.extractsingle(THROUGHPUT, self.stdout, 1, float)

    @performance_function('us')
    def p99(self):
        return sn.extractsingle(LATENCY_AND_VERDICT, self.stdout, 2, float)
