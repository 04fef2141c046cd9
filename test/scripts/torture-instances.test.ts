// Short forms of the trials that need haproxy, PgBouncer or PostgreSQL's programs.
import { describe, it } from 'vitest'
import { hasServer } from '../../harness/database.ts'
import { requireProgram } from '../../harness/programs/find.ts'
import { expectToPass, trialTimeout } from './support/torture.ts'

describe('npm run torture', () => {
  it.runIf(hasServer())('passes rolling', trialTimeout, (context) => {
    requireProgram('haproxy', context)
    expectToPass('rolling', '--restarts', '1', '--clients', '4')
  })

  it.runIf(hasServer())('passes pooler', trialTimeout, (context) => {
    requireProgram('haproxy', context)
    requireProgram('pgbouncer', context)
    expectToPass('pooler', '--seconds', '3', '--clients', '4')
  })

  it('passes failover', trialTimeout, (context) => {
    requireProgram('haproxy', context)
    requireProgram('postgres', context)
    // The targets of docs/reliability.md are for a machine that is not busy.
    expectToPass('failover', '--outage', '1', '--within', '20')
  })

  it('passes journal while PostgreSQL is killed', trialTimeout, (context) => {
    requireProgram('postgres', context)
    const options = ['--kills', '1', '--database-kills', '2', '--clients', '4']
    expectToPass('journal', ...options, '--database-url', '')
  })
})
