// A real Prometheus, with a configuration and a data folder of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../http/free-port.ts'
import { until } from '../until.ts'

/** One series of an instant query's result. */
export type Result = { metric: Record<string, string>; value: number }

export type Prometheus = Awaited<ReturnType<typeof startPrometheus>>

/** Starts the program at `path` with the text of a configuration file; `stop` ends it and removes its data. */
export async function startPrometheus(path: string, configuration: string) {
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'))
  const file = join(folder, 'prometheus.yml')
  await writeFile(file, configuration)
  const address = `127.0.0.1:${await freePort()}`
  const child = spawn(
    path,
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )

  async function get(path: string) {
    const response = await fetch(`http://${address}${path}`)
    if (!response.ok) throw new Error(`Prometheus answered ${response.status}: ${await response.text()}`)
    return response
  }

  await until('Prometheus is ready', async () => {
    if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}`)
    return get('/-/ready').catch(() => undefined)
  })
  return {
    /** What an expression gives at the moment. Throws an Error with Prometheus's answer when it is no expression. */
    async query(expression: string): Promise<Result[]> {
      const response = await get(`/api/v1/query?query=${encodeURIComponent(expression)}`)
      const { data } = (await response.json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] }
      }
      return data.result.map(({ metric, value }) => ({ metric, value: numberOf(value[1]) }))
    },
    async stop() {
      await end(child)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function end(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'))
}
