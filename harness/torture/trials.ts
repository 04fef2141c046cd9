import { clock } from './embedded/clock.ts'
import { diskFull } from './embedded/disk-full.ts'
import { power } from './embedded/power.ts'
import { faults } from './faults.ts'
import { fuzz } from './fuzz/fuzz.ts'
import { smuggle } from './fuzz/smuggle.ts'
import { failover } from './instances/failover.ts'
import { pooler } from './instances/pooler.ts'
import { rolling } from './instances/rolling.ts'
import { journal } from './journal.ts'
import { overload } from './overload.ts'
import { slow } from './slow.ts'
import { soak } from './soak/soak.ts'
import type { Trial } from './trial.ts'

export type { Trial } from './trial.ts'

/** By name. */
export const trials: ReadonlyMap<string, Trial> = new Map(
  Object.entries({
    overload,
    slow,
    journal,
    faults,
    rolling,
    failover,
    pooler,
    power,
    'disk-full': diskFull,
    clock,
    fuzz,
    smuggle,
    soak,
  }),
)
