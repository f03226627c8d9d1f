#!/bin/bash
# flux: --job-name=quick-1
# flux: --nodes=1
# flux: --nslots=1  # ranks
# flux: --cores-per-slot=1
# flux: --exclusive  # no other job on the nodes, which would be measured too
# flux: --time-limit=60m
# flux: --output=scheduler.log  # what Flux itself has to say; the job writes its own log as it goes

cd -- /home/user/sweep/jobs/1 || exit
exec >>output.log 2>&1

# in place of this shell, so that what the job is sent reaches upout
exec timeout --foreground --signal=TERM 3480 /opt/upout/bin/upout sweep '/home/user/it'\''s a sweep/plan.toml' --out /home/user/sweep/jobs/1 --launcher 'LAUNCHER -n {ranks}'
