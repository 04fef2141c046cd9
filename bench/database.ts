import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'

export type BenchDatabase = {
  url: string | undefined
  dataDir: string
  /** The settings with which a service uses it. */
  env: Record<string, string>
  drop: () => Promise<void>
}

/**
 * Makes an empty database of its own: on the PostgreSQL server that the URL leads to, whose user may create databases,
 * or without one a folder for the embedded database.
 */
export async function createDatabase(server: string | undefined): Promise<BenchDatabase> {
  if (!server) {
    const dataDir = await mkdtemp(join(tmpdir(), 'microposts-bench-'))
    const drop = () => rm(dataDir, { recursive: true })
    return { url: undefined, dataDir, env: { DATA_DIR: dataDir }, drop }
  }
  const admin = new Client({ connectionString: server })
  await admin.connect()
  const name = `microposts_bench_${process.pid}_${Math.random().toString(36).slice(2)}`
  await admin.query(`CREATE DATABASE "${name}"`)
  const { href } = Object.assign(new URL(server), { pathname: `/${name}` })
  const drop = async () => {
    await admin.query(`DROP DATABASE "${name}" WITH (FORCE)`)
    await admin.end()
  }
  return { url: href, dataDir: '', env: { DATABASE_URL: href }, drop }
}
