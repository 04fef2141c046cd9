// TLS between the service and PostgreSQL, by parameters of DATABASE_URL.
import { chmod, chown, copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { buildUser } from '../../harness/http/client.ts'
import { requireProgram } from '../../harness/programs/find.ts'
import { type Cluster, createCluster, unprivilegedUser } from '../../harness/programs/postgresql.ts'
import { runService, startService } from '../../harness/service.ts'
import { until } from '../../harness/until.ts'

const certificate = resolve('test/otel/support/tls/localhost.pem')

/** A cluster that offers TLS with the certificate of localhost. */
async function createTlsCluster(): Promise<Cluster> {
  const cluster = await createCluster()
  const folder = await mkdtemp(join(tmpdir(), 'microposts-tls-'))
  onTestFinished(async () => {
    await cluster.remove()
    await rm(folder, { recursive: true })
  })
  const user = unprivilegedUser()
  for (const name of ['localhost.pem', 'localhost-key.pem']) {
    await copyFile(`test/otel/support/tls/${name}`, join(folder, name))
    // PostgreSQL refuses a key that others can read.
    await chmod(join(folder, name), 0o600)
    if (user) await chown(join(folder, name), user.uid, user.gid)
  }
  if (user) await chown(folder, user.uid, user.gid)
  await cluster.start()
  await cluster.execute(`ALTER SYSTEM SET ssl_cert_file = '${folder}/localhost.pem'`)
  await cluster.execute(`ALTER SYSTEM SET ssl_key_file = '${folder}/localhost-key.pem'`)
  await cluster.execute('ALTER SYSTEM SET ssl = on')
  await cluster.execute('SELECT pg_reload_conf()')
  await until('the server offers TLS', () => cluster.holds(`current_setting('ssl') = 'on'`))
  return cluster
}

it('connects with TLS, and refuses a server whose certificate it does not trust', async (context) => {
  requireProgram('postgres', context)
  const cluster = await createTlsCluster()
  const url = cluster.url().replace('127.0.0.1', 'localhost')
  const trusting = { DATABASE_URL: `${url}?sslmode=verify-full&sslrootcert=${certificate}` }
  const service = await startService(trusting, { env: trusting })
  onTestFinished(() => service.stop())
  await buildUser(service)
  const connections = `FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'microposts'`
  expect(await cluster.holds(`(SELECT count(*) > 1 AND bool_and(ssl) ${connections})`)).toBe(true)

  const distrusting = runService({ DATABASE_URL: `${url}?sslmode=verify-full` })
  expect(await distrusting.exited).toBe(1)
  expect(distrusting.stderr()).toMatch(/self[- ]signed certificate/)
})
