// A primary PostgreSQL and its replica behind haproxy.
import { locateProgram } from '../../programs/find.ts'
import { startHaproxy } from '../../programs/haproxy.ts'
import { createCluster, succeeds } from '../../programs/postgresql.ts'
import { until } from '../../until.ts'

/** Starts all three. The replica is synchronous: a commit is acknowledged once the replica has it too. */
export async function startReplicated({ synchronous }: { synchronous: boolean }) {
  const program = locateProgram('haproxy')
  const undo: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const step of undo.toReversed()) await step()
  }
  try {
    const primary = await createCluster()
    undo.push(() => primary.remove())
    await primary.start()
    await primary.execute('CREATE ROLE haproxy_check LOGIN')
    const replica = await createCluster({ of: primary })
    undo.push(() => replica.remove())
    await replica.start()
    // On the primary alone, after the copy: a promoted replica has no standby to wait for.
    if (synchronous) {
      await primary.execute(`ALTER SYSTEM SET synchronous_standby_names = '*'`)
      await primary.execute('SELECT pg_reload_conf()')
    }
    const isStreaming = `SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'`
    await until('the replica streams', () =>
      primary.holds(`(${isStreaming} AND (sync_state = 'sync') = ${synchronous})`),
    )
    const urlAt = (port: number) => `postgresql://postgres@127.0.0.1:${port}/postgres`
    const servers = { ONE: `127.0.0.1:${primary.port}`, TWO: `127.0.0.1:${replica.port}` }
    const proxy = await startHaproxy(
      program,
      'postgresql.cfg',
      servers,
      (port) => () => reachesPrimary(urlAt(port)),
    )
    undo.push(proxy.stop)
    return { primary, replica, url: urlAt(proxy.port), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** haproxy uses both servers by turns until its first checks have ended. */
async function reachesPrimary(url: string): Promise<boolean> {
  const isPrimary = 'SELECT 1 / (NOT pg_is_in_recovery())::int'
  const reached = await Promise.all(Array.from({ length: 4 }, () => succeeds(url, isPrimary)))
  return reached.every(Boolean)
}
