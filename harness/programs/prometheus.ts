import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../http/free-port.ts'
import { startProgram } from './start.ts'

/** One series of an instant query's result. */
export type Result = { metric: Record<string, string>; value: number }

export type Prometheus = Awaited<ReturnType<typeof startPrometheus>>

/** Starts the program at `path` with the text of a configuration file; `stop` ends it and removes its data. */
export async function startPrometheus(path: string, configuration: string, options: string[] = []) {
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'))
  const file = join(folder, 'prometheus.yml')
  await writeFile(file, configuration)
  const address = `127.0.0.1:${await freePort()}`
  const args = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
    '--log.level=error',
    ...options,
  ]
  const program = await startProgram(path, args, `http://${address}/-/ready`)
  return {
    /** Evaluates an expression. @throws {Error} with Prometheus's response when the expression is invalid */
    async query(expression: string): Promise<Result[]> {
      const response = await fetch(`http://${address}/api/v1/query?query=${encodeURIComponent(expression)}`)
      if (!response.ok) throw new Error(`Prometheus responded ${response.status}: ${await response.text()}`)
      const { data } = (await response.json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] }
      }
      return data.result.map(({ metric, value: [, value] }) => ({
        metric,
        value: Number(value.replace('Inf', 'Infinity')),
      }))
    },
    async stop() {
      await program.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** promtool objects to this name, which the semantic conventions define. */
const knownProblem =
  'db_client_connection_count non-histogram and non-summary metrics should not have "_count" suffix'

/** Returns the problems that `promtool check metrics` finds in an exposition, line by line. */
export function lintExposition(promtool: string, exposition: string): string[] {
  const { stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], {
    input: exposition,
    encoding: 'utf8',
  })
  return `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && line !== knownProblem)
}
